"""Advisor features: allocation groups, model portfolios, and transfers to and from models."""
