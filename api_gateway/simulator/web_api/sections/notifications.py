"""FYIs and Notifications: the inbox, its settings and delivery."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.notifications.delivery_options import Device
from api_gateway.simulator.notifications.inbox import InboxEntry
from api_gateway.simulator.notifications.settings import NotificationSetting
from api_gateway.simulator.replies import ApiError, ApiResponse, bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import parse_whole_number, split_csv
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("FYIs and Notifications")

_MAX_NOTIFICATIONS = 10
_EDIT_MS, _READ_MS = 10, 5  # milliseconds that IBKR reports for an acknowledged change


@SECTION.route("GET", "/fyi/unreadnumber", requires=RequiredSession.LOGIN)
def unread_number(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the number of unread notifications. The first call only starts the service."""
    _reject_first_call(simulation, 423)
    return {"BN": simulation.inbox.unread_count()}


@SECTION.route("GET", "/fyi/notifications", requires=RequiredSession.LOGIN)
def notifications(simulation: Simulation, request: ApiRequest) -> Any:
    """Return up to ten notifications, newest first. The first call only starts the service."""
    limit = parse_whole_number(request.query.get("max", ""), "max", minimum=1)
    _reject_first_call(simulation, 503)
    entries = simulation.inbox.page(
        min(limit, _MAX_NOTIFICATIONS),
        after=request.query.get("id", ""),
        include=split_csv(request.query.get("include", "")),
        exclude=split_csv(request.query.get("exclude", "")),
    )
    return [_notification_row(entry) for entry in entries]


@SECTION.route("GET", "/fyi/notifications/more", requires=RequiredSession.LOGIN)
def more_notifications(simulation: Simulation, request: ApiRequest) -> Any:
    """Return up to ten notifications older than the one with `id`."""
    last_id = request.query.get("id", "")
    if not last_id:
        raise bad_request("id is required")
    _reject_first_call(simulation, 503)
    return [_notification_row(entry) for entry in simulation.inbox.page(_MAX_NOTIFICATIONS, after=last_id)]


@SECTION.route("PUT", "/fyi/notifications/{notificationId}", requires=RequiredSession.LOGIN)
def mark_notification_read(simulation: Simulation, request: ApiRequest) -> Any:
    """Mark a notification as read; an unknown ID is also acknowledged."""
    notification_id = request.path_params["notificationId"]
    simulation.inbox.mark_read(notification_id)
    return {"V": 1, "T": _READ_MS, "P": {"R": 1, "ID": notification_id}}


@SECTION.route("GET", "/fyi/settings", requires=RequiredSession.LOGIN)
def settings(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return every notification type with its switch, if it has one."""
    return [_setting_row(setting) for setting in simulation.notification_settings.all()]


@SECTION.route("POST", "/fyi/settings/{typecode}", requires=RequiredSession.LOGIN)
def change_setting(simulation: Simulation, request: ApiRequest) -> Any:
    """Switch a type on or off; an unknown type is also acknowledged."""
    enabled = request.body.get("enabled") if isinstance(request.body, dict) else None
    if not isinstance(enabled, bool):
        raise bad_request("enabled is required")
    simulation.inbox.catch_up()
    simulation.notification_settings.set_enabled(request.path_params["typecode"], enabled)
    return _acknowledgement()


@SECTION.route("GET", "/fyi/disclaimer/{typecode}", requires=RequiredSession.LOGIN)
def disclaimer(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the disclaimer of a notification type."""
    code = request.path_params["typecode"]
    return {"FC": code, "DT": simulation.notification_settings.disclaimer(code)}


@SECTION.route("PUT", "/fyi/disclaimer/{typecode}", requires=RequiredSession.LOGIN)
def accept_disclaimer(simulation: Simulation, request: ApiRequest) -> Any:
    """Accept the disclaimer of a type."""
    simulation.notification_settings.accept_disclaimer(request.path_params["typecode"])
    return _acknowledgement()


@SECTION.route("GET", "/fyi/deliveryoptions", requires=RequiredSession.LOGIN)
def delivery_options(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the devices, and whether e-mails are sent."""
    options = simulation.delivery_options
    devices = [
        {"NM": device.name, "I": device.device_id, "UI": device.display_name, "A": int(device.enabled)}
        for device in options.devices.values()
    ]
    return {"E": devices, "M": int(options.email)}


@SECTION.route("PUT", "/fyi/deliveryoptions/email", requires=RequiredSession.LOGIN)
def deliver_by_email(simulation: Simulation, request: ApiRequest) -> Any:
    """Enable or disable e-mails."""
    enabled = request.query.get("enabled", "").lower()
    if enabled not in ("true", "false"):
        raise bad_request("enabled is required")
    simulation.delivery_options.email = enabled == "true"
    return _acknowledgement()


@SECTION.route("POST", "/fyi/deliveryoptions/device", requires=RequiredSession.LOGIN)
def deliver_to_device(simulation: Simulation, request: ApiRequest) -> Any:
    """Register a device, or enable or disable it."""
    body = request.body if isinstance(request.body, dict) else {}
    device_id, enabled = body.get("deviceId"), body.get("enabled")
    if not isinstance(device_id, str) or not device_id or not isinstance(enabled, bool):
        raise bad_request("deviceId and enabled are required")
    registered = simulation.delivery_options.devices.get(device_id)
    name = body.get("deviceName") or (registered.name if registered else device_id)
    display_name = body.get("uiName") or (registered.display_name if registered else name)
    if not isinstance(name, str) or not isinstance(display_name, str):
        raise bad_request("deviceName and uiName must be strings")
    simulation.delivery_options.register(Device(device_id, name, display_name, enabled))
    return _acknowledgement()


@SECTION.route("DELETE", "/fyi/deliveryoptions/{deviceId}", requires=RequiredSession.LOGIN)
def delete_device(simulation: Simulation, request: ApiRequest) -> Any:
    """Delete a device; success has no body."""
    if simulation.delivery_options.remove(request.path_params["deviceId"]):
        return ApiResponse(200)
    html = b"<html><head><title>Not Found</title></head><body><h1>Resource not found</h1></body></html>\n"
    return ApiResponse(404, html, "text/html")


def _reject_first_call(simulation: Simulation, status: int) -> None:
    """Reject the first call of a session, because IBKR's own back end call is still pending."""
    if not simulation.preflights.fyi_warm and simulation.options.strict:
        simulation.preflights.fyi_warm = True
        raise ApiError(status, {"status": "waiting for reply"})


def _notification_row(entry: InboxEntry) -> dict[str, Any]:
    row = {
        "R": int(entry.read),
        "D": f"{int(entry.notification.at)}.0",
        "MS": entry.notification.title,
        "MD": entry.notification.html,
        "ID": entry.notification_id,
        "FC": entry.notification.code,
    }
    # Recorded: notifications about positions have no HT, all others do.
    return row if entry.notification.code == "PF" else row | {"HT": 0}


def _setting_row(setting: NotificationSetting) -> dict[str, Any]:
    row: dict[str, Any] = {"FC": setting.kind.code, "H": int(setting.disclaimer_unread)}
    if setting.enabled is not None:
        row["A"] = int(setting.enabled)
    if setting.kind.group:
        row["SS"] = setting.kind.group
    if setting.kind.name:
        row |= {"FD": setting.kind.description, "FN": setting.kind.name}
    return row


def _acknowledgement() -> dict[str, int]:
    return {"V": 1, "T": _EDIT_MS}
