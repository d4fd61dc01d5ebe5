"""Account events that need no order: settlements, expiries and other scheduled bookings."""
