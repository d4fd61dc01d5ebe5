"""FYIs and Notifications: IBKR's messages, which types are sent, and where they are delivered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from mcp_server.models.notifications import Device, DeviceId, NotificationId, NotificationsQuery, Typecode
from mcp_server.rest.parameters import Gateway
from mcp_server.rest.relay import Json

router = APIRouter(tags=["FYIs and Notifications"])

PathTypecode = Annotated[Typecode, Path(description="`FC` in `list_notification_settings`, e.g. BA.")]


@router.get("/fyi/unreadnumber")
async def get_unread_notification_count(gateway: Gateway) -> Json:
    """Get the number of unread notifications (FYIs), as `BN`.
    \f
    Source: IBKR Web API reference, "Unread Bulletins".
    Found by: how many new messages, bulletins, inbox.
    """
    return await gateway.get("/fyi/unreadnumber")


@router.get("/fyi/notifications")
async def list_notifications(gateway: Gateway, wanted: Annotated[NotificationsQuery, Query()]) -> Json:
    """List the newest notifications (FYIs) from IBKR, at most 10.

    `MS` title, `MD` text as HTML, `D` epoch seconds, `R` 1 when read, `FC` type.
    \f
    Source: IBKR Web API reference, "Get a List of Notifications".
    Found by: messages, news about my account, dividends and earnings notices, bulletins, inbox.
    """
    return await gateway.get("/fyi/notifications", **wanted.sent())


@router.get("/fyi/notifications/more")
async def list_older_notifications(
    gateway: Gateway,
    after_id: Annotated[NotificationId, Query(description="Last `ID` seen in `list_notifications`.")],
) -> Json:
    """List the notifications older than a given one.
    \f
    Source: IBKR Web API reference, "Get more notifications".
    Found by: next page, earlier messages, past FYIs, load more, scroll further back.
    """
    return await gateway.get("/fyi/notifications/more", id=after_id)


@router.put("/fyi/notifications/{notification_id}")
async def mark_notification_read(
    gateway: Gateway,
    notification_id: Annotated[NotificationId, Path(description="`ID` in `list_notifications`.")],
) -> Json:
    """Mark one notification as read.
    \f
    Source: IBKR Web API reference, "Notification Read".
    Found by: acknowledge, dismiss a message, seen.
    """
    return await gateway.put("/fyi/notifications/{notification}", notification_id, body={})


@router.get("/fyi/settings")
async def list_notification_settings(gateway: Gateway) -> Json:
    """List the types of notifications, and which are subscribed to.

    `FC` code, `FN` name, `FD` description, `A` 1 if on, `H` 1 if its disclaimer is unread.
    \f
    Source: IBKR Web API reference, "Get a List of Subscriptions".
    Found by: FYI preferences, kinds of messages.
    """
    return await gateway.get("/fyi/settings")


@router.post("/fyi/settings/{typecode}")
async def set_notification_type(
    gateway: Gateway,
    typecode: PathTypecode,
    enabled: Annotated[bool, Body(embed=True, description="true: on, false: off.")],
) -> Json:
    """Set whether notifications of one type are sent; an unknown type is accepted without error.
    \f
    Source: IBKR Web API reference, "Enable or Disable Group Subscription".
    Found by: subscribe, unsubscribe, mute, turn on or off FYIs of a kind.
    """
    return await gateway.post("/fyi/settings/{typecode}", typecode, body={"enabled": enabled})


@router.get("/fyi/disclaimer/{typecode}")
async def get_notification_disclaimer(gateway: Gateway, typecode: PathTypecode) -> Json:
    """Get the disclaimer of one type of notifications.
    \f
    Source: IBKR Web API reference, "Get Disclaimer For A Certain Kind Of FYI".
    Found by: legal notice, terms.
    """
    return await gateway.get("/fyi/disclaimer/{typecode}", typecode)


@router.put("/fyi/disclaimer/{typecode}")
async def mark_disclaimer_read(gateway: Gateway, typecode: PathTypecode) -> Json:
    """Mark the disclaimer of one type of notifications as read.
    \f
    Source: IBKR Web API reference, "Mark Disclaimer Read".
    Found by: accept terms, acknowledge a legal notice.
    """
    return await gateway.put("/fyi/disclaimer/{typecode}", typecode, body={})


@router.get("/fyi/deliveryoptions")
async def get_delivery_options(gateway: Gateway) -> Json:
    """Get where notifications are delivered: `M` is 1 for e-mail, `E` lists the devices.
    \f
    Source: IBKR Web API reference, "Get Delivery Options".
    Found by: phones, push, mail settings, how I am notified.
    """
    return await gateway.get("/fyi/deliveryoptions")


@router.put("/fyi/deliveryoptions/email")
async def set_email_delivery(
    gateway: Gateway, enabled: Annotated[bool, Query(description="true: on, false: off.")]
) -> Json:
    """Set whether notifications are sent by e-mail.
    \f
    Source: IBKR Web API reference, "Enable/Disable Email Option".
    Found by: turn mail on or off, stop e-mails.
    """
    return await gateway.put("/fyi/deliveryoptions/email", body={}, enabled=enabled)


@router.post("/fyi/deliveryoptions/device")
async def set_device_delivery(gateway: Gateway, device: Device) -> Json:
    """Set whether notifications are sent to a phone or tablet; a new device is registered.
    \f
    Source: IBKR Web API reference, "Enable/Disable Device Option".
    Found by: push messages, add a mobile, turn off notices on my phone.
    """
    return await gateway.post("/fyi/deliveryoptions/device", body=device.sent())


@router.delete("/fyi/deliveryoptions/{device_id}")
async def delete_delivery_device(
    gateway: Gateway,
    device_id: Annotated[DeviceId, Path(description="`I` in `get_delivery_options`.")],
) -> Json:
    """Delete a phone or tablet permanently from the devices that get notifications.
    \f
    Source: IBKR Web API reference, "Delete a Device".
    Found by: remove, unregister, forget a mobile.
    """
    return await gateway.delete("/fyi/deliveryoptions/{device}", device_id)
