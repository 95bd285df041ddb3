"""Many random graphs: eager against compiled against JAX against PyTorch, with poles and ties in them.

    python -m tests.compiler.campaign --graphs 100000 --jax 0.002 --seed 0

Prints a line for each disagreement, with the seed that makes it again, and the counts at the end; exits 1
if there was one. PyTorch is asked where it gives a finite number: on a path not taken it may give nan.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from typing import Any

import numpy as np

from autograd import Value
from tests.compiler.agreement import Eager, assert_close, assert_runs_as_eager, compiled, run_eagerly
from tests.compiler.campaigning import agrees_with_torch, campaign
from tests.compiler.graphs import EXACT, POLES, SMOOTH, Recipe
from tests.compiler.test_random_graphs import STEEPEST, any_numbers, loss_of, whole_numbers


def recipe_of(draw: random.Random, names: list[str]) -> Recipe:
    """Deep or wide, of up to 40 operations."""
    reach = draw.choice([3, 1000])
    count = draw.randint(1, 20 if reach == 3 else 40)
    return [
        (draw.choice(names), (draw.randint(0, reach), draw.randint(0, reach), draw.randint(0, reach)))
        for _ in range(count)
    ]


def check(seed: int, with_jax: bool) -> str:
    """One graph, drawn by its seed; what it was, or an AssertionError."""
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    exact = seed % 2 == 0
    numbers = whole_numbers if exact else any_numbers
    recipe = recipe_of(draw, sorted(EXACT | POLES) if exact else sorted(SMOOTH))
    inputs, parameters = draw.randint(0, 4), [Value(number) for number in numbers(rng, draw.randint(1, 6))]
    X = numbers(rng, draw.choice([0, 1, 2, 7, 33]), inputs)
    loss = loss_of(recipe, parameters)
    eager = run_eagerly(loss, X, parameters)
    if not (eager.scales < STEEPEST).all():
        return "too steep"
    program = compiled(loss, numbers(rng, inputs), parameters)
    if seed % 4 < 3 and program.fused is not None:
        program._gates = 1 << 40  # arrays, however few examples; else gate by gate where that is faster
    assert_runs_as_eager(program, eager, X)
    if with_jax and len(X):
        on_jax(program, eager, X)
    if not len(X):
        return "no PyTorch"
    root = loss([Value(number) for number in X[0].tolist()])
    agrees = agrees_with_torch(root, parameters, eager.gradients[0], eager.scales[0])
    return "compared with PyTorch" if agrees else "no PyTorch"


def on_jax(program: Any, eager: Eager, X: Any) -> None:
    import jax

    with jax.enable_x64(True):
        loss, gradient = program.to("jax").loss_and_grad(program.parameters, X)
    scale = eager.scales.max()
    with np.errstate(all="ignore"):
        assert_close(np.asarray(loss), eager.losses.mean(), scale)
        assert_close(np.asarray(gradient), eager.gradients.mean(axis=0), scale)


def main() -> bool:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--graphs", type=int, default=1000)
    options.add_argument("--jax", type=float, default=0.01, help="the share that runs on JAX too")
    options.add_argument("--seed", type=int, default=0, help="of the first graph")
    given = options.parse_args()
    draw = random.Random(given.seed)

    def check_one(seed: int) -> Counter[str]:
        with_jax = draw.random() < given.jax
        return Counter({check(seed, with_jax): 1, "on JAX too": int(with_jax)})

    return campaign(check_one, range(given.seed, given.seed + given.graphs))


if __name__ == "__main__":
    sys.exit(main())
