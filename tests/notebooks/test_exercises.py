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
from autograd import data_of
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
