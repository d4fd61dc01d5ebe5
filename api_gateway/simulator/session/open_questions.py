"""Order confirmations: the questions that IBKR asks before it accepts an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_OID, uuid5

from api_gateway.simulator.orders.order import Order


@dataclass(frozen=True)
class ConfirmationQuestion:
    """One message that the customer must confirm; `message_id` is its ID for suppression, if it has one."""

    message_id: str
    text: str


@dataclass(frozen=True)
class Submission:
    """Submitted orders that wait for confirmation, or one order that modifies an existing one.

    Each of `orders` has its account; an order for a group appears once per account, with the same ID.
    `questions` are those not yet confirmed, in the order in which they are asked. `failures` are the errors
    of a bracket's children that are not among the orders. With `offers_prompt`, the order waits for one more
    choice once it is accepted. `orders_to_cancel` are the IDs of orders that are cancelled first.
    """

    orders: tuple[tuple[str, Order], ...]
    questions: tuple[ConfirmationQuestion, ...] = ()
    is_modification: bool = False
    failures: tuple[str, ...] = ()
    offers_prompt: bool = False
    orders_to_cancel: tuple[int, ...] = ()

    def without_first_question(self) -> Submission:
        """A copy without the first question."""
        return replace(self, questions=self.questions[1:])

    def without_questions(self) -> Submission:
        """A copy that is submitted without any confirmation."""
        return replace(self, questions=(), offers_prompt=False)


@dataclass(frozen=True)
class Prompt:
    """A choice that IBKR offers about an order in the book, which waits for the reply."""

    order_id: int
    request_id: str
    options: Sequence[str]


@dataclass
class OpenQuestions:
    """The open question, at most one, and the questions that were superseded."""

    _open: tuple[str, Submission] | None = None
    _superseded: dict[str, Submission | None] = field(default_factory=dict)
    _question_count: int = 0

    def open_question(self, submission: Submission, now: float) -> str:
        """Open the submission's first question, and return the ID for the reply."""
        self.supersede()
        self._question_count += 1
        _, order = submission.orders[0]
        terms = f"{order.order_id}:{submission.questions[0].message_id}:{self._question_count}:{now}"
        reply_id = str(uuid5(NAMESPACE_OID, terms))
        self._open = (reply_id, submission)
        return reply_id

    def supersede(self) -> None:
        """Close the open question, because another request arrived."""
        if self._open is not None:
            self._superseded[self._open[0]] = self._open[1]
            self._open = None

    def take_submission(self, reply_id: str) -> Submission | None:
        """Close the open question, and return its submission if it has this ID, else None."""
        if self._open is None or self._open[0] != reply_id:
            self.supersede()
            return None
        submission = self._open[1]
        self._open = None
        return submission

    def was_superseded(self, reply_id: str) -> bool:
        """True if the question with this ID was closed by another request before its reply."""
        return reply_id in self._superseded

    def take_superseded(self, reply_id: str) -> Submission | None:
        """Return the submission of a superseded question on the first call, and None afterwards."""
        submission = self._superseded.get(reply_id)
        if submission is not None:
            self._superseded[reply_id] = None
        return submission
