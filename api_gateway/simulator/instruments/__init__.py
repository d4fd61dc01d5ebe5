"""The instruments there are: listings, names, rules, option pricing."""
