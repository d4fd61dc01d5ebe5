"""The settings of the routers generator."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class GeneratorSettings(BaseSettings):
    """Where the document is when the command names none."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    open_api_spec_url: str | None = Field(
        default=None,
        description="File or URL of the OpenAPI document for `ib-mcp openapi` commands that name none. "
        "IBKR's current one is https://api.ibkr.com/gw/api/v3/api-docs.",
    )
