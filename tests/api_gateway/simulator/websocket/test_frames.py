from __future__ import annotations

import pytest

from api_gateway.simulator.websocket.frames import (
    Command,
    error_frame,
    parse_command,
    parse_session_token,
    unknown_topic_frame,
)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("tic", Command("tic")),
        ("ech+hb", Command("ech", ("hb",))),
        ("utr", Command("utr")),
        ("sor+{}", Command("sor")),
        ('sor+{"filters":["Submitted"]}', Command("sor", (), {"filters": ["Submitted"]})),
        ('smd+265598+{"fields":["31","84"]}', Command("smd", ("265598",), {"fields": ["31", "84"]})),
        ("smd+265598@ARCA+{}", Command("smd", ("265598@ARCA",))),
        ("umh+20477", Command("umh", ("20477",))),
        ("sbd+DU1+265598+NYSE", Command("sbd", ("DU1", "265598", "NYSE"))),
        (" spl+{}\n", Command("spl")),
    ],
)
def test_parse_command_splits_topic_target_and_arguments(text: str, command: Command) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "hello",
            "SMD+1+{}",
            "smd 265598",
            "smd+265598+{oops}",
            '{"session":"x"}',
            "smd+{}+{}",
            "sor+[]+{",
        ),
        *(
            "smd+265598+",
            "smd+265598+[]",
            'smd+265598+["31"]',
            'smd+265598+"31"',
            "sor+[]",
            "sor+",
            "smd++{}",
        ),
        "smd+265598+" + "[" * 1000,
    ],
)
def test_parse_command_returns_none_for_a_malformed_frame(text: str) -> None:
    assert parse_command(text) is None


def test_string_list_returns_a_list_or_none() -> None:
    command = Command("smd", (), {"fields": ["31", 84], "keys": "all"})
    assert (command.string_list("fields"), command.string_list("keys"), command.string_list("none")) == (
        ["31", "84"],
        None,
        None,
    )


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("abc", "abc"),
        ('{"session":"abc"}', "abc"),
        ('{"session": 7}', None),
        ("{}", None),
        ("{oops", None),
        ("", None),
    ],
)
def test_parse_session_token_accepts_a_bare_token_or_an_object(text: str, token: str | None) -> None:
    assert parse_session_token(text) == token


def test_error_frames_name_their_topic_and_report_unknown_ones() -> None:
    assert error_frame(Command("smd", ("1",)), 500, "No accounts") == {
        "error": "No accounts",
        "code": 500,
        "topic": "smd",
    }
    assert unknown_topic_frame(None)["error"] == "Topic unknown 'null'"
    assert unknown_topic_frame("xyz")["error"] == "Topic unknown 'xyz'"
