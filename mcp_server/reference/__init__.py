"""Reference text made from the routes: ENDPOINTS.md and the routers generator's known requests."""
