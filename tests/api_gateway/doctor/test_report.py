"""The report as a person and as a program reads it."""

from __future__ import annotations

import json

from api_gateway.doctor.findings import Layer, broken, ok, warning
from api_gateway.doctor.report import DoctorReport, fill_in_skipped

WELL = tuple(ok(layer, "Fine.") for layer in Layer)


def report(*findings: object) -> DoctorReport:
    return DoctorReport(fill_in_skipped(findings), seconds=1.25)  # type: ignore[arg-type]


def test_all_well_is_one_sentence_and_status_zero() -> None:
    found = report(*WELL)
    assert found.text().startswith("Everything works.\n")
    assert found.exit_status == 0
    assert found.to_json()["well"] is True
    assert found.to_json()["first_broken"] is None


def test_the_first_broken_layer_and_its_fix_stand_before_the_list() -> None:
    found = report(*WELL[:3], broken(Layer.TLS, "It expired.", "Renew it."), broken(Layer.TICKER, "x", "y"))
    lines = found.text().splitlines()
    assert lines[:2] == ["Broken: TLS and certificate. It expired.", "Do this: Renew it."]
    assert found.exit_status == 1


def test_what_was_not_looked_at_is_skipped_for_the_first_broken_layer() -> None:
    found = report(*WELL[:3], broken(Layer.TLS, "It expired.", "Renew it."))
    skipped = [each for each in found.findings if each.outcome == "skipped"]
    assert len(skipped) == len(Layer) - 4
    assert {each.sentence for each in skipped} == {
        "Not looked at, because this comes first: TLS and certificate."
    }


def test_settings_that_cannot_be_used_are_status_two() -> None:
    assert report(broken(Layer.SETTINGS, "No.", "Correct it.")).exit_status == 2


def test_warnings_are_named_and_break_nothing() -> None:
    found = report(*WELL, warning(Layer.QUOTES, "Delayed.", "Subscribe."))
    assert found.verdict == "Nothing is broken. Worth a look: quotes."
    assert found.exit_status == 0
    assert "→ Subscribe." in found.text()


def test_later_evidence_on_a_layer_replaces_the_earlier() -> None:
    found = report(*WELL, broken(Layer.PACING, "IBKR wants silence.", "Wait."))
    assert found.to_json()["first_broken"] == "pacing"


def test_the_keys_of_the_json_stay() -> None:
    told = json.loads(json.dumps(report(*WELL).to_json()))
    assert list(told) == ["well", "exit_status", "first_broken", "sentence", "fix", "seconds", "layers"]
    assert [each["layer"] for each in told["layers"]] == [layer.value for layer in Layer]
    assert all(list(each) == ["layer", "outcome", "sentence", "fix", "seconds"] for each in told["layers"])


def test_no_line_is_wider_than_a_terminal() -> None:
    long = "A rather long sentence on what was found. " * 8
    found = report(*(broken(layer, long, long) for layer in Layer))
    assert max(map(len, found.text().splitlines())) <= 110
