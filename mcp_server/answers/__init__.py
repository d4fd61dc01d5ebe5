"""Answers: tools that answer a person's question in one call, computed from several operations."""
