"""The environment of the measured servers: the shipped packages and nothing else.

A package that only the tests install can change what is measured: httpcore is slower where sniffio is
missing, and imports trio where it is installed. So the servers run in an environment of `requirements.lock`,
plus aiohttp for one baseline, which `make bench` creates. The load generator runs in the tests' environment.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PYTHON = ROOT / ".venv" / "bench" / "bin" / "python"
LOCKS = (ROOT / "requirements.lock", ROOT / "benchmarks" / "requirements.lock")

# The project itself, and what `python -m venv` and an editable install bring.
_UNLOCKED = {"ib-mcp", "pip", "setuptools", "wheel"}
_REPORTED = ("fastmcp", "mcp", "fastapi", "httpx", "aiohttp", "uvicorn")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_LIST_PACKAGES = """
import json, platform
from importlib.metadata import distributions
print(json.dumps([platform.python_version(), {each.name: each.version for each in distributions()}]))
"""


class WrongEnvironmentError(Exception):
    """The servers would not run with the shipped packages; `str()` is the message for the user."""


@dataclass(frozen=True)
class Environment:
    """An interpreter and the packages that it finds."""

    python: Path
    python_version: str
    packages: dict[str, str]

    def describe(self) -> str:
        """The machine and the versions that the figures were measured on."""
        versions = ", ".join(f"{name} {self.packages[name]}" for name in _REPORTED if name in self.packages)
        return (
            f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, Python {self.python_version}, "
            f"{versions}; load before the run {os.getloadavg()[0]:.1f}"
        )


def load_environment(python: Path) -> Environment:
    """The environment of this interpreter. Raises WrongEnvironmentError unless it matches the lock files."""
    if not python.exists():
        raise WrongEnvironmentError(f"{python} does not exist: run `make bench`.")
    found = subprocess.run([python, "-c", _LIST_PACKAGES], cwd="/", check=True, capture_output=True).stdout
    version, packages = orjson.loads(found)
    unlocked = {_normalize(name) for name in packages} - _locked_names() - _UNLOCKED
    if unlocked:
        raise WrongEnvironmentError(
            f"{python} has {', '.join(sorted(unlocked))}, which is in no lock file of the benchmark: "
            "run `make bench`, which creates an environment without them."
        )
    return Environment(python, version, packages)


def _locked_names() -> set[str]:
    return {_normalize(name) for lock in LOCKS for name in _pinned(lock)}


def _pinned(lock: Path) -> Iterator[str]:
    yield from _PINNED.findall(lock.read_text(encoding="utf-8"))


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
