"""`python -m routers_generator`: repair IBKR's OpenAPI document, make routers of it, compare it with ours."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from api_gateway.settings import SettingsError, load
from routers_generator.compare.compare import compare, known_requests
from routers_generator.compare.report import markdown as comparison_text
from routers_generator.compare.report import told as comparison_told
from routers_generator.document import loading
from routers_generator.document.loading import Document, UnusableError
from routers_generator.generate.generate import Wanted, generate
from routers_generator.repair.repair import Repaired, repair
from routers_generator.repair.report import markdown as repair_text
from routers_generator.repair.report import told as repair_told
from routers_generator.settings import GeneratorSettings

UNUSABLE = 2
"""Exit status: what was given is no document, or a file cannot be written."""


def main(arguments: Sequence[str] | None = None, prog: str = "python -m routers_generator") -> int:
    """Run one of the three verbs; returns the exit status, which each verb's help explains."""
    chosen = _parser(prog).parse_args(arguments)
    try:
        document = loading.load(chosen.document or _address())
        if chosen.verb == "repair":
            return _repair(document, chosen)
        repaired = repair(document, gateway=True)
        if chosen.verb == "compare":
            return _compare(repaired, chosen)
        return _generate(repaired, chosen)
    except (UnusableError, SettingsError) as refusal:
        print(refusal, file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads it any more
    except OSError as error:
        print(f"{error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
    return UNUSABLE


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


def _address() -> str:
    address = load(GeneratorSettings).open_api_spec_url
    if not address:
        raise UnusableError("Name a document: a file or an address, or set OPEN_API_SPEC_URL.")
    return address


def _repair(document: Document, chosen: argparse.Namespace) -> int:
    repaired = repair(document, gateway=chosen.gateway)
    text = json.dumps(repaired.content, indent=2, ensure_ascii=False) + "\n"
    if chosen.out:
        _write(chosen.out, text)
    else:
        sys.stdout.buffer.write(text.encode())
    if chosen.report:
        as_json = chosen.report.endswith(".json")
        report = _json(repair_told(repaired)) if as_json else repair_text(repaired, places=True)
        _write(chosen.report, report)
    print(repair_text(repaired, places=False), end="", file=sys.stderr)
    return 0 if repaired.clean else 1


def _compare(repaired: Repaired, chosen: argparse.Namespace) -> int:
    compared = compare(repaired, known_requests())
    report = _json(comparison_told(compared)) if chosen.json else comparison_text(compared)
    sys.stdout.buffer.write(report.encode())
    return 0 if compared.same else 1


def _generate(repaired: Repaired, chosen: argparse.Namespace) -> int:
    status, said = generate(repaired, Wanted(Path(chosen.out), tuple(chosen.tag), chosen.missing))
    print(*said, sep="\n", file=sys.stderr)
    return status


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
