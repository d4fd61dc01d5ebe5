"""The answer get_performance."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.portfolio_analyst.account_history import account_snapshots, end_of_day
from mcp_server.answers.answer_tool import AnswerTool
from mcp_server.answers.performance.text import ROWS
from mcp_server.answers.performance.tool import get_performance
from mcp_server.answers.portfolio_analyst.limited_requests import INTERVAL
from mcp_server.pictures.charts import PerformanceChart
from mcp_server.pictures.renderer import PictureRenderer
from mcp_server.pictures.wire import decode_chart
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack

# Many whole answers with the simulator; the parts have everyday tests, and so have the questions of evals/.
pytestmark = pytest.mark.thorough

LAST_MONTH = (date(2026, 9, 30), date(2026, 10, 30))
SATURDAY = datetime(2026, 11, 21, 17, tzinfo=UTC)
SPY = 756733


def _run(scenario: Callable[[AnswerStack], Awaitable[Any]], profile: str = "retail", **options: Any) -> Any:
    return with_stack(scenario, profile, **options)


def _call(profile: str = "retail", now: datetime | None = None, **arguments: Any) -> Called:
    async def scenario(stack: AnswerStack) -> Called:
        return await stack.call(get_performance, **arguments)

    called = _run(scenario, profile, **({"now": now} if now else {}))
    assert isinstance(called, Called)
    return called


def _net_liquidation(account: PaperAccount, days: tuple[date, ...]) -> list[float]:
    """What the account's own bookings say that it was worth at the end of days."""
    moments = [end_of_day(day, account.clock.now()) for day in days]
    return [each.net_liquidation for each in account_snapshots(account, moments)]


def _number(words: list[str], after: str) -> float:
    return float(words[words.index(after) + 1].strip("%,()"))


def test_the_gain_and_the_return_are_those_of_the_bookings() -> None:
    async def scenario(stack: AnswerStack) -> None:
        called = await stack.call(get_performance, period="last month")
        before, after = _net_liquidation(stack.simulation.accounts["DU1234567"], LAST_MONTH)
        words = called.text.split()
        assert _number(words, "gain") == round(after - before)
        assert _number(words, "return") == pytest.approx((after / before - 1) * 100, abs=0.006)
        assert [float(words[words.index("value") + at].strip(",")) for at in (1, 3)] == [
            round(before),
            round(after),
        ]

    _run(scenario)


@pytest.mark.thorough
@pytest.mark.parametrize("profile", ["fa", "fa5"])
def test_clients_are_listed_and_added_up(profile: str) -> None:
    async def scenario(stack: AnswerStack) -> None:
        called = await stack.call(get_performance, period="last month", account="all")
        clients = (await stack.context.accounts.read()).clients
        values = [_net_liquidation(stack.simulation.accounts[each.id], LAST_MONTH) for each in clients]
        gains = [after - before for before, after in values]
        for client, gain in zip(clients, gains, strict=True):
            assert float(called.row(client.id)[-3]) == pytest.approx(gain, abs=0.6)
        together = called.row("total USD")
        assert _number(together, "gain") == pytest.approx(sum(gains), abs=0.6)
        before = sum(each[0] for each in values)
        assert _number(together, "return") == pytest.approx(sum(gains) / before * 100, abs=0.006)

    _run(scenario, profile)


def test_every_answer_has_the_other_periods_and_needs_one_request_to_portfolio_analyst() -> None:
    async def scenario(stack: AnswerStack) -> None:
        first = await stack.call(get_performance)
        assert len(first.requests) <= 4
        assert first.requests.count("POST /pa/allperiods") == 1
        account = stack.simulation.accounts["DU1234567"]
        for name, start in (
            ("1D", date(2026, 11, 17)),
            ("MTD", date(2026, 10, 30)),
            ("1Y", date(2025, 11, 17)),
        ):
            before, after = _net_liquidation(account, (start, date(2026, 11, 18)))
            since, gain, rate = first.row(f"{name} ")
            assert since == str(start)
            # The account went on trading since the answer.
            assert float(gain) == pytest.approx(after - before, abs=100)
            assert float(rate) == pytest.approx((after / before - 1) * 100, abs=0.02)
        for period in ("1D", "MTD", "2026-10-01 to 2026-10-15"):
            assert (await stack.call(get_performance, period=period)).requests == []

    _run(scenario)


def test_a_benchmark_is_measured_on_the_same_days() -> None:
    async def scenario(stack: AnswerStack) -> None:
        called = await stack.call(get_performance, period="last month", against="spy, QQQ")
        bars = await stack.send("GET", f"/iserver/marketdata/history?conid={SPY}&period=20w&bar=1d")
        closes = {datetime.fromtimestamp(each["t"] / 1000, UTC).date(): each["c"] for each in bars["data"]}
        expected = (closes[LAST_MONTH[1]] / closes[LAST_MONTH[0]] - 1) * 100
        rate, _, difference = map(float, called.row("SPY")[:3])
        assert rate == pytest.approx(expected, abs=0.006)
        own = float(called.row("DU1234567  ")[0])
        assert difference == pytest.approx(own - rate, abs=0.011)
        assert called.row("QQQ")
        assert called.requests.count("GET /iserver/marketdata/history") == 2
        again = await stack.call(get_performance, period="last month", against=["SPY"])
        assert again.requests == ["GET /iserver/marketdata/history"]

    _run(scenario)


def test_an_unknown_benchmark_does_not_hide_the_rest() -> None:
    called = _call(against="SPY,ZZQXW")
    assert not called.is_error
    assert called.row("SPY")
    assert any("ZZQXW" in line for line in called.text.splitlines() if line.startswith("Note"))


def test_a_benchmark_without_prices_does_not_hide_the_rest() -> None:
    async def scenario(stack: AnswerStack) -> None:
        failure = httpx.Response(500, json={"error": "Chart data unavailable"})
        stack.respond = lambda each: failure if each.url.path.endswith("/history") else None
        called = await stack.call(get_performance, against="SPY")
        assert not called.is_error
        assert any('"SPY"' in line for line in called.text.splitlines() if line.startswith("Note"))

    _run(scenario)


def test_a_value_of_an_earlier_day_is_not_taken_for_todays() -> None:
    async def scenario(stack: AnswerStack) -> list[str]:
        days = ["20261116", "20261117"]
        series = {
            "startNAV": {"date": "20261113", "val": 1000.0},
            "dates": days,
            "nav": [1010.0, 1020.0],
            "cps": [0.01, 0.02],
        }
        stack.respond = _responding({"DU1234567": {"7D": series, "baseCurrency": "USD"}})
        called = [await stack.call(get_performance, period=each) for each in ("7D", "today")]
        return [each.text for each in called]

    week, today = _run(scenario)
    for text in (week, today):
        assert any("2026-11-17" in line for line in text.splitlines() if line.startswith("Note"))
    assert "from the end of 2026-11-16 to 2026-11-17" in today


@pytest.mark.thorough
def test_on_a_weekend_the_last_day_is_fridays() -> None:
    for period in ("1D", "2026-11-21"):
        called = _call(now=SATURDAY, period=period)
        assert "from the end of 2026-11-19 to 2026-11-20" in called.text
    assert any("Friday 2026-11-20" in line for line in called.text.splitlines() if line.startswith("Note"))


@pytest.mark.parametrize("period", ["2027-01-01", "2024", "sometime", "2026-12-01 to 2026-12-31"])
def test_days_without_an_answer_are_an_error(period: str) -> None:
    assert _call(period=period).is_error


def test_an_account_of_another_login_is_an_error_before_anything_else() -> None:
    called = _call("fa", account="DU9999999")
    assert called.is_error
    assert called.requests == ["GET /iserver/accounts"]


def _responding(value: Any, path: str = "/pa/allperiods") -> Callable[[httpx.Request], httpx.Response | None]:
    return lambda request: httpx.Response(200, json=value) if request.url.path.endswith(path) else None


def _periods(currency: str, values: list[Any], returns: list[Any]) -> dict[str, Any]:
    days = ["20261112", "20261113", "20261116", "20261117", "20261118"]
    series = {
        "startNAV": {"date": "20261111", "val": 1000.0},
        "dates": days,
        "nav": values,
        "cps": returns,
        "freq": "D",
    }
    return {"7D": series, "baseCurrency": currency}


def test_deposits_are_apart_from_the_gain() -> None:
    async def scenario(stack: AnswerStack) -> None:
        values, returns = [1010.0, 6010.0, 6010.0, 6070.1, 5070.1], [0.01, 0.01, 0.01, 0.0201, 0.0201]
        stack.respond = _responding({"DU1234567": _periods("USD", values, returns)})
        called = await stack.call(get_performance, period="7D")
        words = called.text.split()
        assert _number(words, "gain") == pytest.approx(70.1, abs=0.01)
        assert "+4000" in words
        assert "(2026-11-13" in words
        assert _number(words, "return") == pytest.approx(2.01)

    _run(scenario)


def test_accounts_in_other_currencies_are_not_added_up() -> None:
    async def scenario(stack: AnswerStack) -> None:
        flat = [1010.0] * 5, [0.01] * 5
        body = {
            "DU1234567": _periods("USD", *flat),
            "DU1234568": _periods("EUR", *flat),
            "DU1234569": _periods("EUR", *flat),
        }
        stack.respond = _responding(body)
        called = await stack.call(get_performance, period="7D")
        assert _number(called.row("total EUR"), "gain") == 20
        assert _number(called.row("DU1234567: "), "gain") == 10
        assert "EUR" in called.row("DU1234568")

    _run(scenario, "fa")


@pytest.mark.parametrize(
    ("values", "returns"),
    [
        ([None] * 5, [0.01, "0.02", None, 0.03, 0.04]),
        (["1,010.5", 1020, None, 1030, "1040"], [None] * 5),
        ([], None),
        (None, []),
    ],
)
def test_missing_values_leave_the_rest(values: Any, returns: Any) -> None:
    async def scenario(stack: AnswerStack) -> None:
        stack.respond = _responding({"DU1234567": _periods("USD", values, returns)})
        called = await stack.call(get_performance, period="7D", against="SPY")
        assert not called.is_error
        assert called.row("SPY")
        assert "None" not in called.text
        assert "nan" not in called.text

    _run(scenario)


def test_an_account_without_values_is_named() -> None:
    async def scenario(stack: AnswerStack) -> None:
        body = {"DU1234567": _periods("USD", [1010.0] * 5, [0.01] * 5)}
        stack.respond = lambda each: (
            httpx.Response(500, json={})
            if each.url.path.endswith("/pa/performance")
            else _responding(body)(each)
        )
        called = await stack.call(get_performance, period="7D", account="all")
        notes = [line for line in called.text.splitlines() if line.startswith("Note")]
        assert any("DU1234568" in line and "DU1234569" in line for line in notes)

    _run(scenario, "fa")


def test_a_used_up_limit_has_an_answer_with_its_age_or_the_time_when_it_is_over() -> None:
    async def scenario(stack: AnswerStack) -> None:
        async def use_up() -> None:
            for path in ("/pa/allperiods", "/pa/performance"):
                body = {"acctIds": ["DU1234567"], "period": "1D", "other": 1}
                await stack.gateway.post(path, body=body, reads=True)

        await use_up()
        none = await stack.call(get_performance)
        assert none.is_error
        assert "12:15:0" in none.text
        await stack.sleep(INTERVAL.total_seconds())
        assert not (await stack.call(get_performance)).is_error
        await stack.sleep(INTERVAL.total_seconds())
        await use_up()
        old = await stack.call(get_performance)
        assert "15 min old" in old.text
        assert "12:45:" in old.text
        # What was over by then needs nothing newer.
        past = await stack.call(get_performance, period="last month")
        assert past.requests == []

    _run(scenario)


def test_a_logged_out_gateway_is_one_sentence() -> None:
    async def scenario(stack: AnswerStack) -> None:
        stack.respond = lambda _: httpx.Response(401, text="")
        called = await stack.call(get_performance)
        assert called.is_error
        assert len(called.text.splitlines()) == 1

    _run(scenario)


def test_the_picture_shows_the_account_and_the_benchmarks_on_the_same_days() -> None:
    async def scenario(stack: AnswerStack) -> None:
        drawn: list[bytes] = []

        async def draw(chart: bytes) -> bytes:
            drawn.append(chart)
            return b"a picture"

        context = dataclasses.replace(stack.context, pictures=PictureRenderer(draw))
        result = await AnswerTool(get_performance, context).run(
            {"period": "last month", "against": "SPY", "chart": "true"}
        )
        assert [each.type for each in result.content] == ["text", "image"]
        chart = decode_chart(drawn[0])
        assert isinstance(chart, PerformanceChart)
        own, spy = chart.lines
        assert (own.points[0].at, own.points[-1].at) == LAST_MONTH
        assert (spy.points[0].at, spy.points[-1].at) == LAST_MONTH
        called = await stack.call(get_performance, period="last month", against="SPY")
        assert own.points[-1].percent == pytest.approx(_number(called.text.split(), "return"), abs=0.006)
        assert spy.points[-1].percent == pytest.approx(float(called.row("SPY")[0]), abs=0.006)

    _run(scenario)


def test_many_accounts_are_continued_with_a_cursor_and_the_sum_is_of_all() -> None:
    async def scenario(stack: AnswerStack) -> None:
        ids = [f"DU70{number:05d}" for number in range(40)]
        lists = {"accounts": ids, "selectedAccount": ids[0], "isPaper": True}
        flat = [1010.0] * 5, [0.01] * 5

        def respond(request: httpx.Request) -> httpx.Response | None:
            path = request.url.path
            if path.endswith("/iserver/accounts"):
                return httpx.Response(200, json=lists)
            if path.endswith("/portfolio/accounts"):
                return httpx.Response(200, json=[{"id": each, "accountId": each} for each in ids])
            if path.endswith("/pa/allperiods"):
                wanted = json.loads(request.content)["acctIds"]
                return httpx.Response(200, json={each: _periods("USD", *flat) for each in wanted})
            return None

        stack.respond = respond
        called = await stack.call(get_performance, period="7D")
        assert _number(called.row("total USD"), "gain") == 400
        assert sum(line.startswith("DU70") for line in called.text.splitlines()) == ROWS
        cursor = called.text.partition("(cursor ")[2].partition(")")[0]
        rest = await stack.call(get_performance, cursor=cursor)
        assert sum(line.startswith("DU70") for line in rest.text.splitlines()) == 40 - ROWS
        assert rest.requests == []

    _run(scenario)


@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
def test_the_tool_and_its_answers_take_few_tokens() -> None:
    import bpe_openai

    encoding = bpe_openai.get_encoding("o200k_base")

    async def scenario(stack: AnswerStack) -> None:
        tool = AnswerTool(get_performance, stack.context)
        listed = {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters}
        assert len(encoding.encode(json.dumps(listed, separators=(",", ":")))) <= 260
        called = await stack.call(get_performance, against="SPY,QQQ")
        assert len(encoding.encode(called.text)) <= 500

    _run(scenario)
