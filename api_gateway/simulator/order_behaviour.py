"""Order behaviour: which variant applies where IBKR was seen, or is documented, to behave in several ways."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_CANCEL_SECONDS = 3600


class OrderBehaviour(BaseModel):
    """The variants of order handling. The defaults are what IBKR documents, or what was recorded most often.

    `duplicate_status`: the HTTP status of a ticket whose `cOID` is already in use; clients have seen both.
    `late_reply_places`: a reply to a superseded question still gets 503, but the order is live
    afterwards, as recorded once; otherwise the order is discarded, as documented.
    `cancel_seconds`: how long a cancellation takes. The order can fill in the meantime.
    `cancel_names_contract`: a pending cancellation is acknowledged with its contract and account; otherwise
    with conid -1 and no account, which IBKR documents for an immediate cancellation only, but also sends for
    pending ones.
    `filtered_list_empty`: a filtered order list is empty and not a snapshot, although orders exist.
    `random_questions`: each question that applies is asked with a probability of one half, decided by the
    seed and the order ID, because identical tickets did not always raise the same questions.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    duplicate_status: Literal[200, 400] = 200
    late_reply_places: bool = False
    cancel_seconds: Annotated[float, Field(ge=0, le=MAX_CANCEL_SECONDS, allow_inf_nan=False)] = 0.5
    cancel_names_contract: bool = False
    filtered_list_empty: bool = False
    random_questions: bool = False
