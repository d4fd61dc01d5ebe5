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


@dataclass(frozen=True)
class Run:
    """A process that has ended: its run time, CPU time, peak memory and standard output."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: bytes


# The process reads its own peak memory, because wait4 also counts the parent's memory at the fork.
_MEASURED_SCRIPT = """
import runpy, sys
from pathlib import Path
module = sys.argv.pop(1)
try:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
finally:
    Path("status").write_bytes(Path("/proc/self/status").read_bytes())
"""


def measure_module(python: Path, module: str, *arguments: str, folder: Path, stdin: bytes = b"") -> Run:
    """Run `python -m module` in this folder, from the start of the process to its end (Linux only)."""
    started, used = time.perf_counter(), os.times()
    ended = subprocess.run(
        [python, "-c", _MEASURED_SCRIPT, module, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    seconds, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system - used.children_user - used.children_system
    peak = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM:"))
    return Run(seconds, cpu, int(peak.split()[1]) * 1024, ended.stdout)
