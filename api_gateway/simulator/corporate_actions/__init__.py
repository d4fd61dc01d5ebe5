"""Corporate actions: dividends and splits, and what they do to prices."""
