"""Names in generated code are valid, unique and shadow nothing."""

from __future__ import annotations

import pytest

from routers_generator.generate.python_names import (
    argument_name,
    class_name,
    make_unique,
    model_field_name,
    route_parameter_name,
)


@pytest.mark.parametrize(
    ("document_name", "name"),
    [
        ("acctId", "acct_id"),
        ("31", "x_31"),
        ("", "unnamed"),
        ("日本", "unnamed"),
        ("_x", "x"),
        ("a-b.c", "a_b_c"),
    ],
)
def test_argument_name_is_snake_case(document_name: str, name: str) -> None:
    assert argument_name(document_name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [("id", "id_"), ("from", "from_"), ("gateway", "gateway_"), ("l", "l_"), ("conid", "conid")],
)
def test_route_parameter_name_shadows_nothing(name: str, safe: str) -> None:
    assert route_parameter_name(name) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("json", "json_"),
        ("sent", "sent_"),
        ("model_config", "x_model_config"),
        ("list", "list_"),
        ("id", "id"),
    ],
)
def test_model_field_name_shadows_nothing(name: str, safe: str) -> None:
    assert model_field_name(name) == safe


@pytest.mark.parametrize(
    ("words", "taken", "name"),
    [
        ("orderTicket", (), "OrderTicket"),
        ("orderTicket", ("OrderTicket",), "OrderTicket2"),
        ("any", (), "Any2"),
        ("warning", (), "Warning2"),
        ("31", (), "The31"),
        ("", (), "The"),
    ],
)
def test_class_name_is_unique(words: str, taken: tuple[str, ...], name: str) -> None:
    assert class_name(words, taken) == name


def test_make_unique_appends_the_next_free_number() -> None:
    assert make_unique("a", ["a", "a_2"]) == "a_3"
    assert make_unique("a", []) == "a"
