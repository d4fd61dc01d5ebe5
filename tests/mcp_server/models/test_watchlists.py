from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.models.watchlists import Watchlist

LIST: dict[str, Any] = {"watchlist_id": "1234", "name": "Banks", "rows": [{"conid": 8314}]}


def test_a_row_is_a_contract_or_a_blank_line() -> None:
    wanted = Watchlist.model_validate(LIST | {"rows": [{"conid": 8314}, {"heading": ""}]})
    assert wanted.sent() == {"id": "1234", "name": "Banks", "rows": [{"C": 8314}, {"H": ""}]}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (LIST | {"rows": []}, "1 to 500 `rows`"),
        (LIST | {"rows": [{"conid": 8314}] * 501}, "1 to 500 `rows`"),
        (LIST | {"rows": [{}]}, "either `conid` or `heading`"),
        (LIST | {"rows": [{"conid": 8314, "heading": ""}]}, "either `conid` or `heading`"),
        (LIST | {"rows": [{"heading": "Banks"}]}, "a blank line"),
        (LIST | {"watchlist_id": "Banks"}, "digits only"),
    ],
)
def test_rows_that_ibkr_would_not_keep_are_refused(wanted: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Watchlist.model_validate(wanted)
