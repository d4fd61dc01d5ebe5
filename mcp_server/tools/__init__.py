"""What an MCP tool is made of here: arguments, schemas, results, truncation."""
