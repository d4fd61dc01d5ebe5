"""Everything that CONTRIBUTING.md names exists: files, packages, commands and example lines."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TREE = re.search(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^ *```.*?^ *```", "", TEXT, flags=re.MULTILINE | re.DOTALL)
PACKAGES = ("api_gateway", "ib_mcp", "mcp_server", "routers_generator", "ticker_service")


def tree_paths() -> list[str]:
    """The path of every line of the tree."""
    assert TREE
    found, top = [], ""
    for line in TREE[1].splitlines():
        name = line.split()[0]
        top = top if line.startswith(" ") else name
        found.append(top + name if line.startswith(" ") else name)
    return found


def test_every_path_exists() -> None:
    named = set(re.findall(r"`([\w.]+(?:/[\w.]+)*/?)`", PROSE)) | set(re.findall(r"\]\(([^)#]+)\)", PROSE))
    paths = {name for name in named if "/" in name}
    assert paths
    assert sorted(path for path in [*paths, *tree_paths()] if not (ROOT / path).exists()) == []


def test_the_tree_shows_every_package() -> None:
    shown = {path.rstrip("/") for path in tree_paths()}
    assert set(PACKAGES) <= shown
    rooms = {
        str(init.parent.relative_to(ROOT))
        for package in ("api_gateway", "mcp_server")
        for init in (ROOT / package).glob("*/__init__.py")
    }
    assert rooms <= shown


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for command in re.findall(r"`(?:\w+=\S+ )?make ([^`]+)`", TEXT) for name in command.split()}
    assert {"demo", "test", "endpoints"} <= named
    assert named <= targets


def test_every_example_is_in_the_file_that_its_step_names() -> None:
    steps = re.findall(r"^\d\. (.*?)(?=^\d\. |^\S)", TEXT, re.MULTILINE | re.DOTALL)
    shown = 0
    for step in steps:
        files = [ROOT / name for name in re.findall(r"`([\w/.-]+\.(?:py|yml))`", step)]
        for block in re.findall(r"^ *```\n(.*?)^ *```", step, re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                shown += 1
                assert any(line.strip() in file.read_text(encoding="utf-8") for file in files), line
    assert shown >= 5
