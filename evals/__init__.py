"""Questions that people ask, with the facts of a right answer, and what the answers cost."""
