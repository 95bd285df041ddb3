"""Exercises on layers: initialisation, a residual, the Jacobian of a layer, a convolution."""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.random import default_rng

from autograd import Value, array, grad_of, jacobian, tanh
from nn import Convolution

from .exercise import Array, Complaint, Exercise, Mistake, numbers_of
from .quoting import quoted

# -- initialisation -----------------------------------------------------------------------------


def run_init(draw_weights: Callable[..., Any], n_inputs: int, n_outputs: int) -> tuple[float, ...]:
    """The shape of the weights and their standard deviation; a complaint if they are not random of mean 0."""
    returned = [draw_weights(n_inputs, n_outputs, default_rng(seed)) for seed in (0, 0, 1)]
    first, again, other = [_weights(each) for each in returned]
    if sorted(first.shape) != sorted((n_outputs, n_inputs)):
        wanted = f"(n_outputs, n_inputs) = {(n_outputs, n_inputs)}"
        raise Complaint(f"It returns an array of shape {first.shape}; wanted is {wanted}")
    if not np.isfinite(first).all():
        raise Complaint("The weights are not all finite")
    if not np.array_equal(first, again):
        raise Complaint("The same seed gives other weights: draw them from the rng that is given")
    if np.array_equal(first, other):
        raise Complaint("Another seed gives the same weights: draw them from the rng that is given")
    if _is_alike(first) or _is_alike(first.T):
        raise Complaint("Some rows or columns are multiples of others: draw each weight on its own")
    deviation, mean = float(first.std()), float(first.mean())
    if abs(mean) > 0.03 * (deviation + abs(mean)):  # of 100,000 such numbers, 0.003 by chance
        raise Complaint(f"The mean of the weights is {mean:.3g}; wanted is 0: some above, others below")
    return *first.shape, deviation


def _weights(returned: Any) -> Array:
    try:
        weights = numbers_of(returned)
    except (TypeError, ValueError):
        weights = np.array(0.0)
    if weights.ndim != 2:
        raise Complaint(f"It returns {quoted(returned)}; wanted is a NumPy array (n_outputs, n_inputs)")
    return weights


def _is_alike(weights: Array) -> bool:
    """Whether two rows go together, as independent ones of some hundred numbers never do."""
    correlations = np.abs(np.corrcoef(weights))
    return bool(np.count_nonzero(correlations > 0.5) > len(weights))


def init(n_inputs: int, n_outputs: int) -> tuple[float, ...]:
    return n_outputs, n_inputs, sqrt(2 / n_inputs)


def _normal(deviation: Callable[[int, int], float]) -> Callable[[int, int], tuple[float, ...]]:
    return lambda n_inputs, n_outputs: (n_outputs, n_inputs, deviation(n_inputs, n_outputs))


INIT = Exercise(
    "the variance of the first weights",
    init,
    [
        Mistake(
            "The root is missing: 2 / n_inputs is the variance, and a normal distribution is given its "
            "standard deviation, the root of that.",
            _normal(lambda n, m: 2 / n),
        ),
        Mistake(
            "The 2 is missing: relu stops half of the signal, so the variance is 2 / n_inputs.",
            _normal(lambda n, m: sqrt(1 / n)),
        ),
        Mistake(
            "The variance goes by n_outputs; a neuron adds up n_inputs terms.",
            _normal(lambda n, m: sqrt(2 / m)),
        ),
        Mistake(
            "This is Xavier's variance, 2 / (n_inputs + n_outputs), for tanh; relu stops half of the signal.",
            _normal(lambda n, m: sqrt(2 / (n + m))),
        ),
        Mistake(
            "The bound of a uniform distribution is not its standard deviation: U(-a, a) has the "
            "variance a**2 / 3.",
            _normal(lambda n, m: sqrt(2 / n) / sqrt(3)),
        ),
        Mistake("The weights are not scaled: their variance is 1.", _normal(lambda n, m: 1.0)),
        Mistake(
            "The weights are transposed: a row per output, (n_outputs, n_inputs), so that W @ x works.",
            lambda n_inputs, n_outputs: (n_inputs, n_outputs, sqrt(2 / n_inputs)),
        ),
    ],
    lambda rng: [(400, 300), (300, 600)],
    run_init,
    ("the number of rows", "the number of columns", "the standard deviation"),
    tolerance=0.03,  # of 100,000 random numbers the measured deviation is off by about 0.2 %
)

# -- a stack of residuals -----------------------------------------------------------------------


def residual(x: Any, weights: list[float]) -> Any:
    for w in weights:
        x = tanh(w * x) + x
    return x


def residual_gradient(x: float, weights: list[float]) -> float:
    leaf = Value(x)
    residual(leaf, weights).backward()
    return leaf.grad


def _slopes(x: float, weights: list[float], skip: float = 1.0) -> list[float]:
    """F'(h) of each block, where F(h) = tanh(w h), and the next h is F(h) + skip * h."""
    slopes = []
    for w in weights:
        y = float(np.tanh(w * x))
        slopes.append(w * (1 - y * y))
        x = y + skip * x
    return slopes


RESIDUAL = Exercise(
    "the derivative of a residual",
    residual_gradient,
    [
        Mistake(
            "The path past the block is missing: dH/dx = dF/dx + 1. This is the product of dF/dx alone.",
            lambda x, weights: prod(_slopes(x, weights)),
        ),
        Mistake(
            "The path past the block is missing in both directions: this is a plain network, h = tanh(w h).",
            lambda x, weights: prod(_slopes(x, weights, skip=0.0)),
        ),
        Mistake(
            "The 1 is added once, to the product; each block has its own: (F1' + 1) (F2' + 1) ...",
            lambda x, weights: prod(_slopes(x, weights)) + 1,
        ),
        Mistake(
            "The derivatives of the blocks are added; along one path they are multiplied.",
            lambda x, weights: sum(slope + 1 for slope in _slopes(x, weights)),
        ),
        Mistake(
            "A factor of the chain is missing: d tanh(w h)/dh = w (1 - tanh(w h)**2).",
            lambda x, weights: prod(s / w + 1 for s, w in zip(_slopes(x, weights), weights, strict=True)),
        ),
        Mistake(
            "Every slope is taken at x itself; each block has its own input, the output of the block before.",
            lambda x, weights: prod(_slopes(x, [w])[0] + 1 for w in weights),
        ),
    ],
    # The first weight of each is negative: a slip that only shows below 0 is one, too.
    lambda rng: [
        (float(rng.normal()), [-float(rng.uniform(0.2, 0.8)), *rng.uniform(0.5, 1.5, depth - 1).tolist()])
        for depth in (1, 2, 3, 5)
    ],
    values={"H": residual},
)

# -- the Jacobian of a layer --------------------------------------------------------------------


def layer_jacobian(W: Array, x: Array, b: Array) -> Any:
    inputs = array(x)
    return jacobian(tanh(W @ inputs + b), inputs)


def _by_slopes(rule: Callable[[Array, Array], Any]) -> Callable[..., Any]:
    """rule(slopes, W), slopes the derivatives of tanh, one per output."""
    return lambda W, x, b: rule(1 - np.tanh(W @ x + b) ** 2, W)


JACOBIAN = Exercise(
    "the Jacobian of a layer",
    layer_jacobian,
    [
        Mistake(
            "The Jacobian is transposed: this is the denominator layout, a row per input; "
            "wanted is the numerator layout, a row per output.",
            _by_slopes(lambda slopes, W: (slopes[:, None] * W).T),
        ),
        Mistake(
            "A factor of the chain is missing: the slope of tanh, 1 - y**2. This is W, that of W @ x + b.",
            lambda W, x, b: W,
        ),
        Mistake(
            "A factor of the chain is missing: W. This is the Jacobian of tanh alone.",
            _by_slopes(lambda slopes, W: np.diag(slopes)),
        ),
        Mistake(
            "The product is in the wrong order: it scales the columns of W by the slopes. Output i scales "
            "row i: the outer function's factor stands on the left, np.diag(slope) @ W.",
            _by_slopes(lambda slopes, W: W * slopes),
        ),
        Mistake(
            "The slope of tanh is 1 - y**2 of the output y = tanh(z), not 1 - z**2.",
            lambda W, x, b: (1 - (W @ x + b) ** 2)[:, None] * W,
        ),
    ],
    lambda rng: [
        (rng.normal(size=(m, n)), rng.normal(size=n), rng.normal(size=m)) for m, n in ((3, 3), (2, 4), (4, 2))
    ],
    values={"y": lambda W, x, b: np.tanh(W @ x + b)},
    wants="the Jacobian",
)

# -- the kernel of a convolution ----------------------------------------------------------------


def kernel_gradient(upstream: Array, image: Array) -> Any:
    shape = tuple(np.subtract(image.shape, upstream.shape) + 1)
    layer = Convolution(1, 1, shape, bias=False, rng=default_rng(0))
    (upstream * layer(image)[0]).sum().backward()
    return grad_of(layer.weight[0, 0])


def _windows(upstream: Array, image: Array) -> Array:
    """upstream * window at each place: (places, kernel height, kernel width)."""
    height, width = np.subtract(image.shape, upstream.shape) + 1
    return np.array([up * image[i : i + height, j : j + width] for (i, j), up in np.ndenumerate(upstream)])


CONVOLUTION = Exercise(
    "the gradient of a shared kernel",
    kernel_gradient,
    [
        Mistake(
            "The contributions overwrite each other (=): only the last window is left. The kernel is used at "
            "every place, so its contributions accumulate (+=).",
            lambda upstream, image: _windows(upstream, image)[-1],
        ),
        Mistake(
            "Only the first window counts here: is there a `return` inside the loop?",
            lambda upstream, image: _windows(upstream, image)[0],
        ),
        Mistake(
            "The upstream gradient is missing: each window is to be multiplied by that of its own place.",
            lambda upstream, image: _windows(np.ones_like(upstream), image).sum(axis=0),
        ),
        Mistake(
            "This is the mean over the places: a weight that is used at several places gets the sum.",
            lambda upstream, image: _windows(upstream, image).mean(axis=0),
        ),
        Mistake(
            "The kernel is flipped: here weight [p, q] meets image[i + p, j + q], as in PyTorch.",
            lambda upstream, image: _windows(upstream, image).sum(axis=0)[::-1, ::-1],
        ),
    ],
    lambda rng: [
        (rng.normal(size=(rows, columns)), rng.normal(size=(rows + height - 1, columns + width - 1)))
        for rows, columns, height, width in ((2, 2, 2, 2), (3, 2, 2, 3), (2, 4, 3, 1))
    ],
)
