"""Compiled graphs beside other people's engines: ``python -m benchmarks.against``."""
