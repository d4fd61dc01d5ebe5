from __future__ import annotations

from datetime import date, timedelta

from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.corporate_actions.splits import SPLITS, shares_per_share, splits_of
from api_gateway.simulator.instruments.universe import Instrument, build_universe
from tests.api_gateway.simulator.paper_account import AAPL, MONDAY

UNIVERSE = build_universe(MONDAY)
FIRST_DAY = UNIVERSE.build_date


def split_shares() -> list[Instrument]:
    return [each for each in UNIVERSE.all() if splits_of(each, FIRST_DAY)]


def test_each_row_of_the_table_splits_one_share_in_the_past_or_the_future() -> None:
    assert len(split_shares()) == len({(row.symbol, row.exchange) for row in SPLITS})
    days = [split.ex_date for share in split_shares() for split in splits_of(share, FIRST_DAY)]
    assert len(days) == len(SPLITS)
    assert min(days) < FIRST_DAY < max(days)


def test_split_shares_have_no_contracts_that_would_need_an_adjustment() -> None:
    for share in split_shares():
        assert all(UNIVERSE.derivatives_of(share.conid, kind) == [] for kind in ("CFD", "FUT"))
        assert not list(UNIVERSE.expiries_of(share.conid))
        assert all(each.price_source_conid != share.conid for each in UNIVERSE.all())


def test_shares_multiply_on_the_trading_day_of_the_split() -> None:
    for share in split_shares():
        for split in splits_of(share, FIRST_DAY):
            before = shares_per_share(share, FIRST_DAY, split.ex_date - timedelta(days=1))
            assert shares_per_share(share, FIRST_DAY, split.ex_date) == before * split.ratio
            assert session_on(HOURS[share.hours], split.ex_date) is not None
        assert shares_per_share(share, FIRST_DAY, FIRST_DAY) == 1


def test_other_shares_are_never_split() -> None:
    apple = UNIVERSE.by_conid(AAPL)
    assert apple is not None
    assert splits_of(apple, FIRST_DAY) == ()
    assert shares_per_share(apple, FIRST_DAY, date(2040, 1, 1)) == 1
