"""Reference files generated from the routes: ENDPOINTS.md and the routers generator's known requests."""
