"""A figure with a background, border, title and note, and its PNG image; uses no global state of pyplot.

Only the process that draws imports this module: the plotting library needs 70 MB.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text

from mcp_server.pictures import style
from mcp_server.pictures.label_text import cut_text, drawable_text

MARGIN = 0.14
"""Inches between the border and what is drawn."""

HEADER = 0.62
FOOTER = 0.62


@contextmanager
def picture_settings() -> Iterator[None]:
    """The project's settings of the plotting library, whatever the user's configuration of it says."""
    settings: dict[Any, Any] = dict(matplotlib.rcParamsDefault)
    with matplotlib.rc_context(settings | style.SETTINGS):
        yield


class Canvas:
    """A figure `height` inches high; places are in inches from its lower left corner."""

    def __init__(self, title: str, note: str, footer: str = "", *, height: float = style.HEIGHT) -> None:
        self.width = style.WIDTH
        self.height = height
        self._figure = Figure(figsize=(self.width, height), linewidth=2.4)
        FigureCanvasAgg(self._figure)  # attaches itself to the figure
        self._glyphs = get_font(findfont(FontProperties(family=["DejaVu Sans"]))).get_charmap()
        top = height - MARGIN
        self.write(title, MARGIN, top, size=style.TITLE_SIZE, bold=True, va="top")
        self.write(note, MARGIN, top - 0.23, size=style.SMALL_SIZE, color=style.MUTED_TEXT, va="top")
        self.write(footer, MARGIN, MARGIN - 0.04, size=style.SMALL_SIZE, color=style.MUTED_TEXT, va="bottom")

    def add_axes(self, left: float, bottom: float, right: float, top: float) -> Axes:
        """Axes between these places."""
        box = (
            left / self.width,
            bottom / self.height,
            max(right - left, 0.1) / self.width,
            max(top - bottom, 0.1) / self.height,
        )
        return self._figure.add_axes(box)

    def write(
        self,
        text: str,
        x: float,
        y: float,
        *,
        width: float | None = None,
        size: float = style.TEXT_SIZE,
        color: str = style.TEXT,
        bold: bool = False,
        ha: str = "left",
        va: str = "center",
    ) -> None:
        """Write a text, cut to `width` inches or to the picture's edge."""
        room = self.width - MARGIN - x if width is None else width
        weight = "bold" if bold else "normal"
        text = self.fit(text, room, size=size, bold=bold)
        self._figure.text(
            x / self.width, y / self.height, text, size=size, color=color, weight=weight, ha=ha, va=va
        )

    def fit(self, text: str, width: float, *, size: float = style.TEXT_SIZE, bold: bool = False) -> str:
        """The text without what cannot be drawn, cut to `width` inches."""
        return cut_text(drawable_text(text, self._glyphs), width, partial(self.measure, size=size, bold=bold))

    def measure(self, text: str, *, size: float = style.TEXT_SIZE, bold: bool = False) -> float:
        """The width of a text in inches."""
        drawn = Text(0, 0, text, size=size, weight="bold" if bold else "normal", figure=self._figure)
        return drawn.get_window_extent().width / self._figure.dpi

    def measure_all(self, texts: Iterable[str], *, bold: bool = False) -> float:
        """The width of the longest text in inches."""
        return max(self.measure(text, bold=bold) for text in texts)

    def write_no_data(self) -> None:
        """Say in the middle of the picture that there is nothing to draw."""
        self.write("no data", self.width / 2, self.height / 2, width=2, color=style.MUTED_TEXT, ha="center")

    def to_png(self) -> bytes:
        """The picture, in the best resolution that keeps it small. Equal pictures are equal bytes."""
        for resolution in style.RESOLUTIONS:
            png = io.BytesIO()
            self._figure.savefig(
                png, format="png", dpi=resolution, edgecolor=style.BORDER, metadata={"Software": None}
            )
            if png.tell() <= style.MAX_BYTES:
                return png.getvalue()
        raise ValueError(f"the picture has {png.tell()} bytes even at {style.RESOLUTIONS[-1]} dots per inch")
