"""Convolution: by hand, against PyTorch in float64, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value, array, data_of, grad_of, relu, topological_order
from nn import Convolution, Sequential

#: in_channels, out_channels, kernel_size, stride, padding, bias, height, width
SHAPES: list[tuple[int, int, int | tuple[int, int], int, int, bool, int, int]] = [
    (1, 1, 1, 1, 0, True, 1, 1),
    (1, 2, 3, 1, 0, True, 4, 5),
    (2, 3, 2, 1, 1, True, 3, 4),
    (3, 2, (2, 3), 2, 1, False, 5, 6),
    (1, 1, 2, 3, 0, False, 7, 7),
    (2, 1, 1, 1, 2, True, 2, 2),
]


def test_by_hand() -> None:
    """Not flipped: the filter lies on the image as it is written."""
    convolution = Convolution(1, 1, 2)
    convolution.load_state_dict({"weight": [[[[1, 2], [3, 4]]]], "bias": [0.5]})
    out = convolution([[1, 0, 0], [0, 1, 0]])
    assert data_of(out).tolist() == [[[1 + 4 + 0.5, 3 + 0.5]]]
    assert [node.gate.name for node in topological_order(out[0, 0, 0]) if node.gate] == ["mul"] * 4 + ["sum"]


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_as_pytorch(shape: tuple[Any, ...]) -> None:
    torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
    inside, outside, kernel, stride, padding, bias, height, width = shape
    rng = np.random.default_rng(3)
    ours = Convolution(inside, outside, kernel, stride, padding, bias=bias, rng=rng)
    if ours.bias is not None:
        ours.load_state_dict({**ours.state_dict(), "bias": rng.normal(size=outside)})
    its = {name: torch.tensor(numbers, requires_grad=True) for name, numbers in ours.state_dict().items()}
    numbers = rng.normal(size=(inside, height, width))
    image, tensor = array(numbers), torch.tensor(numbers, requires_grad=True)
    expected = torch.nn.functional.conv2d(
        tensor, its["weight"], its.get("bias"), stride=stride, padding=padding
    )
    out = ours(image)
    assert out.shape == tuple(expected.shape)
    assert np.allclose(data_of(out), expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    upstream = rng.normal(size=out.shape)
    (out * upstream).sum().backward()
    (expected * torch.tensor(upstream)).sum().backward()
    assert np.allclose(grad_of(image), tensor.grad.numpy(), rtol=1e-12, atol=1e-14)
    assert np.allclose(grad_of(ours.weight), its["weight"].grad.numpy(), rtol=1e-12, atol=1e-14)
    if ours.bias is not None:
        assert np.allclose(grad_of(ours.bias), its["bias"].grad.numpy(), rtol=1e-12, atol=1e-14)


def test_images_of_any_kind_and_two_dimensions_for_one_channel() -> None:
    convolution = Convolution(1, 2, 2, rng=np.random.default_rng(0))
    numbers = [[1, 2, 3], [4, 5, 6]]
    expected = data_of(convolution([numbers])).tolist()
    for image in (numbers, np.array(numbers), np.array([numbers], np.float32), array(numbers), (numbers,)):
        assert data_of(convolution(image)).tolist() == expected


def test_labels_parameters_and_a_stack_of_them() -> None:
    convolution = Convolution(1, 2, (1, 2), rng=np.random.default_rng(0))
    assert [p.label for p in convolution.parameters()] == [
        "W[0,0,0,0]", "W[0,0,0,1]", "W[1,0,0,0]", "W[1,0,0,1]", "b[0]", "b[1]",
    ]  # fmt: skip
    assert len(Convolution(2, 3, 2, bias=False).parameters()) == 3 * 2 * 4
    model = Sequential(convolution, relu, Convolution(2, 1, 2))
    assert model(np.ones((3, 4))).shape == (1, 2, 2)
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_seed_repeats() -> None:
    first, again = (Convolution(1, 2, 2, rng=np.random.default_rng(4)).state_dict() for _ in range(2))
    assert first["weight"].tobytes() == again["weight"].tobytes()


@pytest.mark.parametrize(
    ("image", "kind", "says"),
    [
        (
            np.ones((3, 3)),
            ValueError,
            r"Convolution\(2, 1, 2\) takes .* \(2, height, width\), got shape \(3, 3\)",
        ),
        (np.ones((1, 3, 3)), ValueError, r"got shape \(1, 3, 3\)"),
        (
            np.ones((5, 2, 3, 3)),
            ValueError,
            r"got shape \(5, 2, 3, 3\)\. A model takes one example at a time",
        ),
        (np.ones((2, 3)), ValueError, r"got shape \(2, 3\)"),
        (1.0, ValueError, r"got shape \(\)"),
        ([[[1.0, 2.0], [3.0]]] * 2, ValueError, "got rows of different lengths"),
        ([[[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0]]], ValueError, "got rows of different lengths"),
        ([np.ones((2, 2)), np.ones((2, 3))], ValueError, "got rows of different lengths"),
        (np.ones((2, 1, 3)), ValueError, "an image of at least 2 x 2, padding included, got 1 x 3"),
        ([[["1", "2"], ["3", "4"]]] * 2, TypeError, "Convolution takes a Value or a real number, got '1'"),
    ],
)
def test_refuses_an_image(image: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        Convolution(2, 1, 2)(image)


def test_refuses_a_batch_of_images_of_one_channel() -> None:
    with pytest.raises(ValueError, match=r"got shape \(5, 3, 3\)\. A model takes one example at a time"):
        Convolution(1, 1, 2)(np.ones((5, 3, 3)))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: Convolution(0, 1, 1), "in_channels must be a whole number, at least 1, got 0"),
        (lambda: Convolution(1, 0, 1), "out_channels must be"),
        (lambda: Convolution(1, 1, (3, 0)), "kernel_size must be a whole number, at least 1, got 0"),
        (lambda: Convolution(1, 1, (1, 2, 3)), r"kernel_size must be .* got \(1, 2, 3\)"),  # type: ignore[arg-type]
        (lambda: Convolution(1, 1, 1, stride=0), "stride must be"),
        (lambda: Convolution(1, 1, 1, padding=-1), "padding must be a whole number, at least 0, got -1"),
    ],
)
def test_refuses_sizes(wrong: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        wrong()


def test_a_plain_number_gets_no_node() -> None:
    out = Convolution(1, 1, 1)([[2.0]])
    assert [node.label for node in topological_order(out[0, 0, 0]) if node.gate is None] == [
        "W[0,0,0,0]",
        "b[0]",
    ]
    assert isinstance(out[0, 0, 0], Value)
