"""The Docker engine that the container tests need, and what is printed when there is none."""

import shutil
import subprocess

import pytest

NOT_RUN = "no Docker engine with the compose plugin is available"
BANNER = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> None:
    """A Docker engine; without one, skips the test and says so prominently."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        if (
            shutil.which("docker") is None
            or subprocess.run(command, capture_output=True, check=False).returncode
        ):
            pytestconfig.stash[BANNER] = True
            pytest.skip(NOT_RUN)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print it in the summary, because a skipped test is easily overlooked."""
    if config.stash.get(BANNER, False):
        terminalreporter.section("THE CONTAINERS WERE NOT TESTED", sep="#", red=True, bold=True)
        terminalreporter.line(f"Nothing was built and nothing was started: {NOT_RUN}.")
