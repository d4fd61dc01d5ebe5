"""`.env.example` lists every setting; `make settings` generates it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from api_gateway.settings import environment_names, former_names
from ib_mcp.settings_example import settings_groups, settings_text

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / ".env.example"
DEPRECATED = {former.name for _, each in settings_groups() for _, former in former_names(each)}


def settings_classes() -> set[str]:
    """Return the names of all settings classes that the `settings.py` modules define."""
    return {
        node.name
        for package in ("api_gateway", "ticker_service", "mcp_server", "routers_generator")
        for path in (ROOT / package).rglob("settings.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "BaseSettings" for base in node.bases)
    }


def test_the_example_matches_the_settings_classes() -> None:
    written = EXAMPLE.read_text(encoding="utf-8") if EXAMPLE.exists() else ""
    assert written == settings_text(), ".env.example is out of date: run `make settings`"


def test_the_example_covers_every_settings_class() -> None:
    assert {settings.__name__ for _, settings in settings_groups()} == settings_classes(), (
        "ib_mcp/settings_example.py: list every settings class in settings_groups(), such as\n"
        '    ("Ticker", TickerSettings),'
    )


@pytest.mark.parametrize("settings", [each for _, each in settings_groups()], ids=lambda each: each.__name__)
def test_every_setting_has_a_description_of_one_or_two_lines(settings: type[BaseSettings]) -> None:
    for name, field in settings.model_fields.items():
        example = (
            f"{settings.__module__.replace('.', '/')}.py: describe {name} in one or two lines, such as\n"
            '    ticker_port: int = Field(default=5056, description="TCP port; 0 picks a free one.")'
        )
        assert field.description, example
        assert field.description.endswith("."), example
        assert len(field.description) <= 216, example


def test_no_deprecated_name_appears() -> None:
    assert DEPRECATED
    assert {name for name in DEPRECATED if name in settings_text()} == set()


def test_the_changelog_has_a_row_for_every_deprecated_name() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for _, settings in settings_groups():
        for field, former in former_names(settings):
            row = f"| `{former.name}` | `{field.upper()}` |"
            assert row in changelog, f"CHANGELOG.md: add to the table under Settings:\n{row}"


def test_each_name_appears_once() -> None:
    names = [
        line.split("=")[0] for line in settings_text().splitlines() if line.startswith("#") and line[1] != " "
    ]
    assert len(names) == len(set(names))
    assert {"#GATEWAY", "#GATEWAY_URL", "#MCP_SERVER_PORT", "#TICKLE_INTERVAL", "#SIMULATOR_SEED"} <= set(
        names
    )


@pytest.mark.parametrize("settings", [each for _, each in settings_groups()], ids=lambda each: each.__name__)
def test_an_env_file_of_all_the_defaults_changes_nothing(
    settings: type[BaseSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _, each in settings_groups():
        for name in environment_names(each):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    without = settings()
    text = settings_text()
    lines = [line[1:] for line in text.splitlines() if line.startswith("#") and line[1:2].isupper()]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    assert settings() == without


def test_the_command_prints_the_text() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "ib_mcp", "settings"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout == settings_text()


def test_every_variable_that_compose_reads_is_in_it_or_a_deprecated_name() -> None:
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    known = set(re.findall(r"^#(\w+)=", settings_text(), re.MULTILINE))
    assert read
    assert read - known == DEPRECATED, (
        "docker-compose.yml reads a variable that no settings class has: add it to COMPOSE_SETTINGS in "
        "ib_mcp/settings_example.py, such as\n"
        '    ("GATEWAY_ARCHIVE_SHA256", "", "Expected SHA-256 of that download; empty disables the check."),'
    )
