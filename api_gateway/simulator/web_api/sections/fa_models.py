"""FA Model Portfolios: an advisor's models, and how much of each client account is invested in them.

Nothing here is recorded. The shapes follow IBKR's document; the errors follow reports from users of a live
advisor login: targets given as percentages, a missing description (no body) and a changed `isStatic` of a
model with investments are 400; an amount of 0 and an unknown draft are 500; an unknown model is reported as
an empty one. Assumed: a login that is not an advisor's gets 503, as in the account search.
"""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from api_gateway.simulator.accounts.position_rows import sort_rows
from api_gateway.simulator.advisors import model_rows
from api_gateway.simulator.advisors.model_portfolios import Model, ModelError
from api_gateway.simulator.replies import ApiError, bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import required_text, server_error, unavailable
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("FA Model Portfolios")

_SUBSCRIPTION_DELIVERED = 1
_TARGET_SEC_TYPES = ("STK", "FUND", "BOND")
# Newer to older spelling; IBKR's documents use both.
_OLD_SPELLINGS = {
    "avoidNegativeCashInIndependent": "avoidNegativeCashInCore",
    "closeDivestIndependentPosition": "closeDivestCorePosition",
    "roundAllocationQuantityToExchangeBoardLot": "roundAllocExchBoardLot",
}


def _required_body(simulation: Simulation, request: ApiRequest) -> dict[str, Any]:
    """Return the body, which must have an integer `reqID`; rejects a login that is not an advisor's."""
    if not simulation.clients:
        raise unavailable()
    body = request.body
    if not isinstance(body, dict) or type(body.get("reqID")) is not int:
        raise bad_request("reqID is required")
    return body


def _delivery_fields(body: dict[str, Any]) -> dict[str, Any]:
    return {"reqID": body["reqID"], "subscriptionStatus": _SUBSCRIPTION_DELIVERED}


def _aliases(simulation: Simulation) -> dict[str, str]:
    return {account.id: account.alias for account in simulation.profile.accounts}


@SECTION.route("POST", "/fa/model/list", requires=RequiredSession.BROKERAGE, read_only=True)
def list_models(simulation: Simulation, request: ApiRequest) -> Any:
    """Return a summary of every model."""
    body = _required_body(simulation, request)
    master = simulation.profile.master
    return {
        "baseCcy": simulation.selected_account.base_currency,
        "masterAccount": master.id if master else "",
        "models": [model_rows.model_summary(simulation.models, name) for name in simulation.models.by_name],
        **_delivery_fields(body),
    }


@SECTION.route("POST", "/fa/model/summary", requires=RequiredSession.BROKERAGE, read_only=True)
def model_summary(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the summary of one model."""
    body = _required_body(simulation, request)
    return model_rows.model_summary(simulation.models, required_text(body, "model")) | _delivery_fields(body)


@SECTION.route("POST", "/fa/model/positions", requires=RequiredSession.BROKERAGE, read_only=True)
def model_positions(simulation: Simulation, request: ApiRequest) -> Any:
    """Return a model's positions and targets. `sortDirection` ASC means largest first, as IBKR documents."""
    body = _required_body(simulation, request)
    response = model_rows.model_positions(
        simulation.models, required_text(body, "model"), simulation.clock.now()
    )
    column, limit = body.get("sortField"), body.get("limit")
    rows = response["positionList"]
    if isinstance(column, str) and column:
        rows = sort_rows(rows, column, descending=body.get("sortDirection", "ASC") == "ASC")
    if type(limit) is int and limit >= 0:
        rows = rows[:limit]
    return response | {"positionList": rows} | _delivery_fields(body)


@SECTION.route("POST", "/fa/model/accounts-details", requires=RequiredSession.BROKERAGE, read_only=True)
def model_accounts(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the accounts invested in a model, and their total."""
    body = _required_body(simulation, request)
    name, aliases = required_text(body, "model"), _aliases(simulation)
    profits = body.get("calcPnls") is True
    return {
        "accountInfoList": model_rows.account_details(
            simulation.models, name, aliases, include_profits=profits
        ),
        "baseCcyMaster": simulation.selected_account.base_currency,
        "model": name,
        "reqID": body["reqID"],
    }


@SECTION.route(
    "POST", "/fa/model/invest-divest-positions", requires=RequiredSession.BROKERAGE, read_only=True
)
def model_investments(simulation: Simulation, request: ApiRequest) -> Any:
    """Return each client account split into this model, other models, and uninvested."""
    body = _required_body(simulation, request)
    name = required_text(body, "model")
    return {
        "accountList": model_rows.investable_accounts(simulation.models, name, _aliases(simulation)),
        "baseCcyMaster": simulation.selected_account.base_currency,
        "baseCcyMasterPrecision": "0.01",
        "model": name,
        **_delivery_fields(body),
    }


@SECTION.route("POST", "/fa/model/save", requires=RequiredSession.BROKERAGE)
def save_model(simulation: Simulation, request: ApiRequest) -> Any:
    """Create a model, or replace a model's targets."""
    body = _required_body(simulation, request)
    name, description, is_static = required_text(body, "model"), body.get("desc"), body.get("isStatic")
    if not isinstance(description, str):
        raise ApiError(400, b"")
    if not isinstance(is_static, bool):
        raise bad_request("isStatic is required")
    cash = _parse_targets(body, "cashTargets", "ccy", str)
    conids = _parse_targets(body, "positionTargets", "conid", int)
    if not math.isclose(sum(cash.values()) + sum(conids.values()), 1.0, abs_tol=1e-6):
        raise bad_request("the targets do not add up to 1")
    currencies = {*cash, *(_target_currency(simulation, conid) for conid in conids)}
    if len(currencies) > 1:
        return {
            "reqID": body["reqID"],
            "success": False,
            "error": "All targets of a model are in one currency.",
        }
    currency = currencies.pop()
    model = Model(name, description, is_static, currency, cash.get(currency, 0.0), conids)
    try:
        simulation.selected_account.exchange_rates.rate(currency)
        simulation.models.save(model)
    except LookupError:
        raise bad_request("unknown currency") from None
    except ModelError as problem:
        raise bad_request(str(problem)) from None
    return {"reqID": body["reqID"], "success": True}


@SECTION.route("POST", "/fa/model/invest-divest", requires=RequiredSession.BROKERAGE)
def draft_investment(simulation: Simulation, request: ApiRequest) -> Any:
    """Draft an investment in a model, or with negative amounts a divestment; submission carries it out."""
    body = _required_body(simulation, request)
    name, rows = required_text(body, "model"), body.get("accountList")
    if not isinstance(rows, list) or not rows:
        raise bad_request("accountList is required")
    amounts: dict[str, float] = {}
    for row in rows:
        account = row.get("account") if isinstance(row, dict) else None
        amount = row.get("amtToInvest") if isinstance(row, dict) else None
        if not isinstance(account, str) or account in amounts or not _is_number(amount):
            raise bad_request("invalid accountList")
        amounts[account] = float(amount)
    try:
        number, draft = simulation.transfers.create_draft(name, amounts)
    except ModelError as problem:
        raise server_error(str(problem)) from None
    return _delivery_fields(body) | model_rows.transfer_rows(number, draft)


@SECTION.route("POST", "/fa/model/submit-transfers", requires=RequiredSession.BROKERAGE)
def submit_transfers(simulation: Simulation, request: ApiRequest) -> Any:
    """Submit a draft; each draft can be submitted once."""
    body = _required_body(simulation, request)
    number = body.get("fpOrderId")
    if type(number) is not int:
        raise bad_request("fpOrderId is required")
    try:
        simulation.transfers.submit(number)
    except ModelError as problem:
        raise server_error(str(problem)) from None
    return {"reqID": body["reqID"], "success": True}


@SECTION.route("POST", "/fa/fa-preset/get", requires=RequiredSession.BROKERAGE, read_only=True)
def model_presets(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the defaults for drafts, in both spellings of IBKR's documents."""
    body = _required_body(simulation, request)
    presets = simulation.transfers.presets
    older = {old: presets[new] for new, old in _OLD_SPELLINGS.items()}
    return {**presets, **older, **_delivery_fields(body)}


@SECTION.route("POST", "/fa/fa-preset/save", requires=RequiredSession.BROKERAGE)
def save_model_presets(simulation: Simulation, request: ApiRequest) -> Any:
    """Change the given defaults for drafts, in either spelling."""
    body = _required_body(simulation, request)
    newer = {old: new for new, old in _OLD_SPELLINGS.items()}
    settings = {newer.get(name, name): value for name, value in body.items()}
    presets = simulation.transfers.presets
    changes = {name: value for name, value in settings.items() if name in presets}
    if any(type(value) is not type(presets[name]) for name, value in changes.items()):
        raise bad_request("a preset has the wrong type")
    presets.update(changes)
    return {"error": "None", "success": True, **_delivery_fields(body)}


def _parse_targets(body: dict[str, Any], name: str, key: str, kind: type) -> dict[Any, float]:
    """Return the body's targets by currency or conid; each must be from 0 to 1."""
    rows = body.get(name)
    if not isinstance(rows, list):
        raise bad_request(f"{name} is required")
    targets: dict[Any, float] = {}
    for row in rows:
        key_value = row.get(key) if isinstance(row, dict) else None
        target = row.get("target") if isinstance(row, dict) else None
        if (
            type(key_value) is not kind
            or key_value in targets
            or not _is_number(target)
            or not 0 <= target <= 1
        ):
            raise bad_request(f"invalid {name}")
        targets[key_value] = float(target)
    return targets


def _target_currency(simulation: Simulation, conid: int) -> str:
    instrument = simulation.universe.by_conid(conid)
    if instrument is None or instrument.sec_type not in _TARGET_SEC_TYPES:
        raise bad_request("invalid positionTargets")
    return instrument.currency


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
