"""A document is read from a file or an address; what is none is refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from routers_generator.document import loading, yaml_values
from routers_generator.document.loading import InvalidDocumentError, load, parse
from routers_generator.document.yaml_values import YamlError, from_yaml

FINE = {"openapi": "3.0.0", "info": {"title": "a", "version": "1"}, "paths": {}}


def answering(reply: Callable[[httpx.Request], httpx.Response]) -> Callable[[], httpx.Client]:
    return lambda: httpx.Client(transport=httpx.MockTransport(reply), follow_redirects=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "it is no object"),
        (b"[1]", "it is no object"),
        (b"<html></html>", "it is no object"),
        (b'{"a":', "is not JSON"),
        (b'{"openapi": "3.0.0"}', "no object `paths`"),
        (b'{"paths": []}', "no object `paths`"),
        (b'{"swagger": "2.0", "paths": {}}', "Swagger 2"),
        (b'{"openapi": "4.0", "paths": {}}', "OpenAPI 4.0"),
        (b'{"paths": {}, "a": ' + b"1" * 5000 + b"}", "is not JSON"),
        (b"[" * 100_000, "nested deeper"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "nested deeper"),
        (b"- " * 5_000, "nested deeper"),
        (b"a: &a [*a]", "alias"),
        (b"a: *b", "alias"),
        (b"? [1]\n: 2", "a key is"),
        (b"a: b: c", "mapping values"),
        (b"a: !!python/object/apply:os.system [ls]\nb: !!binary aa", "tag"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"\xff\xfea\x00", "it is no object"),
        (b"\x00\x01", "neither JSON nor YAML"),
        (b"--- {}\n--- {}\n", "several documents"),
    ],
)
def test_what_is_no_openapi_3_document_is_refused_in_one_sentence(text: bytes, said: str) -> None:
    with pytest.raises(InvalidDocumentError) as refused:
        parse(text, "it.json")
    sentence = str(refused.value)
    assert said in sentence
    assert sentence.startswith("it.json ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.thorough
def test_aliases_that_make_more_of_a_text_than_it_is_are_refused() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(YamlError, match="more than 3,000,000 values"):
        from_yaml("\n".join(["l0: &l0 [1, 2]", *levels]), max_depth=99, seconds=60)


def test_reading_yaml_ends_in_time() -> None:
    ticks = iter(range(10_000))
    with pytest.raises(YamlError, match="takes too long"):
        from_yaml("- 1\n" * 5_000, max_depth=9, seconds=3, clock=lambda: next(ticks))


def test_yaml_is_what_the_same_json_is() -> None:
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


def test_an_object_that_has_a_key_twice_keeps_what_both_have_and_says_so() -> None:
    text = b'{"openapi": "3.0.0", "paths": {"/a": {"get": {}}, "/a": {"post": {}, "put": 1, "put": 2}}}'
    found = parse(text)
    assert found.content["paths"] == {"/a": {"get": {}, "post": {}, "put": 2}}
    assert [(each.kind, each.pointer) for each in found.findings] == [
        ("duplicate key", "#/paths/~1a"),
        ("duplicate key", "#/paths/~1a/put"),
    ]


def test_text_that_no_file_can_hold_is_replaced_and_told() -> None:
    found = parse(b'{"openapi": "3.0.0", "paths": {"\\ud800": "\\udfff"}}')
    assert found.content["paths"] == {"\ufffd": "\ufffd"}
    assert len(found.findings) == 2


def test_a_file_is_read_without_any_network(tmp_path: Path) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("a file needs no network")

    file = tmp_path / "it.json"
    file.write_text(json.dumps(FINE))
    assert load(str(file), client=answering(never)).content == FINE
    for name in ("nothing.json", "", "\x00", str(tmp_path)):
        with pytest.raises(InvalidDocumentError, match="cannot be read"):
            load(name, client=answering(never))


def test_an_address_is_fetched_and_its_failures_are_sentences() -> None:
    replies = {
        "/fine": httpx.Response(200, json=FINE),
        "/moved": httpx.Response(302, headers={"Location": "/fine"}),
        "/gone": httpx.Response(404),
        "/round": httpx.Response(302, headers={"Location": "/round"}),
    }
    client = answering(lambda request: replies[request.url.path])
    assert load("https://ibkr.test/fine", client=client).content == FINE
    assert load("https://ibkr.test/moved", client=client).content == FINE
    with pytest.raises(InvalidDocumentError, match="status 404"):
        load("https://ibkr.test/gone", client=client)
    with pytest.raises(InvalidDocumentError, match="TooManyRedirects"):
        load("https://ibkr.test/round", client=client)


def test_what_is_larger_than_the_limit_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(loading, "MAX_BYTES", 1000)
    monkeypatch.setattr(yaml_values, "MAX_CHARACTERS", 100)
    file = tmp_path / "it"
    file.write_bytes(b" " * 2000)
    with pytest.raises(InvalidDocumentError, match="larger than"):
        load(str(file))
    endless = answering(lambda _: httpx.Response(200, content=b" " * 5000))
    with pytest.raises(InvalidDocumentError, match="larger than"):
        load("http://ibkr.test/", client=endless)
    with pytest.raises(InvalidDocumentError, match="as YAML"):
        parse(b"a: " + b"b" * 200)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_cannot_hold_is_named_and_the_rest_is_read(number: str) -> None:
    found = parse(f'{{"paths": {{}}, "a": [1, {number}]}}'.encode())
    assert found.content == {"paths": {}, "a": [1, None]}
    assert [(each.kind, each.pointer) for each in found.findings] == [("non-finite number", "#/a/1")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_as_powershell_or_an_editor_saves_it_is_read(encoding: str) -> None:
    assert parse('{"paths": {}, "a": "é"}'.encode(encoding)).content["a"] == "é"
