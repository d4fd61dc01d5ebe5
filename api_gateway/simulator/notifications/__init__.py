"""Alerts, the inbox of notifications and their settings."""
