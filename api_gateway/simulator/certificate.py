"""The simulator's self-signed certificate, which clients can verify: created once, reused while valid."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE_FILE = "gateway.pem"
KEY_FILE = "gateway.key"
DNS_NAMES = ("localhost", "gateway")
IP_ADDRESSES = ("127.0.0.1", "::1")
# Apple's clients reject a certificate that is valid for more than 825 days.
VALIDITY = timedelta(days=825)
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class CertificateFiles:
    """The two files, and the certificate's SHA-256 as 32 upper-case hex pairs separated by colons."""

    certificate_path: Path
    key_path: Path
    fingerprint: str


def ensure_certificate(folder: Path, *, now: datetime | None = None) -> CertificateFiles:
    """The certificate in a folder; created unless a matching one is valid for 30 more days.

    Only the owner can read the key file. Raises OSError if the folder is not writable.
    """
    now = now or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / CERTIFICATE_FILE, folder / KEY_FILE
    found = _load_usable(certificate, key, now)
    if found is None:
        found, private = _create_certificate(now)
        # The key first: once the certificate exists, another process may load both.
        _write_atomically(
            key,
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
            mode=0o600,
        )
        _write_atomically(certificate, found.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return CertificateFiles(certificate, key, found.fingerprint(hashes.SHA256()).hex(":").upper())


def _load_usable(certificate: Path, key: Path, now: datetime) -> x509.Certificate | None:
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return None
    fits = (
        private.public_key() == found.public_key()
        and found.not_valid_before_utc <= now <= found.not_valid_after_utc - RENEW_BEFORE
        and set(names.get_values_for_type(x509.DNSName)) >= set(DNS_NAMES)
    )
    return found if fits else None


def _create_certificate(now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "IB gateway simulator")])
    # Self-signed, so that trusting this one file is enough. Without these extensions,
    # Python 3.13 and newer (VERIFY_X509_STRICT) reject it.
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    *(x509.DNSName(host) for host in DNS_NAMES),
                    *(x509.IPAddress(ip_address(address)) for address in IP_ADDRESSES),
                ]
            ),
            critical=False,
        )
        .sign(private, hashes.SHA256())
    )
    return certificate, private


def _write_atomically(path: Path, content: bytes, *, mode: int) -> None:
    # The file is never incomplete, and the key is never readable by others, not even briefly.
    with NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        os.fchmod(draft.fileno(), mode)
        draft.write(content)
    os.replace(draft.name, path)
