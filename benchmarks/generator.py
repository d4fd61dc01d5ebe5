"""What the routers generator's three verbs cost on the whole of IBKR's document (Linux only)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import ROOT

DOCUMENT = ROOT.parent / "shared" / "ibkr" / "openapi" / "ibkr-web-api-2.28.0.json"


async def generator_table() -> list[str]:
    """Seconds and peak memory of each verb, from the start of its process to its end."""
    if not DOCUMENT.exists():
        return ["IBKR's document is not beside this checkout."]
    rows = ["| verb | seconds | peak MB |", "|---|---:|---:|"]
    with TemporaryDirectory() as folder:
        for verb in ("repair", "compare", "generate"):
            out = {"repair": ["-o", f"{folder}/repaired.json"], "generate": ["-o", f"{folder}/routers"]}
            seconds, peak = _run([verb, str(DOCUMENT), *out.get(verb, [])], Path(folder))
            rows.append(f"| {verb} | {seconds:.2f} | {peak / 1e6:.0f} |")
    return rows


def _run(arguments: list[str], folder: Path) -> tuple[float, int]:
    """Seconds and peak bytes of `python -m routers_generator` with these arguments."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "routers_generator", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{arguments[0]} ended with status {child.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss * 1024
