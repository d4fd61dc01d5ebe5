"""A lost session or a frozen process, between real processes: detected, reported and repaired once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.trio import INIT, DemoProcesses, running_processes, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

BACK = 10.0
"""Seconds after the end of a fault within which quotes must work again."""

TICKLE_DEADLINE = 8.0
"""Seconds for which the ticker may still wait for a tickle without a response."""

GONE = "cannot be reached."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcesses]:
    with running_processes(tmp_path_factory.mktemp("losses"), ticker={"TICKLE_INTERVAL": "5"}) as trio:
        yield trio


@pytest.fixture
def trio(running: DemoProcesses) -> DemoProcesses:
    """All three processes without a fault, counting openings of the session."""
    running.control("pardon")
    running.control("faults/clear")
    _, said = running.seconds_to_quote(20)
    assert not said, running.log_tails()
    assert wait_until(lambda: running.ticker_state() == "established", 20)
    time.sleep(1.1)  # a successful check is reused for a second
    running.start_counting(INIT)
    return running


def quotes_are_back(trio: DemoProcesses, *, openings: int, within: float = BACK) -> None:
    """Wait until quotes work again, and check how many times the session was opened."""
    took, said = trio.seconds_to_quote(within)
    assert not said, f"{took:.1f} s: {said}\n{trio.log_tails()}"
    assert wait_until(lambda: trio.ticker_state() == "established", 10)
    assert trio.request_count(INIT) == openings, trio.log_tails()


def reset(trio: DemoProcesses) -> None:
    """IBKR's nightly reset, whose half minute without sessions ends immediately."""
    trio.control("reset")
    trio.control("advance", seconds=31)


@pytest.mark.parametrize(
    "lose",
    [reset, lambda trio: trio.control("idle")],
    ids=["nightly reset", "idle"],
)
def test_a_closed_session_is_reported_immediately_and_reopened_once(
    trio: DemoProcesses, lose: Callable[[DemoProcesses], None]
) -> None:
    with trio.freeze("ticker"):  # or it might be reopened before it is reported
        lose(trio)
        status = trio.connection_status()
        assert status["state"] in ("closed", "resetting")  # during a real reset, it is expected
        failed, text = trio.call_tool("get_market_snapshot", {"conids": [265598]})
        assert failed
        assert status["sentence"].partition(",")[0] in text
    quotes_are_back(trio, openings=1)


def test_a_silent_upstream_is_reported_within_two_seconds_and_works_again_once_it_responds(
    trio: DemoProcesses,
) -> None:
    trio.control("fault", match={"path": "*"}, do={"hang": True})
    status = trio.connection_status()
    assert status["state"] in ("upstream_silent", "resetting")
    assert wait_until(lambda: trio.ticker_state() in ("upstream_silent", "resetting"), 20)
    trio.control("drop")
    trio.start_counting(INIT)  # which clears the fault
    quotes_are_back(trio, openings=1, within=BACK + TICKLE_DEADLINE)
    assert wait_until(lambda: "restarted=true" in "".join(trio.event_lines("built_in_tickle")), 10)


def test_a_stopped_gateway_is_reported_and_found_again_after_its_restart(trio: DemoProcesses) -> None:
    trio.kill("simulator")
    assert GONE in trio.connection_status()["sentence"]
    failed, text = trio.call_tool("get_market_snapshot", {"conids": [265598]})
    assert failed
    assert GONE in text
    trio.restart("simulator")
    took, said = trio.seconds_to_quote(BACK)
    assert not said, f"{took:.1f} s: {said}\n{trio.log_tails()}"


def test_a_frozen_ticker_is_reported_and_continues_without_abandoned_holds(trio: DemoProcesses) -> None:
    """Meanwhile an order requests a hold, which the ticker reads long after the order is done."""
    order = {"conid": 265598, "side": "BUY", "quantity": 1, "order_type": "MKT", "tif": "DAY"}
    arguments = {"account_id": "DU1234567", "orders": [order]}
    with trio.freeze("ticker"):
        failed, text = trio.call_tool("call_writing_tool", {"name": "place_orders", "arguments": arguments})
        assert not failed, text
        trio.control("drop")
        status = trio.connection_status()
        assert status["ticker"]["works"] is False
        assert "TICKER_URL" in status["ticker"]["sentence"]
        assert status["who_acts"] == "the user"
    quotes_are_back(trio, openings=1)
    assert trio.connection_status()["ticker"]["works"] is True


def test_a_frozen_server_continues(trio: DemoProcesses) -> None:
    with trio.freeze("server"):
        trio.control("drop")
        assert wait_until(lambda: trio.request_count(INIT) == 1, 10)
        time.sleep(2)
    quotes_are_back(trio, openings=1)


def test_no_log_has_a_traceback_or_an_account(running: DemoProcesses) -> None:
    for name in ("ticker", "server"):
        log = running.log(name).read_text()
        assert "Traceback" not in log, log
        assert "DU1234567" not in log
