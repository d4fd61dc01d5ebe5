"""The gateway's front page: whether it is IBKR's gateway, and whether it answers this machine."""

from __future__ import annotations

from api_gateway.client.transport import NoResponseError, NotSentError, RawResponse, Transport
from api_gateway.doctor.findings import Finding, Layer, broken, ok
from api_gateway.redaction import sanitize
from api_gateway.session.diagnosis import NO_PERMISSION, NOT_A_GATEWAY, PAGE_UNREACHABLE

FRONT_PAGE_SECONDS = 2.0


async def examine_front_page(wire: Transport) -> list[Finding]:
    """What the gateway says without asking IBKR: the findings on it and on its list of addresses."""
    try:
        received = await wire.exchange("GET", "/", None, timeout=FRONT_PAGE_SECONDS, fresh=True)
    except NotSentError as error:
        return [broken(Layer.GATEWAY, _sentence(str(error)), error.hint)]
    except NoResponseError as error:
        return [
            broken(
                Layer.GATEWAY,
                f"What listens there does not answer the simplest question: {error}",
                "If it is IBKR's gateway, restart it and log in again; if not, correct GATEWAY_URL.",
            )
        ]
    return read_front_page(received)


def read_front_page(received: RawResponse) -> list[Finding]:
    """What an answer to `GET /` tells."""
    location = received.headers.get("location", "")
    said = received.body[:4_000].strip()
    if received.status in (302, 303, 307) and "/sso/" in location.partition("?")[0]:
        return [
            ok(Layer.GATEWAY, "It is IBKR's gateway: its front page leads to the login."),
            ok(Layer.ADDRESS_LIST, "It answers this machine's address."),
        ]
    if said == b"Access Denied" and received.status in (403, 404):
        return [
            ok(Layer.GATEWAY, "It is IBKR's gateway: it refuses as that does."),
            broken(
                Layer.ADDRESS_LIST,
                f"The gateway does not answer this machine's address ({received.status} Access Denied).",
                "Add the address that the gateway sees (for a container, that of Docker's network) to "
                "`ips.allow` in its conf.yaml, restart it and log in again.",
            ),
        ]
    return [broken(Layer.GATEWAY, *_another_program(received.status, location, said))]


def _another_program(status: int, location: str, said: bytes) -> tuple[str, str]:
    if status == 500 and not said.startswith(b"<"):
        return (
            "The gateway breaks at each request (500).",
            'A pattern of `ips` in its conf.yaml is broken, such as "*": correct it and restart the gateway.',
        )
    if 300 <= status < 400:
        place = sanitize(location.partition("?")[0], max_length=80) or "nowhere"
        return f"Something else answers there: it points to {place} ({status}).", NOT_A_GATEWAY
    if status in (502, 503, 504):
        return (
            f"Something before the gateway answers, and does not reach it ({status}).",
            PAGE_UNREACHABLE,
        )
    if status in (401, 403, 407):
        return (
            f"Something before the gateway asks for a permission ({status}).",
            NO_PERMISSION,
        )
    return f"Something else answers there, and not IBKR's gateway ({status}).", NOT_A_GATEWAY


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
