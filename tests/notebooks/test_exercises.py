"""The exercises: each check accepts the notebook's solution, and names what is wrong with other answers."""

from __future__ import annotations

import doctest
import json
import linecache
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import notebooks.exercises
from autograd import Value, array, data_of, gate, topological_order
from notebooks.exercises import EXERCISES, Verdict, check
from notebooks.exercises.exercise import attempt, call
from tests.notebooks.slips import SLIPS

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NUMBERS = sorted(EXERCISES)


@cache
def cells(name: str) -> dict[str, Any]:
    """The cells of a notebook by their ids."""
    return {cell["id"]: cell for cell in json.loads((NOTEBOOKS / name).read_text("utf-8"))["cells"]}


def source_of(cell: Any) -> str:
    return "".join(cell["source"]) + "\n"


def solution(number: int) -> str:
    return source_of(cells("06_solutions.ipynb")[f"solution-{number:02d}"])


def skeleton(number: int) -> str:
    return source_of(cells("06_exercises.ipynb")[f"exercise-{number:02d}"])


def run(source: str, number: int) -> Verdict:
    """What the check in the last line of a cell says, after the set-up cell."""
    namespace: dict[str, Any] = {}
    set_up = next(cell for cell in cells("06_exercises.ipynb").values() if cell["cell_type"] == "code")
    exec(source_of(set_up), namespace)
    *body, last = source.strip().splitlines(keepends=True)
    name = f"<exercise {number}>"
    linecache.cache[name] = (len(source), None, body, name)  # as IPython does: tracebacks have its lines
    exec(compile("".join(body), name, "exec"), namespace)
    assert last.startswith(f"check({number}, ")
    verdict = eval(last, namespace)
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.fixture(autouse=True)
def _import_as_the_notebook_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "exercises", notebooks.exercises)


def answers(number: int, work: Callable[..., Any]) -> list[Any]:
    return [attempt(work, *case).numbers for case in cases(number)]


def cases(number: int) -> list[tuple[Any, ...]]:
    return EXERCISES[number].cases(np.random.default_rng(number))


# -- the notebooks ------------------------------------------------------------------------------


def test_there_are_twenty() -> None:
    assert list(range(1, 21)) == NUMBERS == sorted(SLIPS)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_solution_is_right_and_prints_what_the_notebook_holds(number: int) -> None:
    verdict = run(solution(number), number)
    assert verdict.right, verdict.text
    assert shown(cells("06_solutions.ipynb")[f"solution-{number:02d}"]) == repr(verdict)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_unfilled_cell_is_not_done_yet_and_the_notebook_holds_it_so(number: int) -> None:
    verdict = run(skeleton(number), number)
    assert "not done yet" in verdict.text
    assert not verdict.right
    assert shown(cells("06_exercises.ipynb")[f"exercise-{number:02d}"]) == repr(verdict)


def shown(cell: Any) -> str:
    (output,) = cell["outputs"]
    return "".join(output["data"]["text/plain"])


def test_a_verdict_is_shown_in_lines_that_fit() -> None:
    verdict = check(16, lambda upstream, image: upstream)
    assert max(map(len, verdict.text.splitlines())) > 90 >= max(map(len, repr(verdict).splitlines()))
    assert repr(verdict).split() == verdict.text.split()


@pytest.mark.parametrize("number", NUMBERS)
def test_the_skeleton_asks_for_what_the_solution_gives(number: int) -> None:
    definition = r"^(?:def|class) .*$|^check\(.*$"
    in_solution = re.findall(definition, solution(number), re.MULTILINE)
    assert re.findall(definition, skeleton(number), re.MULTILINE) == in_solution


# -- typical wrong answers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "says", "edits"),
    [(number, says, edits) for number, slips in SLIPS.items() for says, *edits in slips],
    ids=lambda part: part if isinstance(part, str) else None,
)
def test_a_slip_is_named(number: int, says: str, edits: list[str]) -> None:
    source = solution(number)
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in source
        source = source.replace(old, new)
    verdict = run(source, number)
    assert not verdict.right
    title, diagnosis, *_ = verdict.text.splitlines()
    assert title == f"Exercise {number} ({EXERCISES[number].title}): not right yet."
    assert diagnosis.startswith(says)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_diagnosis_has_a_slip_that_leads_to_it(number: int) -> None:
    assert len(SLIPS[number]) >= 3
    tried = [says for says, *_ in SLIPS[number]]
    for mistake in EXERCISES[number].mistakes:
        assert sum(mistake.says.startswith(says) for says in tried) == 1, mistake.says


@pytest.mark.parametrize("number", NUMBERS)
def test_no_diagnosis_fits_the_right_answer_or_hides_another(number: int) -> None:
    exercise = EXERCISES[number]
    found = [[data_of(exercise.right(*case)) for case in cases(number)]]
    assert all(np.isfinite(answer).all() for answer in found[0])
    for mistake in exercise.mistakes:
        slips = answers(number, mistake.rule)
        assert any(np.isfinite(answer).all() for answer in slips), "a failure alone names nothing"
        for earlier in found:
            assert not all(map(exercise.same, slips, earlier)), mistake.says
        found.append(slips)


# -- any other wrong answer ---------------------------------------------------------------------


#: Where the work is a function of the case to the answer.
PLAIN = [number for number in NUMBERS if EXERCISES[number].run is call]


@pytest.mark.parametrize("number", PLAIN)
def test_a_stored_answer_does_not_pass(number: int) -> None:
    """What is right for the first case is not for the others."""
    first = EXERCISES[number].right(*cases(number)[0])
    assert not check(number, lambda *case: first).right


@pytest.mark.parametrize("number", PLAIN)
def test_the_case_and_both_answers_are_shown(number: int) -> None:
    verdict = check(number, lambda *case: 0.123 * data_of(EXERCISES[number].right(*case)) + 0.456)
    assert not verdict.right
    lines = verdict.text.splitlines()
    assert lines[-3].startswith("For ")
    assert lines[-2].startswith("  yours: ")
    assert lines[-1].startswith("  right: ")


@pytest.mark.parametrize("number", NUMBERS)
def test_work_of_the_wrong_form_is_told_so(number: int) -> None:
    def fails(*case: Any) -> Any:
        raise KeyError("lost")

    def fails_in_numpy(*case: Any) -> Any:
        return np.linalg.inv(np.zeros((2, 2)))

    assert "KeyError: 'lost', in line" in check(number, fails).text
    assert "in fails_in_numpy: return np.linalg.inv(" in check(number, fails_in_numpy).text.replace(
        f"line {fails_in_numpy.__code__.co_firstlineno + 1} of", "in"
    )
    assert "give the check the function itself" in check(number, 0.5).text  # type: ignore[arg-type]
    assert "TypeError" in check(number, lambda one, too, many, names, here, by, far, off, the, mark: 1.0).text


@pytest.mark.parametrize("number", PLAIN)
def test_an_answer_of_the_wrong_type_is_told_so(number: int) -> None:
    assert "returns None: is there a `return`" in check(number, lambda *case: None).text
    assert "returns 'tree', of type str; wanted is a number" in check(number, lambda *case: "tree").text


@pytest.mark.parametrize(
    ("number", "answer", "says"),
    [
        (2, lambda upstream, a, b: (-upstream * a / b**2, upstream / b), "The two numbers are swapped"),
        (2, lambda upstream, a, b: (upstream / b, 0.0), "is right; the gradient of b is 0 in every case."),
        (20, lambda *numbers: (EXERCISES[20].right(*numbers)[0], 7.0), "E is right; dE/dw_tied is wrong"),
        (5, lambda w, x, c: -(2 * w * x + c) * x, "The answer has the wrong sign."),
        (15, lambda W, x, b: 3 * EXERCISES[15].right(W, x, b), "is 3 times what it should be, in every case"),
        (16, lambda upstream, image: EXERCISES[16].right(upstream, image).T, "The answer is transposed"),
        (16, lambda upstream, image: image, "The answer has the wrong shape: (3, 3); wanted is (2, 2)."),
        (16, lambda upstream, image: np.linalg.inv(upstream), "It raises LinAlgError: "),
        (5, lambda w, x, c: [0.0][c < 0], "It raises IndexError: list index out of range, in line"),
        (8, lambda w, x, b, t: np.full_like(w, np.inf), "The answer is not always finite."),
        (5, lambda w, x, c: (2 * w * x + c) * x if c > 0 else 0.0, "The answer is wrong ("),
    ],
)  # fmt: skip
def test_what_an_unknown_wrong_answer_shows(number: int, answer: Callable[..., Any], says: str) -> None:
    assert says in check(number, answer).text


def test_forms_that_only_some_exercises_can_be_told() -> None:
    assert "wanted is the gate that gate(...) makes" in check(6, lambda: 3.0).text
    assert (
        "backward must return a tuple of 1 contribution"
        in run(solution(6).replace("(upstream * out * -2 * x,)", "upstream * out * -2 * x"), 6).text
    )
    assert "wanted is a pair, the new w and the new v" in check(10, lambda *numbers: 1.0).text
    unrepeatable = np.random.default_rng(1)
    verdict = check(13, lambda n, m, rng: unrepeatable.normal(size=(m, n)))
    assert "The same seed gives other weights" in verdict.text
    assert "wanted is a NumPy array (n_outputs, n_inputs)" in check(13, lambda n, m, rng: [1.0]).text


def test_work_gets_copies_and_cannot_change_the_cases() -> None:
    def spoils(f: Any, x: list[float], h: float) -> list[float]:
        one_sided = [(f([x[0] + h, *x[1:]]) - f(x)) / h]
        one_sided += [(f([x[0], x[1] + h, x[2]]) - f(x)) / h, (f([*x[:2], x[2] + h]) - f(x)) / h]
        x[:] = [0.0] * len(x)
        return one_sided

    assert "The differences are one-sided" in check(7, spoils).text


def test_a_number_of_no_exercise_is_refused() -> None:
    with pytest.raises(ValueError, match="numbered 1 to 20, got 21"):
        check(21, lambda: 0.0)


def test_the_example_in_the_documentation() -> None:
    failed, attempted = doctest.testmod(notebooks.exercises)
    assert attempted > 0 == failed


# -- no verdict longer than a screen ------------------------------------------------------------


class Loud(Exception):
    def __str__(self) -> str:
        return "nested " * 500_000


class Silent:
    def __repr__(self) -> str:
        raise RuntimeError


def nested(depth: int) -> Any:
    return [nested(depth - 1) for _ in range(4)] if depth else "leaf"


def raises(error: Exception) -> Callable[..., Any]:
    def work(*case: Any) -> Any:
        raise error

    return work


LongName: Any = type("Long" * 100_000, (Exception,), {})

HUGE = [
    "text " * 500_000, ["text"] * 500_000, dict.fromkeys(range(100_000), "text"), nested(7), Silent(),
    10**5000, np.zeros((100, 100)), np.full(10_000, "text"), [1.0] * 10_000, [[1.0]] * 1000 + [[1.0, 2.0]],
    "\n" * 100_000, b"bytes" * 100_000, [Value(1.0)] * 1000, np.zeros((1,) * 30), LongName(),
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_no_verdict_is_longer_than_a_screen(number: int) -> None:
    for thing in HUGE:
        for work in (thing, lambda *case, _thing=thing: _thing):
            verdict = check(number, work)
            assert not verdict.right
            assert len(repr(verdict).splitlines()) <= 24
    for error in (Loud(), ValueError("line\n" * 100_000), KeyError("x" * 2_600_000), LongName()):
        verdict = check(number, raises(error))
        assert len(repr(verdict).splitlines()) <= 24
        assert "It raises" in verdict.text


def test_what_is_cut_says_how_long_it_was() -> None:
    assert "(2,600,002 characters)" in check(1, raises(KeyError("x" * 2_600_000))).text
    assert "the function itself, without calling it; got ['text', 'text'," in check(1, HUGE[1]).text


# -- comparing with the right numbers -----------------------------------------------------------


def right(number: int) -> Callable[..., Any]:
    return lambda *case: data_of(EXERCISES[number].right(*case))


@pytest.mark.parametrize(
    ("number", "answer", "says"),
    [
        (1, lambda upstream, a, b: a * b, "This is a * b, a value of the forward pass; wanted is"),
        (1, lambda upstream, a, b: (b, upstream * a), "the gradient of a lacks the factor upstream; the"),
        (1, lambda upstream, a, b: (upstream, upstream * a), "the gradient of a lacks the factor b; the"),
        (1, lambda upstream, a, b: (upstream * b + 1, upstream * a), "of a has a term 1 too many;"),
        (1, lambda upstream, a, b: (upstream * b * b, upstream * a), "of a has a factor b too many;"),
        (1, lambda upstream, a, b: (-b, upstream * a), "lacks the factor upstream, and the sign is wrong"),
        (2, lambda upstream, a, b: (upstream / b, upstream * -a), "of b has a factor b**2 too many"),
        (3, lambda upstream, x: max(0.0, x), "This is relu(x), a value of the forward pass"),
        (5, lambda w, x, c: w * x * (w * x + c), "This is L, a value of the forward pass"),
        (5, lambda w, x, c: 2 * w * x * x + c * x - 1, "lacks a term: 1 is missing"),
        (5, lambda w, x, c: abs((2 * w * x + c) * x), "right size, but not always the right sign"),
        (6, lambda: gate("odd", forward=lambda m, x: m.exp(-x * x),
                         backward=lambda m, up, out, x: (-2 * up * out,)), "gradient lacks the factor x."),
        (7, lambda f, x, h: f(x), "This is f(x), a value of the forward pass"),
        (7, lambda f, x, h: EXERCISES[7].right(f, x, h)[::-1], "stand in the reverse order"),
        (8, lambda w, x, b, t: 1 / (1 + np.exp(-(w @ x + b))), "This is y, a value of the forward pass"),
        (8, lambda w, x, b, t: right(8)(w, x, b, t) * w, "has a factor w too many"),
        (8, lambda w, x, b, t: right(8)(w, x, b, t).sum(), "This is the sum of the numbers that are wanted"),
        (12, lambda z, label: np.float32(right(12)(z, label)), "is right to some digits only"),
        (14, lambda x, weights: right(14)(x, weights) - x, "lacks a term: x is missing"),
        (15, lambda W, x, b: np.tanh(W @ x + b), "This is y, a value of the forward pass"),
        (15, lambda W, x, b: right(15)(W, x, b) + W, "has a term W too many"),
        (20, lambda *n: (right(20)(*n)[0], right(20)(*n)[1] * n[4]), "has a factor tied too many"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_by_what_it_is_to_the_right_one(
    number: int, answer: Callable[..., Any], says: str
) -> None:
    verdict = check(number, answer)
    assert not verdict.right
    assert says in verdict.text


# -- right answers in other forms, and wrong ones that come close ---------------------------------


def engine() -> Callable[[Value], None]:
    """Kahn's algorithm, with no recursion and no order kept."""

    def backward(root: Value) -> None:
        uses: dict[Value, int] = {}
        stack, met = [root], {root}
        while stack:
            for each in stack.pop().inputs:
                if each is not None:
                    uses[each] = uses.get(each, 0) + 1
                    if each not in met:
                        met.add(each)
                        stack.append(each)
        root.grad, ready = 1.0, [root]
        while ready:
            node = ready.pop()
            for below, part in zip(node.inputs, node.local_backward(node.grad), strict=True):
                if below is not None:
                    below.grad, uses[below] = below.grad + part, uses[below] - 1
                    if not uses[below]:
                        ready.append(below)

    return backward


def seedless(root: Value) -> None:
    """Right, and the root's own gradient is never set: it hands on the 1 at once."""
    for place, node in enumerate(reversed(topological_order(root))):
        for below, part in zip(node.inputs, node.local_backward(node.grad if place else 1.0), strict=True):
            if below is not None:
                below.grad += part


def by_hand(w: Value, xs: list[float], ys: list[float], lr: float, steps: int) -> None:
    for _ in range(steps):
        w.data -= lr * sum(2 * (w.data * x - y) * x for x, y in zip(xs, ys, strict=True))


def he_uniform(n: int, m: int, rng: np.random.Generator) -> Any:
    return rng.uniform(-np.sqrt(6 / n), np.sqrt(6 / n), (m, n))


def he(n: int, m: int, rng: np.random.Generator) -> Any:
    return rng.normal(0, np.sqrt(2 / n), (m, n))


@pytest.mark.parametrize(
    ("number", "work"),
    [
        (1, lambda upstream, a, b: np.array([b, a]) * upstream),
        (1, lambda upstream, a, b: [Value(upstream * b), np.float64(upstream * a)]),
        (3, lambda upstream, x: upstream * np.heaviside(x, 0.0)),
        (3, lambda upstream, x: np.where(np.array(x) > 0, upstream, 0)),
        (4, lambda upstream, a, b: upstream * (np.sign([a - b, b - a]) + 1) / 2),
        (7, lambda f, x, h: [(f(x + e) - f(x - e)) / (2 * h) for e in h * np.eye(3)]),
        (8, lambda w, x, b, t: [(y := 1 / (1 + np.exp(-(w @ x) - b))) * (y - t) * (1 - y) * e for e in x]),
        (9, by_hand),
        (10, lambda w, v, g, lr, mu: np.array([w - lr * (mu * v + g), mu * v + g])),
        (10, lambda w, v, g, lr, mu: [w + mu * v - lr * g, mu * v - lr * g]),
        (11, np.logaddexp.reduce),
        (12, lambda z, label: (np.exp(z) / np.exp(z).sum()).__isub__(np.eye(len(z))[label])),
        (13, he_uniform),
        (13, lambda n, m, rng: he(n, m, rng).tolist()),
        (13, lambda n, m, rng: he(n, m, rng).astype(np.float32)),
        (13, lambda n, m, rng: array(he(n, m, rng))),
        (13, lambda n, m, rng: rng.choice([-1, 1], (m, n)) * np.sqrt(2 / n)),
        (14, lambda x, weights: EXERCISES[14].right(x, weights)),
        (15, lambda W, x, b: (1 - np.tanh(W @ x + b) ** 2)[..., None] * W),
        (16, lambda upstream, image: np.einsum(
            "ij,pqij->pq", upstream, np.lib.stride_tricks.sliding_window_view(image, upstream.shape))),
        (18, engine()),
        (18, seedless),
        (18, Value.backward),
        (19, Value),
    ],
)  # fmt: skip
def test_a_right_answer_in_another_form_is_right(number: int, work: Callable[..., Any]) -> None:
    verdict = check(number, work)
    assert verdict.right, verdict.text


@pytest.mark.parametrize(
    ("number", "work", "says"),
    [
        (4, lambda up, a, b: np.heaviside(np.array([a - b, b - a]) * (abs(a - b) > 1e-6), 0.5) * up, "wrong"),
        (7, lambda f, x, h: EXERCISES[7].right(f, x, 1e-5), "the derivative itself"),
        (13, lambda n, m, rng: abs(he(n, m, rng)), "The mean of the weights is"),
        (13, lambda n, m, rng: he(n, m, rng) + 0.3 * np.sqrt(2 / n), "The mean of the weights is"),
        (13, lambda n, m, rng: np.full((m, n), np.sqrt(2 / n)), "Another seed gives the same weights"),
        (13, lambda n, m, rng: np.tile(he(n, 1, rng), (m, 1)), "multiples of others"),
        (13, lambda n, m, rng: np.tile(he(m, 1, rng).T, (1, n)) * np.sqrt(m / n), "multiples of others"),
        (13, lambda n, m, rng: he(n, m, np.random.default_rng(0)), "Another seed gives the same weights"),
        (13, lambda n, m, rng: he(n, m + 3, rng), "It returns an array of shape (303, 400); wanted is"),
        (13, lambda n, m, rng: he(n, m, rng) * np.nan, "not all finite"),
        (14, lambda x, weights: EXERCISES[14].right(x, [abs(w) for w in weights]), "wrong"),
        (18, lambda root: setattr(root, "grad", 1.0), "The root has its gradient, but no leaf got any"),
        (18, lambda root: (root.backward(), root.zero_grad()), "The seed is missing when the walk starts"),
        (15, lambda W, x, b: (W @ x)[..., None] * W, "not right yet"),
        (3, lambda upstream, x: ..., "not done yet"),
    ],
)  # fmt: skip
def test_a_wrong_answer_that_comes_close_is_told(number: int, work: Callable[..., Any], says: str) -> None:
    verdict = check(number, work)
    assert not verdict.right
    assert says in verdict.text
