"""The processes of a benchmark: started on free ports, waited for, ended."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api_gateway.simulator.certificate import ensure_certificate

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Process:
    """A running child and the port it was told to use."""

    child: subprocess.Popen[bytes]
    port: int
    started_at: float

    def resident_bytes(self) -> int:
        """The memory that the process holds in RAM (Linux only)."""
        pages = int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """User and system time that the process has used (Linux only)."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def run_process(module: str, *arguments: str, port: int, environment: Mapping[str, str]) -> Iterator[Process]:
    """Run `python -m module` until the block ends."""
    started_at = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
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


def wait_for_port(process: Process, seconds: float = 20) -> None:
    """Return as soon as somebody accepts connections on the port."""
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
def temporary_certificate() -> Iterator[tuple[Path, Path]]:
    """A certificate for localhost and its key, as the simulator makes them."""
    with tempfile.TemporaryDirectory() as folder:
        made = ensure_certificate(Path(folder))
        yield made.certificate_path, made.key_path


def tls_context(certificate_file: Path) -> ssl.SSLContext:
    """A TLS context that trusts that certificate."""
    return ssl.create_default_context(cafile=str(certificate_file))
