"""What ``compile`` refuses of a function, because a program would not compute what the Python does."""

from __future__ import annotations

import gc
import math
import pickle
import random
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from copy import copy, deepcopy
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, data_of, exp, gate, maximum, sigmoid, tanh
from autograd import node as nodes
from autograd.compiler.functions import noticing
from autograd.compiler.functions.noticing import watching
from tests.work import at_call, calls

W = array([0.5, -1.0], label="W")
GENERATOR = np.random.default_rng(1)
OWN = random.Random(1)

Function = Callable[[Any], Any]


def refusal(function: Function, example: Any = (1, 1)) -> str:
    with pytest.raises(TypeError) as caught:
        compile(function, example, W)
    assert nodes.watcher is None
    return str(caught.value)


def line_of(function: Function) -> str:
    return f"test_noticing.py, line {function.__code__.co_firstlineno} ("


READS: dict[str, Function] = {
    "data": lambda x: W @ x * (W @ x).data,
    "data of an input": lambda x: W @ x * x[0].data,
    "data of a parameter": lambda x: W @ x * W[0].data,
    "data, compared": lambda x: W @ x if x[0].data > 0 else x[0],
    "data_of": lambda x: W @ x * data_of(x).sum(),
    "repr": lambda x: W @ x * len(repr(W @ x)),
    "print": lambda x: [print(W @ x), W @ x][1],
    "str": lambda x: W @ x * float(str(W @ x)[6]),
    "format": lambda x: W @ x * float(f"{W @ x:.3f}"),
    "operands": lambda x: (W @ x).operands[0] * W @ x,
    "local derivative": lambda x: tanh(W @ x).local_backward(1.0)[0] * W @ x,
    "== number": lambda x: W @ x if x[1] == 2 else x[0],
    "!= number": lambda x: W @ x if x[1] != 2 else x[0],
    "== input": lambda x: W @ x if x[0] == x[1] else x[0],
    "in a list": lambda x: W @ x if x[0] in [1, 2] else x[0],
    "in a set": lambda x: W @ x if x[0] in {1, 2} else x[0],
    "in a set, computed": lambda x: W @ x if 2 * x[0] + 1 in {3} else x[0],
    "dict.get": lambda x: {1.0: 5.0}.get(x[0], 0.0) * W @ x,
    "key": lambda x: {1.0: 5.0}[x[0]] * W @ x,
    "order": lambda x: max(x[0], x[1]) * W[0],
    "truth": lambda x: (x[0] or x[1]) * W[0],
    "sorted": lambda x: W @ sorted(x),
    "argmax": lambda x: W @ x * int(np.argmax(x)),
    "unique": lambda x: W @ x * len(np.unique(x)),
    "float": lambda x: W @ x * float(x[0]),
    "int": lambda x: W @ x * int(x[0]),
    "round": lambda x: W @ x * round(x[0]),
    "floor": lambda x: W @ x * math.floor(x[0]),
    "math": lambda x: W @ x * math.exp(x[0]),
    "modulo": lambda x: W @ x * (x[0] % 2),
    "astype": lambda x: W @ x.astype(float),
    "index": lambda x: W[x[0]],
    "slice": lambda x: W[: x[0]].sum(),
    "range": lambda x: sum(W[0] for _ in range(x[0])),
    "pickle": lambda x: W @ pickle.loads(pickle.dumps(x)),
    "copies of parameters": lambda x: deepcopy(W) @ x + W @ x,
    "a copy of a parameter": lambda x: copy(W[0]) * (W @ x),
    "nan_to_num": lambda x: W @ np.nan_to_num(x),
    "isnan": lambda x: W @ np.where(np.isnan(x), 0.0, x),
}


@pytest.mark.parametrize("what", READS)
def test_a_look_at_a_number_is_refused_with_its_line_and_what_to_write(what: str) -> None:
    says = refusal(READS[what])
    assert line_of(READS[what]) in says
    for word in ("where", "maximum", "relu", "softmax", "input"):
        assert word in says


def test_what_the_function_catches_is_noticed_all_the_same() -> None:
    def compares(x: Any) -> Any:
        with suppress(TypeError):
            return x[0] * W[0] if x[0] > 0 else W @ x
        return W @ x

    def converts(x: Any) -> Any:
        try:
            return W @ x * int(x[0])
        except Exception:
            return W @ x

    def reads(x: Any) -> Any:
        try:
            return W @ x * (W @ x).data
        except BaseException:
            return W @ x

    for function in (compares, converts, reads):
        assert "test_noticing.py, line" in refusal(function)


def test_a_copy_of_an_input_is_a_number_of_the_example_too() -> None:
    for copied in (
        deepcopy,
        np.copy,
        lambda x: [copy(each) for each in x],
        lambda x: deepcopy(list(2 * x / 2)),
    ):
        program = compile(lambda x, copied=copied: W @ copied(x), [1.0, 2.0], W)
        assert program([[1.0, 2.0], [3.0, 4.0]]).tolist() == [-1.5, -2.5]


@pytest.mark.parametrize(
    "asks",
    [
        lambda x: W @ x * (2 if isinstance(x[0], float) else 1),
        lambda x: [W @ x, W @ x] if x.dtype == float else W @ x,
        lambda x: W @ (x.astype(int) if np.issubdtype(x.dtype, np.number) else 2 * x),
    ],
)
def test_a_function_that_does_something_else_with_numbers_than_with_values_is_refused(asks: Any) -> None:
    with pytest.raises(TypeError, match="asks for their type"):
        compile(asks, [1.0, 2.0], W)


def test_setting_a_parameter_is_refused() -> None:
    def clips(x: Any) -> Any:
        W[0].data = 0.5
        return W @ x

    assert "W[0].data = 0.5" in refusal(clips)


def test_a_backward_pass_inside_is_refused() -> None:
    def penalised(x: Any) -> Any:
        (W @ x).backward()
        return W @ x * W[0].grad

    def by_a_constants_gradient(x: Any) -> Any:
        constant = Value(2.0)
        (constant * x[0]).backward()
        return W @ x * constant.grad

    assert "backward()" in refusal(penalised)
    assert "backward()" in refusal(by_a_constants_gradient)


def test_constants_may_be_read_and_values_compared_by_identity() -> None:
    rate, other = Value(2.0), Value(3.0)

    def function(x: Any) -> Any:
        seen = {W[0], W[1]}
        scale = (rate * other).data if rate != other and f"{rate}" and W[0] in seen else 0.0
        return W @ x * scale if x[0] is not None and x[0] != "a" else x[0]

    assert compile(function, [1.0, 2.0], W)([[1.0, 2.0]]).tolist() == [-9.0]


def test_what_python_would_refuse_too_is_the_functions_own_error() -> None:
    with pytest.raises(ZeroDivisionError):
        compile(lambda x: x[0] / (1 / 0), [1.0])
    with pytest.raises(IndexError):
        compile(lambda x: x[5], [1.0])


def draws_in(generator: Any) -> Function:
    return lambda x: W @ x * (0.0 if generator.random() < 1e-9 else 1.0)


@pytest.mark.parametrize(
    "generator",
    [random, OWN, np.random, GENERATOR, np.random.RandomState(0), np.random.Generator(np.random.MT19937(3))],
)
def test_a_draw_is_noticed_even_if_the_graph_is_the_same(generator: Any) -> None:
    says = refusal(draws_in(generator))
    assert f"test_noticing.py, line {draws_in.__code__.co_firstlineno + 1} (" in says
    assert "random numbers are drawn" in says


@pytest.mark.parametrize(
    ("make", "draw"),
    [
        (lambda: random.Random(7), lambda g: g.random()),
        (lambda: random.Random(7), lambda g: g.gauss(0, 1)),
        (lambda: np.random.default_rng(7), lambda g: g.normal()),
        (lambda: np.random.RandomState(7), lambda g: g.randn()),
    ],
)
def test_a_generator_draws_after_compiling_what_it_would_have_drawn(make: Any, draw: Any) -> None:
    generator, untouched = make(), make()
    refusal(lambda x: W @ x * draw(generator))
    assert [draw(generator) for _ in range(5)] == [draw(untouched) for _ in range(5)]


def test_a_generator_that_the_function_makes_from_a_seed_draws_the_same_each_time() -> None:
    program = compile(lambda x: W @ x * np.random.default_rng(3).random(), [1.0, 2.0], W)
    assert program([[1.0, 0.0]])[0] == 0.5 * np.random.default_rng(3).random()


def test_a_function_that_remembers_its_calls_is_refused() -> None:
    calls: list[int] = []

    def counts(x: Any) -> Any:
        calls.append(1)
        return W @ x * len(calls)

    def chooses_a_gate(x: Any) -> Any:
        calls.append(1)
        return tanh(W @ x) if len(calls) % 2 else sigmoid(W @ x)

    def remembers(x: Any) -> Any:
        calls.append(x[0])
        return W @ x + calls[0]

    for function in (counts, chooses_a_gate, remembers):
        calls.clear()
        assert "two different graphs" in refusal(function)


def test_a_value_computed_before_from_a_parameter_is_refused() -> None:
    scale = exp(W[0])
    scale.label = "scale"
    assert "'scale'" in refusal(lambda x: W @ x * scale)
    kept: dict[str, Value] = {}
    assert "exp" in refusal(lambda x: W @ x * kept.setdefault("scale", exp(W[0])))
    constant = exp(Value(0.0))
    assert compile(lambda x: W @ x * constant, [1.0, 2.0], W)([[1.0, 0.0]]).tolist() == [0.5]


def test_nan_and_a_gate_made_anew_in_each_call_are_no_difference() -> None:
    def function(x: Any) -> Any:
        square = gate(
            "square", forward=lambda m, a: a * a, backward=lambda m, upstream, out, a: (2 * upstream * a,)
        )
        return maximum(square(W @ x), -1.0) + Value(math.nan) * 0.0

    assert np.isnan(compile(function, [1.0, 2.0], W)([[1.0, 2.0]])).all()


def test_a_gate_that_closes_over_another_number_in_each_call_is_a_difference() -> None:
    calls: list[int] = []

    def function(x: Any) -> Any:
        calls.append(1)
        slope = 0.0 * len(calls)  # the numbers of the graph are the same, not those of the gate
        mark = len(calls)
        odd = gate(
            "odd",
            forward=lambda m, a: a * slope if mark else a,
            backward=lambda m, upstream, out, a: (upstream * slope,),
        )
        return odd(W @ x)

    assert "two different graphs" in refusal(function)


def test_another_thread_may_read() -> None:
    def function(x: Any) -> Any:
        thread = threading.Thread(target=lambda: (W[0].data, repr(W[1])))
        thread.start()
        thread.join()
        return W @ x

    assert compile(function, [1.0, 2.0], W)([[1.0, 0.0]]).tolist() == [0.5]


def test_nested_tracing() -> None:
    def inner(x: Any) -> Any:
        return compile(lambda z: z[0] * 2, [1.0])([[3.0]])[0] * (W @ x)

    def reads_the_outer(x: Any) -> Any:
        with suppress(TypeError):
            compile(lambda z: z[0] * x[0].data, [1.0])
        return W @ x

    assert compile(inner, [1.0, 2.0], W)([[1.0, 0.0]]).tolist() == [3.0]
    assert "x[0].data" in refusal(reads_the_outer)


def test_deciding_whether_a_read_counts_looks_at_each_node_once() -> None:
    with watching([]) as watch:
        node = Value(1.0)
        for _ in range(3000):
            node = node + 1.0
            assert node.data > 1
        assert watch.finding is None
        assert len(watch._alive) == 3001


# where a generator that nobody needs any more is being closed, Python swallows it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_call_leaves_no_watch_and_the_collector_on() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    def function(x: Any) -> Any:
        return W @ x

    compile(function, [1.0, 2.0], W)  # what is remembered from call to call
    for number in range(1, calls(compile, function, [1.0, 2.0], W), 5):
        with suppress(KeyboardInterrupt):
            at_call(number, interrupt)
            compile(function, [1.0, 2.0], W)
            sys.setprofile(None)
        assert not noticing._watches.open
        assert gc.isenabled()
    compile(function, [1.0, 2.0], W)
    assert nodes.watcher is None


def test_what_another_thread_draws_meanwhile_is_not_put_back() -> None:
    drawn: list[float] = []
    stop = threading.Event()

    def draw() -> None:
        while not stop.is_set():
            drawn.append(random.random())

    random.seed(7)
    thread = threading.Thread(target=draw)
    thread.start()
    try:
        for _ in range(5):
            compile(lambda x: sum((tanh(x[0] * k) for k in range(200)), x[1]), [1.0, 2.0])
    finally:
        stop.set()
        thread.join()
    random.seed(7)
    assert drawn == [random.random() for _ in drawn]


def test_tuples_that_another_thread_builds_are_left_alone() -> None:
    errors: list[BaseException] = []
    stop = threading.Event()

    def build() -> None:
        while not stop.is_set():
            try:
                tuple(i for i in range(500))
            except SystemError as error:
                errors.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=build)
    thread.start()
    try:
        for _ in range(20):
            compile(lambda x: tanh(x[0]), [1.0])
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)
    assert errors == []
