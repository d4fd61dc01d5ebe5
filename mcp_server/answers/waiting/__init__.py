"""Waiting for a price, an order or a market."""
