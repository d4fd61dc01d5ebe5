"""Paths and their operations: which are kept, under which address, and with the parameters it needs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from routers_generator.document.findings import Dropped, Report, pointer, under
from routers_generator.document.names import Names, literal_first, operation_name, variables, without_prefix
from routers_generator.document.operations import METHODS, elsewhere
from routers_generator.document.references import References
from routers_generator.repair.grammar import GONE, Grammar, Member, Read
from routers_generator.repair.parts import Parts

ALL_METHODS: Final = (*METHODS, "head", "options", "trace")
BODILESS: Final = ("get", "delete", "head", "trace")

MOST_WORDS: Final = 10
"""Steps of a path of which it is looked up whether variables elsewhere match them."""

_STEP: Final = r"(?:[A-Za-z0-9._~:@!$&'()*+,;=%-]|\{[A-Za-z0-9._-]+\})*"
_PATH: Final = re.compile(rf"(?:/{_STEP})+")
_DOTS: Final = re.compile(r"(^|/)(\.|%2e){1,2}(/|$)", re.IGNORECASE)
_WRITTEN_HEADERS: Final = frozenset(
    {"accept", "authorization", "connection", "content-length", "content-type", "host", "user-agent"}
)
_OF_PATHS: Final = ("summary", "description", "servers", "parameters", "$ref")


@dataclass(frozen=True)
class Found:
    """One operation as it came: its path and method in the repaired document, and where it stands."""

    path: str
    method: str
    value: Mapping[str, Any]
    shared: list[tuple[Any, str]]  # parameters of the whole path, and where each stands
    place: str


class PathItems:
    """Reads the paths of a document."""

    def __init__(self, grammar: Grammar, references: References, parts: Parts, *, gateway: bool) -> None:
        """`gateway`: only what a gateway serves, without what is said about servers and security."""
        self._gateway = gateway
        self._grammar = grammar
        self._report: Report = grammar.report
        self._references = references
        self._parts = parts
        text = grammar.text
        self._members = {
            "tags": Member(self._tags),
            **{name: Member(text) for name in ("summary", "description", "operationId")},
            "externalDocs": Member(
                grammar.record({"description": Member(text), "url": Member(text, None)}, "an object")
            ),
            "deprecated": Member(grammar.truth),
            "security": Member(grammar.items(grammar.entries(self._scopes))),
            "servers": Member(grammar.items(self.server)),
        }

    def read(self, paths: Mapping[str, Any], schemes: Mapping[str, Any]) -> dict[str, Any]:
        """The paths, those of words before those whose variables match the same; `schemes` by their names."""
        kept: dict[str, dict[str, Found]] = {}
        for found in self._canonical(list(self._operations(paths))):
            item = kept.setdefault(found.path, {})
            if found.method in item:
                why = f"`{item[found.method].place}` is the same operation, and comes first."
                self._drop(found, why, unusable=True)
                continue
            item[found.method] = found
        self._tell_of_order(kept)
        ids = Names()
        named = self._named(kept, ids)
        result: dict[str, Any] = {
            name: each for name, each in paths.items() if name.startswith("x-")
        }  # fmt: skip
        for path in sorted(kept, key=literal_first):
            result[path] = {
                method: self._operation(found, named[found.place], schemes)
                for method, found in kept[path].items()
            }
        return result

    def server(self, value: Any, place: str) -> Read:
        """A server, with its variables."""
        text = self._grammar.text
        variable = {
            "enum": Member(self._grammar.items(text)),
            "default": Member(text, ""),
            "description": Member(text),
        }
        members = {
            "url": Member(text, None),
            "description": Member(text),
            "variables": Member(self._grammar.entries(self._grammar.record(variable, "an object"))),
        }
        return self._grammar.record(members, "a server")(value, place)

    def _operations(self, paths: Mapping[str, Any]) -> Iterator[Found]:
        for written, item in paths.items():
            place = pointer("paths", written)
            if written.startswith("x-"):
                continue
            path = self._path(written, place)
            item, place = self._item(item, place)
            for key, value in item.items():
                where = under(place, key)
                method = key.strip().lower()
                if key in _OF_PATHS or key.startswith("x-"):
                    continue
                if method not in ALL_METHODS:
                    if isinstance(value, Mapping) and "responses" in value:
                        self._report.drop(
                            Dropped(key, written, where, "OpenAPI has no such method.", unusable=True)
                        )
                    else:
                        self._report.repaired("member that OpenAPI does not have", where, "Left out.")
                    continue
                if method != key:
                    self._report.repaired("method not in lower case", where, f"It is `{method}`.")
                found = Found(path or written, method, value, self._shared(item, place), where)
                reason, unusable = self._unusable(found, usable_path=path is not None)
                if reason:
                    self._drop(found, reason, unusable=unusable)
                else:
                    yield found

    def _item(self, item: Any, place: str) -> tuple[Mapping[str, Any], str]:
        """A path item in full; what refers to nothing is told and has no operations."""
        if isinstance(item, Mapping) and isinstance(item.get("$ref"), str):
            target = self._references.followed(item)
            if isinstance(target, Mapping):
                self._report.repaired(
                    "path by reference", under(place, "$ref"), "It stands here in full now."
                )
                return {**target, **{name: each for name, each in item.items() if name != "$ref"}}, place
            self._report.drop(
                Dropped("*", place, place, "Its path refers to what is not in the document.", unusable=True)
            )
        if isinstance(item, Mapping):
            return item, place
        self._report.drop(Dropped("*", place, place, "There are no operations at its path.", unusable=True))
        return {}, place

    def _unusable(self, found: Found, *, usable_path: bool) -> tuple[str, bool]:
        """Why an operation is left out, and whether the document is at fault; no reason if it stays."""
        if not usable_path:
            return "Its path is none that a request can have.", True
        if not isinstance(found.value, Mapping):
            return "It is no object.", True
        replies = found.value.get("responses")
        if isinstance(replies, Mapping) and set(replies) == {"101"}:
            return "It opens a WebSocket, which is no request and reply.", False
        if self._gateway:
            reason = elsewhere(found.path)
            if reason:
                return reason, False
            if found.method not in METHODS:
                return "It asks about the way to a resource, which is no operation on it.", False
        return "", False

    def _path(self, written: str, place: str) -> str | None:
        path = written.strip()
        if not path.startswith("/"):
            path = f"/{path}"
        if path != written:
            self._report.repaired("path that does not begin with a slash", place, f"It is `{path[:80]}`.")
        bare = without_prefix(path)
        if bare != path:
            self._report.repaired("path with the gateway's prefix", place, "`/v1/api` was taken away.")
        if not _PATH.fullmatch(bare) or _DOTS.search(bare) or not bare.isascii():
            return None
        return bare

    def _shared(self, item: Mapping[str, Any], place: str) -> list[tuple[Any, str]]:
        """The parameters of a whole path."""
        parameters = item.get("parameters")
        if not isinstance(parameters, list):
            return []
        return [(each, under(place, "parameters", index)) for index, each in enumerate(parameters)]

    def _canonical(self, found: list[Found]) -> Iterator[Found]:
        """The same with one spelling of each variable; paths that differ in those only become one."""
        spelled = Counter(name for path in {each.path for each in found} for name in variables(path))
        first: dict[str, str] = {}
        most: dict[str, str] = {}
        for name in sorted(spelled, key=lambda each: (-spelled[each], each)):
            most.setdefault(name.casefold(), name)
        told = set()
        for each in found:
            path = each.path
            used: set[str] = set()
            for name in variables(path):
                wanted = most[name.casefold()]
                path = path.replace(f"{{{name}}}", f"{{{wanted}}}")
                used.add(wanted)
            path = first.setdefault(_whatever(path), path)
            path = _distinct(path)
            if path != each.path and each.path not in told:
                told.add(each.path)
                self._report.repaired(
                    "path variable spelled in several ways", each.place.rpartition("/")[0], f"Now `{path}`."
                )
            yield Found(path, each.method, each.value, each.shared, each.place)

    def _tell_of_order(self, kept: Mapping[str, Mapping[str, Found]]) -> None:
        """Report which paths of words came after one whose variables match the same."""
        order = {_whatever(path): index for index, path in reversed(list(enumerate(kept)))}
        paths = list(kept)
        for index, path in enumerate(paths):
            earlier = min((order.get(each, index) for each in _matching(path)), default=index)
            if earlier < index:
                self._report.repaired(
                    "path behind one that matches it",
                    next(iter(kept[path].values())).place.rpartition("/")[0],
                    f"It stands before `{paths[earlier]}` now.",
                )

    def _named(self, kept: Mapping[str, Mapping[str, Found]], ids: Names) -> dict[str, str]:
        """An operation id for each operation, by its place; the first that has one keeps it."""
        everyone = [each for item in kept.values() for each in item.values()]
        names: dict[str, str] = {}
        for each in everyone:
            told = each.value.get("operationId")
            if isinstance(told, str) and re.search("[A-Za-z]", told) and told not in ids:
                names[each.place] = ids.take(told)
        for each in everyone:
            if each.place in names:
                continue
            told = each.value.get("operationId")
            if isinstance(told, str) and told:
                wanted = told if re.search("[A-Za-z]", told) else operation_name(each.method, each.path)
                names[each.place] = ids.take(wanted)
                what = "operation id twice"
            else:
                names[each.place] = ids.take(operation_name(each.method, each.path))
                what = "operation without id"
            self._report.repaired(what, each.place, f"It is `{names[each.place][:80]}`.")
        return names

    def _operation(self, found: Found, name: str, schemes: Mapping[str, Any]) -> Read:
        left = {"parameters", "requestBody", "responses", "callbacks", "operationId"}
        if self._gateway:
            left |= {"security", "servers"}
        rest = {key: each for key, each in found.value.items() if key not in left}
        result = self._grammar.members(self._members, rest, found.place)
        if self._gateway:
            for member in ("security", "servers"):
                if member in found.value:
                    kind = f"{member} that the gateway does not have"
                    self._report.repaired(kind, under(found.place, member), "Left out.")
        elif "security" in result:
            result["security"] = self._security(result["security"], schemes, under(found.place, "security"))
        result["operationId"] = name
        if "callbacks" in found.value:
            self._report.repaired(
                "callbacks", under(found.place, "callbacks"), "Left out: they are no request."
            )
        parameters = self._parameters(found)
        if parameters:
            result["parameters"] = parameters
        if found.value.get("requestBody") is not None:
            body = self._body(found)
            if body is not GONE:
                result["requestBody"] = body
        replies = found.value.get("responses", GONE)
        result["responses"] = self._parts.responses(replies, under(found.place, "responses"))
        return result

    def _tags(self, value: Any, place: str) -> Read:
        flat = value
        if isinstance(value, list) and any(isinstance(each, list) for each in value):
            flat = [tag for each in value for tag in (each if isinstance(each, list) else [each])]
            self._report.repaired("list in a list of tags", place, "All tags are in one list now.")
        return self._grammar.items(self._grammar.text)(flat, place)

    def _security(
        self, required: list[dict[str, Any]], schemes: Mapping[str, Any], place: str
    ) -> list[dict[str, Any]]:
        """What is required, as far as the document says what that is."""
        kept = []
        for index, each in enumerate(required):
            unknown = [name for name in each if name not in schemes]
            if unknown:
                self._report.repaired(
                    "security scheme that is not defined",
                    under(place, index),
                    f"Left out: `{unknown[0][:60]}`.",
                )
            known = {name: scopes for name, scopes in each.items() if name in schemes}
            if known or not each:
                kept.append(known)
        return kept

    def security(self, value: Any, schemes: Mapping[str, Any], place: str) -> list[dict[str, Any]]:
        """What every operation requires."""
        read = self._grammar.items(self._grammar.entries(self._scopes))(value, place)
        return [] if read is GONE else self._security(read, schemes, place)

    def _scopes(self, value: Any, place: str) -> Read:
        if not isinstance(value, list):
            self._grammar.wrong(value, place, "a list of scopes")
            return []
        kept = []
        for index, each in enumerate(value):
            if each is None:
                self._report.repaired("null among scopes", under(place, index), "Left out.")
            else:
                scope = self._grammar.text(each, under(place, index))
                kept += [] if scope is GONE else [scope]
        return kept

    def _body(self, found: Found) -> Read:
        place = under(found.place, "requestBody")
        if found.method not in BODILESS:
            return self._parts.body(found.value["requestBody"], place)
        body = self._references.followed(found.value["requestBody"])
        content = body.get("content") if isinstance(body, Mapping) else None
        for each in content.values() if isinstance(content, Mapping) else ():
            schema = self._references.followed(each.get("schema")) if isinstance(each, Mapping) else None
            if isinstance(schema, Mapping) and {"properties", "allOf", "anyOf", "oneOf"} & schema.keys():
                self._report.problem("body with members where none may be", place, "Left out.")
                return GONE
        self._report.repaired("body where none may be", place, f"Left out: {found.method} has none.")
        return GONE

    def _parameters(self, found: Found) -> list[dict[str, Any]]:
        """The parameters in full, those of the path by the names that the path has."""
        own = found.value.get("parameters", [])
        place = under(found.place, "parameters")
        if not isinstance(own, list):
            self._grammar.wrong(own, place, "a list of parameters")
            own = []
        listed = [(each, under(place, index)) for index, each in enumerate(own)]
        read: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
        for value, where in [*listed, *found.shared]:
            one = self._parameter(value, where)
            if one is GONE:
                continue
            key = (one["in"], one["name"])
            if self._gateway and one["in"] == "header" and one["name"].casefold() in _WRITTEN_HEADERS:
                told = f"Left out: `{one['name']}` is no argument."
                self._report.repaired("header that every client writes itself", where, told)
                continue
            if key not in read:
                read[key] = (one, where)
            elif (value, where) not in found.shared:
                self._report.repaired("parameter twice", where, "Left out: the first counts.")
        return self._fitted(found, list(read.values()))

    def _parameter(self, value: Any, place: str) -> Read:
        if isinstance(value, Mapping) and "$ref" in value:
            target = self._references.followed(value)
            if target is None:
                self._report.problem("reference to nothing", place, "Left out: no parameter stands there.")
                return GONE
            return self._parts.parameter(target, place)
        return self._parts.parameter(value, place)

    def _fitted(self, found: Found, read: list[tuple[dict[str, Any], str]]) -> list[dict[str, Any]]:
        """The same with exactly the path's variables among them."""
        missing = variables(found.path)
        strangers: list[tuple[dict[str, Any], str]] = []
        kept: list[dict[str, Any]] = []
        for one, place in read:
            kept.append(one)
            if one["in"] != "path":
                continue
            if one["name"] in missing:
                missing.remove(one["name"])
            else:
                strangers.append((one, place))
        for one, place in list(strangers):
            alike = [name for name in missing if _plain(name) == _plain(one["name"])]
            if len(alike) == 1:
                self._rename(one, alike[0], place)
                missing.remove(alike[0])
                strangers.remove((one, place))
        if len(strangers) == 1 and len(missing) == 1:
            self._rename(strangers[0][0], missing.pop(), strangers.pop()[1])
        for one, place in strangers:
            kept.remove(one)
            self._report.repaired(
                "path parameter that the path does not have", place, f"`{one['name'][:60]}` was left out."
            )
        for name in list(missing):
            asked = [one for one in kept if one["in"] == "query" and _plain(one["name"]) == _plain(name)]
            if len(asked) == 1:
                asked[0].update({"in": "path", "required": True, "name": name})
                for styled in ("style", "explode", "allowReserved", "allowEmptyValue"):
                    asked[0].pop(styled, None)
                missing.remove(name)
                self._report.repaired(
                    "path variable declared in the query", found.place, f"`{name}` is in the path now."
                )
        for name in missing:
            kept.append({"name": name, "in": "path", "required": True, "schema": {"type": "string"}})
            self._report.repaired("path variable not declared", found.place, f"`{name}` is text.")
        return kept

    def _rename(self, one: dict[str, Any], name: str, place: str) -> None:
        told = f"`{one['name'][:60]}` is `{name}` now."
        self._report.repaired("path parameter that the path does not have", place, told)
        one["name"] = name

    def _drop(self, found: Found, reason: str, *, unusable: bool) -> None:
        self._report.drop(Dropped(found.method.upper(), found.path, found.place, reason, unusable))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _whatever(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _matching(path: str) -> Iterator[str]:
    """The templates that match what this path matches, and more: some of its words are variables there."""
    steps = _whatever(path).split("/")
    words = [index for index, step in enumerate(steps) if step and step != "{}"]
    if len(words) > MOST_WORDS:
        return
    for count in range(1, len(words) + 1):
        for chosen in combinations(words, count):
            yield "/".join("{}" if index in chosen else step for index, step in enumerate(steps))


def _distinct(path: str) -> str:
    """The same template with a number behind a variable that it has had already."""
    names: dict[str, int] = {}

    def one(match: re.Match[str]) -> str:
        name = match.group(1)
        names[name] = names.get(name, 0) + 1
        return f"{{{name}}}" if names[name] == 1 else f"{{{name}{names[name]}}}"

    return re.sub(r"\{([^{}]*)\}", one, path)
