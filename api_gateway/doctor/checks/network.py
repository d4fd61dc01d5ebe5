"""The way to the gateway: its name, its port, and TLS."""

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
    """The addresses of a name; raises OSError. It may take as long as the resolver likes."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def addresses_of(host: str, port: int, *, resolve: Resolve = resolve) -> Sequence[str]:
    """The addresses of a name or of an address; raises OSError, and TimeoutError after 2 s.

    It is asked in a thread that ends with the process: the resolver cannot be called off, and a thread of
    the loop's own would be waited for.
    """
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(found: Sequence[str] | OSError) -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: Sequence[str] | OSError
        try:
            found = resolve(host, port)
        except OSError as error:
            found = error
        except UnicodeError:
            found = OSError("it is no host name")
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, daemon=True, name="resolve").start()
    async with asyncio.timeout(NAME_SECONDS):
        return await answer


class NetworkChecks:
    """The way to one gateway, walked step by step; each step needs the one before it."""

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
            return broken(
                Layer.NAME,
                f"The name service has not said within {NAME_SECONDS:.0f} s what {self._host} is.",
                "Check this machine's network and name service; or put an address into GATEWAY_URL.",
            )
        except OSError as error:
            return broken(
                Layer.NAME, f"{self._host} is not known here ({_reason(error)}).", _name_fix(self._host)
            )
        return ok(Layer.NAME, f"{self._host} is {', '.join(self._addresses[:4])}.")

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
            return broken(
                Layer.PORT,
                f"Nothing answers at {self._host}:{self._port} within {PORT_SECONDS:.0f} s.",
                "Correct the host of GATEWAY_URL, or let the firewall on the way pass it.",
            )
        return broken(
            Layer.PORT,
            f"Nothing listens at {self._host}:{self._port} ({_reason(error)}).",
            "Start the gateway, or correct GATEWAY_URL; `docker compose ps` shows whether it runs.",
        )

    async def examine_tls(self) -> Finding:
        """Whether TLS is spoken there, and the certificate is one to trust."""
        if not self._tls:
            return await self._examine_plain()
        try:
            context = TlsTrust.from_settings(self._settings).context()
        except CertificateError as error:
            return broken(Layer.TLS, _sentence(str(error)), error.hint)
        try:
            async with (
                asyncio.timeout(TLS_SECONDS),
                _connect(self._address, self._port, context, self._host) as writer,
            ):
                return self._check_certificate(_presented_certificate(writer))
        except ssl.SSLCertVerificationError as error:
            shown = read_certificate(await self._fetch_certificate() or b"")
            ca_file = self._settings.gateway_ca_file is not None
            return broken(Layer.TLS, *explain_refusal(error, self._host, shown, ca_file=ca_file))
        except TimeoutError:
            said = f"says nothing for {TLS_SECONDS:.0f} s when TLS is to begin"
        except (OSError, EOFError) as error:
            said = f"ends TLS before it has begun ({_reason(error)})"
        return await self._describe_non_tls(said)

    def _check_certificate(self, der: bytes) -> Finding:
        shown = read_certificate(der)
        if not self._settings.gateway_verify_tls:
            how = "as GATEWAY_FINGERPRINT says" if self._settings.gateway_fingerprint else "not checked"
            return ok(Layer.TLS, f"TLS is spoken; the certificate is {how}.")
        if shown is not None and shown.ends - datetime.now(UTC) < EXPIRES_SOON:
            return warning(
                Layer.TLS,
                f"The gateway's certificate is good, and ends on {shown.ends:%d %B %Y}.",
                "Renew it before that day.",
            )
        return ok(Layer.TLS, "TLS is spoken, and the certificate is one to trust.")

    async def _fetch_certificate(self) -> bytes | None:
        """The certificate that the gateway shows, trusted or not."""
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
            return broken(
                Layer.TLS,
                "What listens there speaks plain HTTP, and GATEWAY_URL begins with https.",
                f"Set GATEWAY_URL=http://{self._host_and_port}, or let the gateway speak TLS (listenSsl in "
                "conf.yaml).",
            )
        return broken(
            Layer.TLS,
            f"What listens there {said}.",
            "Correct the port of GATEWAY_URL if it is not the gateway's; if it is, restart the gateway.",
        )

    async def _examine_plain(self) -> Finding:
        if await self._speaks_plain():
            return ok(Layer.TLS, "Plain HTTP is spoken, as GATEWAY_URL says.")
        if await self._fetch_certificate() is not None:
            return broken(
                Layer.TLS,
                "What listens there speaks TLS, and GATEWAY_URL begins with http.",
                f"Set GATEWAY_URL=https://{self._host_and_port}.",
            )
        return broken(
            Layer.TLS,
            f"What listens there speaks neither HTTP nor TLS within {PLAIN_SECONDS + TLS_SECONDS:.0f} s.",
            "Correct the port of GATEWAY_URL if it is not the gateway's; if it is, restart the gateway.",
        )

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
    """A connection that is cut in the end: the other side is owed no farewell."""
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
    context.verify_mode = ssl.CERT_NONE  # only to read what it says: nothing is sent
    return context


def _name_fix(host: str) -> str:
    if host.lower() in DOCKER_NAMES:
        return (
            f"{host} is a name inside Docker's network: from here set GATEWAY_URL=https://localhost:5055, or "
            "run this in a container of the same network."
        )
    return "Correct the host of GATEWAY_URL, or this machine's name service."


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return sanitize(error.reason.replace("_", " ").lower())
    if isinstance(error, socket.gaierror):
        return sanitize(error.strerror or "unknown")
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()  # asyncio puts the address into `strerror`
    return sanitize(str(error)) or type(error).__name__


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
