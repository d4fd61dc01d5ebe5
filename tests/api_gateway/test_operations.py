"""The table of operations is consistent, and matches the facts about IBKR's Web API."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace

import pytest

from api_gateway.client.paths import is_template
from api_gateway.operations import (
    OPERATIONS,
    Effect,
    Operation,
    OperationKey,
    Preflight,
    RateLimit,
    SessionRequirement,
    Status,
    find_operation,
    match_operation,
    normalize,
)
from mcp_server.reference.example_operation import example_operation, format_operation
from tests.api_gateway.simulated_operations import (
    enforced_limit,
    in_simulators_spelling,
    replies_file,
    simulated_endpoints,
)
from tests.ibkr_facts import OperationFacts, known_operations

EXAMPLE = '    Operation("GET", "/trsrv/all-conids", session=LOGIN),'
FACTS = "tests/data/operations.json"
LIMITS = "api_gateway/simulator/rate_limits.py"

# Rows that differ from the rule on purpose, and why.
OTHER_LIMIT: dict[OperationKey, str] = {}
ON_ANY_ACCOUNT: dict[OperationKey, str] = {
    ("POST", "/portfolio/{account}/positions/invalidate"): "it only makes IBKR read the positions again",
}
OTHER_SESSION: dict[OperationKey, str] = {
    ("POST", "/iserver/reauthenticate"): "IBKR's gateway itself responds, also without a login, to say so",
}


def _id(row: Operation) -> str:
    return f"{row.method} {row.path}"


def _unnamed(row: Operation) -> str:
    return " ".join(normalize(row.key))


TOOL_ROWS = [row for row in OPERATIONS.values() if row.section]
every_row = pytest.mark.parametrize("row", TOOL_ROWS, ids=_id)


def test_every_operation_has_one_row() -> None:
    rows = Counter(_unnamed(row) for row in TOOL_ROWS)
    twice = sorted(key for key, count in rows.items() if count > 1)
    assert not twice, f"api_gateway/operations.py: keep one row of {twice}, such as\n{EXAMPLE}"
    missing = sorted(known_operations().keys() - rows.keys())
    keys = [known_operations()[each].operation.partition(" ") for each in missing]
    rows_to_add = "\n".join(f"    {example_operation((method, path))}" for method, _, path in keys)
    assert not missing, f"api_gateway/operations.py: add to its section\n{rows_to_add}"


@every_row
def test_a_row_matches_the_facts(row: Operation) -> None:
    assert is_template(row.path), (
        f"api_gateway/client/paths.py: add every placeholder of {row.path} to PATH_PARAMETERS, such as\n"
        '    "page": _path_parameter(r"0|[1-9][0-9]{0,5}", "a page number (0 is the first)"),'
    )
    if fact := known_operations().get(_unnamed(row)):
        differs = (
            f"api_gateway/operations.py: {row.method} {row.path} differs from {FACTS}: {fact}; "
            "correct its section, status or session, such as\n"
            '    Operation("GET", "/sso/validate", session=LOGIN, status=DOCUMENTED),'
        )
        assert (row.section, row.status) == (fact.section, fact.status), differs
        assert (row.session is SessionRequirement.BROKERAGE) is fact.brokerage, differs


@every_row
def test_a_row_says_recorded_only_of_a_response_that_was_recorded(row: Operation) -> None:
    fact = known_operations().get(_unnamed(row))
    assert row.status is not Status.RECORDED or fact, (
        f"api_gateway/operations.py: the row of {row.method} {row.path} has status=RECORDED (the default), "
        f"and {FACTS} has no recorded response of it; write status=DOCUMENTED if IBKR describes the "
        "response, status=SIMULATED_ONLY if its shape is a guess:\n"
        f"    {format_operation(replace(row, status=Status.DOCUMENTED))}\n"
        f"If it was recorded, add a line to {FACTS}, such as\n    {_example_fact(row)}"
    )


def _example_fact(row: Operation) -> str:
    brokerage = row.session is SessionRequirement.BROKERAGE
    fact = OperationFacts(f"{row.method} {row.path}", row.section, [], [], brokerage, Status.RECORDED)
    return f"{json.dumps(asdict(fact))},"


# The simulator has separate tables, so that a mistake here is not repeated there.


@pytest.mark.parametrize("row", OPERATIONS.values(), ids=_id)
def test_a_rows_limit_is_the_one_that_the_simulator_enforces(row: Operation) -> None:
    enforced = enforced_limit(row.path)
    if row.key in OTHER_LIMIT:
        assert row.limit != enforced, f"remove {row.key} from OTHER_LIMIT: the limits are equal"
        return
    path = in_simulators_spelling(row.path)
    right_row = f"in api_gateway/operations.py\n    {format_operation(replace(row, limit=enforced))}"
    wanted = row.limit or RateLimit(1, 1)
    right_limit = (
        f'in {LIMITS}\n    EnforcedLimit("{path}", {wanted.count}, {wanted.seconds}, burst={wanted.count}),\n'
        "and in the table of SIMULATOR.md"
    )
    assert row.limit == enforced, (
        f"the row of {row.method} {row.path} in api_gateway/operations.py has the limit {row.limit}, and "
        f"{LIMITS} has {enforced}. Either write {right_row}\n"
        + (f"or write {right_limit}" if row.limit else f"or make the limit in {LIMITS} cover fewer paths")
    )


@pytest.mark.parametrize("row", OPERATIONS.values(), ids=_id)
def test_a_rows_session_is_the_one_that_the_simulator_requires(row: Operation) -> None:
    endpoint, replies = simulated_endpoints().get(normalize(row.key)), replies_file(row.section)
    route = f'@SECTION.route("{row.method}", "{in_simulators_spelling(row.path)}", requires=RequiredSession.'
    assert endpoint, (
        f"{replies}: no reply to {row.method} {row.path}; add one, such as\n    {route}{row.session.name})"
    )
    required = endpoint.requires.name
    if row.key in OTHER_SESSION:
        assert required != row.session.name, f"remove {row.key} from OTHER_SESSION: the sessions are equal"
        return
    assert required == row.session.name, (
        f"the row of {row.method} {row.path} in api_gateway/operations.py has session={row.session.name}, "
        f"and {replies} has requires=RequiredSession.{required}. Either write in api_gateway/operations.py\n"
        f"    {format_operation(replace(row, session=SessionRequirement[required]))}\n"
        f"or in {replies}\n    {route}{row.session.name})"
    )


@pytest.mark.parametrize("reasons", [OTHER_LIMIT, OTHER_SESSION, ON_ANY_ACCOUNT])
def test_each_intended_difference_is_of_a_row_and_has_a_reason(reasons: dict[OperationKey, str]) -> None:
    assert reasons.keys() <= OPERATIONS.keys()
    assert all(len(reason) > 20 for reason in reasons.values())


@every_row
def test_a_read_can_neither_trade_nor_change_an_account(row: Operation) -> None:
    example = (
        f"api_gateway/operations.py: {row.method} {row.path} has flags that contradict its effect; "
        "correct the effect, such as\n"
        '    Operation("DELETE", "/iserver/account/{account}/alert/{alert}", DESTROYS, account=True),'
    )
    assert not (row.read_only and (row.must_be_paper or row.may_question or row.empty_success)), example
    assert not (row.may_question and row.effect is not Effect.TRADES), example


@every_row
def test_a_write_with_an_account_in_its_path_needs_a_paper_account_in_paper_mode(
    row: Operation,
) -> None:
    if row.read_only or not {"{account}", "{allocation}"} & set(row.path.split("/")):
        return
    if row.key in ON_ANY_ACCOUNT:
        assert not row.must_be_paper, f"remove {row.key} from ON_ANY_ACCOUNT: its row has account=True"
        return
    assert row.must_be_paper, (
        f"api_gateway/operations.py: {row.method} {row.path} changes an account, so write\n"
        f"    {format_operation(replace(row, account=True))}"
    )


def test_an_operation_is_found_whatever_its_path_values_are_called() -> None:
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
