from __future__ import annotations

from collections.abc import Callable

import pytest

from api_gateway.simulator.calendar.bars import DAY, WEEK
from api_gateway.simulator.corporate_actions.dividends import dividends_from
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.market_data.snapshot_fields import (
    CONTRACT_FIELDS,
    PRICE_FIELDS,
    ContractSnapshot,
    FieldValue,
)
from tests.ibkr_facts import snapshot_field_types


@pytest.fixture
def field_value(simulation: Simulation) -> Callable[[int, str], FieldValue]:
    """Return a function from conid and field ID to the field's value."""

    def field(conid: int, name: str) -> FieldValue:
        instrument, now = simulation.selected_account.instrument(conid), simulation.clock.now()
        subject = ContractSnapshot(simulation, instrument, simulation.prices.quote(instrument), now)
        return (CONTRACT_FIELDS.get(name) or PRICE_FIELDS[name])(subject)

    return field


def test_every_field_of_every_kind_of_contract_has_its_json_type(simulation: Simulation) -> None:
    now, types = simulation.clock.now(), {"integer": int, "string": str}
    for instrument in {i.sec_type: i for i in simulation.universe.all()}.values():
        subject = ContractSnapshot(simulation, instrument, simulation.prices.quote(instrument), now)
        for name, write in (CONTRACT_FIELDS | PRICE_FIELDS).items():
            value = write(subject)
            assert value is None or isinstance(value, types[snapshot_field_types()[name]]), name


def test_the_52_week_range_matches_the_daily_bars(
    simulation: Simulation, field_value: Callable[[int, str], FieldValue]
) -> None:
    stock, now = simulation.selected_account.instrument(8314), simulation.clock.now()
    year = simulation.prices.bars_between(stock, now - 52 * WEEK, now, WEEK)
    days = simulation.prices.bars_between(stock, now - 52 * WEEK, now, DAY)
    assert field_value(8314, "7293") == f"{max(bar.high for bar in days):.2f}"
    assert field_value(8314, "7294") == f"{min(bar.low for bar in days):.2f}"
    assert float(str(field_value(8314, "7293"))) >= max(bar.high for bar in year)
    assert float(str(field_value(8314, "7294"))) <= min(bar.low for bar in year)


def test_a_worthless_option_has_no_bid_but_an_ask(
    simulation: Simulation, field_value: Callable[[int, str], FieldValue]
) -> None:
    chain = simulation.universe.options_of(416904)
    far = max((o for o in chain if o.right == "C"), key=lambda o: (-int(o.expiry or 0), o.strike or 0.0))
    assert [field_value(far.conid, name) for name in ("84", "88", "7068")] == [None] * 3
    assert float(str(field_value(far.conid, "86"))) >= far.tick
    assert field_value(far.conid, "85") is not None


def test_the_ex_date_is_that_of_the_next_dividend(
    simulation: Simulation, field_value: Callable[[int, str], FieldValue]
) -> None:
    apple, amazon = simulation.universe.by_conid(265598), 3691937
    assert apple is not None
    upcoming = next(dividends_from(apple, simulation.universe.today))
    assert field_value(265598, "7288") == f"{upcoming.ex_date:%Y%m%d}"
    assert field_value(amazon, "7288") is None


def test_most_known_fields_and_no_others_are_simulated() -> None:
    known = snapshot_field_types()
    written = CONTRACT_FIELDS.keys() | PRICE_FIELDS.keys()
    assert written <= known.keys()
    assert len(written) / len(known) >= 0.8


def test_price_fields_and_contract_fields_do_not_overlap() -> None:
    assert not CONTRACT_FIELDS.keys() & PRICE_FIELDS.keys()


def test_change_is_counted_from_the_prior_close(
    simulation: Simulation, field_value: Callable[[int, str], FieldValue]
) -> None:
    simulation.prices.override_price(265598, 300.0)
    prior = float(str(field_value(265598, "7741")))
    assert field_value(265598, "31") == "300.00"
    assert field_value(265598, "82") == f"{300 - prior:.2f}"
    assert field_value(265598, "83") == f"{(300 / prior - 1) * 100:.2f}%"


def test_the_mark_is_between_bid_and_ask(field_value: Callable[[int, str], FieldValue]) -> None:
    bid, mark, ask = (float(str(field_value(265598, name))) for name in ("84", "7635", "86"))
    assert bid <= mark <= ask


def test_the_52_week_range_contains_the_day_range(field_value: Callable[[int, str], FieldValue]) -> None:
    low, day_low, day_high, high = (
        float(str(field_value(265598, name))) for name in ("7294", "71", "70", "7293")
    )
    assert low <= day_low <= day_high <= high


def test_moving_averages_are_near_the_price(field_value: Callable[[int, str], FieldValue]) -> None:
    last = float(str(field_value(8314, "31")))
    for name in ("7674", "7675", "7676", "7677"):
        assert float(str(field_value(8314, name))) == pytest.approx(last, rel=0.3)


def test_historical_volatility_is_near_the_instruments_volatility(
    field_value: Callable[[int, str], FieldValue],
) -> None:
    assert 0.1 < float(str(field_value(265598, "7087")).rstrip("%")) / 100 < 0.6
    assert field_value(265598, "7283") == "26.00%"


def test_an_option_breaks_even_at_strike_and_premium(
    simulation: Simulation, field_value: Callable[[int, str], FieldValue]
) -> None:
    (call,) = simulation.universe.options_of(265598, expiry="20260320", strike=270, right="C")
    assert float(str(field_value(call.conid, "7695"))) == pytest.approx(
        270 + float(str(field_value(call.conid, "31")))
    )
    assert field_value(call.conid, "201") == "Call"
    assert field_value(call.conid, "6073") == "20260320"


def test_a_cheap_bond_yields_more_than_its_coupon(
    simulation: Simulation, field_value: Callable[[int, str], FieldValue]
) -> None:
    bond = simulation.universe.bonds_of("e1400789")[0].conid
    assert float(str(field_value(bond, "7698"))) > 4.15
    assert float(str(field_value(bond, "7699"))) >= float(str(field_value(bond, "7720")))


def test_bid_and_ask_sizes_match_the_order_book(
    simulation: Simulation, field_value: Callable[[int, str], FieldValue]
) -> None:
    quote = simulation.prices.quote(simulation.selected_account.instrument(12087792))
    assert field_value(12087792, "88") == f"{quote.bid_size:,}"
    assert field_value(12087792, "85") == f"{quote.ask_size:,}"
