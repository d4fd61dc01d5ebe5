"""Network checks, with real handshakes on loopback."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api_gateway.causes import Cause
from api_gateway.doctor.checks import network
from api_gateway.doctor.checks.certificates import CertificateInfo, explain_refusal
from api_gateway.doctor.checks.network import NetworkChecks, addresses_of
from api_gateway.doctor.findings import Finding, Outcome
from api_gateway.settings import GatewaySettings
from tests.api_gateway.doctor.hurried import run_hurried
from tests.api_gateway.doctor.world import CertificateSet
from tests.api_gateway.fakes import RawServer

SHOWN = CertificateInfo(
    names=("localhost", "gateway"),
    begins=datetime(2030, 1, 2, 3, 4, tzinfo=UTC),
    ends=datetime(2019, 5, 11, tzinfo=UTC),
    fingerprint="ab" * 32,
)


class Silent:
    async def serve(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(-1)


async def look_at_tls(certificates: CertificateSet, **settings: Any) -> Finding:
    async with RawServer(Silent().serve).running(certificates.own.server_context) as server:
        address = f"https://127.0.0.1:{server.port}"
        stack = NetworkChecks(GatewaySettings(_env_file=None, gateway_url=address, **settings))
        for step in (stack.examine_name, stack.examine_port):
            assert (await step()).outcome is Outcome.OK
        return await stack.examine_tls()


async def test_an_unknown_certificate_is_reported_with_its_fingerprint(
    certificates: CertificateSet,
) -> None:
    found = await look_at_tls(certificates)
    assert found.cause is Cause.CERTIFICATE_UNTRUSTED
    assert f"GATEWAY_FINGERPRINT={certificates.own.fingerprint}" in found.fix


async def test_a_changed_certificate_is_distinguished_from_an_unknown_one(
    certificates: CertificateSet,
) -> None:
    found = await look_at_tls(certificates, gateway_ca_file=certificates.other.file)
    assert found.cause is Cause.CERTIFICATE_NOT_IN_CA_FILE


async def test_a_certificate_that_expires_soon_is_a_warning(
    certificates: CertificateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "EXPIRES_SOON", timedelta(days=100_000))
    found = await look_at_tls(certificates, gateway_ca_file=certificates.own.file)
    assert found.outcome is Outcome.WARNING
    assert found.cause is Cause.CERTIFICATE_EXPIRES_SOON


async def test_an_unverified_certificate_is_reported(certificates: CertificateSet) -> None:
    found = await look_at_tls(certificates, gateway_verify_tls=False)
    assert (found.outcome, "not checked" in found.sentence) == (Outcome.OK, True)


async def test_a_file_that_is_not_a_certificate_is_reported(
    certificates: CertificateSet, tmp_path: Path
) -> None:
    (tmp_path / "a.pem").write_text("nothing", encoding="ascii")
    found = await look_at_tls(certificates, gateway_ca_file=tmp_path / "a.pem")
    assert found.cause is Cause.CERTIFICATE_FILE_INVALID


@pytest.mark.parametrize(
    ("code", "cause", "fact"),
    [
        (10, Cause.CERTIFICATE_EXPIRED, "11 May 2019"),
        (9, Cause.CERTIFICATE_NOT_YET_VALID, "02 January 2030 03:04 UTC"),
        (62, Cause.CERTIFICATE_FOR_OTHER_NAME, "localhost, gateway"),
        (64, Cause.CERTIFICATE_FOR_OTHER_NAME, "nas.lan"),
        (18, Cause.CERTIFICATE_UNTRUSTED, ""),
        (20, Cause.CERTIFICATE_UNTRUSTED, ""),
    ],
)
def test_openssls_code_gives_the_cause_of_a_rejected_certificate(code: int, cause: Cause, fact: str) -> None:
    error = ssl.SSLCertVerificationError("no")
    error.verify_code = code
    said = explain_refusal(error, "nas.lan", SHOWN, ca_file=False)
    assert said.cause is cause
    assert fact in said.sentence
    assert said.next_step


def test_a_name_in_dockers_network_is_recognized() -> None:
    def unknown(*_: object) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    settings = GatewaySettings(_env_file=None, gateway_url="https://gateway:5055")
    found = asyncio.run(NetworkChecks(settings, resolve=unknown).examine_name())
    assert found.outcome is Outcome.BROKEN
    assert found.cause is Cause.DOCKER_NAME


def test_a_hanging_resolver_does_not_delay_the_end_of_the_loop() -> None:
    done = threading.Event()

    def endless(*_: object) -> list[str]:
        done.wait(20)
        return []

    async def look() -> None:
        with pytest.raises(TimeoutError):
            await addresses_of("gateway.test", 1, resolve=endless)

    began = time.monotonic()
    run_hurried(look())
    assert time.monotonic() - began < 5
    assert [each.daemon for each in threading.enumerate() if each.name == "resolve"][-1:] == [True]
    done.set()


def test_a_closed_port_is_reported_without_the_address_twice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
    stack = NetworkChecks(GatewaySettings(_env_file=None, gateway_url=f"https://127.0.0.1:{port}"))

    async def look() -> Finding:
        await stack.examine_name()
        return await stack.examine_port()

    found = asyncio.run(look())
    assert found.cause is Cause.PORT_CLOSED
    assert f"127.0.0.1:{port} (connection refused)" in found.sentence
