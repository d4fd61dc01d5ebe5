"""Golden files: the exact source generated from the small document; `make golden` accepts the current one."""

from __future__ import annotations

from pathlib import Path

import pytest

from routers_generator.document.loading import load
from routers_generator.generate.file_writer import add_checksum, write_files
from routers_generator.generate.generate import GenerateOptions, make_package
from routers_generator.generate.package import GeneratedPackage
from routers_generator.repair.repair import repair
from tests.routers_generator.sources import SMALL_DOCUMENT

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
HINT = "run `make golden` and review the diff"


def golden_package() -> GeneratedPackage:
    """Generate the package of the small document."""
    return make_package(repair(load(str(SMALL_DOCUMENT)), gateway=True), GenerateOptions(GOLDEN))


def test_the_generated_files_are_those_of_the_golden_package() -> None:
    assert sorted(golden_package().files) == sorted(path.name for path in GOLDEN.glob("*.py")), HINT


@pytest.mark.parametrize("name", ["__init__.py", "bazaar.py", "orders.py"])
def test_the_generated_source_matches_the_golden_files(name: str) -> None:
    assert add_checksum(golden_package().files[name]) == (GOLDEN / name).read_text(), HINT


def test_operations_that_the_gateway_client_cannot_send_are_skipped_with_a_reason() -> None:
    reasons = {(each.operation.method, each.operation.path): each.reason for each in golden_package().skipped}
    assert list(reasons) == [("POST", "/iserver/bazaar/names"), ("PATCH", "/iserver/bazaar/{stallId}")]
    assert len(set(reasons.values())) == len(reasons)


if __name__ == "__main__":
    for path in GOLDEN.glob("*.py"):
        path.unlink()
    write_files(GOLDEN, golden_package().files)
