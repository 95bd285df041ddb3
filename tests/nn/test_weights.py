"""Weight and bias arrays of modules: to read, to replace as a whole; nothing is changed in vain."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, ValueArray, data_of
from nn import MLP, Convolution, Layer, Module
from nn.optim import SGD
from nn.weights import Weights

HOLDERS: dict[str, Callable[[], Any]] = {
    "layer": lambda: Layer(2, 2),
    "layer of an MLP": lambda: MLP(2, [2, 1]).layers[0],
    "convolution": lambda: Convolution(1, 2, 2),
    "copied convolution": lambda: copy.deepcopy(Convolution(1, 2, 2)),
}


@pytest.fixture(params=HOLDERS)
def module(request: pytest.FixtureRequest) -> Any:
    return HOLDERS[request.param]()


@pytest.mark.parametrize("name", ["weight", "bias"])
@pytest.mark.parametrize(
    "change",
    [
        "module.NAME[0] = Value(5.0)",
        "module.NAME[...] = 0.0",
        "module.NAME.T[0] = Value(5.0)",
        "module.NAME[[0]][0] = Value(5.0)",
        "module.NAME += 1",
        "module.NAME -= 0.1 * module.NAME",
        "module.NAME *= Value(2.0)",
        "module.NAME.fill(0)",
        "np.multiply(module.NAME, 2, out=module.NAME)",
        "np.add.at(module.NAME, 0, 1)",
        "module.NAME.data = 0",
        "module.NAME.data[0] = 0",
    ],
)
def test_an_element_cannot_be_replaced_in_vain(module: Any, change: str, name: str) -> None:
    before = module.named_parameters()
    with pytest.raises((TypeError, AttributeError), match=r"layer.weight\[0, 0\].data = 5.0"):
        exec(change.replace("NAME", name), {"module": module, "Value": Value, "np": np})
    assert module.named_parameters() == before


@pytest.mark.parametrize("change", ["module.weight.flat[0] = 1", "np.copyto(module.weight, 0)"])
def test_nor_by_numpys_back_doors(module: Any, change: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        exec(change, {"module": module, "np": np})


def test_what_the_message_says_takes_effect(module: Any) -> None:
    module.weight[(0,) * module.weight.ndim].data = 5.0
    module.bias[1].data = -1.0
    assert module.state_dict()["weight"].flat[0] == 5.0
    assert module.state_dict()["bias"].tolist() == [0.0, -1.0]
    SGD(module.parameters(), lr=1.0).apply(np.ones(len(module.parameters())))
    assert data_of(module.weight).flat[0] == 4.0


def test_arithmetic_gives_new_arrays(module: Any) -> None:
    weight = module.weight
    for other in (weight * 2, weight.T @ np.ones(len(weight)), np.exp(weight), weight.copy()):
        assert type(other) is ValueArray
        other[0] = 1.0
    assert isinstance(weight[0], Weights)
    assert isinstance(weight.sum(), Value)


def test_a_whole_array_ties_the_parameters(module: Any) -> None:
    other = copy.deepcopy(module)
    names = [name for name, _ in module.named_parameters()]
    module.weight, module.bias = other.weight, other.bias.tolist()
    assert module.parameters() == other.parameters()
    assert [name for name, _ in module.named_parameters()] == names


@pytest.mark.parametrize("name", ["weight", "bias"])
def test_another_array_is_refused_whole(module: Any, name: str) -> None:
    before, array = module.parameters(), getattr(module, name)
    shape = str(array.shape).replace("(", r"\(").replace(")", r"\)")
    for wrong, kind, message in (
        (array[:1], ValueError, f"{name} must have shape {shape}, got "),
        (1.0, ValueError, rf"{name} must have shape {shape}, got \(\)"),
        (None, ValueError, f"{name} must have shape"),
        (data_of(array), TypeError, f"{name} takes Values to tie .*to set numbers, set each .data"),
        (array * 2, ValueError, f"{name} takes leaves, got .* computed by mul: it would stay as it is"),
    ):
        with pytest.raises(kind, match=message):
            setattr(module, name, wrong)
        assert module.parameters() == before


@pytest.mark.parametrize("module", [Layer(2, 2, bias=False), Convolution(1, 2, 2, bias=False)])
def test_without_a_bias(module: Any) -> None:
    assert module.bias is None
    assert "bias" not in module.state_dict()


def test_a_layer_without_a_bias_takes_none() -> None:
    with pytest.raises(ValueError, match=r"Layer\(2, 2, bias=False\) has no bias to set"):
        Layer(2, 2, bias=False).bias = Layer(2, 2).bias


def test_a_custom_module_may_hold_arrays_as_it_likes() -> None:
    class Own(Module):
        def __init__(self) -> None:
            self.weight = ValueArray((2,), object)
            self.weight[...] = [Value(1.0), Value(2.0)]

    own = Own()
    own.weight[0] = Value(3.0)
    assert own.state_dict()["weight"].tolist() == [3.0, 2.0]
