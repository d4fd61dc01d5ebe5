"""FastAPI routers written from a document."""
