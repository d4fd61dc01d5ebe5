"""Generation of FastAPI routers from an OpenAPI document."""
