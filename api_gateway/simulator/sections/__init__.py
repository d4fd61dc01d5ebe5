"""The simulator's answers, one module per section of IBKR's reference."""
