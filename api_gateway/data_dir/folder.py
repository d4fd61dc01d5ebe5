"""Create the data folder and its files so that only their owner can read them."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = 0o077


def create_private_folder(folder: Path) -> None:
    """Create the folder with mode 0700 unless it exists. Raises OSError.

    An existing folder is made private only if it is empty, as a new volume is: one that has other content,
    such as a home directory, may be shared on purpose.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=FOLDER_MODE)
        return
    except FileExistsError:
        mode = folder.stat().st_mode
    if not stat.S_ISDIR(mode):
        raise NotADirectoryError(20, "Not a directory", str(folder))
    if mode & _OTHERS and not any(folder.iterdir()):
        folder.chmod(FOLDER_MODE)


def create_private_file(path: Path) -> None:
    """Create an empty file with mode 0600, or restrict an existing one to it. Raises OSError.

    A symbolic link is refused: what it points to may belong to another program.
    """
    # SQLite gives a database's -wal and -shm files the mode of the database, so it must exist before SQLite
    # opens it: SQLite itself creates a database that everybody can read.
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
    except FileExistsError:
        # Not opened: closing an existing database here would release the locks that SQLite has on it.
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            raise OSError(errno.ELOOP, "It is a symbolic link; remove it", str(path)) from None
        if mode & _OTHERS:
            path.chmod(FILE_MODE)
