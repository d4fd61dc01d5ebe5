"""The transcript of README.md shows what the product answers today."""

from __future__ import annotations

from evals.pages import COMMAND
from evals.readme import PICTURE, README, ROOT, with_transcript


def test_the_transcript_of_the_readme_is_what_the_product_answers() -> None:
    readme = README.read_text(encoding="utf-8")
    assert readme == with_transcript(readme), f"The answers have changed. Run: {COMMAND}"


def test_the_picture_of_the_readme_is_there() -> None:
    assert (ROOT / PICTURE).read_bytes().startswith(b"\x89PNG")
