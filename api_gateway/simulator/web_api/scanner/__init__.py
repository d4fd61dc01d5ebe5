"""The market scanner."""
