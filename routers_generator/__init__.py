"""IBKR's OpenAPI document in; a repaired one, FastAPI routers, or a comparison with ours out."""
