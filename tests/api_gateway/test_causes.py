"""The laws of the cause table: each advice is written once, and every row is used and complete."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_gateway.causes import (
    DEFAULT_FACTS,
    FRAGMENTS,
    OUTCOME_SENTENCES,
    UNKNOWN_OUTCOME_STEPS,
    Actor,
    Cause,
    Outcome,
    WriteKind,
    explain,
)
from api_gateway.session.diagnosis import STATE_CAUSES
from tests.api_gateway.because import placeholders, stand_ins

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "api_gateway" / "causes.py"
REPORTING = ("api_gateway", "mcp_server/connection", "mcp_server/ticker", "mcp_server/http", "ticker_service")
SHORT = 25
"""Characters below which the same words may recur, such as "correct GATEWAY_URL"."""

CHANGE = "api_gateway/causes.py"
FRAGMENT_HELP = (
    f"{CHANGE}: write the words once, as a fragment in FRAGMENTS, and refer to it in braces, such as\n"
    '    "wait_briefly": "wait a few seconds",\n'
    '    SESSION_OPENING = Row("…", "{wait_briefly}", _NOBODY, _UNCHANGED)'
)
USE_HELP = (
    "use the table's row in that file instead of the words, such as\n"
    "    explain(Cause.SESSION_CLOSED, login=login_url).next_step"
)


def product_sources() -> Iterator[Path]:
    for folder in ("api_gateway", "mcp_server", "ticker_service", "ib_mcp"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path != TABLE and "simulator" not in path.parts:
                yield path


def literals(path: Path) -> Iterator[str]:
    """The texts in a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value


def clauses(text: str) -> list[str]:
    """The clauses of an advice, without short ones and without what is filled in."""
    parts = re.split(r"[;:.]\s|[;:.]$|\{\w+\}", text)
    return [part.strip(" ,").lower() for part in parts if len(part.strip(" ,")) >= SHORT]


def advice() -> list[str]:
    texts = [cause.value.next_step for cause in Cause]
    return [*texts, *FRAGMENTS.values(), *UNKNOWN_OUTCOME_STEPS.values(), *OUTCOME_SENTENCES.values()]


def test_no_advice_is_written_twice_in_the_table() -> None:
    written = Counter(clause for text in advice() for clause in clauses(text))
    repeated = [clause for clause, times in written.items() if times > 1]
    assert repeated == [], FRAGMENT_HELP


def test_no_sentence_is_written_twice_in_the_table() -> None:
    written = Counter(
        clause for cause in Cause for clause in clauses(re.sub(r"\([^)]*\)", "", cause.value.sentence))
    )
    repeated = [clause for clause, times in written.items() if times > 1]
    assert repeated == [], FRAGMENT_HELP


def test_no_advice_of_the_table_is_written_elsewhere() -> None:
    known = {clause for text in advice() for clause in clauses(text)}
    elsewhere = [
        (path.relative_to(ROOT).as_posix(), clause)
        for path in product_sources()
        if path.relative_to(ROOT).as_posix().startswith(REPORTING)
        for text in literals(path)
        for clause in known
        if clause in text.lower()
    ]
    assert elsewhere == [], USE_HELP


@pytest.mark.parametrize(
    "words", ["ips.allow", "restart the gateway", "log in again", "conf.yaml; {apply_conf}"]
)
def test_advice_that_costs_the_login_is_only_in_the_table(words: str) -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in product_sources()
        for text in literals(path)
        if words in text
    ]
    assert found == [], USE_HELP


def test_the_advice_to_restart_the_gateway_is_written_once_with_its_cost() -> None:
    saying = [name for name, text in FRAGMENTS.items() if re.search(r"\brestart the gateway\b", text)]
    example = (
        f"{CHANGE}: write {{restart_gateway}}, which names the cost, such as\n"
        '    CHECK_TIMEOUT = Row("…", "{rerun_doctor}; if that happens again, {restart_gateway}")'
    )
    assert saying == ["restart_gateway"], example
    assert "login" in FRAGMENTS["restart_gateway"], example
    spelled_out = [cause.name for cause in Cause if "restart the gateway" in cause.value.next_step.lower()]
    assert spelled_out == [], example


def test_advice_to_change_conf_yaml_says_how_to_apply_it() -> None:
    texts = [*(cause.value.next_step for cause in Cause), *FRAGMENTS.values()]
    incomplete = [text for text in texts if "conf.yaml" in text and "{apply_conf}" not in text]
    assert incomplete == [], (
        f"{CHANGE}: say how the change is applied, such as\n"
        '    "set listenSsl in the gateway\'s conf.yaml; {apply_conf}"'
    )


def test_every_cause_is_reported_somewhere() -> None:
    used = {
        name for path in product_sources() for name in re.findall(r"\bCause\.([A-Z_]+)", path.read_text())
    }
    unused, unknown = {cause.name for cause in Cause} - used, used - {cause.name for cause in Cause}
    assert not unused, f"{CHANGE}: delete these rows, or report them, such as explain(Cause.{min(unused)})"
    assert not unknown, f'{CHANGE}: add a row, such as {min(unknown)} = Row("the sentence", "the next step")'


def test_every_fragment_is_used() -> None:
    texts = [text for cause in Cause for text in (cause.value.sentence, cause.value.next_step)]
    used = set().union(*(placeholders(text) for text in (*texts, *FRAGMENTS.values())))
    for name, known in (("FRAGMENTS", FRAGMENTS), ("DEFAULT_FACTS", DEFAULT_FACTS)):
        unused = sorted(set(known) - used)
        assert not unused, (
            f"{CHANGE}: {name} has unused {unused}: remove them, or use them in a row, such as\n"
            '    SESSION_OPENING = Row("…", "{wait_briefly}", _NOBODY, _UNCHANGED)'
        )


@pytest.mark.parametrize("cause", Cause, ids=lambda cause: cause.key)
def test_every_cause_has_one_sentence_and_one_next_step(cause: Cause) -> None:
    said = explain(cause, **stand_ins(cause))
    example = (
        f"{CHANGE}: {cause.name} needs a sentence and a next step, without final punctuation and without the "
        "outcome, such as\n"
        '    NOT_HTTP = Row("the response is not HTTP", "{retry_or_status}", outcome=_UNCHANGED)'
    )
    for text in (said.sentence, said.next_step):
        assert text[0] == text[0].upper(), example
        assert text.endswith((".", "!", "?")), example
        assert not re.search(r"[{}]|\.\.|  ", text), example
    assert said.actor in Actor
    for sentence in filter(None, OUTCOME_SENTENCES.values()):
        assert sentence not in said.sentence, example
        assert said.problem.count(sentence) <= 1, example


SHOWN_BY_STATUS: set[Cause] = {
    *STATE_CAUSES.values(),
    *(each for each in Cause if each.name.startswith(("COMPETING_", "TICKER_", "NOT_THE_TICKER"))),
    Cause.READY_WITHOUT_TICKER,
    Cause.CLOSED_WITHOUT_TICKER,
    Cause.ORDER_AWAITS_CONFIRMATION,
}
"""The causes that `connection_status` itself reports."""


@pytest.mark.parametrize(
    "cause", [each for each in Cause if each in SHOWN_BY_STATUS], ids=lambda each: each.key
)
def test_connection_status_does_not_refer_to_itself(cause: Cause) -> None:
    said = explain(cause, **stand_ins(cause))
    assert "connection_status" not in f"{said.sentence} {said.next_step}", (
        f"{CHANGE}: name a next step that {cause.name} does not already show, such as\n"
        '    SESSION_OPENING = Row("…", "{wait_briefly}", _NOBODY, _UNCHANGED)'
    )


def test_the_next_step_after_a_write_of_unknown_outcome_is_to_check_it() -> None:
    for kind in WriteKind:
        said = explain(Cause.CONNECTION_BROKE).after_write(kind)
        assert (said.outcome, said.next_step) == (Outcome.UNKNOWN, UNKNOWN_OUTCOME_STEPS[kind])
    assert explain(Cause.CONNECTION_BROKE).outcome is Outcome.UNCHANGED


def test_facts_are_never_formatted_as_templates() -> None:
    said = explain(Cause.INVALID_ARGUMENTS, said="{restart_gateway} {0} {said}")
    assert "{restart_gateway} {0} {said}" in said.sentence


def test_a_missing_fact_raises_key_error() -> None:
    with pytest.raises(KeyError):
        explain(Cause.MODE_FORBIDS, mode="read")
