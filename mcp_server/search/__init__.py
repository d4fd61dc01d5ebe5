"""Full-text search over the operations: documents, tokens, index, lexicon and the three tools."""
