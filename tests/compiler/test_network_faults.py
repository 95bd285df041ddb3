"""Networks that compiled programs once got wrong, as small as they could be made."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, gates, logsumexp, summation, take, tanh
from autograd.compiler.differentiate import FEWEST_STACKED, _product_of_stacks
from autograd.compiler.fuse import grids
from autograd.compiler.ir import IR
from autograd.compiler.naming import Names
from autograd.compiler.program import Program
from tests.compiler.agreement import Loss, assert_agrees, assert_runs_as_eager, run_eagerly

rng = np.random.default_rng(0)


def normal(label: str, *shape: int) -> Any:
    return array(rng.normal(size=shape), label=label)


def assert_arrays_agree(loss: Loss, inputs: int, parameters: list[Any]) -> Program:
    """The array program itself is right, for three examples, and never asks the tape."""
    leaves = [each for parameter in parameters for each in parameter.flat]
    x = [Value(0.1 * i, label="x") for i in range(inputs)]
    program = compile(loss(x), x, parameters)
    assert program.fused is not None
    program._gates = 1 << 40
    X = rng.normal(size=(3, inputs))
    assert_runs_as_eager(program, run_eagerly(loss, X, leaves), X)
    assert program._made_tape is None
    return program


def lines_of(program: Program) -> list[str]:
    return program.source.partition("def loss_and_gradient")[2].splitlines()


def test_a_table_of_one_row() -> None:
    table = normal("wte", 1, 4)
    program = assert_agrees(
        lambda x: summation(*take(table, x[0]) ** 2), [[0.0], [1.0], [0.0]], [*table.flat]
    )
    assert program.fused is not None


def test_several_outputs_of_parameters_alone() -> None:
    """They are the same for all examples, however many there are."""
    w = normal("w", 3)
    x = Value(1.0)
    program = compile([*(w * w), w[0]], inputs=[x], parameters=[w])
    program._gates = 1 << 40
    numbers = program.parameters
    np.testing.assert_allclose(program(np.ones((5, 1))), [[*numbers**2, numbers[0]]] * 5)
    assert program(np.ones((0, 1))).shape == (0, 4)


def test_constants_among_several_outputs() -> None:
    """The padding of a convolution makes some."""
    w, x = normal("w", 3), array([1.0, 2.0, 3.0], label="x")
    outputs = [*(w * x), w[0] * 0.0, x[1] * 0.0, summation(*x)]
    program = compile(outputs, inputs=[x], parameters=[w])
    program._gates = 1 << 40
    X = rng.normal(size=(4, 3))
    expected = np.hstack([X * program.parameters, np.zeros((4, 2)), X.sum(1, keepdims=True)])
    np.testing.assert_allclose(program(X), expected)


def test_a_gradient_of_two_parameters_is_no_other_name() -> None:
    """Both get d * x, which has a name, and each has a view of the gradient: three names."""
    W = [Value(2.0, label="W1"), Value(3.0, label="W1")]
    program = assert_agrees(lambda x: tanh(W[0] + W[1]) * x[0] * tanh(W[0] - W[1]), [[1.0], [2.0]], W)
    names = re.findall(r"^ *(\w+) = ", program.source.replace("def outputs", ""), re.MULTILINE)
    views = [name for name in names if re.search(rf"^{name} = gradient", program.source, re.MULTILINE)]
    assert not [name for name in views if f"    {name} = " in program.source]


def test_names_inside_are_not_handed_out_again() -> None:
    outer = Names()
    one, other = Names(outer), Names(outer)
    assert (one.new("dW"), other.new("dW"), outer.new("dW")) == ("dW", "dW", "dW2")


def ragged(rows: Any) -> list[Any]:
    """Of each row as many as its place says: 1, 2, ..."""
    return [row[: t + 1] for t, row in enumerate(rows)]


def test_ragged_rows_in_a_logsumexp_and_in_a_product() -> None:
    """What a logsumexp has in empty places is -inf, and 0 times that nan."""
    a, b = normal("a", 4), normal("b", 4)

    def loss(x: list[Value]) -> Value:
        z = ragged([[a[t] + b[u] + x[0] for u in range(4)] for t in range(4)])
        weighed = [weight * each for weight, each in zip(x[1:], np.concatenate(z), strict=True)]
        return summation(*[logsumexp(*row) for row in z], *weighed)  # type: ignore[no-any-return]

    assert_arrays_agree(loss, 11, [a, b])


def test_what_fills_a_sum_depends_on_all_its_terms() -> None:
    """Of 0 - b + c nothing is known, be it 0 for b = c."""
    a, b, c = normal("a", 4), normal("b", 4), normal("c", 4)

    def loss(x: list[Value]) -> Value:
        z = ragged([[tanh(a[t] * b[u]) for u in range(4)] for t in range(4)])
        out = [tanh(each - b[0] + x[0]) for row in z for each in row]
        return summation(*[each**2 for each in out], *[c[t] * row[-1] for t, row in enumerate(z)])  # type: ignore[no-any-return]

    assert_arrays_agree(loss, 1, [a, b, c])


def test_what_fills_a_smaller_number_depends_on_both() -> None:
    a, b = normal("a", 4), normal("b", 4)

    def loss(x: list[Value]) -> Value:
        z = ragged([[tanh(a[t] * b[u]) for u in range(4)] for t in range(4)])
        out = [gates.minimum(each, x[0] * x[0]) for row in z for each in row]
        out += [gates.where(x[0] - x[1], each, x[1] + 0.0) for row in z for each in row]
        return summation(*[each + each**2 for each in out])  # type: ignore[no-any-return]

    assert_arrays_agree(loss, 2, [a, b])


def test_what_fills_a_choice_depends_on_the_index() -> None:
    """The first option may be 0 in empty places, and the second 1."""
    a, b = normal("a", 4), normal("b", 4)

    def loss(x: list[Value]) -> Value:
        z = [tanh(a[t] * b[u]) for t in range(4) for u in range(t + 1)]
        return summation(*[gates.choose(gates.step(x[0]), each, gates.exp(each)) for each in z])  # type: ignore[no-any-return]

    assert_arrays_agree(loss, 1, [a, b])


def test_a_product_in_a_product_that_is_stored() -> None:
    """The gradient of W is written at once, by matmul of both factors, whatever is in them."""
    W, V, b = normal("W", 3, 2), normal("V", 4, 3), normal("b", 4)

    def loss(x: list[Value]) -> Value:
        h = [logsumexp(each) for each in W @ array(x)]
        z = [each * gates.sigmoid(each) for each in V @ array(h) + b]
        return summation(*z)  # type: ignore[no-any-return]

    assert_arrays_agree(loss, 2, [W, V, b])


def test_a_recurrent_network_of_many_steps_folds() -> None:
    """Many groups are worth it if each stands for many gates."""
    W, b = normal("W", 8, 8), normal("b", 8)
    h = array(np.zeros(8), label="x")
    x = h
    for _ in range(300):
        h = tanh(W @ h + b)
    assert compile(summation(*h), inputs=[x], parameters=[W, b]).fused is not None


def test_a_triangle_of_products_of_a_triangle() -> None:
    """Its empty places are more than those that its factors have."""
    a, b = normal("a", 3), normal("b", 3)

    def loss(x: list[Value]) -> Value:
        z = [tanh(a[t] * b[u] + x[0]) for t in range(3) for u in range(t + 1)]
        return summation(*[tanh(one * z[j]) for i, one in enumerate(z) for j in range(i)])  # type: ignore[no-any-return]

    assert_arrays_agree(loss, 1, [a, b])


def test_ragged_sums_with_a_number() -> None:
    """The number is added in the empty places too."""
    a, b = normal("a", 4), normal("b", 4)

    def loss(x: list[Value]) -> Value:
        z = ragged([[tanh(a[t] * b[u]) for u in range(4)] for t in range(4)])
        return summation(*[summation(*[(each + 2.0) * x[0] for each in row]) ** 2 for row in z])  # type: ignore[no-any-return]

    assert_arrays_agree(loss, 1, [a, b])


def test_a_product_less_itself() -> None:
    w = Value(2.0, label="w")
    assert_agrees(lambda x: w * x[0] - w * x[0] + w, [[1.0], [3.0]], [w])


def test_biases_in_another_order_than_rows() -> None:
    """Each tells the other: they are one axis, and not a square of which a diagonal is taken."""
    W, b = normal("W", 5, 3), normal("b", 5)
    order = [3, 0, 4, 1, 2]

    def loss(x: list[Value]) -> Value:
        return summation(*[tanh(W[i] @ array(x) + b[place]) ** 2 for i, place in enumerate(order)])  # type: ignore[no-any-return]

    program = assert_arrays_agree(loss, 3, [W, b])
    assert "mask" not in program.source
    assert "W @ x" in program.source


def test_axes_that_tell_each_other_are_one() -> None:
    assert len(grids.axes_of([np.array([0, 1, 2]), np.array([2, 0, 1])])) == 1
    assert len(grids.axes_of([np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])])) == 2


def test_the_axis_of_a_stack_is_not_that_of_the_examples() -> None:
    """In what is written, z is the letter of the examples."""
    ir = IR()
    products = [
        ir.einsum(ir.input(2 * n, (3, 2)), ir.input(2 * n + 1, (3, 2)), ("ab", "ac", "bc"), True)
        for n in range(FEWEST_STACKED)
    ]
    stacked = _product_of_stacks(ir, products)
    assert "z" not in "".join(stacked.detail[:3])


@pytest.mark.parametrize("wide", [False, True])
def test_no_line_is_written_for_nothing(wide: bool) -> None:
    """What several parts take is named once, and stacked by its name."""
    W, V, b = normal("W", 3, 3), normal("V", 2, 3), normal("b", 3)

    def loss(x: list[Value]) -> Value:
        rows = [tanh(W @ array(x[:3]) + b)]
        for _ in range(3):
            rows.append(tanh(W @ (rows[-1] + (V.T @ array(x[3:]) * 0.123456789 if wide else 0)) + b * 2.0))
        largest = [gates.maximum(*[row[j] for row in rows]) for j in range(3)]
        return summation(*[(row @ array(largest)) ** 2 for row in rows])  # type: ignore[no-any-return]

    program = assert_arrays_agree(loss, 5, [W, b] + [V] * wide)
    for function in program.source.split("\ndef ")[1:]:
        for name in re.findall(r"^    (\w+) = ", function, re.MULTILINE):
            assert len(re.findall(rf"\b{name}\b", function)) > 1, f"{name} in\n{function}"


def neurons(sizes: list[int], labels: str) -> tuple[Value, list[Value], list[Value]]:
    """A network of neurons that each has Values of its own."""
    x = h = [Value(0.1, f"x{i}") for i in range(sizes[0])]
    parameters = []
    for layer, (taken, made) in enumerate(itertools.pairwise(sizes)):
        outputs = []
        for place in range(made):
            own = labels.format(f"{layer}_{place}")
            weights = [Value(rng.normal(), own.replace("#", str(i))) for i in range(taken)]
            bias = Value(rng.normal(), "b")
            parameters += [*weights, bias]
            outputs.append(tanh(summation(*[w * each for w, each in zip(weights, h, strict=True)], bias)))
        h = outputs
    return summation(*[each**2 for each in h]), x, parameters


@pytest.mark.parametrize("labels", ["w#", "n{}[#]"], ids=["a name each", "an array for each neuron"])
def test_neurons_with_parameters_of_their_own_are_layers(labels: str) -> None:
    """The flat vector is read as one array, where the arrays that labels tell are no gain."""
    loss, x, parameters = neurons([6, 20, 20, 4], labels)
    program = compile(loss, x, parameters)
    assert program.source.count(" @ ") == 8  # forward, again for the gradient, and its own but for x
    assert program.source.count("\n") < 70
    X = rng.normal(size=(3, 6))
    losses, gradients = program.loss_and_grad(X, per_example=True)
    expected, expected_gradient = program.tape.loss_and_grad(program.parameters, X)
    np.testing.assert_allclose(losses, expected, rtol=1e-13)
    np.testing.assert_allclose(gradients.sum(axis=0), expected_gradient, rtol=1e-12, atol=1e-13)


def test_a_tiny_number_and_a_huge_one_do_not_meet_before_the_input() -> None:
    """1e310 is inf, and inf * 0 is nan."""
    v, w = Value(0.0), Value(2.0)
    program = compile(v * w * 1e300 * 1e10 * 1e-310 + w, inputs=[v], parameters=[w])
    program._gates = 1 << 40
    np.testing.assert_allclose(program([[0.0], [1e-5]]), [2.0, 2.00002])


def test_gates_of_all_steps_from_one_matrix_have_one_gradient() -> None:
    """Slices side by side along two axes fill the whole: nothing is added to zeros."""
    W, x = normal("W", 8, 6), array(np.zeros((5, 4)), label="x")
    h = array(np.zeros(2))
    for t in range(5):
        z = W @ array(np.concatenate([x[t], h]))
        h = tanh(z[:2]) * tanh(z[2:4]) + tanh(z[4:6]) * tanh(z[6:])
    program = compile((h**2).sum(), inputs=[x], parameters=[W])
    X = rng.normal(size=(3, 5, 4))
    _, gradient = program.loss_and_grad(X)
    _, expected = program.tape.loss_and_grad(program.parameters, X.reshape(3, -1))
    np.testing.assert_allclose(gradient, expected / 3, rtol=1e-12, atol=1e-14)
