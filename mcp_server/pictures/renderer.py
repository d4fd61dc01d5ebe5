"""Draw a chart in a child process.

A child process costs half a second, in which it imports the plotting library. In return the server stays
small (the library needs 70 MB, which a process never gives back), its event loop is never blocked, a picture
can be cancelled at any time, and two cannot interfere through the library's global settings.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path

from mcp_server.pictures.charts import Chart, check_moments
from mcp_server.pictures.description import describe
from mcp_server.pictures.picture import Picture
from mcp_server.pictures.wire import encode_chart

SECONDS = 30.0
MODULE = "mcp_server.pictures"
IMPORT_ROOT = Path(__file__).resolve().parents[2]
"""Where the child process finds this package."""

_MOST_LOGGED = 300
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

logger = logging.getLogger(__name__)


class PictureError(Exception):
    """There is no picture; the text says why, in a sentence for the user."""


async def draw_in_child_process(chart: bytes) -> bytes:
    """The PNG image of an encoded chart. The child process is killed if the caller is cancelled."""
    # The plotting library writes a list of fonts; a temporary folder also works with a read-only home.
    with tempfile.TemporaryDirectory(prefix="ib-mcp-picture-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULE,
            folder,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=IMPORT_ROOT,
        )
        try:
            png, messages = await process.communicate(chart)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode != 0 or not png.startswith(_SIGNATURE):
        last = messages.decode(errors="replace").strip().rpartition("\n")[2]
        logger.warning("Drawing a picture failed (exit code %s): %s", process.returncode, last[:_MOST_LOGGED])
        raise PictureError("The picture was not drawn; the server's log has the reason.")
    return png


class PictureRenderer:
    """Draws one picture at a time, so that many requests need no more memory than one.

    `run` turns an encoded chart into a PNG image; the default does so in a child process.
    """

    def __init__(
        self, run: Callable[[bytes], Awaitable[bytes]] = draw_in_child_process, *, seconds: float = SECONDS
    ) -> None:
        self._run = run
        self._seconds = seconds
        self._turn = asyncio.Lock()

    async def draw(self, chart: Chart) -> Picture:
        """The picture of a chart, at most 100 KB, with its description.

        Raises `PictureError` if there is none; the caller answers with the numbers and the error's sentence.
        """
        check_moments(chart)
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                png = await self._run(encode_chart(chart))
        except TimeoutError:
            raise PictureError(
                f"The picture was not drawn within {self._seconds:g} s; try again later."
            ) from None
        except OSError as error:
            logger.warning("A picture could not be drawn: %s", error)
            raise PictureError(
                "The picture was not drawn: its process or temporary folder could not be created."
            ) from error
        return Picture(png, describe(chart))
