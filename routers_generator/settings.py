"""The generator's one setting."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class GeneratorSettings(BaseSettings):
    """Where the document is if the command does not say."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    open_api_spec_url: str | None = Field(
        default=None,
        description="The OpenAPI document for `ib-mcp generate` where the command names none: a file or an "
        "address. IBKR's current one is https://api.ibkr.com/gw/api/v3/api-docs.",
    )
