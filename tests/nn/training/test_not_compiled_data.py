"""``fit`` on data and indices that no program takes; what it compiles; whose error an error is."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, choose, sigmoid, take, tanh
from nn import SGD, Layer, Module, NotCompiledWarning, fit
from nn.losses import binary_cross_entropy_with_logits, cross_entropy, hinge, squared_error
from nn.training.backend import BackendName
from tests.nn.training.common import numbers
from tests.nn.training.not_compiled import CLASSES, LABELS, SIGNAL, Own, X, layer, reason, trained


class Names(Module):
    """makemore's."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.C, self.layer = array(rng.normal(size=(5, 2))), Layer(4, 5, rng=rng)

    def __call__(self, context: Any) -> Any:
        return self.layer(self.C[context].ravel())


class Table(Module):
    def __init__(self) -> None:
        self.table = {token: Value(float(token)) for token in range(4)}

    def __call__(self, token: Any) -> Any:
        return 2 * self.table[token]


class Recurrent(Module):
    def __init__(self) -> None:
        self.w, self.b = Value(0.3), Value(0.1)

    def __call__(self, sentence: Any) -> Any:
        state: Any = 0.0
        for each in sentence:
            state = tanh(self.w * each + self.b * state)
        return state


def test_an_index_and_a_key() -> None:
    contexts, letters = np.array([[0, 1], [1, 2], [2, 3], [3, 4]]), np.array([2, 3, 4, 0])
    assert "self.C[context]" in reason(Names, contexts, letters, cross_entropy)
    assert "self.table[token]" in reason(Table, [0, 1, 2, 3], [1.0, 2.0, 3.0, 4.0], squared_error)


def test_what_the_message_says_to_write_instead_of_an_index_compiles() -> None:
    class Taken(Names):
        def __call__(self, context: Any) -> Any:
            return self.layer(take(self.C, context).ravel())

    class Chosen(Table):
        def __call__(self, token: Any) -> Any:
            return 2 * choose(token, *self.table.values())

    contexts, letters = np.array([[0, 1], [1, 2], [2, 3], [3, 3]]), np.array([2, 3, 4, 0])
    assert "take(table, index)" in reason(Names, contexts, letters, cross_entropy)
    assert "choose(index, a, b, c)" in reason(Table, [0, 1, 2, 3], np.arange(4.0), squared_error)
    for make, examples, y, loss in (
        (Taken, contexts, letters, cross_entropy),
        (Taken, contexts, letters, lambda logits, letter: cross_entropy(logits, letter)),
        (Chosen, [0, 1, 2, 3], np.arange(4.0), squared_error),
    ):
        compiled, said = trained(make, examples, y, loss, "numpy")
        eager, _ = trained(make, examples, y, loss, "eager")
        assert said == []
        np.testing.assert_allclose(compiled[0], eager[0], rtol=1e-9)


SENTENCES = [[1.0, 2.0], [1.0, 2.0, 3.0], [1.0], [2.0, 1.0]]


@pytest.mark.parametrize(
    ("X", "y", "options"),
    [
        (SENTENCES, [1.0, 2.0, 3.0, 4.0], {}),
        ([SENTENCES[0], SENTENCES[1], SENTENCES[3]], [1.0, 2.0, 3.0], {}),
        ([np.array(each) for each in SENTENCES], np.arange(4.0), {}),
        (np.array([np.array(each) for each in SENTENCES], dtype=object), np.arange(4.0), {}),
        ([SENTENCES[0], SENTENCES[3]], [1.0, 2.0], {"validation": (SENTENCES, np.arange(4.0))}),
    ],
    ids=["lists", "only in the middle", "arrays", "an array of objects", "only in the validation data"],
)
def test_sentences_of_unequal_length(X: Any, y: Any, options: Any) -> None:
    assert "shape (2,)" in reason(Recurrent, X, y, squared_error, **options)


def test_targets_of_unequal_length_and_targets_that_are_no_numbers() -> None:
    def all_of(score: Any, targets: Any) -> Any:
        return sum((score[0] - each) ** 2 for each in targets)

    def by_word(score: Any, word: str) -> Any:
        return score[0] ** 2 * (2 if word == "1" else 1)

    assert "shape (1,)" in reason(layer, X[:2], [[1.0], [2.0, 3.0]], all_of)
    assert "must be real numbers" in reason(layer, X, ["1", "2"] * 6, by_word)


@pytest.mark.parametrize("one_hot_first", [True, False])
def test_validation_targets_in_the_other_form(one_hot_first: bool) -> None:
    forms = [np.eye(3)[CLASSES], CLASSES]
    y, other = forms if one_hot_first else forms[::-1]
    reason(lambda: layer(3), X, y, cross_entropy, validation=(X, other))


def test_small_integers_that_overflow_in_numpy_but_not_in_a_program() -> None:
    pixels = np.array([[1, 2], [200, 100], [3, 4], [5, 6], [7, 8], [9, 9]], dtype=np.uint8)
    model = lambda: Own(lambda model, x: model.layer(x * 2))  # noqa: E731
    assert "plain numbers" in reason(model, pixels, np.arange(6.0), squared_error)
    depths = np.array([[1, 2], [-100, -2], [3, 4], [5, 6], [7, 8], [9, 9]], dtype=np.int8)
    assert "plain numbers" in reason(model, depths, np.arange(6.0), squared_error)
    targets = np.array([[1], [200], [3], [4], [5], [6]], dtype=np.uint8)
    doubled = lambda score, target: squared_error(score, 2 * target)  # noqa: E731
    assert "plain numbers" in reason(layer, X[:6], targets, doubled)


@pytest.mark.parametrize(
    ("make", "X", "y", "loss"),
    [
        (
            lambda: Own(lambda model, x: model.layer([x[0] + x[1], x[1]])),
            np.array([[0, 1], [1, 1], [1, 0], [0, 0], [0, 1], [0, 0]], dtype=bool), SIGNAL[:6], squared_error,
        ),
        (layer, X, np.array([1, 2, 200, 3] * 3, dtype=np.uint8), lambda s, t: squared_error(s, t * 2) / 1e4),
        (layer, X, np.array([3, 0, 3, 2] * 3, dtype=np.uint16), lambda s, t: squared_error(s, t - 1) / 1e12),
        (lambda: Own(lambda m, x: m.layer((1.1 * x) ** 2)), X.astype(np.float32), SIGNAL, squared_error),
    ],
    ids=["truth values, added", "targets", "targets without a sign", "float32"],
)  # fmt: skip
def test_numbers_with_which_numpy_computes_otherwise(make: Any, X: Any, y: Any, loss: Any) -> None:
    by_default, told = trained(make, X, y, loss, "auto")
    assert [each for each in told if each.category is NotCompiledWarning and "astype" in str(each.message)]
    assert by_default == trained(make, X, y, loss, "eager")[0]


def test_integers_that_no_float_holds() -> None:
    far = [[2**60 + k, k] for k in (0, 256, 1, 2, 3, 4)]
    model = lambda: Own(lambda m, x: m.layer([x[0] - 2**60, x[1]]))  # noqa: E731
    assert "beyond 2**53" in reason(model, far, np.arange(6.0), lambda s, t: squared_error(s, t) / 1e6)


# -- what can be compiled still is, without a word --------------------------------------------------


COMPILED: dict[str, tuple[Any, Any, Any, Any]] = {
    "labels of objects": (lambda: layer(3), X, CLASSES.astype(object), cross_entropy),
    "labels in a list": (lambda: layer(3), X, CLASSES.tolist(), cross_entropy),
    "examples of objects": (layer, X.astype(object), SIGNAL, squared_error),
    "tuples": (layer, [tuple(x) for x in X.tolist()], SIGNAL, squared_error),
    "lists, added": (lambda: Own(lambda m, x: m.layer((x + x)[1:3])), X.tolist(), SIGNAL, squared_error),
    "a harmless counter": (
        lambda: Own(lambda m, x: [m.history.append(1.0), m.layer(x)][1]), X, SIGNAL, squared_error,
    ),
    "the index of a class": (lambda: layer(3), X, CLASSES, lambda logits, c: cross_entropy(logits, c)),
    "a computed label": (layer, X, LABELS, lambda score, label: hinge(score, 2 * label - 1)),
    "computed probabilities": (
        lambda: layer(2), X, LABELS, lambda logits, label: cross_entropy(logits, [label, 1 - label]),
    ),
    "a target that is a Value in Python too": (
        lambda: layer(2), X, SIGNAL, lambda s, _: binary_cross_entropy_with_logits(s[0], sigmoid(s[1])),
    ),
    "a number per example": (lambda: Own(lambda m, x: m.layer([x, x * x])), X[:, 0], SIGNAL, squared_error),
}  # fmt: skip


@pytest.mark.parametrize("what", COMPILED)
def test_what_can_be_compiled_is_without_a_warning(what: str) -> None:
    make, X, y, loss = COMPILED[what]
    compiled, _ = trained(make, X, y, loss, "numpy")
    by_default, said = trained(make, X, y, loss, "auto")
    eager, _ = trained(make, X, y, loss, "eager")
    assert said == []
    assert by_default == compiled
    np.testing.assert_allclose(compiled[0], eager[0], rtol=1e-9)


# -- the user's own errors --------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["auto", "numpy"])
@pytest.mark.parametrize(
    ("make", "X", "y", "loss", "error", "says"),
    [
        (layer, X, SIGNAL, lambda s, t: s[0] / (1 / 0), ZeroDivisionError, "division by zero"),
        (layer, X, SIGNAL, lambda s, t: s[0] if s[0] > 0 else -s[0], TypeError, "^a Value has no order"),
        (layer, X[:, :1], SIGNAL, squared_error, ValueError, r"^Layer\(2, 1\) takes 2 input"),
        (layer, [[1.0, 2.0], [1.0], [2.0, 1.0]], np.ones(3), squared_error, ValueError, "^Layer.* got 1"),
        (lambda: layer(3), X, [0, 1.5, 2] * 4, cross_entropy, TypeError, "^cross_entropy: .* got 1.5"),
        (lambda: layer(3), X, [0, 1, 7] * 4, cross_entropy, ValueError, "^cross_entropy: .* got 7"),
        (lambda: layer(3), X, [0, 1, 2.0] * 4, cross_entropy, TypeError, "^cross_entropy: .* got 2.0"),
        (lambda: layer(3), X, [0.0, 1, 2] * 4, cross_entropy, TypeError, "^cross_entropy: .* got 0.0"),
        (lambda: layer(3), X, [0, 1.5, 2] * 4, lambda z, c: cross_entropy(z, c), TypeError, "got 1.5"),
        (lambda: layer(3), X, [0, 1, 7] * 4, lambda z, c: cross_entropy(z, c), ValueError, "got 7"),
        (lambda: layer(3), X, [0, 1, -1] * 4, lambda z, c: cross_entropy(z, c), ValueError, "got -1"),
        (layer, X, [1, -1, 0] * 4, hinge, ValueError, "^hinge: label must be -1 or 1, got 0"),
        (layer, X, [0, 1, 0.5] * 4, lambda s, t: hinge(s, 2 * t - 1), ValueError, "^hinge: .* got 0"),
        (layer, X, [0, 1, np.nan] * 4, binary_cross_entropy_with_logits, ValueError, "got nan"),
        (lambda: layer(2), X, [[0, 1], [1, 0], [1, 1]] * 4, cross_entropy, ValueError, "add up to 1"),
    ],
)  # fmt: skip
def test_an_error_of_the_model_itself_is_raised_as_it_is_before_training(
    backend: BackendName, make: Any, X: Any, y: Any, loss: Any, error: Any, says: str
) -> None:
    model = make()
    before = numbers(model)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        optimizer = SGD(model.parameters(), lr=0.1)
        with pytest.raises(error, match=says):
            fit(model, X, y, loss=loss, optimizer=optimizer, epochs=1, batch_size=1, backend=backend)
    assert told == []
    assert numbers(model) == before
