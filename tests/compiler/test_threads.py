"""One program called from several threads at once, and models beside each other."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, relu, sqrt, tanh, where
from autograd.compiler.program import Program
from tests.compiler.agreement import on_arrays

SIZES = (200, 200, 10, 300)
rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(work: Callable[[int], None], count: int = len(SIZES)) -> None:
    """work(0), work(1), ... each in a thread of its own; what one of them raises is raised here."""
    errors: list[BaseException] = []

    def run(which: int) -> None:
        try:
            work(which)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def network() -> Program:
    W, x = array(rng.normal(size=(8, 4)), label="W"), array(rng.normal(size=4), label="x")
    return compile((tanh(W @ x) ** 2).sum(), inputs=[*x], parameters=[*W.flat])


def pole() -> Program:
    """Where the input is not positive, the gradient has to be computed gate by gate."""
    w, x = array([1.0, 2.0, 3.0, 4.0], label="w"), array([1.0, 1.0, 1.0, 1.0], label="x")
    return compile(where(relu(x[0]), sqrt(w @ x * x[0]), w[1] * x[1]), inputs=[*x], parameters=[*w])


PROGRAMS = {"network": network, "pole": pole}
Compute = Callable[[Program, Any], Any]
CALLS: dict[str, Compute] = {
    "outputs": lambda program, X: program(X),
    "mean": lambda program, X: program.loss_and_grad(X)[1],
    "per example": lambda program, X: program.loss_and_grad(X, per_example=True)[1],
}


@pytest.mark.parametrize("made", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("compute", CALLS.values(), ids=CALLS)
def test_each_thread_gets_its_own_numbers(made: Callable[[], Program], compute: Compute) -> None:
    program = on_arrays(made())
    batches = [
        np.abs(rng.normal(size=(size, 4))) * [[which % 2], [1.0]][0] for which, size in enumerate(SIZES)
    ]
    expected = [compute(program, X) for X in batches]

    def work(which: int) -> None:
        for _ in range(25):
            np.testing.assert_array_equal(compute(program, batches[which]), expected[which])

    in_threads(work)


def test_write_back_gives_the_gradient_of_the_thread_that_asks() -> None:
    w, x = Value(2.0, label="w"), Value(1.0, label="x")
    program = compile(w * x, inputs=[x], parameters=[w])
    program.loss_and_grad([[5.0]])
    in_threads(lambda which: program.loss_and_grad([[7.0]]) and None, 1)
    program.write_back()
    assert w.grad == 5.0


def test_threads_walk_graphs_that_share_leaves() -> None:
    """The engine's walks take turns; every gradient is added whole, in some order."""
    w = Value(2.0)

    def work(which: int) -> None:
        for _ in range(50):
            h = w
            for _ in range(20):
                h = h + w
            h.backward()

    in_threads(work)
    assert w.grad == 4 * 50 * 21


FORKED = """
import os, signal, threading
from autograd import Value, gate
from autograd.arithmetic import floats

walks, is_forked = threading.Event(), threading.Event()

def stays(m, upstream, out, x):
    if m is floats:
        walks.set()
        is_forked.wait()
    return (upstream,)

is_forked.set()  # the trial run of the rule goes through
root = gate("stays", forward=lambda m, x: x, backward=stays)(Value(1.0))
is_forked.clear()
walks.clear()
thread = threading.Thread(target=root.backward)
thread.start()
walks.wait()
child = os.fork()
if not child:
    signal.alarm(60)  # rather than to wait forever
    x = Value(3.0)
    (x * x).backward()
    os._exit(int(x.grad))
is_forked.set()
thread.join()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 6
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_process_forked_while_another_thread_walks_may_walk() -> None:
    """In a process of its own: JAX, which other tests load, must not be forked."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", FORKED], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
