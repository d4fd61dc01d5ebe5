"""Paths are built from validated values; nothing else is sent."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from api_gateway.causes import Cause
from api_gateway.client.paths import MAX_URL_BYTES, PATH_PARAMETERS, is_template, resolve
from api_gateway.errors import Invalid
from tests.api_gateway.because import because

GOOD: dict[str, list[object]] = {
    "account": ["U1234567", "DU1234567", "F1234", "U1234567C"],
    "allocation": ["DU1234567", "Group_1", "Equal Split", "A", "Tech & Co. (60+)"],
    "conid": [265598, "265598", 1],
    "order": [1, "602801486", 10**18],
    "page": [0, "0", 12],
    "alert": [1, "602801486"],
    "watchlist": [0, "1234", "007"],
    "reply": ["07a13a5a-4a48-44a5-bb25-5ab37b79186c"],
    "pattern": ["U123", "du"],
    "notification": ["12345678", "a_b-c", "2026.11:x=y"],
    "typecode": ["BA", "M8"],
    "segment": ["abc", "A.b_c-1", "31", "U1234567", "1.0", "_x"],
    "number": [0, "0", 31, 10**18],
    "device": ["apn:mtws@1234E5E6", "apn://mtws@1234E5E6", "tablet-1", "fcm:APA91b.x_y-z+="],
}

HOSTILE: list[Any] = [
    "",
    " ",
    ".",
    "..",
    "../order/-1",
    "..%2forder%2f-1",
    "%2F",
    "%2e%2e",
    "U1/orders?x=",
    "U1234567/orders",
    "U1234567?x=1",
    "U1234567#",
    "U1234567\n",
    "U1234567\r\nX: y",
    "\x00",
    "1\n",
    "1\r",
    "-1",
    -1,
    "+1",
    "1.0",
    1.0,
    "1e3",
    "0x10",
    "1_000",
    " 1",
    "1 ",
    True,
    False,
    None,
    [1],
    {"a": 1},
    b"1",
    10**5000,
    -(10**5000),
    "9" * 10_000,
    "\u0661\u0662\u0663",
    "\uff11\uff12\uff13",
    "²",
    "U\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
    "\u202e1",
    "\ud800",
    "a/b",
    "a\\b",
    "a;b",
    "a&b",
    "a=b",
    "{account}",
    "\u212a1234567",  # KELVIN SIGN, which matches K if case is ignored
]


@pytest.mark.parametrize("kind", sorted(PATH_PARAMETERS))
def test_each_parameter_accepts_its_own_values(kind: str) -> None:
    for value in GOOD[kind]:
        target = resolve("GET", f"/x/{{{kind}}}/y", (value,), {}).raw_path
        assert re.fullmatch(r"/v1/api/x/[A-Za-z0-9_.%-]+/y", target)
        assert httpx.URL("https://localhost" + target).raw_path.decode() == target


@pytest.mark.parametrize("kind", sorted(PATH_PARAMETERS))
def test_no_hostile_value_changes_the_rest_of_the_path(kind: str) -> None:
    pattern = PATH_PARAMETERS[kind].pattern
    for value in HOSTILE:
        if isinstance(value, str) and pattern.fullmatch(value):
            assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9@_:.&= -]*", value), f"{kind} takes {value!r}"
            continue
        if type(value) is int and 0 <= value < 2**64 and pattern.fullmatch(str(value)):
            continue
        with pytest.raises(Invalid):
            resolve("GET", f"/x/{{{kind}}}/y", (value,), {})


@pytest.mark.parametrize("value", [-1, "-1", 0, "0", "00", "01", True, "1\n", "9" * 20])
def test_an_order_id_is_at_least_1_because_minus_1_means_all_orders(value: object) -> None:
    with pytest.raises(Invalid):
        resolve("DELETE", "/iserver/account/{account}/order/{order}", ("U1234567", value), {})


def test_an_alert_id_is_at_least_1_because_0_means_all_alerts() -> None:
    with pytest.raises(Invalid):
        resolve("DELETE", "/iserver/account/{account}/alert/{alert}", ("U1234567", 0), {})


def test_values_fill_the_template_in_order() -> None:
    made = resolve("GET", "/portfolio/{account}/positions/{page}", ("U1234567", 2), {"period": "1D"})
    assert made.raw_path == "/v1/api/portfolio/U1234567/positions/2?period=1D"
    assert made.redacted_path == "/portfolio/U***4567/positions/2"
    assert made.account == "U1234567"


def test_query_values_are_formatted_as_ibkr_expects() -> None:
    query: dict[str, Any] = {
        "gone": None,
        "yes": True,
        "no": False,
        "conids": [265598, 8314],
        "fields": ("31", "84"),
        "strike": 1.5,
        "text": "a b&c=d/e#f+ü",
    }
    made = resolve("GET", "/x", (), query)
    assert made.raw_path == (
        "/v1/api/x?yes=true&no=false&conids=265598,8314&fields=31,84&strike=1.5"
        "&text=a%20b%26c%3Dd%2Fe%23f%2B%C3%BC"
    )
    assert httpx.URL("https://localhost" + made.raw_path).params["text"] == "a b&c=d/e#f+ü"


@pytest.mark.parametrize(
    "value",
    ["a\r\nb", "a\nb", "\x00", "\x7f", "\x85", "\u2028", "\ud800", ["ok", "a\nb"], 10**5000, float("nan")],
    ids=lambda value: "huge" if isinstance(value, int) else ascii(value),
)
def test_a_query_value_with_control_characters_or_an_infinite_one_is_invalid(value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        resolve("GET", "/x", (), {"symbol": value})
    assert "symbol" in str(caught.value)
    assert not re.search(r"[\x00-\x1f]", str(caught.value))


def test_a_url_that_is_too_long_is_invalid() -> None:
    fits = "1" * (MAX_URL_BYTES - len("/v1/api/x?q="))
    assert len(resolve("GET", "/x", (), {"q": fits}).raw_path) == MAX_URL_BYTES
    with pytest.raises(Invalid, check=because(Cause.URL_TOO_LONG)):
        resolve("GET", "/x", (), {"q": fits + "1"})


def test_an_invalid_value_is_reported_redacted_and_sanitized() -> None:
    with pytest.raises(Invalid) as caught:
        resolve("GET", "/portfolio/{account}/meta", ("U7654321/../<b>x</b>\n" + "y" * 500,), {})
    text = str(caught.value)
    assert "U7654321" not in text
    assert caught.value.cause is Cause.INVALID_PATH_VALUE
    assert len(text) < 300
    assert "\n" not in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    "template", ["x", "/x/{unknown}", "/x/{conid", "/x/..", "/x?y=1", "/x//y", "/x/{}", "/X/ y"]
)
def test_an_invalid_template_raises_value_error(template: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        resolve("GET", template, (), {})


def test_a_wrong_number_of_values_raises_type_error() -> None:
    with pytest.raises(TypeError):
        resolve("GET", "/x/{conid}", (), {})
    with pytest.raises(TypeError):
        resolve("GET", "/x", (1,), {})


@pytest.mark.parametrize("value", ["..", "a..b", ".a", "-1", "~", "a b", "é", "a" * 101])
def test_a_value_of_a_generated_route_stays_one_segment_and_has_no_sign(value: str) -> None:
    with pytest.raises(Invalid):
        resolve("GET", "/x/{segment}", (value,), {})


def test_is_template_accepts_what_resolve_accepts() -> None:
    assert is_template("/iserver/Some.thing/{segment}/{number}")
    assert not is_template("/x/{unknown}")
    assert not is_template("/x/:y")


def test_the_name_of_a_query_value_is_percent_encoded() -> None:
    made = resolve("GET", "/x", (), {"a&b=c#": "1", "sort-by": "2", "x\r\n": "3"})
    assert made.raw_path == "/v1/api/x?a%26b%3Dc%23=1&sort-by=2&x%0D%0A=3"
