"""Real models that answer the questions: Anthropic's and any OpenAI-compatible endpoint."""
