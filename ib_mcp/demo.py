"""The command `ib-mcp demo`: run simulator, ticker and MCP server as three supervised processes."""

from __future__ import annotations

import argparse
import errno
import json
import os
import signal
import socket
import sys
import textwrap
from collections.abc import Mapping
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory

from api_gateway.settings import SettingsError, environment_names, load
from api_gateway.simulator.settings import SimulatorSettings
from api_gateway.simulator.simulation import check_universe_file
from api_gateway.simulator.universe_file.universe_file import UniverseFileError
from ib_mcp.settings_example import settings_groups
from ib_mcp.supervisor import EventQueue, ManagedProcess, StopRequested, Supervisor
from mcp_server.settings import ServerSettings
from ticker_service.settings import TickerSettings

EXAMPLE_TOOL = "get_portfolio"
"""The tool of the command that the demo prints; it must be listed, because that client calls no others."""


def demo_command(options: argparse.Namespace) -> int:
    """Run the demo until Ctrl-C. Exit status: 0; 1 a process failed to start or died; 2 invalid setting."""
    events = EventQueue()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: events.put(StopRequested()))
    try:
        ticker = load(TickerSettings)
        ports = {
            "GATEWAY_PORT": _flag_or_setting(options.gateway_port, load(SimulatorSettings).gateway_port),
            "MCP_SERVER_PORT": _flag_or_setting(options.port, load(ServerSettings).mcp_server_port),
            "TICKER_PORT": _flag_or_setting(options.ticker_port, ticker.ticker_port),
        }
        universe = Path(options.universe) if options.universe else None
        if universe:
            check_universe_file(universe, options.profile)
        ports = _resolve_ports(ports)
    except (SettingsError, UniverseFileError) as error:
        print(error, file=sys.stderr)
        return 2
    except PortUnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(
            errors="replace"
        )  # a log line can contain characters that the terminal cannot show
    use_colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    # A temporary working directory, so that no process reads a `.env` meant for a live account.
    with TemporaryDirectory(prefix="ib-mcp-demo-") as folder:
        processes = demo_processes(
            ports,
            Path(folder),
            login=options.login,
            profile=options.profile,
            universe=universe,
            tools=options.tools,
            compete=options.compete or ticker.compete,
        )
        supervisor = Supervisor(processes, Path(folder), events, out=sys.stdout, coloured=use_colour)
        failure = supervisor.run(_welcome_text(ports, login=options.login))
    try:
        sys.stdout.flush()
    except OSError:  # the reader has gone; Python would report the broken pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if failure:
        print(failure, file=sys.stderr)
    return 1 if failure else 0


def _flag_or_setting(flag: int | None, setting: int) -> int:
    return setting if flag is None else flag


class PortUnavailableError(Exception):
    """At least one port is unavailable; `str()` is a sentence per port."""


def _resolve_ports(ports: Mapping[str, int]) -> dict[str, int]:
    """Return the ports with each 0 replaced by a free port. Raises PortUnavailableError."""
    flags = {"GATEWAY_PORT": "--gateway-port", "MCP_SERVER_PORT": "--port", "TICKER_PORT": "--ticker-port"}
    free: dict[str, int] = {}
    unavailable = []
    with ExitStack() as stack:  # bind all at the same time, so that no port is given out twice
        for setting, port in ports.items():
            try:
                listener = stack.enter_context(socket.create_server(("127.0.0.1", port)))
                free[setting] = listener.getsockname()[1]
            except OSError as error:
                why = "is taken" if error.errno == errno.EADDRINUSE else f"is unavailable ({error.strerror})"
                fix = f"choose another with {setting}=N or `ib-mcp demo {flags[setting]} N`"
                unavailable.append(f"Port {port} {why}: {fix}.")
    if unavailable:
        raise PortUnavailableError("\n".join(unavailable))
    return free


def demo_processes(
    ports: Mapping[str, int],
    folder: Path,
    *,
    login: bool,
    profile: str = "retail",
    universe: Path | None = None,
    tools: str = "search",
    compete: str = "yield",
) -> list[ManagedProcess]:
    """Return the three processes in start order; they inherit the environment without the user's settings."""
    own_settings = {name for _, settings in settings_groups() for name in environment_names(settings)}
    inherited = {name: value for name, value in os.environ.items() if name.upper() not in own_settings}
    path = [str(Path(__file__).resolve().parents[1]), *filter(None, [inherited.get("PYTHONPATH")])]
    common = {**inherited, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}
    settings = {name: str(port) for name, port in ports.items()}
    gateway = f"https://localhost:{ports['GATEWAY_PORT']}"
    certificate = folder / "tls" / "gateway.pem"
    gateway_settings = {
        "GATEWAY_URL": gateway,
        "GATEWAY_LOGIN_URL": gateway,
        "GATEWAY_CA_FILE": str(certificate),
    }
    return [
        ManagedProcess(
            name="simulator",
            module="api_gateway.simulator",
            environment={
                **common,
                **settings,
                "SIMULATOR_TLS_DIR": str(certificate.parent),
                "SIMULATOR_LOGIN": "false" if login else "true",
                "SIMULATOR_PROFILE": profile,
                # The process has another working directory.
                "SIMULATOR_UNIVERSE": str(universe.resolve()) if universe else "",
            },
            address=f"{gateway}/",
            colour=36,
            certificate=certificate,
        ),
        ManagedProcess(
            name="ticker",
            module="ticker_service",
            environment={
                **common,
                **settings,
                **gateway_settings,
                "TICKLE_INTERVAL_UNHEALTHY": "1",
                "COMPETE": compete,
            },
            address=f"http://localhost:{ports['TICKER_PORT']}/health",
            colour=33,
            starts_after="simulator",  # otherwise its first log line would report an unreachable gateway
        ),
        ManagedProcess(
            name="server",
            module="mcp_server",
            environment={
                **common,
                **settings,
                **gateway_settings,
                "TICKER_URL": f"http://localhost:{ports['TICKER_PORT']}",
                "TRADING_MODE": "paper",
                "MCP_SERVER_TOOLS": tools,
                "RAW_ORDER_TOOLS": "true",
                # Its own, so that no server of a real account reads what the simulator made up.
                "IB_MCP_DATA_DIR": str(folder / "data"),
            },
            address=f"http://localhost:{ports['MCP_SERVER_PORT']}/health",
            colour=32,
        ),
    ]


def _welcome_text(ports: Mapping[str, int], *, login: bool) -> str:
    """What the demo prints once every process is ready."""
    mcp = f"http://localhost:{ports['MCP_SERVER_PORT']}/mcp"
    page = f"https://localhost:{ports['GATEWAY_PORT']}"
    snippet = json.dumps({"servers": {"ibkr": {"type": "http", "url": mcp}}}, indent=2)
    fastmcp = Path(sys.executable).with_name("fastmcp")
    shown = fastmcp.relative_to(Path.cwd()) if fastmcp.is_relative_to(Path.cwd()) else fastmcp
    login_hint = (
        "open it and click “Log in”; until then, tools report that nobody is logged in"
        if login
        else "already logged in; `make demo ARGS=--login` lets you log in yourself"
    )
    return "\n".join(
        [
            "",
            f"MCP server   {mcp}",
            f"Login page   {page}",
            f"             ({login_hint}; your browser warns about the demo's self-signed certificate)",
            "",
            "To connect VS Code, save this as .vscode/mcp.json:",
            "",
            textwrap.indent(snippet, "    "),
            "",
            "To try it, run in another terminal:",
            "",
            f"    {shown} call {mcp} {EXAMPLE_TOOL}",
            "",
            "The paper account is simulated: no real money is involved. Press Ctrl-C to stop all three.",
            "",
        ]
    )
