"""Module: which Values are parameters, in what order, by what name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Value, relu, tanh
from autograd.node import NOT_YET
from nn import MLP, Convolution, Layer, Module, Residual, Sequential, Swish, selu


class Holder(Module):
    """Holds whatever it is given, as attributes in that order."""

    def __init__(self, **attributes: object) -> None:
        vars(self).update(attributes)


def named(module: Module) -> list[tuple[str, float]]:
    return [(name, parameter.data) for name, parameter in module.named_parameters()]


def test_parameters_are_found_wherever_a_module_holds_them() -> None:
    matrix = np.array([[Value(5.0), Value(6.0)]], dtype=object)
    held = Holder(
        z=Value(1.0),
        a=[Value(2.0), (Value(3.0),)],
        heads={"left": Value(4.0)},
        W=matrix,
        inner=Holder(b=Value(7.0)),
    )
    assert named(held) == [
        ("z", 1.0),
        ("a[0]", 2.0),
        ("a[1][0]", 3.0),
        ("heads['left']", 4.0),
        ("W[0][0]", 5.0),
        ("W[0][1]", 6.0),
        ("inner.b", 7.0),
    ]
    assert [parameter.data for parameter in held.parameters()] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_a_name_says_how_to_reach_the_parameter() -> None:
    model = MLP(2, [3, 2])
    pairs = model.named_parameters()
    assert pairs[0][0] == "layers[0].weight[0][0]"
    for name, parameter in pairs:
        assert eval(f"model.{name}", {"model": model}) is parameter


def test_what_is_no_leaf_value_is_no_parameter() -> None:
    w = Value(2.0)
    held = Holder(output=w * 3, n=3, rate=0.1, name="w", data=np.ones(2), nothing=None, w=w)
    assert held.parameters() == [w]


def test_a_shared_value_comes_once_by_its_first_name() -> None:
    tied, other = Value(1.0), Value(2.0)
    held = Holder(encoder=Holder(w=[tied, other]), decoder=Holder(w=[other, tied]), again=tied)
    assert named(held) == [("encoder.w[0]", 1.0), ("encoder.w[1]", 2.0)]


def test_equal_numbers_are_different_parameters() -> None:
    assert len(Holder(w=[Value(0.0), Value(0.0)]).parameters()) == 2


def test_parameters_of_many_arrays_are_all_found() -> None:
    """Their lists are made and dropped on the way: a new one must not pass for one seen before."""
    held = Holder(**{f"W{i}": np.array([[Value(float(i))]], dtype=object) for i in range(20)})
    assert [parameter.data for parameter in held.parameters()] == [float(i) for i in range(20)]


def test_a_module_that_holds_itself() -> None:
    held = Holder(w=Value(1.0))
    held.__dict__["parent"] = held
    assert named(held) == [("w", 1.0)]


def test_the_order_is_the_same_each_time() -> None:
    model = MLP(3, [4, 4, 2])
    assert list(map(id, model.parameters())) == list(map(id, model.parameters()))


def test_zero_grad_clears_the_parameters_gradients() -> None:
    model = MLP(2, [3, 1], rng=np.random.default_rng(0))
    x = Value(0.5)
    for _ in range(2):
        model.zero_grad()
        score = model([x, 1.0])
        assert isinstance(score, Value)
        score.backward()
    assert model.parameters()[-1].grad == 1.0  # not 2.0, as without zero_grad()
    assert x.grad != 0.0
    model.zero_grad()
    assert all(parameter.grad is NOT_YET for parameter in model.parameters())
    assert x.grad != 0.0  # an input is no parameter


def test_modules_within_modules_at_any_depth() -> None:
    model = Holder(w=Value(1.0))
    for _ in range(3_000):
        model = Holder(part=model)
    ((name, _),) = model.named_parameters()
    assert name == "part." * 3_000 + "w"
    assert [*model.state_dict()] == [name]


def test_representations() -> None:
    assert repr(Holder(w=[Value(1.0), Value(2.0)])) == "Holder of 2 parameters"
    assert repr(MLP(2, [16, 16, 1])) == "MLP(2, [16, 16, 1])"
    assert repr(Layer(2, 3)) == "Layer(2, 3)"
    assert repr(Layer(2, 3, relu, bias=False)) == "Layer(2, 3, relu, bias=False)"
    assert repr(Layer(2, 1, Swish(2)).neurons[0]) == "Neuron(2, Swish(beta=2))"
    assert repr(Layer(2, 1, selu, connections=[[True, False]])) == "Layer(2, 1, selu, 1 of 2 connections)"
    assert repr(MLP(2, [3, 1], activation=tanh, bias=False)) == "MLP(2, [3, 1], activation=tanh, bias=False)"
    assert repr(Convolution(1, 2, 3)) == "Convolution(1, 2, 3)"
    assert repr(Convolution(1, 2, (1, 3), 2, 1, bias=False)) == (
        "Convolution(1, 2, (1, 3), stride=2, padding=1, bias=False)"
    )


def test_nested_representations() -> None:
    model = Holder(net=Sequential(Layer(2, 2, relu), Residual(Sequential(Layer(2, 2), tanh))), n=3)
    assert repr(model).splitlines() == [
        "Holder(",
        "  (net): Sequential(",
        "    (0): Layer(2, 2, relu)",
        "    (1): Residual(",
        "      (block): Sequential(",
        "        (0): Layer(2, 2)",
        "        (1): tanh",
        "      )",
        "    )",
        "  )",
        ")",
    ]


def test_the_representation_of_a_module_that_holds_itself() -> None:
    held = Holder(w=Value(1.0))
    held.__dict__["parent"] = held
    assert repr(held) == "Holder(\n  (parent): ...\n)"


def test_every_public_name_is_there_and_the_heavy_ones_come_when_asked_for() -> None:
    code = "import sys, nn; print({'numpy', 'matplotlib'} & {*sys.modules}, {*nn.__all__} <= {*dir(nn)})"
    root = Path(nn.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["set()", "True"]
    for name in nn.__all__:
        assert getattr(nn, name) is not None
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'nothing'"):
        nn.nothing  # noqa: B018
