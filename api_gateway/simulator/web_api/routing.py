"""How a section of the simulator says which requests it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api_gateway.simulator.simulation import Simulation


class Needs(Enum):
    """What must be there before IBKR answers at all."""

    NOTHING = "nothing"
    LOGIN = "login"
    BROKERAGE = "brokerage session"


@dataclass(frozen=True)
class Call:
    """One request as a section sees it: already past login, limits and faults."""

    method: str
    path: str
    values: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Reply:
    """An answer that is not simply JSON with status 200. `bytes` bodies go out as they are."""

    status: int
    body: Any = None
    content_type: str = "application/json"


class Refusal(Exception):
    """IBKR's way of saying no, with its status and its body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.reply = Reply(status, body)


def bad_request(text: str) -> Refusal:
    """The refusal that most of IBKR's validation gives."""
    return Refusal(400, {"error": f"Bad Request: {text}", "statusCode": 400})


Answer = Callable[["Simulation", Call], Any]


@dataclass(frozen=True)
class Endpoint:
    """A method and a path template such as `/portfolio/{accountId}/meta`, and who answers it.

    While the brokerage session opens, what `reads` is answered with nothing, in a list if it `lists`, and
    what does not is refused.
    """

    method: str
    template: str
    needs: Needs
    answer: Answer
    reads: bool
    lists: bool


class Section:
    """Collects the endpoints of one section of IBKR's reference."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoints: list[Endpoint] = []

    def answers(
        self, method: str, template: str, *, needs: Needs, reads: bool | None = None, lists: bool = False
    ) -> Callable[[Answer], Answer]:
        """Register the decorated function as the answer to one method and path.

        A GET reads unless it says otherwise, and nothing else does.
        """

        def register(answer: Answer) -> Answer:
            only_reads = method == "GET" if reads is None else reads
            self.endpoints.append(Endpoint(method, template, needs, answer, only_reads, lists))
            return answer

        return register
