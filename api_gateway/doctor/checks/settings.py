"""Settings check: settings that are valid one by one, but contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from api_gateway.causes import Cause, Explanation, explain
from api_gateway.doctor.findings import Finding, Layer, ok, warning
from api_gateway.settings import GatewaySettings


def examine_settings(settings: GatewaySettings) -> list[Finding]:
    """Whether the gateway's settings agree with each other: a warning for each disagreement, or one `ok`."""
    problems = [warning(Layer.SETTINGS, each) for each in _disagreements(settings)]
    return problems or [ok(Layer.SETTINGS, f"They are valid; GATEWAY_URL is {settings.gateway_url}.")]


def examine_ticker_url(url: str, port: int) -> list[Finding]:
    """Whether TICKER_URL names the port on which a ticker on this machine listens."""
    parts = urlsplit(url)
    if not _is_this_machine(parts.hostname or "") or (parts.port or 80) == port:
        return []
    return [warning(Layer.SETTINGS, explain(Cause.TICKER_PORT_DIFFERS, ticker_url=url, port=port))]


def _disagreements(settings: GatewaySettings) -> Iterator[Explanation]:
    tls = settings.gateway_url.startswith("https:")
    if settings.gateway_ca_file is not None and tls and not settings.gateway_verify_tls:
        yield explain(Cause.CA_FILE_IGNORED)
    if not tls and (settings.gateway_ca_file is not None or settings.gateway_fingerprint):
        yield explain(Cause.TLS_SETTINGS_WITHOUT_TLS)
    here = urlsplit(settings.gateway_url)
    if (
        "gateway_login_url" not in settings.model_fields_set
        and _is_this_machine(here.hostname or "")
        and (here.port or (443 if tls else 80)) != urlsplit(settings.gateway_login_url).port
    ):
        yield explain(
            Cause.LOGIN_URL_DIFFERS, gateway_url=settings.gateway_url, login=settings.gateway_login_url
        )
    unguarded = tls and not settings.gateway_verify_tls and not settings.gateway_fingerprint
    if (unguarded or not tls) and not _is_local_bind(urlsplit(settings.gateway_url).hostname or ""):
        yield explain(Cause.CERTIFICATE_NOT_CHECKED)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_local_bind(host: str) -> bool:
    """Whether requests to it stay on this machine, or in a network of containers on it."""
    # A name without a dot exists only in Docker's network.
    return _is_this_machine(host) or not ("." in host or ":" in host)
