"""Loss functions of one example: predictions and a target in, one Value out; and their mean over a batch.

A prediction is a Value, or a list or an array of them; targets are numbers alike. Where a name is
one of PyTorch's, so is the definition: https://docs.pytorch.org/docs/stable/nn.html#loss-functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import inf
from typing import Any

from autograd import Value, choose, detach, gate, logsumexp, maximum, relu, softplus, step, summation, where
from autograd import node as nodes
from autograd.numbers import is_sequence
from nn.inputs import as_class_index, as_numbers

Loss = Callable[[Any, Any], Value]

MOST_OFF_ONE = 1e-6  # the sum of probabilities; one-hot and softmax in float32 stay well below


def squared_error(prediction: Any, target: Any) -> Value:
    """(t[0] - y[0])**2 + (t[1] - y[1])**2 + ..., for as many targets as predictions.

    >>> squared_error([Value(1.0), Value(5.0)], [3, 4]).data
    5.0

    Raises ValueError for other sizes, TypeError for what is no number.
    """
    return _total([(t - y) ** 2 for y, t in _pairs(prediction, target, "squared_error")])


def half_squared_error(prediction: Any, target: Any) -> Value:
    """squared_error / 2, whose derivative by y is y - t; raises as squared_error does."""
    return squared_error(prediction, target) / 2


def mean_squared_error(prediction: Any, target: Any) -> Value:
    """squared_error / the number of predictions (MSELoss); raises as squared_error does."""
    return squared_error(prediction, target) / len(as_numbers(prediction, "mean_squared_error"))


def binary_cross_entropy_with_logits(logit: Any, target: Any) -> Value:
    """-t log(p) - (1 - t) log(1 - p), where p = sigmoid(logit), for a target t from 0 to 1.

    Written as t softplus(-z) + (1 - t) softplus(z), the same function: finite for any finite z, and
    exact to rounding. Its derivative by z is p - t (BCEWithLogitsLoss).

    >>> binary_cross_entropy_with_logits(Value(-800.0), 1).data
    800.0

    Raises ValueError for more than one logit or target, or a target outside 0 to 1; TypeError for
    what is no number. A target that is a Value is taken as it is.
    """
    z = _single(logit, "binary_cross_entropy_with_logits: logit")
    t = _single(target, "binary_cross_entropy_with_logits: target")
    _require(_from_0_to_1, t)
    return _expectation([(t, softplus(-z)), (1 - t, softplus(z))])


def cross_entropy(logits: Any, target: Any) -> Value:
    """-log(p[target]), where p = softmax(logits): class target against all others.

    The target is the index of a class (an int, or a Value that holds a whole number, so that a compiled
    program looks it up), or a probability for each (one-hot among them): then the
    loss is -(t[0] log(p[0]) + t[1] log(p[1]) + ...). Its derivative by logit i is p[i] - t[i]
    (CrossEntropyLoss). Of a class written as softplus(logsumexp(all other logits) - z[target]), which
    neither overflows nor loses digits. A logit of -inf rules its class out.

    >>> cross_entropy([Value(1000.0), Value(1000.0)], 0).data
    0.6931471805599453
    >>> cross_entropy([Value(1000.0), Value(1000.0)], [1, 0]).data
    0.6931471805599453

    Raises ValueError for an index of no class, for as many probabilities as there are no logits, or
    for probabilities that do not add up to 1; TypeError for an index that is not whole. An index or
    probabilities that are Values are taken as they are: of an index of no class the loss is nan.
    """
    z = as_numbers(logits, "cross_entropy: logits")
    if not z:
        raise ValueError("cross_entropy takes at least one logit, got none")
    z = _anchored(z)
    if isinstance(target, Value):
        _require(partial(_is_class_of, len(z)), target)
        return _of_index(z, target)
    if not is_sequence(target):
        return _of_class(z, as_class_index(target, len(z)))
    t = _probabilities(target, len(z))
    if any(isinstance(p, Value) for p in t):
        is_certain = [step(p - 1) for p in t]
        of_class = _of_one_hot(z, is_certain)
        loss: Value = where(summation(*is_certain), of_class, _of_probabilities(z, t))
        return loss
    return _of_class(z, t.index(1)) if 1 in t else _of_probabilities(z, t)


def _anchored(z: list[Any]) -> list[Any]:
    """The logits less the largest: the loss is the same, and what is far from zero keeps its digits."""
    largest = detach(_bounded(maximum(*z) if len(z) > 1 else z[0]))
    return [each - largest for each in z]


def _of_class(z: list[Any], chosen: int) -> Value:
    """-log(p[chosen]) as softplus(logsumexp(the others) - z[chosen]), which no rounding of a 1 can hide."""
    others = z[:chosen] + z[chosen + 1 :]
    if not others:  # a single class, whose loss is 0: a 0 that still belongs to the graph
        return _total([where(1.0, 0.0, z[0])])
    loss: Value = softplus(logsumexp(*others) - z[chosen])
    return loss


def _of_index(z: list[Any], target: Value) -> Value:
    """-log(p[target]) for an index that is not known yet; nan where it is that of no class."""
    if len(z) == 1:
        single: Value = choose(target, _of_class(z, 0))
        return single
    others = [_ruled_out_at(each, target, place) for place, each in enumerate(z)]
    loss: Value = softplus(logsumexp(*others) - choose(target, *z))
    return loss


def _of_one_hot(z: list[Any], one_hot: Sequence[Any]) -> Value:
    chosen = _total([where(hot, each, 0.0) for hot, each in zip(one_hot, z, strict=True)])
    loss: Value = softplus(logsumexp(*map(_ruled_out, z, one_hot)) - chosen)
    return loss


def _of_probabilities(z: list[Any], t: list[Any]) -> Value:
    total = logsumexp(*z)
    return _expectation([(p, total - each) for p, each in zip(t, z, strict=True)])


_bounded = gate(  # inf - inf would be nan
    "bounded", forward=lambda m, x: m.finite(x), backward=lambda m, upstream, out, x: (upstream,)
)
_ruled_out = gate(  # exp(-inf) adds nothing to a logsumexp, and so gets no gradient from it
    "ruled_out",
    forward=lambda m, z, hot: m.where(hot != 0, -inf, z),
    backward=lambda m, upstream, out, z, hot: (m.stop(hot != 0, upstream), None),
)
_ruled_out_at = gate(  # the same where the index is that place
    "ruled_out_at",
    forward=lambda m, z, index, place: m.where(index == place, -inf, z),
    backward=lambda m, upstream, out, z, index, place: (m.stop(index == place, upstream), None, None),
)


def hinge(score: Any, label: Any) -> Value:
    """max(0, 1 - label * score), for a label of -1 or 1 (Cortes and Vapnik 1995, doi:10.1007/BF00994018).

    >>> hinge(Value(0.25), 1).data, hinge(Value(0.25), -1).data, hinge(Value(3.0), 1).data
    (0.75, 1.25, 0.0)

    Raises ValueError for another label, or for more than one score or label; TypeError for what is
    no number. A label that is a Value is taken as it is.
    """
    s, y = _single(score, "hinge: score"), _single(label, "hinge: label")
    _require(_minus_1_or_1, y)
    loss: Value = relu(1 - y * s)
    return loss


def l2_penalty(parameters: Iterable[Value], weight: float) -> Value:
    """Weight * (w[0]**2 + w[1]**2 + ...), to be added to a loss.

    An optimiser's ``weight_decay`` of 2 * weight has the same gradient.

    >>> l2_penalty([Value(1.0), Value(-2.0)], 0.5).data
    2.5

    Raises ValueError if there is no parameter, TypeError for one that is no number.
    """
    squares = [each**2 for each in as_numbers(list(parameters), "l2_penalty: parameters")]
    if not squares:
        raise ValueError("l2_penalty takes at least one parameter, got none")
    return weight * _total(squares)


def batch_mean(loss: Loss, predictions: Any, targets: Any) -> Value:
    """The mean of loss(prediction, target) over the examples of a batch.

    >>> batch_mean(squared_error, [Value(1.0), Value(2.0)], [0.0, 0.0]).data
    2.5

    Raises ValueError unless there are as many targets as predictions, at least one; and as the loss
    does.
    """
    if len(predictions) != len(targets) or not len(predictions):
        raise ValueError(
            "batch_mean takes a target for each prediction, at least one, "
            f"got {len(predictions)} prediction(s) and {len(targets)} target(s)"
        )
    return _total([loss(y, t) for y, t in zip(predictions, targets, strict=True)]) / len(predictions)


def _total(terms: list[Any]) -> Value:
    """Their sum; of one term itself, without a gate."""
    total: Value = summation(*terms) if len(terms) > 1 else terms[0]
    return total


def _where(condition: Value | float, a: Any, b: Any) -> Any:
    """where(condition, a, b); at once if the condition is a plain number."""
    if isinstance(condition, Value):
        return where(condition, a, b)
    return a if condition else b


def _expectation(pairs: list[tuple[Any, Any]]) -> Value:
    """p * x + q * y + ..., where a weight of 0 is nothing, be x infinite."""
    weighted = [_where(p, p * x, 0.0) for p, x in pairs if isinstance(p, Value) or p]
    return _total(weighted)


def _pairs(prediction: Any, target: Any, where: str) -> list[tuple[Any, Any]]:
    y, t = as_numbers(prediction, f"{where}: prediction"), as_numbers(target, f"{where}: target")
    if len(y) != len(t) or not y:
        raise ValueError(
            f"{where} takes a target for each prediction, at least one, "
            f"got {len(y)} prediction(s) and {len(t)} target(s)"
        )
    return list(zip(y, t, strict=True))


def _single(x: Any, where: str) -> Any:
    elements = as_numbers(x, where)
    if len(elements) != 1:
        raise ValueError(f"{where} must be one number, got {len(elements)}")
    return elements[0]


def _require(rule: Callable[..., None], *numbers: Any) -> None:
    """The rule raises where a target is wrong; while a loss is traced, it is kept for every example's."""
    if not any(isinstance(x, Value) for x in numbers):
        rule(*numbers)
    elif nodes.watcher is not None:
        nodes.watcher.demand(rule, numbers)


def _from_0_to_1(target: float) -> None:
    if not 0 <= target <= 1:
        raise ValueError(f"binary_cross_entropy_with_logits: target must be from 0 to 1, got {target:g}")


def _is_class_of(classes: int, target: float) -> None:
    """The index of one of so many classes, as a float."""
    as_class_index(int(target) if target.is_integer() else target, classes)


def _minus_1_or_1(label: float) -> None:
    if label not in (-1, 1):
        raise ValueError(f"hinge: label must be -1 or 1, got {label:g}")


def _probabilities_of_all(*numbers: float) -> None:
    if min(numbers) < 0 or not abs(sum(numbers) - 1) <= MOST_OFF_ONE:
        shown = ", ".join(f"{number:g}" for number in numbers[:10])
        raise ValueError(f"cross_entropy: probabilities must be at least 0 and add up to 1, got {shown}")


def _probabilities(target: Any, classes: int) -> list[Any]:
    t = as_numbers(target, "cross_entropy: target")
    if len(t) != classes:
        raise ValueError(f"cross_entropy takes a probability for each of {classes} logit(s), got {len(t)}")
    _require(_probabilities_of_all, *t)
    return t
