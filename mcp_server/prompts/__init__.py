"""Prompts, which most clients offer as slash commands, and completions of their arguments."""
