"""The bearer token."""

from __future__ import annotations

import pytest

from mcp_server.http.bearer_auth import BearerTokenVerifier


async def test_the_token_lets_in_and_is_not_kept_with_the_session() -> None:
    let_in = await BearerTokenVerifier("s3cret").verify_token("s3cret")
    assert let_in is not None
    assert "s3cret" not in repr(let_in)


@pytest.mark.parametrize("offered", ["", "s3cre", "s3crett", "S3CRET", "s3cr\xe9t", "s3cret\udc80"])
async def test_another_one_does_not(offered: str) -> None:
    assert await BearerTokenVerifier("s3cret").verify_token(offered) is None
