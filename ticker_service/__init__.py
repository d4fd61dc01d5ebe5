"""The ticker: keeps the brokerage session open."""
