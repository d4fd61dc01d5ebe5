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


def test_everything_that_the_rules_of_a_contract_offer_can_be_ordered() -> None:
    broker = make_paper_account()
    known = {kind.rule for kind in ORDER_TYPES.values()}
    for conid in (AAPL, EUR_USD, find_option(broker).conid, find_future(broker).conid):
        assert set(supported_order_types(broker.instrument(conid))) <= known
    assert set(supported_order_types(broker.instrument(AAPL))) == known


def test_each_type_has_names_of_its_own() -> None:
    for name in ("rule", "title", "capitals"):
        assert len({getattr(kind, name) for kind in ORDER_TYPES.values()}) == len(ORDER_TYPES)


def test_the_price_field_is_the_limit_unless_the_type_has_none() -> None:
    fields = {code: (kind.limit_field, kind.trigger_field) for code, kind in ORDER_TYPES.items()}
    assert fields["LMT"] == ("price", None)
    assert fields["STP"] == (None, "price")
    assert fields["STOP_LIMIT"] == fields["TRAILLMT"] == ("price", "auxPrice")
    assert fields["MKT"] == (None, None)
