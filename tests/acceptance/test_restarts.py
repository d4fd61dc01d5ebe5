"""The three processes, killed and restarted in every order: quotes soon work again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from tests.acceptance.trio import PROCESS_NAMES, DemoProcesses, running_processes

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]

ROUNDS = [order for count in (1, 2, 3) for order in permutations(PROCESS_NAMES, count)]
ROUNDS += list(permutations(PROCESS_NAMES))[:5]
CONVERGED = 10.0
"""Seconds after the last start within which quotes must work again."""


@pytest.fixture
def trio(tmp_path: Path) -> Iterator[DemoProcesses]:
    with running_processes(tmp_path) as running:
        _, said = running.seconds_to_quote(60)
        assert not said
        yield running


def test_quotes_work_again_after_any_kills_and_restarts(trio: DemoProcesses) -> None:
    for number, order in enumerate(ROUNDS):
        for name in order if number % 2 else reversed(order):
            trio.kill(name)
        if "ticker" in order and "simulator" not in order:
            trio.control("drop")  # while no ticker maintains it
        for name in order:
            trio.start(name)
        took, said = trio.seconds_to_quote(CONVERGED)
        assert not said, f"{order}, after {took:.1f} s: {said}\n{trio.log_tails()}"
    for name in PROCESS_NAMES:
        log = trio.log(name).read_text()
        assert "Traceback" not in log, log
        assert "DU1234567" not in log
