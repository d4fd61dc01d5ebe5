"""Doctor with every fault, singly and in pairs: it names the first broken layer."""

from __future__ import annotations

import os
from itertools import product

import pytest

from api_gateway.causes import Cause
from api_gateway.doctor import doctor
from api_gateway.doctor.doctor import DoctorContext, run_doctor
from api_gateway.doctor.findings import Layer, Outcome
from api_gateway.doctor.report import DoctorReport
from api_gateway.simulator.faults import Fault, FaultAction
from tests.api_gateway.client.test_java_gateway import JavaGatewayStack
from tests.api_gateway.doctor.hurried import run_hurried
from tests.api_gateway.doctor.world import (
    FAULT_CASES,
    CertificateSet,
    DoctorEnvironment,
    FaultCase,
    server_app,
    ticker_app,
)

ORDER = list(Layer)
PLACES = (
    "settings",
    "name",
    "port",
    "protocol",
    "trust",
    "front",
    "status",
    "session",
    "accounts",
    "quotes",
    "clock",
    "ticker",
    "server",
)
"""Where a fault can be, in the order of the checks."""
AT_THE_STATUS = ("status", "session")
LONGEST = 10.0
"""Seconds that doctor may take, whatever hangs."""


def run_faults(certificates: CertificateSet, *faults: FaultCase) -> tuple[DoctorReport, DoctorEnvironment]:
    world = DoctorEnvironment(certificates)
    for fault in sorted(faults, key=lambda each: ORDER.index(each.layer)):
        fault.inject(world)
    return run_hurried(world.run()).report, world


def first_broken(report: DoctorReport) -> str:
    first = report.first_broken
    return "nothing" if first is None else first.layer.value


def test_without_a_fault_nothing_is_broken(certificates: CertificateSet) -> None:
    report, _ = run_faults(certificates)
    assert [each.outcome for each in report.findings if each.layer is not Layer.CLOCK] == [Outcome.OK] * 16
    assert report.exit_status == 0
    assert report.first_broken is None


@pytest.mark.thorough
@pytest.mark.parametrize("fault", FAULT_CASES, ids=str)
def test_each_fault_is_named_in_time_with_a_few_requests_that_change_nothing(
    certificates: CertificateSet, fault: FaultCase
) -> None:
    report, world = run_faults(certificates, fault)
    assert first_broken(report) == fault.layer, report.text()
    assert report.seconds <= LONGEST
    assert report.first_broken is not None
    assert report.first_broken.fix
    assert report.first_broken.cause
    assert report.exit_status == (2 if fault.layer is Layer.SETTINGS else 1)
    written = {each for each in world.requests if not each.startswith("GET")}
    assert written <= {"POST /iserver/auth/status", "POST /tickle"}
    assert len(world.requests) <= 12, world.requests
    assert world.requests.count("POST /tickle") <= 1


def expected_layer(one: FaultCase, other: FaultCase) -> Layer:
    """The layer that doctor must name. A fault of a later request does not exist before it."""
    if one.place in AT_THE_STATUS and other.place in AT_THE_STATUS:
        return min(one.layer, other.layer, key=ORDER.index)
    return min((one, other), key=lambda fault: PLACES.index(fault.place)).layer


def pairs(here: list[FaultCase], there: list[FaultCase]) -> list[tuple[FaultCase, FaultCase]]:
    """Two pairs for each pair of places, so that each fault is combined with every place; or all pairs."""
    if "EVERY_PAIR" in os.environ:  # 1800 pairs take minutes: for changes of doctor itself
        return list(product(here, there))
    turn = PLACES.index(here[0].place) + PLACES.index(there[0].place)
    return [(here[each % len(here)], there[each % len(there)]) for each in (turn, turn + 1)]


@pytest.mark.thorough
@pytest.mark.parametrize("place", PLACES[:-1])
def test_the_first_of_two_faults_is_reported(certificates: CertificateSet, place: str) -> None:
    by_place = {each: [fault for fault in FAULT_CASES if fault.place == each] for each in PLACES}
    missed = []
    for other_place in PLACES[PLACES.index(place) + 1 :]:
        for one, other in pairs(by_place[place], by_place[other_place]):
            report, _ = run_faults(certificates, one, other)
            if first_broken(report) != expected_layer(one, other) or report.seconds > LONGEST:
                missed.append((one.name, other.name, first_broken(report), report.seconds))
    assert missed == []


def test_every_place_is_covered_by_the_pairs() -> None:
    assert {fault.place for fault in FAULT_CASES} == set(PLACES)


def test_every_layer_is_broken_by_some_fault() -> None:
    assert {fault.layer for fault in FAULT_CASES} == set(Layer)


def test_one_quote_is_requested_and_no_tickle_is_sent(certificates: CertificateSet) -> None:
    _, world = run_faults(certificates)
    assert world.requests[:2] == ["GET /", "POST /iserver/auth/status"]
    assert "POST /tickle" not in world.requests
    assert set(world.requests[2:]) == {"GET /iserver/accounts", "GET /iserver/marketdata/snapshot"}


SLOW = Fault(do=FaultAction(delay_seconds=2.8))


def test_doctor_ends_in_time_even_if_everything_is_slow(certificates: CertificateSet) -> None:
    report = run_hurried(DoctorEnvironment(certificates, simulator_faults=[SLOW]).run()).report
    assert report.seconds <= LONGEST
    assert [each.outcome for each in report.findings if each.layer is Layer.SESSION] == [Outcome.OK]


def test_a_layer_without_time_left_is_a_warning(
    certificates: CertificateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "TOTAL_SECONDS", 3.0)
    report = run_hurried(DoctorEnvironment(certificates, simulator_faults=[SLOW]).run()).report
    # Usually the accounts; on a busy machine, real time between the requests can make it an earlier layer.
    [found] = [each for each in report.findings if each.cause is Cause.NO_TIME_LEFT]
    assert found.outcome is Outcome.WARNING
    assert ORDER.index(found.layer) <= ORDER.index(Layer.ACCOUNTS)


def test_the_fix_of_a_closed_session_without_a_ticker_is_to_start_it(certificates: CertificateSet) -> None:
    world = DoctorEnvironment(certificates, events=["drop"], ticker=None)
    first = run_hurried(world.run()).report.first_broken
    assert first is not None
    assert first.layer is Layer.SESSION
    assert first.cause is Cause.CLOSED_WITHOUT_TICKER


def test_no_request_is_sent_to_ibkr_while_an_order_awaits_confirmation(certificates: CertificateSet) -> None:
    world = DoctorEnvironment(certificates, ticker=ticker_app(holds=["order"]))
    report = run_hurried(world.run()).report
    assert not [each for each in world.requests if "/v1/api" in each]
    assert report.first_broken is None
    found = {each.layer: each for each in report.findings}
    assert found[Layer.API].cause is Cause.ORDER_AWAITS_CONFIRMATION
    assert found[Layer.SESSION].outcome is Outcome.SKIPPED


def test_a_server_that_is_not_ready_although_the_session_is_open_reports_why(
    certificates: CertificateSet,
) -> None:
    problem, hint = "IBKR is rejecting all requests.", "Wait 500 s."
    world = DoctorEnvironment(certificates, server=server_app(unready=(problem, hint)))
    first = run_hurried(world.run()).report.first_broken
    assert first is not None
    assert first.layer is Layer.ENDPOINT
    assert first.cause is Cause.SERVER_NOT_READY
    assert problem in first.sentence
    assert first.fix == hint


def test_a_server_is_not_broken_because_the_session_is_closed(certificates: CertificateSet) -> None:
    world = DoctorEnvironment(certificates, events=["drop"], server=server_app(unready=("No.", "Wait.")))
    report = run_hurried(world.run()).report
    assert first_broken(report) == Layer.SESSION.value
    assert {each.layer: each for each in report.findings}[Layer.ENDPOINT].outcome is Outcome.OK


async def through_java(stack: JavaGatewayStack) -> DoctorReport:
    async with stack.open():
        return (await run_doctor(DoctorContext(stack.gateway), wall=stack.clock.now)).report


def test_a_java_gateway_that_rejects_the_address_is_reported() -> None:
    async def look() -> DoctorReport:
        stack = JavaGatewayStack()
        async with stack.open(refuses=True):
            return (await run_doctor(DoctorContext(stack.gateway), wall=stack.clock.now)).report

    report = run_hurried(look())
    assert first_broken(report) == "address_list", report.text()


def test_a_java_gateway_without_a_login_is_reported() -> None:
    assert first_broken(run_hurried(through_java(JavaGatewayStack()))) == "login"


def test_a_silent_ibkr_behind_a_java_gateway_is_distinguished_from_a_missing_gateway() -> None:
    stack = JavaGatewayStack()
    stack.fault("*", FaultAction(hang=True))
    report = run_hurried(through_java(stack))
    assert first_broken(report) == "upstream", report.text()
    assert report.seconds <= LONGEST


def test_a_java_gateway_without_an_upstream_is_reported_as_a_silent_ibkr() -> None:
    async def look() -> DoctorReport:
        stack = JavaGatewayStack()
        async with stack.open():
            await stack.simulator.stop()
            return (await run_doctor(DoctorContext(stack.gateway), wall=stack.clock.now)).report

    assert first_broken(run_hurried(look())) == "upstream"
