"""Names in the program's source: the user's labels, and none of them in the program's way."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import GATES, Value, array, compile, exp, logsumexp, maximum, relu, summation, tanh, where
from autograd.compiler.library import FUNCTIONS
from autograd.compiler.naming import RESERVED, Names, base
from autograd.compiler.program import Program
from nn import MLP, squared_error
from tests.compiler.agreement import assert_agrees, compiled
from tests.compiler.graphs import arctan


@pytest.mark.parametrize(
    ("label", "name"),
    [("W1[0,1]", "W1"), ("h", "h"), ("σ[2]", "σ"), ("dL/dw", ""), ("", ""), ("w11(1)", ""), ("lambda", ""),
     ("None", ""), ("2x", ""), ("a b", ""), ("[0]", "")],
)  # fmt: skip
def test_the_name_in_a_label(label: str, name: str) -> None:
    assert base(label) == name


def test_a_name_is_given_out_once() -> None:
    names = Names()
    given = [names.new(wanted) for wanted in ("W", "W", "W2", "W", "z1", "z1", "z1_2", *sorted(RESERVED))]
    assert len(set(given)) == len(given)
    assert not RESERVED.intersection(given)
    assert given[0] == "W"


def test_names_of_several_functions_and_those_outside_them() -> None:
    """Two functions may use one name; what is outside never has a name of theirs, whichever comes first."""
    outer = Names()
    one, other = Names(outer), Names(outer)
    assert (one.new("v1"), other.new("v1")) == ("v1", "v1")
    assert outer.new("v1") == "v1_2"
    assert outer.new("mask") == "mask"
    assert one.new("mask") == "mask2"


def test_labels_name_inputs_layers_and_parameters() -> None:
    x, W, b = array(shape=2, label="x"), array(shape=(3, 2), label="W"), array(shape=3, label="b")
    scores = W @ x + b
    for i, score in enumerate(scores):
        score.label = f"scores[{i}]"
    source = compile(tanh(scores).sum(), inputs=x, parameters=[*W.ravel(), *b]).source
    assert "scores = W @ x + b" in source


def test_without_labels_layers_are_numbered() -> None:
    model = MLP(2, [3, 3, 1], np.random.default_rng(0))
    for parameter in model.parameters():
        parameter.label = ""
    x = [Value(1.0), Value(2.0)]
    source = compile(model(x), inputs=x, parameters=model.parameters()).source
    for name in ("h1", "h2"):
        assert f"    {name} = relu(" in source


#: Names of functions that the program calls, of what it passes around, of what Python keeps for itself;
#: and two pairs that Python's parser takes for one name.
AWKWARD = sorted(
    {
        *FUNCTIONS,
        *GATES,
        *RESERVED,
        "dloss",
        "d",
        "dx",
        "dh",
        "loss",
        "z1",
        "h1",
        "v1",
        "W2",
        "i",
        "c",
        "g",
        "at",
    }
    | {"segments", "e", "p", "arctan", "arctan_backward", "np", "print", "lambda", "None", "__debug__", "_"}
    | {"__builtins__", "\u00b5", "\u03bc", "\ufb01", "fi", "x.y", "W[0", "x'", "0x", "a b", ""}
)


def program_with_labels(x_label: str, weight_label: str, bias_label: str, hidden_label: str) -> Program:
    """A small network of many gates, compiled and compared with eager."""
    rng = np.random.default_rng(0)
    parameters = [Value(number, label=weight_label) for number in rng.normal(size=6)]
    parameters += [Value(number, label=bias_label) for number in rng.normal(size=2)]

    def loss(x: list[Value]) -> Value:
        for i, number in enumerate(x):
            number.label = f"{x_label}[{i}]"
        hidden = []
        for i in range(2):
            products = [parameters[3 * i + j] * x[j] for j in range(3)]
            hidden.append(arctan(exp(tanh(summation(*products, parameters[6 + i])))))
            hidden[i].label = f"{hidden_label}[{i}]"
        first, second = hidden
        choice = where(first, parameters[6], parameters[7])
        return logsumexp(*hidden) * relu(first) + maximum(second, 0.1) + choice

    return assert_agrees(loss, rng.normal(size=(3, 3)), parameters)


@pytest.mark.parametrize(
    "label", ["mask", "mask2", "i", "c", "rows", "segments", "e", "total", "largest", "x", "dx", "d"]
)
def test_nor_in_the_way_of_what_it_holds(label: str) -> None:
    """Masks, constants, indices and what is copied have names too, which come while lines are written."""
    W, V = (
        array(np.random.default_rng(0).normal(size=(4, 3)), label=label),
        array(np.ones((3, 3)), label=label),
    )

    def loss(x: list[Value]) -> Value:
        z = tanh(W @ np.array(x))
        for i, each in enumerate(z):
            each.label = f"{label}[{i}]"
        ragged = [logsumexp(*z[: t + 1]) * (t + 0.5) for t in range(4)]
        mixed = [tanh(V[i] @ np.array([z[3 - i], z[i], z[(2 * i) % 3]])) for i in range(3)]
        return summation(*ragged, *mixed)

    assert_agrees(loss, np.random.default_rng(1).normal(size=(3, 3)), [*W.flat, *V.flat])


@pytest.mark.parametrize("label", AWKWARD)
def test_no_label_is_in_the_programs_way(label: str) -> None:
    program_with_labels(label, label, label, label)
    program_with_labels(label, "W", "b", "h")
    program_with_labels("x", label, "b", "h")
    program_with_labels("x", "W", "b", label)


@pytest.mark.parametrize(
    "labels",
    [
        ("\u00b5", "\u03bc", "b", "h"),
        ("x", "W", "fi", "\ufb01"),
        ("dh", "h", "dW", "W"),
        ("x", "z1", "dz1", "z1"),
    ],
)
def test_nor_two_that_look_alike(labels: tuple[str, str, str, str]) -> None:
    program_with_labels(*labels)


def test_the_same_label_on_everything() -> None:
    model = MLP(2, [3, 1], np.random.default_rng(0))
    for parameter in model.parameters():
        parameter.label = "w"
    assert_agrees(lambda x: squared_error(model(x), 1.0), [[1.0, 2.0], [0.5, -1.0]], model.parameters())


def test_inputs_of_several_names_are_arguments_of_their_own() -> None:
    x, t = array(shape=2, label="x"), Value(1.0, label="t")
    w = Value(1.0, label="w")
    program = compile((w * x[0] + x[1] - t) ** 2, inputs=[*x, t], parameters=[w])
    assert "def outputs(x, t):" in program.source
    assert program([[1.0, 2.0, 3.0]]).tolist() == [0.0]


def test_an_input_label_that_comes_again_is_another_argument() -> None:
    inputs = [Value(float(i), label=label) for i, label in enumerate(["x[0]", "t", "x[1]"])]
    w = Value(2.0)
    program = compile(inputs[0] * w + inputs[1] * 10 + inputs[2] * 100, inputs=inputs, parameters=[w])
    assert program([[1.0, 2.0, 3.0]]).tolist() == [322.0]


def test_compiled_names_its_inputs_x() -> None:
    """What other tests rely on to read a source."""
    w = Value(1.0, label="w")
    assert "def outputs(x):" in compiled(lambda x: x[0] * w + x[1], [1.0, 2.0], [w]).source
