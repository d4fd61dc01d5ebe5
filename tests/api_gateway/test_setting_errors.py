"""The description of an invalid setting."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import pytest
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings

from api_gateway.setting_errors import MAX_SHOWN_VALUE, describe_invalid_setting


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Settings(BaseSettings):
    """One setting of each type."""

    count: int = Field(default=5, ge=5, le=240)
    share: float = Field(default=1, gt=0, le=2)
    positive: int = Field(default=1, gt=0)
    least: int = Field(default=1, ge=1)
    most: int = Field(default=1, le=9)
    any_number: int = 1
    any_share: float = 1
    switch: bool = True
    optional_switch: bool | None = None
    colour: Colour = Colour.RED
    kind: Literal["one", "two"] = "one"
    token: SecretStr | None = None
    url: str = ""
    long: str = Field(default="", max_length=3)

    @field_validator("token", "url")
    @classmethod
    def _reject(cls, _: object) -> object:
        raise ValueError("use another")


def sentence(field: str, value: str) -> str:
    with pytest.raises(ValidationError) as caught:
        Settings(**{field: value})  # type: ignore[arg-type]
    return describe_invalid_setting(
        field.upper(), value, Settings.model_fields[field], caught.value.errors()[0]
    )


@pytest.mark.parametrize(
    ("field", "value", "valid"),
    [
        ("count", "900", "use 5 to 240"),
        ("count", "x", "use a whole number: 5 to 240"),
        ("count", "5.5", "use a whole number: 5 to 240"),
        ("share", "0", "use more than 0, at most 2"),
        ("positive", "0", "use more than 0"),
        ("least", "0", "use 1 or more"),
        ("most", "10", "use 9 or less"),
        ("any_number", "x", "use a whole number"),
        ("any_share", "x", "use a number"),
        ("switch", "perhaps", "use true or false"),
        ("optional_switch", "perhaps", "use true or false"),
        ("colour", "pink", "use red, green or blue"),
        ("kind", "three", "use one or two"),
        ("url", "x", "use another"),
    ],
)
def test_a_sentence_has_the_name_the_value_and_the_valid_values(field: str, value: str, valid: str) -> None:
    assert sentence(field, value) == f"{field.upper()}={value} is invalid: {valid}."


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token", "s3cret"),
        ("url", "https://me:s3cret@localhost"),
        ("url", "two\nlines"),
        ("url", "x" * (MAX_SHOWN_VALUE + 1)),
        ("url", "DU1234567"),
        ("count", "abcdefghijklmnopqrstuvwxyz0123456789"),
    ],
)
def test_a_value_that_is_or_may_be_secret_is_left_out(field: str, value: str) -> None:
    text = sentence(field, value)
    assert text.startswith(f"{field.upper()} is invalid: ")
    assert value not in text


def test_a_constraint_without_words_of_its_own_is_reported_as_pydantic_does() -> None:
    assert sentence("long", "four").startswith("LONG=four is invalid: ")
