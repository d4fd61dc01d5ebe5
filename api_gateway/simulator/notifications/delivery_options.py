"""Where notifications are sent: the e-mail address of the account, and devices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Device:
    """A telephone, or another program, that receives notifications while it is enabled."""

    device_id: str
    name: str
    display_name: str
    enabled: bool


class DeliveryOptions:
    """The devices of the username by id, and whether e-mails are sent; one telephone is there at first."""

    def __init__(self) -> None:
        self.email = True
        first = "apn://mtws@5A1E00010000000000000000000000000001"
        self.devices = {first: Device(first, "iPhone", "iPhone", enabled=True)}

    def register(self, device: Device) -> None:
        """Add a device, or replace the one with its id."""
        self.devices[device.device_id] = device

    def remove(self, device_id: str) -> bool:
        """Forget a device; False if there is none with this id."""
        return self.devices.pop(device_id, None) is not None
