"""The tree of failures is the whole tree."""

from __future__ import annotations

import re

from api_gateway import errors
from api_gateway.client import gateway  # client, so that every module that could add one is there

assert gateway


def _all_below(kind: type[Exception]) -> set[type[Exception]]:
    return set(kind.__subclasses__()).union(*(_all_below(below) for below in kind.__subclasses__()))


def test_the_docstring_names_every_failure_and_no_other() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    assert drawn == {kind.__name__ for kind in _all_below(errors.GatewayError)}


def test_the_text_is_what_was_asked_what_happened_and_what_to_do() -> None:
    error = errors.Refused(request="GET /x", problem="IBKR refused: no.", hint="Ask for y.")
    assert str(error) == "GET /x: IBKR refused: no. Ask for y."
    assert (error.request, error.problem, error.hint) == ("GET /x", "IBKR refused: no.", "Ask for y.")


def test_being_paced_tells_the_seconds() -> None:
    assert errors.RateLimited(request="GET /x", problem="Too fast.", hint="Wait.", seconds=4.5).seconds == 4.5
