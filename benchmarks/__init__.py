"""What the server costs, against named baselines."""
