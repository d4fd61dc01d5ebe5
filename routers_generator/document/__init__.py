"""IBKR's OpenAPI document: loading, resolving references, listing operations."""
