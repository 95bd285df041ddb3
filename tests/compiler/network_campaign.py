"""Many random networks: eager against compiled against PyTorch.

    python -m tests.compiler.network_campaign --networks 20000 --seed 0

Prints a line for each disagreement, with the seed that makes it again, and the counts at the end; exits 1
if there was one. PyTorch is asked where it has every gate and gives a finite number.
"""

from __future__ import annotations

import argparse
import copy
import pickle
import random
import sys
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from autograd import Value, compile, topological_order
from tests.compiler.agreement import assert_close
from tests.compiler.campaigning import agrees_with_torch, campaign
from tests.compiler.drawn_networks import Drawn, Network
from tests.compiler.test_random_graphs import STEEPEST

SPECIAL = [0.0, -0.0, 1.0, 1e-310, 1e4, -1e3, np.inf, -np.inf, np.nan]
WHOLE = [0.0, -0.0, 1.0, np.inf, -np.inf, np.nan]
WRONG_INDICES = [-1.0, 99.0, 0.5, np.nan, np.inf]


class Eager(NamedTuple):
    """(examples, outputs); of the first output (examples, parameters); (examples,)."""

    outputs: Any
    gradients: Any
    scales: Any


def batch_of(network: Network, rng: np.random.Generator, exact: bool, special: bool, count: int) -> Any:
    """By name, numbers (examples, *shape)."""
    batch = {}
    for name, x in network.inputs.items():
        shape = (count, *np.shape(x))
        if name in network.counts:
            numbers = rng.integers(0, network.counts[name], shape).astype(float)
            wrong = rng.random(shape) < (0.1 if special else 0)
            numbers[wrong] = rng.choice(WRONG_INDICES, int(wrong.sum()))
        else:
            numbers = rng.integers(-2, 3, shape).astype(float) if exact else rng.normal(size=shape)
            if special:
                odd = rng.random(shape) < 0.15
                numbers[odd] = rng.choice(WHOLE if exact else SPECIAL, int(odd.sum()))
        batch[name] = numbers
    return batch


def values_of(network: Network, batch: Any, example: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, x in network.inputs.items():
        numbers = batch[name][example]
        if isinstance(x, Value):
            found[name] = Value(float(numbers))
        else:
            found[name] = np.array([Value(each) for each in numbers.ravel().tolist()], dtype=object)
            found[name] = found[name].reshape(numbers.shape).view(type(x))
    return found


def run_eagerly(network: Network, batch: Any, count: int, leaves: list[Value]) -> Eager:
    outputs, gradients, scales = [], np.zeros((count, len(leaves))), np.ones(count)
    for example in range(count):
        for leaf in leaves:
            leaf.grad = 0.0
        found = network.outputs(values_of(network, batch, example))
        found[0].backward()
        outputs.append([each.data for each in found])
        gradients[example] = [leaf.grad for leaf in leaves]
        nodes = topological_order(found[0])
        seen = np.abs([[node.data for node in nodes], [node.grad for node in nodes]])
        scales[example] = seen[np.isfinite(seen)].max(initial=1.0)
    width = len(network.outputs(network.inputs))
    return Eager(np.array(outputs).reshape(count, width), gradients, scales)


def structured(rng: np.random.Generator, arrays: dict[str, Any]) -> tuple[Any, Any]:
    """The arrays as inputs, and what makes the arguments of a call from a batch of them."""
    kind = rng.integers(4)
    if kind == 0:
        flat = [each for x in arrays.values() for each in np.ravel(x)]
        return flat, lambda batch: (
            np.concatenate(
                [
                    np.empty((_count(batch), 0)),
                    *[b.reshape(len(b), int(np.prod(b.shape[1:]))) for b in batch.values()],
                ],
                1,
            ),
        )
    if kind == 1:
        return [arrays], lambda batch: (dict(batch),)
    if kind == 2:
        return arrays, lambda batch: (dict(batch),)
    lists = [x if isinstance(x, Value) else x.tolist() for x in arrays.values()]
    if all(isinstance(x, Value) for x in lists):
        lists = [np.array(x, dtype=object) for x in lists]
    return tuple(lists), lambda batch: tuple(batch.values())


def _count(batch: Any) -> int:
    return len(next(iter(batch.values()))) if batch else 1


def drawn(seed: int) -> tuple[Network, np.random.Generator, bool, bool]:
    rng = np.random.default_rng(seed)
    exact, special = bool(rng.random() < 0.4), bool(rng.random() < 0.15)
    return Drawn(rng, exact, special).network(), rng, exact, special


def check(seed: int) -> Counter[str]:
    """One network, drawn by its seed; what it was, or an AssertionError."""
    network, rng, exact, special = drawn(seed)
    counts: Counter[str] = Counter()
    parameters: Any = network.parameters
    if rng.random() < 0.3:
        parameters = [each for p in parameters for each in np.ravel(p)]
    elif rng.random() < 0.3:
        parameters = {f"p{place}": p for place, p in enumerate(parameters)}
    leaves = [each for p in network.parameters for each in np.ravel(p)]
    if special and rng.random() < 0.3 and leaves:
        rng.choice(np.array(leaves, dtype=object)).data = float(rng.choice(WHOLE))
    inputs, arguments = structured(rng, network.inputs)
    outputs = network.outputs(network.inputs)
    order = topological_order(outputs[0])
    leaves_of_all = {*leaves, *[each for x in network.inputs.values() for each in np.ravel(x)]}
    if not all(leaves_of_all.intersection(topological_order(each)) for each in outputs):
        return Counter({"constant": 1})
    is_single = len(outputs) == 1
    program = compile(outputs[0] if is_single else outputs, inputs=inputs, parameters=parameters)
    counts["scalars"] += len(order)
    if program.fused is None:
        counts["on tape"] += 1
    elif rng.random() < 0.8:
        program._gates = 1 << 40
    if rng.random() < 0.1:
        again = pickle.loads(pickle.dumps(program)) if rng.random() < 0.5 else copy.copy(program)
        program = again
    _check_structure(program, parameters)
    distinct = int(rng.choice([0, 1, 2, 5, 33], p=[0.05, 0.25, 0.4, 0.25, 0.05]))
    count = 5000 if distinct and len(order) < 300 and rng.random() < 0.05 else distinct
    batch = batch_of(network, rng, exact, special, distinct)
    try:
        eager = run_eagerly(network, batch, distinct if network.inputs else 1, leaves)
    except OverflowError:  # Python's math, in a custom gate
        return counts + Counter({"too steep": 1})
    if not (eager.scales < STEEPEST).all() and not special:
        return counts + Counter({"too steep": 1})
    if special and exact is False and not (eager.scales < 1e300).all():
        return counts + Counter({"too steep": 1})
    which = np.arange(count) % max(distinct, 1)
    if not network.inputs:
        which = np.zeros(1, dtype=int)
    whole = {name: numbers[which] for name, numbers in batch.items()}
    _compare(
        program,
        arguments(whole) if network.inputs else (),
        Eager(*[each[which] for each in eager]),
        is_single,
        special,
    )
    counts["special" if special else "exact" if exact else "smooth"] += 1
    if distinct and not special:
        root = network.outputs(values_of(network, batch, 0))[0]
        if not np.isnan(root.data):
            agrees = agrees_with_torch(root, leaves, eager.gradients[0], eager.scales[0])
            counts["compared with PyTorch"] += agrees
    return counts


def _check_structure(program: Any, parameters: Any) -> None:
    numbers = program.unflatten(program.parameters)
    pairs = zip(parameters.values(), numbers.values(), strict=True) if isinstance(parameters, dict) else None
    if pairs is None and not isinstance(numbers, np.ndarray):
        pairs = zip(parameters, numbers, strict=True)
    for given, found in pairs or [(parameters, numbers)]:
        wanted = np.array([each.data for each in np.ravel(np.array(given, dtype=object))]).reshape(
            np.shape(given)
        )
        np.testing.assert_array_equal(found, wanted)


def _compare(program: Any, args: Any, eager: Eager, is_single: bool, special: bool) -> None:
    scales = eager.scales
    scale = scales[:, None]
    with np.errstate(all="ignore"):
        found = program(*args)
        close(found if not is_single else found[:, None], eager.outputs, scale, special)
        if not is_single:
            return
        losses, gradients = program.loss_and_grad(*args, per_example=True)
        close(losses, eager.outputs[:, 0], scales, special)
        close(gradients, eager.gradients, scale, special)
        if len(scales):
            for _ in range(2):
                loss, gradient = program.loss_and_grad(*args)
            most = scales.max()
            close(np.array(loss), eager.outputs.mean(), most, special)
            close(gradient, eager.gradients.mean(axis=0), most, special)


def close(found: Any, wanted: Any, scales: Any, special: bool) -> None:
    if special:  # inf * (a - b) is inf, and inf * a - inf * b nan
        found = np.where(np.isnan(wanted) & np.isinf(found), np.nan, found)
        np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-7 * np.max(scales, initial=1.0))
    else:
        assert_close(found, wanted, scales)


def main() -> bool:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--networks", type=int, default=1000)
    options.add_argument("--seed", type=int, default=0, help="of the first network")
    given = options.parse_args()
    return campaign(check, range(given.seed, given.seed + given.networks))


if __name__ == "__main__":
    random.seed(0)
    sys.exit(main())
