from __future__ import annotations

from datetime import date, timedelta

import pytest

from api_gateway.simulator.instruments import conids
from api_gateway.simulator.instruments.conids import (
    BLOCKS,
    STRIKES,
    ListingConids,
    event_conid,
    event_terms,
    future_conid,
    future_terms,
    option_conid,
    option_terms,
    yes_and_no_conids,
)

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize("days", [-3660, -1700, -365, -1, 0, 4, 30, 930])
@pytest.mark.parametrize(("block", "strike", "right"), [(0, 1, "C"), (17, 268, "P"), (BLOCKS - 1, 2047, "P")])
def test_the_terms_of_an_option_are_decoded_from_its_conid(
    days: int, block: int, strike: int, right: str
) -> None:
    expiry = TODAY + timedelta(days=days)
    terms = option_terms(option_conid(block, expiry, strike, right), TODAY)
    assert terms is not None
    assert (terms.block, terms.strike, terms.right) == (block, strike, right)
    assert terms.monday == expiry - timedelta(days=expiry.weekday())


def test_conids_of_options_are_positive_32_bit_integers_and_not_the_conid_of_all_bonds() -> None:
    assert option_conid(BLOCKS - 1, TODAY, STRIKES - 1, "P") < 2**31 - 1


@pytest.mark.parametrize(("year", "month"), [(2010, 1), (2026, 12), (2031, 6)])
def test_the_terms_of_a_future_are_decoded_from_its_conid(year: int, month: int) -> None:
    assert future_terms(future_conid(7, year, month), TODAY) == (7, year, month)


def test_the_terms_of_an_event_contract_are_decoded_from_its_conid() -> None:
    yes, no = (event_conid(3, TODAY, 2, right) for right in ("C", "P"))
    assert event_terms(yes) == (3, TODAY, 2, "C")
    assert event_terms(no) == (3, TODAY, 2, "P")
    assert yes_and_no_conids(yes) == yes_and_no_conids(no) == (yes, no)


@pytest.mark.parametrize("conid", [0, 265598, 700_000_000, 2**31 - 1, 2**40])
def test_other_conids_have_no_terms(conid: int) -> None:
    assert option_terms(conid, TODAY) is None
    assert future_terms(conid, TODAY) is None
    assert event_terms(conid) is None


def test_conids_of_listings_stay_unique_if_checksums_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conids, "crc32", lambda _: 7)
    allocator = ListingConids([600_000_008])
    assert [allocator.allocate("A"), allocator.allocate("B")] == [600_000_007, 600_000_009]
