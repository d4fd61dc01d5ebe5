"""The description of an invalid setting."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

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
    long: str = Field(default="", max_length=3)
    short: str = Field(default="ab", min_length=2)
    filled: str = Field(default="x", min_length=1)
    between: str = Field(default="ab", min_length=2, max_length=4)
    matching: str = Field(default="a", pattern="^a+$")
    long_or_none: Annotated[str, Field(max_length=3)] | None = None
    below: float = Field(default=1, lt=2)
    inside: float = Field(default=1, gt=0, lt=2)
    half_open: float = Field(default=1, ge=0, lt=2)
    step: int = Field(default=5, ge=5, le=50, multiple_of=5)
    finite: float = Field(default=1, allow_inf_nan=False)
    few: list[int] = Field(default=[1], max_length=1)
    some: list[int] = Field(default=[1, 2], min_length=2)
    number_or_none: Annotated[int, Field(ge=3)] | None = None
    seconds: timedelta = timedelta()
    token: SecretStr | None = None
    url: str = ""

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
        ("least", "0", "use at least 1"),
        ("most", "10", "use at most 9"),
        ("below", "2", "use less than 2"),
        ("inside", "2", "use more than 0, less than 2"),
        ("half_open", "2", "use at least 0, less than 2"),
        ("step", "7", "use a multiple of 5: 5 to 50"),
        ("finite", "inf", "use a finite number"),
        ("long", "four", "use at most 3 characters"),
        ("long_or_none", "four", "use at most 3 characters"),
        ("number_or_none", "1", "use at least 3"),
        ("short", "a", "use at least 2 characters"),
        ("filled", "", "use at least 1 character"),
        ("between", "a", "use 2 to 4 characters"),
        ("matching", "b", "use text that matches pattern '^a+$'"),
        ("seconds", "x", "use a valid timedelta, invalid digit in duration"),
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
    shown = f"{field.upper()}={value}" if value else field.upper()
    assert sentence(field, value) == f"{shown} is invalid: {valid}."


@pytest.mark.parametrize(
    ("field", "value", "valid"),
    [("few", [1, 2], "use at most 1 value"), ("some", [1], "use at least 2 values")],
)
def test_a_list_has_a_number_of_values(field: str, value: list[int], valid: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**{field: value})  # type: ignore[arg-type]
    problem = caught.value.errors()[0]
    text = describe_invalid_setting("LIST", None, Settings.model_fields[field], problem)
    assert text == f"LIST is invalid: {valid}."


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
