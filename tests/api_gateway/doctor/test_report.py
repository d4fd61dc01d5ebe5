"""Doctor's report, for people and for programs."""

from __future__ import annotations

import json

from api_gateway.causes import Cause, explain
from api_gateway.doctor.findings import TITLES, Layer, broken, ok, warning
from api_gateway.doctor.report import DoctorReport, fill_in_skipped

WELL = tuple(ok(layer, "Fine.") for layer in Layer)
EXPIRED = broken(Layer.TLS, explain(Cause.CERTIFICATE_EXPIRES_SOON, when="Friday"))


def report(*findings: object) -> DoctorReport:
    return DoctorReport(fill_in_skipped(findings), seconds=1.25)  # type: ignore[arg-type]


def test_a_report_without_faults_is_one_sentence_with_status_0() -> None:
    found = report(*WELL)
    assert found.text().startswith("Everything works.\n")
    assert found.exit_status == 0
    assert found.to_json()["well"] is True
    assert found.to_json()["first_broken"] is None


def test_the_first_broken_layer_and_its_fix_precede_the_list() -> None:
    found = report(*WELL[:3], EXPIRED, broken(Layer.TICKER, explain(Cause.TICKER_STUCK)))
    lines = found.text().splitlines()
    assert EXPIRED.sentence in lines[0]
    assert EXPIRED.fix in lines[1]
    assert found.exit_status == 1


def test_unchecked_layers_are_skipped_because_of_the_first_broken_one() -> None:
    found = report(*WELL[:3], EXPIRED)
    skipped = [each for each in found.findings if each.outcome == "skipped"]
    assert len(skipped) == len(Layer) - 4
    assert [TITLES[Layer.TLS] in each.sentence for each in skipped] == [True] * len(skipped)


def test_invalid_settings_have_status_2() -> None:
    assert report(broken(Layer.SETTINGS, explain(Cause.INVALID_SETTING, said="No"))).exit_status == 2


def test_warnings_are_listed_with_status_0() -> None:
    stuck = warning(Layer.QUOTES, explain(Cause.TICKER_STUCK))
    found = report(*WELL, stuck)
    assert TITLES[Layer.QUOTES] in found.verdict
    assert found.exit_status == 0
    assert f"→ {stuck.fix}" in found.text()


def test_the_json_has_the_key_of_the_cause() -> None:
    found = report(*WELL[:3], EXPIRED).to_json()
    assert found["cause"] == Cause.CERTIFICATE_EXPIRES_SOON.key
    assert [each["cause"] for each in found["layers"] if each["layer"] == "tls"] == [found["cause"]]


def test_a_later_finding_on_a_layer_replaces_the_earlier_one() -> None:
    found = report(*WELL, broken(Layer.PACING, explain(Cause.PENALTY_BOX, seconds=5)))
    assert found.to_json()["first_broken"] == "pacing"


def test_the_keys_of_the_json_are_stable() -> None:
    result = json.loads(json.dumps(report(*WELL).to_json()))
    assert list(result) == [
        "well",
        "exit_status",
        "first_broken",
        "sentence",
        "fix",
        "cause",
        "seconds",
        "layers",
    ]
    assert [each["layer"] for each in result["layers"]] == [layer.value for layer in Layer]
    keys = ["layer", "outcome", "sentence", "fix", "cause", "seconds"]
    assert all(list(each) == keys for each in result["layers"])


def test_no_line_is_wider_than_a_terminal() -> None:
    long = "A rather long sentence on what was found. " * 8
    found = report(*(broken(layer, explain(Cause.SERVER_NOT_READY, said=long, hint=long)) for layer in Layer))
    assert max(map(len, found.text().splitlines())) <= 110
