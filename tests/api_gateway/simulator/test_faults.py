from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api_gateway.simulator.faults import Fault, FaultAction, FaultInjector, FaultSchedule, RequestPattern


def fired(faults: FaultInjector, count: int, *, method: str = "GET", path: str = "/tickle") -> list[int]:
    """The numbers of the requests, counted from 1, that a fault affects."""
    return [number for number in range(1, count + 1) if faults.next_action(method, path) is not None]


def faults(*, seed: int = 1, **when: Any) -> FaultInjector:
    made = FaultInjector(seed=seed)
    made.add(Fault(when=FaultSchedule(**when), do=FaultAction(status=500)))
    return made


def test_no_fault_means_no_action() -> None:
    assert FaultInjector().next_action("GET", "/tickle") is None


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"times": 2}, [1, 2]),
        ({"after": 3}, [4, 5, 6]),
        ({"every": 3}, [1, 4]),
        ({"after": 1, "every": 2, "times": 2}, [2, 4]),
        ({"probability": 0}, []),
        ({"probability": 1}, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_schedule_selects_the_requests_that_fail(when: dict[str, Any], expected: list[int]) -> None:
    assert fired(faults(**when), 6) == expected


def test_probability_is_reproducible_with_the_same_seed() -> None:
    first, again, other = (fired(faults(seed=seed, probability=0.5), 40) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert 5 < len(first) < 35


@pytest.mark.parametrize(
    ("match", "method", "path", "struck"),
    [
        (RequestPattern(), "DELETE", "/anything", True),
        (RequestPattern(path="/iserver/*"), "GET", "/iserver/account/orders", True),
        (RequestPattern(path="/iserver/*"), "GET", "/portfolio/accounts", False),
        (RequestPattern(path="/iserver/account/*/orders"), "POST", "/iserver/account/DU1234567/orders", True),
        (RequestPattern(path="/Tickle"), "GET", "/tickle", False),
        (RequestPattern(method="post"), "POST", "/tickle", True),
        (RequestPattern(method="POST"), "GET", "/tickle", False),
    ],
)
def test_pattern_selects_requests_by_method_and_path(
    match: RequestPattern, method: str, path: str, struck: bool
) -> None:
    made = FaultInjector()
    made.add(Fault(match=match, do=FaultAction(status=500)))
    assert (made.next_action(method, path) is not None) is struck


def test_schedule_counts_matching_requests_only() -> None:
    made = FaultInjector()
    made.add(
        Fault(match=RequestPattern(method="GET"), when=FaultSchedule(after=1), do=FaultAction(status=500))
    )
    assert made.next_action("POST", "/tickle") is None
    assert made.next_action("GET", "/tickle") is None
    assert made.next_action("GET", "/tickle") is not None


def test_first_due_fault_is_applied_and_an_exhausted_one_is_skipped() -> None:
    made = FaultInjector()
    made.add(Fault(when=FaultSchedule(times=1), do=FaultAction(status=500)))
    made.add(Fault(do=FaultAction(status=503)))
    assert [do.status for do in (made.next_action("GET", "/tickle") for _ in range(3)) if do] == [
        500,
        503,
        503,
    ]


def test_faults_are_listed_with_their_counts_and_can_be_cleared() -> None:
    made = faults(after=1)
    fired(made, 3)
    assert made.to_json() == [{"when": {"after": 1}, "do": {"status": 500}, "seen": 3, "fired": 2}]
    made.clear()
    assert made.to_json() == []
    assert made.next_action("GET", "/tickle") is None


@pytest.mark.parametrize(
    "script",
    [
        {},
        {"do": {"statos": 500}},
        {"do": {"status": 99}},
        {"do": {"delay_seconds": -1}},
        {"do": {"delay_seconds": "nan"}},
        {"do": {"drip": {"bytes": 0}}},
        {"do": {"huge_bytes": 10**12}},
        {"do": {"session": "holiday"}},
        {"do": {}, "when": {"probability": 1.5}},
        {"do": {}, "when": {"times": 0}},
        {"do": {}, "match": {"url": "/tickle"}},
        {"do": {}, "how": "often"},
        {"do": {"headers": {"x-two": "a\r\nx-three: b"}}},
        {"do": {"headers": {"not a name": "a"}}},
    ],
)
def test_an_invalid_fault_is_rejected(script: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(script)


@pytest.mark.parametrize(
    "do", [{"status": 200}, {"body": None}, {"html": ""}, {"huge_bytes": 2}, {"hang": True}]
)
def test_actions_that_replace_the_response(do: dict[str, Any]) -> None:
    assert FaultAction(**do).replaces_response


@pytest.mark.parametrize(
    "do", [{}, {"delay_seconds": 1}, {"truncate": True}, {"reset": 0}, {"headers": {"a": "b"}}]
)
def test_actions_that_only_alter_the_response(do: dict[str, Any]) -> None:
    assert not FaultAction(**do).replaces_response
