from __future__ import annotations

import hashlib
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from api_gateway.simulator.certificate import CertificateFiles, ensure_certificate


def shake_hands(certificate: CertificateFiles, *, name: str, trusted: Path) -> bytes:
    """The certificate (DER) that a strict client accepts for a host name in a complete TLS handshake."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certificate.certificate_path, certificate.key_path)
    client_context = ssl.create_default_context(cafile=trusted)
    # The default since Python 3.13.
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    pending = {client, server}
    while pending:
        for side in (client, server):
            try:
                side.do_handshake()
                pending.discard(side)
            except ssl.SSLWantReadError:
                continue
    accepted = client.getpeercert(binary_form=True)
    assert accepted is not None
    return accepted


@pytest.mark.parametrize("name", ["localhost", "gateway", "127.0.0.1", "::1"])
def test_a_strict_client_that_trusts_the_certificate_accepts_each_host_name(
    tmp_path: Path, name: str
) -> None:
    certificate = ensure_certificate(tmp_path)
    accepted = shake_hands(certificate, name=name, trusted=tmp_path / "gateway.pem")
    assert hashlib.sha256(accepted).hexdigest() == certificate.fingerprint.replace(":", "").lower()


def test_certificate_has_the_extensions_that_strict_verification_requires(tmp_path: Path) -> None:
    made = x509.load_pem_x509_certificate(ensure_certificate(tmp_path).certificate_path.read_bytes())
    constraints = made.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = made.extensions.get_extension_for_class(x509.KeyUsage)
    subject = made.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority = made.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert constraints.critical
    assert constraints.value.ca
    assert usage.critical
    assert usage.value.key_cert_sign
    assert usage.value.digital_signature
    assert authority.key_identifier == subject.digest
    assert made.issuer == made.subject


def test_certificate_is_rejected_for_another_host_name(tmp_path: Path) -> None:
    certificate = ensure_certificate(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shake_hands(certificate, name="api.ibkr.com", trusted=certificate.certificate_path)


def test_a_client_rejects_another_certificate(tmp_path: Path) -> None:
    one, other = ensure_certificate(tmp_path / "one"), ensure_certificate(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(one, name="localhost", trusted=other.certificate_path)


def test_key_file_is_readable_by_its_owner_only_and_the_certificate_by_everyone(tmp_path: Path) -> None:
    certificate = ensure_certificate(tmp_path)
    assert stat.S_IMODE(certificate.key_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(certificate.certificate_path.stat().st_mode) == 0o644
    assert b"PRIVATE" not in certificate.certificate_path.read_bytes()


def test_a_missing_folder_is_created_and_contains_only_the_two_files(tmp_path: Path) -> None:
    certificate = ensure_certificate(tmp_path / "new" / "folder")
    assert sorted(path.name for path in certificate.certificate_path.parent.iterdir()) == [
        "gateway.key",
        "gateway.pem",
    ]


def test_a_valid_certificate_is_reused(tmp_path: Path) -> None:
    assert ensure_certificate(tmp_path) == ensure_certificate(tmp_path)


def test_a_certificate_that_expires_within_a_month_is_replaced(tmp_path: Path) -> None:
    now = datetime(2026, 3, 3, tzinfo=UTC)
    first = ensure_certificate(tmp_path, now=now)
    assert ensure_certificate(tmp_path, now=now + timedelta(days=794)) == first
    assert ensure_certificate(tmp_path, now=now + timedelta(days=796)) != first


@pytest.mark.parametrize("broken", ["gateway.pem", "gateway.key"])
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_unusable_files_are_replaced(tmp_path: Path, broken: str, content: bytes | None) -> None:
    first = ensure_certificate(tmp_path)
    if content is None:
        (tmp_path / broken).unlink()
    else:
        (tmp_path / broken).write_bytes(content)
    second = ensure_certificate(tmp_path)
    assert second.fingerprint != first.fingerprint
    shake_hands(second, name="localhost", trusted=second.certificate_path)


def test_a_key_that_does_not_match_the_certificate_is_replaced(tmp_path: Path) -> None:
    first, other = ensure_certificate(tmp_path / "one"), ensure_certificate(tmp_path / "other")
    first.key_path.write_bytes(other.key_path.read_bytes())
    second = ensure_certificate(tmp_path / "one")
    shake_hands(second, name="localhost", trusted=second.certificate_path)


def test_a_folder_that_cannot_be_created_raises_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        ensure_certificate(tmp_path / "file" / "folder")
