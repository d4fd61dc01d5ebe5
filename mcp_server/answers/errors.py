"""The error of an answer that cannot be given as requested."""

from __future__ import annotations


class AnswerError(Exception):
    """What is wrong with the request, and what to write instead. `str()` joins both.

    `retry_as_text` is a table of choices that follows the sentences, if there is one.
    """

    def __init__(self, problem: str, hint: str = "", choices: str = "") -> None:
        super().__init__(" ".join(filter(None, (problem, hint))) + (f"\n{choices}" if choices else ""))
        self.problem = problem
        self.hint = hint
        self.choices = choices
