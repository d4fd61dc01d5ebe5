"""Who may import whom, no import circles, who may read the environment, and no work done on import."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GATEWAY = "api_gateway"
SIMULATOR = "api_gateway.simulator"
SERVICES = ("ticker_service", "mcp_server", "routers_generator")
PACKAGES = (GATEWAY, *SERVICES)
ROOT_PACKAGE = "ib_mcp"

ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv"}
SETTINGS_BASE = "pydantic_settings.BaseSettings"
LOAD = "api_gateway.settings.load"
PICTURES = "mcp_server.pictures.__main__"
PLOTTING = ("matplotlib", "numpy", "PIL")


@dataclass(frozen=True)
class Module:
    """A module of the project: its dotted name, its text, and whether it is a package's `__init__`."""

    name: str
    text: str
    is_package: bool = False

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]

    def inside(self, package: str) -> bool:
        return within(self.name, package)

    @property
    def path(self) -> str:
        """The file, relative to the root."""
        return self.name.replace(".", "/") + ("/__init__.py" if self.is_package else ".py")


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@cache
def modules() -> list[Module]:
    """Every module of the product."""
    found = []
    for package in (*PACKAGES, ROOT_PACKAGE):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            found.append(Module(name, path.read_text(encoding="utf-8"), is_package))
    return found


@cache
def parse(text: str) -> ast.Module:
    """Parsed once for all tests of this file."""
    return ast.parse(text)


def imported(module: Module) -> Iterator[tuple[int, str]]:
    """Every name that the module imports, with its line: `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(parse(module.text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                up = node.level - 1 if module.is_package else node.level
                package = module.name.split(".")
                source = ".".join([*package[: len(package) - up], *filter(None, [node.module])])
            yield node.lineno, source
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def used(module: Module) -> Iterator[tuple[int, str]]:
    """Every dotted name that the module uses, in full, with its line."""
    tree = parse(module.text)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            parts: list[str] = []
            inner: ast.expr = node
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name) and inner.id in known:
                yield node.lineno, ".".join([known[inner.id], *reversed(parts)])


def written_variables(module: Module) -> Iterator[int]:
    """The lines that only write to the environment, for a library that reads it."""
    for node in ast.walk(parse(module.text)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield from (to.lineno for to in node.targets if isinstance(to, ast.Subscript))


def broken_import_rules(module: Module) -> list[str]:
    """The imports of the module that are not allowed."""
    wrong = []
    for line, name in imported(module):
        why = None
        if within(name, ROOT_PACKAGE) and not module.inside(ROOT_PACKAGE):
            why = "no module imports the composition root"
        elif module.inside(GATEWAY) and any(within(name, service) for service in SERVICES):
            why = "api_gateway imports no service"
        elif module.inside(GATEWAY) and not module.inside(SIMULATOR) and within(name, SIMULATOR):
            why = "the gateway's client does not import the simulator"
        elif any(
            module.inside(own) and within(name, other)
            for own in SERVICES
            for other in SERVICES
            if own != other
        ):
            why = "the services do not import each other"
        if why:
            wrong.append(f"{module.path}:{line} imports {name}: {why}")
    return wrong


def broken_settings_rules(module: Module) -> list[str]:
    """The lines where the module reads the environment or loads settings without being allowed to."""
    may_load = module.last == "__main__" or module.inside(ROOT_PACKAGE)
    may_read = module.last == "settings" or module.inside(ROOT_PACKAGE)
    wrong = []
    written = set(written_variables(module)) if module.last == "__main__" else set()
    for line, name in used(module):
        if line in written and within(name, "os.environ"):
            continue
        if not may_read and (name == SETTINGS_BASE or any(within(name, each) for each in ENVIRONMENT)):
            wrong.append(f"{module.path}:{line} uses {name}: only settings.py reads the environment")
        if not may_load and module.last != "settings" and name == LOAD:
            wrong.append(f"{module.path}:{line} uses {name}: only __main__ loads settings")
    return wrong


def import_circles(every: list[Module]) -> list[list[str]]:
    """The groups of modules that import each other, directly or indirectly, each in alphabetical order.

    Every import statement counts, including those inside a function or under `if TYPE_CHECKING`. Importing
    `a.b` does not count as an import of `a`, although it runs `a/__init__.py` first.
    """
    imports = imports_of_each(every)
    reached = {name: _reachable(name, imports) for name in imports}
    circles = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in imports
        if name in reached[name]
    }
    return [list(circle) for circle in sorted(circles)]


def imports_of_each(every: list[Module]) -> dict[str, set[str]]:
    """The modules among these that each of them imports."""
    names = {module.name for module in every}
    return {
        module.name: {name for _, name in imported(module) if name in names} - {module.name}
        for module in every
    }


def _reachable(start: str, imports: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        for name in imports[pending.pop()] - found:
            found.add(name)
            pending.append(name)
    return found


def type_checking_imports(module: Module) -> list[str]:
    """The lines where the module uses `TYPE_CHECKING`."""
    return [f"{module.path}:{line}" for line, name in used(module) if name == "typing.TYPE_CHECKING"]


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert import_circles(modules()) == [], (
        "these modules import each other: move what both need to a third one, and import that, such as\n"
        "    from api_gateway.client.rate_limits import IBKR_LIMITS"
    )


def test_no_import_is_hidden_behind_type_checking() -> None:
    hidden = [place for module in modules() for place in type_checking_imports(module)]
    assert hidden == [], (
        "import without `if TYPE_CHECKING`, such as\n    from collections.abc import Callable"
    )


@pytest.mark.parametrize(
    "texts",
    [
        {"p.a": "import p.b", "p.b": "import p.a"},
        {"p.a": "from p import b", "p.b": "from p.a import f"},
        {"p.a": "from . import b", "p.b": "from .a import f"},
        {"p.a": "def f():\n    import p.b", "p.b": "import p.a"},
        {"p.a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.b", "p.b": "import p.a"},
        {"p.a": "import p.b", "p.b": "import p.c", "p.c": "import p.a"},
    ],
)
def test_a_circle_is_found_however_it_is_written(texts: dict[str, str]) -> None:
    others = [Module("p.above", "import p.a"), Module("p.below", "import os")]
    found = import_circles([*others, *(Module(name, text) for name, text in texts.items())])
    assert found == [sorted(texts)]


def test_two_paths_to_the_same_module_are_not_a_circle() -> None:
    texts = {"p.a": "import p.b, p.c", "p.b": "import p.d", "p.c": "import p.d", "p.d": "import os"}
    assert import_circles([Module(name, text) for name, text in texts.items()]) == []


@pytest.mark.parametrize(
    "text",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b",
        "import typing\nif typing.TYPE_CHECKING:\n    import b",
        "import typing as t\nif not t.TYPE_CHECKING:\n    pass\nelse:\n    import b",
    ],
)
def test_type_checking_is_found_however_it_is_written(text: str) -> None:
    assert len(type_checking_imports(Module("a", text))) == 1


def test_every_import_is_allowed() -> None:
    wrong = [each for module in modules() for each in broken_import_rules(module)]
    assert wrong == [], (
        "remove these imports: pass the object as an argument from `ib_mcp` or a `__main__`, or call the "
        "service over HTTP, such as\n    TickerClient(settings.ticker_url)"
    )


def test_only_settings_modules_read_the_environment_and_only_main_modules_load_settings() -> None:
    wrong = [each for module in modules() for each in broken_settings_rules(module)]
    assert wrong == [], (
        "add a field to the package's settings.py, and pass its value as an argument, such as\n"
        '    ticker_port: int = Field(default=5056, description="TCP port to listen on; 0 picks a free one.")'
    )


def test_no_program_but_the_one_that_draws_imports_the_plotting_library() -> None:
    every = modules()
    imports = imports_of_each(every)
    programs = {module.name for module in every if module.last == "__main__"} - {
        "mcp_server.pictures.__main__"
    }
    running = programs.union(*(_reachable(program, imports) for program in programs))
    assert "mcp_server.pictures.renderer" in running
    importing = [
        f"{module.path}:{line}"
        for module in every
        if module.name in running
        for line, name in imported(module)
        if any(within(name, each) for each in PLOTTING)
    ]
    assert importing == [], (
        "it needs 70 MB: draw in the child process, such as\n    await context.pictures.draw(chart)"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ticker_service.heartbeat", "import mcp_server.app"),
        ("ticker_service.heartbeat", "from mcp_server import app"),
        ("mcp_server.app", "import routers_generator"),
        ("routers_generator.write", "def f():\n    from ticker_service.heartbeat import beat"),
        ("api_gateway.client.gateway", "import mcp_server.rest.relay as relay"),
        ("api_gateway.simulator.app", "from ticker_service import beat"),
        ("api_gateway.client.gateway", "from api_gateway.simulator.clock import Clock"),
        ("api_gateway.client.gateway", "from api_gateway import simulator"),
        ("api_gateway.client.gateway", "from ..simulator import clock"),
        ("api_gateway.client.gateway", "from .. import simulator"),
        ("ticker_service.heartbeat", "from ib_mcp.cli import main"),
    ],
)
def test_a_forbidden_import_is_found_however_it_is_written(name: str, text: str) -> None:
    assert len(broken_import_rules(Module(name, text))) >= 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ticker_service.heartbeat", "from api_gateway.client.gateway import Gateway"),
        ("mcp_server.server", "import mcp_server.app, api_gateway.errors"),
        ("api_gateway.simulator.app", "from api_gateway.simulator import clock"),
        ("api_gateway.simulator.app", "from . import clock"),
        ("mcp_server.app", "import mcp_servers, ib_mcp_other"),
    ],
)
def test_an_allowed_import_is_accepted(name: str, text: str) -> None:
    assert broken_import_rules(Module(name, text)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mcp_server.app", "import os\nHOME = os.environ['HOME']"),
        ("mcp_server.app", "import os as o\nHOME = o.environ.get('HOME')"),
        ("mcp_server.app", "from os import environ as e\nHOME = e['HOME']"),
        ("mcp_server.app", "from os import getenv\nHOME = getenv('HOME')"),
        ("mcp_server.__main__", "import os\nHOME = os.getenv('HOME')"),
        ("mcp_server.__main__", "import os\nos.environ['HOME'] = os.environ['HOUSE']"),
        ("mcp_server.app", "import os\nos.environ['A_LIBRARY_READS'] = 'this'"),
        ("mcp_server.app", "from pydantic_settings import BaseSettings\nclass S(BaseSettings): ..."),
        ("mcp_server.app", "import pydantic_settings as p\nclass S(p.BaseSettings): ..."),
        ("mcp_server.app", "from api_gateway.settings import load\nload(S)"),
        ("mcp_server.app", "from api_gateway import settings\nsettings.load(S)"),
    ],
)
def test_reading_settings_in_the_wrong_place_is_found(name: str, text: str) -> None:
    assert len(broken_settings_rules(Module(name, text))) >= 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "mcp_server.settings",
            "import os\nfrom pydantic_settings import BaseSettings\nos.environ, BaseSettings",
        ),
        ("mcp_server.__main__", "from api_gateway.settings import load\nload(S)"),
        ("ib_mcp.demo", "import os\nfrom api_gateway.settings import load\nos.environ, load"),
        ("mcp_server.app", "import os\nos.path.join('a', 'b')\nload = json.load"),
        ("mcp_server.__main__", "import os\nos.environ['A_LIBRARY_READS'] = 'this'"),
    ],
)
def test_reading_settings_in_the_right_place_is_accepted(name: str, text: str) -> None:
    assert broken_settings_rules(Module(name, text)) == []


IMPORTER = """
import importlib, os, sys, threading

for name in sys.argv[1].split(","):   # third-party modules first, whatever they do
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        pass

def watch(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if writes or event.startswith(("socket.", "subprocess.", "os.system", "os.fork", "os.posix_spawn")):
        raise AssertionError(f"importing did {event} {args}")

sys.addaudithook(watch)
before = set(threading.enumerate())
environment = dict(os.environ)
for name in sys.argv[2].split(","):
    importlib.import_module(name)
assert set(threading.enumerate()) == before, "importing started a thread"
assert dict(os.environ) == environment, "importing changed the environment"
"""


def import_all(wanted: list[Module], cwd: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Import the modules in a fresh process that may open no socket, write no file and start nothing."""
    names = [module.name for module in wanted]
    foreign = sorted(
        {
            name
            for module in wanted
            for _, name in imported(module)
            if name.partition(".")[0] not in (*PACKAGES, ROOT_PACKAGE, "__future__")
        }
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORTER, ",".join(foreign), ",".join(names)],
        cwd=cwd,
        env={"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.thorough
def test_importing_a_module_has_no_side_effects(tmp_path: Path) -> None:
    outcome = import_all(modules(), tmp_path, ROOT)
    example = (
        "the traceback names the file; do the work in a function that a `main` calls, such as\n"
        "    def main(arguments: Sequence[str] | None = None) -> int:"
    )
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", ""), example
    assert list(tmp_path.iterdir()) == [], example


@pytest.mark.parametrize(
    "text",
    [
        "import socket\nsocket.socket()",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(5,), daemon=True).start()",
        "print('hello')",
        "open('left.txt', 'w').close()",
        "import os\nos.environ['LEFT'] = '1'",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-V'])",
        "import warnings\nwarnings.warn('hello')",
    ],
)
def test_a_module_that_does_something_when_imported_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "busy.py").write_text(text, encoding="utf-8")
    outcome = import_all([Module("busy", text)], tmp_path, tmp_path)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) != (0, "", "")
