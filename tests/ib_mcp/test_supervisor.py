"""Processes that are started, watched and stopped together, with small programs in the parts' place."""

from __future__ import annotations

import io
import os
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
    """Some parts in a folder, and a `Supervisor` around them that is stopped once it has said something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = EventQueue()
        self.parts: list[ManagedProcess] = []
        self.out = io.StringIO()

    def part(self, name: str, text: str, *, after: str = "") -> ManagedProcess:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        program = f"part_{len(self.parts)}_{port}"
        (self.folder / f"{program}.py").write_text(text, encoding="utf-8")
        part = ManagedProcess(
            name=name,
            module=program,
            environment={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
            address=f"http://localhost:{port}/",
            colour=31,
            starts_after=after,
        )
        self.parts.append(part)
        return part

    def run(self, *, stop_when: str = "", coloured: bool = False) -> str:
        def write(text: str) -> int:
            if stop_when and stop_when in text:
                self.events.put(StopRequested())
            return io.StringIO.write(self.out, text)

        self.out.write = write  # type: ignore[method-assign]
        processes = Supervisor(self.parts, self.folder, self.events, out=self.out, coloured=coloured)
        return processes.run("WELCOME")

    def left_behind(self) -> list[str]:
        return [part.name for part in self.parts if part.popen and part.popen.poll() is None]

    def order(self, *texts: str) -> list[int]:
        said = self.out.getvalue()
        return [said.index(text) for text in texts]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_all_parts_are_waited_for_then_welcomed_and_the_last_is_stopped_first(stage: Stage) -> None:
    stage.part("one", SERVING)
    stage.part("second", SERVING)
    assert stage.run(stop_when="WELCOME") == ""
    assert stage.left_behind() == []
    order = stage.order("The one answers.", "WELCOME", "Stopping", "All have stopped.")
    assert order == sorted(order)
    order = stage.order("The second answers.", "WELCOME")
    assert order == sorted(order)
    order = stage.order("second | stopped", "one    | stopped", "All have stopped.")
    assert order == sorted(order)
    assert [part.popen.returncode for part in stage.parts if part.popen] == [0, 0]


def test_each_line_carries_the_name_of_its_part_padded_alike(stage: Stage) -> None:
    stage.part("one", SERVING)
    stage.part("second", SERVING, after="one")
    stage.run(stop_when="WELCOME")
    lines = stage.out.getvalue().splitlines()
    assert "one    | serving" in lines
    assert "second | serving" in lines


def test_names_are_coloured_only_when_asked(stage: Stage) -> None:
    stage.part("one", SERVING)
    stage.run(stop_when="WELCOME", coloured=True)
    assert "\x1b[31mone |\x1b[0m serving" in stage.out.getvalue()


def test_a_part_that_comes_after_another_starts_when_that_one_answers(stage: Stage) -> None:
    stage.part("late", SERVING, after="early")
    stage.part("early", SERVING)
    stage.run(stop_when="WELCOME")
    order = stage.order("The early answers.", "late  | serving")
    assert order == sorted(order)


def test_when_a_part_dies_it_is_named_with_its_last_lines_and_the_others_are_stopped(stage: Stage) -> None:
    stage.part("one", SERVING)
    stage.part("mortal", DYING, after="one")
    failure = stage.run()
    assert failure.splitlines() == [
        "The mortal ended with exit status 7. Its last lines:",
        "    first words",
        "    last words",
    ]
    assert stage.left_behind() == []


def test_a_part_that_was_killed_is_told_with_its_signal(stage: Stage) -> None:
    stage.part("mortal", KILLED)
    assert "ended with signal 9" in stage.run()


def test_a_part_that_does_not_stop_is_killed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHUTDOWN_TIMEOUT", 0.1)
    stage.part("deaf", DEAF)
    assert stage.run(stop_when="WELCOME") == ""
    assert stage.left_behind() == []
    assert "The deaf was killed." in stage.out.getvalue()


def test_being_asked_twice_waits_for_nobody(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHUTDOWN_TIMEOUT", 30)
    stage.part("deaf", DEAF)
    stage.part("deaf too", DEAF)
    asked: list[float] = []

    def write(said: str) -> int:
        if "WELCOME" in said:
            asked.append(time.monotonic())
            stage.events.put(StopRequested())
            stage.events.put(StopRequested())
        return len(said)

    stage.out.write = write  # type: ignore[method-assign]
    Supervisor(stage.parts, stage.folder, stage.events, out=stage.out, coloured=False).run("WELCOME")
    assert stage.left_behind() == []
    assert time.monotonic() - asked[0] < module.SHUTDOWN_TIMEOUT


def test_a_part_that_never_answers_ends_it_and_is_named(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STARTUP_TIMEOUT", 0.3)
    stage.part("mute", "import time\ntime.sleep(60)\n")
    assert stage.run() == "No answer within 0 s from the mute."
    assert stage.left_behind() == []


def test_a_stop_while_starting_leaves_nothing_behind(stage: Stage) -> None:
    stage.part("one", SERVING)
    stage.part("second", SERVING)
    assert stage.run(stop_when="Starting") == ""
    assert stage.left_behind() == []
    assert "WELCOME" not in stage.out.getvalue()


def test_when_nobody_reads_the_output_any_more_everything_is_stopped(stage: Stage) -> None:
    stage.part("one", SERVING)

    def write(text: str) -> int:
        raise BrokenPipeError(text)

    stage.out.write = write  # type: ignore[method-assign]
    processes = Supervisor(stage.parts, stage.folder, stage.events, out=stage.out, coloured=False)
    assert processes.run("WELCOME") == ""
    assert stage.left_behind() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions")
def test_each_part_has_a_session_of_its_own_so_that_ctrl_c_reaches_it_through_us_only(stage: Stage) -> None:
    part = stage.part("one", SERVING)
    sessions: list[int] = []

    def write(said: str) -> int:
        if "WELCOME" in said and part.popen:
            sessions.append(os.getsid(part.popen.pid))
            stage.events.put(StopRequested())
        return len(said)

    stage.out.write = write  # type: ignore[method-assign]
    Supervisor(stage.parts, stage.folder, stage.events, out=stage.out, coloured=False).run("WELCOME")
    assert part.popen
    assert sessions == [part.popen.pid]
