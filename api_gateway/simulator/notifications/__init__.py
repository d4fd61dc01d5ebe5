"""Alerts, the notification inbox and notification settings."""
