"""Command-line interface `ib-mcp`: the composition root, which no other module imports.

Imports are inside the functions: --help is instant, and Ctrl-C during a slow import prints no traceback.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

_FORMER_COMMANDS = {"generate": "openapi"}
"""Names of commands in version 0.1, which still work."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        given = list(sys.argv[1:] if arguments is None else arguments)
        if given == ["--version"]:
            from importlib.metadata import version

            print("ib-mcp", version("ib-mcp"))
            return 0
        given[:1] = [_FORMER_COMMANDS.get(command, command) for command in given[:1]]
        options, rest = _build_parser().parse_known_args(given)
        if rest and options.command not in ("simulator", "openapi"):
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
        description="Interactive Brokers' Web API as MCP tools. Configure it with environment variables or a "
        ".env file; `ib-mcp settings` lists every setting.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo", help="run simulator, ticker and MCP server together, with a simulated paper account"
    )
    demo.add_argument(
        "--login", action="store_true", help="start logged out; you log in on the simulator's login page"
    )
    demo.add_argument(
        "--profile",
        default="retail",
        choices=("retail", "fa", "fa5", "large", "delayed", "live", "dynamic", "cash"),
        help="which login to simulate: an individual (retail), an advisor with three clients (fa) or five "
        "(fa5), an account with 151 positions (large), one without live market data (delayed), a live "
        "account (live), a broker with many accounts (dynamic), or one without margin (cash); default: "
        "retail",
    )
    demo.add_argument(
        "--universe",
        metavar="FILE",
        help="file (TOML) with your own instruments, positions and cash, as SIMULATOR.md describes",
    )
    demo.add_argument(
        "--tools",
        default="search",
        choices=("search", "all"),
        help="search lists a dozen tools, including those that find and call the others; all lists every "
        "operation (MCP_SERVER_TOOLS); default: search",
    )
    demo.add_argument(
        "--compete",
        choices=("yield", "take", "ask"),
        help="what to do when another program takes over the brokerage session: yield to it, take it "
        "back once per loss, or ask you (default: COMPETE, which defaults to yield)",
    )
    demo.add_argument(
        "--port", type=_parse_port, metavar="N", help="port of the MCP server (default: MCP_SERVER_PORT)"
    )
    demo.add_argument(
        "--gateway-port", type=_parse_port, metavar="N", help="port of the simulator (default: GATEWAY_PORT)"
    )
    demo.add_argument(
        "--ticker-port", type=_parse_port, metavar="N", help="port of the ticker (default: TICKER_PORT)"
    )
    serve = commands.add_parser("serve", help="run the MCP server")
    serve.add_argument(
        "--stdio", action="store_true", help="serve MCP over standard input and output instead of HTTP"
    )
    commands.add_parser("ticker", help="run the ticker, which keeps the brokerage session alive")
    commands.add_parser("simulator", help="run the gateway simulator; has its own options", add_help=False)
    commands.add_parser(
        "openapi",
        help="repair IBKR's OpenAPI document, generate routers, or compare it with ours; has subcommands",
        add_help=False,
    )
    commands.add_parser("settings", help="print every setting with its default, as .env.example")
    doctor = commands.add_parser(
        "doctor",
        help="find what is broken between an MCP client and IBKR, and how to fix it",
        description="Check every layer between an MCP client and IBKR, and report the first broken one and "
        "its fix. Takes at most ten seconds and changes nothing. Exit status: 0 everything works, 1 "
        "something is broken, 2 a setting is invalid.",
    )
    doctor.add_argument("--json", action="store_true", help="print the report as JSON")
    doctor.add_argument(
        "--bundle", metavar="FILE", help="also write a support file (zip) without secrets or account IDs"
    )
    doctor.add_argument("--ticker-url", metavar="URL", help="URL of the ticker (default: TICKER_URL)")
    return parser


def _parse_port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a valid port: use 0 to 65535 (0 picks a free port)"
        )
    return int(text)


def _run_part(options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run one part in this process."""
    if options.command == "serve":
        import mcp_server.__main__ as server

        return server.main(["--stdio"] if options.stdio else [])
    if options.command == "ticker":
        import ticker_service.__main__ as ticker

        return ticker.main([])
    if options.command == "openapi":
        import routers_generator.__main__ as generator

        return generator.main(rest, prog="ib-mcp openapi")
    import api_gateway.simulator.__main__ as simulator

    return simulator.main(rest)
