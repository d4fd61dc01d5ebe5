"""FA Allocation Management: groups of accounts that share an advisor's orders."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from mcp_server.models.fa_allocation import AllocationPresets, GroupUpdate, NewGroup
from mcp_server.rest.conflicts import group_conflict
from mcp_server.rest.parameters import Gateway, Text
from mcp_server.rest.relay import Json

router = APIRouter(tags=["FA Allocation Management"])

BodyGroupName = Annotated[Text, Body(embed=True, description="Group name, from `list_allocation_groups`.")]


@router.get("/iserver/account/allocation/accounts")
async def list_allocation_accounts(gateway: Gateway) -> Json:
    """List the sub-accounts that can share an order, with net liquidation value and available equity.
    \f
    Source: IBKR Web API reference, "List Allocatable Subaccounts".
    Found by: client accounts for block orders, FA clients, who can be in a group, available equity of
    clients, subaccounts for allocation.
    """
    return await gateway.get("/iserver/account/allocation/accounts")


@router.get("/iserver/account/allocation/group")
async def list_allocation_groups(gateway: Gateway) -> Json:
    """List an advisor's allocation groups: name, method, number of accounts.
    \f
    Source: IBKR Web API reference, "List All Allocation Groups".
    Found by: FA groups, advisor groups, client groups, block trade groups, allocation profiles, show my
    groups.
    """
    return await gateway.get("/iserver/account/allocation/group")


@router.put("/iserver/account/allocation/group")
async def modify_allocation_group(gateway: Gateway, wanted: GroupUpdate) -> Json:
    """Replace the accounts or the method of an allocation group, or rename it.

    Pass all its accounts: those left out are removed from the group.
    \f
    Source: IBKR Web API reference, "Modify Allocation Group".
    Found by: edit a group, change the members, add a client to a group, remove a client from a group,
    update weights, FA group.
    """
    return await gateway.put(
        "/iserver/account/allocation/group",
        body=wanted.sent(),
        unless=group_conflict(wanted.name) if wanted.is_renamed else None,
    )


@router.post("/iserver/account/allocation/group")
async def create_allocation_group(gateway: Gateway, wanted: NewGroup) -> Json:
    """Create an allocation group: the accounts that share an advisor's orders, and the method.
    \f
    Source: IBKR Web API reference, "Add Allocation Group".
    Found by: new group of clients, FA group, add a group, make an allocation profile, block trading,
    split trades between clients, pro rata.
    """
    return await gateway.post(
        "/iserver/account/allocation/group", body=wanted.sent(), unless=group_conflict(wanted.name)
    )


@router.post("/iserver/account/allocation/group/single")
async def get_allocation_group(gateway: Gateway, name: BodyGroupName) -> Json:
    """Get the accounts, amounts and method of one allocation group.
    \f
    Source: IBKR Web API reference, "Retrieve Single Allocation Group".
    Found by: who is in a group, group members, group details, FA group, weights of clients, allocation
    profile.
    """
    return await gateway.post("/iserver/account/allocation/group/single", body={"name": name})


@router.post("/iserver/account/allocation/group/delete")
async def delete_allocation_group(gateway: Gateway, name: BodyGroupName) -> Json:
    """Delete an allocation group; its accounts and their positions are not affected.
    \f
    Source: IBKR Web API reference, "Delete An Allocation Group".
    Found by: remove a group, drop an FA group, get rid of an allocation profile.
    """
    return await gateway.post("/iserver/account/allocation/group/delete", body={"name": name})


@router.get("/iserver/account/allocation/presets")
async def get_allocation_presets(gateway: Gateway) -> Json:
    """Get the presets for all allocation groups: default method, close positions first, credit check.
    \f
    Source: IBKR Web API reference, "Retrieve Allocation Presets".
    Found by: FA settings, advisor preferences, default allocation, show presets, how trades are
    distributed.
    """
    return await gateway.get("/iserver/account/allocation/presets")


@router.post("/iserver/account/allocation/presets")
async def set_allocation_presets(gateway: Gateway, wanted: AllocationPresets) -> Json:
    """Set presets for all allocation groups.
    \f
    Source: IBKR Web API reference, "Set Allocation Preset".
    Found by: FA settings, advisor preferences, change default allocation method, update presets, save
    presets.
    """
    return await gateway.post("/iserver/account/allocation/presets", body=wanted.sent())
