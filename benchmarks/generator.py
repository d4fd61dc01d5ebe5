"""Run time and memory of the routers generator's commands on IBKR's whole OpenAPI document (Linux only).

The document belongs to IBKR and is not in this repository; IBKR_DOCUMENT is the path of a copy.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import measure_module


async def generator_table(python: Path) -> list[str]:
    """Seconds and peak memory of each command, from the start of its process to its end."""
    if "IBKR_DOCUMENT" not in os.environ:
        return ["Not measured: set IBKR_DOCUMENT to a copy of IBKR's OpenAPI document."]
    rows = ["| command | seconds | peak MB |", "|---|---:|---:|"]
    with TemporaryDirectory() as folder:
        for command in ("repair", "compare", "routers"):
            out = {"repair": ["-o", f"{folder}/repaired.json"], "routers": ["-o", f"{folder}/routers"]}
            run = measure_module(
                python, "routers_generator", command, _document(), *out.get(command, []), folder=Path(folder)
            )
            rows.append(f"| {command} | {run.seconds:.2f} | {run.peak_bytes / 1e6:.0f} |")
    return rows


def _document() -> str:
    return str(Path(os.environ["IBKR_DOCUMENT"]).resolve())
