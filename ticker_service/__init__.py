"""Keeps the brokerage session open."""
