"""FA Model Portfolios: what a model holds, and who is invested in it. IBKR serves all of them as POST."""

from __future__ import annotations

from fastapi import APIRouter

from mcp_server.models.fa_models import (
    REQUEST_FIELDS,
    InvestmentDraft,
    ModelAccountsRequest,
    ModelByName,
    ModelInvestmentsRequest,
    ModelPositionsRequest,
    ModelPresets,
    ModelTargets,
    TransferSubmission,
)
from mcp_server.rest.conflicts import model_conflict
from mcp_server.rest.parameters import Gateway
from mcp_server.rest.relay import Json

router = APIRouter(tags=["FA Model Portfolios"])


@router.post("/fa/model/list")
async def list_models(gateway: Gateway) -> Json:
    """List an advisor's model portfolios.
    \f
    Source: IBKR Web API reference, "Request All Models".
    Found by: FA models, my models, model names, investment strategies, show all models.
    """
    return await gateway.post("/fa/model/list", body=REQUEST_FIELDS)


@router.post("/fa/model/summary")
async def get_model_summary(gateway: Gateway, wanted: ModelByName) -> Json:
    """Get one model portfolio's value, number of accounts, and whether it is off target.

    An unknown name returns an empty result, not an error.
    \f
    Source: IBKR Web API reference, "Request Model Summary".
    Found by: model overview, FA model details, net liquidation of a strategy, model drift, mismatch, how
    big is a model.
    """
    return await gateway.post("/fa/model/summary", body=wanted.sent())


@router.post("/fa/model/positions")
async def list_model_positions(gateway: Gateway, wanted: ModelPositionsRequest) -> Json:
    """List what a model portfolio holds: target and actual weights, as fractions (0.25 is 25%).
    \f
    Source: IBKR Web API reference, "Request Model Positions".
    Found by: holdings of a model, weights, drift, imbalance, model composition, FA model allocation,
    target percent against actual.
    For less: Set a `limit`.
    """
    return await gateway.post("/fa/model/positions", body=wanted.sent())


@router.post("/fa/model/accounts-details")
async def list_model_accounts(gateway: Gateway, wanted: ModelAccountsRequest) -> Json:
    """List the accounts in a model portfolio, with details of each.
    \f
    Source: IBKR Web API reference, "Get Models Accounts".
    Found by: which clients are in a model, accounts following a strategy, FA model members, profit per
    account, subscribers.
    """
    return await gateway.post("/fa/model/accounts-details", body=wanted.sent())


@router.post("/fa/model/save")
async def save_model(gateway: Gateway, wanted: ModelTargets) -> Json:
    """Create a model portfolio; with `replace`, overwrite the targets of an existing one.

    Targets are fractions, in one currency, and add up to 1. `is_static` cannot be changed once an account is
    invested.
    \f
    Source: IBKR Web API reference, "Set Model Allocations".
    Found by: new FA model, define a strategy, set weights, change target allocation, edit a model, update
    a model, asset mix.
    """
    return await gateway.post(
        "/fa/model/save", body=wanted.sent(), unless=None if wanted.replace else model_conflict(wanted.model)
    )


@router.post("/fa/model/invest-divest")
async def draft_model_investment(gateway: Gateway, wanted: InvestmentDraft) -> Json:
    """Draft the transfers that invest accounts' cash in a model, or divest it; nothing is moved yet.

    To carry them out, submit the transfers next.
    \f
    Source: IBKR Web API reference, "Invest Account Into Model".
    Found by: put client money into a strategy, withdraw from a model, allocate cash, fund a model, invest
    and divest, FA model, plan a transfer, take money out.
    """
    return await gateway.post("/fa/model/invest-divest", body=wanted.sent())


@router.post("/fa/model/invest-divest-positions")
async def list_model_investments(gateway: Gateway, wanted: ModelInvestmentsRequest) -> Json:
    """List how much each account has in a model portfolio, in other models, and outside models.
    \f
    Source: IBKR Web API reference, "Summary Of Accounts Invested In The Model".
    Found by: who is invested in a strategy, amounts per client, invested accounts, FA model, independent
    and model values, invested clients, what each client has in it, stakes.
    """
    return await gateway.post("/fa/model/invest-divest-positions", body=wanted.sent())


@router.post("/fa/model/submit-transfers")
async def submit_model_transfers(gateway: Gateway, wanted: TransferSubmission) -> Json:
    """Carry out drafted transfers into or out of a model: this moves cash and positions.

    Submit each draft only once. It sends no orders: place those in the draft's `allocations` yourself.
    \f
    Source: IBKR Web API reference, "Submit Transfers".
    Found by: execute the draft, transmit, confirm the investment, send all orders of a model, FA model,
    invest now, rebalance.
    """
    return await gateway.post("/fa/model/submit-transfers", body=wanted.sent())


@router.post("/fa/fa-preset/get")
async def get_model_presets(gateway: Gateway) -> Json:
    """Get the presets for investing in and rebalancing model portfolios.
    \f
    Source: IBKR Web API reference, "Get Model Preset".
    Found by: FA model settings, rebalance preferences, show rebalancing options, tolerance, board lots.
    """
    return await gateway.post("/fa/fa-preset/get", body=REQUEST_FIELDS)


@router.post("/fa/fa-preset/save")
async def save_model_presets(gateway: Gateway, wanted: ModelPresets) -> Json:
    """Set the presets for investing in and rebalancing model portfolios.
    \f
    Source: IBKR Web API reference, "Set Model Preset".
    Found by: FA model settings, change rebalance preferences, rebalancing options, tolerance, board lots,
    update presets.
    """
    return await gateway.post("/fa/fa-preset/save", body=wanted.sent())
