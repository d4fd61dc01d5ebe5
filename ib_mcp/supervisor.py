"""Process supervisor: starts processes together, merges their logs and stops them in reverse order."""

from __future__ import annotations

import queue
import ssl
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

STARTUP_TIMEOUT = 60.0
"""Seconds within which every process must be ready."""

SHUTDOWN_TIMEOUT = 3.0
"""Seconds that a process gets to stop before it is killed."""


@dataclass
class ManagedProcess:
    """One process: the module to run, and the URL that responds once it is ready.

    `certificate` verifies an https URL; the file may appear after the start. The process starts once the one
    named `starts_after` is ready. `colour` is the ANSI colour code of its name in the log.
    """

    name: str
    module: str
    environment: Mapping[str, str]
    address: str
    colour: int
    certificate: Path | None = None
    starts_after: str = ""
    popen: subprocess.Popen[str] | None = None
    reader: threading.Thread | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=15))

    def is_ready(self) -> bool:
        """Readiness probe: whether its URL responds now, over verified TLS if it has a certificate."""
        url = urlsplit(self.address)
        host, port = url.hostname or "", url.port
        try:
            if self.certificate:
                context = ssl.create_default_context(cafile=str(self.certificate))
                connection: HTTPConnection = HTTPSConnection(host, port, timeout=1, context=context)
            else:
                connection = HTTPConnection(host, port, timeout=1)
            try:
                connection.request("GET", url.path)
                return connection.getresponse().status < 400
            finally:
                connection.close()
        except (OSError, HTTPException):
            return False


@dataclass(frozen=True)
class OutputLine:
    """A line that a process has written."""

    process: ManagedProcess
    text: str


@dataclass(frozen=True)
class ProcessExited:
    """A process has exited; a negative status is minus the signal number."""

    process: ManagedProcess
    status: int


@dataclass(frozen=True)
class StopRequested:
    """A request to stop every process; a second one kills them."""


Event = OutputLine | ProcessExited | StopRequested
EventQueue = queue.SimpleQueue[Event]


class Supervisor:
    """Runs processes from start to stop.

    They run in `folder` and their output goes to `out`. To stop them, put `StopRequested` into `events`.
    """

    def __init__(
        self,
        processes: Sequence[ManagedProcess],
        folder: Path,
        events: EventQueue,
        *,
        out: TextIO,
        coloured: bool,
    ) -> None:
        self._processes = processes
        self._folder = folder
        self._events = events
        self._coloured = coloured
        self._out: TextIO | None = out
        self._width = max(len(process.name) for process in processes)

    def run(self, welcome: str) -> str:
        """Start the processes, print `welcome` once all are ready, and print their logs until they stop.

        Returns an empty string if a stop was requested, else which process exited or never became ready. No
        process is left running.
        """
        try:
            failure = self._supervise(welcome)
        finally:
            self._stop_all()
        self._write("All processes stopped.")
        return failure

    def _supervise(self, welcome: str) -> str:
        self._write(f"Starting the {', the '.join(process.name for process in self._processes)} …")
        deadline = time.monotonic() + STARTUP_TIMEOUT
        waiting = {process.name: process for process in self._processes}
        while True:
            for process in self._processes:
                if process.popen is None and process.starts_after not in waiting:
                    self._start(process)
            event = self._print_if_line(self._next_event(0.1 if waiting else 0.5))
            if isinstance(event, StopRequested):
                self._write("Stopping …")
                return ""
            if isinstance(event, ProcessExited):
                return _exit_report(event)
            for process in list(waiting.values()):
                if process.popen and process.is_ready():
                    del waiting[process.name]
                    self._write(f"The {process.name} is ready.")
                    if not waiting:
                        self._write(welcome)
            if waiting and time.monotonic() > deadline:
                return f"Not ready within {STARTUP_TIMEOUT:.0f} s: {', '.join(waiting)}."

    def _start(self, process: ManagedProcess) -> None:
        # A separate session, so that Ctrl-C reaches only the supervisor, which stops processes in order.
        process.popen = subprocess.Popen(  # noqa: S603 (the project's own modules)
            [sys.executable, "-m", process.module],
            cwd=self._folder,
            env=dict(process.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        process.reader = threading.Thread(
            target=self._read_output, args=(process, process.popen), daemon=True
        )
        process.reader.start()

    def _read_output(self, process: ManagedProcess, popen: subprocess.Popen[str]) -> None:
        if popen.stdout:
            with popen.stdout as lines:
                for line in lines:
                    self._events.put(OutputLine(process, line.rstrip()))
        self._events.put(ProcessExited(process, popen.wait()))

    def _next_event(self, seconds: float) -> Event | None:
        try:
            return self._events.get(timeout=seconds)
        except queue.Empty:
            return None

    def _stop_all(self) -> None:
        """Stop the processes, last first; kill one that exceeds SHUTDOWN_TIMEOUT, all on a second request."""
        grace = SHUTDOWN_TIMEOUT
        for process in reversed(self._processes):
            if process.popen is None:
                continue
            process.popen.terminate()
            deadline = time.monotonic() + grace
            while process.popen.poll() is None and time.monotonic() < deadline:
                if isinstance(self._print_if_line(self._next_event(0.05)), StopRequested):
                    deadline = grace = 0
            if process.popen.poll() is None:
                process.popen.kill()
                process.popen.wait()
                self._write(f"The {process.name} did not stop in time and was killed.")
            if process.reader:
                process.reader.join(1)
        while (event := self._next_event(0)) is not None:
            self._print_if_line(event)

    def _print_if_line(self, event: Event | None) -> Event | None:
        """Print the event if it is a line, and return it."""
        if isinstance(event, OutputLine):
            self._print_line(event)
        return event

    def _print_line(self, line: OutputLine) -> None:
        line.process.last_lines.append(line.text)
        prefix = f"{line.process.name:<{self._width}} |"
        if self._coloured:
            prefix = f"\x1b[{line.process.colour}m{prefix}\x1b[0m"
        self._write(f"{prefix} {line.text}")

    def _write(self, text: str) -> None:
        if self._out is None:
            return
        try:
            self._out.write(f"{text}\n")
            self._out.flush()
        except OSError:
            # The reader has gone (a closed pipe or terminal): treat it as a request to stop.
            self._out = None
            self._events.put(StopRequested())


def _exit_report(event: ProcessExited) -> str:
    reason = f"status {event.status}" if event.status >= 0 else f"signal {-event.status}"
    last = "".join(f"\n    {line}" for line in event.process.last_lines)
    return f"The {event.process.name} exited with {reason}. Last lines of its log:{last}"
