"""What IBKR asks before it takes an order, while it waits for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_OID, uuid5

from api_gateway.simulator.orders.order import Order


@dataclass(frozen=True)
class ConfirmationQuestion:
    """One message that a customer has to confirm; `message_id` is its id in suppressions."""

    message_id: str
    text: str


@dataclass(frozen=True)
class Submission:
    """Orders on their way into the book, or one that takes the place of an order that is there.

    `orders` have the accounts that they are for; an order for a group is there once for each account of it,
    always with the same number. `questions` are still to be asked, the first of them first.
    """

    orders: tuple[tuple[str, Order], ...]
    questions: tuple[ConfirmationQuestion, ...] = ()
    is_modification: bool = False

    def without_first_question(self) -> Submission:
        """The same without its first question."""
        return replace(self, questions=self.questions[1:])


@dataclass(frozen=True)
class Prompt:
    """A choice that IBKR offers about an order which waits for it in the book."""

    order_id: int
    request_id: str
    options: Sequence[str]


@dataclass
class OpenQuestions:
    """The question that waits for its reply, and those that have waited in vain. One at a time is open."""

    _open: tuple[str, Submission] | None = None
    _superseded_ids: set[str] = field(default_factory=set)
    _question_count: int = 0

    def open_question(self, submission: Submission, now: float) -> str:
        """Ask the submission's first question; gives the id with which to reply."""
        self.supersede()
        self._question_count += 1
        _, order = submission.orders[0]
        terms = f"{order.order_id}:{submission.questions[0].message_id}:{self._question_count}:{now}"
        reply_id = str(uuid5(NAMESPACE_OID, terms))
        self._open = (reply_id, submission)
        return reply_id

    def supersede(self) -> None:
        """Give up waiting, as another request has come."""
        if self._open is not None:
            self._superseded_ids.add(self._open[0])
            self._open = None

    def take_submission(self, reply_id: str) -> Submission | None:
        """What the question was about, or None if no question with that id is open. It is open no longer."""
        if self._open is None or self._open[0] != reply_id:
            self.supersede()
            return None
        submission = self._open[1]
        self._open = None
        return submission

    def was_superseded(self, reply_id: str) -> bool:
        """Whether a question with this id was asked, and another request came before its reply."""
        return reply_id in self._superseded_ids
