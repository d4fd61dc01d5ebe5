"""MCP tools: argument validation, schemas, results, truncation and resources."""
