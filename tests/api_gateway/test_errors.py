"""The tree of errors."""

from __future__ import annotations

import re

from api_gateway import errors
from api_gateway.client import gateway  # imports every module that could define one

assert gateway


def _all_below(kind: type[Exception]) -> set[type[Exception]]:
    return set(kind.__subclasses__()).union(*(_all_below(below) for below in kind.__subclasses__()))


def test_the_docstring_lists_every_error_and_no_other() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    assert drawn == {kind.__name__ for kind in _all_below(errors.GatewayError)}, (
        "api_gateway/errors.py: draw every class in the module's docstring, such as\n"
        "├── Invalid          an argument was invalid; not sent"
    )


def test_the_text_has_the_request_the_problem_and_the_next_step() -> None:
    error = errors.Refused(request="GET /x", problem="IBKR refused: no.", hint="Use y.")
    assert str(error) == "GET /x: IBKR refused: no. Use y."
    assert (error.request, error.problem, error.hint) == ("GET /x", "IBKR refused: no.", "Use y.")


def test_a_rate_limit_error_has_the_seconds() -> None:
    assert errors.RateLimited(request="GET /x", problem="Too fast.", hint="Wait.", seconds=4.5).seconds == 4.5
