"""Data-folder check: whether it can be used, by its user only, and no newer version wrote to it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from api_gateway.causes import Cause, explain
from api_gateway.data_dir.database import Database, NewerSchemaError
from api_gateway.doctor.findings import Finding, Layer, broken, warning


def examine_data_folder(folder: Path, database: Database) -> list[Finding]:
    """What is wrong with the folder or with a database in it; creates neither."""
    # Not Path.exists, which raises an error below a folder that this user may not read.
    existing = next(each for each in (folder, *folder.parents) if os.path.exists(each))
    if not existing.is_dir():
        return [_unusable(folder, f"{existing} is a file")]
    if not os.access(existing, os.W_OK | os.X_OK):
        return [_unusable(folder, f"{existing} is not writable for this user")]
    try:
        database.require_known_schema()
    except NewerSchemaError as error:
        return [broken(Layer.SETTINGS, error.explanation)]
    if existing == folder and stat.S_IMODE(folder.stat().st_mode) & 0o077 and any(folder.iterdir()):
        return [warning(Layer.SETTINGS, explain(Cause.DATA_FOLDER_SHARED, folder=folder))]
    return []


def _unusable(folder: Path, reason: str) -> Finding:
    return warning(Layer.SETTINGS, explain(Cause.DATA_FOLDER_UNUSABLE, folder=folder, reason=reason))
