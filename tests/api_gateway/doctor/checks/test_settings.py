"""Settings check: settings that contradict each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api_gateway.causes import Cause
from api_gateway.doctor.checks.settings import examine_settings, examine_ticker_url
from api_gateway.doctor.findings import Outcome
from api_gateway.settings import GatewaySettings

FILE = Path("gateway.pem")


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"gateway_ca_file": FILE, "gateway_verify_tls": False}, Cause.CA_FILE_IGNORED),
        ({"gateway_url": "http://localhost:5055", "gateway_ca_file": FILE}, Cause.TLS_SETTINGS_WITHOUT_TLS),
        (
            {"gateway_url": "http://localhost:1", "gateway_fingerprint": "a" * 64},
            Cause.TLS_SETTINGS_WITHOUT_TLS,
        ),
        ({"gateway_url": "https://nas.lan:5055", "gateway_verify_tls": False}, Cause.CERTIFICATE_NOT_CHECKED),
        ({"gateway_url": "http://10.0.0.7:5055"}, Cause.CERTIFICATE_NOT_CHECKED),
        ({"gateway_url": "https://localhost:5000"}, Cause.LOGIN_URL_DIFFERS),
    ],
)
def test_contradictory_settings_are_a_warning_with_a_fix(settings: dict[str, Any], cause: Cause) -> None:
    findings = examine_settings(GatewaySettings(_env_file=None, **settings))
    assert {each.outcome for each in findings} == {Outcome.WARNING}
    assert cause in [each.cause for each in findings]
    assert all(each.fix for each in findings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"gateway_ca_file": FILE},
        {"gateway_verify_tls": False},
        {"gateway_url": "https://gateway:5055", "gateway_verify_tls": False},
        {"gateway_url": "http://[::1]:5055"},
        {"gateway_url": "https://localhost:5000", "gateway_login_url": "https://localhost:5055"},
        {"gateway_url": "https://nas.lan:5055", "gateway_verify_tls": False, "gateway_fingerprint": "a" * 64},
    ],
)
def test_consistent_settings_are_ok(settings: dict[str, Any]) -> None:
    [found] = examine_settings(GatewaySettings(_env_file=None, **settings))
    assert found.outcome is Outcome.OK


def test_a_ticker_url_with_another_port_than_ticker_port_is_a_warning() -> None:
    [found] = examine_ticker_url("http://localhost:5056", 6000)
    assert found.outcome is Outcome.WARNING
    assert "6000" in found.sentence


@pytest.mark.parametrize("url", ["http://localhost:6000", "http://127.0.0.1:6000", "http://ticker:5056"])
def test_a_ticker_url_with_ticker_port_or_on_another_machine_is_ok(url: str) -> None:
    assert examine_ticker_url(url, 6000) == []
