"""The ticker's client: its status, holds around orders, take-overs."""
