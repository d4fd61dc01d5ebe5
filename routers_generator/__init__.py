"""Turns IBKR's OpenAPI document into FastAPI routers."""
