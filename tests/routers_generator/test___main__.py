"""The commands `repair`, `routers` and `compare`: output files and exit statuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from api_gateway.access_policy import TradingMode
from mcp_server.extra_routers import load_extra_routers
from routers_generator.__main__ import main
from tests.routers_generator.sample_document import valid_document


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPEN_API_SPEC_URL", raising=False)
    Path("fine.json").write_text(json.dumps(valid_document()), encoding="utf-8")


def test_repair_writes_the_document_and_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["repair", "fine.json", "-o", "out.json", "-r", "report.json"]) == 0
    assert json.loads(Path("out.json").read_text(encoding="utf-8")) == valid_document()
    assert json.loads(Path("report.json").read_text(encoding="utf-8"))["repairs"] == []
    assert capsys.readouterr().out == ""


def test_repair_without_output_file_writes_the_document_to_standard_output(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["repair", "fine.json", "-o", "out.json"]) == 0
    assert main(["repair", "fine.json", "-r", "report.md"]) == 0
    assert capfdbinary.readouterr().out == Path("out.json").read_bytes()
    assert Path("report.md").read_text(encoding="utf-8").startswith("# Repairs\n")


def test_repair_exits_with_1_and_names_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.json").write_text(json.dumps({**valid_document(), "tags": 7}), encoding="utf-8")
    assert main(["repair", "bad.json", "-o", "out.json"]) == 1
    assert "`#/tags`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["repair", "none.json"],
        ["compare", "none.json"],
        ["routers", "none.json", "-o", "out"],
        ["repair"],
        ["repair", "fine.json", "-o", "no/such/folder"],
    ],
)
def test_unusable_arguments_exit_with_2_and_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith(".\n")


def test_the_document_defaults_to_open_api_spec_url(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPEN_API_SPEC_URL", "fine.json")
    assert main(["repair", "-o", "out.json"]) == 0
    assert Path("out.json").exists()
    assert capsys.readouterr().out == ""


def test_compare_exits_with_1_if_there_are_differences(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["compare", "fine.json"]) == 1
    assert capfdbinary.readouterr().out.startswith(b"# ")
    assert main(["compare", "--json", "fine.json"]) == 1
    assert json.loads(capfdbinary.readouterr().out)["same"] is False


def test_routers_reports_operations_with_an_invalid_path(capsys: pytest.CaptureFixture[str]) -> None:
    spoilt: dict[str, object] = {
        "/iserver/../logout": {"get": {"responses": {}}},
        "/iserver/a\x1bb": {"get": {"responses": {}}},
    }
    Path("bad.json").write_text(
        json.dumps({**valid_document(), "paths": {**valid_document()["paths"], **spoilt}}), encoding="utf-8"
    )
    assert main(["routers", "bad.json", "-o", "out"]) == 0
    err = capsys.readouterr().err
    assert "GET /iserver/../logout" in err
    assert "GET /iserver/a\\x1bb" in err


def test_routers_with_missing_writes_an_empty_package_if_no_operation_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["routers", "fine.json", "-o", "out", "--missing"]) == 0
    summary, explanation = capsys.readouterr().err.splitlines()
    assert summary.startswith("out: ")
    assert explanation
    assert load_extra_routers(Path("out"), TradingMode.READ).routers == ()


@pytest.mark.parametrize("more", [[], ["--missing"]])
def test_routers_reports_a_document_without_gateway_operations(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {"/gw/api/v1/accounts": {"get": {"responses": {"200": {"description": ""}}}}}
    Path("other.json").write_text(json.dumps({**valid_document(), "paths": paths}), encoding="utf-8")
    assert main(["routers", "other.json", "-o", "out", *more]) == 0
    without_operations = capsys.readouterr().err.splitlines()[-1]
    assert main(["routers", "fine.json", "-o", "out", "--missing"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] != without_operations


def test_the_former_command_generate_still_works_and_is_not_in_the_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["routers", "fine.json", "-o", "new"]) == 0
    assert main(["generate", "fine.json", "-o", "old"]) == 0
    assert [path.read_text() for path in sorted(Path("old").iterdir())] == [
        path.read_text() for path in sorted(Path("new").iterdir())
    ]
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.MULTILINE) == [
        "repair",
        "routers",
        "compare",
    ]
