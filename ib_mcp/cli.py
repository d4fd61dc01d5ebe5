"""The command `ib-mcp`: the composition root, imported by nobody.

Imports are inside the functions: what Ctrl-C meets before `main` is a traceback, and help is instant.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the parts, or all of them as a demo; returns the exit status."""
    try:
        if (sys.argv[1:] if arguments is None else list(arguments)) == ["--version"]:
            from importlib.metadata import version

            print("ib-mcp", version("ib-mcp"))
            return 0
        options, rest = _build_parser().parse_known_args(arguments)
        if rest and options.command not in ("simulator", "generate"):
            _build_parser().error(f"unrecognized arguments: {' '.join(rest)}")
        if options.command == "demo":
            from ib_mcp.demo import demo_command

            return demo_command(options)
        if options.command == "settings":
            from ib_mcp.settings_example import settings_text

            print(settings_text(), end="")
            return 0
        if options.command == "doctor":
            from ib_mcp.doctor import doctor_command

            return doctor_command(options)
        return _run_part(options, rest)
    except KeyboardInterrupt:
        return 130


def _build_parser() -> argparse.ArgumentParser:
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
    demo.add_argument(
        "--port", type=_parse_port, metavar="N", help="the MCP server's port (MCP_SERVER_PORT, 5002)"
    )
    demo.add_argument(
        "--gateway-port", type=_parse_port, metavar="N", help="the simulator's port (GATEWAY_PORT, 5055)"
    )
    demo.add_argument(
        "--ticker-port", type=_parse_port, metavar="N", help="the ticker's port (TICKER_PORT, 5056)"
    )
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


def _parse_port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number up to 65535, 0 for any free one")
    return int(text)


def _run_part(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run one part in this process."""
    if options.command == "serve":
        import mcp_server.__main__ as server

        return server.main(["--stdio"] if options.stdio else [])
    if options.command == "ticker":
        import ticker_service.__main__ as ticker

        return ticker.main([])
    if options.command == "generate":
        import routers_generator.__main__ as generator

        return generator.main(rest, prog="ib-mcp generate")
    import api_gateway.simulator.__main__ as simulator

    return simulator.main(rest)
