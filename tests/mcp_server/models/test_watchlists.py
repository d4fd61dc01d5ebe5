from __future__ import annotations

from typing import Any

import pytest

from mcp_server.models.watchlists import Watchlist
from tests.mcp_server.rejections import rejected

LIST: dict[str, Any] = {"watchlist_id": "1234", "name": "Banks", "rows": [{"conid": 8314}]}


def test_a_row_is_a_contract_or_a_blank_line() -> None:
    watchlist = Watchlist.model_validate(LIST | {"rows": [{"conid": 8314}, {"heading": ""}]})
    assert watchlist.sent() == {"id": "1234", "name": "Banks", "rows": [{"C": 8314}, {"H": ""}]}


@pytest.mark.parametrize(
    ("watchlist", "named"),
    [
        (LIST | {"rows": []}, {"rows", "delete_watchlist"}),
        (LIST | {"rows": [{"conid": 8314}] * 501}, {"rows", "delete_watchlist"}),
        (LIST | {"rows": [{}]}, {"rows.0", "conid", "heading"}),
        (LIST | {"rows": [{"conid": 8314, "heading": ""}]}, {"rows.0", "conid", "heading"}),
        (LIST | {"rows": [{"heading": "Banks"}]}, {"rows.0", "heading"}),
        (LIST | {"watchlist_id": "Banks"}, {"watchlist_id"}),
    ],
)
def test_rows_that_ibkr_would_not_store_are_rejected(watchlist: dict[str, Any], named: set[str]) -> None:
    assert rejected(Watchlist, watchlist) == named
