"""Where IBKR's document and the hand-written routes differ."""
