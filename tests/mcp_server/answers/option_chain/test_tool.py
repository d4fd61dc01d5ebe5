"""`get_option_chain` with the simulator."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mcp_server.answers.instruments import resolve_one
from mcp_server.answers.option_chain.tool import get_option_chain
from mcp_server.answers.quotes import parse_number
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack

AAPL = 265598


def called(profile: str = "retail", **arguments: Any) -> Called:
    async def scenario(stack: AnswerStack) -> Called:
        return await stack.call(get_option_chain, **arguments)

    result: Called = with_stack(scenario, profile)
    return result


def table(text: str) -> list[dict[str, str]]:
    """The rows of the table by heading; two-word headings keep their side."""
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.strip().startswith("strike"))
    headings = [each.strip() for each in lines[start].split("  ") if each.strip()]
    rows = []
    for line in lines[start + 1 :]:
        cells = line.split()
        if not cells or not cells[0].replace(".", "").isdecimal() or len(cells) != len(headings):
            break
        rows.append(dict(zip(headings, cells, strict=True)))
    return rows


# The tokenizer's package uses a deprecated function of Python when it is imported.
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
def test_eight_strikes_with_both_sides_are_small_and_need_few_requests_when_warm() -> None:
    import bpe_openai

    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        return await stack.call(get_option_chain, underlying="aapl"), await stack.call(
            get_option_chain, underlying="AAPL"
        )

    _, warm = with_stack(scenario)
    rows = table(warm.text)
    assert len(rows) == 8
    assert {"C bid", "C delta", "P ask", "P theta", "P IV%"} <= set(rows[0])
    assert len(warm.requests) <= 4
    assert len(bpe_openai.get_encoding("o200k_base").encode(warm.text)) <= 700


def test_the_quotes_are_those_of_the_contracts() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Any]:
        result = await stack.call(
            get_option_chain, underlying="AAPL", near="Jan 2027", side="Puts", strikes=3
        )
        strike = table(result.text)[1]["strike"]
        put = await resolve_one(stack.context, f"AAPL 15Jan27 {strike}P")
        quote = (await stack.context.quotes.read([put.conid], ["7308", "7638"])).by_conid[put.conid]
        return result, (table(result.text)[1], quote)

    result, (row, quote) = with_stack(scenario)
    assert "expiry 15Jan27" in result.text
    assert float(row["delta"]) == pytest.approx(quote.number("7308"), abs=0.02)
    assert float(row["OI"]) == quote.number("7638")


def test_puts_at_a_delta_are_around_it_and_the_nearest_is_named() -> None:
    result = called(underlying="SPY", near="Jan 2027", delta="0.3", side="put")
    deltas = [abs(float(row["delta"])) for row in table(result.text)]
    assert min(deltas) < 0.3 < max(deltas)
    assert any("delta 0.3" in line and "SPY 15Jan27" in line for line in result.text.splitlines())


def test_strikes_at_a_distance_lie_within_it_and_the_rest_has_a_cursor() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        first = await stack.call(
            get_option_chain, underlying="AAPL", near="30d", moneyness="0..+12", side="call", strikes=4
        )
        return first, await stack.call(get_option_chain, cursor="c1")

    first, second = with_stack(scenario)
    price = parse_number(first.text.splitlines()[1].split()[1]) or 0.0
    strikes = [float(row["strike"]) for each in (first, second) for row in table(each.text)]
    assert strikes == sorted(set(strikes))
    assert price <= strikes[0] <= strikes[-1] <= price * 1.12
    assert len(strikes) >= 8


def test_covered_calls_count_only_shares_that_are_neither_offered_nor_covering() -> None:
    async def scenario(stack: AnswerStack) -> list[Called]:
        before = await stack.call(get_option_chain, underlying="AAPL", **{"for": "covered_call"})
        sell = {
            "conid": AAPL,
            "side": "SELL",
            "quantity": 100,
            "orderType": "LMT",
            "price": 275.0,
            "tif": "DAY",
        }
        answer = await stack.send("POST", "/iserver/account/DU1234567/orders", {"orders": [sell]})
        while "order_id" not in answer[0]:
            answer = await stack.send("POST", f"/iserver/reply/{answer[0]['id']}", {"confirmed": True})
        return [before, await stack.call(get_option_chain, underlying="AAPL", **{"for": "covered_call"})]

    before, after = with_stack(scenario)
    assert "hold 260 AAPL: 2 contracts" in before.text
    assert "100 in open sell orders" in after.text
    assert "1 contracts" in after.text
    assert all(float(row["vs price%"]) >= 0 for row in table(before.text))


def test_secured_puts_are_counted_by_the_settled_cash() -> None:
    result = called(underlying="AAPL", **{"for": "cash_secured_put"})
    assert "settled cash" in result.text
    assert all(float(row["vs price%"]) <= 0 for row in table(result.text))


@pytest.mark.parametrize(("underlying", "expected"), [("SPX", "SPX"), ("SPXW", "SPXW"), ("ES", "ESZ6")])
def test_indices_classes_and_futures_have_chains(underlying: str, expected: str) -> None:
    result = called(underlying=underlying, near="30d", strikes=2)
    assert not result.is_error, result.text
    assert expected in result.text.splitlines()[1]
    assert table(result.text)


@pytest.mark.parametrize(
    "arguments",
    [
        {"underlying": "EUR.USD"},
        {"underlying": "AAPL", "near": "2020-01-01"},
        {"underlying": "AAPL", "moneyness": "90..95"},
        {"underlying": "NOSUCHNAME"},
        {"underlying": "AAPL", "cursor": "c7"},
        {},
    ],
)
def test_what_does_not_exist_is_an_error_that_says_what_does(arguments: dict[str, Any]) -> None:
    result = called(**arguments)
    assert result.is_error
    assert len(result.text) > 40


def test_options_without_quotes_are_named_and_the_others_shown() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        first = await stack.call(get_option_chain, underlying="AAPL", strikes=2, side="call")
        strike = table(first.text)[0]["strike"]
        call = await resolve_one(stack.context, f"AAPL 20Nov26 {strike}C")

        def silence(request: httpx.Request) -> httpx.Response | None:
            if not request.url.path.endswith("/snapshot") or str(call.conid) not in str(request.url):
                return None
            other = [each for each in request.url.params["conids"].split(",") if each != str(call.conid)]
            rows = [{"conid": int(each), "84": "1", "86": "2", "6509": "RpB"} for each in other]
            return httpx.Response(200, json=[*rows, {"conid": call.conid, "6509": "N"}])

        stack.respond = silence
        return await stack.call(get_option_chain, underlying="AAPL", strikes=2, side="call")

    result = with_stack(scenario)
    assert not result.is_error
    assert any(line.startswith("Note:") and "AAPL 20Nov26" in line for line in result.text.splitlines())


@pytest.mark.parametrize(
    ("near", "explained"),
    [("Jan 2035", True), ("3000 days", True), ("2026-11-21", True), ("Jan 2027", False), ("30d", False)],
)
def test_an_expiry_far_from_what_was_written_is_explained(near: str, explained: bool) -> None:
    result = called(underlying="AAPL", near=near, strikes=1)
    assert any(line.startswith("Note: No expiry") for line in result.text.splitlines()) is explained


def test_the_default_is_after_today_and_todays_expiry_is_among_the_others() -> None:
    result = called(underlying="SPY", strikes=1)
    assert "expiry 18Nov26" not in result.text
    assert any("18Nov26" in line for line in result.text.splitlines() if line.startswith("Note:"))


def test_before_the_opening_the_price_and_the_options_have_their_own_times() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        return await stack.call(get_option_chain, underlying="AAPL", strikes=1)

    head, expiry = with_stack(scenario, now=datetime(2026, 11, 18, 12, 30, tzinfo=UTC)).text.splitlines()[:2]
    assert "2026-11-17 16:00" in head
    assert "07:30" in expiry.partition("expiry")[0]


def test_strikes_that_fail_are_named_and_the_others_shown() -> None:
    async def scenario(stack: AnswerStack) -> list[Called]:
        count = 0

        def fail_every_second(request: httpx.Request) -> httpx.Response | None:
            nonlocal count
            if not request.url.path.endswith("/secdef/info"):
                return None
            count += 1
            return httpx.Response(500, json={"error": "internal"}) if count % 2 else None

        stack.respond = fail_every_second
        return [
            await stack.call(get_option_chain, underlying="AAPL", near="Jan 2027", **each)
            for each in ({}, {"moneyness": "-5..+5"})
        ]

    for result in with_stack(scenario):
        assert not result.is_error, result.text
        assert table(result.text)
        [note] = [line for line in result.text.splitlines() if line.startswith("Note: Strikes")]
        missing = re.findall(r"\d+(?:\.\d+)?", note.partition(":")[2].partition(":")[0])
        assert missing
        assert not {row["strike"] for row in table(result.text)} & set(missing)
