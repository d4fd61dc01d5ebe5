"""Seeded prices: price paths, quotes, bars, volumes, order book and exchange rates."""
