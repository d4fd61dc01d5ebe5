"""Parse the request body that creates or modifies an alert."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from api_gateway.simulator.instruments.universe import Universe
from api_gateway.simulator.notifications.alert_conditions import (
    AND,
    ANY_CONTRACT,
    END,
    OPERATORS,
    OR,
    TIME_FORMAT,
    Condition,
    ConditionType,
)
from api_gateway.simulator.notifications.alerts import AlertTerms

REQUIRED_FIELDS = ("alertName", "alertMessage", "alertRepeatable", "conditions", "outsideRth", "tif")
_CONDITION_FIELDS = ("conidex", "logicBind", "operator", "triggerMethod", "type", "value")
_CONIDEX = re.compile(r"(\d{1,18})@([A-Z0-9]{1,12})", re.ASCII)
_TRIGGER_METHODS = frozenset("0123478")
_MOBILE_ALERT_TYPES = frozenset({ConditionType.MARKET, ConditionType.POSITION, ConditionType.DAILY_PROFIT})
_SINGLE_CONTRACT_TYPES = frozenset({ConditionType.PRICE, ConditionType.VOLUME})
_MAX_TEXT_LENGTH = 1000


class InvalidAlertError(Exception):
    """The alert's body is invalid; `str()` is IBKR's error text."""


def parse_terms(body: Mapping[str, Any], universe: Universe) -> AlertTerms:
    """Return the alert's terms. Raises InvalidAlertError if the body is invalid."""
    missing = [name for name in REQUIRED_FIELDS if body.get(name) is None]
    if missing:
        raise InvalidAlertError(f"{missing[0]} is required")
    mobile_only = _parse_flag(body, "iTWSOrdersOnly")
    conditions = body["conditions"]
    if not isinstance(conditions, list) or not conditions:
        raise InvalidAlertError("conditions must be a list with at least one condition")
    tif = body["tif"]
    if tif not in ("GTC", "GTD"):
        raise InvalidAlertError(f"can't recognize tif [{tif}]")
    return AlertTerms(
        name=_parse_text(body, "alertName"),
        message=_parse_text(body, "alertMessage"),
        conditions=tuple(
            _parse_condition(number, each, universe, mobile_only=mobile_only)
            for number, each in enumerate(conditions, start=1)
        ),
        tif=tif,
        expires=_parse_expiry(body) if tif == "GTD" else None,
        repeatable=_parse_flag(body, "alertRepeatable"),
        outside_rth=_parse_flag(body, "outsideRth"),
        email=_parse_text(body, "email") if body.get("email") else None,
        send_message=_parse_flag(body, "sendMessage"),
        show_popup=_parse_flag(body, "showPopup"),
        mobile_only=mobile_only,
    )


def _parse_condition(number: int, raw: Any, universe: Universe, *, mobile_only: bool) -> Condition:
    def invalid_condition(what: str) -> InvalidAlertError:
        return InvalidAlertError(f"Condition #{number}:{what}")

    if not isinstance(raw, dict):
        raise invalid_condition("can't be read")
    for name in _CONDITION_FIELDS:
        if raw.get(name) is None:
            raise invalid_condition(f"{name} is required")
    if type(raw["type"]) is not int or raw["type"] not in set(ConditionType):
        raise invalid_condition(f"can't recognize type [{raw['type']}]")
    kind = ConditionType(raw["type"])
    if kind in _MOBILE_ALERT_TYPES and not mobile_only:
        raise invalid_condition(f"type {kind} is only for the mobile trading assistant")
    for name, valid, what in (
        ("operator", frozenset(OPERATORS), "fix"),
        ("logicBind", frozenset({AND, OR, END}), "logic bind"),
        ("triggerMethod", _TRIGGER_METHODS, "trigger method"),
    ):
        if not isinstance(raw[name], str) or raw[name] not in valid:
            raise invalid_condition(f"can't recognize {what} [{raw[name]}]")
    if not _is_known_contract(raw["conidex"], kind, universe):
        raise invalid_condition(f"can't recognize contract [{raw['conidex']}]")
    condition = Condition(
        kind,
        raw["conidex"],
        raw["operator"],
        raw["value"],
        raw["logicBind"],
        raw["triggerMethod"],
        raw.get("timeZone") or None,
    )
    if not _has_valid_value(condition):
        raise invalid_condition(f"can't recognize value [{raw['value']}]")
    return condition


def _has_valid_value(condition: Condition) -> bool:
    """Return whether this condition type can be compared with the value."""
    if not isinstance(condition.value, str):
        return False
    try:
        if condition.kind is ConditionType.TIME:
            return condition.time_threshold > 0
        return condition.kind is ConditionType.TRADE or isfinite(float(condition.value))
    except (ValueError, TypeError, OSError, ZoneInfoNotFoundError):
        # zoneinfo opens the name as a file, and an invalid name can match a directory.
        return False


def _is_known_contract(conidex: Any, kind: ConditionType, universe: Universe) -> bool:
    if conidex == ANY_CONTRACT:
        return kind not in _SINGLE_CONTRACT_TYPES
    match = _CONIDEX.fullmatch(conidex) if isinstance(conidex, str) else None
    return match is not None and universe.by_conid(int(match[1])) is not None


def _parse_expiry(body: Mapping[str, Any]) -> float:
    try:
        return datetime.strptime(body.get("expireTime") or "", TIME_FORMAT).replace(tzinfo=UTC).timestamp()
    except (ValueError, TypeError):
        raise InvalidAlertError(f"can't recognize expireTime [{body.get('expireTime')}]") from None


def _parse_flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name, 0)
    if isinstance(value, bool) or value not in (0, 1):
        raise InvalidAlertError(f"{name} must be 0 or 1")
    return bool(value)


def _parse_text(body: Mapping[str, Any], name: str) -> str:
    value = body[name]
    if not isinstance(value, str) or not value or len(value) > _MAX_TEXT_LENGTH:
        raise InvalidAlertError(f"{name} must be a text")
    return value
