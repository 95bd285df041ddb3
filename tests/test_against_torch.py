"""Random graphs and extreme operands, against PyTorch in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations, product
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd import GATES, Gate, Value

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


prelu = torch.nn.functional.prelu  # leaky_relu with a slope that can be learned


def zero(like: Any) -> Any:
    return torch.zeros_like(like)


def largest(*terms: Any) -> Any:
    """Of two with maximum, whose gradient at nan is ours; amax gives equal shares at any tie."""
    return torch.maximum(*terms) if len(terms) == 2 else torch.amax(torch.stack(terms), 0)


def scaled(*terms: Any) -> tuple[Any, Any]:
    """The terms over the largest, and that: PyTorch's squares of the terms would leave the floats."""
    stack = torch.stack(torch.broadcast_tensors(*terms))
    scale = stack.detach().abs().amax(0)
    scale = torch.where((scale > 0) & scale.isfinite(), scale, 1.0)
    return stack / scale, scale


def norm(*terms: Any) -> Any:
    stack, scale = scaled(*terms)
    return scale * torch.linalg.vector_norm(stack, dim=0)


def chosen(index: Any, options: Any) -> Any:
    """The option at the index by gather, which refuses an index of none: there nan."""
    index = torch.broadcast_to(index.detach(), options.shape[1:])
    is_there = (index >= 0) & (index < len(options)) & (index == index.floor())
    place = torch.where(is_there, index, 0).long()
    return torch.where(is_there, torch.gather(options, 0, place[None])[0], math.nan)


#: Each gate in PyTorch's words. softplus there is linear above 20 by default; logaddexp is not.
IN_TORCH: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sum": lambda *terms: sum(terms[1:], terms[0]),
    "sub": lambda a, b: a - b,
    "neg": lambda x: -x,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "arctan2": lambda y, x: torch.atan2(*scaled(y, x)[0]),
    "norm": norm,
    "logsumexp": lambda *terms: torch.logsumexp(torch.stack(terms), 0),
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": lambda x: torch.logaddexp(x, zero(x)),
    "relu": torch.relu,
    "leaky_relu": lambda x, slope: prelu(x.reshape(1, -1), slope.reshape(-1)).reshape(x.shape),
    "abs": torch.abs,
    "step": lambda x: torch.heaviside(x.detach(), torch.ones_like(x)),  # PyTorch has no gradient for it
    "floor": lambda x: torch.floor(x.detach()),
    "round": lambda x: torch.round(x.detach()),
    "detach": lambda x: x.detach() * 1,
    "max": largest,
    "min": lambda *terms: -largest(*[-term for term in terms]),
    "where": lambda condition, a, b: torch.where(condition != 0, a, b),
    "choose": lambda index, *options: chosen(index, torch.stack(torch.broadcast_tensors(*options))),
}

every_gate = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())


def tensor(x: float | tuple[float, ...]) -> Any:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def test_every_gate_is_compared() -> None:
    assert IN_TORCH.keys() == GATES.keys()


# -- random graphs ------------------------------------------------------------------------------

LARGEST = 20.0  # no operand in a random graph is larger, so that none overflows
APART = 0.05  # nor closer to a kink, a jump or a pole: rounding could put the two engines on two sides


def off_zero(x: float) -> bool:
    return abs(x) >= APART


#: Where operands must lie, where that is not everywhere.
DOMAIN: dict[str, Callable[..., bool]] = {
    "div": lambda a, b: abs(b) >= 0.5,
    "pow": lambda a, b: a >= 0.5 and abs(b) <= 3,
    "exp": lambda x: x <= 3,
    "log": lambda x: x >= 0.5,
    "sqrt": lambda x: x >= 0.5,
    "relu": off_zero,
    "abs": off_zero,
    "step": off_zero,
    "leaky_relu": lambda x, slope: off_zero(x),
    "log1p": lambda x: x >= -0.5,
    "expm1": lambda x: x <= 3,
    "arctan2": lambda y, x: abs(y) + abs(x) >= 0.5 and (off_zero(y) or x > 0),
    "norm": lambda *xs: max(map(abs, xs)) >= 0.5,
    "floor": lambda x: off_zero(x - round(x)),
    "round": lambda x: off_zero(x - math.floor(x) - 0.5),
    "max": lambda *xs: all(off_zero(a - b) for a, b in combinations(xs, 2)),
    "min": lambda *xs: all(off_zero(a - b) for a, b in combinations(xs, 2)),
    "where": lambda condition, a, b: condition == 0 or off_zero(condition),
}


class Graph(NamedTuple):
    """Leaves, and steps: a gate and its operands, each a node's place or a plain number."""

    leaves: list[float]
    steps: list[tuple[Gate, list[int | float]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs of up to 12 gates over shared nodes; every gate inside its domain."""
    numbers = draw(st.lists(st.floats(-3, 3), min_size=1, max_size=4))
    graph = Graph(list(numbers), [])
    for _ in range(draw(st.integers(6, 20))):
        gate = draw(st.sampled_from(list(GATES.values())))
        least = len(gate.operand_names)
        arity = draw(st.integers(least, least + 3)) if gate.variadic else least
        operand = st.integers(0, len(numbers) - 1) | st.sampled_from([0.0, 0.5, 2.0, -1.5])
        operands = draw(st.lists(operand, min_size=arity, max_size=arity))
        if not any(isinstance(x, int) for x in operands):
            continue  # plain numbers only: no gate of the graph
        given = [numbers[x] if isinstance(x, int) else x for x in operands]
        if gate.name in ("max", "min"):  # the same node twice is a tie in either engine
            given = [numbers[x] if isinstance(x, int) else x for x in {repr(x): x for x in operands}.values()]
        if gate.name not in DOMAIN or DOMAIN[gate.name](*given):
            out = gate(*[numbers[x] if isinstance(x, int) else x for x in operands])
            if abs(out) <= LARGEST:
                numbers.append(out)
                graph.steps.append((gate, operands))
    return graph


def build(graph: Graph, leaf: Callable[[float], Any], run: Callable[[Gate, list[Any]], Any]) -> list[Any]:
    """The nodes of the graph, and last a root that adds all of them."""
    nodes = [leaf(x) for x in graph.leaves]
    for gate, operands in graph.steps:
        nodes.append(run(gate, [nodes[x] if isinstance(x, int) else x for x in operands]))
    return [*nodes, run(GATES["sum"], nodes[:])]


def in_torch(gate: Gate, operands: list[Any]) -> Any:
    return IN_TORCH[gate.name](
        *[torch.tensor(x, dtype=torch.float64) if isinstance(x, float) else x for x in operands]
    )


def sizes_of_sums(nodes: list[Value]) -> dict[Value | None, float]:
    """For every node the sum of |product of local derivatives| over all paths from the root.

    A gradient is that sum with signs. Where they cancel, the last digits of the large terms stay
    behind, in either engine: so agreement is relative to the terms and not to what is left of them.
    """
    sizes: dict[Value | None, float] = dict.fromkeys([None, *nodes], 0.0)
    sizes[nodes[-1]] = 1.0
    for node in reversed(nodes):
        for below, slope in zip(node.inputs, node.local_backward(1.0), strict=True):
            sizes[below] += sizes[node] * abs(slope)
    return sizes


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_random_graphs(graph: Graph) -> None:
    nodes = build(graph, Value, lambda gate, operands: gate(*operands))
    theirs = build(graph, tensor, in_torch)
    nodes[-1].backward()
    theirs[-1].backward()
    for mine, torchs in zip(nodes, theirs, strict=True):
        assert mine.data == pytest.approx(torchs.item(), rel=1e-12, abs=1e-12)
    sizes = sizes_of_sums(nodes)
    for mine, torchs in zip(nodes[: len(graph.leaves)], theirs, strict=False):
        assert abs(mine.grad - torchs.grad.item()) <= 1e-12 * sizes[mine]


# -- extreme operands ---------------------------------------------------------------------------

EXTREME = (
    0.0, 1.0, 0.5, -8.0, 1 / 3, 3.0, 1e-300, -1e-300, 1e200, -1e200, 800.0, -800.0, 5e-324, math.inf,
    -math.inf, math.nan,
)  # fmt: skip
#: There we go with NumPy, whose sign(nan) and heaviside(nan) are nan.
PYTORCH_HAS_ZERO = {("abs", "slope"), ("step", "out")}
#: As in C, hypot(inf, nan) is inf.
PYTORCH_HAS_NAN = {("norm", "out"), ("norm", "slope")}

#: From here on PyTorch rounds logsumexp so that its slopes, exp(x - out), are off; ours add up to 1.
OUT_IS_ROUNDED = 1e15


def assert_same(mine: float, torchs: float, what: str, *, digits_lost: bool) -> None:
    close = mine == torchs or math.isclose(
        mine, torchs, rel_tol=1e-12, abs_tol=1e-16 if digits_lost else 1e-322
    )
    assert close or (mine != mine and torchs != torchs), f"{what}: {mine}, by PyTorch {torchs}"


@every_gate
def test_extreme_operands(gate: Gate) -> None:
    """Every pair or triple of them, for the output and for each slope."""
    rows = list(product(EXTREME, repeat=2 if gate.variadic else len(gate.operand_names)))
    columns = [tensor(column) for column in zip(*rows, strict=True)]
    outs = IN_TORCH[gate.name](*columns)
    if outs.requires_grad:
        outs.sum().backward()
    slopes = [zero(column) if column.grad is None else column.grad for column in columns]
    lost = gate.name in ("tanh", "sigmoid")  # whose slope 1 - out * out cancels as out nears 1
    for i, operands in enumerate(rows):
        leaves = [Value(x) for x in operands]
        root = gate(*leaves)
        root.backward()
        has_nan = any(x != x for x in operands)
        if gate.name == "logsumexp" and max(map(abs, operands)) > OUT_IS_ROUNDED and math.isfinite(root.data):
            assert sum(leaf.grad for leaf in leaves) == pytest.approx(1), f"slopes of {operands}"
            continue
        if not (has_nan and (gate.name, "out") in PYTORCH_HAS_ZERO | PYTORCH_HAS_NAN):
            assert_same(root.data, outs[i].item(), f"{gate.name}{operands}", digits_lost=False)
        if not (has_nan and (gate.name, "slope") in PYTORCH_HAS_ZERO | PYTORCH_HAS_NAN):
            for leaf, column in zip(leaves, slopes, strict=True):
                assert_same(leaf.grad, column[i].item(), f"slope of {gate.name}{operands}", digits_lost=lost)
