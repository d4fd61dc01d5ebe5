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

PATIENCE = 60.0
"""Seconds that all parts may take together until each answers."""

GRACE = 3.0
"""Seconds that a part may take to stop before it is killed."""


@dataclass
class Part:
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
    after: str = ""
    process: subprocess.Popen[str] | None = None
    reader: threading.Thread | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=15))

    def answers(self) -> bool:
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
class Line:
    """Something a part has written."""

    part: Part
    text: str


@dataclass(frozen=True)
class Ended:
    """A part's process is gone; a negative status is the signal that ended it."""

    part: Part
    status: int


@dataclass(frozen=True)
class Stop:
    """Somebody wants all of it to end; twice: at once."""


Event = Line | Ended | Stop
Events = queue.SimpleQueue[Event]


class Processes:
    """Some parts from start to end.

    They run in `folder` and what they say goes to `out`; a signal's `Stop` is put into `events`.
    """

    def __init__(
        self, parts: Sequence[Part], folder: Path, events: Events, *, out: TextIO, coloured: bool
    ) -> None:
        self._parts = parts
        self._folder = folder
        self._events = events
        self._coloured = coloured
        self._out: TextIO | None = out
        self._width = max(len(part.name) for part in parts)

    def run(self, welcome: str) -> str:
        """Start, wait until each part answers, say `welcome`, and follow the logs until the end.

        Returns why it ended: empty if somebody stopped it, else which part ended by itself or did not
        answer. No process is left behind.
        """
        try:
            failure = self._follow(welcome)
        finally:
            self._stop()
        self._say("All have stopped.")
        return failure

    def _follow(self, welcome: str) -> str:
        self._say(f"Starting the {', the '.join(part.name for part in self._parts)} …")
        limit = time.monotonic() + PATIENCE
        waiting = {part.name: part for part in self._parts}
        while True:
            for part in self._parts:
                if part.process is None and part.after not in waiting:
                    self._start(part)
            event = self._show(self._next(0.1 if waiting else 0.5))
            if isinstance(event, Stop):
                self._say("Stopping …")
                return ""
            if isinstance(event, Ended):
                return _obituary(event)
            for part in list(waiting.values()):
                if part.process and part.answers():
                    del waiting[part.name]
                    self._say(f"The {part.name} answers.")
                    if not waiting:
                        self._say(welcome)
            if waiting and time.monotonic() > limit:
                return f"No answer within {PATIENCE:.0f} s from the {' and the '.join(waiting)}."

    def _start(self, part: Part) -> None:
        # In a session of its own: Ctrl-C reaches this process only, and we decide who stops when.
        part.process = subprocess.Popen(  # noqa: S603 (the project's own modules)
            [sys.executable, "-m", part.module],
            cwd=self._folder,
            env=dict(part.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        part.reader = threading.Thread(target=self._read, args=(part, part.process), daemon=True)
        part.reader.start()

    def _read(self, part: Part, process: subprocess.Popen[str]) -> None:
        if process.stdout:
            with process.stdout as lines:
                for line in lines:
                    self._events.put(Line(part, line.rstrip()))
        self._events.put(Ended(part, process.wait()))

    def _next(self, seconds: float) -> Event | None:
        try:
            return self._events.get(timeout=seconds)
        except queue.Empty:
            return None

    def _stop(self) -> None:
        """End the parts, the last one first; one that is slow is killed, as all are if asked twice."""
        grace = GRACE
        for part in reversed(self._parts):
            if part.process is None:
                continue
            part.process.terminate()
            limit = time.monotonic() + grace
            while part.process.poll() is None and time.monotonic() < limit:
                if isinstance(self._show(self._next(0.05)), Stop):
                    limit = grace = 0
            if part.process.poll() is None:
                part.process.kill()
                part.process.wait()
                self._say(f"The {part.name} was killed.")
            if part.reader:
                part.reader.join(1)
        while (event := self._next(0)) is not None:
            self._show(event)

    def _show(self, event: Event | None) -> Event | None:
        """Print an event that is a line; returns the event."""
        if isinstance(event, Line):
            self._print(event)
        return event

    def _print(self, line: Line) -> None:
        line.part.last_lines.append(line.text)
        prefix = f"{line.part.name:<{self._width}} |"
        if self._coloured:
            prefix = f"\x1b[{line.part.colour}m{prefix}\x1b[0m"
        self._say(f"{prefix} {line.text}")

    def _say(self, text: str) -> None:
        if self._out is None:
            return
        try:
            self._out.write(f"{text}\n")
            self._out.flush()
        except OSError:
            # Nobody reads any more (a closed pipe or terminal): end as if asked to.
            self._out = None
            self._events.put(Stop())


def _obituary(event: Ended) -> str:
    how = f"exit status {event.status}" if event.status >= 0 else f"signal {-event.status}"
    last = "".join(f"\n    {line}" for line in event.part.last_lines)
    return f"The {event.part.name} ended with {how}. Its last lines:{last}"
