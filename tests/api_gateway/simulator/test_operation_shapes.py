from __future__ import annotations

from typing import Any

import pytest

from tests.api_gateway.simulator.operation_shapes import ALL_OPERATIONS, matches_shape


@pytest.mark.parametrize(
    ("shape", "reply"),
    [
        ({"a"}, {"a": 1, "b": 2}),
        ([{"a"}], [{"a": 1}, {"a": 2}]),
        ({"a": {"b"}, "c": int}, {"a": {"b": 1}, "c": 3}),
        ({"*": [{"a"}]}, {"USD": [{"a": 1}]}),
        ({"id": str, "*": {"a"}}, {"id": "x", "USD": {"a": 1}}),
        (str, "Success"),
        (None, None),
    ],
)
def test_a_reply_with_the_shape_matches(shape: Any, reply: Any) -> None:
    assert matches_shape(shape, reply)


@pytest.mark.parametrize(
    ("shape", "reply"),
    [
        ({"a"}, {"b": 2}),
        ({"a"}, ["a"]),
        ([{"a"}], []),
        ([{"a"}], [{"a": 1}, {}]),
        ([{"a"}], {"a": 1}),
        ({"a": {"b"}}, {"a": {}}),
        ({"c": int}, {"c": "3"}),
        ({"*": {"a"}}, {}),
        ({"*": {"a"}}, {"USD": {}}),
        (str, 7),
        (None, {}),
    ],
)
def test_a_reply_without_a_key_row_or_type_of_the_shape_does_not_match(shape: Any, reply: Any) -> None:
    assert not matches_shape(shape, reply)


def test_every_operation_has_a_shape() -> None:
    assert [case.operation for case in ALL_OPERATIONS if case.shape is None] == [
        "DELETE /fyi/deliveryoptions/{deviceId}"
    ]
