"""The processes of a benchmark: started on free ports, waited for, ended."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api_gateway.simulator.certificate import ensure_certificate
from benchmarks.environment import ROOT


def free_port() -> int:
    """An unused port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Process:
    """A running child process and the port it listens on."""

    child: subprocess.Popen[bytes]
    port: int
    started_at: float

    def resident_bytes(self) -> int:
        """The memory that the process holds in RAM (Linux only)."""
        pages = int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def move_to(self, core: int | None) -> None:
        """Keep all its threads on this core; None leaves it on those of its parent (Linux only)."""
        if core is not None:
            for thread in Path(f"/proc/{self.child.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {core})

    def cpu_seconds(self) -> float:
        """User and system time that all threads of the process have used, to the nanosecond (Linux only)."""
        # How Linux numbers the CPU clock of a process; Python has no name for clock_getcpuclockid(3).
        return time.clock_gettime((~self.child.pid << 3) | 2)


@contextmanager
def run_process(
    python: Path | str, module: str, *arguments: str, port: int, environment: Mapping[str, str]
) -> Iterator[Process]:
    """Run `python -m module` until the block ends."""
    started_at = time.perf_counter()
    child = subprocess.Popen(
        [python, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Process(child, port, started_at)
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for_port(process: Process, seconds: float = 60) -> None:
    """Return as soon as the port accepts connections."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.child.poll() is not None:
            raise RuntimeError(f"{process.child.args!r} ended with {process.child.returncode}")
        try:
            socket.create_connection(("127.0.0.1", process.port), 0.2).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError(f"{process.child.args!r} did not listen on {process.port} within {seconds} s")


@contextmanager
def separate_cores() -> Iterator[int | None]:
    """Keep this process and its children on all cores but one, whose number is for a server (Linux only).

    None where there is only one core.
    """
    cores = os.sched_getaffinity(0)
    reserved = max(cores) if len(cores) > 1 else None
    os.sched_setaffinity(0, cores - {reserved} if reserved is not None else cores)
    try:
        yield reserved
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def temporary_certificate() -> Iterator[tuple[Path, Path]]:
    """A certificate for localhost and its key, created by the simulator's own function."""
    with tempfile.TemporaryDirectory() as folder:
        made = ensure_certificate(Path(folder))
        yield made.certificate_path, made.key_path


def tls_context(certificate_file: Path) -> ssl.SSLContext:
    """A TLS context that trusts that certificate."""
    return ssl.create_default_context(cafile=str(certificate_file))
