"""The check of the data folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from api_gateway.causes import Cause
from api_gateway.data_dir.database import Database
from api_gateway.doctor.checks.data_folder import examine_data_folder
from api_gateway.doctor.findings import Finding, Outcome

MIGRATIONS = (("CREATE TABLE first (id)",),)


def examine(folder: Path) -> list[tuple[Outcome, Cause | None]]:
    found: list[Finding] = examine_data_folder(folder, Database(folder / "file.sqlite3", MIGRATIONS))
    assert all(each.fix for each in found)
    return [(each.outcome, each.cause) for each in found]


def create_database(folder: Path, *migrations: tuple[str]) -> None:
    database = Database(folder / "file.sqlite3", migrations)
    database.open()
    database.close()


def test_a_folder_that_can_be_created_is_left_uncreated(tmp_path: Path) -> None:
    assert examine(tmp_path / "share" / "data") == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_left_as_it_is(tmp_path: Path) -> None:
    create_database(tmp_path / "data", *MIGRATIONS)
    assert examine(tmp_path / "data") == []


def test_a_folder_that_cannot_be_used_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    assert examine(tmp_path / "file" / "data") == [(Outcome.WARNING, Cause.DATA_FOLDER_UNUSABLE)]
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who can write anywhere
    assert examine(tmp_path / "data") == [(Outcome.WARNING, Cause.DATA_FOLDER_UNUSABLE)]


def test_a_folder_that_others_can_list_is_a_warning(tmp_path: Path) -> None:
    create_database(tmp_path, *MIGRATIONS)
    tmp_path.chmod(0o755)
    assert examine(tmp_path) == [(Outcome.WARNING, Cause.DATA_FOLDER_SHARED)]


def test_a_file_of_a_newer_version_is_broken(tmp_path: Path) -> None:
    create_database(tmp_path / "data", *MIGRATIONS, ("CREATE TABLE second (id)",))
    assert examine(tmp_path / "data") == [(Outcome.BROKEN, Cause.NEWER_DATA_FILE)]


def test_a_corrupt_file_is_left_to_the_server(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "file.sqlite3").write_bytes(b"no database" * 100)
    assert examine(tmp_path / "data") == []
    assert (tmp_path / "data" / "file.sqlite3").exists()
