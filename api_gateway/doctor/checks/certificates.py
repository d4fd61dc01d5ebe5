"""What a certificate says about itself, and why it was not accepted."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from api_gateway.redaction import sanitize

EXPIRED, NOT_YET_VALID = 10, 9
WRONG_NAME, WRONG_ADDRESS = 62, 64

_OWN = (
    "Let GATEWAY_CA_FILE name the gateway's own certificate (PEM); for IBKR's, which expired in 2019, set "
    "GATEWAY_VERIFY_TLS=false and GATEWAY_FINGERPRINT={fingerprint} if that is the one it has."
)


@dataclass(frozen=True)
class CertificateInfo:
    """For whom it is, when it begins and ends, and its SHA-256 in hex."""

    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    fingerprint: str


def read_certificate(der: bytes) -> CertificateInfo | None:
    """What the certificate says; None if it cannot be read."""
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
) -> tuple[str, str]:
    """Why this certificate was not accepted, in a sentence, and what to do about it."""
    own = _OWN.format(fingerprint=presented.fingerprint if presented else "its SHA-256")
    code = getattr(error, "verify_code", 0)
    if "GATEWAY_FINGERPRINT" in str(error):
        return (
            "The gateway's certificate is not the one of GATEWAY_FINGERPRINT.",
            "If the gateway has a new certificate, correct GATEWAY_FINGERPRINT"
            + (f" (it shows {presented.fingerprint})" if presented else "")
            + "; if not, something else answers there: find out what.",
        )
    if code == EXPIRED:
        when = f" on {presented.ends:%d %B %Y}" if presented else ""
        return f"The gateway's certificate expired{when}.", f"Renew it. {own}"
    if code == NOT_YET_VALID:
        when = f" before {presented.begins:%d %B %Y %H:%M} UTC" if presented else " yet"
        return (
            f"The gateway's certificate is not valid{when}.",
            "Set the clock of this machine, or of the one that made the certificate.",
        )
    if code in (WRONG_NAME, WRONG_ADDRESS):
        whose = (
            f"for {', '.join(presented.names[:5])}" if presented and presented.names else "for no name at all"
        )
        return (
            f"The gateway's certificate is {sanitize(whose)}, and not for {host}.",
            f"Let GATEWAY_URL use a name that is in it, or make a certificate for {host}.",
        )
    if ca_file:
        return (
            "The gateway's certificate is not the one that GATEWAY_CA_FILE trusts.",
            "Copy the gateway's present certificate there: it makes a new one when it has lost the old.",
        )
    return "The gateway's certificate is signed by nobody whom this machine trusts.", own
