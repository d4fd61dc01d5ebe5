from __future__ import annotations

from typing import Any

import pytest

from mcp_server.models.fa_allocation import AllocationPresets, GroupUpdate, NewGroup
from tests.mcp_server.rejections import rejected


def _group(method: str, *amounts: float | None) -> dict[str, Any]:
    members = [
        {"name": f"DU123456{number}"} | ({} if amount is None else {"amount": amount})
        for number, amount in enumerate(amounts)
    ]
    return {"name": "Clients", "accounts": members, "default_method": method}


@pytest.mark.parametrize(
    "group",
    [
        *(_group(method, None, None) for method in "AEN"),
        *(_group(method, 3, 0.5) for method in "CRS"),
        _group("P", 60, 40),
        _group("P", 33.3, 33.3, 33.4),
    ],
)
def test_amounts_that_fit_the_method_are_sent_unchanged(group: dict[str, Any]) -> None:
    assert NewGroup.model_validate(group).sent() == group


@pytest.mark.parametrize(
    ("group", "named"),
    [
        *((_group(method, 1, None), {"amount"}) for method in "CPRS"),
        *((_group(method, 1, 1), {"amount"}) for method in "AEN"),
        (_group("P", 60, 30), set()),
        (_group("P", 0.6, 0.4), set()),
        (_group("R", 1, 0), {"accounts.1.amount"}),
        (_group("S", 1, -1), {"accounts.1.amount"}),
    ],
)
def test_amounts_that_do_not_fit_the_method_are_rejected(group: dict[str, Any], named: set[str]) -> None:
    assert rejected(NewGroup, group) == named


def test_a_group_with_a_duplicate_account_is_rejected() -> None:
    twice = {**_group("E", None), "accounts": [{"name": "DU1234567"}] * 2}
    assert rejected(NewGroup, twice) == {"accounts"}


def test_a_group_name_that_looks_like_an_account_id_is_rejected() -> None:
    assert rejected(NewGroup, {**_group("E", None), "name": "DU1234567"}) == {"name"}


def test_only_an_existing_group_accepts_an_old_name() -> None:
    renamed = {**_group("E", None), "prev_name": "Old"}
    assert GroupUpdate.model_validate(renamed).sent() == renamed
    assert rejected(NewGroup, renamed) == {"prev_name", "extra_forbidden"}


def test_presets_that_set_nothing_are_rejected() -> None:
    assert rejected(AllocationPresets, {}) == set()


def test_a_false_preset_is_sent() -> None:
    assert AllocationPresets(strict_credit_check=False).sent() == {"strict_credit_check": False}
