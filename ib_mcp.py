"""The command `ib-mcp`: the composition root, imported by nobody.

Imports are inside the functions: what Ctrl-C meets before `main` is a traceback, and help is instant.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # type checkers go by the name; `typing` alone takes longer than all the rest
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import TypeVar

    from pydantic_settings import BaseSettings

    from api_gateway.simulator.processes import Part

    _Settings = TypeVar("_Settings", bound=BaseSettings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the parts, or all of them as a demo; returns the exit status."""
    try:
        if (sys.argv[1:] if arguments is None else list(arguments)) == ["--version"]:
            from importlib.metadata import version

            print("ib-mcp", version("ib-mcp"))
            return 0
        chosen, rest = _parser().parse_known_args(arguments)
        if rest and chosen.command not in ("simulator", "generate"):
            _parser().error(f"unrecognized arguments: {' '.join(rest)}")
        if chosen.command == "demo":
            return demo(chosen)
        if chosen.command == "settings":
            print(settings_text(), end="")
            return 0
        if chosen.command == "doctor":
            return doctor(chosen)
        return _part(chosen, rest)
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="ib-mcp",
        description="Interactive Brokers' Web API as MCP tools. Settings are environment variables, or lines "
        "of a file `.env`; `ib-mcp settings` lists them.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="simulator, ticker and MCP server as three processes, with a paper account"
    )
    demo.add_argument(
        "--login", action="store_true", help="leave the login to you, at the simulator's login page"
    )
    demo.add_argument(
        "--profile",
        default="retail",
        choices=("retail", "fa", "delayed", "live", "dynamic"),
        help="whose login is pretended: an individual's, an advisor's, one without live data, one with real "
        "money, a broker's",
    )
    demo.add_argument(
        "--tools",
        default="search",
        choices=("search", "all"),
        help="list a dozen tools that find and call the others, or every operation (MCP_SERVER_TOOLS)",
    )
    demo.add_argument(
        "--compete",
        choices=("yield", "take", "ask"),
        help="when another program of the username takes the brokerage session: leave it alone, take it back "
        "once per loss, or ask you (COMPETE, yield)",
    )
    demo.add_argument("--port", type=_port, metavar="N", help="the MCP server's port (MCP_SERVER_PORT, 5002)")
    demo.add_argument(
        "--gateway-port", type=_port, metavar="N", help="the simulator's port (GATEWAY_PORT, 5055)"
    )
    demo.add_argument("--ticker-port", type=_port, metavar="N", help="the ticker's port (TICKER_PORT, 5056)")
    serve = commands.add_parser("serve", help="the MCP server")
    serve.add_argument("--stdio", action="store_true", help="on the standard streams instead of HTTP")
    commands.add_parser("ticker", help="the ticker, which keeps the brokerage session open")
    commands.add_parser("simulator", help="the gateway simulator; it has options of its own", add_help=False)
    commands.add_parser(
        "generate",
        help="IBKR's OpenAPI document: repair it, make routers of it, compare it; it has verbs of its own",
        add_help=False,
    )
    commands.add_parser("settings", help="print the text of .env.example")
    doctor = commands.add_parser(
        "doctor",
        help="what is broken between a client and IBKR, and the fix",
        description="Look at every layer between a client and IBKR, within ten seconds and without changing "
        "anything, and name the first one that is broken. Exit status: 0 all well, 1 something is broken, "
        "2 a setting cannot be used.",
    )
    doctor.add_argument("--json", action="store_true", help="the report as JSON")
    doctor.add_argument(
        "--bundle", metavar="FILE", help="also write a support file (zip) without secrets and account ids"
    )
    doctor.add_argument("--ticker-url", metavar="URL", help="where the ticker answers, if not at TICKER_URL")
    return parser


def _port(text: str) -> int:
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise ArgumentTypeError(f"{text!r} is not a port: a number up to 65535, 0 for any free one")
    return int(text)


def _part(chosen: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run one part in this process."""
    if chosen.command == "serve":
        import mcp_server.__main__ as server

        return server.main(["--stdio"] if chosen.stdio else [])
    if chosen.command == "ticker":
        import ticker_service.__main__ as ticker

        return ticker.main([])
    if chosen.command == "generate":
        import routers_generator.__main__ as generator

        return generator.main(rest, prog="ib-mcp generate")
    import api_gateway.simulator.__main__ as simulator

    return simulator.main(rest)


def settings_groups() -> list[tuple[str, type[BaseSettings]]]:
    """Every settings class of the project, with a heading."""
    from api_gateway.settings import GatewaySettings
    from api_gateway.simulator.settings import SimulatorSettings
    from mcp_server.settings import ServerSettings
    from routers_generator.settings import GeneratorSettings
    from ticker_service.settings import TickerSettings

    return [
        ("The gateway, as the ticker and the MCP server reach it", GatewaySettings),
        ("The MCP server", ServerSettings),
        ("The ticker", TickerSettings),
        ("The simulator", SimulatorSettings),
        ("The routers generator", GeneratorSettings),
    ]


COMPOSE = (
    ("GATEWAY", "live", "live: IBKR's Java gateway; simulator: ours, with a paper account."),
    (
        "GATEWAY_ARCHIVE_URL",
        "https://download2.interactivebrokers.com/portal/clientportal.gw.zip",
        "Where the image's build downloads IBKR's gateway.",
    ),
    ("GATEWAY_ARCHIVE_SHA256", "", "SHA-256 that the download must have; empty: not checked."),
)
"""What only docker-compose.yml reads: name, default, description."""


def settings_text() -> str:
    """The text of .env.example: every setting, by part, with its default and its reason."""
    import textwrap

    lines = [
        "# IB MCP's settings. Copy this file to .env and remove the # before what you change.",
        "# Each line shows the default. What is set in the environment wins over .env.",
        "# This text is written by `make settings`.",
    ]
    seen: set[str] = set()

    def add(name: str, default: str, description: str) -> None:
        if name not in seen:
            seen.add(name)
            wrapped = textwrap.wrap(
                description, 108, initial_indent="# ", subsequent_indent="# ", break_long_words=False
            )
            lines.extend(["", *wrapped, f"#{name}={default}"])

    lines += ["", "", "# === Docker Compose ==="]
    for name, default, description in COMPOSE:
        add(name, default, description)
    for heading, settings in settings_groups():
        lines += ["", "", f"# === {heading} ==="]
        for name, field_ in settings.model_fields.items():
            default = field_.get_default(call_default_factory=True)
            add(name.upper(), _written(default), field_.description or "")
    return "\n".join(lines) + "\n"


def _written(default: object) -> str:
    """A default as a line of .env has it."""
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple | list | frozenset):
        return ",".join(map(_written, default))
    if isinstance(default, float) and default.is_integer():
        return str(int(default))
    return str(default)


def doctor(chosen: argparse.Namespace) -> int:
    """Print what is broken between a client and IBKR: 0 nothing, 1 something, 2 a setting cannot be used."""
    import asyncio
    import json
    import os
    from importlib.util import find_spec
    from io import TextIOWrapper
    from pathlib import Path

    from api_gateway.doctor.checks.settings import examine_ticker_url
    from api_gateway.doctor.doctor import Examined, Subject, examine
    from api_gateway.doctor.findings import Finding, Layer, broken
    from api_gateway.doctor.support_bundle import make_support_file, write_support_file
    from api_gateway.settings import GatewaySettings, SettingsError, load
    from mcp_server.http.endpoint import endpoint_of, problems_of
    from mcp_server.settings import ServerSettings

    problems: list[Finding] = []

    def usable(cls: type[_Settings]) -> _Settings | None:
        try:
            return load(cls)
        except SettingsError as error:
            fix = "Correct it in the environment or in .env; `ib-mcp settings` tells what is valid."
            problems.append(broken(Layer.SETTINGS, str(error), fix))
            return None

    gateway, server = usable(GatewaySettings), usable(ServerSettings)
    known: list[BaseSettings] = [each for each in (gateway, server) if each]
    problems += problems_of(server) if server else []
    ticker_url = chosen.ticker_url or (server.ticker_url if server else None)
    if find_spec("ticker_service"):  # the MCP server's container does not have it
        from ticker_service.settings import TickerSettings

        if ticker := usable(TickerSettings):
            known.append(ticker)
            problems += examine_ticker_url(ticker_url, ticker.ticker_port) if ticker_url else []

    async def look() -> Examined:
        from api_gateway.client.gateway import Gateway

        client = Gateway(gateway) if gateway else None
        try:
            return await examine(
                Subject(
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

    examined = asyncio.run(look())
    report = examined.report
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may not be able to show an arrow
    try:
        print(json.dumps(report.told(), indent=2) if chosen.json else report.text().rstrip(), flush=True)
    except BrokenPipeError:  # `| head` has read enough, and Python would complain when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if chosen.bundle:
        try:
            write_support_file(Path(chosen.bundle), make_support_file(examined, known, home=Path.home()))
        except OSError as error:
            print(f"{chosen.bundle} cannot be written: {error.strerror}.", file=sys.stderr)
            return 2
        print(f"{chosen.bundle} is written: look into it before you send it to anybody.", file=sys.stderr)
    return report.exit_status


def demo(chosen: argparse.Namespace) -> int:
    """Run the three parts until Ctrl-C: 0; 1 if a part could not start or died; 2 for a wrong setting."""
    import os
    import signal
    from io import TextIOWrapper
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from api_gateway.settings import SettingsError, load
    from api_gateway.simulator.processes import Events, Processes, Stop
    from api_gateway.simulator.settings import SimulatorSettings
    from mcp_server.settings import ServerSettings
    from ticker_service.settings import TickerSettings

    events = Events()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: events.put(Stop()))
    try:
        ticker = load(TickerSettings)
        ports = {
            "GATEWAY_PORT": _first(chosen.gateway_port, load(SimulatorSettings).gateway_port),
            "MCP_SERVER_PORT": _first(chosen.port, load(ServerSettings).mcp_server_port),
            "TICKER_PORT": _first(chosen.ticker_port, ticker.ticker_port),
        }
        ports = _checked(ports)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except PortTakenError as error:
        print(error, file=sys.stderr)
        return 1
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a log line may hold what the terminal cannot show
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    # A folder of their own: no `.env` for a live account lies about in it.
    with TemporaryDirectory(prefix="ib-mcp-demo-") as folder:
        parts = demo_parts(
            ports,
            Path(folder),
            login=chosen.login,
            profile=chosen.profile,
            tools=chosen.tools,
            compete=chosen.compete or ticker.compete,
        )
        processes = Processes(parts, Path(folder), events, out=sys.stdout, coloured=coloured)
        failure = processes.run(_welcome(ports, login=chosen.login))
    try:
        sys.stdout.flush()
    except OSError:  # nobody reads it any more, and Python would complain of that when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if failure:
        print(failure, file=sys.stderr)
    return 1 if failure else 0


def _first(flag: int | None, setting: int) -> int:
    return setting if flag is None else flag


class PortTakenError(Exception):
    """A port cannot be had; `str()` is a sentence for each."""


def _checked(ports: Mapping[str, int]) -> dict[str, int]:
    """The same ports, 0 replaced by a free one; raises if one cannot be had."""
    import errno
    import socket
    from contextlib import ExitStack

    flags = {"GATEWAY_PORT": "--gateway-port", "MCP_SERVER_PORT": "--port", "TICKER_PORT": "--ticker-port"}
    free: dict[str, int] = {}
    taken = []
    with ExitStack() as held:  # all at once, so that two parts are not given the same one
        for setting, port in ports.items():
            try:
                listener = held.enter_context(socket.create_server(("127.0.0.1", port)))
                free[setting] = listener.getsockname()[1]
            except OSError as error:
                why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
                other = f"choose another one with {setting}=N or `ib-mcp demo {flags[setting]} N`"
                taken.append(f"Port {port} {why}: {other}.")
    if taken:
        raise PortTakenError("\n".join(taken))
    return free


def demo_parts(
    ports: Mapping[str, int],
    folder: Path,
    *,
    login: bool,
    profile: str = "retail",
    tools: str = "search",
    compete: str = "yield",
) -> list[Part]:
    """The three processes, in the order of starting; none is given a setting that is not the demo's."""
    import os
    from pathlib import Path

    from api_gateway.simulator.processes import Part

    ours = {name.upper() for _, settings in settings_groups() for name in settings.model_fields}
    inherited = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    path = [str(Path(__file__).resolve().parent), *filter(None, [inherited.get("PYTHONPATH")])]
    common = {**inherited, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}
    settings = {name: str(port) for name, port in ports.items()}
    gateway = f"https://localhost:{ports['GATEWAY_PORT']}"
    certificate = folder / "tls" / "gateway.pem"
    reach = {"GATEWAY_URL": gateway, "GATEWAY_LOGIN_URL": gateway, "GATEWAY_CA_FILE": str(certificate)}
    return [
        Part(
            name="simulator",
            module="api_gateway.simulator",
            environment={
                **common,
                **settings,
                "SIMULATOR_TLS_DIR": str(certificate.parent),
                "SIMULATOR_LOGIN": "false" if login else "true",
                "SIMULATOR_PROFILE": profile,
            },
            address=f"{gateway}/",
            colour=36,
            certificate=certificate,
        ),
        Part(
            name="ticker",
            module="ticker_service",
            environment={
                **common,
                **settings,
                **reach,
                "TICKLE_INTERVAL_FOUL": "1",
                "COMPETE": compete,
            },
            address=f"http://localhost:{ports['TICKER_PORT']}/health",
            colour=33,
            after="simulator",  # or its first line would be that nothing can be reached
        ),
        Part(
            name="server",
            module="mcp_server",
            environment={
                **common,
                **settings,
                **reach,
                "TICKER_URL": f"http://localhost:{ports['TICKER_PORT']}",
                "TRADING_MODE": "paper",
                "MCP_SERVER_TOOLS": tools,
            },
            address=f"http://localhost:{ports['MCP_SERVER_PORT']}/health",
            colour=32,
        ),
    ]


def _welcome(ports: Mapping[str, int], *, login: bool) -> str:
    """What the demo says once everything answers."""
    import json
    import textwrap
    from pathlib import Path

    mcp = f"http://localhost:{ports['MCP_SERVER_PORT']}/mcp"
    page = f"https://localhost:{ports['GATEWAY_PORT']}"
    snippet = json.dumps({"servers": {"ibkr": {"type": "http", "url": mcp}}}, indent=2)
    fastmcp = Path(sys.executable).with_name("fastmcp")
    shown = fastmcp.relative_to(Path.cwd()) if fastmcp.is_relative_to(Path.cwd()) else fastmcp
    todo = (
        "open it and click “Log in”; until then the tools ask for it"
        if login
        else "logged in already; `make demo ARGS=--login` leaves that to you"
    )
    return "\n".join(
        [
            "",
            f"MCP server   {mcp}",
            f"Login page   {page}",
            f"             ({todo}; your browser warns of the demo's own certificate)",
            "",
            "VS Code, .vscode/mcp.json:",
            "",
            textwrap.indent(snippet, "    "),
            "",
            "Try it, in another terminal:",
            "",
            f"    {shown} call {mcp} list_portfolio_accounts",
            "",
            "The paper account is pretended: no real money anywhere. Ctrl-C stops all three.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
