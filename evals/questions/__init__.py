"""Questions as a retail trader, an advisor or an engineer asks them."""

from __future__ import annotations

from typing import Final

from evals.question import Question
from evals.questions.account import ACCOUNT_QUESTIONS
from evals.questions.activity import ACTIVITY_QUESTIONS
from evals.questions.history import HISTORY_QUESTIONS
from evals.questions.holdings import HOLDING_QUESTIONS
from evals.questions.options import OPTION_QUESTIONS
from evals.questions.performance import PERFORMANCE_QUESTIONS
from evals.questions.quotes import QUOTE_QUESTIONS
from evals.questions.trouble import TROUBLE_QUESTIONS

QUESTIONS: Final[tuple[Question, ...]] = (
    *ACCOUNT_QUESTIONS,
    *HOLDING_QUESTIONS,
    *PERFORMANCE_QUESTIONS,
    *ACTIVITY_QUESTIONS,
    *QUOTE_QUESTIONS,
    *HISTORY_QUESTIONS,
    *OPTION_QUESTIONS,
    *TROUBLE_QUESTIONS,
)
