"""A small valid document with a little of everything, and values that break it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

REFERENCE = "$ref"


def ref(kind: str, name: str) -> dict[str, str]:
    return {REFERENCE: f"#/components/{kind}/{name}"}


def valid_document() -> dict[str, Any]:
    """A document that needs no repair."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Small", "version": "1"},
        "servers": [{"url": "https://{host}/v1/api", "variables": {"host": {"default": "localhost"}}}],
        "security": [{"bearer": []}],
        "tags": [{"name": "Trading Orders"}],
        "paths": {
            "/iserver/account/orders": {
                "get": {
                    "tags": ["Trading Orders"],
                    "operationId": "getLiveOrders",
                    "summary": "Live Orders",
                    "parameters": [
                        {"name": "force", "in": "query", "schema": {"type": "boolean", "default": False}},
                        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}},
                    ],
                    "responses": {"200": ref("responses", "Orders"), "default": {"description": "?"}},
                }
            },
            "/iserver/account/{accountId}/orders": {
                "post": {
                    "tags": ["Trading Orders"],
                    "operationId": "placeOrders",
                    "deprecated": False,
                    "parameters": [
                        {"name": "accountId", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": ref("schemas", "Orders"),
                                "examples": {"one": {"value": {"orders": [{"conid": 1, "side": "BUY"}]}}},
                            }
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "Placed.",
                            "headers": {"X-Count": {"schema": {"type": "integer"}}},
                            "content": {
                                "application/json": {
                                    "schema": {
                                        "oneOf": [ref("schemas", "Order"), ref("schemas", "Error")],
                                        "discriminator": {
                                            "propertyName": "kind",
                                            "mapping": {"error": "#/components/schemas/Error"},
                                        },
                                    }
                                }
                            },
                        }
                    },
                    "security": [{"bearer": []}],
                }
            },
        },
        "components": {
            "schemas": {
                "Orders": {
                    "type": "object",
                    "required": ["orders"],
                    "properties": {"orders": {"type": "array", "items": ref("schemas", "Order")}},
                },
                "Order": {
                    "type": "object",
                    "required": ["conid"],
                    "properties": {
                        "conid": {"type": "integer", "minimum": 1, "example": 265598},
                        "side": {"type": "string", "enum": ["BUY", "SELL"]},
                        "price": {"type": "number", "nullable": True, "default": 1.5},
                        "tag": {"type": "string", "pattern": "^[a-z]*$", "maxLength": 9},
                        "legs": {"type": "array", "items": ref("schemas", "Order"), "maxItems": 3},
                        "strategy": {"type": "object", "additionalProperties": {"type": "string"}},
                    },
                },
                "Error": {
                    "allOf": [
                        {"type": "object", "properties": {"error": {"type": "string"}}},
                        {"type": "object", "required": ["error"]},
                    ]
                },
            },
            "responses": {
                "Orders": {
                    "description": "Orders.",
                    "content": {"application/json": {"schema": ref("schemas", "Orders")}},
                }
            },
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def value_paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path to every value inside a value."""
    inner: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, each in inner:
        yield (*path, key)
        yield from value_paths(each, (*path, key))


def replace_value(document: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A copy of the document with the value at the path replaced."""
    result = copy.deepcopy(document)
    inner: Any = result
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = copy.deepcopy(value)
    return result


HOSTILE_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, "", "x", "string", "#", "1e999", [], {}, [None], {"": None}, [[]], "\x00`|\n"),
    *({REFERENCE: None}, {REFERENCE: "#"}, {REFERENCE: "#/paths"}, {REFERENCE: "other.json#/a"}),
    *(ref("schemas", "Order"), ref("schemas", "Nobody"), ref("responses", "Orders"), {"properties": []}),
    {"type": ["string", "null"], "const": 1, "examples": [1], "exclusiveMinimum": 3},
    {"allOf": [ref("schemas", "Order"), ref("schemas", "Error")], "required": ["nobody"], "default": {}},
    {"type": "array", "properties": {"a": {REFERENCE: "#/components/schemas/Error/allOf/0"}}},
    {
        "name": "x",
        "in": "path",
        "schema": {},
        "content": {"a/b": {}, "c/d": {}},
        "example": 1,
        "examples": {},
    },
    {"get": None, "POST": {}, "query": {"responses": {}}, "parameters": [ref("parameters", "No")]},
)
"""Values that can occur anywhere in an unchecked document."""
