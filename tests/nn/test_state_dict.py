"""State: PyTorch's names and shapes, to and from PyTorch, all of it checked before anything changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, data_of, relu, tanh
from nn import MLP, Convolution, Layer, Module, Neuron, Residual, Sequential, Swish

ROWS = np.array([[0.3, -1.2], [2.0, 0.1], [-0.4, -0.5]])


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


class Holder(Module):
    """Holds whatever it is given, as attributes in that order."""

    def __init__(self, **attributes: object) -> None:
        vars(self).update(attributes)


def shapes(module: Module) -> dict[str, tuple[int, ...]]:
    return {name: numbers.shape for name, numbers in module.state_dict().items()}


def numbers(module: Module) -> list[float]:
    return [parameter.data for parameter in module.parameters()]


# -- beside PyTorch -------------------------------------------------------------------------------


def linear_relu_linear(torch: Any) -> Any:
    return torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1)).double()


def linear_tanh_twice(torch: Any) -> Any:
    linear, act = torch.nn.Linear, torch.nn.Tanh()
    return torch.nn.Sequential(linear(2, 4), act, linear(4, 3), act, linear(3, 2)).double()


def without_bias(torch: Any) -> Any:
    parts = torch.nn.Linear(2, 5, bias=False), torch.nn.ReLU(), torch.nn.Linear(5, 1, bias=False)
    return torch.nn.Sequential(*parts).double()


def nested(torch: Any) -> Any:
    inner = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
    return torch.nn.Sequential(inner, torch.nn.Linear(3, 2)).double()


@pytest.mark.parametrize(
    ("ours", "its"),
    [
        (lambda: Sequential(Layer(2, 16, rng=rng()), relu, Layer(16, 1, rng=rng())), linear_relu_linear),
        (lambda: MLP(2, [16, 1], rng()), linear_relu_linear),
        (lambda: MLP(2, [4, 3, 2], rng(), activation=tanh), linear_tanh_twice),
        (lambda: MLP(2, [5, 1], rng(), bias=False), without_bias),
        (lambda: Sequential(Sequential(Layer(2, 3, rng=rng()), tanh), Layer(3, 2, rng=rng())), nested),
    ],
)
def test_to_pytorch_and_back(ours: Callable[[], Any], its: Callable[[Any], Any]) -> None:
    torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
    torch.manual_seed(0)
    model, theirs = ours(), its(torch)
    start = numbers(model)
    model.load_state_dict(theirs.state_dict())  # from PyTorch: its biases are not 0

    def same_outputs() -> bool:
        outputs = np.array([np.atleast_1d(data_of(model(x))) for x in ROWS])
        return np.allclose(outputs, theirs(torch.tensor(ROWS)).detach().numpy(), rtol=1e-12, atol=1e-14)

    assert numbers(model) != start
    assert same_outputs()
    for parameter in model.parameters():
        parameter.data += 0.25
    assert not same_outputs()
    theirs.load_state_dict({name: torch.tensor(each) for name, each in model.state_dict().items()})
    assert same_outputs()
    assert list(model.state_dict()) == list(theirs.state_dict())


def test_a_tensor_that_numpy_cannot_read() -> None:
    torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
    layer = Layer(2, 1, bias=False)
    for tensor in (torch.ones(1, 2, requires_grad=True), torch.ones(1, 2, dtype=torch.bfloat16)):
        with pytest.raises(TypeError, match=r"^weight cannot be read as an array of numbers: "):
            layer.load_state_dict({"weight": tensor})
    layer.load_state_dict({"weight": torch.ones(1, 2, dtype=torch.float16)})
    assert numbers(layer) == [1.0, 1.0]


# -- names and shapes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (Neuron(3), {"w": (3,), "b": ()}),
        (Layer(3, 2), {"weight": (2, 3), "bias": (2,)}),
        (Layer(3, 2, Swish(), bias=False), {"weight": (2, 3), "activation.beta": ()}),
        (Swish(), {"beta": ()}),
        (Convolution(2, 3, (4, 5)), {"weight": (3, 2, 4, 5), "bias": (3,)}),
        (Residual(Layer(2, 2, bias=False)), {"block.weight": (2, 2)}),
        (Sequential(relu, Sequential(tanh, Layer(1, 1))), {"1.1.weight": (1, 1), "1.1.bias": (1,)}),
        (MLP(2, [1]), {"0.weight": (1, 2), "0.bias": (1,)}),
        (
            MLP(2, [3, 1], activation=Swish(), bias=False),
            {"0.weight": (3, 2), "1.beta": (), "2.weight": (1, 3)},
        ),
        (
            Holder(
                z=Value(1.0),
                rows=[[Value(1.0), Value(2.0)]],
                uneven=[[Value(1.0)], Value(2.0)],
                parts=[Layer(1, 1, bias=False), relu],
                heads={"left": Value(3.0)},
                W=array([[1.0], [2.0]]),
                output=Value(1.0) * 2,
                data=np.ones(2),
                name="holder",
            ),
            {"z": (), "rows": (1, 2), "uneven.0": (1,), "uneven.1": (), "parts.0.weight": (1, 1),
             "heads.left": (), "W": (2, 1)},
        ),
    ],
)  # fmt: skip
def test_names_and_shapes(module: Module, expected: dict[str, tuple[int, ...]]) -> None:
    assert shapes(module) == expected
    assert all(each.dtype == np.float64 for each in module.state_dict().values())


def test_a_state_is_a_copy_and_says_which_number_is_where() -> None:
    layer = Layer(2, 3, rng=rng())
    state = layer.state_dict()
    assert state["weight"].tolist() == [[w.data for w in neuron.w] for neuron in layer.neurons]
    before = numbers(layer)
    state["weight"][:] = 0.0
    assert numbers(layer) == before


def test_there_and_back_to_the_bit_nan_and_inf_too() -> None:
    model, other = MLP(2, [3, 1], rng(), activation=Swish(0.3)), MLP(2, [3, 1], activation=Swish())
    model.parameters()[0].data, model.parameters()[1].data = float("nan"), -float("inf")
    other.load_state_dict(model.state_dict())
    assert np.array(numbers(other)).tobytes() == np.array(numbers(model)).tobytes()
    model.load_state_dict(model.state_dict())


def test_lists_and_integers_will_do() -> None:
    layer = Layer(2, 1)
    layer.load_state_dict({"bias": [3], "weight": [[True, np.float32(0.5)]]})
    assert numbers(layer) == [1.0, 0.5, 3.0]
    assert all(type(number) is float for number in numbers(layer))


def test_a_module_that_holds_itself() -> None:
    held = Holder(w=Value(1.0))
    held.__dict__["parent"] = held
    assert shapes(held) == {"w": ()}


def test_a_parameter_past_the_state_is_an_error() -> None:
    class Scaled(Sequential):
        def __init__(self) -> None:
            super().__init__(relu)
            self.scale = Value(2.0)

    with pytest.raises(RuntimeError, match=r"^Scaled: no name for the parameter scale in state_parts\(\)$"):
        Scaled().state_dict()


# -- tied weights and missing connections ---------------------------------------------------------


def test_tied_weights_come_under_both_names_and_must_agree() -> None:
    first, second = Layer(2, 2, bias=False, rng=rng()), Layer(2, 2, bias=False)
    second.weight = first.weight.T
    model = Sequential(first, tanh, second)
    state = model.state_dict()
    assert state["0.weight"].tolist() == state["2.weight"].T.tolist()
    assert len(model.parameters()) == 4
    new = {"0.weight": [[1.0, 2.0], [3.0, 4.0]], "2.weight": [[1.0, 3.0], [2.0, 4.0]]}
    model.load_state_dict(new)
    assert numbers(model) == [1.0, 2.0, 3.0, 4.0]
    says = r"2\.weight\[0,1\] and 0\.weight\[1,0\] are one parameter, but the state has 7 and 3"
    with pytest.raises(ValueError, match=says):
        model.load_state_dict(
            {**new, "0.weight": [[9.0, 9.0], [3.0, 4.0]], "2.weight": [[9.0, 7.0], [9.0, 4.0]]}
        )
    assert numbers(model) == [1.0, 2.0, 3.0, 4.0]


def test_one_layer_in_two_places() -> None:
    layer = Layer(2, 2)
    model = Sequential(layer, relu, layer)
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert len(model.parameters()) == 6
    model.load_state_dict(model.state_dict())


def test_a_missing_connection_is_0_and_stays_so() -> None:
    layer = Layer(2, 2, connections=[[True, False], [True, True]])
    state = layer.state_dict()
    assert state["weight"][0, 1] == 0.0
    state["weight"][1, 1] = 5.0
    layer.load_state_dict(state)
    assert layer.neurons[1].w[1].data == 5.0
    before, state["weight"][0] = numbers(layer), 7.0
    with pytest.raises(ValueError, match=r"^weight\[0,1\] is no parameter and stays 0, but the state has 7$"):
        layer.load_state_dict(state)
    assert numbers(layer) == before


# -- what is refused ------------------------------------------------------------------------------

GOOD: dict[str, Any] = {
    "0.weight": np.ones((3, 2)), "0.bias": np.ones(3), "2.weight": np.ones((1, 3)), "2.bias": np.ones(1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "kind", "says"),
    [
        ({}, ValueError, "for MLP lacks '0.weight', '0.bias', '2.weight' and 1 more$"),
        ({**GOOD, "4.weight": 1}, ValueError, "for MLP has unknown names: '4.weight'$"),
        (dict([*GOOD.items(), (0, 1)]), ValueError, "for MLP has unknown names: 0$"),
        ({**GOOD, "2.bias": np.ones(2)}, ValueError, r"^2.bias must have shape \(1,\), got \(2,\)"),
        ({**GOOD, "2.bias": 1.0}, ValueError, r"^2.bias must have shape \(1,\), got \(\)"),
        ({**GOOD, "0.weight": np.ones((2, 3))}, ValueError, r"shape \(3, 2\), got \(2, 3\)"),
        ({**GOOD, "2.weight": [[1.0], [1.0, 2.0]]}, ValueError, "got rows of different lengths"),
        ({**GOOD, "2.bias": [1j]}, TypeError, "^2.bias must be .* real numbers, got one of complex128"),
        ({**GOOD, "2.bias": ["1"]}, TypeError, "^2.bias must be an array of real numbers, got one of <U1"),
        ({**GOOD, "2.bias": [None]}, TypeError, "got one of object"),
        ({**GOOD, "2.bias": [Value(1.0)]}, TypeError, "got one of object"),
        ({**GOOD, "2.bias": [10**400]}, TypeError, "got one of object"),
        ([1.0], TypeError, r"^a state is a dict of arrays by name, got \[1\.0\] of type list"),
    ],
)
def test_refuses_and_changes_nothing(state: Any, kind: type[Exception], says: str) -> None:
    model = MLP(2, [3, 1], rng())
    before = numbers(model)
    with pytest.raises(kind, match=says):
        model.load_state_dict(state)
    assert numbers(model) == before
    model.load_state_dict(GOOD)
    assert numbers(model) == [1.0] * 13
