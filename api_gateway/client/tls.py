"""TLS trust: which certificate of the gateway to accept."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from pathlib import Path
from typing import Any, Self

from api_gateway.causes import Cause, Explanation, explain
from api_gateway.settings import GatewaySettings


class CertificateError(Exception):
    """The gateway's certificate cannot be verified yet; `explanation` says why and what to do."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(explanation.sentence)
        self.explanation = explanation


class TlsTrust:
    """Builds the TLS context on first use, and again when the certificate's file has changed."""

    def __init__(
        self, *, ca_file: Path | None = None, verify: bool = True, fingerprint: str = "", tls: bool = True
    ) -> None:
        self._ca_file = ca_file if verify and tls else None
        self._verify = verify
        self._fingerprint = fingerprint
        self._tls = tls
        self._stamp: tuple[int, int, int] | None = None
        self._context: ssl.SSLContext | None = None

    @classmethod
    def from_settings(cls, settings: GatewaySettings) -> Self:
        return cls(
            ca_file=settings.gateway_ca_file,
            verify=settings.gateway_verify_tls,
            fingerprint=settings.gateway_fingerprint,
            tls=settings.gateway_url.startswith("https:"),
        )

    def context(self) -> ssl.SSLContext:
        """The context to connect with; the same object until the certificate's file changes.

        Raises `CertificateError` if the file does not exist (yet) or is not a certificate.
        """
        stamp = self._read_stamp()
        if self._context is None or stamp != self._stamp:
            self._context = self._build()
            self._stamp = stamp
        return self._context

    def _read_stamp(self) -> tuple[int, int, int] | None:
        if self._ca_file is None:
            return None
        try:
            status = self._ca_file.stat()
        except OSError as error:
            unreadable = explain(Cause.CERTIFICATE_FILE_UNREADABLE, file=self._ca_file, reason=error.strerror)
            raise CertificateError(unreadable) from None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _build(self) -> ssl.SSLContext:
        if not self._tls:
            return ssl.SSLContext(
                ssl.PROTOCOL_TLS_CLIENT
            )  # never used: the gateway is called over plain HTTP
        context = self._verifying() if self._verify else _unverified()
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # the Java gateway supports nothing newer
        if self._fingerprint:
            context.sslobject_class = _pinned(self._fingerprint)
        return context

    def _verifying(self) -> ssl.SSLContext:
        if self._ca_file is None:
            return ssl.create_default_context()
        try:
            context = ssl.create_default_context(cafile=str(self._ca_file))
        except (OSError, ssl.SSLError):
            raise CertificateError(explain(Cause.CERTIFICATE_FILE_INVALID, file=self._ca_file)) from None
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the file may be the gateway's own, not a CA's
        return context


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # GATEWAY_VERIFY_TLS=false
    return context


def _pinned(fingerprint: str) -> type[ssl.SSLObject]:
    """A TLS connection whose handshake fails unless the certificate has this SHA-256."""
    wanted = fingerprint.replace(":", "").lower()

    class PinnedObject(ssl.SSLObject):
        def do_handshake(self, *args: Any, **options: Any) -> None:
            super().do_handshake(*args, **options)
            certificate = self.getpeercert(binary_form=True) or b""
            if not hmac.compare_digest(hashlib.sha256(certificate).hexdigest(), wanted):
                raise ssl.SSLCertVerificationError("the certificate does not match GATEWAY_FINGERPRINT")

    return PinnedObject
