"""Ways to see a graph. Nothing in the engine knows of them."""
