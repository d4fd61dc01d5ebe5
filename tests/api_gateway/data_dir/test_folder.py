"""The data folder and its files are private."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_gateway.data_dir.folder import create_private_file, create_private_folder


@pytest.fixture(autouse=True, params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    create_private_folder(tmp_path / "share" / "data")
    assert mode(tmp_path / "share" / "data") == 0o700


def test_an_empty_folder_is_made_private_and_one_with_content_is_left_alone(tmp_path: Path) -> None:
    for name in ("volume", "home"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o755)
    (tmp_path / "home" / "file").touch()
    for name in ("volume", "home"):
        create_private_folder(tmp_path / name)
    assert (mode(tmp_path / "volume"), mode(tmp_path / "home")) == (0o700, 0o755)


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(OSError, match="data"):
        create_private_folder(tmp_path / "data")


def test_a_file_is_private_and_an_existing_one_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("content")
    (tmp_path / "old").chmod(0o644)
    for name in ("new", "old"):
        create_private_file(tmp_path / name)
        assert mode(tmp_path / name) == 0o600
    assert (tmp_path / "old").read_text() == "content"


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_is_refused_and_its_target_is_left_alone(tmp_path: Path, exists: bool) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    if exists:
        target.touch()
        target.chmod(0o644)
    link.symlink_to(target)
    with pytest.raises(OSError, match="link"):
        create_private_file(link)
    assert target.exists() is exists
    assert not exists or mode(target) == 0o644
