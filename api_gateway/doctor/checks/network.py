"""Network checks: the gateway's name, its port, and TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from api_gateway.causes import Cause, Explanation, explain
from api_gateway.client.tls import CertificateError, TlsTrust
from api_gateway.doctor.checks.certificates import explain_refusal, read_certificate
from api_gateway.doctor.findings import Finding, Layer, broken, ok, warning
from api_gateway.redaction import sanitize
from api_gateway.settings import GatewaySettings

NAME_SECONDS = 2.0
PORT_SECONDS = 2.0
TLS_SECONDS = 2.0
PLAIN_SECONDS = 1.0
EXPIRES_SOON = timedelta(days=14)
DOCKER_NAMES = frozenset({"gateway", "ib-gateway", "simulator", "host.docker.internal"})

Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, blocking as long as the resolver does; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def addresses_of(host: str, port: int, *, resolve: Resolve = resolve) -> Sequence[str]:
    """Return the addresses of a host; raises OSError, and TimeoutError after 2 s.

    The resolver runs in a daemon thread: it cannot be cancelled, and at its shutdown the event loop would
    wait for a thread of its executor.
    """
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    resolved: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(found: Sequence[str] | OSError) -> None:
        if resolved.done():
            return
        if isinstance(found, OSError):
            resolved.set_exception(found)
        else:
            resolved.set_result(found)

    def look_up() -> None:
        found: Sequence[str] | OSError
        try:
            found = resolve(host, port)
        except OSError as error:
            found = error
        except UnicodeError:
            found = OSError("it is not a host name")
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody is waiting
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=look_up, daemon=True, name="resolve").start()
    async with asyncio.timeout(NAME_SECONDS):
        return await resolved


class NetworkChecks:
    """The network checks of one gateway; each depends on the one before it."""

    def __init__(self, settings: GatewaySettings, *, resolve: Resolve = resolve) -> None:
        parts = urlsplit(settings.gateway_url)
        self._settings = settings
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._resolve = resolve
        self._addresses: Sequence[str] = ()
        self._address = ""

    async def examine_name(self) -> Finding:
        """Whether the host of GATEWAY_URL has an address."""
        try:
            self._addresses = await addresses_of(self._host, self._port, resolve=self._resolve)
        except TimeoutError:
            slow = explain(Cause.DNS_TIMEOUT, host=self._host, seconds=f"{NAME_SECONDS:.0f}")
            return broken(Layer.NAME, slow)
        except OSError as error:
            docker = self._host.lower() in DOCKER_NAMES
            cause = Cause.DOCKER_NAME if docker else Cause.NAME_UNKNOWN
            return broken(Layer.NAME, explain(cause, host=self._host, reason=_reason(error)))
        return ok(Layer.NAME, f"{self._host} resolves to {', '.join(self._addresses[:4])}.")

    async def examine_port(self) -> Finding:
        """Whether anything accepts connections there."""
        error: OSError = OSError("it has no address")
        try:
            async with asyncio.timeout(PORT_SECONDS):
                for address in self._addresses:
                    try:
                        async with _connect(address, self._port):
                            self._address = address
                            return ok(Layer.PORT, f"Port {self._port} accepts connections.")
                    except OSError as refusal:
                        error = refusal
        except TimeoutError:
            silent = explain(
                Cause.PORT_SILENT, host=self._host, port=self._port, seconds=f"{PORT_SECONDS:.0f}"
            )
            return broken(Layer.PORT, silent)
        closed = explain(Cause.PORT_CLOSED, host=self._host, port=self._port, reason=_reason(error))
        return broken(Layer.PORT, closed)

    async def examine_tls(self) -> Finding:
        """Whether the port speaks TLS, and the certificate is trusted."""
        if not self._tls:
            return await self._examine_plain()
        try:
            context = TlsTrust.from_settings(self._settings).context()
        except CertificateError as error:
            return broken(Layer.TLS, error.explanation)
        try:
            async with (
                asyncio.timeout(TLS_SECONDS),
                _connect(self._address, self._port, context, self._host) as writer,
            ):
                return self._check_certificate(_presented_certificate(writer))
        except ssl.SSLCertVerificationError as error:
            shown = read_certificate(await self._fetch_certificate() or b"")
            ca_file = self._settings.gateway_ca_file is not None
            return broken(Layer.TLS, explain_refusal(error, self._host, shown, ca_file=ca_file))
        except TimeoutError:
            said = f"does not respond within {TLS_SECONDS:.0f} s when TLS begins"
        except (OSError, EOFError) as error:
            said = f"closes the connection when TLS begins ({_reason(error)})"
        return await self._describe_non_tls(said)

    def _check_certificate(self, der: bytes) -> Finding:
        shown = read_certificate(der)
        if not self._settings.gateway_verify_tls:
            how = "matches GATEWAY_FINGERPRINT" if self._settings.gateway_fingerprint else "is not checked"
            return ok(Layer.TLS, f"TLS works; the certificate {how}.")
        if shown is not None and shown.ends - datetime.now(UTC) < EXPIRES_SOON:
            soon = explain(Cause.CERTIFICATE_EXPIRES_SOON, when=f"{shown.ends:%d %B %Y}")
            return warning(Layer.TLS, soon)
        return ok(Layer.TLS, "TLS works, and the certificate is trusted.")

    async def _fetch_certificate(self) -> bytes | None:
        """The certificate that the gateway presents, trusted or not."""
        try:
            async with (
                asyncio.timeout(TLS_SECONDS),
                _connect(self._address, self._port, _unverified_context(), self._host) as writer,
            ):
                return _presented_certificate(writer)
        except (OSError, EOFError, TimeoutError):
            return None

    async def _describe_non_tls(self, said: str) -> Finding:
        if await self._speaks_plain():
            return broken(Layer.TLS, self._explain(Cause.PLAIN_HTTP_SPOKEN))
        return broken(Layer.TLS, self._explain(Cause.PROTOCOL_UNKNOWN, behavior=said))

    async def _examine_plain(self) -> Finding:
        if await self._speaks_plain():
            return ok(Layer.TLS, "The port speaks plain HTTP, as GATEWAY_URL says.")
        if await self._fetch_certificate() is not None:
            return broken(Layer.TLS, self._explain(Cause.TLS_SPOKEN))
        behavior = f"speaks neither HTTP nor TLS within {PLAIN_SECONDS + TLS_SECONDS:.0f} s"
        return broken(Layer.TLS, self._explain(Cause.PROTOCOL_UNKNOWN, behavior=behavior))

    def _explain(self, cause: Cause, **facts: str) -> Explanation:
        login = self._settings.gateway_login_url
        return explain(cause, host_and_port=self._host_and_port, login=login, **facts)

    async def _speaks_plain(self) -> bool:
        headers = f"Host: {self._host_and_port}\r\nUser-Agent: ib-mcp\r\nConnection: close"
        request = f"GET / HTTP/1.1\r\n{headers}\r\n\r\n"
        try:
            async with asyncio.timeout(PLAIN_SECONDS):
                reader, writer = await asyncio.open_connection(self._address, self._port)
                try:
                    writer.write(request.encode("ascii"))
                    return await reader.readexactly(5) == b"HTTP/"
                finally:
                    writer.transport.abort()
        except (OSError, EOFError, TimeoutError):
            return False

    @property
    def _host_and_port(self) -> str:
        return f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"


@asynccontextmanager
async def _connect(
    address: str, port: int, context: ssl.SSLContext | None = None, host: str | None = None
) -> AsyncIterator[asyncio.StreamWriter]:
    """Open a connection that is aborted on exit, without a closing handshake."""
    _, writer = await asyncio.open_connection(
        address, port, ssl=context, server_hostname=host if context else None
    )
    try:
        yield writer
    finally:
        writer.transport.abort()


def _presented_certificate(writer: asyncio.StreamWriter) -> bytes:
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    return tls.getpeercert(binary_form=True) or b""


def _unverified_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only to read the certificate: nothing is sent
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return sanitize(error.reason.replace("_", " ").lower())
    if isinstance(error, socket.gaierror):
        return sanitize(error.strerror or "unknown")
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()  # asyncio puts the address into `strerror`
    return sanitize(str(error)) or type(error).__name__
