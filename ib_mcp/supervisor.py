"""Processes started together, watched and stopped in order, with their logs in one stream."""

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
"""Seconds that all parts may take together until each answers."""

SHUTDOWN_TIMEOUT = 3.0
"""Seconds that a part may take to stop before it is killed."""


@dataclass
class ManagedProcess:
    """One process: a module to run, and the address that answers HTTP once it is ready.

    `certificate` is the file that an https address is verified with, which may appear late. The process is
    started when the part named `after` answers. `colour` is the terminal's number for its name in the log.
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
        """True if its address answers now, over verified TLS where it has a certificate."""
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
    """Something a part has written."""

    process: ManagedProcess
    text: str


@dataclass(frozen=True)
class ProcessExited:
    """A part's process is gone; a negative status is the signal that ended it."""

    process: ManagedProcess
    status: int


@dataclass(frozen=True)
class StopRequested:
    """Somebody wants all of it to end; twice: at once."""


Event = OutputLine | ProcessExited | StopRequested
EventQueue = queue.SimpleQueue[Event]


class Supervisor:
    """Some parts from start to end.

    They run in `folder` and what they say goes to `out`; a signal's `StopRequested` is put into `events`.
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
        """Start, wait until each part answers, say `welcome`, and follow the logs until the end.

        Returns why it ended: empty if somebody stopped it, else which part ended by itself or did not
        answer. No process is left behind.
        """
        try:
            failure = self._supervise(welcome)
        finally:
            self._stop_all()
        self._write("All have stopped.")
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
                    self._write(f"The {process.name} answers.")
                    if not waiting:
                        self._write(welcome)
            if waiting and time.monotonic() > deadline:
                return f"No answer within {STARTUP_TIMEOUT:.0f} s from the {' and the '.join(waiting)}."

    def _start(self, process: ManagedProcess) -> None:
        # In a session of its own: Ctrl-C reaches this process only, and we decide who stops when.
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
        """End the parts, the last one first; one that is slow is killed, as all are if asked twice."""
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
                self._write(f"The {process.name} was killed.")
            if process.reader:
                process.reader.join(1)
        while (event := self._next_event(0)) is not None:
            self._print_if_line(event)

    def _print_if_line(self, event: Event | None) -> Event | None:
        """Print an event that is a line; returns the event."""
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
            # Nobody reads any more (a closed pipe or terminal): end as if asked to.
            self._out = None
            self._events.put(StopRequested())


def _exit_report(event: ProcessExited) -> str:
    reason = f"exit status {event.status}" if event.status >= 0 else f"signal {-event.status}"
    last = "".join(f"\n    {line}" for line in event.process.last_lines)
    return f"The {event.process.name} ended with {reason}. Its last lines:{last}"
