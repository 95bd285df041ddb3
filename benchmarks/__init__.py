"""Measurements beside peers: each is one command, such as ``python -m benchmarks.eager``."""
