"""Random graphs: a recipe says which operation takes which nodes, whatever numbers flow through them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from autograd import Gate, Value, gate, gates

# -- custom gates --------------------------------------------------------------------------------

cube = gate(
    "cube",
    forward=lambda m, x: x * x * x,
    backward=lambda m, upstream, out, x: (upstream * 3 * x * x,),
)

#: Python's math takes no arrays, and neither rule runs on symbols.
arctan = gate(
    "arctan",
    forward=lambda m, x: math.atan(x),
    backward=lambda m, upstream, out, x: (upstream / (1 + math.fabs(x) ** 2),),
)


def _bend(m: Any, x: Any, slope: Any) -> Any:
    return x if x > 0 else slope * x


def _bend_backward(m: Any, upstream: Any, out: Any, x: Any, slope: Any) -> tuple[Any, Any]:
    if x > 0:
        return upstream, 0.0
    return upstream * slope, upstream * x


bend = gate("bend", forward=_bend, backward=_bend_backward)  # an ``if`` in a rule, decided per example

#: Of any number of operands. A rule that counts them means something else on a stack of them.
mean = gate(
    "mean",
    forward=lambda m, *terms: m.sum(terms) / len(terms),
    backward=lambda m, upstream, out, *terms: (upstream / len(terms),) * len(terms),
)
norm = gate(
    "norm",
    forward=lambda m, *terms: m.sqrt(m.sum([term * term for term in terms]) + 1),
    backward=lambda m, upstream, out, *terms: tuple([upstream * term / out for term in terms]),
)
OWN = (cube, arctan, bend, mean, norm)

# -- operations: what one makes of three nodes, and the most it can give where none exceeds b ----

Operation = tuple[Callable[[Value, Value, Value], Value], Callable[[float], float]]


def _same(b: float) -> float:
    return b


EXACT: dict[str, Operation] = {  # whole numbers stay whole numbers, so kinks and ties are met exactly
    "add": (lambda x, y, z: x + y, lambda b: 2 * b),
    "sub": (lambda x, y, z: x - y, lambda b: 2 * b),
    "neg": (lambda x, y, z: -x, _same),
    "mul": (lambda x, y, z: x * y, lambda b: b * b),
    "sum": (lambda x, y, z: gates.summation(x, y, x, z), lambda b: 4 * b),
    "sum of one": (lambda x, y, z: gates.summation(x), _same),
    "dot": (lambda x, y, z: gates.summation(x * y, y * z, x), lambda b: 2 * b * b + b),
    "relu": (lambda x, y, z: gates.relu(x), _same),
    "abs": (lambda x, y, z: abs(x), _same),
    "step": (lambda x, y, z: gates.step(x), lambda b: 1),
    "max": (lambda x, y, z: gates.maximum(x, y), _same),
    "min": (lambda x, y, z: gates.minimum(x, y), _same),
    "where": (lambda x, y, z: gates.where(x, y, z), _same),
    "choose": (lambda x, y, z: gates.choose(gates.step(x) + gates.step(y), x, y, z), _same),
    "max of three": (lambda x, y, z: gates.maximum(x, y, z), _same),
    "min of three": (lambda x, y, z: gates.minimum(x, y, z), _same),
    "floor": (lambda x, y, z: gates.floor(x) + y, lambda b: 2 * b + 1),
    "round": (lambda x, y, z: gates.rint(x) * y, lambda b: b * b + b),
    "detach": (lambda x, y, z: gates.detach(x) * y, lambda b: b * b),
    "leaky_relu": (lambda x, y, z: gates.leaky_relu(x, y), lambda b: b * b),
    "square": (lambda x, y, z: x**2, lambda b: b * b),
    "cube": (lambda x, y, z: cube(x), lambda b: b**3),
    "bend": (lambda x, y, z: bend(x, y), lambda b: b * b),
    "times a number": (lambda x, y, z: 2 * x - 1, lambda b: 2 * b + 1),
    "from a number": (lambda x, y, z: 3 - x, lambda b: b + 3),
}


def _no(x: Value) -> Value:
    """A condition that never holds, and that nobody can know beforehand."""
    never: Value = gates.step(x) * 0.0
    return never


#: A pole, a nan or an overflow on a path not taken; what is taken stays exact.
POLES: dict[str, Operation] = {
    "sqrt, off 0": (lambda x, y, z: gates.where(x, gates.sqrt(x * x), y), _same),
    "no sqrt": (lambda x, y, z: gates.where(_no(z), gates.sqrt(x * y), x), _same),
    "no log": (lambda x, y, z: gates.where(_no(x), gates.log(y), z), _same),
    "no quotient": (lambda x, y, z: gates.where(_no(z), x / y, y), _same),
    "no power": (lambda x, y, z: gates.where(_no(x), y**-1.0, gates.where(_no(y), x**z, x)), _same),
    "no option": (lambda x, y, z: gates.choose(_no(x) + 1, gates.log(y), z, x / y), _same),
    "no overflow": (lambda x, y, z: gates.where(_no(x), gates.exp(1000 * y) * z, x), _same),
    "max over a pole": (lambda x, y, z: gates.maximum(x, -1 / abs(y) - 9), _same),
    "min under a pole": (lambda x, y, z: gates.minimum(x, 1 / (y * z) ** 2 + 9), _same),
    "relu under a pole": (lambda x, y, z: gates.relu(gates.log(abs(y)) - 9) + x, _same),
    "step at a pole": (lambda x, y, z: gates.step(1 / abs(x)) * y, _same),
    "slope of a pole": (lambda x, y, z: gates.leaky_relu(abs(x) + 1, gates.sqrt(y)) + z, lambda b: 2 * b + 1),
}

SMOOTH: dict[str, Operation] = {
    **EXACT,
    "div": (lambda x, y, z: x / (abs(y) + 0.5), lambda b: 2 * b),
    "pow": (lambda x, y, z: (abs(x) + 0.5) ** gates.tanh(y), lambda b: b + 2),
    "exp": (lambda x, y, z: gates.exp(gates.sin(x)), lambda b: 3),
    "log": (lambda x, y, z: gates.log(abs(x) + 0.5), _same),
    "sqrt": (lambda x, y, z: gates.sqrt(abs(x) + 0.5), lambda b: b + 1),
    "expm1": (lambda x, y, z: gates.expm1(gates.sin(x)), lambda b: 2),
    "log1p": (lambda x, y, z: gates.log1p(abs(x)), _same),
    "length": (lambda x, y, z: gates.norm(x, y, z), lambda b: 2 * b),
    "arctan2": (lambda x, y, z: gates.arctan2(x, abs(y) + 0.5), lambda b: 2),
    "sin": (lambda x, y, z: gates.sin(x), lambda b: 1),
    "cos": (lambda x, y, z: gates.cos(x), lambda b: 1),
    "tanh": (lambda x, y, z: gates.tanh(x), lambda b: 1),
    "sigmoid": (lambda x, y, z: gates.sigmoid(x), lambda b: 1),
    "softplus": (lambda x, y, z: gates.softplus(x), lambda b: b + 1),
    "logsumexp": (lambda x, y, z: gates.logsumexp(x, y, z), lambda b: b + 2),
    "arctan": (lambda x, y, z: arctan(x), lambda b: 2),
    "mean": (lambda x, y, z: mean(x, y, y, z), _same),
    "norm": (lambda x, y, z: norm(x, y, z), lambda b: 2 * b + 1),
}

OPERATIONS = SMOOTH | POLES

#: (operation, how far back its operands lie), over and over.
Recipe = list[tuple[str, tuple[int, int, int]]]


def recipes(operations: dict[str, Operation], *, reach: int, most: int) -> st.SearchStrategy[Recipe]:
    """Operands at most ``reach`` nodes back: 3 gives deep graphs, 1000 wide ones."""
    back = st.integers(0, reach)
    return st.lists(
        st.tuples(st.sampled_from(sorted(operations)), st.tuples(back, back, back)), max_size=most
    )


MOST = 4.0  # what inputs, parameters and nodes may reach


def build(recipe: Recipe, leaves: Sequence[Value]) -> list[Value]:
    """The leaves, and a node for each operation; in bounds by minimum and maximum, or by tanh."""
    nodes, bounds = list(leaves), [MOST] * len(leaves)
    for name, places in recipe:
        operation, most = OPERATIONS[name]
        taken = [len(nodes) - 1 - place % len(nodes) for place in places]
        node = operation(*[nodes[place] for place in taken])
        bound = most(max(1.0, *[bounds[place] for place in taken]))
        if bound > MOST:
            clipped = name in EXACT or name in POLES
            node = gates.minimum(gates.maximum(node, -MOST), MOST) if clipped else gates.tanh(node)
            bound = MOST if clipped else 1.0
        nodes.append(node)
        bounds.append(bound)
    return nodes


def gates_of(recipes: dict[str, Operation]) -> set[Gate]:
    """Every gate that the operations use."""
    found: set[Gate] = set()
    for operation, _ in recipes.values():
        below = [operation(Value(1.0), Value(2.0), Value(3.0))]
        while below:
            node = below.pop()
            found |= {node.gate} if node.gate else set()
            below += [each for each in node.inputs if each is not None]
    return found
