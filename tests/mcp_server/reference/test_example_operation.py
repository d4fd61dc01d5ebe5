"""Rows as text: each stands for the row that it was made from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api_gateway import operations
from api_gateway.operations import OPERATIONS, Operation
from mcp_server.reference.example_operation import example_operation, format_operation


@pytest.mark.parametrize("row", OPERATIONS.values(), ids=lambda row: f"{row.method} {row.path}")
def test_a_formatted_row_is_the_row(row: Operation) -> None:
    [again] = eval(format_operation(row), vars(operations))  # noqa: S307 - our own text
    assert replace(again, section=row.section) == row


@pytest.mark.parametrize(
    ("method", "path", "written"),
    [
        ("GET", "/iserver/account/{account}/news", "preflight=Preflight.ACCOUNTS, status=DOCUMENTED"),
        (
            "POST",
            "/iserver/account/{account}/news",
            "CHANGES, account=True, preflight=Preflight.ACCOUNTS, status=DOCUMENTED",
        ),
        ("POST", "/iserver/news", "CHANGES, status=DOCUMENTED"),
        (
            "GET",
            "/portfolio/{account}/news",
            "session=LOGIN, preflight=Preflight.PORTFOLIO, status=DOCUMENTED",
        ),
    ],
)
def test_the_row_of_a_new_operation_is_derived_from_its_path(method: str, path: str, written: str) -> None:
    assert example_operation((method, path)) == f'Operation("{method}", "{path}", {written}),'
