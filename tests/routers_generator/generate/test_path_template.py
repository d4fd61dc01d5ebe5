"""Path templates of the gateway client, and the names and kinds of their values."""

from __future__ import annotations

import pytest

from routers_generator.generate.path_template import PathParameter, make_template


@pytest.mark.parametrize(
    ("path", "client_template", "route_path"),
    [
        ("/x/{accountId}/{conid}", "/x/{account}/{conid}", "/x/{account_id}/{conid}"),
        ("/x/{orderID}", "/x/{order}", "/x/{order_id}"),
        ("/x/{something}", "/x/{segment}", "/x/{something}"),
        ("/x/{count}", "/x/{number}", "/x/{count}"),
        ("/x/{id}/{type}", "/x/{segment}/{segment}", "/x/{path_id}/{path_type}"),
        ("/x/{accountId}/{acctId}", "/x/{account}/{account}", "/x/{account_id}/{account_id_2}"),
        ("/x/{pageId}.v1", "/x/{page}.v1", "/x/{page_id}.v1"),
    ],
)
def test_a_path_value_gets_the_kind_of_its_name_or_a_strict_default(
    path: str, client_template: str, route_path: str
) -> None:
    found = make_template(path, frozenset({"count"}), None)
    assert found is not None
    assert (found.client_template, found.route_path) == (client_template, route_path)


def test_a_template_keeps_the_kinds_of_the_hand_written_route() -> None:
    found = make_template("/x/{accountId}/orders", frozenset(), "/x/{allocation}/orders")
    assert found is not None
    assert found.client_template == "/x/{allocation}/orders"
    assert found.parameters == (PathParameter("accountId", "account_id", "allocation", None),)


@pytest.mark.parametrize("path", ["x", "/x y", "/x/:y", "/x//y", "/x/../y", "/x/{a}}", "/é"])
def test_an_unsupported_path_has_no_template(path: str) -> None:
    assert make_template(path, frozenset(), None) is None
