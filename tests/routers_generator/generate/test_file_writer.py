"""Writing of generated files: edited files and packages of other origin are never overwritten."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

import pytest

from routers_generator.document.loading import load
from routers_generator.generate.file_writer import (
    CannotWriteError,
    WriteResult,
    add_checksum,
    is_unmodified,
    write_files,
)
from routers_generator.generate.generate import GenerateOptions, generate
from routers_generator.repair.repair import repair
from tests.routers_generator.sources import SMALL_DOCUMENT
from tests.routers_generator.test_golden import GOLDEN

OF_VERSION_0_1 = Path(__file__).parents[2] / "mcp_server" / "routers_of_0_1"
FILES = {"orders.py": "router = 1\n", "__init__.py": "ROUTERS = ()\n"}


def test_write_files_is_idempotent(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "down"
    assert write_files(place, FILES) == WriteResult(("orders.py", "__init__.py"), (), (), ())
    assert write_files(place, FILES) == WriteResult((), ("orders.py", "__init__.py"), (), ())
    assert sorted(path.name for path in place.iterdir()) == ["__init__.py", "orders.py"]
    assert (place / "orders.py").stat().st_mode & 0o777 == 0o644


def test_write_files_replaces_an_unmodified_file(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    assert write_files(tmp_path, {**FILES, "orders.py": "router = 2\n"}).written == ("orders.py",)
    assert (tmp_path / "orders.py").read_text() == add_checksum("router = 2\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "# mine\n",
        lambda text: text.replace("1", "3"),
        lambda text: text.split("\n", 2)[2],
        lambda text: text.replace("sha256:", "sha256:0"),
        lambda text: text[:0],
    ],
)
def test_write_files_never_overwrites_an_edited_file(tmp_path: Path, change: object) -> None:
    write_files(tmp_path, FILES)
    path = tmp_path / "orders.py"
    assert callable(change)
    path.write_text(change(path.read_text()))
    before = path.read_bytes()
    outcome = write_files(tmp_path, {**FILES, "orders.py": "router = 2\n"})
    assert outcome.skipped == ("orders.py",)
    assert path.read_bytes() == before


def test_is_unmodified_ignores_line_endings() -> None:
    assert is_unmodified(add_checksum("a\nb\n").replace("\n", "\r\n"))
    assert not is_unmodified("a\nb\n")
    assert not is_unmodified("")


def test_routers_of_version_0_1_are_replaced_unless_edited(tmp_path: Path) -> None:
    place = tmp_path / "routers"
    shutil.copytree(OF_VERSION_0_1, place, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "orders.py").write_text((place / "orders.py").read_text() + "# mine\n")
    repaired = repair(load(str(SMALL_DOCUMENT)), gateway=True)
    assert generate(repaired, GenerateOptions(place))[0] == 1
    assert (place / "bazaar.py").read_text() == (GOLDEN / "bazaar.py").read_text()
    assert (place / "orders.py").read_text().endswith("# mine\n")


def test_write_files_keeps_and_reports_files_of_an_earlier_run(tmp_path: Path) -> None:
    write_files(tmp_path, {**FILES, "alerts.py": "router = 1\n"})
    (tmp_path / "notes.py").write_text("mine = True\n")
    assert write_files(tmp_path, FILES).stale == ("alerts.py",)
    assert (tmp_path / "alerts.py").exists()
    assert (tmp_path / "notes.py").read_text() == "mine = True\n"


def test_write_files_writes_nothing_into_a_package_that_was_not_generated(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    with pytest.raises(CannotWriteError, match=re.escape(str(tmp_path))):
        write_files(tmp_path, FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["__init__.py"]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("orders.py/", ["orders.py"]),
        ("orders/__init__.py", ["orders", "orders.py"]),
    ],
)
def test_write_files_writes_nothing_if_a_directory_has_the_name_of_a_module(
    tmp_path: Path, name: str, named: list[str]
) -> None:
    place = tmp_path / name
    (place if name.endswith("/") else place.parent).mkdir()
    if not name.endswith("/"):
        place.write_text("")
    with pytest.raises(CannotWriteError) as error:
        write_files(tmp_path, FILES)
    assert all(each in str(error.value) for each in named)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("place", [".", "orders.py", "above"])
def test_write_files_writes_nothing_through_a_broken_link(tmp_path: Path, place: str) -> None:
    directory = tmp_path / "routers"
    link = {".": directory, "above": tmp_path / "above"}.get(place, directory / place)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to("nowhere")
    wanted = link / "routers" if place == "above" else directory
    with pytest.raises(CannotWriteError, match=re.escape(str(link))):
        write_files(wanted, FILES)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_write_files_restores_everything_if_a_write_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, FILES)

    def full(name: str, _: int) -> None:
        if "__init__" in name:
            raise OSError(errno.ENOSPC, "No space left on device", name)

    monkeypatch.setattr(os, "chmod", full)
    with pytest.raises(CannotWriteError, match="No space left on device"):
        write_files(tmp_path, dict.fromkeys(FILES, "router = 2\n"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        name: add_checksum(text) for name, text in FILES.items()
    }


def test_write_files_names_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWriteError, match=re.escape(str(tmp_path / "file"))):
        write_files(tmp_path / "file", FILES)


def test_generate_reports_its_files_and_skips_an_edited_one(tmp_path: Path) -> None:
    repaired = repair(load(str(SMALL_DOCUMENT)), gateway=True)
    status, messages = generate(repaired, GenerateOptions(tmp_path / "a"))
    assert status == 0
    assert messages[0].startswith(f"{tmp_path / 'a'}: ")
    assert re.findall(r"\d+", messages[0].removeprefix(str(tmp_path))) == ["6", "2", "3", "0"]
    assert any("PATCH /iserver/bazaar/{stallId}" in each for each in messages)

    shutil.copytree(GOLDEN, tmp_path / "b", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "b" / "bazaar.py"
    path.write_text(path.read_text().replace("list what", "List what") + "\n")
    status, messages = generate(repaired, GenerateOptions(tmp_path / "b"))
    assert status == 1
    assert "bazaar.py" in messages[-1]


def test_generate_can_be_limited_to_missing_operations_and_to_sections(tmp_path: Path) -> None:
    repaired = repair(load(str(SMALL_DOCUMENT)), gateway=True)
    assert generate(repaired, GenerateOptions(tmp_path / "a", missing_only=True))[0] == 0
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["__init__.py", "bazaar.py"]
    assert generate(repaired, GenerateOptions(tmp_path / "b", tags=("trading-orders",)))[0] == 0
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["__init__.py", "orders.py"]


def test_generate_rejects_an_unknown_tag_and_lists_the_existing_ones(tmp_path: Path) -> None:
    repaired = repair(load(str(SMALL_DOCUMENT)), gateway=True)
    status, messages = generate(repaired, GenerateOptions(tmp_path / "a", tags=("Bazar",)))
    assert status == 2
    (message,) = messages
    assert all(each in message for each in ("'Bazar'", "Orders", "Bazaar"))
    assert not (tmp_path / "a").exists()
