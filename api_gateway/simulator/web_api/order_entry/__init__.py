"""From an order ticket to an order, or to a question or refusal."""
