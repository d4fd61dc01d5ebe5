"""Delivery of notifications: the account's e-mail address, and devices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Device:
    """A phone or other app that receives notifications while it is enabled."""

    device_id: str
    name: str
    display_name: str
    enabled: bool


class DeliveryOptions:
    """The username's devices by ID, and whether e-mails are sent; starts with one phone."""

    def __init__(self) -> None:
        self.email = True
        first = "apn://mtws@5A1E00010000000000000000000000000001"
        self.devices = {first: Device(first, "iPhone", "iPhone", enabled=True)}

    def register(self, device: Device) -> None:
        """Add a device, or replace the one with the same ID."""
        self.devices[device.device_id] = device

    def remove(self, device_id: str) -> bool:
        """Delete a device; False if no device has this ID."""
        return self.devices.pop(device_id, None) is not None
