"""The answer get_performance: what accounts earned in a period, and how benchmarks did in the same days."""
