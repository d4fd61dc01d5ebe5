"""The transcript at the top of README.md: questions, real answers, and a real picture."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evals.question import OPEN
from evals.situation import Situation, call_tool
from tests.virtual_loop import run_in_virtual_time

ROOT: Final = Path(__file__).resolve().parent.parent
README: Final = ROOT / "README.md"
PICTURE: Final = "docs/pictures/performance.png"
_MARKED: Final = re.compile(r"(<!-- transcript[^\n]*-->\n).*?(<!-- end of transcript -->)", re.DOTALL)


@dataclass(frozen=True)
class Turn:
    """A question, and the call that answers it."""

    question: str
    tool: str
    arguments: Mapping[str, Any]


TURNS: Final = (
    Turn("What do I own, and how is it doing?", "get_portfolio", {}),
    Turn(
        "What could I earn by selling calls against my AAPL?",
        "get_option_chain",
        {"underlying": "AAPL", "for": "covered_call"},
    ),
    Turn(
        "How have I done this month, compared with SPY?",
        "get_performance",
        {"period": "MTD", "against": "SPY"},
    ),
)


def with_transcript(readme: str) -> str:
    """The README with the transcript of today's answers, whose last turn has the picture."""
    return _MARKED.sub(lambda found: found[1] + run_in_virtual_time(_transcript()) + found[2], readme)


async def _transcript() -> str:
    lines: list[str] = []
    async with Situation("retail", OPEN, {}).client() as client:
        for turn in TURNS:
            text, failed, _ = await call_tool(client, turn.tool, turn.arguments)
            if failed:
                raise RuntimeError(f"{turn.tool}: {text}")
            lines += [f"> {turn.question}", "", "```", text, "```", ""]
    lines += [f'<img src="{PICTURE}" width="600" alt="Returns of the account and of SPY this month">', ""]
    return "\n".join(lines) + "\n"


def draw_picture() -> bytes:
    """The picture of the last turn. It is drawn by a child process, so in real time."""

    async def draw() -> bytes:
        async with Situation("retail", OPEN, {}).client() as client:
            _, failed, pictures = await call_tool(
                client, TURNS[-1].tool, {**TURNS[-1].arguments, "chart": True}
            )
            if failed or not pictures:
                raise RuntimeError("There is no picture.")
            return base64.b64decode(pictures[0].data)

    return asyncio.run(draw())


def write_readme() -> None:
    """Write the transcript and the picture."""
    README.write_text(with_transcript(README.read_text(encoding="utf-8")), encoding="utf-8")
    picture = ROOT / PICTURE
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(draw_picture())
