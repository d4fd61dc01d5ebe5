"""The format of a log line, and what it never shows."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator

import pytest

from mcp_server.http.log_format import SingleLineFormatter, log_to_stderr


def formatted(message: str, *secrets: str, with_error: bool = False) -> str:
    record = logging.LogRecord("mcp_server.x", logging.WARNING, "x.py", 1, message, (), None)
    if with_error:
        try:
            raise RuntimeError("account U1234567\nsecond line")
        except RuntimeError:
            record.exc_info = sys.exc_info()
    return SingleLineFormatter(secrets).format(record)


def test_an_event_is_one_line() -> None:
    line = formatted("one\r\ntwo\u2028three\x85four")
    assert line.endswith("WARNING mcp_server.x: one | two | three | four")


def test_a_traceback_is_on_the_same_line_with_its_location() -> None:
    line = formatted("failed", with_error=True)
    assert "\n" not in line
    assert "RuntimeError: account U***4567 | second line" in line
    assert "test_log_format.py" in line


def test_account_ids_and_the_token_are_not_shown() -> None:
    line = formatted("account DU1234567 sent s3cret-token", "s3cret-token")
    assert "DU***4567 sent ***" in line


@pytest.fixture
def restored_loggers() -> Iterator[None]:
    root = logging.getLogger()
    ours = [logging.getLogger(name) for name in ("mcp_server", "api_gateway")]
    before = root.handlers[:], root.level, [each.level for each in ours]
    root.handlers = []
    yield
    root.handlers, root.level, levels = before
    for each, level in zip(ours, levels, strict=True):
        each.setLevel(level)


@pytest.mark.usefixtures("restored_loggers")
def test_our_events_are_logged_from_the_given_level_and_the_libraries_from_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr("DEBUG")
    logging.getLogger("mcp_server.http.serving").debug("ours")
    logging.getLogger("httpcore").debug("library: cookie")
    logging.getLogger("mcp.server").info("library: session id")
    logging.getLogger("uvicorn.error").warning("library warning")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ", 1)[1] for line in lines] == ["ours", "library warning"]


@pytest.mark.usefixtures("restored_loggers")
def test_a_call_that_is_cancelled_at_shutdown_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("INFO")
    for error in (asyncio.CancelledError(), RuntimeError()):
        logging.getLogger("uvicorn.error").error("%s in ASGI application", type(error), exc_info=error)
    logged = capsys.readouterr().err
    assert "CancelledError" not in logged
    assert "RuntimeError" in logged
