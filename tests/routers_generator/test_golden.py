"""What is generated from a small document, word for word.

`make golden` accepts what is generated now.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from routers_generator.document.loading import load
from routers_generator.generate.file_writer import add_checksum, write_files
from routers_generator.generate.generate import GenerateOptions, make_package
from routers_generator.generate.package import GeneratedPackage
from routers_generator.repair.repair import repair

HERE = Path(__file__).parent
DOCUMENT = HERE / "small_document.json"
GOLDEN = HERE / "golden"
MEND = "run `make golden`, and look at what it changes"


def made() -> GeneratedPackage:
    """The package of the small document."""
    return make_package(repair(load(str(DOCUMENT)), gateway=True), GenerateOptions(GOLDEN))


def test_the_files_are_those_of_the_golden_package() -> None:
    assert sorted(made().files) == sorted(path.name for path in GOLDEN.glob("*.py")), MEND


@pytest.mark.parametrize("name", ["__init__.py", "bazaar.py", "orders.py"])
def test_a_small_document_becomes_what_it_became(name: str) -> None:
    assert add_checksum(made().files[name]) == (GOLDEN / name).read_text(), MEND


def test_what_the_gateway_client_cannot_send_is_left_out_and_named() -> None:
    left_out = {(each.operation.method, each.operation.path): each.reason for each in made().skipped}
    assert left_out == {
        ("PATCH", "/iserver/bazaar/{stallId}"): "The gateway client sends no PATCH.",
        ("POST", "/iserver/bazaar/names"): (
            "Its body is no JSON object, and the gateway client sends nothing else."
        ),
    }


if __name__ == "__main__":
    for old in GOLDEN.glob("*.py"):
        old.unlink()
    write_files(GOLDEN, made().files)
