"""Portfolio Analyst's data. IBKR allows one request per path in 15 minutes, so wide responses are stored."""
