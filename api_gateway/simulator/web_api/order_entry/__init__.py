"""Order entry: from a ticket to an accepted order, a question or a rejection."""
