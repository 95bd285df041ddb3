"""``compile``: what it takes, and what it says to what it does not take."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, maximum, tanh, topological_order
from nn import MLP


class Line:
    """(w * x + b)**2, with an input and a parameter to spare."""

    def __init__(self) -> None:
        self.w, self.b = Value(2.0, label="w"), Value(1.0, label="b")
        self.x, self.unused = Value(3.0, label="x"), Value(4.0, label="unused")
        self.loss = (self.w * self.x + self.b) ** 2


@pytest.fixture
def line() -> Line:
    return Line()


# -- what it takes ------------------------------------------------------------------------------


def test_a_single_value_and_a_list_of_them(line: Line) -> None:
    X = [[3.0], [0.0]]
    single = compile(line.loss, inputs=[line.x], parameters=[line.w, line.b])
    several = compile([line.loss, line.w * line.x], inputs=[line.x], parameters=[line.w, line.b])
    one = compile([line.loss], inputs=[line.x], parameters=[line.w, line.b])
    assert single(X).tolist() == [49.0, 1.0]
    assert several(X).tolist() == [[49.0, 6.0], [1.0, 0.0]]
    assert one(X).tolist() == [[49.0], [1.0]]


def test_arrays_of_values_in_any_shape_and_single_ones(line: Line) -> None:
    x, W = array([[1.0, 2.0], [3.0, 4.0]]), array([[0.5, -1.0]])
    program = compile(W @ x, inputs=x, parameters=W)
    X = np.array([[1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 0.0, 0.0]])
    assert program(X.reshape(2, 2, 2)).tolist() == [[-2.5, -3.0], [0.0, 0.5]]
    assert compile(W @ x, inputs=list(x.flat), parameters=W)(X).tolist() == [[-2.5, -3.0], [0.0, 0.5]]
    assert compile(line.loss, inputs=line.x, parameters=(line.w, line.b))([0.0]).tolist() == [1.0]


def test_leaves_that_are_named_as_neither_are_constants(line: Line) -> None:
    program = compile(line.loss, inputs=[line.x], parameters=[line.w])
    line.b.data = 100.0
    assert program([[3.0]]).tolist() == [49.0]


def test_outputs_that_are_inputs_or_parameters_themselves(line: Line) -> None:
    program = compile([line.x, line.w, line.x], inputs=[line.x], parameters=[line.w])
    assert program([[5.0], [6.0]]).tolist() == [[5.0, 2.0, 5.0], [6.0, 2.0, 6.0]]
    assert compile(line.x, inputs=[line.x]).loss_and_grad([[5.0], [7.0]])[0] == 6.0
    loss, gradient = compile(line.w, inputs=[line.x], parameters=[line.w]).loss_and_grad([[5.0], [7.0]])
    assert (loss, gradient.tolist()) == (2.0, [1.0])


def test_an_output_of_parameters_alone_is_the_same_for_every_example(line: Line) -> None:
    program = compile(line.w * line.b, inputs=[line.x], parameters=[line.w, line.b])
    assert program([[1.0], [2.0], [3.0]]).tolist() == [2.0, 2.0, 2.0]
    loss, gradient = program.loss_and_grad([[1.0], [2.0], [3.0]])
    assert (loss, gradient.tolist()) == (2.0, [1.0, 2.0])
    losses, gradients = program.loss_and_grad([[1.0], [2.0]], per_example=True)
    assert (losses.tolist(), gradients.tolist()) == ([2.0, 2.0], [[1.0, 2.0]] * 2)


def test_an_input_that_nothing_depends_on_is_allowed_and_reported(line: Line) -> None:
    program = compile(line.loss, inputs=[line.x, line.unused], parameters=[line.w, line.b])
    assert program([[3.0, math.nan]]).tolist() == [49.0]
    assert program.loss_and_grad([[3.0, 1e9]])[1].tolist() == [42.0, 14.0]
    assert "no output depends on unused" in program.report()


def test_the_graph_is_not_changed(line: Line) -> None:
    line.loss.backward()
    before = [(node.data, node.grad, node.label) for node in topological_order(line.loss)]
    program = compile(line.loss, inputs=[line.x], parameters=[line.w, line.b])
    program.parameters[:] = 0.0
    program.loss_and_grad([[1.0], [2.0]])
    assert [(node.data, node.grad, node.label) for node in topological_order(line.loss)] == before


# -- a function and an example ------------------------------------------------------------------


def test_a_function_with_an_example(line: Line) -> None:
    program = compile(lambda x: tanh(line.w * x[0] * x[1]), [1.0, 2.0], [line.w])
    np.testing.assert_allclose(program([[1.0, 0.5], [2.0, 3.0]]), np.tanh([1.0, 12.0]))


def test_a_function_gets_the_example_in_its_shape(line: Line) -> None:
    def loss(x: Any) -> Any:
        assert x.shape == (2, 2)
        return line.w * x[0, 1] + x[1, 0]

    assert compile(loss, [[1, 2], [3, 4]], [line.w])([[[0.0, 5.0], [7.0, 0.0]]]).tolist() == [17.0]


def test_a_model_is_a_function() -> None:
    model = MLP(2, [3, 1], np.random.default_rng(0))
    program = compile(model, [0.0, 0.0], model.parameters())
    out: Any = model([0.5, -1.0])
    assert program([[0.5, -1.0]])[0] == pytest.approx(out.data, rel=1e-14)


def compare(x: Any) -> Any:
    return x[0] if x[0] > x[1] else x[1]  # the line that the test looks for


def indirectly(x: Any) -> Any:
    return compare(x) * 2


def truth(x: Any) -> Any:
    return x[0] and x[1]  # the line of a truth value


@pytest.mark.parametrize(
    ("function", "remark"),
    [(compare, "the line that the test looks for"), (indirectly, "the line that the test looks for"),
     (truth, "the line of a truth value")],
)  # fmt: skip
def test_a_comparison_is_an_error_that_names_its_line_and_the_gates_to_use(
    function: Any, remark: str
) -> None:
    with open(__file__) as source:
        lines = [number for number, text in enumerate(source, 1) if text.rstrip().endswith(f"# {remark}")]
    with pytest.raises(TypeError) as caught:
        compile(function, [1.0, 2.0])
    assert re.search(rf"test_compiling\.py, line {lines[0]}\b", str(caught.value))
    for name in ("maximum", "minimum", "relu", "where"):
        assert name in str(caught.value)


def test_the_gate_that_the_error_names_chooses_for_each_example() -> None:
    program = compile(lambda x: maximum(x[0], x[1]), [1.0, 2.0])
    assert program([[1.0, 2.0], [5.0, 2.0]]).tolist() == [2.0, 5.0]


def test_an_error_of_the_function_itself_is_left_as_it_is() -> None:
    with pytest.raises(TypeError, match=r"^add takes a Value or a real number, got 'a'"):
        compile(lambda x: x[0] + "a", [1.0])
    with pytest.raises(ZeroDivisionError):
        compile(lambda x: x[0] * (1 / 0), [1.0])


@pytest.mark.parametrize(
    ("example", "error"),
    [([[1.0, 2.0], [3.0]], ValueError), ([1j], TypeError), (["a"], TypeError), ([None], TypeError)],
)
def test_an_example_that_is_no_array_of_numbers(example: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="got"):
        compile(lambda x: x[0], example)


def test_arrays_among_leaves_stand_for_their_elements() -> None:
    W, b, x, y = array(np.ones((2, 2))), array(np.zeros(2)), array([1.0, 2.0]), Value(3.0)
    loss = ((W @ x + b).sum() - y) ** 2
    program = compile(loss, inputs=[x, y], parameters=[W, b])
    flat = compile(loss, inputs=[*x, y], parameters=[*W.flat, *b])
    batch = np.random.default_rng(0).normal(size=(5, 3))
    given = program.loss_and_grad(batch[:, :2], batch[:, 2])
    for found, wanted in zip(given, flat.loss_and_grad(batch), strict=True):
        np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=1e-12)


# -- what it does not take ----------------------------------------------------------------------


@pytest.mark.parametrize("outputs", [3.0, None, "loss", [Value(1.0), 2.0], [[Value(1.0)], [None]]])
def test_outputs_that_are_no_values(outputs: Any, line: Line) -> None:
    with pytest.raises(TypeError, match="outputs must be Values, got"):
        compile(outputs, inputs=[line.x])


def test_no_outputs(line: Line) -> None:
    with pytest.raises(ValueError, match="at least one output, got none"):
        compile([], inputs=[line.x])


@pytest.mark.parametrize("which", ["inputs", "parameters"])
def test_leaves_that_are_no_values_are_computed_or_come_twice(which: str, line: Line) -> None:
    with pytest.raises(TypeError, match=f"{which} must be Values, got 3.0 at place 1"):
        compile(line.loss, **{which: [line.x, 3.0]})
    with pytest.raises(ValueError, match=rf"{which}\[1\] must be a leaf, got Value\(6.*computed by a gate"):
        compile(line.loss, **{which: [line.b, line.w * line.x]})
    with pytest.raises(ValueError, match=rf"{which}\[2\], Value\(.*label='x'\), appears twice"):
        compile(line.loss, **{which: [line.x, line.w, line.x]})


def test_a_leaf_that_is_input_and_parameter(line: Line) -> None:
    with pytest.raises(ValueError, match=r"parameters\[1\], .*label='x'\), is among the inputs too"):
        compile(line.loss, inputs=[line.x], parameters=[line.w, line.x])


def test_a_parameter_that_is_not_in_the_graph(line: Line) -> None:
    with pytest.raises(ValueError, match=r"parameters\[1\], .*'unused'\), is not in the graph"):
        compile(line.loss, inputs=[line.x], parameters=[line.w, line.unused])


def test_an_output_that_is_constant(line: Line) -> None:
    constant = Value(1.0) * 2
    with pytest.raises(ValueError, match="the output is constant: it depends on none"):
        compile(constant, inputs=[line.x])
    with pytest.raises(ValueError, match=r"outputs\[1\] is constant"):
        compile([line.loss, constant], inputs=[line.x], parameters=[line.w])
    with pytest.raises(ValueError, match="the output is constant"):
        compile(line.loss)


def test_a_refusal_leaves_the_values_as_they_were(line: Line) -> None:
    line.loss.backward()
    before = [(node.data, node.grad) for node in topological_order(line.loss)]
    with pytest.raises(ValueError, match="not in the graph"):
        compile(line.loss, inputs=[line.x], parameters=[line.w, line.unused])
    assert [(node.data, node.grad) for node in topological_order(line.loss)] == before
