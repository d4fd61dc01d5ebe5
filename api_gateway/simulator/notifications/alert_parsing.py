"""Reads the body with which an alert is made or changed."""

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
    ANYTHING,
    END,
    OPERATORS,
    OR,
    TIME_FORMAT,
    Condition,
    Kind,
)
from api_gateway.simulator.notifications.alerts import Terms

REQUIRED = ("alertName", "alertMessage", "alertRepeatable", "conditions", "outsideRth", "tif")
_OF_CONDITION = ("conidex", "logicBind", "operator", "triggerMethod", "type", "value")
_CONIDEX = re.compile(r"(\d{1,18})@([A-Z0-9]{1,12})", re.ASCII)
_TRIGGER_METHODS = frozenset("0123478")
_OF_MOBILE_ALERT = frozenset({Kind.MARKET, Kind.POSITION, Kind.DAILY_PROFIT})
_OF_ONE_CONTRACT = frozenset({Kind.PRICE, Kind.VOLUME})
_MOST_TEXT = 1000


class UnreadableError(Exception):
    """A body that IBKR does not understand; `str()` is what it says."""


def read_terms(body: Mapping[str, Any], universe: Universe) -> Terms:
    """The terms of an alert. Raises UnreadableError."""
    missing = [name for name in REQUIRED if body.get(name) is None]
    if missing:
        raise UnreadableError(f"{missing[0]} is required")
    mobile_only = _switch(body, "iTWSOrdersOnly")
    conditions = body["conditions"]
    if not isinstance(conditions, list) or not conditions:
        raise UnreadableError("conditions must be a list with at least one condition")
    tif = body["tif"]
    if tif not in ("GTC", "GTD"):
        raise UnreadableError(f"can't recognize tif [{tif}]")
    return Terms(
        name=_text(body, "alertName"),
        message=_text(body, "alertMessage"),
        conditions=tuple(
            _condition(number, each, universe, mobile_only=mobile_only)
            for number, each in enumerate(conditions, start=1)
        ),
        tif=tif,
        expires=_expiry(body) if tif == "GTD" else None,
        repeatable=_switch(body, "alertRepeatable"),
        outside_rth=_switch(body, "outsideRth"),
        email=_text(body, "email") if body.get("email") else None,
        send_message=_switch(body, "sendMessage"),
        show_popup=_switch(body, "showPopup"),
        mobile_only=mobile_only,
    )


def _condition(number: int, given: Any, universe: Universe, *, mobile_only: bool) -> Condition:
    def refuse(what: str) -> UnreadableError:
        return UnreadableError(f"Condition #{number}:{what}")

    if not isinstance(given, dict):
        raise refuse("can't be read")
    for name in _OF_CONDITION:
        if given.get(name) is None:
            raise refuse(f"{name} is required")
    if type(given["type"]) is not int or given["type"] not in set(Kind):
        raise refuse(f"can't recognize type [{given['type']}]")
    kind = Kind(given["type"])
    if kind in _OF_MOBILE_ALERT and not mobile_only:
        raise refuse(f"type {kind} is only for the mobile trading assistant")
    for name, valid, what in (
        ("operator", frozenset(OPERATORS), "fix"),
        ("logicBind", frozenset({AND, OR, END}), "logic bind"),
        ("triggerMethod", _TRIGGER_METHODS, "trigger method"),
    ):
        if not isinstance(given[name], str) or given[name] not in valid:
            raise refuse(f"can't recognize {what} [{given[name]}]")
    if not _known(given["conidex"], kind, universe):
        raise refuse(f"can't recognize contract [{given['conidex']}]")
    condition = Condition(
        kind,
        given["conidex"],
        given["operator"],
        given["value"],
        given["logicBind"],
        given["triggerMethod"],
        given.get("timeZone") or None,
    )
    if not _has_value(condition):
        raise refuse(f"can't recognize value [{given['value']}]")
    return condition


def _has_value(condition: Condition) -> bool:
    """Whether the value is one that this kind of condition can be compared with."""
    if not isinstance(condition.value, str):
        return False
    try:
        if condition.kind is Kind.TIME:
            return condition.moment > 0
        return condition.kind is Kind.TRADE or isfinite(float(condition.value))
    except (ValueError, TypeError, OSError, ZoneInfoNotFoundError):
        # A time zone is looked up as a file: a name that means none may be a folder's.
        return False


def _known(conidex: Any, kind: Kind, universe: Universe) -> bool:
    if conidex == ANYTHING:
        return kind not in _OF_ONE_CONTRACT
    match = _CONIDEX.fullmatch(conidex) if isinstance(conidex, str) else None
    return match is not None and universe.by_conid(int(match[1])) is not None


def _expiry(body: Mapping[str, Any]) -> float:
    try:
        return datetime.strptime(body.get("expireTime") or "", TIME_FORMAT).replace(tzinfo=UTC).timestamp()
    except (ValueError, TypeError):
        raise UnreadableError(f"can't recognize expireTime [{body.get('expireTime')}]") from None


def _switch(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name, 0)
    if isinstance(value, bool) or value not in (0, 1):
        raise UnreadableError(f"{name} must be 0 or 1")
    return bool(value)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body[name]
    if not isinstance(value, str) or not value or len(value) > _MOST_TEXT:
        raise UnreadableError(f"{name} must be a text")
    return value
