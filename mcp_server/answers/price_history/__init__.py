"""The answer get_price_history: returns, extremes and bars of past prices."""
