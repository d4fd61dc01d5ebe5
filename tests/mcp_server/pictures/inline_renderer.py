"""Draws pictures in the tests' own process, for tests in virtual time: a child process takes real time."""

from __future__ import annotations

from mcp_server.pictures.renderer import PictureRenderer
from mcp_server.pictures.wire import decode_chart


async def draw_inline(chart: bytes) -> bytes:
    """The PNG image of an encoded chart, exactly as the child process draws it."""
    from mcp_server.pictures.drawing import draw  # most tests draw nothing, and this imports the library

    return draw(decode_chart(chart))


def inline_renderer() -> PictureRenderer:
    """A renderer that starts no process."""
    return PictureRenderer(draw_inline)
