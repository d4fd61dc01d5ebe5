"""Tests mirror the product: `pkg/a/b.py` is tested by `tests/pkg/a/test_b.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

EXCEPTIONS = {
    "tests/acceptance/": "the product as real processes; each file is a scenario, not a module",
    "tests/clients/": "other people's clients of IBKR's Web API, at the simulator",
    "tests/containers/": "Dockerfiles and the compose file are not modules",
    "tests/mcp_server/contract/": "properties of all operations together, and their snapshots",
    "tests/api_gateway/client/test_java_gateway.py": "the client with IBKR's Java gateway",
    "tests/api_gateway/client/test_with_simulator.py": "the client with the simulator",
    "tests/api_gateway/simulator/test_london_prices.py": "the prices of shares in London, wherever they are",
    "tests/api_gateway/simulator/test_acceptance.py": "the whole simulator over HTTP",
    "tests/api_gateway/simulator/test_combination_orders.py": "combinations over HTTP",
    "tests/mcp_server/search/test_questions.py": "how well search finds what people ask for",
    "tests/routers_generator/test_golden.py": "generated routers, as text",
    "tests/routers_generator/test_whole_document.py": "generated routers of IBKR's whole document",
    "tests/ticker_service/test_crowd.py": "the ticker with many clients",
    "tests/ticker_service/test_with_simulator.py": "the ticker with the simulator",
    "tests/test_checkout.py": "what the tests and scripts read is in the checkout",
    "tests/test_contributing.py": "CONTRIBUTING.md",
    "tests/test_imports.py": "the imports of all modules",
    "tests/test_readme.py": "README.md",
    "tests/test_tree.py": "the places of all tests",
}
"""Test files and folders (with a slash at the end) that mirror no module, and what they test instead."""


def find_tests(root: Path) -> list[str]:
    """Every test file below `root/tests`, relative to `root`."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "tests").rglob("test_*.py"))


def unmirrored_tests(root: Path) -> list[str]:
    """The test files that have no module or package at the mirrored place and no helper beside them."""
    return [test for test in find_tests(root) if not _has_subject(root, Path(test))]


def _has_subject(root: Path, test: Path) -> bool:
    name = test.name.removeprefix("test_")
    mirrored = root / test.relative_to("tests").parent / name
    beside = root / test.parent / name
    return mirrored.is_file() or (mirrored.with_suffix("") / "__init__.py").is_file() or beside.is_file()


def excepted_by(test: str) -> str | None:
    """The exception that a test file is listed under, or None."""
    folders = (f"{folder}/" for folder in Path(test).parents)
    return next((place for place in (test, *folders) if place in EXCEPTIONS), None)


def test_each_test_file_mirrors_a_module_or_is_an_exception() -> None:
    misplaced = [test for test in unmirrored_tests(ROOT) if excepted_by(test) is None]
    assert misplaced == [], (
        "move each of these test files to the place of its module (api_gateway/client/paths.py is tested by "
        "tests/api_gateway/client/test_paths.py), or add it to EXCEPTIONS in tests/test_tree.py, such as\n"
        '    "tests/ticker_service/test_crowd.py": "the ticker with many clients",'
    )


def test_each_exception_is_still_one() -> None:
    needed = {excepted_by(test) for test in unmirrored_tests(ROOT)}
    stale = sorted(set(EXCEPTIONS) - needed)
    assert stale == [], "tests/test_tree.py: delete these lines from EXCEPTIONS, such as\n" + "\n".join(
        f'    "{place}": "{EXCEPTIONS[place]}",' for place in stale
    )


@pytest.mark.parametrize(
    ("subject", "test"),
    [
        ("pkg/a/b.py", "tests/pkg/a/test_b.py"),
        ("pkg/a/__init__.py", "tests/pkg/test_a.py"),
        ("pkg/__main__.py", "tests/pkg/test___main__.py"),
        ("tests/pkg/helper.py", "tests/pkg/test_helper.py"),
    ],
)
def test_a_mirrored_test_is_accepted(tmp_path: Path, subject: str, test: str) -> None:
    touch(tmp_path, subject, test)
    assert unmirrored_tests(tmp_path) == []


@pytest.mark.parametrize("subject", ["pkg/b.py", "pkg/a/c.py", "other/a/b.py"])
def test_a_test_at_another_place_than_its_module_is_found(tmp_path: Path, subject: str) -> None:
    touch(tmp_path, subject, "tests/pkg/a/test_b.py")
    assert unmirrored_tests(tmp_path) == ["tests/pkg/a/test_b.py"]


def touch(root: Path, *names: str) -> None:
    """Create empty files."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
