"""Repairs IBKR's OpenAPI document, generates FastAPI routers from it, and compares it with the routes."""
