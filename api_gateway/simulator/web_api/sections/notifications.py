"""FYIs and Notifications: what IBKR has to tell the user, and how it does."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.notifications.delivery_options import Device
from api_gateway.simulator.notifications.inbox import Notification
from api_gateway.simulator.notifications.settings import Subscription
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import whole_number
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Reply, Section, bad_request

SECTION = Section("FYIs and Notifications")

_MOST = 10
_EDITED, _READ = 10, 5  # milliseconds that IBKR says an acknowledged change has taken


@SECTION.answers("GET", "/fyi/unreadnumber", needs=Needs.LOGIN)
def unread_number(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """How many notifications have not been read. The first call only wakes the service."""
    _wake(simulation, 423)
    return {"BN": simulation.inbox.unread()}


@SECTION.answers("GET", "/fyi/notifications", needs=Needs.LOGIN)
def notifications(simulation: Simulation, call: Call) -> Any:
    """At most ten notifications, the newest first. The first call only wakes the service."""
    most = whole_number(call.query.get("max", ""), "max", lowest=1)
    _wake(simulation, 503)
    found = simulation.inbox.page(
        min(most, _MOST),
        after=call.query.get("id", ""),
        include=_codes(call, "include"),
        exclude=_codes(call, "exclude"),
    )
    return [_row(each) for each in found]


@SECTION.answers("GET", "/fyi/notifications/more", needs=Needs.LOGIN)
def more_notifications(simulation: Simulation, call: Call) -> Any:
    """The ten notifications after the one that was seen last."""
    last = call.query.get("id", "")
    if not last:
        raise bad_request("id is required")
    _wake(simulation, 503)
    return [_row(each) for each in simulation.inbox.page(_MOST, after=last)]


@SECTION.answers("PUT", "/fyi/notifications/{notificationId}", needs=Needs.LOGIN)
def read_notification(simulation: Simulation, call: Call) -> Any:
    """Mark one as read; one that does not exist is acknowledged as well."""
    notification_id = call.values["notificationId"]
    simulation.inbox.mark_read(notification_id)
    return {"V": 1, "T": _READ, "P": {"R": 1, "ID": notification_id}}


@SECTION.answers("GET", "/fyi/settings", needs=Needs.LOGIN)
def settings(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """Every kind of notification with its switch, where it has one."""
    return [_setting(each) for each in simulation.notification_settings.all()]


@SECTION.answers("POST", "/fyi/settings/{typecode}", needs=Needs.LOGIN)
def change_setting(simulation: Simulation, call: Call) -> Any:
    """Turn a kind on or off; one that does not exist is acknowledged as well."""
    enabled = call.body.get("enabled") if isinstance(call.body, dict) else None
    if not isinstance(enabled, bool):
        raise bad_request("enabled is required")
    simulation.inbox.catch_up()
    simulation.notification_settings.switch(call.values["typecode"], enabled)
    return _acknowledged()


@SECTION.answers("GET", "/fyi/disclaimer/{typecode}", needs=Needs.LOGIN)
def disclaimer(simulation: Simulation, call: Call) -> Any:
    """What is to be accepted for a kind of notification."""
    code = call.values["typecode"]
    return {"FC": code, "DT": simulation.notification_settings.disclaimer(code)}


@SECTION.answers("PUT", "/fyi/disclaimer/{typecode}", needs=Needs.LOGIN)
def read_disclaimer(simulation: Simulation, call: Call) -> Any:
    """Accept the disclaimer of a kind."""
    simulation.notification_settings.accept(call.values["typecode"])
    return _acknowledged()


@SECTION.answers("GET", "/fyi/deliveryoptions", needs=Needs.LOGIN)
def delivery_options(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """The devices, and whether e-mails are sent."""
    options = simulation.delivery_options
    devices = [
        {"NM": each.name, "I": each.device_id, "UI": each.display_name, "A": int(each.enabled)}
        for each in options.devices.values()
    ]
    return {"E": devices, "M": int(options.email)}


@SECTION.answers("PUT", "/fyi/deliveryoptions/email", needs=Needs.LOGIN)
def deliver_by_email(simulation: Simulation, call: Call) -> Any:
    """Send e-mails, or stop sending them."""
    enabled = call.query.get("enabled", "").lower()
    if enabled not in ("true", "false"):
        raise bad_request("enabled is required")
    simulation.delivery_options.email = enabled == "true"
    return _acknowledged()


@SECTION.answers("POST", "/fyi/deliveryoptions/device", needs=Needs.LOGIN)
def deliver_to_device(simulation: Simulation, call: Call) -> Any:
    """Register a device, or turn one on or off."""
    body = call.body if isinstance(call.body, dict) else {}
    device_id, enabled = body.get("deviceId"), body.get("enabled")
    if not isinstance(device_id, str) or not device_id or not isinstance(enabled, bool):
        raise bad_request("deviceId and enabled are required")
    known = simulation.delivery_options.devices.get(device_id)
    name = body.get("deviceName") or (known.name if known else device_id)
    display_name = body.get("uiName") or (known.display_name if known else name)
    if not isinstance(name, str) or not isinstance(display_name, str):
        raise bad_request("deviceName and uiName must be strings")
    simulation.delivery_options.register(Device(device_id, name, display_name, enabled))
    return _acknowledged()


@SECTION.answers("DELETE", "/fyi/deliveryoptions/{deviceId}", needs=Needs.LOGIN)
def delete_device(simulation: Simulation, call: Call) -> Any:
    """Forget a device; success has no body."""
    if simulation.delivery_options.remove(call.values["deviceId"]):
        return Reply(200)
    html = b"<html><head><title>Not Found</title></head><body><h1>Resource not found</h1></body></html>\n"
    return Reply(404, html, "text/html")


def _wake(simulation: Simulation, status: int) -> None:
    """Refuse the first call of a session, as the service has not answered IBKR's own question yet."""
    if not simulation.preflights.fyi_warm and simulation.options.strict:
        simulation.preflights.fyi_warm = True
        raise Refusal(status, {"status": "waiting for reply"})


def _codes(call: Call, name: str) -> set[str]:
    return {code.strip() for code in call.query.get(name, "").split(",") if code.strip()}


def _row(each: Notification) -> dict[str, Any]:
    row = {
        "R": int(each.read),
        "D": f"{int(each.news.at)}.0",
        "MS": each.news.title,
        "MD": each.news.html,
        "ID": each.notification_id,
        "FC": each.news.code,
    }
    # News about holdings was seen without HT, and other news with it.
    return row if each.news.code == "PF" else row | {"HT": 0}


def _setting(each: Subscription) -> dict[str, Any]:
    row: dict[str, Any] = {"FC": each.kind.code, "H": int(each.unread)}
    if each.on is not None:
        row["A"] = int(each.on)
    if each.kind.group:
        row["SS"] = each.kind.group
    if each.kind.name:
        row |= {"FD": each.kind.text, "FN": each.kind.name}
    return row


def _acknowledged() -> dict[str, int]:
    return {"V": 1, "T": _EDITED}
