"""Random OpenAPI documents of names, texts and schemas that break code generators."""

from __future__ import annotations

from random import Random
from typing import Any, Final

_NAMES: Final = (
    *("id", "type", "from", "class", "import", "max", "list", "int", "str", "json", "copy", "schema", "self"),
    *("model_config", "model_dump", "body", "only", "template", "reads", "wanted", "gateway", "l", "O", "_x"),
    *("__dict__", "1abc", "a-b", "a.b", "A B", "é", "日本", "accountId", "acctId", "conid", "orderId", "$x"),
    *("validate", "register", "mro", "sent", "Any", "Literal", "None", "True", "print", "router", "x" * 90),
    *("a_b", "aB", "AB", "ab", "Field", "orders", "format", "dict", "bool", "object", "set", "page", "for"),
)
_TEXTS: Final = (
    *(
        "",
        "a",
        'say "x" \\ and \\n',
        "\u201cq\u201d \u2013 é 日本 😀",
        "x" * 300,
        "word " * 200,
        "at its end \\",
    ),
    *(
        'at its end "',
        "'''",
        '"""',
        "{braces} %s",
        "# noqa",
        "\f\r\n\x00 control",
        "<b>x</b>",
        "1",
        "e.g. A. B.",
    ),
    *("type: ignore", "\u0430 кириллица", "\u202ertl", "Source: x"),
)
_STEPS: Final = ("iserver", "account", "orders", "Foo", "x.y", "new-thing", "portfolio", "fyi", "save", "v2")
_TAGS: Final = ("Trading Orders", "Bazaar", "é 日本", "class", "", "1x", 'a"b', "Very " + "long " * 30)
_KINDS: Final = (
    *(
        "string",
        "integer",
        "number",
        "boolean",
        "array",
        "object",
        "object",
        "enum",
        "none",
        "allOf",
        "oneOf",
    ),
    *("anyOf", "reference", "nullable", "several", "const", "map"),
)


def draw_document(random: Random) -> dict[str, Any]:
    """Draw a document with up to a dozen operations."""
    paths: dict[str, dict[str, Any]] = {}
    for _ in range(12):
        path, operation = _draw_operation(random)
        paths.setdefault(path, {})[random.choice(["get", "get", "post", "put", "delete", "patch"])] = (
            operation
        )
    return {
        "openapi": "3.0.0",
        "info": {"title": "t", "version": random.choice(["1.0", '9"\\x', "x" * 50])},
        "paths": paths,
        "components": {"schemas": {name: _draw_schema(random, 0) for name in "ABCD"}},
    }


def _draw_operation(random: Random) -> tuple[str, dict[str, Any]]:
    steps, parameters = [], []
    for _ in range(random.randint(1, 4)):
        name = random.choice(_NAMES)
        steps.append(f"{{{name}}}" if random.random() < 0.4 else random.choice(_STEPS))
        if "{" in steps[-1] and random.random() < 0.8:
            parameters.append(
                {"name": name, "in": "path", "required": True, "schema": _draw_schema(random, 3)}
            )
    parameters += [
        {
            "name": random.choice(_NAMES),
            "in": random.choice(["query", "query", "query", "header", "cookie"]),
            "required": random.random() < 0.3,
            "schema": _draw_schema(random, 2),
            "description": random.choice(_TEXTS),
        }
        for _ in range(random.randint(0, 6))
    ]
    operation: dict[str, Any] = {
        "tags": [random.choice(_TAGS)],
        "summary": random.choice(_TEXTS),
        "description": random.choice(_TEXTS),
        "parameters": parameters,
        "responses": {"200": {"description": "Done."}},
    }
    if random.random() < 0.3:
        operation["operationId"] = random.choice(_NAMES)
    if random.random() < 0.6:
        kind = random.choice(["application/json"] * 5 + ["text/plain"])
        content = {kind: {"schema": _draw_schema(random, 0)}}
        operation["requestBody"] = {"required": random.random() < 0.7, "content": content}
    return "/" + "/".join(steps), operation


def _draw_schema(random: Random, depth: int) -> dict[str, Any]:
    kind = random.choice(_KINDS if depth < 5 else ("string", "integer", "reference"))
    schema: dict[str, Any] = {"description": random.choice(_TEXTS)} if random.random() < 0.5 else {}
    if random.random() < 0.1:
        schema["default"] = random.choice([1, "x", True, None, [], {}, 1.5])
    match kind:
        case "string" | "integer" | "number" | "boolean":
            schema["type"] = kind
            if random.random() < 0.2:
                schema |= {"minimum": random.choice([0, -5, 1.5, 10**30]), "maximum": random.choice([5, 9.5])}
            if random.random() < 0.1:
                schema["enum"] = random.choices(["a", 1, None, True, 'q"x', "é", "x" * 200, 1.5], k=3)
        case "array":
            schema |= {"type": "array", "items": _draw_schema(random, depth + 1)}
        case "object":
            names = random.choices(_NAMES, k=random.randint(0, 6))
            fields = {name: _draw_schema(random, depth + 1) for name in names}
            schema |= {"type": "object", "properties": fields, "required": random.choices(_NAMES, k=3)}
        case "enum":
            schema |= {"type": "string", "enum": random.choices(_TEXTS, k=random.randint(1, 9))}
        case "allOf" | "oneOf" | "anyOf":
            schema[kind] = [_draw_schema(random, depth + 1) for _ in range(random.randint(1, 3))]
        case "reference":
            schema = {"$ref": f"#/components/schemas/{random.choice('ABCD')}"}
        case "nullable":
            schema |= {"nullable": True, "type": "string"}
        case "several":
            schema["type"] = random.choice([["string", "null"], ["integer", "string"], ["object", "null"]])
        case "const":
            schema["const"] = random.choice(["a", 1, None])
        case "map":
            values = random.choice([True, False, _draw_schema(random, depth + 1)])
            schema |= {"type": "object", "additionalProperties": values}
    return schema
