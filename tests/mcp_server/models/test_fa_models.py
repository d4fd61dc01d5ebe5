from __future__ import annotations

from typing import Any

import pytest

from mcp_server.models.fa_models import InvestmentDraft, ModelByName, ModelPresets, ModelTargets
from tests.mcp_server.rejections import rejected


def _targets(positions: dict[int, float], cash: dict[str, float]) -> dict[str, Any]:
    return {
        "model": "Growth",
        "desc": "Mostly technology",
        "is_static": True,
        "position_targets": [{"conid": conid, "target": target} for conid, target in positions.items()],
        "cash_targets": [{"ccy": ccy, "target": target} for ccy, target in cash.items()],
    }


def test_every_request_has_a_number() -> None:
    assert ModelByName(model="Growth").sent() == {"reqID": 1, "model": "Growth"}


@pytest.mark.parametrize(
    "targets",
    [
        _targets({265598: 0.7, 8314: 0.2}, {"USD": 0.1}),
        _targets({265598: 1}, {}),
        _targets({}, {"USD": 1}),
        _targets(dict.fromkeys(range(1, 4), 0.33333), {"USD": 0}),
        _targets(dict.fromkeys(range(1, 11), 0.1), {}),
    ],
)
def test_targets_that_add_up_to_1_are_accepted(targets: dict[str, Any]) -> None:
    sent = ModelTargets.model_validate(targets).sent()
    assert sent["positionTargets"] == targets["position_targets"]
    assert sent["cashTargets"] == targets["cash_targets"]


@pytest.mark.parametrize(
    "targets",
    [
        _targets({265598: 0.7}, {"USD": 0.1}),
        _targets({265598: 1}, {"USD": 0.1}),
        _targets({265598: 0.999}, {}),
        _targets({}, {}),
    ],
)
def test_targets_that_do_not_add_up_to_1_are_rejected(targets: dict[str, Any]) -> None:
    assert rejected(ModelTargets, targets) == set()


def test_targets_in_percent_are_rejected() -> None:
    assert rejected(ModelTargets, _targets({265598: 90}, {"USD": 10})) == {
        "position_targets.0.target",
        "cash_targets.0.target",
        "less_than_equal",
    }


@pytest.mark.parametrize("named", ["position_targets", "cash_targets"])
def test_a_duplicate_target_is_rejected(named: str) -> None:
    once = _targets({265598: 0.25}, {"USD": 0.25})
    assert rejected(ModelTargets, {**once, named: once[named] * 2}) == {named}


@pytest.mark.parametrize("amount", [1000, 0.01, -250.5])
def test_an_amount_can_be_invested_or_divested(amount: float) -> None:
    account = {"account": "DU1234567", "amt_to_invest": amount}
    sent = InvestmentDraft.model_validate({"model": "Growth", "account_list": [account]}).sent()
    assert sent["accountList"] == [{"account": "DU1234567", "amtToInvest": amount}]


def test_an_investment_of_0_is_rejected() -> None:
    account = {"account": "DU1234567", "amt_to_invest": 0}
    draft = {"model": "Growth", "account_list": [account]}
    assert rejected(InvestmentDraft, draft) == {"account_list.0", "amt_to_invest"}


def test_a_draft_with_a_duplicate_account_is_rejected() -> None:
    account = {"account": "DU1234567", "amt_to_invest": 1}
    draft = {"model": "Growth", "account_list": [account] * 2}
    assert rejected(InvestmentDraft, draft) == {"account_list"}


def test_presets_that_set_nothing_are_rejected() -> None:
    assert rejected(ModelPresets, {}) == set()
