"""A random key in the data folder, which the processes of one user share."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from api_gateway.data_dir.folder import create_private_folder

LENGTH: Final = 32


def read_or_create_key(path: Path) -> bytes:
    """The key in the file, mode 0600; a new one if there is none or it is damaged. Raises OSError.

    A symbolic link is refused.
    """
    create_private_folder(path.parent)
    known = _read(path)
    if known is not None and len(known) == LENGTH:
        return known
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(LENGTH))
        if known is None:
            with suppress(FileExistsError):  # another process was faster: its key is used
                os.link(name, path)
        else:
            os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    created = _read(path)
    if created is None or len(created) != LENGTH:
        raise OSError(f"{path} was changed while it was created")
    return created


def _read(path: Path) -> bytes | None:
    """What the file holds; None if there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read(LENGTH + 1)
