"""The answer get_quotes, compared with the simulator's own snapshots, schedules and rates."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mcp_server.answers.answer_tool import AnswerTool
from mcp_server.answers.quote_list.tool import MAX_ROWS, get_quotes
from mcp_server.answers.quotes import parse_number
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, count_tokens, with_stack

# Many whole answers with the simulator; the parts have everyday tests, and so have the questions of evals/.
pytestmark = pytest.mark.thorough

AAPL = 265598
SNAPSHOT = "GET /iserver/marketdata/snapshot"
SATURDAY = datetime(2026, 11, 28, 15, tzinfo=UTC)
DAY_BEFORE_THANKSGIVING = datetime(2026, 11, 25, 17, tzinfo=UTC)


def called(profile: str = "retail", *, options: dict[str, Any] | None = None, **arguments: Any) -> Called:
    async def scenario(stack: AnswerStack) -> Called:
        return await stack.call(get_quotes, **arguments)

    result: Called = with_stack(scenario, profile, **(options or {}))
    return result


def head_of(result: Called) -> str:
    return result.text.splitlines()[0]


def headings(result: Called) -> list[str]:
    lines = [line for line in result.text.splitlines() if line.startswith("what")]
    assert lines, result.text
    return re.split(r"\s{2,}", lines[0])


def test_a_quote_by_name_has_ibkrs_prices_time_state_and_currency_in_one_warm_request() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called, dict[str, str]]:
        await stack.call(get_quotes, what="AAPL")
        result = await stack.call(get_quotes, what="aapl")
        rows = await stack.send("GET", f"/iserver/marketdata/snapshot?conids={AAPL}&fields=31,83,84,86,7762")
        return result, await stack.call(get_quotes, what=["AAPL", "MSFT", "IBM", "SPY", "QQQ"]), rows[0]

    one, five, row = with_stack(scenario)
    assert one.requests == [SNAPSHOT]
    last, change, bid, ask, _ = one.row("AAPL")
    expected = [row["31"], row["83"].rstrip("%"), row["84"], row["86"]]
    assert [float(each) for each in (last, change, bid, ask)] == [float(each) for each in expected]
    assert head_of(one).startswith("as of 12:00:")
    assert all(each in head_of(one) for each in ("New York", "market open", "live", "USD"))
    assert one.tokens <= 91
    assert five.tokens <= 414
    assert len(five.text.splitlines()) == 7


def test_all_kinds_are_quoted_at_once_each_with_its_currency_and_market() -> None:
    result = called(what="VOD.L, EUR/USD, ES, SPX, BTC, US-T 4.25 08/15/35, SPY 15Jan27 600P, BMO")
    assert {"prices in", "market", "data", "expires", "yield%", "delta"} <= set(headings(result))
    assert "pence" in result.row("VOD@LSE")[-7:] or "(pence)" in result.row("VOD@LSE")
    assert "closed:" in result.row("VOD@LSE")
    assert result.row("EUR.USD")[-3:] == ["USD", "open", "live"]
    assert "2026-12-18" in result.row("ESZ6")
    assert "points" in result.row("SPX")
    assert result.row("BMO@TSE")[-3:] == ["CAD", "open", "live"]
    assert result.row("SPY 15Jan27 600P")
    assert result.row("BTC.USD")


def test_many_unknown_names_cost_one_line() -> None:
    result = called(what=[f"XQZ{number}W" for number in range(30)])
    assert result.text.count("XQZ") == 10
    assert result.tokens < 250


def test_an_issuer_of_several_bonds_gets_the_yields_of_all() -> None:
    result = called(what="US-T")
    rows = [line for line in result.text.splitlines() if re.match(r"US-T \d", line)]
    assert len(rows) == 4
    assert "yield%" in headings(result)
    assert "face value" in head_of(result)


def test_the_default_of_an_index_has_no_empty_columns() -> None:
    result = called(what="SPX,VIX")
    assert headings(result) == ["what", "last", "change%"]


def test_columns_are_chosen_by_group_or_name_and_follow_the_last_price() -> None:
    expected = {
        "range": {"52w low", "52w high"},
        "fundamentals": {"P/E", "market cap", "div yield%", "ex-date"},
        "volatility": {"IV%", "HV 30d%"},
        "52-week high, P/E, dividend yield": {"52w high", "P/E", "div yield%"},
    }

    async def scenario(stack: AnswerStack) -> dict[str, Called]:
        return {each: await stack.call(get_quotes, what="AAPL", columns=each) for each in expected}

    for columns, result in with_stack(scenario).items():
        assert headings(result)[:2] == ["what", "last"]
        assert expected[columns] <= set(headings(result))


def test_the_greeks_are_those_of_the_option() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, dict[str, str]]:
        result = await stack.call(get_quotes, what="SPY 15Jan27 600P", columns="greeks")
        conid = next(iter(each for each in stack.simulation.preflights.subscriptions))
        rows = await stack.send("GET", f"/iserver/marketdata/snapshot?conids={conid}&fields=7308,7310,7633")
        return result, rows[0]

    result, row = with_stack(scenario)
    cells = dict(zip(headings(result)[1:], result.row("SPY 15Jan27 600P"), strict=True))
    assert float(cells["delta"]) == float(row["7308"]) < 0
    assert float(cells["theta"]) == float(row["7310"])
    assert float(cells["IV%"]) == pytest.approx(float(row["7633"].rstrip("%")), abs=0.06)


def test_a_figure_that_ibkr_does_not_send_is_named() -> None:
    result = called(what="AMZN", columns="ex_date, pe")
    assert "ex-date" not in headings(result)
    assert "ex-date" in result.text
    assert "AMZN" in result.text.splitlines()[-1]


def test_prices_are_converted_from_pence_too_at_the_rate_that_is_stated() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called, Called]:
        plain = await stack.call(get_quotes, what="VOD@LSE", columns="last")
        return (
            plain,
            await stack.call(get_quotes, what="VOD@LSE", columns="last", convert_to="eur"),
            (await stack.call(get_quotes, what="VOD@LSE", columns="last", convert_to="EUR")),
        )

    plain, euros, warm = with_stack(scenario)
    rate = re.search(r"GBP 1 = EUR ([0-9.]+)", head_of(euros))
    assert rate
    pence, converted = float(plain.row("VOD@LSE")[0]), float(euros.row("VOD@LSE")[0])
    assert converted == pytest.approx(pence / 100 * float(rate[1]), rel=1e-3)
    assert warm.requests == [SNAPSHOT]


def test_pounds_are_not_called_pence() -> None:
    from api_gateway.simulator.variants import Variants

    result = called(what="VOD@LSE", options={"variants": Variants(london_prices="pounds")})
    assert "prices in GBP" in head_of(result)
    assert "pence" not in result.text


def test_an_inverse_pair_is_computed_from_the_listed_one() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        listed = await stack.call(get_quotes, what="EUR.USD")
        return listed, await stack.call(get_quotes, what="USD/EUR")

    listed, inverse = with_stack(scenario)
    _, change, bid, ask = map(float, listed.row("EUR.USD"))
    _, inverse_change, inverse_bid, inverse_ask = map(float, inverse.row("USD.EUR"))
    assert inverse_bid == pytest.approx(1 / ask, rel=1e-4)
    assert inverse_ask == pytest.approx(1 / bid, rel=1e-4)
    assert inverse_bid < inverse_ask
    assert change * inverse_change < 0
    assert "EUR" in head_of(inverse)


def test_market_hours_need_no_quote_and_say_when_it_opens_and_closes_and_the_holidays() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        result = await stack.call(get_quotes, what="AAPL", columns="hours")
        return result, await stack.call(get_quotes, columns="hours")

    result, the_market = with_stack(scenario, now=DAY_BEFORE_THANKSGIVING)
    assert the_market.text.replace("SPY ", "AAPL") == result.text
    cells = dict(zip(headings(result)[1:], re.split(r"\s{2,}", result.text.splitlines()[2])[1:], strict=True))
    assert (cells["market"], cells["closes"]) == ("open", "16:00")
    assert "Fri" in cells["opens"]
    assert "closed on thu 2026-11-26" in result.text.lower()
    assert "Fri 2026-11-27" in result.text
    assert SNAPSHOT not in result.requests


def test_a_future_is_open_at_night_and_a_share_is_not() -> None:
    result = called(what="AAPL,ES", columns="hours", options={"now": datetime(2026, 11, 19, 3, tzinfo=UTC)})
    assert result.row("AAPL")[0] == "closed"
    assert result.row("ESZ6")[0] == "open"


def test_on_a_saturday_prices_are_fridays_close_and_the_next_opening_is_said() -> None:
    result = called(what="AAPL", options={"now": SATURDAY})
    assert all(each in head_of(result) for each in ("2026-11-27", "closed", "Mon 09:30", "Friday's close"))
    assert parse_number(result.row("AAPL")[0])


def test_delayed_prices_are_said_to_be_delayed() -> None:
    result = called("delayed", what="AAPL")
    assert "delayed" in head_of(result)
    assert head_of(result).startswith("as of 11:4")


@pytest.mark.parametrize("letter", ["N", "O"])
def test_a_login_without_market_data_gets_the_reason(letter: str) -> None:
    result = called(what="AAPL,IBM", options={"availability": letter})
    reason = {"N": "not subscribed", "O": "not signed"}[letter]
    assert reason in result.text.splitlines()[-1]
    assert result.row("AAPL")


def test_rows_that_lack_values_are_named_beside_the_others_and_text_from_outside_is_harmless() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        def respond(request: httpx.Request) -> httpx.Response | None:
            if not request.url.path.endswith("/snapshot"):
                return None
            first, second, third = map(int, request.url.params["conids"].split(","))
            rows = [
                {"conid": first, "31": "H12.50", "83": "0.4", "84": "", "86": "N/A", "6509": "RpB",
                 "7762": "1,234,567", "7706": "\x1b[31mIgnore\u202e this", "_updated": "x"},
                {"conid": str(second), "conidEx": str(second)},
                {"conid": third, "31": 5, "6509": None},
            ]  # fmt: skip
            return httpx.Response(200, json=rows)

        stack.respond = respond
        return await stack.call(get_quotes, what="AAPL,MSFT,IBM", columns="last,volume,ratings")

    result = with_stack(scenario)
    assert result.row("AAPL")[:2] == ["12.5", "1234567"]
    assert result.row("AAPL")[-1] == "halted"
    assert result.row("MSFT") == ["no", "values"]
    assert result.row("IBM") == ["5"]
    assert "\x1b" not in result.text
    assert "\u202e" not in result.text


def test_unknown_names_are_explained_beside_the_quotes_of_the_others() -> None:
    result = called(what="AAPL, FOOBARX, watchlist:none, Ford")
    assert not result.is_error
    assert result.row("AAPL")
    assert "FOOBARX" in result.text
    assert "Favorites" in result.text


def test_a_company_is_said_to_be_meant_by_its_name() -> None:
    result = called(what="apple")
    assert "APPLE INC" in result.text
    assert result.row("AAPL")


def test_a_watchlist_is_quoted_by_its_name_or_id_and_another_is_refused_with_the_names_there_are() -> None:
    async def scenario(stack: AnswerStack) -> tuple[list[Called], list[Called]]:
        names = ("watchlist:Favorites", "watchlist favorites", "watchlist:101", "my watchlist fav")
        found = [await stack.call(get_quotes, what=each) for each in names]
        return found, [await stack.call(get_quotes, what=each) for each in ("watchlist:", "watchlist:zzz")]

    found, refused = with_stack(scenario)
    assert all(each.row(name) for each in found for name in ("AAPL", "MSFT", "IBM", "SPY", "QQQ"))
    assert all(each.is_error for each in refused)
    assert all(name in each.text for each in refused for name in ('"Favorites"', '"Currencies"'))


@pytest.mark.thorough
def test_the_holdings_of_a_large_account_are_quoted_to_the_last() -> None:
    async def scenario(stack: AnswerStack) -> tuple[list[Called], set[str]]:
        results = [await stack.call(get_quotes, what="portfolio")]
        while cursor := re.search(r"cursor (c\d+)", results[-1].text):
            results.append(await stack.call(get_quotes, cursor=cursor[1]))
        account = stack.simulation.selected_account
        return results, {account.instrument(conid).symbol for conid in account.positions}

    results, held = with_stack(scenario, "large")
    shown = [
        line for each in results for line in each.text.splitlines() if re.search(r"\d\.?\d*\s+[+-]?\d", line)
    ]
    rows = [line for line in shown if not line.startswith(("as of", "and "))]
    assert len(rows) == 151
    assert {re.split(r"[\s@]", line.replace("BRK B", "BRK_B"))[0].replace("_", " ") for line in rows} == held
    assert all(each.tokens <= 1500 for each in results)
    assert len(results) == -(-151 // MAX_ROWS)


def test_an_adviser_gets_each_holding_of_all_clients_once() -> None:
    result = called("fa", what="my holdings")
    names = [line.split("  ")[0] for line in result.text.splitlines()[2:]]
    assert len(names) == len(set(names)) > 1


def test_what_cannot_be_answered_gets_an_error() -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"what": ""},
        {"what": [f"A{n}" for n in range(101)]},
        {"what": "FOOBARX"},
        {"what": "AAPL", "columns": "wibble"},
        {"what": "AAPL", "convert_to": "euro"},
        {"what": "AAPL", "convert_to": "XXX"},
        {"cursor": "c99"},
        {"what": "positions of nobody"},
    ]

    async def scenario(stack: AnswerStack) -> list[Called]:
        return [await stack.call(get_quotes, **arguments) for arguments in wrong]

    assert all(each.is_error for each in with_stack(scenario))


def test_prices_without_a_schedule_are_still_prices() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        stack.respond = lambda request: (
            httpx.Response(500, json={"error": "nope"}) if "schedule" in request.url.path else None
        )
        return await stack.call(get_quotes, what="AAPL"), await stack.call(
            get_quotes, what="AAPL", columns="hours"
        )

    quote, hours = with_stack(scenario)
    assert parse_number(quote.row("AAPL")[0])
    assert "no trading schedule" in hours.text


def test_the_description_is_short() -> None:
    async def scenario(stack: AnswerStack) -> str:
        tool = AnswerTool(get_quotes, stack.context)
        published = {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters}
        return json.dumps(published, separators=(",", ":"))

    assert count_tokens(with_stack(scenario)) <= 330
