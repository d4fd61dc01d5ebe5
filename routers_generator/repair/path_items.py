"""Repair of path items: valid paths, operations, operationIds and matching path parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from routers_generator.document.findings import DroppedOperation, Report, extend_pointer, json_pointer
from routers_generator.document.names import (
    UniqueNames,
    literal_first_key,
    normalize_path,
    operation_name,
    path_variables,
    strip_prefix,
)
from routers_generator.document.operations import METHODS, unserved_reason
from routers_generator.document.references import References
from routers_generator.repair.grammar import OMITTED, Grammar, Member, ReadValue
from routers_generator.repair.parts import OperationParts

ALL_METHODS: Final = (*METHODS, "head", "options", "trace")
METHODS_WITHOUT_BODY: Final = ("get", "delete", "head", "trace")

MAX_LITERAL_STEPS: Final = 10
"""Maximum literal segments of a path for which templates that shadow it are found (2^n candidates)."""

_STEP: Final = r"(?:[A-Za-z0-9._~:@!$&'()*+,;=%-]|\{[A-Za-z0-9._-]+\})*"
_PATH: Final = re.compile(rf"(?:/{_STEP})+")
_DOT_STEP: Final = re.compile(r"(^|/)(\.|%2e){1,2}(/|$)", re.IGNORECASE)
_CLIENT_HEADERS: Final = frozenset(
    {"accept", "authorization", "connection", "content-length", "content-type", "host", "user-agent"}
)
_PATH_ITEM_MEMBERS: Final = ("summary", "description", "servers", "parameters", "$ref")


@dataclass(frozen=True)
class RawOperation:
    """An unread operation: its repaired path and method, original value, and pointer into the original."""

    path: str
    method: str
    value: Mapping[str, Any]
    shared_parameters: list[tuple[Any, str]]  # the path item's parameters, and their pointers
    pointer: str


class PathItems:
    """Reads the paths of a document."""

    def __init__(
        self, grammar: Grammar, references: References, parts: OperationParts, *, gateway: bool
    ) -> None:
        """`gateway`: keep only operations that the gateway serves, without servers and security."""
        self._gateway = gateway
        self._grammar = grammar
        self._report: Report = grammar.report
        self._references = references
        self._parts = parts
        text = grammar.text
        self._members = {
            "tags": Member(self._read_tags),
            **{name: Member(text) for name in ("summary", "description", "operationId")},
            "externalDocs": Member(
                grammar.object_of({"description": Member(text), "url": Member(text, None)}, "an object")
            ),
            "deprecated": Member(grammar.boolean),
            "security": Member(grammar.list_of(grammar.map_of(self._read_scopes))),
            "servers": Member(grammar.list_of(self.read_server)),
        }

    def read(self, paths: Mapping[str, Any], schemes: Mapping[str, Any]) -> dict[str, Any]:
        """Read the paths, literal ones before templates that match them; `schemes` are the defined ones."""
        operations: dict[str, dict[str, RawOperation]] = {}
        for found in self._unify_variables(list(self._find_operations(paths))):
            item = operations.setdefault(found.path, {})
            if found.method in item:
                why = f"Duplicate of `{item[found.method].pointer}`."
                self._drop(found, why, unusable=True)
                continue
            item[found.method] = found
        self._report_reordering(operations)
        ids = UniqueNames()
        operation_ids = self._assign_operation_ids(operations, ids)
        result: dict[str, Any] = {
            name: each for name, each in paths.items() if name.startswith("x-")
        }  # fmt: skip
        for path in sorted(operations, key=literal_first_key):
            result[path] = {
                method: self._read_operation(found, operation_ids[found.pointer], schemes)
                for method, found in operations[path].items()
            }
        return result

    def read_server(self, value: Any, pointer: str) -> ReadValue:
        """Read a server and its variables."""
        text = self._grammar.text
        variable = {
            "enum": Member(self._grammar.list_of(text)),
            "default": Member(text, ""),
            "description": Member(text),
        }
        members = {
            "url": Member(text, None),
            "description": Member(text),
            "variables": Member(self._grammar.map_of(self._grammar.object_of(variable, "an object"))),
        }
        return self._grammar.object_of(members, "a server")(value, pointer)

    def _find_operations(self, paths: Mapping[str, Any]) -> Iterator[RawOperation]:
        for written_path, item in paths.items():
            pointer = json_pointer("paths", written_path)
            if written_path.startswith("x-"):
                continue
            path = self._repair_path(written_path, pointer)
            item, pointer = self._resolve_item(item, pointer)
            for key, value in item.items():
                where = extend_pointer(pointer, key)
                method = key.strip().lower()
                if key in _PATH_ITEM_MEMBERS or key.startswith("x-"):
                    continue
                if method not in ALL_METHODS:
                    if isinstance(value, Mapping) and "responses" in value:
                        self._report.add_dropped(
                            DroppedOperation(
                                key,
                                written_path,
                                where,
                                "OpenAPI does not support this method.",
                                unusable=True,
                            )
                        )
                    else:
                        self._report.add_repair("unknown member", where, "Removed.")
                    continue
                if method != key:
                    self._report.add_repair("method not in lower case", where, f"Changed to `{method}`.")
                found = RawOperation(
                    path or written_path, method, value, self._shared_parameters(item, pointer), where
                )
                reason, unusable = self._drop_reason(found, usable_path=path is not None)
                if reason:
                    self._drop(found, reason, unusable=unusable)
                else:
                    yield found

    def _resolve_item(self, item: Any, pointer: str) -> tuple[Mapping[str, Any], str]:
        """Inline a path item reference; an unresolved one is reported and has no operations."""
        if isinstance(item, Mapping) and isinstance(item.get("$ref"), str):
            target = self._references.follow(item)
            if isinstance(target, Mapping):
                self._report.add_repair(
                    "path item by reference", extend_pointer(pointer, "$ref"), "Inlined the path item."
                )
                return {**target, **{name: each for name, each in item.items() if name != "$ref"}}, pointer
            self._report.add_dropped(
                DroppedOperation(
                    "*", pointer, pointer, "Its path item reference does not resolve.", unusable=True
                )
            )
        if isinstance(item, Mapping):
            return item, pointer
        self._report.add_dropped(
            DroppedOperation("*", pointer, pointer, "Its path item is not an object.", unusable=True)
        )
        return {}, pointer

    def _drop_reason(self, operation: RawOperation, *, usable_path: bool) -> tuple[str, bool]:
        """Return why an operation is left out (empty if it is not), and whether a defect is the reason."""
        if not usable_path:
            return "Its path is invalid.", True
        if not isinstance(operation.value, Mapping):
            return "It is not an object.", True
        responses = operation.value.get("responses")
        if isinstance(responses, Mapping) and set(responses) == {"101"}:
            return "It opens a WebSocket, which has no request and response.", False
        if self._gateway:
            reason = unserved_reason(operation.path)
            if reason:
                return reason, False
            if operation.method not in METHODS:
                return "Its method only describes a resource or the route to it.", False
        return "", False

    def _repair_path(self, written_path: str, pointer: str) -> str | None:
        path = written_path.strip()
        if not path.startswith("/"):
            path = f"/{path}"
        if path != written_path:
            self._report.add_repair("path without leading slash", pointer, f"Changed to `{path[:80]}`.")
        bare = strip_prefix(path)
        if bare != path:
            self._report.add_repair("path with the /v1/api prefix", pointer, "Removed `/v1/api`.")
        if not _PATH.fullmatch(bare) or _DOT_STEP.search(bare) or not bare.isascii():
            return None
        return bare

    def _shared_parameters(self, item: Mapping[str, Any], pointer: str) -> list[tuple[Any, str]]:
        """The parameters of a path item, with their pointers."""
        parameters = item.get("parameters")
        if not isinstance(parameters, list):
            return []
        return [(each, extend_pointer(pointer, "parameters", index)) for index, each in enumerate(parameters)]

    def _unify_variables(self, operations: list[RawOperation]) -> Iterator[RawOperation]:
        """Unify the spelling of each path variable; paths that differ only in variable names become one."""
        spellings = Counter(
            name for path in {each.path for each in operations} for name in path_variables(path)
        )
        first: dict[str, str] = {}
        preferred: dict[str, str] = {}
        for name in sorted(spellings, key=lambda each: (-spellings[each], each)):
            preferred.setdefault(name.casefold(), name)
        reported = set()
        for each in operations:
            path = each.path
            used: set[str] = set()
            for name in path_variables(path):
                wanted = preferred[name.casefold()]
                path = path.replace(f"{{{name}}}", f"{{{wanted}}}")
                used.add(wanted)
            path = first.setdefault(normalize_path(path), path)
            path = _number_duplicates(path)
            if path != each.path and each.path not in reported:
                reported.add(each.path)
                self._report.add_repair(
                    "inconsistent path variable name",
                    each.pointer.rpartition("/")[0],
                    f"Changed to `{path}`.",
                )
            yield RawOperation(path, each.method, each.value, each.shared_parameters, each.pointer)

    def _report_reordering(self, operations: Mapping[str, Mapping[str, RawOperation]]) -> None:
        """Report the literal paths that were listed after a template that matches them."""
        order = {normalize_path(path): index for index, path in reversed(list(enumerate(operations)))}
        paths = list(operations)
        for index, path in enumerate(paths):
            earlier = min((order.get(each, index) for each in _matching_templates(path)), default=index)
            if earlier < index:
                self._report.add_repair(
                    "path shadowed by a template",
                    next(iter(operations[path].values())).pointer.rpartition("/")[0],
                    f"Moved before `{paths[earlier]}`.",
                )

    def _assign_operation_ids(
        self, operations: Mapping[str, Mapping[str, RawOperation]], ids: UniqueNames
    ) -> dict[str, str]:
        """Assign a unique operationId to each operation, by pointer; the first one with an ID keeps it."""
        all_operations = [each for item in operations.values() for each in item.values()]
        names: dict[str, str] = {}
        for each in all_operations:
            operation_id = each.value.get("operationId")
            if (
                isinstance(operation_id, str)
                and re.search("[A-Za-z]", operation_id)
                and operation_id not in ids
            ):
                names[each.pointer] = ids.claim(operation_id)
        for each in all_operations:
            if each.pointer in names:
                continue
            operation_id = each.value.get("operationId")
            if isinstance(operation_id, str) and operation_id:
                wanted = (
                    operation_id
                    if re.search("[A-Za-z]", operation_id)
                    else operation_name(each.method, each.path)
                )
                names[each.pointer] = ids.claim(wanted)
                what = "duplicate operationId"
            else:
                names[each.pointer] = ids.claim(operation_name(each.method, each.path))
                what = "operation without operationId"
            self._report.add_repair(what, each.pointer, f"Set to `{names[each.pointer][:80]}`.")
        return names

    def _read_operation(self, operation: RawOperation, name: str, schemes: Mapping[str, Any]) -> ReadValue:
        excluded = {"parameters", "requestBody", "responses", "callbacks", "operationId"}
        if self._gateway:
            excluded |= {"security", "servers"}
        rest = {key: each for key, each in operation.value.items() if key not in excluded}
        result = self._grammar.read_members(self._members, rest, operation.pointer)
        if self._gateway:
            for member in ("security", "servers"):
                if member in operation.value:
                    kind = f"{member} not used by the gateway"
                    self._report.add_repair(kind, extend_pointer(operation.pointer, member), "Removed.")
        elif "security" in result:
            result["security"] = self._drop_undefined_schemes(
                result["security"], schemes, extend_pointer(operation.pointer, "security")
            )
        result["operationId"] = name
        if "callbacks" in operation.value:
            self._report.add_repair(
                "callbacks",
                extend_pointer(operation.pointer, "callbacks"),
                "Removed: callbacks are not requests to the server.",
            )
        parameters = self._read_parameters(operation)
        if parameters:
            result["parameters"] = parameters
        if operation.value.get("requestBody") is not None:
            body = self._read_body(operation)
            if body is not OMITTED:
                result["requestBody"] = body
        responses = operation.value.get("responses", OMITTED)
        result["responses"] = self._parts.read_responses(
            responses, extend_pointer(operation.pointer, "responses")
        )
        return result

    def _read_tags(self, value: Any, pointer: str) -> ReadValue:
        flat = value
        if isinstance(value, list) and any(isinstance(each, list) for each in value):
            flat = [tag for each in value for tag in (each if isinstance(each, list) else [each])]
            self._report.add_repair("nested list of tags", pointer, "Flattened the list.")
        return self._grammar.list_of(self._grammar.text)(flat, pointer)

    def _drop_undefined_schemes(
        self, requirements: list[dict[str, Any]], schemes: Mapping[str, Any], pointer: str
    ) -> list[dict[str, Any]]:
        """Remove security schemes that the document does not define."""
        defined = []
        for index, each in enumerate(requirements):
            unknown = [name for name in each if name not in schemes]
            if unknown:
                self._report.add_repair(
                    "undefined security scheme",
                    extend_pointer(pointer, index),
                    f"Removed `{unknown[0][:60]}`.",
                )
            known = {name: scopes for name, scopes in each.items() if name in schemes}
            if known or not each:
                defined.append(known)
        return defined

    def read_security(self, value: Any, schemes: Mapping[str, Any], pointer: str) -> list[dict[str, Any]]:
        """Read the security requirements of the whole document."""
        read = self._grammar.list_of(self._grammar.map_of(self._read_scopes))(value, pointer)
        return [] if read is OMITTED else self._drop_undefined_schemes(read, schemes, pointer)

    def _read_scopes(self, value: Any, pointer: str) -> ReadValue:
        if not isinstance(value, list):
            self._grammar.reject(value, pointer, "a list of scopes")
            return []
        scopes = []
        for index, each in enumerate(value):
            if each is None:
                self._report.add_repair("null scope", extend_pointer(pointer, index), "Removed.")
            else:
                scope = self._grammar.text(each, extend_pointer(pointer, index))
                scopes += [] if scope is OMITTED else [scope]
        return scopes

    def _read_body(self, operation: RawOperation) -> ReadValue:
        pointer = extend_pointer(operation.pointer, "requestBody")
        if operation.method not in METHODS_WITHOUT_BODY:
            return self._parts.read_body(operation.value["requestBody"], pointer)
        body = self._references.follow(operation.value["requestBody"])
        content = body.get("content") if isinstance(body, Mapping) else None
        for each in content.values() if isinstance(content, Mapping) else ():
            schema = self._references.follow(each.get("schema")) if isinstance(each, Mapping) else None
            if isinstance(schema, Mapping) and {"properties", "allOf", "anyOf", "oneOf"} & schema.keys():
                self._report.add_problem("request body with properties not allowed", pointer, "Removed.")
                return OMITTED
        self._report.add_repair(
            "request body not allowed", pointer, f"Removed: {operation.method.upper()} requests have no body."
        )
        return OMITTED

    def _read_parameters(self, operation: RawOperation) -> list[dict[str, Any]]:
        """Read the parameters, resolved, with path parameters under the names in the path."""
        own = operation.value.get("parameters", [])
        pointer = extend_pointer(operation.pointer, "parameters")
        if not isinstance(own, list):
            self._grammar.reject(own, pointer, "a list of parameters")
            own = []
        listed = [(each, extend_pointer(pointer, index)) for index, each in enumerate(own)]
        read: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
        for value, where in [*listed, *operation.shared_parameters]:
            one = self._read_parameter(value, where)
            if one is OMITTED:
                continue
            key = (one["in"], one["name"])
            if self._gateway and one["in"] == "header" and one["name"].casefold() in _CLIENT_HEADERS:
                text = f"Removed `{one['name']}`."
                self._report.add_repair("header set by the HTTP client", where, text)
                continue
            if key not in read:
                read[key] = (one, where)
            elif (value, where) not in operation.shared_parameters:
                self._report.add_repair("duplicate parameter", where, "Kept the first.")
        return self._match_path_variables(operation, list(read.values()))

    def _read_parameter(self, value: Any, pointer: str) -> ReadValue:
        if isinstance(value, Mapping) and "$ref" in value:
            target = self._references.follow(value)
            if target is None:
                self._report.add_problem(
                    "unresolved reference", pointer, "Removed: it does not resolve to a parameter."
                )
                return OMITTED
            return self._parts.read_parameter(target, pointer)
        return self._parts.read_parameter(value, pointer)

    def _match_path_variables(
        self, operation: RawOperation, read: list[tuple[dict[str, Any], str]]
    ) -> list[dict[str, Any]]:
        """Match path parameters with the path's variables: rename, remove or add them as needed."""
        missing = path_variables(operation.path)
        unmatched: list[tuple[dict[str, Any], str]] = []
        parameters: list[dict[str, Any]] = []
        for one, pointer in read:
            parameters.append(one)
            if one["in"] != "path":
                continue
            if one["name"] in missing:
                missing.remove(one["name"])
            else:
                unmatched.append((one, pointer))
        for one, pointer in list(unmatched):
            candidates = [name for name in missing if _normalize_name(name) == _normalize_name(one["name"])]
            if len(candidates) == 1:
                self._rename_parameter(one, candidates[0], pointer)
                missing.remove(candidates[0])
                unmatched.remove((one, pointer))
        if len(unmatched) == 1 and len(missing) == 1:
            self._rename_parameter(unmatched[0][0], missing.pop(), unmatched.pop()[1])
        for one, pointer in unmatched:
            parameters.remove(one)
            self._report.add_repair(
                "path parameter not in the path", pointer, f"Removed `{one['name'][:60]}`."
            )
        for name in list(missing):
            in_query = [
                one
                for one in parameters
                if one["in"] == "query" and _normalize_name(one["name"]) == _normalize_name(name)
            ]
            if len(in_query) == 1:
                in_query[0].update({"in": "path", "required": True, "name": name})
                for member in ("style", "explode", "allowReserved", "allowEmptyValue"):
                    in_query[0].pop(member, None)
                missing.remove(name)
                self._report.add_repair(
                    "path variable declared as a query parameter",
                    operation.pointer,
                    f"Moved `{name}` to the path.",
                )
        for name in missing:
            parameters.append({"name": name, "in": "path", "required": True, "schema": {"type": "string"}})
            self._report.add_repair(
                "undeclared path variable", operation.pointer, f"Added `{name}` as a string."
            )
        return parameters

    def _rename_parameter(self, parameter: dict[str, Any], name: str, pointer: str) -> None:
        text = f"Renamed `{parameter['name'][:60]}` to `{name}`."
        self._report.add_repair("path parameter not in the path", pointer, text)
        parameter["name"] = name

    def _drop(self, operation: RawOperation, reason: str, *, unusable: bool) -> None:
        self._report.add_dropped(
            DroppedOperation(operation.method.upper(), operation.path, operation.pointer, reason, unusable)
        )


def _normalize_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _matching_templates(path: str) -> Iterator[str]:
    """The templates that also match this path: each replaces some of its literal segments with variables."""
    steps = normalize_path(path).split("/")
    words = [index for index, step in enumerate(steps) if step and step != "{}"]
    if len(words) > MAX_LITERAL_STEPS:
        return
    for count in range(1, len(words) + 1):
        for chosen in combinations(words, count):
            yield "/".join("{}" if index in chosen else step for index, step in enumerate(steps))


def _number_duplicates(path: str) -> str:
    """Append a number to each repeated variable name of a template."""
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        names[name] = names.get(name, 0) + 1
        return f"{{{name}}}" if names[name] == 1 else f"{{{name}{names[name]}}}"

    return re.sub(r"\{([^{}]*)\}", number, path)
