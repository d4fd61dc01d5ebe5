"""Colours, sizes and settings of every picture.

A picture has a background of its own, so that it reads the same on a light and on a dark page, and a border
that is visible on both. Texts have a contrast of at least 4.5 to the background (WCAG AA), lines and bars of
at least 3. The colours differ for colour-blind people too, and never carry a meaning alone: lines have dashes
and labels, rising candles are hollow, negative bars are hatched.
"""

from __future__ import annotations

from dataclasses import dataclass

BACKGROUND = "#FCFCFA"
BORDER = "#80868F"
TEXT = "#1F2328"
MUTED_TEXT = "#57606A"
GRID = "#DDE0E4"
ZERO_LINE = "#6E7781"

BLUE = "#0060A8"
ORANGE = "#B84A00"
VOLUME = "#7D8590"
AREA = "#DCE9F4"
"""The area below a line of prices; the line itself carries the contrast."""


@dataclass(frozen=True)
class LineStyle:
    """How one of several lines looks. `dashes` are lengths of dash and gap in line widths; none: solid."""

    color: str
    width: float
    dashes: tuple[float, ...] = ()


LINE_STYLES = (
    LineStyle(BLUE, 2.2),
    LineStyle(ORANGE, 1.6, (5, 1.5)),
    LineStyle("#1F2328", 1.4, (1.2, 1.2)),
    LineStyle("#8C3B8F", 1.6, (7, 1.5, 1.2, 1.5)),
    LineStyle("#00795C", 1.6, (2.8, 1)),
    LineStyle("#7A5C00", 1.6, (8, 1.5, 1.2, 1.5, 1.2, 1.5)),
)

WIDTH = 6.0
HEIGHT = 3.6
"""Inches. Shown 600 pixels wide, an inch has 100 pixels, and a text of 8.5 points is 12 pixels high."""

RESOLUTIONS = (150, 100, 75)
"""Dots per inch, the best first: 900 pixels are sharp at 600, and cost a model half as much as 1200."""

MAX_BYTES = 100_000

TITLE_SIZE = 11.0
TEXT_SIZE = 8.5
SMALL_SIZE = 8.0

SETTINGS = {
    "font.family": ["DejaVu Sans"],
    "font.size": TEXT_SIZE,
    "text.color": TEXT,
    "text.parse_math": False,  # a name such as "A$B$" is text, not a formula
    "text.usetex": False,
    "axes.facecolor": BACKGROUND,
    "axes.edgecolor": ZERO_LINE,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.spines.left": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": BACKGROUND,
    "figure.edgecolor": BORDER,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.9,
    "lines.scale_dashes": True,
    "xtick.color": MUTED_TEXT,
    "ytick.color": MUTED_TEXT,
    "xtick.labelsize": TEXT_SIZE,
    "ytick.labelsize": TEXT_SIZE,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
}
"""What differs from the plotting library's own defaults; the user's configuration of it is never used."""
