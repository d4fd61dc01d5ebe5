from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.models.fa_allocation import AllocationPresets, GroupUpdate, NewGroup


def _group(method: str, *amounts: float | None) -> dict[str, Any]:
    members = [
        {"name": f"DU123456{place}"} | ({} if amount is None else {"amount": amount})
        for place, amount in enumerate(amounts)
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
def test_amounts_that_go_with_the_method_are_sent_as_they_are(group: dict[str, Any]) -> None:
    assert NewGroup.model_validate(group).sent() == group


@pytest.mark.parametrize(
    ("group", "told"),
    [
        *((_group(method, 1, None), f"method {method} needs an `amount`") for method in "CPRS"),
        *((_group(method, 1, 1), f"method {method} accepts no `amount`") for method in "AEN"),
        (_group("P", 60, 30), "add up to 100"),
        (_group("P", 0.6, 0.4), "add up to 100"),
        (_group("R", 1, 0), "above 0"),
        (_group("S", 1, -1), "above 0"),
    ],
)
def test_amounts_that_do_not_go_with_the_method_are_refused(group: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        NewGroup.model_validate(group)


def test_an_account_is_in_a_group_once() -> None:
    twice = {**_group("E", None), "accounts": [{"name": "DU1234567"}] * 2}
    with pytest.raises(ValidationError, match="twice"):
        NewGroup.model_validate(twice)


def test_a_group_cannot_be_mistaken_for_an_account() -> None:
    with pytest.raises(ValidationError, match="account id"):
        NewGroup.model_validate({**_group("E", None), "name": "DU1234567"})


def test_only_a_group_that_exists_has_an_old_name() -> None:
    renamed = {**_group("E", None), "prev_name": "Old"}
    assert GroupUpdate.model_validate(renamed).sent() == renamed
    with pytest.raises(ValidationError):
        NewGroup.model_validate(renamed)


def test_presets_that_set_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="at least one"):
        AllocationPresets.model_validate({})


def test_a_preset_that_is_off_is_sent() -> None:
    assert AllocationPresets(strict_credit_check=False).sent() == {"strict_credit_check": False}
