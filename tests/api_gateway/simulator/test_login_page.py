from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx
import pytest

from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions

LOGGED_OUT = SimulationOptions(rate_limits=False)


class Page(HTMLParser):
    """The elements and the visible text of an HTML page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._hidden = tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text = " ".join(f"{self.text} {data}".split())


async def test_root_redirects_to_the_login_page(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/sso/Login?")
    assert (await gateway.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_login_form_has_one_button_that_leads_to_the_success_page(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    page = Page((await gateway.get("/sso/Login")).text)
    (form,) = [attributes for tag, attributes in page.elements if tag == "form"]
    assert [tag for tag, _ in page.elements if tag in ("button", "input", "script")] == ["button"]
    assert form["method"] == "post"
    assert "IB gateway simulator \u2013 paper account" in page.text
    assert "Log in" in page.text
    (button,) = [attributes for tag, attributes in page.elements if tag == "button"]
    # As a browser sends a form.
    answer = await gateway.post(
        str(form["action"]),
        data={str(button["name"]): button["value"]},
        headers={"origin": "https://localhost:5055"},
        follow_redirects=True,
    )
    assert answer.status_code == 200
    assert Page(answer.text).text == "Client login succeeds"
    assert simulation.session.state is LoginState.CONNECTING


async def test_login_page_says_if_the_user_is_already_logged_in(gateway: httpx.AsyncClient) -> None:
    assert "already logged in" in Page((await gateway.get("/sso/Login")).text).text


@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_only_the_form_target_logs_in(gateway: httpx.AsyncClient, simulation: Simulation) -> None:
    await gateway.get("/sso/Login")
    early = await gateway.get("/sso/LoggedIn")
    assert (early.status_code, early.headers["location"]) == (302, "/sso/Login?forwardTo=22&RL=1&ip2loc=US")
    assert simulation.session.state is LoginState.NO_LOGIN


@pytest.mark.parametrize("options", [LOGGED_OUT])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_login_response_is_an_empty_302_with_cookies_as_ibkrs_gateway_requires(
    gateway: httpx.AsyncClient, simulation: Simulation, method: str
) -> None:
    answer = await gateway.request(method, "/sso/Dispatcher?forwardTo=22")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (302, b"", "0")
    assert answer.headers["location"] == "/sso/LoggedIn"
    names = {cookie.partition("=")[0] for cookie in answer.headers.get_list("set-cookie")}
    assert names == {"XYZAB_AM.LOGIN", "XYZAB", "USERID"}
    assert simulation.session.state is LoginState.CONNECTING


@pytest.mark.parametrize("path", ["/sso/Login?forwardTo=22&RL=1&ip2loc=US", "/sso/LoggedIn"])
async def test_pages_contain_no_absolute_url_for_ibkrs_gateway_to_rewrite(
    gateway: httpx.AsyncClient, path: str
) -> None:
    answer = await gateway.get(path)
    assert answer.headers["content-type"].startswith("text/html")
    assert "http" not in answer.text
    assert not re.search(r"/(images|scripts|fonts|stylesheet)", answer.text)


@pytest.mark.parametrize("origin", ["https://localhost:5055", "http://127.0.0.1:9000", "https://[::1]:5055"])
@pytest.mark.parametrize("host", ["api.ibkr.com", "localhost:5056"])
@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_login_accepts_an_origin_on_another_local_port(
    gateway: httpx.AsyncClient, simulation: Simulation, host: str, origin: str
) -> None:
    answer = await gateway.post("/sso/Dispatcher", headers={"host": host, "origin": origin})
    assert answer.status_code == 302
    assert simulation.session.state is LoginState.CONNECTING


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://localhost.evil.example",
        "https://127.0.0.1.evil.example",
        "https://192.168.1.9",
        "chrome-extension://localhost",
        "https://[",
        "null",
        "",
    ],
)
@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_login_rejects_a_cross_site_origin(
    gateway: httpx.AsyncClient, simulation: Simulation, origin: str
) -> None:
    answer = await gateway.post("/sso/Dispatcher", headers={"host": "api.ibkr.com", "origin": origin})
    assert (answer.status_code, answer.text) == (403, "CORS Rejected")
    assert simulation.session.state is LoginState.NO_LOGIN


@pytest.mark.parametrize("path", ["/sso/ping", "/sso/Authenticator?ACTION=PUBLISH_TST&RESP_TYPE=JSON"])
async def test_login_checks_of_ibkrs_gateway_succeed_only_while_logged_in(
    gateway: httpx.AsyncClient, simulation: Simulation, path: str
) -> None:
    assert (await gateway.get(path)).json() == {"success": True}
    simulation.session.logout()
    assert (await gateway.get(path)).status_code == 401


async def test_login_page_declares_its_language_loads_nothing_and_adapts_to_dark_and_small_screens(
    gateway: httpx.AsyncClient,
) -> None:
    answer = await gateway.get("/sso/Login")
    page = Page(answer.text)
    elements = dict(page.elements)
    assert elements["html"] == {"lang": "en"}
    assert "title" in elements
    assert any(attributes.get("name") == "viewport" for tag, attributes in page.elements if tag == "meta")
    assert not re.search(r"https?://", answer.text)
    assert "prefers-color-scheme: dark" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


async def test_an_unknown_path_is_404_without_a_redirect(gateway: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/v1/api", "/sso/Login/", "/v2/api/tickle"):
        answer = await gateway.get(path)
        assert answer.status_code == 404, path
        assert "location" not in answer.headers
