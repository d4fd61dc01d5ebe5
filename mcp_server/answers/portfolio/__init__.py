"""get_portfolio: worth, cash, margin, positions, allocation, currencies, and Greeks of the options held."""
