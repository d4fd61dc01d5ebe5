"""Types of the answers' arguments, which forgive how hosts and models write them: as text, in lower case."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_OMITTED = ("", "null", "none", "undefined")


class AnswerArguments(BaseModel):
    """Arguments of an answer. Unknown names are rejected; null, "" and "null" mean omitted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_omitted(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            name: each
            for name, each in value.items()
            if not (each is None or (isinstance(each, str) and each.strip().lower() in _OMITTED))
        }


def split_list(value: Any) -> Any:
    """A list from a list, from JSON text, from text with commas or semicolons, or from a single value."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                value = orjson.loads(text)
            except orjson.JSONDecodeError:
                value = text.strip("[]")
        if isinstance(value, str):
            value = value.replace(";", ",").replace("\n", ",").split(",")
    items = value if isinstance(value, (list, tuple)) else [value]
    return [_to_text(each) for each in items if each is not None and str(each).strip()]


def _to_text(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value.strip().strip("\"'").strip() if isinstance(value, str) else value


def _normalize_choice(value: Any) -> Any:
    return (
        value.strip().strip("\"'").lower().replace(" ", "_").replace("-", "_")
        if isinstance(value, str)
        else value
    )


def _singular(value: Any) -> Any:
    choice = _normalize_choice(value)
    return choice.removesuffix("s") if isinstance(choice, str) else choice


def _normalize_text(value: Any) -> Any:
    return _to_text(value)


Texts = Annotated[list[str], BeforeValidator(split_list)]
"""A list of texts, published as a list."""

AnyText = Annotated[str, BeforeValidator(_normalize_text)]
"""Text, or a number written as one."""

as_choice = BeforeValidator(_normalize_choice)
"""For `Annotated[Literal[...], as_choice]`: accepts upper case, spaces and hyphens."""


def normalize_choices(value: Any) -> list[Any]:
    """A list of words, each once, in the form that `Literal` types have."""
    return list(dict.fromkeys(_normalize_choice(each) for each in split_list(value)))


as_singular_choice = BeforeValidator(_singular)
"""As `as_choice`, for words without an s at their end, which accepts their plurals: calls."""

as_choices = BeforeValidator(normalize_choices)
"""For `Annotated[list[Literal[...]], as_choices]`: accepts what `split_list` and `as_choice` accept."""

AccountArgument = Annotated[
    AnyText | None,
    Field(description="Account ID, its last digits, alias, or `all`; only with several accounts."),
]
CursorArgument = Annotated[
    AnyText | None, Field(description="Cursor from an earlier answer: returns the rest of its list.")
]
