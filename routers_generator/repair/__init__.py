"""A broken OpenAPI document made valid, each repair reported."""
