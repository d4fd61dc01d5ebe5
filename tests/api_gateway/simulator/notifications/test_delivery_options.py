from __future__ import annotations

from api_gateway.simulator.notifications.delivery_options import DeliveryOptions, Device


def test_delivery_starts_with_emails_and_one_phone() -> None:
    options = DeliveryOptions()
    assert options.email
    assert [device.name for device in options.devices.values()] == ["iPhone"]


def test_registering_a_device_again_replaces_it() -> None:
    options = DeliveryOptions()
    options.register(Device("d1", "Desk", "Desk", enabled=True))
    options.register(Device("d1", "Desk", "Desk", enabled=False))
    assert len(options.devices) == 2
    assert not options.devices["d1"].enabled


def test_a_device_can_be_removed_once() -> None:
    options = DeliveryOptions()
    (only,) = options.devices
    assert options.remove(only)
    assert not options.remove(only)
    assert options.devices == {}
