"""Random tool arguments from a schema: valid, nearly valid, and hostile ones."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Final

_HOSTILE: Final[tuple[Any, ...]] = (
    *(
        "",
        " ",
        "..",
        "../..",
        "%2e%2e",
        "a/b",
        "a\\b",
        "x?y=1",
        "x#y",
        "a&b=c",
        "\x00",
        "a\r\nX: y",
        "\u2028",
    ),
    *(
        "\ud800",
        "\u202e1",
        "9" * 50,
        "x" * 5000,
        "é",
        "{account}",
        "-1",
        "null",
        "NaN",
        "true",
        "unsubscribeall",
    ),
    *(-1, 0, 2**31, 2**63, 2**64, 10**400, -(2**70), 0.1, -0.0, 1e308, float("inf"), float("nan")),
    *(None, True, False, [], {}, [[]], {"": {}}, [None], {"a": float("nan")}, {"orders": [{"acctId": "U1"}]}),
)
_GOOD: Final[tuple[str, ...]] = ("DU1234567", "265598", "1", "AAPL", "BA", "STK", "20261123-10:00:00", "a")
_MAX_DEPTH: Final = 5


def draw_arguments(random: Random, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Draw arguments: required ones nearly always, optional ones sometimes, unknown ones rarely."""
    definitions = schema.get("$defs", {})
    values = _draw_fields(random, schema, definitions, 0)
    if random.random() < 0.05:
        values[random.choice(["zzz", "body", "gateway", "wanted", "self", "template"])] = _draw_hostile(
            random
        )
    return values


def _draw_fields(
    random: Random, schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int
) -> dict[str, Any]:
    needed = set(schema.get("required", ()))
    return {
        name: _draw_value(random, field, definitions, depth + 1)
        for name, field in schema.get("properties", {}).items()
        if random.random() < (0.97 if name in needed else 0.35)
    }


def _draw_value(random: Random, schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Any:
    if random.random() < 0.08:
        return _draw_hostile(random)
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return _draw_value(random, random.choice(schema["anyOf"]), definitions, depth)
    if "enum" in schema:
        return random.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    match schema.get("type"):
        case "integer":
            return random.choice([1, 2, 265598, schema.get("minimum", 5), schema.get("maximum", 7), "3"])
        case "number":
            return random.choice([1, 0.25, 101.5, "2"])
        case "boolean":
            return random.choice([True, False, "true"])
        case "array":
            count = 0 if depth > _MAX_DEPTH else random.choice([0, 1, 2, 3])
            return [
                _draw_value(random, schema.get("items", {}), definitions, depth + 1) for _ in range(count)
            ]
        case "object" if "properties" in schema:
            return {} if depth > _MAX_DEPTH else _draw_fields(random, schema, definitions, depth)
        case "object":
            return {random.choice(_GOOD): random.choice(_GOOD)}
    return random.choice(_GOOD)


def _draw_hostile(random: Random) -> Any:
    return random.choice(_HOSTILE)
