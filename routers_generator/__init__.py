"""The place of the generator of FastAPI routers out of IBKR's OpenAPI document; nothing is here yet."""
