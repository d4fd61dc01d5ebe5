"""The settings of the simulator as a process."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class SimulatorSettings(BaseSettings):
    """Where the simulator listens, and which account and moods it pretends."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    gateway_port: int = Field(
        default=5055, ge=0, le=65535, description="Port of the gateway, also of the simulated one."
    )
    simulator_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on; 0.0.0.0 is for containers, as whoever reaches it controls it.",
    )
    simulator_tls: bool = Field(
        default=True, description="HTTPS with a certificate of its own; false is plain HTTP, for debugging."
    )
    simulator_tls_dir: Path | None = Field(
        default=None,
        description="Folder for `gateway.pem` and its key, used again while valid; empty: a temporary one.",
    )
    simulator_login: bool = Field(
        default=False, description="Start logged in; false leaves it to a person at the login page."
    )
    simulator_profile: Literal["retail", "fa", "delayed", "live", "dynamic"] = Field(
        default="retail",
        description="retail: one paper account; fa: an advisor with clients; delayed: no live prices; "
        "live: an account that is not paper (its money is pretended too); dynamic: a broker's many accounts.",
    )
    simulator_seed: int = Field(
        default=1, ge=0, description="Number from which prices and faults follow; the same one repeats them."
    )
    simulator_strict: bool = Field(
        default=True,
        description="Keep IBKR's habits of refusing; a client that passes without them fails against IBKR.",
    )
    simulator_availability: str = Field(
        default="",
        pattern=r"^([RDZYNOiv][Pp]?B?d?)?$",
        description="Market data in snapshots: RpB real-time, DPB delayed, Z frozen, N not subscribed; "
        "empty: the profile's own, DPB with delayed and else RpB.",
    )
    simulator_rate_limits: bool = Field(
        default=True, description="Answer 429 to requests beyond IBKR's published limits."
    )
    simulator_penalty: float = Field(
        default=600,
        ge=0,
        le=86_400,
        description="Seconds in the penalty box after a 429; IBKR's is ten minutes.",
    )
    simulator_control: bool = Field(
        default=True,
        description="Serve /simulator/*, which moves the clock, logs in and out and scripts faults.",
    )

    @field_validator("simulator_tls_dir", mode="before")
    @classmethod
    def _empty_to_none(cls, path: object) -> object:
        return None if path == "" else path
