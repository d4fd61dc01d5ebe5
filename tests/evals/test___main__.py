"""The command: what it refuses."""

from __future__ import annotations

import pytest

from evals.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["--only", "no question has this"], {}, "no question has this"),
        (["--model", "any"], {}, "OPENAI_API_KEY"),
        (["--model", "claude-any"], {"OPENAI_API_KEY": "other"}, "ANTHROPIC_API_KEY"),
    ],
)
def test_what_cannot_be_run_is_named(
    capsys: pytest.CaptureFixture[str], arguments: list[str], environment: dict[str, str], named: str
) -> None:
    assert main(arguments, environment) == 2
    assert named in capsys.readouterr().err


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
def test_chosen_questions_are_answered_without_writing_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "buying power"], {}) == 0
    written = capsys.readouterr().out
    assert "1 of 1 questions pass" in written
    assert "Written" not in written
