"""`python -m routers_generator`: repair IBKR's OpenAPI document, generate routers from it, or compare it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api_gateway.settings import SettingsError, load
from routers_generator.compare.compare import compare, known_requests
from routers_generator.compare.report import to_json as comparison_to_json
from routers_generator.compare.report import to_markdown as comparison_to_markdown
from routers_generator.document import loading
from routers_generator.document.loading import Document, InvalidDocumentError
from routers_generator.generate.generate import GenerateOptions, generate
from routers_generator.repair.repair import RepairResult, repair
from routers_generator.repair.report import to_json as repair_to_json
from routers_generator.repair.report import to_markdown as repair_to_markdown
from routers_generator.settings import GeneratorSettings

EXIT_ERROR: Final = 2
"""Exit status: the input is not an OpenAPI 3 document, or a file cannot be written."""

_FORMER_COMMANDS: Final = {"generate": "routers"}
"""Names of commands in version 0.1, which still work."""


def main(arguments: Sequence[str] | None = None, prog: str = "python -m routers_generator") -> int:
    """Run one of the three commands and return its exit status, which the command's --help explains."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    given[:1] = [_FORMER_COMMANDS.get(command, command) for command in given[:1]]
    options = _parser(prog).parse_args(given)
    try:
        document = loading.load(options.document or _default_source())
        if options.command == "repair":
            return _repair(document, options)
        repaired = repair(document, gateway=True)
        if options.command == "compare":
            return _compare(repaired, options)
        return _generate_routers(repaired, options)
    except (InvalidDocumentError, SettingsError) as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone; Python would report the broken pipe at exit
    except OSError as error:
        print(f"Cannot write {error.filename}: {error.strerror}.", file=sys.stderr)
    return EXIT_ERROR


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Repair IBKR's OpenAPI document, generate FastAPI routers from it, or compare it with "
        "the hand-written routes.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    repair_parser = commands.add_parser(
        "repair",
        help="write a valid version of the document",
        description="Repair the document's defects and report every change. Exit status: 0 repaired; 1 some "
        "defects could not be repaired, and the report lists what was left out; 2 the input is not an "
        "OpenAPI 3 document.",
    )
    repair_parser.add_argument(
        "-o", dest="out", metavar="OUT", help="write the repaired document here (default: standard output)"
    )
    repair_parser.add_argument(
        "-r", dest="report", metavar="FILE", help="write the full report here: JSON for *.json, else Markdown"
    )
    repair_parser.add_argument(
        "--gateway", action="store_true", help="keep only the operations that the gateway serves"
    )
    routers_parser = commands.add_parser(
        "routers",
        help="generate FastAPI routers",
        description="Generate a Python package of FastAPI routers. Exit status: 0 written; 1 a file edited "
        "by hand was skipped; 2 nothing could be written.",
    )
    routers_parser.add_argument(
        "-o", dest="out", metavar="DIR", required=True, help="write the package to this directory"
    )
    routers_parser.add_argument(
        "--tag", action="append", default=[], help="generate only this section; can be repeated"
    )
    routers_parser.add_argument(
        "--missing", action="store_true", help="generate only operations without a hand-written route"
    )
    compare_parser = commands.add_parser(
        "compare",
        help="report where the document and the hand-written routes differ",
        description="Report where the document and the hand-written routes differ. Exit status: 0 no "
        "differences other than the accepted ones; 1 differences; 2 the input is not an OpenAPI 3 document.",
    )
    compare_parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    for command in (repair_parser, routers_parser, compare_parser):
        command.add_argument(
            "document",
            metavar="DOCUMENT",
            nargs="?",
            help="a file or a URL, JSON or YAML (default: OPEN_API_SPEC_URL)",
        )
    return parser


def _default_source() -> str:
    source = load(GeneratorSettings).open_api_spec_url
    if not source:
        raise InvalidDocumentError("No document given: name a file or a URL, or set OPEN_API_SPEC_URL.")
    return source


def _repair(document: Document, options: argparse.Namespace) -> int:
    result = repair(document, gateway=options.gateway)
    text = json.dumps(result.content, indent=2, ensure_ascii=False) + "\n"
    if options.out:
        _write(options.out, text)
    else:
        sys.stdout.buffer.write(text.encode())
    if options.report:
        as_json = options.report.endswith(".json")
        report = _json(repair_to_json(result)) if as_json else repair_to_markdown(result, pointers=True)
        _write(options.report, report)
    print(repair_to_markdown(result, pointers=False), end="", file=sys.stderr)
    return 0 if result.is_clean else 1


def _compare(repaired: RepairResult, options: argparse.Namespace) -> int:
    comparison = compare(repaired, known_requests())
    report = _json(comparison_to_json(comparison)) if options.json else comparison_to_markdown(comparison)
    sys.stdout.buffer.write(report.encode())
    return 0 if comparison.is_clean else 1


def _generate_routers(repaired: RepairResult, options: argparse.Namespace) -> int:
    status, messages = generate(
        repaired, GenerateOptions(Path(options.out), tuple(options.tag), options.missing)
    )
    print(*messages, sep="\n", file=sys.stderr)
    return status


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
