"""Account events that need no order: settlements, expiries and what else the calendar brings."""
