"""The rules: what each makes of what, and that the numbers stay what they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import gates
from autograd.compiler.array_program import ArrayProgram
from autograd.compiler.differentiate import differentiate
from autograd.compiler.ir import IR, Node, below
from autograd.compiler.simplify import RULES, arithmetic, axes, simplify
from tests.compiler.evaluating import evaluate
from tests.compiler.graphs import cube
from tests.compiler.test_differentiate import OPERATIONS, lossy

EXAMPLES = 3

#: Of inputs x (2, 3) and y (3,), and parameters W (2, 3) and c ().
Build = Callable[[IR, Node, Node, Node, Node], Any]


def leaves() -> tuple[IR, Node, Node, Node, Node]:
    ir = IR()
    return ir, ir.input(0, (2, 3)), ir.input(1, (3,)), ir.parameter(0, (2, 3)), ir.parameter(1, ())


def shown(node: Node) -> str:
    """The expression, in the operations' names."""
    names: dict[tuple[str, Any], str] = {("input", 0): "x", ("input", 1): "y", ("parameter", 0): "W",
                                         ("parameter", 1): "c"}  # fmt: skip
    if (node.operation, node.detail) in names:
        return names[node.operation, node.detail]
    if node.operation == "constant":
        return f"{node.scalar:g}" if node.scalar is not None else "array"
    if node.operation == "reduce":
        return f"{node.detail[0].name}({shown(node.operands[0])})"
    name = node.detail.name if node.operation == "call" else node.operation
    return f"{name}({', '.join(map(shown, node.operands))})"


def numbers_of(node: Node) -> Any:
    draw = np.random.default_rng(0)
    inputs = [draw.normal(size=(2, 3, EXAMPLES)), draw.normal(size=(3, EXAMPLES))]
    return evaluate([node], inputs, [draw.normal(size=(2, 3)), np.array(1.5)])[0]


def log_of_sum(x: Node) -> Node:
    return x.ir.elementwise("log", x.ir.sum(x**2.0, [1], keep=True))


CASES: dict[str, tuple[Build, str]] = {
    "gates are written out": (
        lambda ir, x, y, W, c: ir.call(gates.mul, ir.call(gates.exp, x), W),
        "*(exp(x), W)",
    ),
    "others stay gates": (lambda ir, x, y, W, c: ir.call(gates.tanh, ir.call(cube, x)), "tanh(cube(x))"),
    "a square root is a function": (lambda ir, x, y, W, c: ir.call(gates.sqrt, W), "sqrt(W)"),
    "0 + a": (lambda ir, x, y, W, c: 0.0 + x, "x"),
    "a + 0": (lambda ir, x, y, W, c: x + 0.0, "x"),
    "0 + a where a has not the whole shape": (
        lambda ir, x, y, W, c: c + ir.constant(np.zeros((2, 3))),
        "+(c, array)",
    ),
    "a + (-b)": (lambda ir, x, y, W, c: x + -W, "-(x, W)"),
    "(-a) + b": (lambda ir, x, y, W, c: -x + W, "-(W, x)"),
    "a + a": (lambda ir, x, y, W, c: x + x, "*(2, x)"),
    "d a + d b": (lambda ir, x, y, W, c: y * x + y * W, "+(*(y, x), *(y, W))"),
    "d a + d b of one kind": (lambda ir, x, y, W, c: y * W + y * c, "*(y, +(W, c))"),
    "d a - b d": (lambda ir, x, y, W, c: y * W - c * y, "*(y, -(W, c))"),
    "a - 0": (lambda ir, x, y, W, c: x - 0.0, "x"),
    "0 - a": (lambda ir, x, y, W, c: 0.0 - x, "neg(x)"),
    "a - (-b)": (lambda ir, x, y, W, c: x - -W, "+(x, W)"),
    "1 * a": (lambda ir, x, y, W, c: 1.0 * x, "x"),
    "1 * c where c has not the whole shape": (
        lambda ir, x, y, W, c: ir.constant(np.ones(3)) * c,
        "*(array, c)",
    ),
    "-1 * a": (lambda ir, x, y, W, c: x * -1.0, "neg(x)"),
    "(-a) * b": (lambda ir, x, y, W, c: -x * W, "neg(*(x, W))"),
    "a * (-b)": (lambda ir, x, y, W, c: x * -W, "neg(*(x, W))"),
    "a * a": (lambda ir, x, y, W, c: x * x, "**(x, 2)"),
    "a number comes first": (lambda ir, x, y, W, c: x * 3.0, "*(3, x)"),
    "numbers of both factors": (lambda ir, x, y, W, c: (3.0 * x) * (2.0 * y), "*(*(6, y), x)"),
    "a number goes to what is computed once": (lambda ir, x, y, W, c: 3.0 * (W * x), "*(*(3, W), x)"),
    "and out of what is larger": (lambda ir, x, y, W, c: (3.0 * x) * c, "*(*(3, c), x)"),
    "numbers that overflow stay apart": (
        lambda ir, x, y, W, c: 1e-200 * (1e200 * x),
        "*(1e-200, *(1e+200, x))",
    ),
    "nor those of both factors": (
        lambda ir, x, y, W, c: (1e200 * x) * (1e-200 * y),
        "*(*(1e+200, x), *(1e-200, y))",
    ),
    "a / 1": (lambda ir, x, y, W, c: x / 1.0, "x"),
    "(-a) / b": (lambda ir, x, y, W, c: -x / W, "neg(/(x, W))"),
    "a ** 1": (lambda ir, x, y, W, c: x**1.0, "x"),
    "a ** 2": (lambda ir, x, y, W, c: x**2.0, "**(x, 2)"),
    "-(-a)": (lambda ir, x, y, W, c: ir.elementwise("neg", -x), "x"),
    "-(a - b)": (lambda ir, x, y, W, c: -(x - W), "-(W, x)"),
    "numbers alone": (lambda ir, x, y, W, c: x * (ir.constant(2.0) + 3.0), "*(5, x)"),
    "a condition that is a number": (
        lambda ir, x, y, W, c: ir.elementwise("where", ir.constant([1.0, 0.0, 1.0]), x, W),
        "where(array, x, W)",
    ),
    "a condition that holds everywhere": (
        lambda ir, x, y, W, c: ir.elementwise("where", ir.constant(np.ones(3)) > 0, x, x + W),
        "x",
    ),
    "a condition that holds nowhere": (
        lambda ir, x, y, W, c: ir.elementwise("where", ir.constant(np.ones(3)) < 0, x, x - W),
        "-(x, W)",
    ),
    "a choice that would lose the examples": (
        lambda ir, x, y, W, c: ir.elementwise("where", ir.constant(np.ones(3)) > 0, W, x),
        "where(array, W, x)",
    ),
    "a softmax by its logarithm": (
        lambda ir, x, y, W, c: ir.elementwise("exp", x - ir.along("max", x, 1) - c),
        "exp(-(-(x, max(x)), c))",
    ),
    "a softmax shares its exponential and sum": (
        lambda ir, x, y, W, c: ir.elementwise("exp", x - (ir.elementwise("finite", c) + log_of_sum(W))),
        "/(exp(-(x, finite(c))), sum(**(W, 2)))",
    ),
    "which may overflow but for the largest": (
        lambda ir, x, y, W, c: ir.elementwise("exp", x - (c + log_of_sum(W))),
        "exp(-(x, +(c, log(sum(**(W, 2))))))",
    ),
    "leading axes of size 1": (lambda ir, x, y, W, c: x * ir.reshape(y, (1, 3)), "*(x, y)"),
    "which are needed": (lambda ir, x, y, W, c: ir.reshape(y, (1, 3)) * c, "*(reshape(y), c)"),
    "a reshape of a reshape": (lambda ir, x, y, W, c: ir.reshape(ir.reshape(x, (6,)), (3, 2)), "reshape(x)"),
    "a reshape back": (lambda ir, x, y, W, c: ir.reshape(ir.reshape(x, (6,)), (2, 3)), "x"),
    "a reshape of -a": (lambda ir, x, y, W, c: ir.reshape(-x, (6,)), "neg(reshape(x))"),
    "a reshape of 3 a": (lambda ir, x, y, W, c: ir.reshape(3.0 * x, (6,)), "*(3, reshape(x))"),
    "a reshape of a sum that keeps its axes": (
        lambda ir, x, y, W, c: ir.reshape(ir.sum(x, [1], keep=True), (2,)),
        "sum(x)",
    ),
    "a reshape of what is gathered": (
        lambda ir, x, y, W, c: ir.reshape(ir.gather(x, np.array([[0, 4], [5, 5]])), (4,)),
        "gather(x)",
    ),
    "a transpose of a transpose": (lambda ir, x, y, W, c: ir.transpose(ir.transpose(x, (1, 0)), (1, 0)), "x"),
    "a transpose of axes of size 1": (
        lambda ir, x, y, W, c: ir.transpose(ir.reshape(y, (1, 3)), (1, 0)),
        "reshape(y)",
    ),
    "a transpose of what is gathered": (
        lambda ir, x, y, W, c: ir.transpose(ir.gather(x, np.array([[0, 4, 1], [5, 5, 2]])), (1, 0)),
        "gather(x)",
    ),
    "a product that adds nothing up": (lambda ir, x, y, W, c: ir.einsum(x, y, ("ab", "b", "ab")), "*(x, y)"),
    "an outer product": (lambda ir, x, y, W, c: ir.einsum(y, y, ("a", "b", "ab")), "*(reshape(y), y)"),
    "the product of -a and b": (
        lambda ir, x, y, W, c: ir.einsum(-x, y, ("ab", "b", "a")),
        "neg(einsum(x, y))",
    ),
    "the product of a and -b": (
        lambda ir, x, y, W, c: ir.einsum(x, -y, ("ab", "b", "a")),
        "neg(einsum(x, y))",
    ),
    "axes side by side in a product": (
        lambda ir, x, y, W, c: ir.einsum(x, W, ("ab", "ab", "")),
        "einsum(reshape(x), reshape(W))",
    ),
    "a sum of -a": (lambda ir, x, y, W, c: ir.sum(-x, [0]), "neg(sum(x))"),
    "a sum of 3 a": (lambda ir, x, y, W, c: ir.sum(3.0 * x, [0]), "*(3, sum(x))"),
    "a sum over axes of size 1": (lambda ir, x, y, W, c: ir.sum(ir.reshape(y, (1, 3)), [0]), "y"),
    "a sum of what is the same all along": (
        lambda ir, x, y, W, c: ir.sum(ir.broadcast(ir.reshape(y, (1, 3)), (5, 3)), [0]),
        "*(5, y)",
    ),
    "a sum over examples of a reshape": (
        lambda ir, x, y, W, c: ir.sum_examples(ir.reshape(x, (6,))),
        "reshape(sum_examples(x))",
    ),
    "a sum over examples of zeros and slices": (
        lambda ir, x, y, W, c: ir.sum_examples(
            ir.pad(y, [(0, 3, 1)], (6,)) + ir.pad(y * 2.0, [(3, 6, 1)], (6,))
        ),
        "+(pad(sum_examples(y)), pad(*(2, sum_examples(y))))",
    ),
    "a broadcast to the same shape": (lambda ir, x, y, W, c: ir.node("broadcast", (x,), None, (2, 3)), "x"),
    "logsumexp is opened": (
        lambda ir, x, y, W, c: ir.reduce(gates.logsumexp, x, 1),
        "reshape(+(finite(max(x)), log(sum(exp(-(x, finite(max(x))))))))",
    ),
}


def simplified(node: Node, opened: bool = True) -> Node:
    return simplify(ArrayProgram(node, ()), opened).output


@pytest.mark.parametrize("name", CASES)
def test_a_rule(name: str) -> None:
    build, expected = CASES[name]
    node = build(*leaves())
    found = simplified(node)
    assert found.shape == node.shape
    assert found.varies == node.varies
    np.testing.assert_allclose(numbers_of(found), numbers_of(node), rtol=1e-12)
    assert shown(found) == expected


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradients_stay_what_they_were(name: str) -> None:
    _, loss, nodes, inputs, parameters = lossy(OPERATIONS[name])
    for per_example in (False, True):
        both = differentiate(ArrayProgram(loss, tuple(nodes)), per_example)
        simple = simplify(both)
        dloss = np.array([0.5, -1.0, 2.0])
        for one, other in zip(
            evaluate(both.roots, inputs, parameters, dloss),
            evaluate(simple.roots, inputs, parameters, dloss),
            strict=True,
        ):
            np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-12)
        assert [each is None for each in simple.gradients] == [each is None for each in both.gradients]
        assert len(below(simple.roots)) <= 2 * len(below(both.roots))


def test_no_rule_applies_once_more() -> None:
    """What comes out is simple already."""
    for name in OPERATIONS:
        _, loss, nodes, _, _ = lossy(OPERATIONS[name])
        once = simplify(differentiate(ArrayProgram(loss, tuple(nodes))))
        assert len(below(simplify(once).roots)) <= len(below(once.roots))


def test_what_is_not_opened_stays_a_gate() -> None:
    ir, x, *_ = leaves()
    found = simplified(ir.reduce(gates.logsumexp, x, 1), opened=False)
    assert shown(found) == "logsumexp(x)"


def test_labels_go_with_their_nodes() -> None:
    ir, x, _, W, _ = leaves()
    node = ir.call(gates.mul, x, W)
    node.label = "scores"
    found = simplified(node)
    assert found.label == "scores"


def test_comparisons_of_constant_arrays_are_made_and_arithmetic_is_not() -> None:
    ir, x, *_ = leaves()
    mask = ir.constant(np.array([0.0, 1.0, 1.0]))
    found = simplified(ir.elementwise("where", mask != 0.0, x, 0.0))
    assert simplified(x * (mask * 2.0)).operation == "*"
    assert found.operands[0].array is not None
    assert found.operands[0].array.tolist() == [False, True, True]


def test_every_rule_is_in_the_table() -> None:
    rules = {each for group in RULES.values() for each in group}
    written = {
        each
        for name, each in (vars(arithmetic) | vars(axes)).items()
        if callable(each) and getattr(each, "__annotations__", {}).get("return") == "Node | None"
        and list(each.__annotations__) == ["x", "return"]
    }  # fmt: skip
    assert written == rules
