"""Front-page check: whether it is IBKR's gateway, and whether it accepts this machine's address."""

from __future__ import annotations

from api_gateway.causes import Cause, explain
from api_gateway.client.transport import NoResponseError, NotSentError, RawResponse, Transport
from api_gateway.doctor.findings import Finding, Layer, broken, ok
from api_gateway.redaction import sanitize
from api_gateway.session.diagnosis import foreign_page_cause

FRONT_PAGE_SECONDS = 2.0


async def examine_front_page(transport: Transport, login_url: str) -> list[Finding]:
    """The findings on the gateway and its address list, from what it responds without IBKR."""
    try:
        received = await transport.exchange("GET", "/", None, timeout=FRONT_PAGE_SECONDS, fresh=True)
    except NotSentError as error:
        return [broken(Layer.GATEWAY, error.explanation)]
    except NoResponseError as error:
        silent = explain(Cause.FRONT_PAGE_SILENT, reason=error, login=login_url)
        return [broken(Layer.GATEWAY, silent)]
    return read_front_page(received, login_url)


def read_front_page(received: RawResponse, login_url: str) -> list[Finding]:
    """The findings from the response to `GET /`."""
    location = received.headers.get("location", "")
    said = received.body[:4_000].strip()
    if received.status in (302, 303, 307) and "/sso/" in location.partition("?")[0]:
        return [
            ok(Layer.GATEWAY, "This is IBKR's gateway: its front page redirects to the login."),
            ok(Layer.ADDRESS_LIST, "The gateway accepts this machine's address."),
        ]
    if said == b"Access Denied" and received.status in (403, 404):
        return [
            ok(Layer.GATEWAY, "This is IBKR's gateway: it rejects this machine with its own message."),
            broken(Layer.ADDRESS_LIST, explain(Cause.ADDRESS_REFUSED, login=login_url)),
        ]
    target = sanitize(location.partition("?")[0], max_length=80) or "nowhere"
    cause = foreign_page_cause(received.status) or Cause.FOREIGN_REDIRECT
    if received.status == 500 and said.startswith(b"<"):  # the gateway itself fails without a page
        cause = Cause.NOT_THE_GATEWAY
    explanation = explain(cause, status=received.status, target=target, login=login_url)
    return [broken(Layer.GATEWAY, explanation)]
