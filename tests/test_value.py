"""Value: construction, operators, labels, what it remembers, and what it refuses."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd import GATES, Value, draw, gate, grad_of
from autograd.node import NOT_YET

# -- construction -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (2.5, 2.5),
        (3, 3.0),
        (True, 1.0),
        (np.float64(2.5), 2.5),
        (np.float32(0.5), 0.5),
        (np.int64(-7), -7.0),
        (np.uint8(7), 7.0),
        (np.bool_(True), 1.0),
        (np.array(1.5), 1.5),
    ],
    ids=lambda x: f"{type(x).__name__}",
)
def test_data_is_exactly_a_float(given: Any, expected: float) -> None:
    x = Value(given)
    assert (type(x.data), x.data) == (float, expected)
    x.data = given
    assert (type(x.data), x.data) == (float, expected)
    product = Value(1.0) * given
    assert (type(product.data), product.data) == (float, expected)
    assert [type(number) for number in product.operands] == [float, float]


BAD = [
    pytest.param("2", "'2' of type str", id="str"),
    pytest.param(b"2", "b'2' of type bytes", id="bytes"),
    pytest.param(1 + 2j, "(1+2j) of type complex", id="complex"),
    pytest.param(np.complex128(1j), "of type complex128", id="complex128"),
    pytest.param(None, "None of type NoneType", id="None"),
    pytest.param([1.0], "[1.0] of type list", id="list"),
    pytest.param((1.0, 2.0), "(1.0, 2.0) of type tuple", id="tuple"),
    pytest.param(np.array([1.0]), "array([1.]) of type ndarray", id="1-d array"),
    pytest.param(np.array("x"), "of type ndarray", id="0-d array of str"),
    pytest.param(Decimal(1), "Decimal('1') of type Decimal", id="Decimal"),
    pytest.param(Fraction(1, 2), "of type Fraction", id="Fraction"),
    pytest.param(10**400, "an integer of 1329 bits is too large for a float", id="10**400"),
    pytest.param("x" * 1000, "'xxx", id="long str"),
]


@pytest.mark.parametrize(("given", "named"), BAD)
def test_what_is_no_real_number_is_refused_by_name(given: Any, named: str) -> None:
    with pytest.raises(TypeError) as caught:
        Value(given)
    assert named in str(caught.value)
    assert len(str(caught.value)) < 200
    x = Value(1.0)
    with pytest.raises(TypeError) as caught:
        x.data = given
    assert named in str(caught.value)
    assert x.data == 1.0


def test_label_is_a_string() -> None:
    assert Value(1.0).label == ""
    assert Value(1.0, label="w").label == "w"
    with pytest.raises(TypeError, match="label must be a str, got 5 of type int"):
        Value(1.0, label=5)  # type: ignore[arg-type]


def test_repr_shows_number_gradient_and_label() -> None:
    assert repr(Value(2.0)) == "Value(2, grad=0)"
    x = Value(0.1, label="x")
    x.grad = -1.5
    assert repr(x) == "Value(0.1, grad=-1.5, label='x')"


def test_other_attributes_are_refused() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).gradient = 2.0  # type: ignore[attr-defined]


# -- what a node remembers ----------------------------------------------------------------------


def test_inputs_are_ordered_and_keep_both_of_x_times_x() -> None:
    x, y = Value(3.0), Value(4.0)
    assert (x * x).inputs == (x, x)
    assert (x - y).inputs == (x, y)
    assert (y - x).inputs == (y, x)
    assert x.inputs == ()
    assert x.operands == ()
    assert x.gate is None


def test_changing_a_leaf_before_backward_cannot_corrupt_it() -> None:
    w, x = Value(3.0), Value(4.0)
    y = w * x
    w.data = x.data = 100.0
    y.backward()
    assert (y.data, w.grad, x.grad) == (12.0, 4.0, 3.0)
    assert y.operands == (3.0, 4.0)


def test_grad_is_not_yet_until_backward_reaches_it() -> None:
    x = Value(3.0)
    y, other = x * x, x + 1
    for node in (x, y, other):
        assert node.grad is NOT_YET
    assert NOT_YET == 0.0
    y.backward()
    assert x.grad is not NOT_YET
    assert y.grad is not NOT_YET
    assert other.grad is NOT_YET, "not under the root"
    y.zero_grad()
    assert x.grad is NOT_YET
    zero = x * 0.0
    zero.backward()
    assert x.grad == 0.0
    assert x.grad is not NOT_YET, "a zero that was computed is not 'not yet'"


def test_grad_set_to_none_is_cleared_for_all_who_read_it() -> None:
    x, other = Value(3.0, "x"), Value(5.0)
    y = x * x + other
    y.backward()
    for node in (x, y, other):
        node.grad = None
        assert node.grad is NOT_YET
    assert repr(x) == "Value(3, grad=0, label='x')"
    assert grad_of([x, y]).tolist() == [0.0, 0.0]
    assert draw(x).text == "x = 3"
    assert "not yet" in draw(x).source
    y.backward()
    assert (x.grad, other.grad) == (6.0, 1.0)
    x.grad = None
    assert [step.upstream for step in y.backward_steps()] == [1.0, 1.0]
    assert (x.grad, other.grad) == (6.0, 2.0), "the one was cleared, the other accumulates"
    x.grad = y.grad = None
    y._backward()
    x._backward()
    x.grad = None
    x.grad += 2
    assert x.grad == 2.0


@pytest.mark.parametrize(("given", "named"), [case for case in BAD if case.values[0] is not None])
def test_a_grad_that_is_no_number_is_refused_when_it_is_set(given: Any, named: str) -> None:
    x = Value(1.0)
    x.grad = np.float32(0.5)  # type: ignore[assignment]
    assert (x.grad, type(x.grad)) == (0.5, float)
    with pytest.raises(TypeError) as caught:
        x.grad = given
    assert "grad" in str(caught.value)
    assert named in str(caught.value)
    assert x.grad == 0.5
    with pytest.raises(TypeError, match=r"grad \(None clears it\) takes a real number, got Value\(1"):
        x.grad = x  # type: ignore[assignment]


def test_data_of_a_computed_node_cannot_be_set() -> None:
    x = Value(3.0)
    y = x * 2
    with pytest.raises(AttributeError, match="its gate mul computed"):
        y.data = 1.0
    assert y.data == 6.0
    x.data = 5
    assert (x.data, type(x.data)) == (5.0, float)


def test_values_are_equal_by_identity_only() -> None:
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert len({a, b, a}) == 2
    assert a in [b, a]


@pytest.mark.parametrize(
    "compare", [operator.lt, operator.le, operator.gt, operator.ge], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("other", [1.0, Value(1.0)], ids=["number", "Value"])
def test_comparing_is_refused_and_says_what_to_write(compare: Callable[[Any, Any], Any], other: Any) -> None:
    for pair in [(Value(2.0), other), (other, Value(2.0))]:
        with pytest.raises(TypeError, match=r"maximum, minimum, relu or where.*\.data"):
            compare(*pair)


def test_truth_is_refused() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(Value(1.0))
    with pytest.raises(TypeError, match="no order"):
        max(Value(1.0), Value(2.0))


# -- as micrograd names it ----------------------------------------------------------------------


def micrograd_backward(root: Value) -> None:
    """A backward pass as micrograd makes it: recursive, by _prev and _backward."""
    order: list[Value] = []
    seen: set[Value] = set()

    def visit(node: Value) -> None:
        if node not in seen:
            seen.add(node)
            for below in node._prev:
                visit(below)
            order.append(node)

    visit(root)
    root.grad = 1.0
    for node in reversed(order):
        node._backward()


def test_micrograds_own_algorithm_runs_on_our_nodes() -> None:
    def build() -> tuple[list[Value], Value]:
        a, b = Value(-4.0), Value(2.0)
        c = a * b + b**3
        d = c + c * a + (b - a).relu() * 2
        return [a, b, c], d * d / 8 - c

    leaves, root = build()
    root.backward()
    expected = [leaf.grad for leaf in leaves]
    leaves, root = build()
    micrograd_backward(root)
    assert [leaf.grad for leaf in leaves] == pytest.approx(expected, rel=1e-14)
    assert expected[0] != 0.0


def test_prev_and_op() -> None:
    x = Value(3.0)
    y = x * x
    assert (y._prev, y._op) == ({x}, "*")
    assert ((2 * x)._prev, x._prev, x._op) == ({x}, set(), "")
    assert x.tanh()._op == "tanh"
    x._backward()  # of a leaf: nothing to add
    assert x.grad is NOT_YET


# -- custom gates -------------------------------------------------------------------------------


def test_a_custom_gate_works_on_values_and_numbers() -> None:
    cube = gate(
        "cube",
        forward=lambda m, x: x * x * x,
        backward=lambda m, upstream, out, x: (upstream * 3 * x * x,),
        about="The third power.",
    )
    x = Value(2.0)
    y = cube(x) * 10
    y.backward()
    assert (y.data, x.grad) == (80.0, 120.0)
    assert (cube(2), type(cube(2))) == (8.0, float)
    assert "cube" not in GATES
