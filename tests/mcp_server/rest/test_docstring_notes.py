"""The notes in a docstring after the form feed."""

from __future__ import annotations

from fastapi import APIRouter

from mcp_server.rest.docstring_notes import Notes, notes_by_name, parse_notes

router = APIRouter()


@router.get("/a")
async def with_both() -> None:
    """Get it.

    Found by: this is not a note, because it is above the form feed.
    \f
    Source: IBKR Web API reference, "A page"; recorded.
    Open to: everybody.
    Found by: holdings, what I own,
    my stuff.
    For less: ask for one month.
    """


@router.get("/b")
async def with_none() -> None:
    """Get it.
    \f
    Source: IBKR Web API reference, "A page"; recorded.
    """


@router.get("/c")
async def bare() -> None:
    pass


def test_notes_may_have_several_lines() -> None:
    assert parse_notes(with_both) == Notes("holdings, what I own, my stuff.", "ask for one month.")


def test_a_docstring_without_notes_has_empty_ones() -> None:
    assert parse_notes(with_none) == parse_notes(bare) == Notes()


def test_the_notes_of_routes_are_returned_by_name() -> None:
    found = notes_by_name([router])
    assert list(found) == ["with_both", "with_none", "bare"]
    assert found["with_both"].narrowing_hint == "ask for one month."
