"""Doctor: checks every layer from the settings to the clients, within ten seconds even if some hang."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from api_gateway.access_policy import TradingMode
from api_gateway.causes import Cause, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.tls import TlsTrust
from api_gateway.client.transport import Transport
from api_gateway.doctor.checks.front_page import examine_front_page
from api_gateway.doctor.checks.ibkr import IbkrChecks
from api_gateway.doctor.checks.network import NetworkChecks, Resolve, resolve
from api_gateway.doctor.checks.services import (
    McpEndpoint,
    TickerCheck,
    compare_with_ticker,
    examine_endpoint,
    examine_readiness,
    examine_ticker,
)
from api_gateway.doctor.checks.settings import examine_settings
from api_gateway.doctor.findings import TITLES, Finding, Layer, Outcome, broken, warning
from api_gateway.doctor.report import DoctorReport, fill_in_skipped

TOTAL_SECONDS = 9.5
MIN_CHECK_SECONDS = 0.5
"""Minimum time left, in seconds, for a layer to be checked."""

Check = Callable[[], Awaitable[list[Finding]]]


@dataclass(frozen=True)
class DoctorContext:
    """What to check.

    `gateway` is the client whose settings, limits and penalty box count; None if its settings are invalid.
    `problems` are findings on settings, `known` those on other layers. `mode` is the trading mode, None if
    unknown. `ticker_url` has no trailing slash.
    """

    gateway: GatewayClient | None
    problems: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] = ()
    mode: TradingMode | None = None
    ticker_url: str | None = None
    endpoint: McpEndpoint | None = None


@dataclass(frozen=True)
class DoctorResult:
    """The report, and what the ticker reported, for the support bundle."""

    report: DoctorReport
    ticker: TickerCheck | None = None


async def run_doctor(
    context: DoctorContext, *, wall: Callable[[], float] = time.time, resolve: Resolve = resolve
) -> DoctorResult:
    """Check every layer; the ticker and the MCP server even if the gateway is broken."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    ticker_check = asyncio.ensure_future(_check_ticker(context.ticker_url))
    checked, ticker, reached = await asyncio.gather(
        _run_checks(context, began + TOTAL_SECONDS, wall, resolve, ticker_check),
        ticker_check,
        _run_timed(lambda: examine_endpoint(context.endpoint)),
    )
    findings = [*_check_settings(context), *checked]
    established = _established(findings)
    if ticker is not None:
        findings.append(compare_with_ticker(ticker, established=established))
    findings += [*reached, *context.known]
    if established and context.endpoint is not None and all(each.outcome is Outcome.OK for each in reached):
        findings += await examine_readiness(context.endpoint, within=began + TOTAL_SECONDS - loop.time())
    report = DoctorReport(
        fill_in_skipped(_reconcile_with_ticker(findings)),
        seconds=loop.time() - began,
        snippet=context.endpoint.snippet if context.endpoint is not None else "",
    )
    return DoctorResult(report, ticker)


def _check_settings(context: DoctorContext) -> list[Finding]:
    """One finding on all settings: those that are invalid, or else the warnings."""
    unusable = [each for each in context.problems if each.outcome is Outcome.BROKEN]
    if unusable:
        return [_merge(unusable)]
    if context.gateway is None:
        return []
    own = examine_settings(context.gateway.settings)
    warned = [each for each in (*own, *context.problems) if each.outcome is Outcome.WARNING]
    return [_merge(warned)] if warned else own


def _merge(findings: list[Finding]) -> Finding:
    """Several findings on the settings as one, with the cause of the first."""
    return replace(
        findings[0],
        sentence=" ".join(dict.fromkeys(each.sentence for each in findings)),
        fix=" ".join(dict.fromkeys(each.fix for each in findings)),
    )


async def _run_checks(
    context: DoctorContext,
    ends_at: float,
    wall: Callable[[], float],
    resolve: Resolve,
    ticker: Awaitable[TickerCheck | None],
) -> list[Finding]:
    """Run the checks from the gateway's name to a quote, until one finds a fault or the time is up."""
    if context.gateway is None:
        return []
    settings = context.gateway.settings
    network = NetworkChecks(settings, resolve=resolve)
    transport = Transport(settings, TlsTrust.from_settings(settings))
    ibkr = IbkrChecks(context.gateway, transport, mode=context.mode, wall=wall)
    steps: list[tuple[Layer, Check]] = [
        (Layer.NAME, lambda: _run_alone(network.examine_name())),
        (Layer.PORT, lambda: _run_alone(network.examine_port())),
        (Layer.TLS, lambda: _run_alone(network.examine_tls())),
        (Layer.GATEWAY, lambda: examine_front_page(transport, settings.gateway_login_url)),
        (Layer.API, ibkr.examine_session),
        (Layer.ACCOUNTS, ibkr.examine_accounts),
        (Layer.QUOTES, ibkr.examine_quotes),
    ]
    loop = asyncio.get_running_loop()
    findings: list[Finding] = []
    try:
        for layer, step in steps:
            if layer is Layer.API and (known := await ticker) is not None and known.held:
                findings.append(warning(Layer.API, explain(Cause.ORDER_AWAITS_CONFIRMATION)))
                break
            left = ends_at - loop.time()
            try:
                if left < MIN_CHECK_SECONDS:
                    raise TimeoutError
                async with asyncio.timeout(left):
                    found = await _run_timed(step)
            except TimeoutError:
                findings.append(_skip_for_time(layer))
                break
            findings += found
            # A check that only our own rate limit prevented says nothing about the layers that depend on it.
            if any(each.outcome is Outcome.BROKEN and each.layer is not Layer.CLOCK for each in found):
                break
            if not any(each.layer is Layer.SESSION for each in found) and layer is Layer.API:
                break
    finally:
        await transport.aclose()
    return findings


async def _run_alone(check: Awaitable[Finding]) -> list[Finding]:
    return [await check]


async def _run_timed(check: Check) -> list[Finding]:
    """Return the findings, the last of them with the duration of all."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    found = await check()
    return [*found[:-1], *(each.with_seconds(loop.time() - began) for each in found[-1:])]


async def _check_ticker(url: str | None) -> TickerCheck | None:
    if url is None:
        return None
    loop = asyncio.get_running_loop()
    began = loop.time()
    ticker = await examine_ticker(url)
    return TickerCheck(ticker.finding.with_seconds(loop.time() - began), ticker.state)


def _skip_for_time(layer: Layer) -> Finding:
    return warning(layer, explain(Cause.NO_TIME_LEFT, title=TITLES[layer]))


def _established(findings: Iterable[Finding]) -> bool | None:
    """Whether the brokerage session is open; None if that is not known."""
    for each in findings:
        if each.layer is Layer.SESSION:
            return each.outcome is Outcome.OK
        if each.layer is Layer.LOGIN and each.outcome is Outcome.BROKEN:
            return False
    return None


def _reconcile_with_ticker(findings: list[Finding]) -> list[Finding]:
    """Replace the advice on a closed session if no ticker is running, because nothing would reopen it."""
    if not any(each.layer is Layer.TICKER and each.outcome is Outcome.BROKEN for each in findings):
        return findings
    return [
        broken(each.layer, explain(Cause.CLOSED_WITHOUT_TICKER)).with_seconds(each.seconds)
        if each.cause is Cause.SESSION_CLOSED
        else each
        for each in findings
    ]
