"""The command `ib-mcp doctor`: run every check and print the report."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import TypeVar

from pydantic_settings import BaseSettings

from api_gateway.causes import Cause, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.data_dir.database import Database
from api_gateway.data_dir.settings import DataSettings
from api_gateway.doctor.checks.data_folder import examine_data_folder
from api_gateway.doctor.checks.settings import examine_ticker_url
from api_gateway.doctor.doctor import DoctorContext, DoctorResult, run_doctor
from api_gateway.doctor.findings import Finding, Layer, broken, warning
from api_gateway.doctor.support_bundle import make_support_bundle, write_support_bundle
from api_gateway.settings import GatewaySettings, SettingsError, load
from mcp_server.facts.fact_store import FILE_NAME, MIGRATIONS
from mcp_server.http.endpoint import endpoint_of, startup_problems
from mcp_server.settings import ServerSettings

_Settings = TypeVar("_Settings", bound=BaseSettings)


def doctor_command(options: argparse.Namespace) -> int:
    """Print the report. Exit status: 0 everything works, 1 something is broken, 2 a setting is invalid."""
    problems: list[Finding] = []

    def report_deprecation(sentence: str) -> None:
        print(sentence, file=sys.stderr)
        problems.append(warning(Layer.SETTINGS, explain(Cause.DEPRECATED_SETTING, said=sentence)))

    def load_or_report(cls: type[_Settings]) -> _Settings | None:
        try:
            return load(cls, report_deprecation)
        except SettingsError as error:
            problems.append(broken(Layer.SETTINGS, explain(Cause.INVALID_SETTING, said=error)))
            return None

    gateway, server = load_or_report(GatewaySettings), load_or_report(ServerSettings)
    data = load_or_report(DataSettings)
    loaded: list[BaseSettings] = [each for each in (gateway, server, data) if each]
    problems += startup_problems(server) if server else []
    if data:
        facts = Database(data.data_folder / FILE_NAME, MIGRATIONS)
        problems += examine_data_folder(data.data_folder, facts)
    ticker_url = options.ticker_url or (server.ticker_url if server else None)
    if find_spec("ticker_service"):  # not installed in the MCP server's container
        from ticker_service.settings import TickerSettings

        if ticker := load_or_report(TickerSettings):
            loaded.append(ticker)
            problems += examine_ticker_url(ticker_url, ticker.ticker_port) if ticker_url else []

    async def run_checks() -> DoctorResult:
        client = GatewayClient(gateway) if gateway else None
        try:
            return await run_doctor(
                DoctorContext(
                    gateway=client,
                    problems=tuple(problems),
                    mode=server.trading_mode if server else None,
                    ticker_url=ticker_url.rstrip("/") if ticker_url else None,
                    endpoint=endpoint_of(server) if server else None,
                )
            )
        finally:
            if client:
                await client.aclose()

    result = asyncio.run(run_checks())
    report = result.report
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the terminal may not support the arrows in the report
    try:
        print(json.dumps(report.to_json(), indent=2) if options.json else report.text().rstrip(), flush=True)
    except BrokenPipeError:  # the reader has gone; Python would report the broken pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if options.bundle:
        try:
            write_support_bundle(Path(options.bundle), make_support_bundle(result, loaded, home=Path.home()))
        except OSError as error:
            print(f"Cannot write {options.bundle}: {error.strerror}.", file=sys.stderr)
            return 2
        print(f"Wrote {options.bundle}. Review it before you send it to anybody.", file=sys.stderr)
    return report.exit_status
