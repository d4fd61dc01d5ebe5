"""Settings of which each is valid, and which together do not say what somebody meant."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from api_gateway.doctor.findings import Finding, Layer, ok, warning
from api_gateway.settings import GatewaySettings


def examine_settings(settings: GatewaySettings) -> Finding:
    """Whether the gateway's settings agree with each other."""
    problems = list(_disagreements(settings))
    if problems:
        sentences, fixes = zip(*problems, strict=True)
        return warning(Layer.SETTINGS, " ".join(sentences), " ".join(fixes))
    return ok(Layer.SETTINGS, f"They can be used; the gateway is expected at {settings.gateway_url}.")


def examine_ticker_url(url: str, port: int) -> list[Finding]:
    """Whether TICKER_URL leads to the port that a ticker on this machine takes."""
    parts = urlsplit(url)
    if not _is_this_machine(parts.hostname or "") or (parts.port or 80) == port:
        return []
    return [
        warning(
            Layer.SETTINGS,
            f"TICKER_URL is {url}, and a ticker that starts here with these settings takes port {port}.",
            "Let TICKER_URL and TICKER_PORT name the same port.",
        )
    ]


def _disagreements(settings: GatewaySettings) -> Iterator[tuple[str, str]]:
    """Each in a sentence, with what to do about it."""
    tls = settings.gateway_url.startswith("https:")
    if settings.gateway_ca_file is not None and tls and not settings.gateway_verify_tls:
        yield (
            "GATEWAY_CA_FILE names a certificate to trust, and GATEWAY_VERIFY_TLS=false trusts any.",
            "Remove GATEWAY_VERIFY_TLS to verify, or GATEWAY_CA_FILE.",
        )
    if not tls and (settings.gateway_ca_file is not None or settings.gateway_fingerprint):
        yield (
            "GATEWAY_URL begins with http, where there is no certificate, and one is set to be checked.",
            "Let GATEWAY_URL begin with https, or remove GATEWAY_CA_FILE and GATEWAY_FINGERPRINT.",
        )
    here = urlsplit(settings.gateway_url)
    if (
        "gateway_login_url" not in settings.model_fields_set
        and _is_this_machine(here.hostname or "")
        and (here.port or (443 if tls else 80)) != urlsplit(settings.gateway_login_url).port
    ):
        yield (
            f"The gateway is at {settings.gateway_url}, and the page to log in at is told to be "
            f"{settings.gateway_login_url}.",
            f"Set GATEWAY_LOGIN_URL, most likely to {settings.gateway_url}.",
        )
    unguarded = tls and not settings.gateway_verify_tls and not settings.gateway_fingerprint
    if (unguarded or not tls) and not _is_local_bind(urlsplit(settings.gateway_url).hostname or ""):
        yield (
            "The gateway's certificate is not checked, so whoever is on the way there can read and change "
            "everything.",
            "Set GATEWAY_CA_FILE, or GATEWAY_FINGERPRINT for IBKR's own certificate.",
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_local_bind(host: str) -> bool:
    """Whether what is sent there stays on this machine, or in a network of containers on it."""
    # A name without a dot is one that only Docker's network knows.
    return _is_this_machine(host) or not ("." in host or ":" in host)
