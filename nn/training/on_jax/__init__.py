"""Training on JAX: the back end, and the processes that share a run."""
