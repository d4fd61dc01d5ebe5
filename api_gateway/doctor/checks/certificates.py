"""Certificate check: what a certificate says, and why it was rejected."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from api_gateway.causes import Cause, Explanation, explain
from api_gateway.redaction import sanitize

EXPIRED, NOT_YET_VALID = 10, 9
WRONG_NAME, WRONG_ADDRESS = 62, 64


@dataclass(frozen=True)
class CertificateInfo:
    """Its names, validity period, and SHA-256 in hex."""

    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    fingerprint: str


def read_certificate(der: bytes) -> CertificateInfo | None:
    """The certificate's content; None if it cannot be read."""
    try:
        found = x509.load_der_x509_certificate(der)
        return CertificateInfo(
            names=_names(found),
            begins=found.not_valid_before_utc,
            ends=found.not_valid_after_utc,
            fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        )
    except ValueError:
        return None


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    dns = names.get_values_for_type(x509.DNSName)
    return (*dns, *(str(address) for address in names.get_values_for_type(x509.IPAddress)))


def explain_refusal(
    error: ssl.SSLCertVerificationError, host: str, presented: CertificateInfo | None, *, ca_file: bool
) -> Explanation:
    """Why this certificate was rejected, and what to do about it."""
    fingerprint = {"fingerprint": presented.fingerprint} if presented else {}
    code = getattr(error, "verify_code", 0)
    if "GATEWAY_FINGERPRINT" in str(error):
        return explain(Cause.CERTIFICATE_CHANGED, **fingerprint)
    if code == EXPIRED:
        when = f" on {presented.ends:%d %B %Y}" if presented else ""
        return explain(Cause.CERTIFICATE_EXPIRED, when=when, **fingerprint)
    if code == NOT_YET_VALID:
        when = f"before {presented.begins:%d %B %Y %H:%M} UTC" if presented else "yet"
        return explain(Cause.CERTIFICATE_NOT_YET_VALID, when=when)
    if code in (WRONG_NAME, WRONG_ADDRESS):
        names = (
            f"for {', '.join(presented.names[:5])}" if presented and presented.names else "for no name at all"
        )
        return explain(Cause.CERTIFICATE_FOR_OTHER_NAME, names=sanitize(names), host=host)
    if ca_file:
        return explain(Cause.CERTIFICATE_NOT_IN_CA_FILE)
    return explain(Cause.CERTIFICATE_UNTRUSTED, **fingerprint)
