"""Run time and memory of the routers generator's commands on IBKR's whole OpenAPI document (Linux only).

The document belongs to IBKR and is not in this repository; IBKR_DOCUMENT is the path of a copy.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.environment import ROOT


async def generator_table(python: Path) -> list[str]:
    """Seconds and peak memory of each command, from the start of its process to its end."""
    if "IBKR_DOCUMENT" not in os.environ:
        return ["Not measured: set IBKR_DOCUMENT to a copy of IBKR's OpenAPI document."]
    rows = ["| command | seconds | peak MB |", "|---|---:|---:|"]
    with TemporaryDirectory() as folder:
        for command in ("repair", "compare", "routers"):
            out = {"repair": ["-o", f"{folder}/repaired.json"], "routers": ["-o", f"{folder}/routers"]}
            seconds, peak = _measure(python, [command, _document(), *out.get(command, [])], Path(folder))
            rows.append(f"| {command} | {seconds:.2f} | {peak / 1e6:.0f} |")
    return rows


def _document() -> str:
    return str(Path(os.environ["IBKR_DOCUMENT"]).resolve())


# The process reads its own peak memory, because wait4 also counts the parent's memory at the fork.
_MEASURED_SCRIPT = """
import runpy, sys
from pathlib import Path
try:
    runpy.run_module("routers_generator", run_name="__main__", alter_sys=True)
finally:
    Path("status").write_bytes(Path("/proc/self/status").read_bytes())
"""


def _measure(python: Path, arguments: list[str], folder: Path) -> tuple[float, int]:
    """Seconds and peak bytes of `python -m routers_generator` with these arguments."""
    started = time.perf_counter()
    subprocess.run(
        [python, "-c", _MEASURED_SCRIPT, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    seconds = time.perf_counter() - started
    peak = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM:"))
    return seconds, int(peak.split()[1]) * 1024
