"""Where a plain number is wanted a Value shows it, or says what to write; never a silent copy of it."""

from __future__ import annotations

import math
import operator
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, array, draw, explain, grad_of, step_through
from autograd.expression import parse
from nn import Neuron
from nn.optim import SGD

LEAVES_THE_GRAPH = r"leave the graph: write \.data for the number, or a gate .* v\.exp\(\) .*, data_of\("

# -- formats ------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [".4f", ">10.3g", "+.1e", "08.2f", ",.1f", "%", "^12", "g"])
@pytest.mark.parametrize("number", [2.345, -1e9, math.inf, math.nan])
def test_a_spec_formats_the_number(number: float, spec: str) -> None:
    assert format(Value(number, "loss"), spec) == format(number, spec)


def test_without_a_spec_it_shows_what_print_shows() -> None:
    v = Value(2.345, "loss")
    assert f"{v}" == str(v) == "Value(2.345, grad=0, label='loss')"
    assert f"{v!r:>40}" == repr(v).rjust(40)
    assert f"{array([1.5])[0]:.2f}" == "1.50"


@pytest.mark.parametrize("spec", ["x", "d", "s", ".2q"])
def test_a_spec_that_a_float_refuses_is_refused_alike(spec: str) -> None:
    with pytest.raises(ValueError, match=r".") as wanted:
        format(2.5, spec)
    with pytest.raises(ValueError, match=r".") as caught:
        format(Value(2.5), spec)
    assert str(caught.value) == str(wanted.value)


# -- plain numbers ------------------------------------------------------------------------------


def matplotlib_plot(v: Any) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib.figure import Figure

    Figure().subplots().plot([v, v])


@pytest.mark.parametrize(
    "use",
    [
        float,
        int,
        complex,
        round,
        lambda v: round(v, 2),
        math.exp,
        math.sqrt,
        math.floor,
        math.ceil,
        math.trunc,
        math.isnan,
        lambda v: math.isclose(v, 2.0),
        lambda v: math.log(v, 10),
        lambda v: math.pow(v, 2),
        lambda v: f"{'%.2f' % v}",  # noqa: UP031  the old way is what is tested
        lambda v: math.fsum([v, v]),
        lambda v: statistics.fmean([v, v]),
        lambda v: np.array([v, v], dtype=float),
        lambda v: np.array([[v]]).astype(np.float32),
        np.float64,
        lambda v: np.full(2, v, dtype=float),
        lambda v: np.zeros(2).__setitem__(0, v),
        matplotlib_plot,
    ],
)
def test_becoming_a_plain_number_is_refused_and_says_what_to_write(use: Callable[[Any], Any]) -> None:
    x = Value(2.5)
    for v in (x, x * 2):
        with pytest.raises(TypeError, match=LEAVES_THE_GRAPH):
            use(v)


@pytest.mark.parametrize("other", ["a", b"a", None, [1.0], (1.0,), {}, 1 + 2j], ids=repr)
@pytest.mark.parametrize(
    "operation", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
)
def test_an_operand_that_is_no_number_is_named(operation: Callable[[Any, Any], Any], other: Any) -> None:
    for pair in [(Value(2.0), other), (other, Value(2.0))]:
        with pytest.raises(TypeError, match="takes a Value or a real number, got") as caught:
            operation(*pair)
        assert f"{other!r} of type {type(other).__name__}" in str(caught.value)


# -- steps that change no parameter -------------------------------------------------------------


@pytest.mark.parametrize("number", [0.5, 2, np.float64(0.5), math.nan])
def test_a_step_of_descent_without_data_is_refused(number: float) -> None:
    p = Value(3.0, "p")
    (p * p).backward()
    with pytest.raises(TypeError, match=r"leave the leaf Value\(3, grad=6, label='p'\) .* write p\.data -= "):
        p -= number
    assert (p.data, p.grad) == (3.0, 6.0)


def test_the_loop_over_parameters_is_noticed() -> None:
    def descend() -> None:
        for p in model.parameters():
            p -= 0.1 * p.grad

    model = Neuron.of([1.0, 2.0], bias=3.0)
    model([1.0, 2.0]).backward()
    with pytest.raises(TypeError, match=r"write p\.data -= "):
        descend()
    with pytest.raises(ValueError, match="must be a leaf"):
        SGD([p - 0.1 * p.grad for p in model.parameters()])


@pytest.mark.parametrize("row", [0, slice(None), ...])
def test_a_step_of_descent_on_an_array_is_refused(row: Any) -> None:
    W = array([[1.0, 2.0], [3.0, 4.0]], label="W")
    leaves = W.ravel().tolist()
    (W @ W).sum().backward()
    with pytest.raises(TypeError, match=r"as Value\(1, .*'W\[0,0\]'\): .* for w in W\.flat: w\.data -= "):
        W[row] -= 0.1 * grad_of(W[row])
    assert W.ravel().tolist() == leaves
    W[row] -= W[row] * W[row]  # a formula of Values
    W[row] -= 1.0  # of what is computed
    assert W[0, 0].gate is not None


@pytest.mark.parametrize(
    "change", [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow]
)
def test_in_place_otherwise_makes_a_new_value(change: Callable[[Any, Any], Any]) -> None:
    fresh, reached, cleared = Value(3.0), Value(3.0), Value(3.0)
    computed = reached * cleared
    computed.backward()
    cleared.grad = 0.0
    for value, other in [(fresh, 2.0), (cleared, 2.0), (computed, 2.0), (reached, fresh)]:
        result = change(value, other)
        assert result.inputs == (value, other if other is fresh else None)
    assert isinstance(change(reached, np.array([1.0])), np.ndarray)
    with pytest.raises(TypeError, match="takes a Value or a real number, got 'a'"):
        change(reached, "a")


# -- what parse gives ---------------------------------------------------------------------------


@pytest.mark.parametrize("view", [draw, explain, step_through])
def test_a_view_of_what_parse_gives_asks_for_its_root(view: Callable[[Any], Any]) -> None:
    parsed = parse("+".join(f"x{i}" for i in range(100)), {f"x{i}": 1.0 for i in range(100)})
    words = rf"{view.__name__} takes a Value.*, got Parsed\(.*: pass its root$"
    with pytest.raises(TypeError, match=words) as caught:
        view(parsed)
    assert len(str(caught.value)) < 200
    view(parsed.root)
    with pytest.raises(TypeError, match=r"got 3 of type int$"):
        view(3)


# -- the package --------------------------------------------------------------------------------


def test_the_version_is_a_string_of_numbers() -> None:
    assert all(part.isdigit() for part in autograd.__version__.split("."))
