from __future__ import annotations

from api_gateway.simulator.instruments.order_rules import supported_order_types
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    find_future,
    find_option,
    make_paper_account,
)


def test_every_order_type_in_contract_rules_exists() -> None:
    account = make_paper_account()
    known = {kind.rule for kind in ORDER_TYPES.values()}
    for conid in (AAPL, EUR_USD, find_option(account).conid, find_future(account).conid):
        assert set(supported_order_types(account.instrument(conid))) <= known
    assert set(supported_order_types(account.instrument(AAPL))) == known


def test_names_of_order_types_are_unique() -> None:
    for name in ("rule", "title", "capitals"):
        assert len({getattr(kind, name) for kind in ORDER_TYPES.values()}) == len(ORDER_TYPES)


def test_price_field_is_the_limit_unless_the_type_has_none() -> None:
    fields = {code: (kind.limit_field, kind.trigger_field) for code, kind in ORDER_TYPES.items()}
    assert fields["LMT"] == ("price", None)
    assert fields["STP"] == (None, "price")
    assert fields["STOP_LIMIT"] == fields["TRAILLMT"] == ("price", "auxPrice")
    assert fields["MKT"] == (None, None)
