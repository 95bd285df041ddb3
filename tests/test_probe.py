"""Custom gates whose rules mean something else by arrays, or do not take them: right all the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from autograd import GATES, Gate, Value, as_latex, as_text, compile, formula, gate, local_derivatives
from autograd.probe import on_arrays, on_stack, runs_on
from tests.compiler.agreement import assert_agrees
from tests.compiler.graphs import OWN, mean, norm


def _or_nought(a: float, b: float) -> Any:
    try:
        return a / b
    except ZeroDivisionError:
        return 0.0 * a


def _or_large(function: Any, x: Any) -> Any:
    try:
        return function(x)
    except (OverflowError, ValueError):
        return 700.0


ODD: dict[str, Gate] = {
    "catches ZeroDivisionError": gate(
        "ratio",
        forward=lambda m, a, b: _or_nought(a, b),
        backward=lambda m, upstream, out, a, b: (_or_nought(upstream, b), -_or_nought(upstream * out, b)),
    ),
    "catches OverflowError": gate(
        "growth",
        forward=lambda m, x: _or_large(math.exp, x),
        backward=lambda m, upstream, out, x: (upstream * out,),
    ),
    "reduces in NumPy": gate(
        "largest",
        forward=lambda m, a, b: np.maximum.reduce([a, b]),
        backward=lambda m, upstream, out, a, b: (upstream * (a == out), upstream * (b == out)),
    ),
    "stacks in NumPy": gate(
        "total",
        forward=lambda m, *terms: np.stack(terms).sum(axis=0) * len(terms),
        backward=lambda m, upstream, out, *terms: tuple(np.full(len(terms), upstream * len(terms)).tolist()),
    ),
    "compares by max": gate(
        "builtin_max",
        forward=lambda m, a, b: max(a, b),
        backward=lambda m, upstream, out, a, b: (upstream if a >= b else None, None if a >= b else upstream),
    ),
    "gives whole numbers": gate(
        "sign_of", forward=lambda m, x: int(x > 0) - int(x < 0), backward=lambda m, upstream, out, x: (0,)
    ),
    "gives float32": gate(
        "short",
        forward=lambda m, x: np.float32(0.5) * np.float64(x),
        backward=lambda m, upstream, out, x: (np.float64(0.5) * upstream,),
    ),
    "leaves out an operand": gate(
        "first",
        forward=lambda m, a, b: a,
        backward=lambda m, upstream, out, a, b: (upstream, None),
    ),
    "asks what it is": gate(
        "kind",
        forward=lambda m, x: x * x if isinstance(x, float) else x,
        backward=lambda m, upstream, out, x: (2 * upstream * x if isinstance(x, float) else upstream,),
    ),
    "an array where it is to be a number": gate(
        "row",
        forward=lambda m, x: np.array([x]).sum() * 2,
        backward=lambda m, upstream, out, x: (np.array([upstream]).sum() * 2,),
    ),
}

NUMBERS = (-2.0, 0.0, 0.5, 3.0)


def operands_of(rule: Gate) -> int:
    return 3 if rule.variadic else len(rule.operand_names)


@pytest.mark.parametrize("what", ODD)
def test_compiled_is_eager(what: str) -> None:
    """Whichever operands vary and whichever are parameters; mean, outputs, and per example."""
    rule = ODD[what]
    count = operands_of(rule)
    X = np.array(list(product(NUMBERS, repeat=count)))
    for varies in product([False, True], repeat=count):
        parameters = [Value(number) for number in (0.5, -2.0, 3.0)[:count]]
        extra = Value(1.5)

        def loss(
            inputs: list[Value],
            varies: tuple[bool, ...] = varies,
            parameters: list[Value] = parameters,
            extra: Value = extra,
        ) -> Value:
            taken = [x if each else p for each, x, p in zip(varies, inputs, parameters, strict=True)]
            shown: Value = rule(*taken) * extra + sum(parameters, inputs[0])
            return shown

        assert_agrees(loss, X, [*parameters, extra])


@pytest.mark.parametrize("what", ODD)
def test_on_jax_too(what: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    rule = ODD[what]
    inputs = [Value(number) for number in (0.5, -2.0, 3.0)[: operands_of(rule)]]
    w = Value(1.5, label="w")
    program = compile(rule(*[w * x for x in inputs]), inputs=inputs, parameters=[w])
    X = np.array(list(product(NUMBERS, repeat=len(inputs))))
    loss, gradient = program.loss_and_grad(X)
    with jax.enable_x64(True):
        there, gradient_there = program.to("jax").loss_and_grad(program.parameters, X)
        np.testing.assert_allclose([there, *gradient_there], [loss, *gradient], rtol=1e-12, atol=1e-12)


def test_what_runs_on_arrays() -> None:
    assert all(map(on_arrays, GATES.values()))
    assert {rule.name: bool(on_arrays(rule)) for rule in OWN} == {
        "cube": True, "arctan": False, "bend": False, "mean": True, "norm": True,
    }  # fmt: skip
    assert {what for what, rule in ODD.items() if on_arrays(rule)} == {"gives float32"}


def test_a_rule_that_only_divides_runs_on_arrays_though_it_raises_at_0() -> None:
    inverse = gate(
        "inverse", forward=lambda m, x: 1 / x, backward=lambda m, upstream, out, x: (-upstream * out * out,)
    )
    assert on_arrays(inverse)
    with pytest.raises(ZeroDivisionError):
        inverse(Value(0.0))


def test_why_a_rule_does_not_run_is_told() -> None:
    slip = gate(
        "slip",
        forward=lambda m, x: math.sin(x),
        backward=lambda m, upstream, out, x: (upstream * (m.cos(x) if m.sin(x) > 0 else 1.0),),
    )
    answers = runs_on(slip)
    assert not any(answers.values())
    assert repr(answers["formula"]) == "no: TypeError: must be real number, not Symbol"
    assert answers["derivatives"].why_not.startswith("TypeError: a rule cannot branch on the symbol")
    assert answers["arrays"].why_not.startswith("TypeError: only ")
    assert answers["stack"].why_not == "it takes its operands one by one"
    assert all(runs_on(GATES["logsumexp"]).values())


def test_what_differs_on_arrays_is_told_in_numbers() -> None:
    told = runs_on(ODD["catches ZeroDivisionError"])["arrays"].why_not
    assert told == "ValueError: forward gives nan on arrays, -0 on floats"


def _mean_gradient(
    root: Callable[[], Value], x: Value, w: list[Value], rows: list[list[float]]
) -> list[float]:
    for each in w:
        each.grad = None
    for (number,) in rows:
        x.data = number
        (root() / len(rows)).backward()
    return [each.grad for each in w]


def test_contributions_of_another_shape_do_not_stack() -> None:
    """Two layers of such a gate had each other's gradients, where the shapes fitted by chance."""
    total = gate("total", forward=lambda m, *t: m.sum(t), backward=lambda m, u, o, *t: tuple([u for _ in t]))
    assert not runs_on(total)["stack"]
    x, w = Value(1.0), [Value(number) for number in (0.1, 0.2, 0.3, 0.4)]

    def root() -> Value:
        return total((w[0] * x).tanh(), (w[1] * x).tanh()) * total((w[2] * x).tanh(), (w[3] * x).tanh())

    for rows in ([[1.0]], [[1.0], [3.0]], [[1.0], [2.0], [3.0]]):
        found = compile(root(), inputs=[x], parameters=w).loss_and_grad(np.array(rows))[1]
        assert found == pytest.approx(_mean_gradient(root, x, w, rows))


NO_GATE: Any = "tanh"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: runs_on(NO_GATE), "runs_on takes a gate, such as tanh, got 'tanh' of type str"),
        (lambda: formula(NO_GATE), "formula takes a gate"),
        (lambda: local_derivatives(NO_GATE), "local_derivatives takes a gate"),
        (lambda: formula(GATES["tanh"], NO_GATE), "tanh: operands of a formula are Symbols"),
        (lambda: formula(GATES["tanh"], *[formula(GATES["exp"])] * 2), r"tanh\(x\) takes 1 operand"),
        (lambda: as_text(NO_GATE), "as_text takes a Symbol, as formula.tanh. gives, got 'tanh' of type str"),
        (lambda: as_latex(NO_GATE), "as_latex takes a Symbol"),
    ],
)
def test_what_is_no_gate_or_no_symbol_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        wrong()


def test_where_a_pole_is_not_chosen_jax_computes_again() -> None:
    pytest.importorskip("jax", reason="JAX is not installed")
    import jax

    rule = gate(
        "elu1",
        forward=lambda m, x: m.where(x > 0, m.log(x), x),
        backward=lambda m, upstream, out, x: (m.where(x > 0, m.divide(upstream, x), upstream),),
    )
    x = Value(2.0)
    program = compile(rule(x), inputs=[], parameters=[x])
    with jax.enable_x64(True):
        loss, gradient = program.to("jax").loss_and_grad(np.array([0.0]), np.zeros((1, 0)))
    assert (float(loss), np.asarray(gradient).tolist()) == (0.0, [1.0])


# -- gates of any number of operands, on all of them in one array --------------------------------

#: Its first operand is not as the others.
first_twice = gate(
    "first_twice",
    forward=lambda m, first, *terms: m.sum((2 * first, *terms)) if terms else 2 * first,
    backward=lambda m, upstream, out, first, *terms: (2 * upstream, *(upstream for _ in terms)),
)
largest = gate(
    "largest",
    forward=lambda m, *terms: m.max(terms),
    backward=lambda m, upstream, out, *terms: tuple([m.where(term == out, upstream, 0.0) for term in terms]),
)
multiplied = gate(
    "multiplied",
    forward=lambda m, *terms: math.prod(terms),
    backward=lambda m, upstream, out, *terms: tuple([upstream * out / term for term in terms]),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(GATES["logsumexp"], True), (norm, True), (largest, True), (mean, False), (multiplied, False)],
)
def test_which_rules_mean_the_same_on_a_stack(rule: Gate, expected: bool) -> None:
    assert bool(on_stack(rule, 2)) is bool(on_stack(rule, 3)) is expected


def test_a_rule_whose_first_operand_is_not_as_the_others_does_not_stack() -> None:
    assert not on_stack(first_twice, 3)


@pytest.mark.parametrize("name", ["max", "min"])
def test_the_larger_of_two_needs_no_stack(name: str) -> None:
    assert on_stack(GATES[name], 3)
    assert not on_stack(GATES[name], 2)


@pytest.mark.parametrize("rule", [largest, multiplied, first_twice], ids=lambda rule: rule.name)
@pytest.mark.parametrize("operands", [2, 3, 5])
def test_gates_of_any_number_of_operands_compiled(rule: Gate, operands: int) -> None:
    rng = np.random.default_rng(0)
    p = [Value(number) for number in rng.normal(size=operands)]
    assert_agrees(
        lambda x: rule(*p) * rule(*x) + rule(*[a * b for a, b in zip(x, p, strict=True)]),
        rng.normal(size=(4, operands)),
        p,
    )
