"""`python -m routers_generator`: repair IBKR's OpenAPI document, make routers of it, compare it with ours."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

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

EXIT_ERROR = 2
"""Exit status: what was given is no document, or a file cannot be written."""


def main(arguments: Sequence[str] | None = None, prog: str = "python -m routers_generator") -> int:
    """Run one of the three verbs; returns the exit status, which each verb's help explains."""
    options = _parser(prog).parse_args(arguments)
    try:
        document = loading.load(options.document or _default_source())
        if options.verb == "repair":
            return _repair(document, options)
        repaired = repair(document, gateway=True)
        if options.verb == "compare":
            return _compare(repaired, options)
        return _generate(repaired, options)
    except (InvalidDocumentError, SettingsError) as refusal:
        print(refusal, file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads it any more
    except OSError as error:
        print(f"{error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
    return EXIT_ERROR


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="IBKR's OpenAPI document: repaired, made into FastAPI routers, or compared."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    repairing = verbs.add_parser(
        "repair",
        help="write a document that validates",
        description="Write the document without its defects. Exit status: 0 repaired; 1 repaired as far as "
        "possible, the report names what is left out; 2 it is no OpenAPI 3 document.",
    )
    repairing.add_argument(
        "-o", dest="out", metavar="OUT", help="the repaired document; else standard output"
    )
    repairing.add_argument("-r", dest="report", metavar="FILE", help="the whole report: *.json, or Markdown")
    repairing.add_argument("--gateway", action="store_true", help="only what a gateway serves")
    generating = verbs.add_parser(
        "generate",
        help="write FastAPI routers",
        description="Write a Python package of routers. Exit status: 0 written; 1 a file that was changed by "
        "hand was left alone; 2 nothing could be written.",
    )
    generating.add_argument("-o", dest="out", metavar="DIR", required=True, help="where the package goes")
    generating.add_argument("--tag", action="append", default=[], help="only this section; may be repeated")
    generating.add_argument("--missing", action="store_true", help="only what has no hand-written route")
    comparing = verbs.add_parser(
        "compare",
        help="where the document and the hand-written routes differ",
        description="Say where the document and the hand-written routes differ. Exit status: 0 they do not, "
        "or as accepted; 1 they do; 2 it is no OpenAPI 3 document.",
    )
    comparing.add_argument("--json", action="store_true", help="as JSON instead of Markdown")
    for verb in (repairing, generating, comparing):
        verb.add_argument(
            "document",
            metavar="IN",
            nargs="?",
            help="a file or an address, JSON or YAML; else that of OPEN_API_SPEC_URL",
        )
    return parser


def _default_source() -> str:
    address = load(GeneratorSettings).open_api_spec_url
    if not address:
        raise InvalidDocumentError("Name a document: a file or an address, or set OPEN_API_SPEC_URL.")
    return address


def _repair(document: Document, options: argparse.Namespace) -> int:
    result = repair(document, gateway=options.gateway)
    text = json.dumps(result.content, indent=2, ensure_ascii=False) + "\n"
    if options.out:
        _write(options.out, text)
    else:
        sys.stdout.buffer.write(text.encode())
    if options.report:
        as_json = options.report.endswith(".json")
        report = _json(repair_to_json(result)) if as_json else repair_to_markdown(result, places=True)
        _write(options.report, report)
    print(repair_to_markdown(result, places=False), end="", file=sys.stderr)
    return 0 if result.is_clean else 1


def _compare(repaired: RepairResult, options: argparse.Namespace) -> int:
    comparison = compare(repaired, known_requests())
    report = _json(comparison_to_json(comparison)) if options.json else comparison_to_markdown(comparison)
    sys.stdout.buffer.write(report.encode())
    return 0 if comparison.is_clean else 1


def _generate(repaired: RepairResult, options: argparse.Namespace) -> int:
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
