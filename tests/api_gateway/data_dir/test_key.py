"""The random key in the data folder."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api_gateway.data_dir.key import LENGTH, read_or_create_key


def test_a_key_is_private_random_and_the_same_again(tmp_path: Path) -> None:
    path, other = tmp_path / "data" / "key", tmp_path / "other" / "key"
    key = read_or_create_key(path)
    assert len(key) == LENGTH
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_create_key(path) == key
    assert read_or_create_key(other) != key
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(read_or_create_key, [tmp_path / "key"] * 8))
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 100])
def test_a_damaged_key_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    key = read_or_create_key(path)
    assert len(key) == LENGTH
    assert read_or_create_key(path) == key


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"x" * LENGTH)
    (tmp_path / "key").symlink_to(tmp_path / "target")
    with pytest.raises(OSError):  # noqa: PT011 - the operating system's words
        read_or_create_key(tmp_path / "key")
