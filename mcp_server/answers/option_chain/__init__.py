"""The answer `get_option_chain`."""
