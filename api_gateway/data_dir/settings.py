"""The data folder's setting, shared by every service that uses the folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class DataSettings(BaseSettings):
    """Where files that outlive a process are stored."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    ib_mcp_data_dir: Path | None = Field(
        default=None,
        description="Directory for data that persists across restarts, such as cached contracts; readable "
        "only by its user. Empty: ib-mcp in $XDG_DATA_HOME, ~/.local/share, or on macOS "
        "~/Library/Application Support.",
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
    base = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):  # the XDG specification says to ignore a relative path
        base = "~/Library/Application Support" if sys.platform == "darwin" else "~/.local/share"
    return os.path.join(base, "ib-mcp")
