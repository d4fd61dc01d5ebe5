"""Repair of invalid OpenAPI documents; every repair is reported."""
