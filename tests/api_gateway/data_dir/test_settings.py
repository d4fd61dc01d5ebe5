"""Where the data folder is."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_gateway.data_dir.settings import DataSettings
from api_gateway.settings import load


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("IB_MCP_DATA_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, ".local/share/ib-mcp"),
        ("linux", {"XDG_DATA_HOME": "/srv/data"}, "/srv/data/ib-mcp"),
        ("linux", {"XDG_DATA_HOME": "relative"}, ".local/share/ib-mcp"),
        ("darwin", {}, "Library/Application Support/ib-mcp"),
        ("darwin", {"XDG_DATA_HOME": "/srv/data"}, "/srv/data/ib-mcp"),
        ("linux", {"IB_MCP_DATA_DIR": ""}, ".local/share/ib-mcp"),
        ("darwin", {"IB_MCP_DATA_DIR": "/srv/own"}, "/srv/own"),
        ("linux", {"IB_MCP_DATA_DIR": "~/own", "XDG_DATA_HOME": "/srv/data"}, "own"),
        ("linux", {"IB_MCP_DATA_DIR": "own"}, "own"),
    ],
)
def test_the_folder_is_the_settings_or_the_platforms(
    home: Path, monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], folder: str
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load(DataSettings).data_folder == home / folder
