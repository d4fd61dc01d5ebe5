from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.models.fa_models import InvestmentDraft, ModelByName, ModelPresets, ModelTargets


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
def test_fractions_that_are_a_whole_are_taken(targets: dict[str, Any]) -> None:
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
def test_fractions_that_are_no_whole_are_refused(targets: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="add up to 1"):
        ModelTargets.model_validate(targets)


def test_percentages_are_refused() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        ModelTargets.model_validate(_targets({265598: 90}, {"USD": 10}))


@pytest.mark.parametrize("named", ["position_targets", "cash_targets"])
def test_a_target_stands_once(named: str) -> None:
    once = _targets({265598: 0.25}, {"USD": 0.25})
    with pytest.raises(ValidationError, match="twice"):
        ModelTargets.model_validate({**once, named: once[named] * 2})


@pytest.mark.parametrize("amount", [1000, 0.01, -250.5])
def test_money_goes_in_and_out(amount: float) -> None:
    account = {"account": "DU1234567", "amt_to_invest": amount}
    sent = InvestmentDraft.model_validate({"model": "Growth", "account_list": [account]}).sent()
    assert sent["accountList"] == [{"account": "DU1234567", "amtToInvest": amount}]


def test_no_money_is_no_investment() -> None:
    account = {"account": "DU1234567", "amt_to_invest": 0}
    with pytest.raises(ValidationError, match="below 0 divests"):
        InvestmentDraft.model_validate({"model": "Growth", "account_list": [account]})


def test_an_account_invests_once_in_a_draft() -> None:
    account = {"account": "DU1234567", "amt_to_invest": 1}
    with pytest.raises(ValidationError, match="twice"):
        InvestmentDraft.model_validate({"model": "Growth", "account_list": [account] * 2})


def test_presets_that_set_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="at least one"):
        ModelPresets.model_validate({})
