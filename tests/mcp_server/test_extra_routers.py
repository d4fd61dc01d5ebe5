"""A generated package beside the hand-written routers."""

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
from mcp_server.extra_routers import load_extra_routers, sections_of
from mcp_server.routers import ROUTERS
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings

GOLDEN = Path(__file__).parents[1] / "routers_generator" / "golden"
OF_VERSION_0_1 = Path(__file__).parent / "routers_of_0_1"
READING = {"get_all_stalls", "get_bazaar_by_stall_id"}
WRITING = {"post_bazaar_stalls", "set_bazaar_by_stall_id", "delete_bazaar_by_stall_id"}

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


class FarSide:
    """Answers everything, and remembers it; the login is a paper account or not."""

    def __init__(self, *, paper: bool) -> None:
        self.paper = paper
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/v1/api")
        self.asked.append(f"{request.method} {path} {request.content.decode()}".strip())
        told: Any = [{"stall": 1}]
        if path == "/iserver/accounts":
            told = {"accounts": ["DU1234567"], "isPaper": self.paper, "sessionId": "1"}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(told).encode()))


@asynccontextmanager
async def client(far_side: FarSide, **values: Any) -> AsyncIterator[Client[Any]]:
    settings = ServerSettings(_env_file=None, mcp_server_extra_routers=GOLDEN, **values)
    extra = load_extra_routers(settings.mcp_server_extra_routers, settings.trading_mode)
    transport = httpx.MockTransport(far_side)
    gateway = GatewayClient(GatewaySettings(_env_file=None), policy=extra.policy, transport=transport)
    async with Client(create_server(gateway, settings, (*ROUTERS, *extra.routers))) as ours:
        yield ours


def told(answer: CallToolResult) -> str:
    first = answer.content[0]
    assert isinstance(first, TextContent)
    return first.text


def package(directory: Path, text: str) -> Path:
    (directory / "__init__.py").write_text(text)
    return directory


# What is mounted


@pytest.mark.parametrize(
    ("mode", "there"),
    [(TradingMode.READ, READING), (TradingMode.PAPER, READING | WRITING), (TradingMode.LIVE, READING)],
)
async def test_a_mode_has_what_reads_and_paper_what_writes_as_well(
    mode: TradingMode, there: set[str]
) -> None:
    far_side = FarSide(paper=True)
    async with client(far_side, trading_mode=mode, mcp_server_tools="all") as ours:
        listed = {tool.name: tool for tool in await ours.list_tools()}
    assert {name for name in listed if name in READING | WRITING} == there
    for name in there:
        hints = listed[name].annotations
        assert hints is not None
        assert hints.read_only_hint is (name in READING)
        assert hints.destructive_hint is (name in WRITING)


@pytest.mark.parametrize("mode", TradingMode)
def test_the_gateway_client_may_send_what_is_mounted_and_nothing_else(mode: TradingMode) -> None:
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

    assert "mcp_server.dependencies" in (OF_VERSION_0_1 / "orders.py").read_text(encoding="utf-8")
    assert operations(OF_VERSION_0_1) == operations(GOLDEN)


async def test_an_operation_that_exists_twice_is_the_hand_written_one() -> None:
    async with client(FarSide(paper=True), trading_mode="paper", mcp_server_tools="all") as ours:
        tools = {tool.name: tool for tool in await ours.list_tools()}
    assert "c_oid" in json.dumps(tools["place_orders"].input_schema)
    assert "`preview_orders` first" in (tools["place_orders"].description or "")


async def test_an_extra_tool_is_found_and_called_by_way_of_the_short_list() -> None:
    far_side = FarSide(paper=True)
    async with client(far_side, trading_mode="read") as ours:
        assert not READING & {tool.name for tool in await ours.list_tools()}
        found = await ours.call_tool("search_tools", {"query": "stalls of the bazaar"})
        assert "get_all_stalls" in told(found)
        searching = next(tool for tool in await ours.list_tools() if tool.name == "search_tools")
        assert "Bazaar" in (searching.description or "")
        arguments = {"stall_id": "a.b", "id": 7, "from": "x", "sort_by": "price", "conids": [1, 2]}
        await ours.call_tool("call_tool", {"name": "get_bazaar_by_stall_id", "arguments": arguments})
    assert far_side.asked[-1] == "GET /iserver/bazaar/a.b?id=7&conids=1,2&from=x&sort-by=price"


# What leaves


async def test_a_body_leaves_under_ibkrs_names() -> None:
    far_side = FarSide(paper=True)
    wares = [{"kind": "lamp", "price": 1.5, "of": [{"kind": "melon"}]}]
    arguments = {"stall_id": "s1", "name": "n", "wares": wares, "body_stall_id": "s2", "json": True, "how": 5}
    async with client(far_side, trading_mode="paper", mcp_server_tools="all") as ours:
        await ours.call_tool("set_bazaar_by_stall_id", arguments)
    request, _, body = far_side.asked[-1].partition(" {")
    assert request == "PUT /iserver/bazaar/s1"
    assert json.loads("{" + body) == {"name": "n", "wares": wares, "stallId": "s2", "json": True, "how": 5}


async def test_what_writes_is_sent_on_a_paper_account_only() -> None:
    far_side = FarSide(paper=False)
    async with client(far_side, trading_mode="paper", mcp_server_tools="all") as ours:
        answer = await ours.call_tool("delete_bazaar_by_stall_id", {"stall_id": "s1"}, raise_on_error=False)
    assert answer.is_error
    assert "does not report this login as a paper account" in told(answer)
    assert not [each for each in far_side.asked if each.startswith("DELETE")]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *(
            ("get_bazaar_by_stall_id", {"stall_id": each, "id": 1})
            for each in ["../x", "..", "a/b", "a%2Fb", "", "a?b=1", "a\n", "-1", "stalls\x00"]
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
async def test_wrong_and_hostile_arguments_are_refused_with_nothing_sent(
    name: str, arguments: dict[str, Any]
) -> None:
    far_side = FarSide(paper=True)
    async with client(far_side, trading_mode="paper", mcp_server_tools="all") as ours:
        answer = await ours.call_tool(name, arguments, raise_on_error=False)
    assert answer.is_error
    assert not [each for each in far_side.asked if "bazaar" in each]


# Sections


async def test_an_extra_section_can_be_left_out_and_asked_for_by_name() -> None:
    async with client(FarSide(paper=True), mcp_server_tools="all", excluded_tags="bazaar") as ours:
        assert not READING & {tool.name for tool in await ours.list_tools()}
    async with client(FarSide(paper=True), mcp_server_tools="all", included_tags="Bazaar") as ours:
        listed = {tool.name for tool in await ours.list_tools()}
    assert listed >= READING
    assert "get_ledger" not in listed


def test_the_sections_of_routers_come_in_their_order() -> None:
    assert sections_of(load_extra_routers(GOLDEN, TradingMode.PAPER).routers) == ["Bazaar"]


# What stops the start


def test_without_a_package_there_is_nothing_extra() -> None:
    assert load_extra_routers(None, TradingMode.READ).routers == ()
    assert load_extra_routers(None, TradingMode.READ).policy is POLICIES[TradingMode.READ]


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "x" * 5000])
def test_a_place_that_cannot_be_looked_into_stops_the_start_with_a_sentence(name: str) -> None:
    with pytest.raises(SettingsError, match="it cannot be read: "):
        load_extra_routers(Path(name), TradingMode.READ)


def test_what_a_package_prints_is_not_for_the_client(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_extra_routers(package(tmp_path, f"{ROUTE}\nprint('hello')"), TradingMode.READ)
    assert capsys.readouterr() == ("", "hello\n")


def test_a_package_can_be_in_any_directory_and_load_again(tmp_path: Path) -> None:
    place = tmp_path / "my routers-2"
    place.mkdir()
    package(place, ROUTE)
    for mode in TradingMode:
        assert [each.name for each in load_extra_routers(place, mode).routers[0].routes] == ["list_news"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ROUTERS = (router,)", "", "it has no ROUTERS"),
        ("ROUTERS = (router,)", "ROUTERS = (1,)", "not all FastAPI routers"),
        ("ROUTERS = (router,)", "ROUTERS = (", "it does not load: '(' was never closed, in __init__.py line"),
        ("ROUTERS = (router,)", "1 / 0", "it does not load: ZeroDivisionError: division by zero"),
        ("ROUTERS = (router,)", "raise SystemExit(3)", "it does not load: SystemExit: 3"),
        ("ROUTERS = (router,)", "raise KeyboardInterrupt", "it does not load: KeyboardInterrupt"),
        ("ROUTERS = (router,)", "raise GeneratorExit", "it does not load: GeneratorExit"),
        ("ROUTERS = (router,)", "import no_such_module", "ModuleNotFoundError: No module named"),
        ("list_news(", "get_ledger(", "the name get_ledger is another tool's"),
        ("list_news(", "ListNews(", "ListNews is no name for a tool"),
        ("gateway.get(", "gateway.post(", "list_news has another method than its call"),
        ('get("/iserver/bazaar/news")\n\nROUTERS', 'get("/a/{no}")\n\nROUTERS', "or a path that is none"),
        ("    return await", "    print(1)\n    return await", "list_news is not one call to the gateway"),
        ("await gateway.get(", "Json(b'[]') or str(", "list_news is not one call to the gateway"),
        ('tags=["Bazaar"]', "", "list_news should have one tag"),
        ('bazaar/news")\nasync', 'bazaar/news", openapi_extra=CHANGES)\nasync', "is a GET that writes"),
        ('bazaar/news")\nasync', 'bazaar/news", openapi_extra={"x-effect": "no"})\nasync', "has marks that"),
        ('bazaar/news")\nasync', 'bazaar/news", openapi_extra=5)\nasync', "has marks that are none of"),
        ("gateway: Gateway)", 'gateway: Gateway, a: "NoSuchType")', "its arguments have no schema"),
        (
            'router.get("/iserver/bazaar/news")',
            'router.get("/iserver/accounts")',
            "another path than its call",
        ),
    ],
)
def test_a_package_that_breaks_a_rule_stops_the_start_with_a_sentence(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in ROUTE
    place = package(tmp_path, ROUTE.replace(old, new))
    with pytest.raises(SettingsError) as refusal:
        load_extra_routers(place, TradingMode.PAPER)
    sentence = str(refusal.value)
    assert sentence.startswith(f"MCP_SERVER_EXTRA_ROUTERS={place}: ")
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("method", "extra", "call", "words"),
    [
        ("post", "READS", "", "is marked READS, or says reads=True"),
        ("post", "CHANGES", ", reads=True", "is marked READS, or says reads=True"),
        ("put", "READS", "", "is a PUT that is marked as reading"),
        ("delete", "READS", "", "is a DELETE that is marked as reading"),
    ],
)
def test_nothing_that_writes_gets_in_as_reading(
    tmp_path: Path, method: str, extra: str, call: str, words: str
) -> None:
    text = ROUTE.replace('router.get("/iserver/bazaar/news"', f'router.{method}("/iserver/bazaar/news"')
    text = text.replace('news")\nasync', f'news", openapi_extra={extra})\nasync')
    text = text.replace(
        'gateway.get("/iserver/bazaar/news"', f'gateway.{method}("/iserver/bazaar/news"{call}'
    )
    with pytest.raises(SettingsError, match=words):
        load_extra_routers(package(tmp_path, text), TradingMode.READ)


def test_a_post_that_reads_does_so_in_every_mode_where_a_person_has_said_it(tmp_path: Path) -> None:
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
def test_a_get_of_a_path_that_is_known_to_write_is_for_paper_accounts_only(
    tmp_path: Path, mode: TradingMode, path: str
) -> None:
    value = ", account" if "{" in path else ""
    text = ROUTE.replace("/iserver/bazaar/news", path).replace(f'{path}")\n\n', f'{path}"{value})\n\n')
    text = text.replace("gateway: Gateway)", f"gateway: Gateway{value and ', account: str'})")
    policy = load_extra_routers(package(tmp_path, text), mode).policy
    assert (("GET", path) in policy.allowed) is (mode is TradingMode.PAPER)
    assert (("GET", path) in policy.paper_only) is (mode is TradingMode.PAPER)


def test_a_route_with_the_name_of_our_own_tool_stops_the_start(tmp_path: Path) -> None:
    place = package(tmp_path, ROUTE.replace("list_news(", "connection_status("))
    settings = ServerSettings(_env_file=None, mcp_server_extra_routers=place)
    extra = load_extra_routers(place, TradingMode.READ)
    gateway = GatewayClient(GatewaySettings(_env_file=None), policy=extra.policy)
    with pytest.raises(SettingsError, match="the name connection_status is another tool's"):
        create_server(gateway, settings, (*ROUTERS, *extra.routers))


def test_the_server_says_in_one_sentence_what_is_wrong_with_the_package(
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
    assert printed.err == f"MCP_SERVER_EXTRA_ROUTERS={tmp_path / 'none'}: there is no __init__.py in it.\n"
