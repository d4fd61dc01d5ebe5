"""Extra routers: which operations of a package become tools, and which packages are rejected."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult
from mcp_types import TextContent

from api_gateway.access_policy import POLICIES, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings, SettingsError
from mcp_server.__main__ import main
from mcp_server.extra_routers import ExtraRoutersError, PackageFault, load_extra_routers, sections_of
from mcp_server.routers import ROUTERS
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings

GOLDEN = Path(__file__).parents[1] / "routers_generator" / "golden"
VERSION_0_1_ROUTERS = Path(__file__).parent / "routers_of_0_1"
READ_TOOLS = {"get_all_stalls", "get_bazaar_by_stall_id"}
WRITE_TOOLS = {"post_bazaar_stalls", "set_bazaar_by_stall_id", "delete_bazaar_by_stall_id"}

ROUTE = '''
from fastapi import APIRouter
from mcp_server.rest.parameters import Gateway
from mcp_server.rest.effects import *
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Bazaar"])

@router.get("/iserver/bazaar/news")
async def list_news(gateway: Gateway) -> Json:
    """List what is new."""
    return await gateway.get("/iserver/bazaar/news")

ROUTERS = (router,)
'''


class StubGateway:
    """Responds to every request and records it; the login is a paper login or a live one."""

    def __init__(self, *, paper: bool) -> None:
        self.paper = paper
        self.requests: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/v1/api")
        self.requests.append(f"{request.method} {path} {request.content.decode()}".strip())
        body: Any = [{"stall": 1}]
        if path == "/iserver/accounts":
            body = {"accounts": ["DU1234567"], "isPaper": self.paper, "sessionId": "1"}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(body).encode()))


@asynccontextmanager
async def client(stub: StubGateway, **values: Any) -> AsyncIterator[Client[Any]]:
    settings = ServerSettings(_env_file=None, mcp_server_extra_routers=GOLDEN, **values)
    extra = load_extra_routers(settings.mcp_server_extra_routers, settings.trading_mode)
    transport = httpx.MockTransport(stub)
    gateway = GatewayClient(GatewaySettings(_env_file=None), policy=extra.policy, transport=transport)
    async with Client(create_server(gateway, settings, (*ROUTERS, *extra.routers))) as ours:
        yield ours


def text_of(result: CallToolResult) -> str:
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text


def package(directory: Path, text: str) -> Path:
    (directory / "__init__.py").write_text(text)
    return directory


# Which routes are mounted


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (TradingMode.READ, READ_TOOLS),
        (TradingMode.PAPER, READ_TOOLS | WRITE_TOOLS),
        (TradingMode.LIVE, READ_TOOLS),
    ],
)
async def test_every_mode_lists_the_reads_and_only_paper_the_writes(
    mode: TradingMode, expected: set[str]
) -> None:
    stub = StubGateway(paper=True)
    async with client(stub, trading_mode=mode, mcp_server_tools="all", raw_order_tools=True) as ours:
        listed = {tool.name: tool for tool in await ours.list_tools()}
    assert {name for name in listed if name in READ_TOOLS | WRITE_TOOLS} == expected
    for name in expected:
        hints = listed[name].annotations
        assert hints is not None
        assert hints.read_only_hint is (name in READ_TOOLS)
        assert hints.destructive_hint is (name in WRITE_TOOLS)


@pytest.mark.parametrize("mode", TradingMode)
def test_the_access_policy_permits_exactly_the_mounted_operations(mode: TradingMode) -> None:
    extra = load_extra_routers(GOLDEN, mode)
    routes = {f"{min(route.methods)} {route.path}" for router in extra.routers for route in router.routes}  # type: ignore[attr-defined]
    more = extra.policy.allowed - POLICIES[mode].allowed
    plain = {re.sub(r"\{\w+\}", "{}", each) for each in routes}
    assert {re.sub(r"\{\w+\}", "{}", " ".join(each)) for each in more} == plain
    assert extra.policy.paper_only >= {each for each in more if each[0] != "GET"}


def test_routers_generated_by_version_0_1_still_work() -> None:
    def operations(package: Path) -> list[str]:
        return sorted(
            f"{route.methods} {route.path}"  # type: ignore[attr-defined]
            for router in load_extra_routers(package, TradingMode.PAPER).routers
            for route in router.routes
        )

    assert "mcp_server.dependencies" in (VERSION_0_1_ROUTERS / "orders.py").read_text(encoding="utf-8")
    assert operations(VERSION_0_1_ROUTERS) == operations(GOLDEN)


async def test_a_hand_written_route_takes_precedence_over_a_generated_one() -> None:
    async with client(
        StubGateway(paper=True), trading_mode="paper", mcp_server_tools="all", raw_order_tools=True
    ) as ours:
        tools = {tool.name: tool for tool in await ours.list_tools()}
    assert "c_oid" in json.dumps(tools["place_orders"].input_schema)
    assert "`preview_orders` first" in (tools["place_orders"].description or "")


async def test_an_extra_tool_can_be_found_and_called_in_search_mode() -> None:
    stub = StubGateway(paper=True)
    async with client(stub, trading_mode="read") as ours:
        assert not READ_TOOLS & {tool.name for tool in await ours.list_tools()}
        found = await ours.call_tool("search_tools", {"query": "stalls of the bazaar"})
        assert "get_all_stalls" in text_of(found)
        searching = next(tool for tool in await ours.list_tools() if tool.name == "search_tools")
        assert "Bazaar" in (searching.description or "")
        arguments = {"stall_id": "a.b", "id": 7, "from": "x", "sort_by": "price", "conids": [1, 2]}
        await ours.call_tool("call_tool", {"name": "get_bazaar_by_stall_id", "arguments": arguments})
    assert stub.requests[-1] == "GET /iserver/bazaar/a.b?id=7&conids=1,2&from=x&sort-by=price"


# What is sent


async def test_a_body_is_sent_under_ibkrs_names() -> None:
    stub = StubGateway(paper=True)
    wares = [{"kind": "lamp", "price": 1.5, "of": [{"kind": "melon"}]}]
    arguments = {"stall_id": "s1", "name": "n", "wares": wares, "body_stall_id": "s2", "json": True, "how": 5}
    async with client(stub, trading_mode="paper", mcp_server_tools="all", raw_order_tools=True) as ours:
        await ours.call_tool("set_bazaar_by_stall_id", arguments)
    request, _, body = stub.requests[-1].partition(" {")
    assert request == "PUT /iserver/bazaar/s1"
    assert json.loads("{" + body) == {"name": "n", "wares": wares, "stallId": "s2", "json": True, "how": 5}


async def test_a_write_is_sent_to_a_paper_account_only() -> None:
    stub = StubGateway(paper=False)
    async with client(stub, trading_mode="paper", mcp_server_tools="all", raw_order_tools=True) as ours:
        result = await ours.call_tool("delete_bazaar_by_stall_id", {"stall_id": "s1"}, raise_on_error=False)
    assert result.is_error
    assert "does not report this login as a paper account" in text_of(result)
    assert not [each for each in stub.requests if each.startswith("DELETE")]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *(
            ("get_bazaar_by_stall_id", {"stall_id": each, "id": 1})
            for each in ["../x", "..", "a/b", "a%2Fb", "", "a?b=1", "a\nb", "-1", "stalls\x00"]
        ),
        ("get_bazaar_by_stall_id", {"stall_id": "stalls", "id": 51}),
        ("get_bazaar_by_stall_id", {"stall_id": "x", "id": 1, "conids": [-1]}),
        ("get_bazaar_by_stall_id", {"stall_id": "x", "id": 1, "only": "x"}),
        ("get_bazaar_by_stall_id", {"stall_id": "x", "id": 1, "from": "a\r\nb"}),
        ("set_bazaar_by_stall_id", {"stall_id": "x", "name": "n", "wares": []}),
        ("set_bazaar_by_stall_id", {"stall_id": "x", "name": "n", "wares": [{"kind": "elephant"}]}),
        (
            "set_bazaar_by_stall_id",
            {"stall_id": "x", "name": "n", "wares": [{"kind": "lamp", "price": 1e16}]},
        ),
        ("post_bazaar_stalls", {"body": [1]}),
    ],
)
async def test_invalid_and_hostile_arguments_are_rejected_and_nothing_is_sent(
    name: str, arguments: dict[str, Any]
) -> None:
    stub = StubGateway(paper=True)
    async with client(stub, trading_mode="paper", mcp_server_tools="all", raw_order_tools=True) as ours:
        result = await ours.call_tool(name, arguments, raise_on_error=False)
    assert result.is_error
    assert not [each for each in stub.requests if "bazaar" in each]


# Sections


async def test_an_extra_section_can_be_included_and_excluded_by_name() -> None:
    async with client(
        StubGateway(paper=True), mcp_server_tools="all", raw_order_tools=True, excluded_tags="bazaar"
    ) as ours:
        assert not READ_TOOLS & {tool.name for tool in await ours.list_tools()}
    async with client(
        StubGateway(paper=True), mcp_server_tools="all", raw_order_tools=True, included_tags="Bazaar"
    ) as ours:
        listed = {tool.name for tool in await ours.list_tools()}
    assert listed >= READ_TOOLS
    assert "get_ledger" not in listed


def test_sections_are_in_order_of_appearance() -> None:
    assert sections_of(load_extra_routers(GOLDEN, TradingMode.PAPER).routers) == ["Bazaar"]


# Which packages stop startup


def test_without_a_package_nothing_is_added() -> None:
    assert load_extra_routers(None, TradingMode.READ).routers == ()
    assert load_extra_routers(None, TradingMode.READ).policy is POLICIES[TradingMode.READ]


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "x" * 5000])
def test_an_unreadable_directory_stops_startup_with_an_error(name: str) -> None:
    with pytest.raises(ExtraRoutersError) as rejection:
        load_extra_routers(Path(name), TradingMode.READ)
    assert rejection.value.fault is PackageFault.UNREADABLE


def test_output_of_a_package_goes_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_extra_routers(package(tmp_path, f"{ROUTE}\nprint('hello')"), TradingMode.READ)
    assert capsys.readouterr() == ("", "hello\n")


def test_a_package_can_be_in_any_directory_and_be_loaded_again(tmp_path: Path) -> None:
    place = tmp_path / "my routers-2"
    place.mkdir()
    package(place, ROUTE)
    for mode in TradingMode:
        assert [each.name for each in load_extra_routers(place, mode).routers[0].routes] == ["list_news"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new", "fault", "detail"),
    [
        ("ROUTERS = (router,)", "", PackageFault.NO_ROUTERS, ""),
        ("ROUTERS = (router,)", "ROUTERS = (1,)", PackageFault.NOT_A_ROUTER, ""),
        ("ROUTERS = (router,)", "ROUTERS = (", PackageFault.IMPORT_FAILED, "__init__.py line"),
        ("ROUTERS = (router,)", "1 / 0", PackageFault.IMPORT_FAILED, "ZeroDivisionError: division by zero"),
        ("ROUTERS = (router,)", "raise SystemExit(3)", PackageFault.IMPORT_FAILED, "SystemExit: 3"),
        ("ROUTERS = (router,)", "raise KeyboardInterrupt", PackageFault.IMPORT_FAILED, "KeyboardInterrupt"),
        ("ROUTERS = (router,)", "raise GeneratorExit", PackageFault.IMPORT_FAILED, "GeneratorExit"),
        ("ROUTERS = (router,)", "import no_such_module", PackageFault.IMPORT_FAILED, "ModuleNotFoundError"),
        ("list_news(", "get_ledger(", PackageFault.NAME_TAKEN, "get_ledger"),
        ("list_news(", "ListNews(", PackageFault.INVALID_TOOL_NAME, "ListNews"),
        ("gateway.get(", "gateway.post(", PackageFault.OTHER_CALL, "list_news"),
        (
            'get("/iserver/bazaar/news")\n\nROUTERS',
            'get("/a/{no}")\n\nROUTERS',
            PackageFault.OTHER_CALL,
            "list_news",
        ),
        ("    return await", "    print(1)\n    return await", PackageFault.NOT_A_SINGLE_CALL, "list_news"),
        ("await gateway.get(", "Json(b'[]') or str(", PackageFault.NOT_A_SINGLE_CALL, "list_news"),
        ('tags=["Bazaar"]', "", PackageFault.NOT_ONE_SECTION, "list_news"),
        (
            'bazaar/news")\nasync',
            'bazaar/news", openapi_extra=CHANGES)\nasync',
            PackageFault.GET_MARKED_AS_WRITE,
            "list_news",
        ),
        (
            'bazaar/news")\nasync',
            'bazaar/news", openapi_extra={"x-effect": "no"})\nasync',
            PackageFault.UNKNOWN_MARKS,
            "list_news",
        ),
        (
            'bazaar/news")\nasync',
            'bazaar/news", openapi_extra=5)\nasync',
            PackageFault.UNKNOWN_MARKS,
            "list_news",
        ),
        ("gateway: Gateway)", 'gateway: Gateway, a: "NoSuchType")', PackageFault.NO_SCHEMA, "NoSuchType"),
        (
            'router.get("/iserver/bazaar/news")',
            'router.get("/iserver/accounts")',
            PackageFault.OTHER_PATH,
            "list_news",
        ),
    ],
)
def test_a_package_that_breaks_a_rule_stops_startup_with_an_error(
    tmp_path: Path, old: str, new: str, fault: PackageFault, detail: str
) -> None:
    assert old in ROUTE
    place = package(tmp_path, ROUTE.replace(old, new))
    with pytest.raises(ExtraRoutersError) as rejection:
        load_extra_routers(place, TradingMode.PAPER)
    assert rejection.value.fault is fault
    sentence = str(rejection.value)
    assert sentence.startswith(f"MCP_SERVER_EXTRA_ROUTERS={place}: ")
    assert detail in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("method", "extra", "call", "fault"),
    [
        ("post", "READS", "", PackageFault.READ_MARKS_DIFFER),
        ("post", "CHANGES", ", reads=True", PackageFault.READ_MARKS_DIFFER),
        ("put", "READS", "", PackageFault.WRITE_MARKED_AS_READ),
        ("delete", "READS", "", PackageFault.WRITE_MARKED_AS_READ),
    ],
)
def test_a_write_cannot_be_marked_as_a_read(
    tmp_path: Path, method: str, extra: str, call: str, fault: PackageFault
) -> None:
    text = ROUTE.replace('router.get("/iserver/bazaar/news"', f'router.{method}("/iserver/bazaar/news"')
    text = text.replace('news")\nasync', f'news", openapi_extra={extra})\nasync')
    text = text.replace(
        'gateway.get("/iserver/bazaar/news"', f'gateway.{method}("/iserver/bazaar/news"{call}'
    )
    with pytest.raises(ExtraRoutersError) as rejection:
        load_extra_routers(package(tmp_path, text), TradingMode.READ)
    assert rejection.value.fault is fault


def test_a_post_marked_as_a_read_is_allowed_in_every_mode(tmp_path: Path) -> None:
    text = ROUTE.replace('router.get("/iserver/bazaar/news"', 'router.post("/iserver/bazaar/news"')
    text = text.replace('news")\nasync', 'news", openapi_extra=READS)\nasync')
    text = text.replace(
        'gateway.get("/iserver/bazaar/news"', 'gateway.post("/iserver/bazaar/news", reads=True'
    )
    assert ("POST", "/iserver/bazaar/news") in load_extra_routers(
        package(tmp_path, text), TradingMode.READ
    ).policy.allowed


@pytest.mark.parametrize(
    "path", ["/iserver/account/{account}/orders", "/fa/model/save", "/iserver/auth/ssodh/init"]
)
@pytest.mark.parametrize("mode", TradingMode)
def test_a_get_of_a_path_known_only_for_writes_is_for_paper_accounts_only(
    tmp_path: Path, mode: TradingMode, path: str
) -> None:
    value = ", account" if "{" in path else ""
    text = ROUTE.replace("/iserver/bazaar/news", path).replace(f'{path}")\n\n', f'{path}"{value})\n\n')
    text = text.replace("gateway: Gateway)", f"gateway: Gateway{value and ', account: str'})")
    policy = load_extra_routers(package(tmp_path, text), mode).policy
    assert (("GET", path) in policy.allowed) is (mode is TradingMode.PAPER)
    assert (("GET", path) in policy.paper_only) is (mode is TradingMode.PAPER)


def test_a_route_with_the_name_of_a_built_in_tool_stops_startup(tmp_path: Path) -> None:
    place = package(tmp_path, ROUTE.replace("list_news(", "connection_status("))
    settings = ServerSettings(_env_file=None, mcp_server_extra_routers=place)
    extra = load_extra_routers(place, TradingMode.READ)
    gateway = GatewayClient(GatewaySettings(_env_file=None), policy=extra.policy)
    with pytest.raises(SettingsError, match="connection_status"):
        create_server(gateway, settings, (*ROUTERS, *extra.routers))


def test_the_server_reports_an_unusable_package_in_one_line_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MCP_SERVER_EXTRA_ROUTERS", str(tmp_path / "none"))
    monkeypatch.setenv("FASTMCP_LOG_ENABLED", "false")
    monkeypatch.setenv("FASTMCP_CHECK_FOR_UPDATES", "off")
    monkeypatch.setenv("FASTMCP_SHOW_SERVER_BANNER", "false")
    assert main(["--stdio"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"{ExtraRoutersError(tmp_path / 'none', PackageFault.NO_INIT_FILE)}\n"
