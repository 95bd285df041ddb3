"""Sequential and Residual: what they compute, what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value, data_of, exp, gradcheck, summation, tanh
from nn import MLP, Convolution, Layer, Residual, Sequential, relu, softmax


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_sequential_is_its_parts_one_after_the_other() -> None:
    first, last = Layer(2, 3, rng=rng()), Layer(3, 2, rng=rng())
    model = Sequential(first, relu, last, softmax)
    x = [0.5, -1.0]
    hidden = np.maximum(first.state_dict()["weight"] @ x, 0.0)
    z = last.state_dict()["weight"] @ hidden
    assert data_of(model(x)).tolist() == pytest.approx((np.exp(z) / np.exp(z).sum()).tolist(), rel=1e-12)
    assert model.parameters() == first.parameters() + last.parameters()


def test_an_empty_sequential_changes_nothing() -> None:
    x = [Value(1.0)]
    assert Sequential()(x) is x  # type: ignore[comparison-overlap]


def test_sequential_refuses_what_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="part 1 of a Sequential must be a module or a function, got 'relu'"):
        Sequential(Layer(2, 2), "relu")  # type: ignore[arg-type]


def test_residual_adds_x() -> None:
    block = Layer(2, 2, tanh, rng=rng())
    x = [Value(0.3), Value(-0.7)]
    change = data_of(block(x))
    assert data_of(Residual(block)(x)).tolist() == [change[0] + 0.3, change[1] - 0.7]
    assert Residual(block).parameters() == block.parameters()


def test_residuals_gradient_is_that_of_the_block_plus_1() -> None:
    """Through 30 blocks of a small slope the gradient of a plain chain is gone."""

    def small(x: Any) -> Any:
        return tanh(x) * 0.01

    x = Value(0.5)
    Residual(small)(x).backward()
    plain = Value(0.5)
    small(plain).backward()
    assert x.grad == pytest.approx(plain.grad + 1, rel=1e-15)
    for blocks, low, high in (([Residual(small)] * 30, 1.0, 2.0), ([small] * 30, 0.0, 1e-50)):
        x = Value(0.5)
        Sequential(*blocks)(x).backward()
        assert low < x.grad < high


def test_residual_gradients_by_finite_differences() -> None:
    model = Residual(Sequential(Layer(2, 3, tanh, rng=rng()), Residual(tanh), Layer(3, 2, rng=rng())))
    x = [Value(0.3), Value(-0.7)]
    report = gradcheck(summation(*exp(model(x))))
    assert report.ok
    assert len(report.leaves) == 2 + len(model.parameters())


@pytest.mark.parametrize("x", [0.5, Value(0.5), [0.5], np.array([0.5])], ids=repr)
@pytest.mark.parametrize("block", [Layer(1, 1, rng=rng()), MLP(1, [3, 1], rng=rng())])
def test_one_number_may_come_with_a_list_around_it_or_without(block: Any, x: Any) -> None:
    assert data_of(Residual(block)(x)).item() == pytest.approx(data_of(block(x)).item() + 0.5)


def test_a_residual_convolution() -> None:
    convolution = Convolution(1, 1, 3, padding=1, rng=rng())
    image = np.arange(12.0).reshape(1, 3, 4)
    assert np.allclose(data_of(Residual(convolution)(image)), data_of(convolution(image)) + image)


@pytest.mark.parametrize(
    ("block", "x", "says"),
    [
        (Layer(2, 3), [1.0, 2.0], r"it took \(2,\) and gave \(3,\)"),
        (Layer(2, 1), [1.0, 2.0], r"it took \(2,\) and gave \(1,\)"),  # NumPy would broadcast
        (MLP(2, [1]), [1.0, 2.0], r"it took \(2,\) and gave \(\)"),
        (Convolution(1, 1, 2), np.ones((1, 3, 3)), r"it took \(1, 3, 3\) and gave \(1, 2, 2\)"),
    ],
)
def test_a_residual_refuses_another_shape(block: Any, x: Any, says: str) -> None:
    with pytest.raises(ValueError, match=f"a Residual needs a block that gives the shape it takes.*{says}"):
        Residual(block)(x)


def test_residual_refuses_what_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="the block of a Residual must be a module or a function, got None"):
        Residual(None)  # type: ignore[arg-type]
