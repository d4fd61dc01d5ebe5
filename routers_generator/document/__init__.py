"""IBKR's OpenAPI document: loaded, its references followed, its operations listed."""
