"""Nothing in the project reads files outside the checkout."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api_gateway", "mcp_server", "routers_generator", "ticker_service", "ib_mcp")
PLACES = ("tests", "benchmarks", ".ci", *PACKAGES)
# The one exception, where it exists: base images for a machine that reaches no registry.
ALLOWED = {(".ci/containers", "../shared/docker/base-images.sh")}
OUTSIDE = re.compile(r'\.\./shared[\w/.-]*|"shared"')


def test_no_file_names_a_path_beside_the_checkout() -> None:
    files = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.is_file()]
    files += [ROOT / "Makefile", ROOT / "docker-compose.yml", ROOT / "pyproject.toml"]
    found = {
        (str(path.relative_to(ROOT)), match[0])
        for path in files
        if path.suffix in ("", ".py", ".sh", ".toml", ".yml", ".yaml") and path != Path(__file__)
        for match in OUTSIDE.finditer(path.read_text(encoding="utf-8"))
    }
    assert found - ALLOWED == set()


def test_no_path_climbs_out_of_the_checkout() -> None:
    climbs = re.compile(r"Path\(__file__\)(?:\.resolve\(\))?\.parents\[(\d+)\]((?:\.parent)*)")
    for path in (path for place in PLACES for path in (ROOT / place).rglob("*.py")):
        depth = len(path.relative_to(ROOT).parts) - 1
        for match in climbs.finditer(path.read_text(encoding="utf-8")):
            assert int(match[1]) + match[2].count(".parent") <= depth, f"{path}: {match[0]}"
