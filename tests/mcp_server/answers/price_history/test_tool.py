"""The answer get_price_history, compared with the simulator's own bars."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mcp_server.answers.answer_tool import AnswerTool
from mcp_server.answers.performance.tool import get_performance
from mcp_server.answers.price_history.tool import get_price_history
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, count_tokens, with_stack

# Many whole answers with the simulator; the parts have everyday tests, and so have the questions of evals/.
pytestmark = pytest.mark.thorough

AAPL = 265598
HISTORY = "GET /iserver/marketdata/history"
SATURDAY = datetime(2026, 11, 28, 15, tzinfo=UTC)


async def bars_of(
    stack: AnswerStack, period: str, bar: str = "1d", conid: int = AAPL
) -> list[dict[str, float]]:
    path = f"/iserver/marketdata/history?conid={conid}&period={period}&bar={bar}"
    rows: list[dict[str, float]] = (await stack.send("GET", path))["data"]
    return rows


def cells_of(result: Called, name: str) -> dict[str, str]:
    """The cells of a row of the summary, by heading."""
    lines = result.text.splitlines()
    heading = next(line for line in lines if line.startswith("what"))
    row = next(line for line in lines if line.startswith(name))
    return dict(zip(re.split(r"\s{2,}", heading), re.split(r"\s{2,}", row), strict=True))


def called(profile: str = "retail", *, options: dict[str, Any] | None = None, **arguments: Any) -> Called:
    async def scenario(stack: AnswerStack) -> Called:
        return await stack.call(get_price_history, **arguments)

    result: Called = with_stack(scenario, profile, **(options or {}))
    return result


@pytest.mark.thorough
def test_the_summary_has_the_figures_of_ibkrs_bars_from_one_request() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, list[dict[str, float]]]:
        await stack.call(get_price_history, what="AAPL")
        return await stack.call(get_price_history, what="AAPL"), await bars_of(stack, "4m")

    result, bars = with_stack(scenario)
    cells = cells_of(result, "AAPL")
    first_day = datetime(2026, 8, 18, tzinfo=UTC).timestamp() * 1000
    base = [bar for bar in bars if bar["t"] < first_day][-1]
    bars = [bar for bar in bars if bar["t"] >= first_day]
    assert float(cells["return%"]) == pytest.approx((bars[-1]["c"] / base["c"] - 1) * 100, abs=0.006)
    assert (float(cells["first"]), float(cells["last"])) == (base["c"], bars[-1]["c"])
    assert float(cells["high"]) == max(bar["h"] for bar in bars)
    assert float(cells["low"]) == min(bar["l"] for bar in bars)
    volumes = [bar["v"] * 40 for bar in bars[:-1]]
    assert cells["avg daily volume"] == f"{sum(volumes) / len(volumes) / 1e6:.1f}M"
    first, second = result.text.splitlines()[:2]
    assert all(each in first for each in ("New York", "market open", "live", "USD"))
    assert str(len(bars)) in second
    assert result.requests == [HISTORY]
    assert result.tokens <= 180


@pytest.mark.thorough
def test_several_are_side_by_side_and_a_year_counts_from_the_last_close_of_the_year_before() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, list[dict[str, float]]]:
        result = await stack.call(get_price_history, what="AAPL, SPY", period="ytd")
        return result, await bars_of(stack, "1y")

    result, bars = with_stack(scenario)
    days = [datetime.fromtimestamp(bar["t"] / 1000, UTC).date() for bar in bars]
    base = next(bar["c"] for bar, day in zip(reversed(bars), reversed(days), strict=True) if day.year == 2025)
    cells = cells_of(result, "AAPL")
    assert float(cells["first"]) == base
    assert float(cells["return%"]) == pytest.approx((bars[-1]["c"] / base - 1) * 100, abs=0.006)
    assert cells_of(result, "SPY")["return%"]
    assert "2025-12-31" in result.text


def test_the_same_days_have_one_return_however_they_are_written_and_get_performance_has_it() -> None:
    async def scenario(stack: AnswerStack) -> tuple[list[float], list[float]]:
        month = [
            await stack.call(get_price_history, what="AAPL", **arguments)
            for arguments in (
                {"period": "2026-10-19 to 2026-11-18"},
                {"period": "1m"},
                {"period": "last 1 month", "bar": "1h"},
                {"period": "since 2026-10-18", "bar": "1w"},
            )
        ]
        week = await stack.call(get_price_history, what="AAPL", period="7d")
        own = [await stack.call(get_performance, period=period, against="AAPL") for period in ("1M", "7d")]
        returns = [float(cells_of(each, "AAPL")["return%"]) for each in (*month, week)]
        return returns, [float(each.row("AAPL")[0]) for each in own]

    (*month, week), (own_month, own_week) = with_stack(scenario)
    # The newest price moves between the calls.
    assert month == [pytest.approx(own_month, abs=0.1)] * 4
    assert week == pytest.approx(own_week, abs=0.1)


def test_today_counts_from_the_close_before_as_the_quote_does() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, dict[str, str]]:
        await stack.context.quotes.read([AAPL], ["83"])
        rows = await stack.send("GET", f"/iserver/marketdata/snapshot?conids={AAPL}&fields=83")
        return await stack.call(get_price_history, what="AAPL", period="today"), rows[0]

    result, row = with_stack(scenario)
    assert float(cells_of(result, "AAPL")["return%"]) == pytest.approx(float(row["83"].rstrip("%")), abs=0.03)
    assert "2026-11-17" in result.text


def test_the_last_hours_are_bars_with_their_time_the_newest_first() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, list[dict[str, float]]]:
        result = await stack.call(get_price_history, what="AAPL", period="2 hours", view="bars")
        return result, await bars_of(stack, "2h", "5min")

    result, bars = with_stack(scenario)
    rows = [line.split() for line in result.text.splitlines() if re.match(r"\d\d:\d\d\s", line)]
    assert len(rows) == len(bars) == 24
    newest = bars[-1]
    assert [float(each) for each in rows[0][1:5]] == [newest[name] for name in "ohlc"]
    assert rows[0][0] == f"{datetime.fromtimestamp(newest['t'] / 1000, UTC).hour - 5:02}:55"
    assert "New York" in result.text.splitlines()[1]


def test_bars_are_read_to_the_oldest_with_the_cursor() -> None:
    async def scenario(stack: AnswerStack) -> tuple[list[Called], int]:
        results = [await stack.call(get_price_history, what="AAPL", view="bars")]
        while cursor := re.search(r"cursor (c\d+)", results[-1].text):
            results.append(await stack.call(get_price_history, cursor=cursor[1]))
        first = datetime(2026, 8, 18, tzinfo=UTC).timestamp() * 1000
        return results, sum(bar["t"] >= first for bar in await bars_of(stack, "4m"))

    results, count = with_stack(scenario)
    lines = [line for each in results for line in each.text.splitlines()]
    days = [line[:10] for line in lines if re.match(r"20\d\d-\d\d-\d\d\s", line)]
    assert len(results) > 1
    assert len(days) == len(set(days)) == count
    assert days == sorted(days, reverse=True)
    assert all(each.tokens <= 1500 for each in results)
    assert [each.requests for each in results[1:]] == [[]] * (len(results) - 1)


def test_what_ibkr_cuts_off_replaces_or_does_not_have_is_said() -> None:
    async def scenario(stack: AnswerStack) -> list[Called]:
        def respond(request: httpx.Request) -> httpx.Response | None:
            if not request.url.path.endswith("/history"):
                return None
            count = 1000 if request.url.params["period"] == "523w" else 340
            newest = int(stack.context.clock.now().timestamp())
            rows = [{"t": (newest - n * 86_400) * 1000, "c": 100 + n % 7} for n in range(count)]
            return httpx.Response(200, json={"data": rows, "barLength": 86_400})

        calls: list[dict[str, str]] = [
            {"period": "10y", "bar": "1d"},
            {"period": "20y", "bar": "1w"},
            {"period": "2y"},
            {"period": "1y", "chart": "true"},
        ]
        weekend = await stack.call(get_price_history, what="AAPL", period="2026-11-14 to 2026-11-15")
        stack.respond = respond
        return [*[await stack.call(get_price_history, what="AAPL", **each) for each in calls], weekend]

    capped, too_long, young, whole, weekend = with_stack(scenario)
    assert not any(each.is_error for each in (capped, too_long, young, whole, weekend))
    assert "1000 bars" in capped.text
    assert "15 years" in too_long.text
    assert "instead of 1w" in too_long.text
    assert "begins on" in young.text
    assert "begins on" not in whole.text
    assert len(whole.pictures) == 1
    assert "2026-11-13" in weekend.text.splitlines()[-1]


def test_foreign_hours_units_and_pairs_are_shown_as_they_are() -> None:
    result = called(what="EUR.USD, VOD.L, 7203.T, BTC", period="1m")
    assert "pence" in cells_of(result, "VOD@LSE")["prices in"]
    assert cells_of(result, "7203@TSEJ")["prices in"] == "JPY"
    assert cells_of(result, "BTC.USD")["avg daily volume"]
    assert re.fullmatch(r"\d\.\d{3,5}", result.row("EUR.USD")[1])
    assert " to 2026-11-18" in result.text.splitlines()[1]


def test_closes_of_several_currencies_have_their_units_and_name_the_open_market() -> None:
    result = called(what="EUR.USD, VOD.L, 7203.T", period="5d", view="closes")
    heading = next(line for line in result.text.splitlines() if line.startswith("close of"))
    assert "pence" in heading
    assert "7203@TSEJ JPY" in heading
    head = result.text.splitlines()[0]
    assert "live" not in head
    assert "EUR.USD" in head
    assert "7203" not in head


def test_on_a_saturday_the_history_ends_on_friday_and_is_not_called_live() -> None:
    result = called(what="AAPL", period="1w", options={"now": SATURDAY})
    head, scope = result.text.splitlines()[:2]
    assert "market closed" in head
    assert "live" not in head
    assert "2026-11-27" in scope


def test_after_the_close_the_last_hours_include_extended_trading() -> None:
    after_hours = {"now": datetime(2026, 11, 18, 22, 30, tzinfo=UTC)}
    result = called(what="AAPL", period="1h", view="bars", options=after_hours)
    assert "after hours" in result.text
    assert re.search(r"^17:\d\d\s", result.text, re.MULTILINE)


def test_delayed_prices_are_said_to_be_delayed() -> None:
    head = called("delayed", what="AAPL").text.splitlines()[0]
    assert "delayed 15 min" in head
    assert head.startswith("as of 11:4")


def test_some_names_wrong_or_without_history_leave_the_others() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        named = await stack.call(get_price_history, what="AAPL,FOOBARX", period="1w")

        def respond(request: httpx.Request) -> httpx.Response | None:
            if request.url.path.endswith("/history") and request.url.params["conid"] != str(AAPL):
                return httpx.Response(500, json={"error": "No market data permissions"})
            return None

        stack.respond = respond
        return named, await stack.call(get_price_history, what="AAPL,IBM", period="1w")

    named, permitted = with_stack(scenario)
    for result in (named, permitted):
        assert not result.is_error
        assert cells_of(result, "AAPL")["return%"]
    assert "FOOBARX" in named.text
    assert "IBM: " in permitted.text


def test_what_cannot_be_answered_gets_an_error_and_no_history_is_requested() -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"what": "FOOBARX"},
        {"what": "A,B,C,D,E,F"},
        {"what": "AAPL", "period": "soon"},
        {"what": "AAPL", "period": "2027"},
        {"what": "AAPL", "period": "1y", "bar": "1min"},
        {"cursor": "c99"},
    ]

    async def scenario(stack: AnswerStack) -> list[Called]:
        return [await stack.call(get_price_history, **arguments) for arguments in wrong]

    for result in with_stack(scenario):
        assert result.is_error
        assert HISTORY not in result.requests


def test_a_login_without_market_data_is_told_so() -> None:
    result = called(what="AAPL", options={"availability": "N"})
    assert result.is_error
    assert "permission" in result.text


def test_the_description_is_short() -> None:
    async def scenario(stack: AnswerStack) -> str:
        tool = AnswerTool(get_price_history, stack.context)
        published = {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters}
        return json.dumps(published, separators=(",", ":"))

    assert count_tokens(with_stack(scenario)) <= 280
