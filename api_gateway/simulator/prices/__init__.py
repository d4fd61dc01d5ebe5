"""Seeded prices: paths, volumes, the order book, exchange rates."""
