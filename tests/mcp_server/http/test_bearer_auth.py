"""Bearer token authentication."""

from __future__ import annotations

import pytest

from mcp_server.http.bearer_auth import BearerTokenVerifier


async def test_the_right_token_is_accepted_and_not_stored_with_the_session() -> None:
    accepted = await BearerTokenVerifier("s3cret").verify_token("s3cret")
    assert accepted is not None
    assert "s3cret" not in repr(accepted)


@pytest.mark.parametrize("offered", ["", "s3cre", "s3crett", "S3CRET", "s3cr\xe9t", "s3cret\udc80"])
async def test_any_other_token_is_rejected(offered: str) -> None:
    assert await BearerTokenVerifier("s3cret").verify_token(offered) is None
