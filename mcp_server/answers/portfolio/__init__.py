"""get_portfolio: account values, positions, allocation, currencies, and Greeks of the options held."""
