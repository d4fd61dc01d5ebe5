"""The simulator's settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api_gateway.simulator.variants import parse_variants


class SimulatorSettings(BaseSettings):
    """Where the simulator listens, and which login and gateway behaviour it simulates."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    gateway_port: int = Field(
        default=5055, ge=0, le=65535, description="Port of the gateway or the simulator; 0 picks a free one."
    )
    simulator_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on; use 0.0.0.0 only inside a container, because anyone who can reach "
        "the port controls the simulator.",
    )
    simulator_tls: bool = Field(
        default=True,
        description="Serve HTTPS with a self-signed certificate; false: plain HTTP, for debugging.",
    )
    simulator_tls_dir: Path | None = Field(
        default=None,
        description="Directory for `gateway.pem` and its key, reused while valid; empty: a temporary "
        "directory.",
    )
    simulator_login: bool = Field(
        default=False, description="Start logged in; false: log in yourself on the login page."
    )
    simulator_profile: Literal["retail", "fa", "fa5", "large", "delayed", "live", "dynamic", "cash"] = Field(
        default="retail",
        description="Login to simulate: one paper account (retail), an advisor with 3 or 5 clients (fa, "
        "fa5), 151 positions (large), delayed prices, a live account, a broker with many accounts "
        "(dynamic), or no margin (cash).",
    )
    simulator_seed: int = Field(
        default=1,
        ge=0,
        description="Seed of prices and faults, a whole number; the same seed repeats them.",
    )
    simulator_strict: bool = Field(
        default=True,
        description="Reproduce IBKR's strictness; a client that only works without it fails against IBKR.",
    )
    simulator_availability: str = Field(
        default="",
        description="Market data availability in snapshots: RpB real-time, DPB delayed, Z frozen, N not "
        "subscribed; empty: DPB for the profile delayed, otherwise RpB.",
    )
    simulator_rate_limits: bool = Field(
        default=True, description="Enforce IBKR's published rate limits with 429 responses."
    )
    simulator_penalty: float = Field(
        default=600,
        ge=0,
        le=86_400,
        description="Duration of the penalty box after a 429, in seconds; IBKR's lasts 600.",
    )
    simulator_behind_gateway: bool = Field(
        default=False,
        description="Simulate IBKR behind IBKR's own gateway instead of that gateway: a request has a login "
        "only with the cookies that the login has set.",
    )
    simulator_variants: str = Field(
        default="",
        description="What the simulator does where sources disagree about IBKR, such as "
        "order_stream=ids,quote_minutes=10; SIMULATOR.md lists the names.",
    )
    simulator_universe: Path | None = Field(
        default=None,
        description="File (TOML) with your own instruments, positions and cash; SIMULATOR.md describes it. "
        "Empty: the profile's.",
    )
    simulator_control: bool = Field(
        default=True,
        description="Serve /simulator/*, which sets the clock, logs in and out, and scripts faults.",
    )

    @field_validator("simulator_availability")
    @classmethod
    def _check_availability(cls, code: str) -> str:
        if not re.fullmatch(r"([RDZYNOiv][Pp]?B?d?)?", code):
            raise ValueError("use a code of IBKR's field 6509 such as RpB, DPB, Z or N")
        return code

    @field_validator("simulator_variants")
    @classmethod
    def _check_variants(cls, text: str) -> str:
        parse_variants(text)
        return text

    @field_validator("simulator_behind_gateway")
    @classmethod
    def _check_login(cls, behind_gateway: bool, others: ValidationInfo) -> bool:
        if behind_gateway and others.data.get("simulator_login"):
            raise ValueError(
                "log in through the gateway, with SIMULATOR_LOGIN=false; nobody else gets the cookies"
            )
        return behind_gateway

    @field_validator("simulator_tls_dir", "simulator_universe", mode="before")
    @classmethod
    def _empty_to_none(cls, path: object) -> object:
        return None if path == "" else path
