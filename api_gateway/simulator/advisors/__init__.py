"""What an advisor's login has besides: allocation groups, model portfolios, transfers between them."""
