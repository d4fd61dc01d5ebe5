"""The process supervisor, with small programs as its processes."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from ib_mcp import supervisor as module
from ib_mcp.supervisor import EventQueue, ManagedProcess, StopRequested, Supervisor

pytestmark = pytest.mark.processes

SERVING = """
import http.server, signal, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("stopped", flush=True) or 0))
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[0].rpartition("_")[2][:-3])), Answer)
print("serving", flush=True)
server.serve_forever()
"""
DEAF = SERVING.replace("sys.exit(print(", "print(print(")
DYING = "import sys\nprint('first words')\nprint('last words')\nsys.exit(7)\n"
KILLED = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"


class Stage:
    """Programs in a folder and a `Supervisor` that runs them, stopped once it has printed a given text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = EventQueue()
        self.processes: list[ManagedProcess] = []
        self.out = io.StringIO()

    def add(self, name: str, text: str, *, after: str = "") -> ManagedProcess:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        program = f"program_{len(self.processes)}_{port}"
        (self.folder / f"{program}.py").write_text(text, encoding="utf-8")
        process = ManagedProcess(
            name=name,
            module=program,
            environment={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
            address=f"http://localhost:{port}/",
            colour=31,
            starts_after=after,
        )
        self.processes.append(process)
        return process

    def run(self, *, stop_when: str = "", coloured: bool = False) -> str:
        def write(text: str) -> int:
            if stop_when and stop_when in text:
                self.events.put(StopRequested())
            return io.StringIO.write(self.out, text)

        self.out.write = write  # type: ignore[method-assign]
        supervisor = Supervisor(self.processes, self.folder, self.events, out=self.out, coloured=coloured)
        return supervisor.run("WELCOME")

    def still_running(self) -> list[str]:
        return [each.name for each in self.processes if each.popen and each.popen.poll() is None]

    def order(self, *texts: str) -> list[int]:
        output = self.out.getvalue()
        found = [re.search(text, output) for text in texts]
        assert all(found), output
        return [each.start() for each in found if each]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_supervisor_prints_the_welcome_once_all_are_ready_and_stops_the_last_first(stage: Stage) -> None:
    stage.add("one", SERVING)
    stage.add("second", SERVING)
    assert stage.run(stop_when="WELCOME") == ""
    assert stage.still_running() == []
    order = stage.order(r"The one .+\.", "WELCOME", r"one    \| stopped")
    assert order == sorted(order)
    order = stage.order(r"The second .+\.", "WELCOME")
    assert order == sorted(order)
    order = stage.order(r"second \| stopped", r"one    \| stopped")
    assert order == sorted(order)
    assert [each.popen.returncode for each in stage.processes if each.popen] == [0, 0]


def test_supervisor_prefixes_each_line_with_the_padded_process_name(stage: Stage) -> None:
    stage.add("one", SERVING)
    stage.add("second", SERVING, after="one")
    stage.run(stop_when="WELCOME")
    lines = stage.out.getvalue().splitlines()
    assert "one    | serving" in lines
    assert "second | serving" in lines


def test_supervisor_colours_names_only_on_request(stage: Stage) -> None:
    stage.add("one", SERVING)
    stage.run(stop_when="WELCOME", coloured=True)
    assert "\x1b[31mone |\x1b[0m serving" in stage.out.getvalue()


def test_supervisor_starts_a_dependent_process_once_the_other_is_ready(stage: Stage) -> None:
    stage.add("late", SERVING, after="early")
    stage.add("early", SERVING)
    stage.run(stop_when="WELCOME")
    order = stage.order(r"The early .+\.", r"late  \| serving")
    assert order == sorted(order)


def test_supervisor_reports_a_dead_process_with_its_last_lines_and_stops_the_others(stage: Stage) -> None:
    stage.add("one", SERVING)
    stage.add("mortal", DYING, after="one")
    failure = stage.run()
    first, *lines = failure.splitlines()
    assert "mortal" in first
    assert "7" in first
    assert lines == ["    first words", "    last words"]
    assert stage.still_running() == []


def test_supervisor_reports_the_signal_that_killed_a_process(stage: Stage) -> None:
    stage.add("mortal", KILLED)
    assert "signal 9" in stage.run()


def test_supervisor_kills_a_process_that_does_not_stop(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHUTDOWN_TIMEOUT", 0.1)
    stage.add("deaf", DEAF)
    assert stage.run(stop_when="WELCOME") == ""
    assert stage.still_running() == []
    assert [each.popen.returncode for each in stage.processes if each.popen] == [-signal.SIGKILL]


def test_a_second_stop_request_kills_every_process(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHUTDOWN_TIMEOUT", 30)
    stage.add("deaf", DEAF)
    stage.add("deaf too", DEAF)
    requested: list[float] = []

    def write(text: str) -> int:
        if "WELCOME" in text:
            requested.append(time.monotonic())
            stage.events.put(StopRequested())
            stage.events.put(StopRequested())
        return len(text)

    stage.out.write = write  # type: ignore[method-assign]
    Supervisor(stage.processes, stage.folder, stage.events, out=stage.out, coloured=False).run("WELCOME")
    assert stage.still_running() == []
    assert time.monotonic() - requested[0] < module.SHUTDOWN_TIMEOUT


def test_supervisor_gives_up_on_a_process_that_is_never_ready(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STARTUP_TIMEOUT", 0.3)
    stage.add("mute", "import time\ntime.sleep(60)\n")
    assert "mute" in stage.run()
    assert stage.still_running() == []


def test_a_stop_request_during_startup_leaves_nothing_running(stage: Stage) -> None:
    stage.add("one", SERVING)
    stage.add("second", SERVING)
    assert stage.run(stop_when="…") == ""
    assert stage.still_running() == []
    assert "WELCOME" not in stage.out.getvalue()


def test_supervisor_stops_everything_if_its_output_is_closed(stage: Stage) -> None:
    stage.add("one", SERVING)

    def write(text: str) -> int:
        raise BrokenPipeError(text)

    stage.out.write = write  # type: ignore[method-assign]
    supervisor = Supervisor(stage.processes, stage.folder, stage.events, out=stage.out, coloured=False)
    assert supervisor.run("WELCOME") == ""
    assert stage.still_running() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions")
def test_each_process_has_its_own_session(stage: Stage) -> None:
    process = stage.add("one", SERVING)
    sessions: list[int] = []

    def write(text: str) -> int:
        if "WELCOME" in text and process.popen:
            sessions.append(os.getsid(process.popen.pid))
            stage.events.put(StopRequested())
        return len(text)

    stage.out.write = write  # type: ignore[method-assign]
    Supervisor(stage.processes, stage.folder, stage.events, out=stage.out, coloured=False).run("WELCOME")
    assert process.popen
    assert sessions == [process.popen.pid]
