"""The scope of facts."""

from mcp_server.facts.scope import login_scope


def test_a_scope_is_the_same_for_the_same_accounts_in_any_order_and_names_none() -> None:
    scope = login_scope("https://localhost:5055", ["U1111111", "U2222222"])
    assert scope == login_scope("https://localhost:5055", ["U2222222", "U1111111", "U1111111"])
    assert "1111111" not in scope


def test_another_set_of_accounts_or_another_gateway_is_another_scope() -> None:
    places = [
        ("https://localhost:5055", ["U1111111"]),
        ("https://localhost:5056", ["U1111111"]),
        ("https://localhost:5055", ["U1111111", "U2222222"]),
    ]
    assert len({login_scope(url, accounts) for url, accounts in places}) == len(places)
