"""Models of request bodies, and of arguments that are validated together."""
