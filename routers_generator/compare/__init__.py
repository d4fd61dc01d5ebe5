"""Comparison of IBKR's document with the hand-written routes."""
