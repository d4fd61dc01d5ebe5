from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx
import pytest

from api_gateway.simulator.session import State
from api_gateway.simulator.simulation import Options, Simulation

LOGGED_OUT = Options(rate_limits=False)


class Page(HTMLParser):
    """What a browser without JavaScript and style sheets makes of a page."""

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


async def test_the_address_alone_leads_to_the_login_page(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/sso/Login?")
    assert (await gateway.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_a_person_presses_the_one_button_and_reads_that_it_succeeded(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    page = Page((await gateway.get("/sso/Login")).text)
    (form,) = [attributes for tag, attributes in page.elements if tag == "form"]
    assert [tag for tag, _ in page.elements if tag in ("button", "input", "script")] == ["button"]
    assert form["method"] == "post"
    assert "IB gateway simulator \u2013 paper account" in page.text
    assert "nothing real is entered" in page.text
    assert "Log in" in page.text
    # As a browser does that sends an empty form.
    answer = await gateway.post(
        str(form["action"]),
        headers={"content-type": "application/x-www-form-urlencoded", "origin": "https://localhost:5055"},
    )
    assert answer.status_code == 200
    assert Page(answer.text).text == "Client login succeeds"
    assert simulation.session.state is State.CONNECTING


async def test_whoever_is_logged_in_is_told_so(gateway: httpx.AsyncClient) -> None:
    assert "logged in already" in Page((await gateway.get("/sso/Login")).text).text


@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_only_the_button_logs_in(gateway: httpx.AsyncClient, simulation: Simulation) -> None:
    await gateway.get("/sso/Login")
    assert (await gateway.get("/sso/Dispatcher")).status_code == 405
    assert simulation.session.state is State.NO_LOGIN


async def test_the_page_says_its_language_loads_nothing_and_fits_dark_and_small_screens(
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


async def test_what_is_nowhere_is_not_found_and_leads_nowhere(gateway: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/v1/api", "/sso/Login/", "/v2/api/tickle"):
        answer = await gateway.get(path)
        assert answer.status_code == 404, path
        assert "location" not in answer.headers
