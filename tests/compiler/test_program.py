"""The program on batches: shapes, parameters, gradients per example, writing back, and errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, draw, logsumexp, summation, tanh
from autograd.compiler.program import Program
from nn import MLP, l2_penalty, load, save, squared_error
from tests.compiler.agreement import assert_agrees, compiled, on_arrays


class Fitted:
    """A small network with a squared error: x[0], x[1] and the target are its inputs."""

    def __init__(self) -> None:
        self.model = MLP(2, [3, 1], np.random.default_rng(0), activation=tanh)
        self.X = np.random.default_rng(1).normal(size=(5, 3))
        self.program = compiled(self.loss, self.X[0], self.model.parameters())

    def loss(self, example: list[Value]) -> Value:
        return squared_error(self.model(example[:2]), example[2])

    def eager_mean(self) -> Value:
        losses = [self.loss([Value(number) for number in row]) for row in self.X]
        mean: Value = summation(*losses) / len(losses)
        return mean


@pytest.fixture
def fitted() -> Fitted:
    return Fitted()


def line() -> Program:
    w, b, x, y = (
        Value(number, label=label) for number, label in zip((2.0, 1.0, 3.0, 0.0), "wbxy", strict=True)
    )
    return compile((w * x + b - y) ** 2, inputs=[x, y], parameters=[w, b])


# -- batches ------------------------------------------------------------------------------------


@pytest.mark.parametrize("examples", [0, 1, 2, 7, 1000])
def test_shapes(examples: int, fitted: Fitted) -> None:
    X = np.random.default_rng(2).normal(size=(examples, 3))
    assert fitted.program(X).shape == (examples,)
    losses, gradients = fitted.program.loss_and_grad(X, per_example=True)
    assert losses.shape == (examples,)
    assert gradients.shape == (examples, 13)
    if examples:
        loss, gradient = fitted.program.loss_and_grad(X)
        assert type(loss) is float
        assert gradient.shape == (13,)
        np.testing.assert_allclose(loss, losses.mean(), rtol=1e-12)
        np.testing.assert_allclose(gradient, gradients.mean(axis=0), rtol=1e-10)


def test_an_empty_batch_of_what_varies_beside_what_does_not() -> None:
    """The rows of the input, of no examples, are put together with those of a parameter."""
    x, p = Value(1.0), Value(2.0)
    program = compile([logsumexp(x, p), tanh(p), x], inputs=[x], parameters=[p])
    assert program(np.empty((0, 1))).shape == (0, 3)
    loss = compile(logsumexp(x, p) + p, inputs=[x], parameters=[p])
    losses, gradients = loss.loss_and_grad(np.empty((0, 1)), per_example=True)
    assert (losses.shape, gradients.shape) == ((0,), (0, 1))


@pytest.mark.parametrize("examples", [0, 1, 2, 3, 40])
def test_several_outputs_of_parameters_alone(examples: int) -> None:
    """As many examples as there are outputs too: each has all of them."""
    x, p, q = Value(1.0), Value(2.0), Value(3.0)
    program = on_arrays(compile([p * q, tanh(p), q], inputs=[x], parameters=[p, q]))
    found = program(np.zeros((examples, 1)))
    assert found.shape == (examples, 3)
    np.testing.assert_allclose(found, np.broadcast_to([6.0, math.tanh(2.0), 3.0], (examples, 3)))


def test_an_empty_batch_has_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        line().loss_and_grad(np.empty((0, 2)))


def test_without_inputs_the_batch_may_be_left_out() -> None:
    w = Value(3.0)
    program = compile(w * w, parameters=[w])
    assert program().tolist() == [9.0]
    loss, gradient = program.loss_and_grad()
    assert (loss, gradient.tolist()) == (9.0, [6.0])
    assert program(np.empty((2, 0))).tolist() == [9.0, 9.0]


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, np.bool_])
def test_other_real_numbers_are_converted(dtype: Any) -> None:
    X = np.array([[1, 0], [1, 1]]).astype(dtype)
    assert line()(X).tolist() == [9.0, 4.0]
    assert line()(X).dtype == np.float64


def test_the_batch_may_lie_in_memory_as_it_likes(fitted: Fitted) -> None:
    large = np.random.default_rng(3).normal(size=(6, 14))
    expected = fitted.program(large[::2, ::5].copy())
    for X in (large[::2, ::5], np.asfortranarray(large[::2, ::5]), large[::2, ::5].tolist()):
        np.testing.assert_allclose(fitted.program(X), expected, rtol=1e-14)


def test_nothing_is_written_into_the_batch(fitted: Fitted) -> None:
    before = fitted.X.copy()
    fitted.X.flags.writeable = False
    fitted.program(fitted.X)
    fitted.program.loss_and_grad(fitted.X)
    fitted.program.loss_and_grad(fitted.X, per_example=True)
    assert (before == fitted.X).all()


def test_results_are_not_written_over_by_the_next_call(fitted: Fitted) -> None:
    loss, gradient = fitted.program.loss_and_grad(fitted.X)
    outputs, kept = fitted.program(fitted.X), gradient.copy()
    kept_outputs = outputs.copy()
    fitted.program.loss_and_grad(fitted.X + 1)
    fitted.program(fitted.X + 1)
    assert (gradient == kept).all()
    assert (outputs == kept_outputs).all()
    assert fitted.program.loss_and_grad(fitted.X)[0] == loss, "nor does one call change the next"


def test_gradients_per_example_are_those_of_batches_of_one(fitted: Fitted) -> None:
    losses, gradients = fitted.program.loss_and_grad(fitted.X, per_example=True)
    for place, row in enumerate(fitted.X):
        loss, gradient = fitted.program.loss_and_grad(row[None])
        assert loss == pytest.approx(losses[place], rel=1e-13)
        np.testing.assert_allclose(gradients[place], gradient, rtol=1e-10, atol=1e-14)


# -- errors -------------------------------------------------------------------------------------

REFUSED = [
    pytest.param([[1.0]], ValueError, "(examples, 2), got shape (1, 1)", id="too narrow"),
    pytest.param([[1.0, 2.0, 3.0]], ValueError, "(examples, 2), got shape (1, 3)", id="too wide"),
    pytest.param([1.0, 2.0], ValueError, "(examples, 2), got shape (2,)", id="one example"),
    pytest.param([[[1.0, 2.0]]], ValueError, "(examples, 2), got shape (1, 1, 2)", id="three dimensions"),
    pytest.param([], ValueError, "(examples, 2), got shape (0,)", id="nothing"),
    pytest.param([[1.0, 2.0], [3.0]], ValueError, "got rows of different lengths", id="ragged"),
    pytest.param([[1j, 2.0]], TypeError, "got list of complex128", id="complex"),
    pytest.param([["1", "2"]], TypeError, "got list of <U1", id="str"),
    pytest.param([[Value(1.0), Value(2.0)]], TypeError, "got list of object", id="Values"),
    pytest.param([[None, 1.0]], TypeError, "got list of object", id="None in it"),
    pytest.param(None, TypeError, "got NoneType", id="None"),
    pytest.param(np.zeros((1, 2), "M8[s]"), TypeError, "got ndarray of datetime64", id="dates"),
]  # fmt: skip


@pytest.mark.parametrize(("X", "error", "message"), REFUSED)
def test_a_batch_that_it_does_not_take(X: Any, error: type[Exception], message: str) -> None:
    program = line()
    calls = (program, program.loss_and_grad, lambda X: program.loss_and_grad(X, per_example=True))
    before = program.loss_and_grad([[3.0, 0.0]])
    for call in calls:
        with pytest.raises(error) as caught:
            call(X)
        assert message in str(caught.value)
        assert "2 input(s)" in str(caught.value)
    program.write_back()
    assert [value.grad for value in program.values] == before[1].tolist(), "nothing has changed"


def test_the_gradient_of_a_list_of_outputs_is_refused() -> None:
    w, x = Value(2.0), Value(3.0)
    with pytest.raises(TypeError, match="needs one loss, a Value, but 2 output"):
        compile([w * x, w], inputs=[x], parameters=[w]).loss_and_grad([[1.0]])


def test_a_mean_of_infinite_losses_is_no_warning() -> None:
    for program in (line(), on_arrays(line())):
        loss, gradient = program.loss_and_grad(
            [[math.inf, math.inf], [math.nan, 0.0], [1e200, 0.0], [-math.inf, 0.0]]
        )
        assert math.isnan(loss)
        assert np.isnan(gradient).all()


def test_zero_times_an_infinite_leaf_is_nan_though_it_was_dropped() -> None:
    """As padding times an infinite weight: such a batch is run gate by gate."""
    w, v, x = Value(2.0), Value(3.0), Value(1.0)
    program = on_arrays(compile(0.0 * w + 0.0 * x + v * tanh(x), inputs=[x], parameters=[w, v]))
    assert "0" not in program.source.partition("return ")[2].partition("\n")[0].replace("[0]", "")
    assert program([[1.0], [2.0]]).tolist() == [3 * math.tanh(1.0), 3 * math.tanh(2.0)]
    np.testing.assert_array_equal(program([[1.0], [math.inf]]), [3 * math.tanh(1.0), math.nan])
    program.parameters[0] = -math.inf
    assert np.isnan(program([[1.0]])).all()
    assert math.isnan(program.loss_and_grad([[1.0]])[0])


def test_one_example_that_is_not_finite_leaves_the_others_to_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a batch of 5,000 with one nan in its data: the tape sees that one alone."""
    w, v, x = Value(2.0), Value(3.0), Value(1.0)
    program = on_arrays(compile(0.0 * x + v * tanh(x) * w, inputs=[x], parameters=[w, v]))
    X = np.array([[1.0], [math.nan], [2.0]])
    expected = program.tape.outputs(program.parameters, X)[0]
    seen = []
    tape = type(program.tape)
    outputs, loss_and_grad = tape.outputs, tape.loss_and_grad

    def watched(method: Any) -> Any:
        def run(self: Any, parameters: Any, X: Any) -> Any:
            seen.append(len(X))
            return method(self, parameters, X)

        return run

    monkeypatch.setattr(tape, "outputs", watched(outputs))
    monkeypatch.setattr(tape, "loss_and_grad", watched(loss_and_grad))
    np.testing.assert_array_equal(program(X), expected)
    loss, _ = program.loss_and_grad(X)
    assert math.isnan(loss)
    assert seen == [1, 1]
    program.parameters[:] = 2.0, 0.5
    X[1] = math.inf  # tanh is 1 there, but 0 * inf is nan
    assert math.isnan(program.loss_and_grad(X)[0])


def test_what_does_not_vary_but_for_a_dropped_zero() -> None:
    """The batch is nan where the input is: each example counts."""
    w, x = Value(2.0), Value(1.0)
    program = on_arrays(compile(0.0 * x + w, inputs=[x], parameters=[w]))
    np.testing.assert_array_equal(program([[1.0], [math.nan], [3.0]]), [2.0, math.nan, 2.0])
    assert math.isnan(program.loss_and_grad([[1.0], [math.nan], [3.0]])[0])
    assert program.loss_and_grad([[1.0], [2.0]])[0] == 2.0


def test_inputs_that_are_not_finite_propagate_without_a_warning() -> None:
    losses, gradients = line().loss_and_grad([[math.inf, 0.0], [math.nan, 0.0], [1.0, 0.0]], per_example=True)
    np.testing.assert_array_equal(losses, [math.inf, math.nan, 9.0])
    np.testing.assert_array_equal(gradients, [[math.inf, math.inf], [math.nan, math.nan], [6.0, 6.0]])


# -- parameters ---------------------------------------------------------------------------------


def test_parameters_are_one_flat_vector_in_the_order_given(fitted: Fitted) -> None:
    parameters = fitted.program.parameters
    assert parameters.dtype == np.float64
    assert parameters.tolist() == [parameter.data for parameter in fitted.model.parameters()]


def test_parameters_changed_in_place_are_what_the_next_call_computes_with(fitted: Fitted) -> None:
    """The weights in the program are views of them, not copies."""
    for place in range(13):
        before, (_, gradient) = fitted.program(fitted.X), fitted.program.loss_and_grad(fitted.X)
        fitted.program.parameters[place] += 0.5
        assert not np.allclose(fitted.program(fitted.X), before, rtol=1e-3), place
        assert not np.allclose(fitted.program.loss_and_grad(fitted.X)[1], gradient, rtol=1e-3), place
    fitted.program.write_back()
    assert_agrees(fitted.loss, fitted.X, fitted.model.parameters())
    np.testing.assert_allclose(
        fitted.program(fitted.X), compiled(fitted.loss, fitted.X[0], fitted.model.parameters())(fitted.X)
    )


def test_loose_parameters_are_read_anew_by_every_call() -> None:
    """One number of a vector is a copy of it, where a slice is a view."""
    p, q, x = Value(2.0), Value(3.0), Value(1.0)
    program = on_arrays(compile(tanh(p * x) * p + q * q, inputs=[x], parameters=[p, q]))
    program.loss_and_grad([[1.0]])
    program.parameters = [0.5, -1.0]
    assert program([[2.0]])[0] == pytest.approx(0.5 * math.tanh(1.0) + 1.0)
    loss, gradient = program.loss_and_grad([[2.0]])
    assert loss == pytest.approx(0.5 * math.tanh(1.0) + 1.0)
    assert gradient[0] == pytest.approx(math.tanh(1.0) + 0.5 * 2.0 / math.cosh(1.0) ** 2)
    assert gradient[1] == -2.0


def test_parameters_can_be_assigned_and_subtracted_from() -> None:
    program = line()
    vector = program.parameters
    program.parameters -= [1.0, 1.0]
    assert program.parameters is vector
    assert program([[5.0, 0.0]]).tolist() == [25.0]
    program.parameters = [3.0, -1.0]
    assert program.parameters is vector
    assert program([[5.0, 0.0]]).tolist() == [196.0]


@pytest.mark.parametrize(
    ("numbers", "error"),
    [([1.0], ValueError), ([1.0, 2.0, 3.0], ValueError), ([[1.0], [2.0]], ValueError), ("ab", TypeError),
     ([1j, 2.0], TypeError), (["a", 1.0], TypeError), (1.0, ValueError)],
)  # fmt: skip
def test_parameters_of_another_size_or_kind(numbers: Any, error: type[Exception]) -> None:
    program = line()
    with pytest.raises(error, match=r"flat array of 2 real number\(s\), got"):
        program.parameters = numbers
    assert program.parameters.tolist() == [2.0, 1.0]


def test_a_step_of_descent_is_the_eager_one(fitted: Fitted) -> None:
    for _ in range(3):
        _, gradient = fitted.program.loss_and_grad(fitted.X)
        fitted.program.parameters -= 0.1 * gradient
        fitted.model.zero_grad()
        fitted.eager_mean().backward()
        for parameter in fitted.model.parameters():
            parameter.data -= 0.1 * parameter.grad
    eager = [parameter.data for parameter in fitted.model.parameters()]
    np.testing.assert_allclose(fitted.program.parameters, eager, rtol=1e-12)


# -- writing back -------------------------------------------------------------------------------


def test_write_back_puts_weights_and_gradients_into_the_values(fitted: Fitted) -> None:
    _, gradient = fitted.program.loss_and_grad(fitted.X)
    fitted.program.parameters += 1.0
    before = [parameter.data for parameter in fitted.model.parameters()]
    fitted.program.write_back()
    parameters = fitted.model.parameters()
    assert [parameter.grad for parameter in parameters] == gradient.tolist()
    assert [parameter.data for parameter in parameters] == [number + 1.0 for number in before]
    assert all(type(number) is float for p in parameters for number in (p.data, p.grad))


def test_write_back_without_a_gradient_leaves_grad_alone(fitted: Fitted) -> None:
    for parameter in fitted.model.parameters():
        parameter.grad = 7.0
    fitted.program(fitted.X)
    fitted.program.write_back()
    assert {parameter.grad for parameter in fitted.model.parameters()} == {7.0}


def test_after_write_back_drawing_backward_and_saving_go_on(fitted: Fitted, tmp_path: Any) -> None:
    _, gradient = fitted.program.loss_and_grad(fitted.X)
    fitted.program.parameters -= 0.1 * gradient
    fitted.program.write_back()

    out: Any = fitted.model(fitted.X[0, :2])
    assert f"{fitted.model.parameters()[0].data:.4g}" in draw(out).source
    fitted.model.zero_grad()
    mean = fitted.eager_mean()
    mean.backward()
    loss, gradient = fitted.program.loss_and_grad(fitted.X)
    assert mean.data == pytest.approx(loss, rel=1e-12)
    eager = [parameter.grad for parameter in fitted.model.parameters()]
    np.testing.assert_allclose(gradient, eager, rtol=1e-10, atol=1e-14)

    save(fitted.model, tmp_path / "model.npz")
    other = MLP(2, [3, 1], activation=tanh)
    load(other, tmp_path / "model.npz")
    assert [parameter.data for parameter in other.parameters()] == fitted.program.parameters.tolist()


def test_two_programs_of_one_graph_do_not_share_parameters(fitted: Fitted) -> None:
    other = compiled(fitted.loss, fitted.X[0], fitted.model.parameters())
    before = other(fitted.X)
    fitted.program.parameters[:] = 0.0
    assert (other(fitted.X) == before).all()


def test_a_program_says_what_it_is(fitted: Fitted) -> None:
    assert repr(fitted.program).startswith("<program of ")
    assert f"{len(fitted.program.trace):,} scalar nodes" in repr(fitted.program)


def test_many_calls_of_different_sizes_agree(fitted: Fitted) -> None:
    """What is kept between calls, such as the gradient of the loss, is that of this batch."""
    rng = np.random.default_rng(0)
    for examples in (3, 5, 3, 1, 1, 5):
        X = rng.normal(size=(examples, 3))
        losses, gradients = fitted.program.loss_and_grad(X, per_example=True)
        loss, gradient = fitted.program.loss_and_grad(X)
        assert loss == pytest.approx(losses.mean(), rel=1e-12)
        np.testing.assert_allclose(gradient, gradients.mean(axis=0), rtol=1e-9, atol=1e-14)


def test_batches_of_several_blocks_and_of_one_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block as long as the last batch, but of a larger one, has another share in the mean."""
    monkeypatch.setattr("autograd.compiler.program.BLOCK", 0)
    monkeypatch.setattr("autograd.compiler.program.FEWEST", 3)
    program = line()
    X = np.random.default_rng(0).normal(size=(9, 2))
    for examples in (3, 6, 3, 7, 9):
        losses, gradients = program.loss_and_grad(X[:examples], per_example=True)
        loss, gradient = program.loss_and_grad(X[:examples])
        assert loss == pytest.approx(losses.mean(), rel=1e-12)
        np.testing.assert_allclose(gradient, gradients.mean(axis=0), rtol=1e-12)


def test_a_penalty_counts_once_per_batch() -> None:
    """Whatever the number of examples, in the loss and in the gradient."""
    w = array([1.0, -2.0])
    x = Value(1.0)
    program = compile(w[0] * x + l2_penalty(list(w), 0.5), inputs=[x], parameters=w)
    for examples in (1, 4):
        loss, gradient = program.loss_and_grad(np.zeros((examples, 1)))
        assert (loss, gradient.tolist()) == (2.5, [1.0, -2.0])
