from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.watchlists import Watchlists

NOON = 1_772_557_200.0


@pytest.fixture
def lists() -> Watchlists:
    return Watchlists(NOON)


def test_there_are_two_watchlists_initially(lists: Watchlists) -> None:
    assert [each.name for each in lists.all()] == ["Favorites", "Currencies"]
    assert all(each.modified_ms < NOON * 1000 for each in lists.all())


def test_modification_time_is_in_milliseconds(lists: Watchlists) -> None:
    made = lists.save("7", "Mine", (8314, None), NOON)
    assert made.modified_ms == 1_772_557_200_000
    assert lists.find("7") is made


def test_saving_a_watchlist_with_an_id_in_use_replaces_it(lists: Watchlists) -> None:
    lists.save("101", "Other", (8314,), NOON)
    found = lists.find("101")
    assert found is not None
    assert (found.name, found.rows) == ("Other", (8314,))
    assert len(lists.all()) == 2


def test_watchlist_can_be_removed_once(lists: Watchlists) -> None:
    assert lists.remove("101")
    assert not lists.remove("101")
    assert lists.find("101") is None
