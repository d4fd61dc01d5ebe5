"""Orders and executions as IBKR lists them, in one vocabulary."""
