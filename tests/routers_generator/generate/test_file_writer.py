"""What is written, and what is left alone."""

from __future__ import annotations

import errno
import os
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
from tests.routers_generator.test_golden import DOCUMENT, GOLDEN

FILES = {"orders.py": "router = 1\n", "__init__.py": "ROUTERS = ()\n"}


def test_files_are_written_once_and_then_are_as_they_were(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "down"
    assert write_files(place, FILES) == WriteResult(("orders.py", "__init__.py"), (), (), ())
    assert write_files(place, FILES) == WriteResult((), ("orders.py", "__init__.py"), (), ())
    assert sorted(path.name for path in place.iterdir()) == ["__init__.py", "orders.py"]
    assert (place / "orders.py").stat().st_mode & 0o777 == 0o644


def test_a_new_text_takes_the_place_of_an_untouched_one(tmp_path: Path) -> None:
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
def test_a_file_that_was_changed_by_hand_is_never_written_over(tmp_path: Path, change: object) -> None:
    write_files(tmp_path, FILES)
    path = tmp_path / "orders.py"
    assert callable(change)
    path.write_text(change(path.read_text()))
    before = path.read_bytes()
    outcome = write_files(tmp_path, {**FILES, "orders.py": "router = 2\n"})
    assert outcome.skipped == ("orders.py",)
    assert path.read_bytes() == before


def test_other_line_ends_are_no_change() -> None:
    assert is_unmodified(add_checksum("a\nb\n").replace("\n", "\r\n"))
    assert not is_unmodified("a\nb\n")
    assert not is_unmodified("")


def test_a_file_of_an_earlier_run_stays_and_is_named(tmp_path: Path) -> None:
    write_files(tmp_path, {**FILES, "alerts.py": "router = 1\n"})
    (tmp_path / "notes.py").write_text("mine = True\n")
    assert write_files(tmp_path, FILES).stale == ("alerts.py",)
    assert (tmp_path / "alerts.py").exists()
    assert (tmp_path / "notes.py").read_text() == "mine = True\n"


def test_nothing_is_written_into_somebody_elses_package(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    with pytest.raises(CannotWriteError, match=r"is a package that was not generated; nothing was written\."):
        write_files(tmp_path, FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["__init__.py"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("orders.py/", r"orders\.py is a directory; nothing was written\."),
        ("orders/__init__.py", r"orders is a package, which would hide orders\.py; nothing was written\."),
    ],
)
def test_a_directory_with_the_name_of_a_module_is_named_and_nothing_is_written(
    tmp_path: Path, name: str, words: str
) -> None:
    place = tmp_path / name
    (place if name.endswith("/") else place.parent).mkdir()
    if not name.endswith("/"):
        place.write_text("")
    with pytest.raises(CannotWriteError, match=words):
        write_files(tmp_path, FILES)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("place", [".", "orders.py", "above"])
def test_a_link_to_nothing_is_named_and_nothing_is_written(tmp_path: Path, place: str) -> None:
    directory = tmp_path / "routers"
    link = {".": directory, "above": tmp_path / "above"}.get(place, directory / place)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to("nowhere")
    wanted = link / "routers" if place == "above" else directory
    with pytest.raises(CannotWriteError, match=f"{link.name} is a link to what is not there; nothing was"):
        write_files(wanted, FILES)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_cannot_be_written_in_full_leaves_the_files_as_they_were(
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


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWriteError, match="file cannot be written to"):
        write_files(tmp_path / "file", FILES)


def test_the_verb_says_what_it_did_and_leaves_a_changed_file_alone(tmp_path: Path) -> None:
    repaired = repair(load(str(DOCUMENT)), gateway=True)
    status, told = generate(repaired, GenerateOptions(tmp_path / "a"))
    assert status == 0
    assert told[0] == f"{tmp_path / 'a'}: 6 routes in 2 modules; 3 files written, 0 as they were."
    assert "PATCH /iserver/bazaar/{stallId} has no route. The gateway client sends no PATCH." in told

    shutil.copytree(GOLDEN, tmp_path / "b", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "b" / "bazaar.py"
    path.write_text(path.read_text().replace("list what", "List what") + "\n")
    status, told = generate(repaired, GenerateOptions(tmp_path / "b"))
    assert status == 1
    assert "bazaar.py was changed by hand and is left alone." in told


def test_only_what_is_missing_and_only_one_section(tmp_path: Path) -> None:
    repaired = repair(load(str(DOCUMENT)), gateway=True)
    assert generate(repaired, GenerateOptions(tmp_path / "a", missing_only=True))[0] == 0
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["__init__.py", "bazaar.py"]
    assert generate(repaired, GenerateOptions(tmp_path / "b", tags=("trading-orders",)))[0] == 0
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["__init__.py", "orders.py"]


def test_an_unknown_tag_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    repaired = repair(load(str(DOCUMENT)), gateway=True)
    status, told = generate(repaired, GenerateOptions(tmp_path / "a", tags=("Bazar",)))
    assert status == 2
    assert told == ["'Bazar': no operation has this tag; the tags are Orders, Bazaar."]
    assert not (tmp_path / "a").exists()
