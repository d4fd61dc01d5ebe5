"""Benchmarks: the server's latency, throughput, memory and startup time, compared with baselines."""
