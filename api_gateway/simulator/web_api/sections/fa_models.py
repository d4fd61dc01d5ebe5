"""FA Model Portfolios: an advisor's models, and what of the clients' accounts is invested in them.

Nothing here is recorded. The shapes follow IBKR's document, the refusals what users of a live advisor's login
report: targets that are percentages, a missing description (without a body) and another `isStatic` once
somebody is invested are 400; an amount of 0 and an unknown draft are 500; a model that is not there is not
refused but answered as one that holds nothing. Other logins than an advisor's are refused with 503, like the
account search of those who are no brokers; that is assumed.
"""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from api_gateway.simulator.accounts.position_rows import ordered
from api_gateway.simulator.advisors import model_rows
from api_gateway.simulator.advisors.model_portfolios import Model, ModelError
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import unavailable
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Section, bad_request

SECTION = Section("FA Model Portfolios")

_DELIVERED = 1
_TARGETED = ("STK", "FUND", "BOND")
# The two spellings of IBKR's documents, the newer one first.
_SPELLINGS = {
    "avoidNegativeCashInIndependent": "avoidNegativeCashInCore",
    "closeDivestIndependentPosition": "closeDivestCorePosition",
    "roundAllocationQuantityToExchangeBoardLot": "roundAllocExchBoardLot",
}


def _body(simulation: Simulation, call: Call) -> dict[str, Any]:
    """The request's body, which has a number `reqID`, for an advisor's login."""
    if not simulation.clients:
        raise unavailable()
    body = call.body
    if not isinstance(body, dict) or type(body.get("reqID")) is not int:
        raise bad_request("reqID is required")
    return body


def _name(body: dict[str, Any]) -> str:
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise bad_request("model is required")
    return name


def _failed(problem: ModelError) -> Refusal:
    return Refusal(500, {"error": str(problem), "statusCode": 500})


def _delivered(body: dict[str, Any]) -> dict[str, Any]:
    return {"reqID": body["reqID"], "subscriptionStatus": _DELIVERED}


def _aliases(simulation: Simulation) -> dict[str, str]:
    return {account.id: account.alias for account in simulation.profile.accounts}


@SECTION.answers("POST", "/fa/model/list", needs=Needs.BROKERAGE, reads=True)
def list_models(simulation: Simulation, call: Call) -> Any:
    """All models in headlines."""
    body = _body(simulation, call)
    master = simulation.profile.master
    return {
        "baseCcy": simulation.broker.base,
        "masterAccount": master.id if master else "",
        "models": [model_rows.summary(simulation.models, name) for name in simulation.models.models],
        **_delivered(body),
    }


@SECTION.answers("POST", "/fa/model/summary", needs=Needs.BROKERAGE, reads=True)
def model_summary(simulation: Simulation, call: Call) -> Any:
    """One model in headlines."""
    body = _body(simulation, call)
    return model_rows.summary(simulation.models, _name(body)) | _delivered(body)


@SECTION.answers("POST", "/fa/model/positions", needs=Needs.BROKERAGE, reads=True)
def model_positions(simulation: Simulation, call: Call) -> Any:
    """What a model holds and should hold. `sortDirection` ASC begins with the greatest, as IBKR writes."""
    body = _body(simulation, call)
    found = model_rows.positions(simulation.models, _name(body), simulation.clock.now())
    column, limit = body.get("sortField"), body.get("limit")
    rows = found["positionList"]
    if isinstance(column, str) and column:
        rows = ordered(rows, column, descending=body.get("sortDirection", "ASC") == "ASC")
    if type(limit) is int and limit >= 0:
        rows = rows[:limit]
    return found | {"positionList": rows} | _delivered(body)


@SECTION.answers("POST", "/fa/model/accounts-details", needs=Needs.BROKERAGE, reads=True)
def model_accounts(simulation: Simulation, call: Call) -> Any:
    """The accounts that are invested in a model, and their total."""
    body = _body(simulation, call)
    name, aliases = _name(body), _aliases(simulation)
    profits = body.get("calcPnls") is True
    return {
        "accountInfoList": model_rows.accounts_details(simulation.models, name, aliases, profits=profits),
        "baseCcyMaster": simulation.broker.base,
        "model": name,
        "reqID": body["reqID"],
    }


@SECTION.answers("POST", "/fa/model/invest-divest-positions", needs=Needs.BROKERAGE, reads=True)
def model_investments(simulation: Simulation, call: Call) -> Any:
    """Each client's account in parts: in the model, in others, and in none."""
    body = _body(simulation, call)
    name = _name(body)
    return {
        "accountList": model_rows.investable(simulation.models, name, _aliases(simulation)),
        "baseCcyMaster": simulation.broker.base,
        "baseCcyMasterPrecision": "0.01",
        "model": name,
        **_delivered(body),
    }


@SECTION.answers("POST", "/fa/model/save", needs=Needs.BROKERAGE)
def save_model(simulation: Simulation, call: Call) -> Any:
    """Create a model or give one new targets."""
    body = _body(simulation, call)
    name, description, is_static = _name(body), body.get("desc"), body.get("isStatic")
    if not isinstance(description, str):
        raise Refusal(400, b"")
    if not isinstance(is_static, bool):
        raise bad_request("isStatic is required")
    cash = _targets(body, "cashTargets", "ccy", str)
    conids = _targets(body, "positionTargets", "conid", int)
    if not math.isclose(sum(cash.values()) + sum(conids.values()), 1.0, abs_tol=1e-6):
        raise bad_request("the targets do not add up to 1")
    currencies = {*cash, *(_currency(simulation, conid) for conid in conids)}
    if len(currencies) > 1:
        return {
            "reqID": body["reqID"],
            "success": False,
            "error": "All targets of a model are in one currency.",
        }
    currency = currencies.pop()
    model = Model(name, description, is_static, currency, cash.get(currency, 0.0), conids)
    try:
        simulation.broker.rates.rate(currency)
        simulation.models.save(model)
    except LookupError:
        raise bad_request("unknown currency") from None
    except ModelError as problem:
        raise bad_request(str(problem)) from None
    return {"reqID": body["reqID"], "success": True}


@SECTION.answers("POST", "/fa/model/invest-divest", needs=Needs.BROKERAGE)
def draft_investment(simulation: Simulation, call: Call) -> Any:
    """Plan to invest in a model, or with negative amounts to divest; nothing moves before the submission."""
    body = _body(simulation, call)
    name, listed = _name(body), body.get("accountList")
    if not isinstance(listed, list) or not listed:
        raise bad_request("accountList is required")
    amounts: dict[str, float] = {}
    for each in listed:
        account = each.get("account") if isinstance(each, dict) else None
        amount = each.get("amtToInvest") if isinstance(each, dict) else None
        if not isinstance(account, str) or account in amounts or not _is_number(amount):
            raise bad_request("invalid accountList")
        amounts[account] = float(amount)
    try:
        number, draft = simulation.transfers.draft(name, amounts)
    except ModelError as problem:
        raise _failed(problem) from None
    return _delivered(body) | model_rows.transfers(number, draft)


@SECTION.answers("POST", "/fa/model/submit-transfers", needs=Needs.BROKERAGE)
def submit_transfers(simulation: Simulation, call: Call) -> Any:
    """Carry out a draft, which can be done once."""
    body = _body(simulation, call)
    number = body.get("fpOrderId")
    if type(number) is not int:
        raise bad_request("fpOrderId is required")
    try:
        simulation.transfers.submit(number)
    except ModelError as problem:
        raise _failed(problem) from None
    return {"reqID": body["reqID"], "success": True}


@SECTION.answers("POST", "/fa/fa-preset/get", needs=Needs.BROKERAGE, reads=True)
def model_presets(simulation: Simulation, call: Call) -> Any:
    """How drafts are made, under both spellings that IBKR's documents have."""
    body = _body(simulation, call)
    presets = simulation.transfers.presets
    older = {old: presets[new] for new, old in _SPELLINGS.items()}
    return {**presets, **older, **_delivered(body)}


@SECTION.answers("POST", "/fa/fa-preset/save", needs=Needs.BROKERAGE)
def save_model_presets(simulation: Simulation, call: Call) -> Any:
    """Change how drafts are made, in either spelling; what is left out stays."""
    body = _body(simulation, call)
    newer = {old: new for new, old in _SPELLINGS.items()}
    given = {newer.get(name, name): value for name, value in body.items()}
    presets = simulation.transfers.presets
    changes = {name: value for name, value in given.items() if name in presets}
    if any(type(value) is not type(presets[name]) for name, value in changes.items()):
        raise bad_request("a preset has the wrong type")
    presets.update(changes)
    return {"error": "None", "success": True, **_delivered(body)}


def _targets(body: dict[str, Any], name: str, key: str, kind: type) -> dict[Any, float]:
    """The targets of a body by currency or conid; each from 0 to 1."""
    listed = body.get(name)
    if not isinstance(listed, list):
        raise bad_request(f"{name} is required")
    targets: dict[Any, float] = {}
    for each in listed:
        what = each.get(key) if isinstance(each, dict) else None
        target = each.get("target") if isinstance(each, dict) else None
        if type(what) is not kind or what in targets or not _is_number(target) or not 0 <= target <= 1:
            raise bad_request(f"invalid {name}")
        targets[what] = float(target)
    return targets


def _currency(simulation: Simulation, conid: int) -> str:
    instrument = simulation.universe.by_conid(conid)
    if instrument is None or instrument.sec_type not in _TARGETED:
        raise bad_request("invalid positionTargets")
    return instrument.currency


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
