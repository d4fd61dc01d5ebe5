"""Contract search, details and derivatives."""
