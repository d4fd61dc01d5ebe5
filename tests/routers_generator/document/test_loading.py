"""Loading of documents from files and URLs, and rejection of anything that is not OpenAPI 3."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from routers_generator.document import loading, yaml_values
from routers_generator.document.loading import InvalidDocumentError, load, parse
from routers_generator.document.yaml_values import YamlError, from_yaml

FINE = {"openapi": "3.0.0", "info": {"title": "a", "version": "1"}, "paths": {}}


def client_with(handler: Callable[[httpx.Request], httpx.Response]) -> Callable[[], httpx.Client]:
    return lambda: httpx.Client(transport=httpx.MockTransport(handler), follow_redirects=True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"", ""),
        (b"[1]", ""),
        (b"<html></html>", ""),
        (b'{"a":', "JSON"),
        (b'{"openapi": "3.0.0"}', "`paths`"),
        (b'{"paths": []}', "`paths`"),
        (b'{"swagger": "2.0", "paths": {}}', "Swagger 2"),
        (b'{"openapi": "4.0", "paths": {}}', "OpenAPI 4.0"),
        (b'{"paths": {}, "a": ' + b"1" * 5000 + b"}", "JSON"),
        (b"[" * 100_000, "256"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "256"),
        (b"- " * 5_000, "256"),
        (b"a: &a [*a]", "*a"),
        (b"a: *b", "*b"),
        (b"? [1]\n: 2", "YAML"),
        (b"a: b: c", "YAML"),
        (b"a: !!python/object/apply:os.system [ls]\nb: !!binary aa", "tag"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"\xff\xfea\x00", ""),
        (b"\x00\x01", "YAML"),
        (b"--- {}\n--- {}\n", "YAML"),
    ],
)
def test_an_invalid_document_is_rejected_with_one_sentence(text: bytes, named: str) -> None:
    with pytest.raises(InvalidDocumentError) as refused:
        parse(text, "it.json")
    sentence = str(refused.value)
    assert named in sentence
    assert sentence.startswith("it.json ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.thorough
def test_yaml_aliases_that_expand_exponentially_are_rejected() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(YamlError, match="3,000,000"):
        from_yaml("\n".join(["l0: &l0 [1, 2]", *levels]), max_depth=99, seconds=60)


def test_yaml_parsing_stops_at_its_deadline() -> None:
    ticks = iter(range(10_000))
    with pytest.raises(YamlError):
        from_yaml("- 1\n" * 5_000, max_depth=9, seconds=3, clock=lambda: next(ticks))


def test_yaml_is_parsed_to_the_same_values_as_json() -> None:
    text = """
openapi: 3.0.0
info: {title: a, version: "1"}
paths: {}
x: [yes, no, on, 010, 1_000, 0x1f, 1.5, -3, ~, null, true, 2024-01-31, !!str 7, "8", 1e3, .5]
y: &it {200: ok, true: 1}
z: *it
w:
  <<: [*it, {more: 1}]
  true: 2
"""
    assert parse(text.encode()).content == {
        **FINE,
        "x": [
            "yes",
            "no",
            "on",
            "010",
            "1_000",
            "0x1f",
            1.5,
            -3,
            None,
            None,
            True,
            "2024-01-31",
            "7",
            "8",
            1e3,
            0.5,
        ],
        "y": {"200": "ok", "true": 1},
        "z": {"200": "ok", "true": 1},
        "w": {"true": 2, "200": "ok", "more": 1},
    }


def test_duplicate_keys_are_merged_and_reported() -> None:
    text = b'{"openapi": "3.0.0", "paths": {"/a": {"get": {}}, "/a": {"post": {}, "put": 1, "put": 2}}}'
    found = parse(text)
    assert found.content["paths"] == {"/a": {"get": {}, "post": {}, "put": 2}}
    assert [(each.kind, each.pointer) for each in found.findings] == [
        ("duplicate key", "#/paths/~1a"),
        ("duplicate key", "#/paths/~1a/put"),
    ]


def test_lone_surrogates_are_replaced_and_reported() -> None:
    found = parse(b'{"openapi": "3.0.0", "paths": {"\\ud800": "\\udfff"}}')
    assert found.content["paths"] == {"\ufffd": "\ufffd"}
    assert len(found.findings) == 2


def test_loading_a_file_does_not_use_the_network(tmp_path: Path) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("loading a file used the network")

    file = tmp_path / "it.json"
    file.write_text(json.dumps(FINE))
    assert load(str(file), client=client_with(never)).content == FINE
    for name in ("nothing.json", "", "\x00", str(tmp_path)):
        with pytest.raises(InvalidDocumentError) as error:
            load(name, client=client_with(never))
        assert name in str(error.value)


def test_a_url_is_downloaded_and_its_failures_name_the_cause() -> None:
    replies = {
        "/fine": httpx.Response(200, json=FINE),
        "/moved": httpx.Response(302, headers={"Location": "/fine"}),
        "/gone": httpx.Response(404),
        "/round": httpx.Response(302, headers={"Location": "/round"}),
    }
    client = client_with(lambda request: replies[request.url.path])
    assert load("https://ibkr.test/fine", client=client).content == FINE
    assert load("https://ibkr.test/moved", client=client).content == FINE
    with pytest.raises(InvalidDocumentError, match="status 404"):
        load("https://ibkr.test/gone", client=client)
    with pytest.raises(InvalidDocumentError, match="TooManyRedirects"):
        load("https://ibkr.test/round", client=client)


def test_loading_stops_at_the_size_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(loading, "MAX_BYTES", 1000)
    monkeypatch.setattr(yaml_values, "MAX_CHARACTERS", 100)
    file = tmp_path / "it"
    large = json.dumps(FINE).encode() + b" " * 2000
    file.write_bytes(large)
    with pytest.raises(InvalidDocumentError, match=re.escape(str(file))):
        load(str(file))
    with pytest.raises(InvalidDocumentError, match=re.escape("http://ibkr.test/")):
        load("http://ibkr.test/", client=client_with(lambda _: httpx.Response(200, content=large)))
    with pytest.raises(InvalidDocumentError, match="100"):
        parse(b"paths: {}\na: " + b"b" * 200)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity"])
def test_a_non_finite_number_becomes_null_and_is_reported(number: str) -> None:
    found = parse(f'{{"paths": {{}}, "a": [1, {number}]}}'.encode())
    assert found.content == {"paths": {}, "a": [1, None]}
    assert [(each.kind, each.pointer) for each in found.findings] == [("non-finite number", "#/a/1")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_documents_in_the_encodings_of_powershell_and_editors_are_read(encoding: str) -> None:
    assert parse('{"paths": {}, "a": "é"}'.encode(encoding)).content["a"] == "é"
