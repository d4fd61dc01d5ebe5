"""The three verbs as commands: what they write, and their exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api_gateway.access_policy import TradingMode
from mcp_server.extra_routers import load_extra_routers
from routers_generator.__main__ import main
from tests.routers_generator.a_document import valid_document


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPEN_API_SPEC_URL", raising=False)
    Path("fine.json").write_text(json.dumps(valid_document()), encoding="utf-8")


def test_repair_writes_the_document_and_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["repair", "fine.json", "-o", "out.json", "-r", "report.json"]) == 0
    assert json.loads(Path("out.json").read_text(encoding="utf-8")) == valid_document()
    assert json.loads(Path("report.json").read_text(encoding="utf-8"))["repairs"] == []
    out, err = capsys.readouterr()
    assert out == ""
    assert "0 repairs, 0 problems, 0 operations left out." in err


def test_repair_writes_to_standard_output_what_it_would_to_a_file(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["repair", "fine.json", "-o", "out.json"]) == 0
    assert main(["repair", "fine.json", "-r", "report.md"]) == 0
    assert capfdbinary.readouterr().out == Path("out.json").read_bytes()
    assert Path("report.md").read_text(encoding="utf-8").startswith("# Repairs\n")


def test_a_problem_that_is_no_known_defect_ends_with_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.json").write_text(json.dumps({**valid_document(), "tags": 7}), encoding="utf-8")
    assert main(["repair", "bad.json", "-o", "out.json"]) == 1
    assert "value of the wrong type, `#/tags`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["repair", "none.json"],
        ["compare", "none.json"],
        ["generate", "none.json", "-o", "out"],
        ["repair"],
        ["repair", "fine.json", "-o", "no/such/folder"],
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith(".\n")


def test_without_a_name_the_document_is_that_of_the_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPEN_API_SPEC_URL", "fine.json")
    assert main(["repair", "-o", "out.json"]) == 0
    assert Path("out.json").exists()
    assert capsys.readouterr().out == ""


def test_compare_ends_with_status_1_where_something_differs(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["compare", "fine.json"]) == 1
    assert capfdbinary.readouterr().out.startswith(b"# The document and the hand-written routes\n")
    assert main(["compare", "--json", "fine.json"]) == 1
    assert json.loads(capfdbinary.readouterr().out)["same"] is False


def test_generate_names_the_operations_that_the_document_spoils(capsys: pytest.CaptureFixture[str]) -> None:
    spoilt: dict[str, object] = {
        "/iserver/../logout": {"get": {"responses": {}}},
        "/iserver/a\x1bb": {"get": {"responses": {}}},
    }
    Path("bad.json").write_text(
        json.dumps({**valid_document(), "paths": {**valid_document()["paths"], **spoilt}}), encoding="utf-8"
    )
    assert main(["generate", "bad.json", "-o", "out"]) == 0
    err = capsys.readouterr().err
    assert "GET /iserver/../logout has no route. Its path is none that a request can have." in err
    assert "GET /iserver/a\\x1bb has no route." in err


def test_where_nothing_is_missing_it_says_so_and_leaves_a_package_without_routes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["generate", "fine.json", "-o", "out", "--missing"]) == 0
    said = "Nothing is missing: each operation of the document has a hand-written route.\n"
    assert capsys.readouterr().err.endswith(said)
    assert load_extra_routers(Path("out"), TradingMode.READ).routers == ()


@pytest.mark.parametrize("more", [[], ["--missing"]])
def test_a_document_without_operations_of_the_gateway_is_said_to_be_one(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {"/gw/api/v1/accounts": {"get": {"responses": {"200": {"description": ""}}}}}
    Path("other.json").write_text(json.dumps({**valid_document(), "paths": paths}), encoding="utf-8")
    assert main(["generate", "other.json", "-o", "out", *more]) == 0
    assert capsys.readouterr().err.endswith("The document has no operation that a gateway serves.\n")
