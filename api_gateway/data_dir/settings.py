"""The setting of the data folder, which every service that has one shares."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_APPLICATION = "ib-mcp"


class DataSettings(BaseSettings):
    """Where the files are that outlive a process."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    ib_mcp_data_dir: Path | None = Field(
        default=None,
        description="Directory for data that outlives a process, private to its user; empty: "
        "ib-mcp in $XDG_DATA_HOME, by default ~/.local/share, or on macOS in ~/Library/Application Support.",
    )

    @field_validator("ib_mcp_data_dir", mode="before")
    @classmethod
    def _empty_to_none(cls, path: object) -> object:
        return None if path == "" else path

    @property
    def data_folder(self) -> Path:
        """The folder that the setting names, or the platform's."""
        # Absolute, so that a later change of the working directory does not move it.
        return Path(os.path.abspath(os.path.expanduser(self.ib_mcp_data_dir or _platform_folder())))


def _platform_folder() -> str:
    if sys.platform == "darwin":
        return f"~/Library/Application Support/{_APPLICATION}"
    base = os.environ.get("XDG_DATA_HOME", "")
    # The XDG specification says to ignore a relative path.
    return os.path.join(base if os.path.isabs(base) else "~/.local/share", _APPLICATION)
