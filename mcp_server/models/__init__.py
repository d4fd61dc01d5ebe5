"""Request bodies, and arguments that only make sense together."""
