"""TLS trust, tested with real handshakes."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from typing import Any

import pytest

from api_gateway.causes import Cause
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.tls import CertificateError, TlsTrust
from api_gateway.errors import Unreachable
from api_gateway.settings import GatewaySettings
from tests.api_gateway.because import because
from tests.api_gateway.certificates import SelfSignedCertificate, make_certificate
from tests.api_gateway.doctor.hurried import run_hurried
from tests.api_gateway.fakes import RawServer


class Answering:
    """A server that responds with `{}` to everything and records the bytes it received."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.received.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n["fine"]')
            await writer.drain()


async def send_request(server: RawServer, scheme: str = "https", **settings: Any) -> bytes:
    address = f"{scheme}://127.0.0.1:{server.port}"
    async with GatewayClient(GatewaySettings(_env_file=None, gateway_url=address, **settings)) as gateway:
        return (await gateway.get("/iserver/accounts")).body


@pytest.fixture
def own(tmp_path: Path) -> SelfSignedCertificate:
    return make_certificate(tmp_path, "own")


@pytest.fixture
def answering() -> Answering:
    return Answering()


async def test_a_self_signed_certificate_is_trusted_if_it_is_the_ca_file(
    own: SelfSignedCertificate, answering: Answering
) -> None:
    async with RawServer(answering.serve).running(own.server_context) as server:
        assert await send_request(server, gateway_ca_file=own.file) == b'["fine"]'


async def test_an_unknown_certificate_is_not_trusted(
    own: SelfSignedCertificate, answering: Answering
) -> None:
    async with RawServer(answering.serve).running(own.server_context) as server:
        with pytest.raises(Unreachable, check=because(Cause.TLS_REJECTED)) as caught:
            await send_request(server)
    assert "(certificate verify failed: self-signed certificate)." in str(caught.value)
    assert answering.received == []


async def test_another_certificate_than_the_ca_file_is_not_trusted(
    own: SelfSignedCertificate, answering: Answering, tmp_path: Path
) -> None:
    other = make_certificate(tmp_path, "other")
    async with RawServer(answering.serve).running(own.server_context) as server:
        with pytest.raises(Unreachable):
            await send_request(server, gateway_ca_file=other.file)
    assert answering.received == []


async def test_an_expired_certificate_is_rejected_unless_verification_is_off(
    tmp_path: Path, answering: Answering
) -> None:
    vendor = make_certificate(tmp_path, "vendor", expired=True)
    async with RawServer(answering.serve).running(vendor.server_context) as server:
        with pytest.raises(Unreachable, match="expired"):
            await send_request(server, gateway_ca_file=vendor.file)
        assert await send_request(server, gateway_verify_tls=False) == b'["fine"]'


async def test_the_fingerprint_pins_a_certificate_that_is_not_verified(
    tmp_path: Path, answering: Answering
) -> None:
    vendor = make_certificate(tmp_path, "vendor", expired=True)
    async with RawServer(answering.serve).running(vendor.server_context) as server:
        body = await send_request(server, gateway_verify_tls=False, gateway_fingerprint=vendor.fingerprint)
    assert body == b'["fine"]'


@pytest.mark.parametrize("verify", [True, False])
async def test_another_fingerprint_ends_the_handshake_before_any_byte_of_the_request(
    own: SelfSignedCertificate, answering: Answering, verify: bool
) -> None:
    async with RawServer(answering.serve).running(own.server_context) as server:
        with pytest.raises(Unreachable, match="GATEWAY_FINGERPRINT"):
            await send_request(
                server, gateway_ca_file=own.file, gateway_verify_tls=verify, gateway_fingerprint="ab" * 32
            )
    assert answering.received == []


async def test_a_connection_closed_during_the_handshake_is_not_a_certificate_error() -> None:
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with RawServer(hang_up).running() as server:
        with pytest.raises(Unreachable, check=because(Cause.CONNECT_FAILED)):
            await send_request(server)


@pytest.mark.parametrize("ended_by", ["deadline", "caller"])
def test_a_connection_whose_handshake_never_ends_is_closed(ended_by: str) -> None:
    run_hurried(_end_a_handshake(ended_by))


async def _end_a_handshake(ended_by: str) -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        begun.set()
        while await reader.read(1000):
            continue
        left.set()

    async with RawServer(silent).running() as server:
        asking = asyncio.create_task(send_request(server, gateway_timeout=30))
        await begun.wait()
        if ended_by == "caller":
            asking.cancel()
        await asyncio.wait({asking})
        async with asyncio.timeout(5):
            await left.wait()
    assert ended_by == "caller" or isinstance(asking.exception(), Unreachable)


async def test_a_missing_certificate_file_is_reported_until_it_exists(
    own: SelfSignedCertificate, answering: Answering, tmp_path: Path
) -> None:
    later = tmp_path / "later.pem"
    async with RawServer(answering.serve).running(own.server_context) as server:
        address = f"https://127.0.0.1:{server.port}"
        settings = GatewaySettings(_env_file=None, gateway_url=address, gateway_ca_file=later)
        async with GatewayClient(settings) as gateway:
            with pytest.raises(Unreachable, check=because(Cause.CERTIFICATE_FILE_UNREADABLE)) as caught:
                await gateway.get("/iserver/accounts")
            assert "later.pem" in str(caught.value)
            later.write_bytes(own.file.read_bytes())
            assert (await gateway.get("/iserver/accounts")).body == b'["fine"]'


async def test_a_new_certificate_is_trusted_once_its_file_has_changed(tmp_path: Path) -> None:
    first, second = make_certificate(tmp_path, "first"), make_certificate(tmp_path, "second")
    file = tmp_path / "gateway.pem"
    file.write_bytes(first.file.read_bytes())
    answering = Answering()
    async with RawServer(answering.serve).running(first.server_context) as server:
        port = server.port
        settings = GatewaySettings(
            _env_file=None, gateway_url=f"https://127.0.0.1:{port}", gateway_ca_file=file
        )
        async with GatewayClient(settings) as gateway:
            await gateway.get("/iserver/accounts")
            file.write_bytes(second.file.read_bytes())
            os.utime(file, ns=(1, 1))
            with pytest.raises(Unreachable):
                await gateway.get("/iserver/accounts")
            assert len(answering.received) == 1


def test_the_context_is_built_once_and_again_when_the_file_changes(own: SelfSignedCertificate) -> None:
    trust = TlsTrust(ca_file=own.file)
    context = trust.context()
    assert trust.context() is context
    os.utime(own.file, ns=(1, 1))
    assert trust.context() is not context


def test_verification_is_the_default_and_tls_1_2_is_accepted(own: SelfSignedCertificate) -> None:
    for context in (TlsTrust(ca_file=own.file).context(), TlsTrust().context()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_file_that_is_not_a_certificate_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "gateway.pem"
    file.write_text("half a file")
    with pytest.raises(
        CertificateError, check=lambda error: error.explanation.cause is Cause.CERTIFICATE_FILE_INVALID
    ):
        TlsTrust(ca_file=file).context()


async def test_without_tls_no_certificate_is_read(answering: Answering, tmp_path: Path) -> None:
    async with RawServer(answering.serve).running() as server:
        assert await send_request(server, "http", gateway_ca_file=tmp_path / "none.pem") == b'["fine"]'
