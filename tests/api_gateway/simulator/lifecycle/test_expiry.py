from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.universe import Instrument, build_universe
from api_gateway.simulator.lifecycle.expiry import settlement_price
from api_gateway.simulator.lifecycle.timeline import process_events
from api_gateway.simulator.orders.order import ExecutionKind
from api_gateway.simulator.prices.prices import Prices
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, MONDAY, make_empty_account, trade

SPX, CL, ES = 416904, "CL", "ES"
HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def account() -> PaperAccount:
    return make_empty_account()


def option_of(account: PaperAccount, conid: int, right: str) -> Instrument:
    """The option of the first expiry whose strike is nearest to the underlying's price."""
    spot = account.prices.price_at(account.instrument(conid), account.clock.now())
    chain = [option for option in account.universe.options_of(conid) if option.right == right]
    first = min(option.expires_at or 0.0 for option in chain)
    return min(
        (option for option in chain if option.expires_at == first),
        key=lambda option: abs((option.strike or 0.0) - spot),
    )


def fix_price(account: PaperAccount, conid: int, option: Instrument, in_the_money: float) -> float:
    """Fix the underlying's price so that the option is that far in the money, and return the price."""
    sign = 1 if option.right == "C" else -1
    spot = (option.strike or 0.0) + sign * in_the_money
    account.prices.override_price(conid, spot)
    return spot


def wait_past(account: PaperAccount, instrument: Instrument) -> None:
    account.clock.advance((instrument.expires_at or 0.0) + HOUR - account.clock.now())
    process_events(account, account.clock.now())


def traded_cash(account: PaperAccount) -> float:
    """Cash without the interest and fees of the months that have passed."""
    monthly = sum(row.amount for row in account.cash_transactions if row.conid is None)
    return round(account.cash["USD"] - monthly, 2)


def quantity(account: PaperAccount, conid: int) -> float:
    return account.positions[conid].quantity if conid in account.positions else 0.0


@pytest.mark.parametrize(
    ("right", "held", "shares"), [("C", 2, 200), ("P", 2, -200), ("C", -2, -200), ("P", -2, 200)]
)
def test_stock_options_in_the_money_deliver_shares_at_the_strike(
    account: PaperAccount, right: str, held: int, shares: int
) -> None:
    option = option_of(account, AAPL, right)
    fix_price(account, AAPL, option, 7.0)
    trade(account, option.conid, held, 5.0)
    cash, premium = traded_cash(account), account.positions[option.conid].cost
    wait_past(account, option)
    assert (quantity(account, option.conid), quantity(account, AAPL)) == (0, shares)
    assert traded_cash(account) == pytest.approx(cash - shares * (option.strike or 0.0))
    assert account.positions[AAPL].cost == pytest.approx(shares * (option.strike or 0.0) + premium)
    gone, delivered = account.executions[-2:]
    kind = ExecutionKind.EXERCISE if held > 0 else ExecutionKind.ASSIGNMENT
    assert (gone.kind, delivered.kind) == (kind, kind)
    assert (gone.realised, gone.price, gone.commission) == (0.0, 0.0, 0.0)
    assert (delivered.realised, delivered.price, delivered.commission) == (0.0, option.strike, 0.0)


def test_an_assigned_call_sells_the_shares_that_cover_it_and_realises_the_profit_with_the_premium(
    account: PaperAccount,
) -> None:
    option = option_of(account, AAPL, "C")
    strike = option.strike or 0.0
    trade(account, AAPL, 100, strike - 20.0)
    trade(account, option.conid, -1, 6.0)
    fix_price(account, AAPL, option, 3.0)
    wait_past(account, option)
    assert quantity(account, AAPL) == 0
    assert account.executions[-1].realised == pytest.approx(100 * 20.0 - 1.0 + 600.0 - 1.0)


@pytest.mark.parametrize("held", [3, -3])
@pytest.mark.parametrize("in_the_money", [-12.0, 0.0, 0.009])
def test_options_less_than_a_cent_in_the_money_disappear(
    account: PaperAccount, held: int, in_the_money: float
) -> None:
    option = option_of(account, AAPL, "P")
    fix_price(account, AAPL, option, in_the_money)
    trade(account, option.conid, held, 2.0)
    cash, cost = traded_cash(account), account.positions[option.conid].cost
    wait_past(account, option)
    last = account.executions[-1]
    assert (quantity(account, option.conid), quantity(account, AAPL)) == (0, 0)
    assert traded_cash(account) == cash
    assert (last.kind, last.realised) == (ExecutionKind.EXPIRATION, -cost)


@pytest.mark.parametrize("held", [1, -1])
def test_index_options_are_settled_in_cash(account: PaperAccount, held: int) -> None:
    option = option_of(account, SPX, "C")
    fix_price(account, SPX, option, 31.5)
    trade(account, option.conid, held, 20.0)
    cash = traded_cash(account)
    wait_past(account, option)
    assert quantity(account, option.conid) == 0
    assert SPX not in account.positions
    assert traded_cash(account) == pytest.approx(cash + held * 3150.0)
    assert account.executions[-1].realised == pytest.approx(held * (3150.0 - 2000.0) - 1.0)


def test_options_keep_their_value_until_they_are_exercised(account: PaperAccount) -> None:
    option = option_of(account, AAPL, "C")
    fix_price(account, AAPL, option, 9.0)
    trade(account, option.conid, 1, 8.0)
    account.clock.advance((option.expires_at or 0.0) + 60 - account.clock.now())
    process_events(account, account.clock.now())
    before = account.valuation().net_liquidation
    assert quantity(account, option.conid) == 1
    account.clock.advance(HOUR)
    process_events(account, account.clock.now())
    assert quantity(account, option.conid) == 0
    assert account.valuation().net_liquidation == pytest.approx(before)
    assert account.valuation().open_position(AAPL) is not None


def test_cash_settled_futures_end_at_the_price_of_their_index(account: PaperAccount) -> None:
    future = account.universe.futures_of(ES)[0]
    trade(account, future.conid, 2, 6700.0)
    cash = traded_cash(account)
    wait_past(account, future)
    index = account.instrument(future.price_source_conid or 0)
    final = account.prices.price_at(index, future.expires_at or 0.0)
    assert quantity(account, future.conid) == 0
    assert account.executions[-1].kind is ExecutionKind.FINAL_SETTLEMENT
    assert account.executions[-1].price == pytest.approx(final)
    assert traded_cash(account) == pytest.approx(cash + 2 * 50 * (final - 6700.0))
    assert account.executions[-1].realised == pytest.approx(2 * 50 * (final - 6700.0) - 4.5)


def test_physically_delivered_futures_are_closed_before_their_last_day(account: PaperAccount) -> None:
    future = account.universe.futures_of(CL)[0]
    trade(account, future.conid, -1, 61.0)
    wait_past(account, future)
    closing = account.executions[-1]
    assert quantity(account, future.conid) == 0
    assert closing.kind is ExecutionKind.CLOSE_OUT
    assert closing.commission == 2.25
    assert 0 < (future.expires_at or 0.0) - closing.at < 6 * DAY
    assert closing.price == account.prices.price_at(future, closing.at)


def test_event_contracts_pay_a_dollar_to_one_side_only(account: PaperAccount) -> None:
    now = account.clock.now()
    contracts = [each for each in account.universe.all() if each.sec_type == "EC"]
    first = min(each.expires_at or 0.0 for each in contracts if (each.expires_at or 0.0) > now)
    pairs: dict[tuple[int | None, float | None], list[Instrument]] = {}
    for contract in (each for each in contracts if each.expires_at == first):
        pairs.setdefault((contract.underlying_conid, contract.strike), []).append(contract)
    assert pairs
    for yes, no in pairs.values():
        assert settlement_price(account, yes) + settlement_price(account, no) == 1.0
    yes, no = next(iter(pairs.values()))
    account.prices.override_price(yes.conid, 0.5)
    assert (settlement_price(account, yes), settlement_price(account, no)) == (1.0, 0.0)
    trade(account, yes.conid, 10, 0.4)
    cash = traded_cash(account)
    wait_past(account, yes)
    assert traded_cash(account) == pytest.approx(cash + 10.0)


def test_bonds_are_repaid_at_par(account: PaperAccount) -> None:
    bond = next(each for each in account.universe.all() if each.sec_type == "BOND")
    trade(account, bond.conid, 5, 92.0)
    cash = traded_cash(account)
    wait_past(account, bond)
    assert traded_cash(account) == pytest.approx(cash + 5 * 100 * bond.multiplier)


def future_option(account: PaperAccount, *, delivers: bool) -> Instrument:
    """A call on a future that outlives the call, or on one that expires with it."""
    root = account.universe.futures_of(ES)[0].root_conid or 0
    for option in account.universe.options_of(root, "FOP", right="C"):
        future = account.instrument(option.underlying_conid or 0)
        if ((future.expires_at or 0.0) > (option.expires_at or 0.0)) is delivers:
            return option
    raise AssertionError("no such option is listed")


@pytest.mark.parametrize("held", [2, -2])
def test_options_on_futures_deliver_the_future_at_the_strike(account: PaperAccount, held: int) -> None:
    option = future_option(account, delivers=True)
    future = account.instrument(option.underlying_conid or 0)
    spot = (option.strike or 0.0) + 12.0
    account.prices.override_price(future.conid, spot)
    trade(account, option.conid, held, 9.0)
    cash = traded_cash(account)
    account.clock.advance((option.expires_at or 0.0) + 1200 - account.clock.now())
    process_events(account, account.clock.now())
    position = account.positions[future.conid]
    assert (quantity(account, option.conid), position.quantity) == (0, held)
    # The premium is realised with the option, because the future is settled against the strike.
    assert account.executions[-2].realised == pytest.approx(-held * 9.0 * 50 - 1.3)
    unsettled = spot * held * 50 - position.settled
    settled = sum(row.amount for row in account.cash_transactions if row.conid == future.conid)
    assert unsettled + settled == pytest.approx(held * 12.0 * 50)
    assert traded_cash(account) - settled == pytest.approx(cash)


def test_an_option_that_expires_with_its_future_is_settled_in_cash(account: PaperAccount) -> None:
    option = future_option(account, delivers=False)
    trade(account, option.conid, 1, 9.0)
    account.prices.override_price(option.underlying_conid or 0, (option.strike or 0.0) + 12.0)
    cash = traded_cash(account)
    wait_past(account, option)
    assert quantity(account, option.underlying_conid or 0) == 0
    assert traded_cash(account) == pytest.approx(cash + 12.0 * 50)


def test_options_expire_even_if_the_clock_jumps_by_twelve_years() -> None:
    clock = Clock(start=MONDAY, frozen=True)
    universe = build_universe(clock.now)
    account = PaperAccount(ACCOUNT, universe, Prices(universe, clock, 1), clock)
    option = universe.options_of(AAPL)[0]
    account.book_execution(option, 1, 10.0, at=clock.now(), exchange="CBOE")
    clock.advance(12 * 365 * DAY)
    assert universe.by_conid(option.conid) is None  # too long ago
    process_events(account, clock.now())
    assert quantity(account, option.conid) == 0
