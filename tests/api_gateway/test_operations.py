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

EXAMPLE = '    Operation("GET", "/trsrv/all-conids", session=LOGIN),'
TOOL_ROWS = [row for row in OPERATIONS.values() if row.section]
every_row = pytest.mark.parametrize("row", TOOL_ROWS, ids=lambda row: f"{row.method} {row.path}")


def test_every_operation_has_one_row() -> None:
    rows = Counter(_unnamed(row) for row in TOOL_ROWS)
    twice = sorted(key for key, count in rows.items() if count > 1)
    assert not twice, f"api_gateway/operations.py: keep one row of {twice}, such as\n{EXAMPLE}"
    missing = sorted(known_operations().keys() - rows.keys())
    assert not missing, (
        f"api_gateway/operations.py: no row for {missing}; add one to its section, such as\n{EXAMPLE}"
    )


@every_row
def test_a_row_matches_the_facts(row: Operation) -> None:
    assert is_template(row.path), (
        f"api_gateway/client/paths.py: add every placeholder of {row.path} to PATH_PARAMETERS, such as\n"
        '    "page": _path_parameter(r"0|[1-9][0-9]{0,5}", "a page number (0 is the first)"),'
    )
    if fact := known_operations().get(_unnamed(row)):
        differs = (
            f"api_gateway/operations.py: {row.method} {row.path} differs from tests/data/operations.json: "
            f"{fact}; correct section, status or session, such as\n"
            '    Operation("GET", "/sso/validate", session=LOGIN, status=DOCUMENTED),'
        )
        assert (row.section, row.status) == (fact.section, fact.status), differs
        assert (row.session is SessionRequirement.BROKERAGE) is fact.brokerage, differs


def _unnamed(row: Operation) -> str:
    return " ".join(normalize(row.key))


@every_row
def test_a_read_can_neither_trade_nor_change_an_account(row: Operation) -> None:
    example = (
        f"api_gateway/operations.py: {row.method} {row.path} has flags that contradict its effect; "
        "correct the effect, such as\n"
        '    Operation("DELETE", "/iserver/account/{account}/alert/{alert}", DESTROYS, account=True),'
    )
    assert not (row.read_only and (row.must_be_paper or row.may_question or row.empty_success)), example
    assert not (row.may_question and row.effect is not Effect.TRADES), example


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
