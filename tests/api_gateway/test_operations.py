"""The table of operations is consistent, and matches the facts about IBKR's Web API."""

from __future__ import annotations

from collections import Counter

import pytest

from api_gateway.client.paths import is_template
from api_gateway.operations import (
    OPERATIONS,
    Effect,
    Operation,
    Preflight,
    SessionRequirement,
    find_operation,
    match_operation,
    normalize,
)
from tests.ibkr_facts import known_operations

TOOL_ROWS = [row for row in OPERATIONS.values() if row.section]
every_row = pytest.mark.parametrize("row", TOOL_ROWS, ids=lambda row: f"{row.method} {row.path}")


def test_every_operation_has_one_row() -> None:
    rows = Counter(_unnamed(row) for row in TOOL_ROWS)
    assert set(rows.values()) == {1}
    missing = sorted(known_operations().keys() - rows.keys())
    assert not missing, (
        f"api_gateway/operations.py: no row for {missing}; add one to its section, such as\n"
        '    Operation("GET", "/trsrv/all-conids", session=LOGIN),'
    )


@every_row
def test_a_row_matches_the_facts(row: Operation) -> None:
    assert is_template(row.path)
    if fact := known_operations().get(_unnamed(row)):
        assert (row.section, row.status) == (fact.section, fact.status)
        assert (row.session is SessionRequirement.BROKERAGE) is fact.brokerage


def _unnamed(row: Operation) -> str:
    return " ".join(normalize(row.key))


@every_row
def test_a_read_can_neither_trade_nor_change_an_account(row: Operation) -> None:
    assert not (row.read_only and (row.must_be_paper or row.may_question or row.empty_success))
    assert not (row.may_question and row.effect is not Effect.TRADES)


def test_an_operation_is_found_under_any_names_of_its_path_values() -> None:
    row = match_operation("GET", "/portfolio/{account_id}/summary")
    assert row is OPERATIONS["GET", "/portfolio/{account}/summary"]
    assert match_operation("GET", "/portfolio/{account_id}/news") is None


@pytest.mark.parametrize(
    ("key", "session", "preflight"),
    [
        (("GET", "/iserver/news"), SessionRequirement.BROKERAGE, Preflight.NONE),
        (("POST", "/iserver/account/{account}/news"), SessionRequirement.BROKERAGE, Preflight.ACCOUNTS),
        (("GET", "/portfolio/{account}/news"), SessionRequirement.LOGIN, Preflight.PORTFOLIO),
        (("GET", "/news"), SessionRequirement.LOGIN, Preflight.NONE),
    ],
)
def test_the_row_of_an_unlisted_operation_is_derived_from_its_path(
    key: tuple[str, str], session: SessionRequirement, preflight: Preflight
) -> None:
    row = find_operation(key)
    assert (row.session, row.preflight) == (session, preflight)
    assert row.read_only is (key[0] == "GET")
    assert not row.limit
