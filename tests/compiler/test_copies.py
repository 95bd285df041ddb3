"""Copies of compiled programs: numbers, gradients and Values of their own."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, array, compile, cos, relu, sqrt, step, tanh, where
from autograd.compiler.program import Program
from nn import MLP, cross_entropy, squared_error
from tests.compiler.agreement import compiled, on_arrays
from tests.compiler.graphs import bend, cube


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda held: pickle.loads(pickle.dumps(held, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": pickled(protocol) for protocol in (0, 2, 4, 5)},
}
every_way = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())

X = np.random.default_rng(1).normal(size=(5, 3))


def network() -> Program:
    model = MLP(2, [3, 1], np.random.default_rng(0), activation=tanh)
    return compiled(lambda x: squared_error(model(x[:2]), x[2]), X[0], model.parameters())


def custom() -> Program:
    """Custom gates, one of them with an ``if``."""
    w = array([0.5, -2.0, 3.0], label="w")
    return compiled(lambda x: cube(w[0] * x[2]) + bend(w[1] * x[0], 0.1) * cos(w[2] + x[1]), X[0], list(w))


def irregular() -> Program:
    rng = np.random.default_rng(3)
    w = [Value(float(each), label="w") for each in rng.normal(size=4)]

    def function(x: list[Value]) -> Value:
        nodes: list[Value] = [*w, *x]
        for a, b in rng.integers(7, size=(40, 2)):
            nodes.append(tanh(nodes[-a - 1] * nodes[-b - 1]) + nodes[b])
        return nodes[-1]

    return compiled(function, X[0], w)


def pole() -> Program:
    """Where x[0] is not above 0, the sqrt at its pole is the path not taken."""
    w = array([1.0, 2.0], label="w")
    return compiled(lambda x: where(step(x[0]), sqrt(w[0] * relu(x[0])), w[1] * x[1]), X[0], list(w))


def without_inputs() -> Program:
    w = Value(3.0)
    return compile(w * w, inputs=[], parameters=[w])


PROGRAMS = {"network": network, "custom gates": custom, "irregular": irregular, "pole": pole}
every_program = pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS.keys())


def agree(program: Program, twin: Program) -> None:
    """On arrays, and gate by gate, which so few examples may be run."""
    assert twin.source == program.source
    if program.fused is not None:
        gates = program._gates
        _agree(on_arrays(program), on_arrays(twin))
        program._gates = twin._gates = gates
    _agree(program, twin)


def _agree(program: Program, twin: Program) -> None:
    np.testing.assert_array_equal(twin(X), program(X))
    for per_example in (False, True):
        ours, theirs = (each.loss_and_grad(X, per_example=per_example) for each in (program, twin))
        np.testing.assert_array_equal(theirs[0], ours[0])
        np.testing.assert_array_equal(theirs[1], ours[1])


@every_way
@every_program
def test_a_copy_computes_the_same(copied: Callable[[Any], Any], make: Callable[[], Program]) -> None:
    program = make()
    program.parameters *= 1.25  # not what it was compiled with
    agree(program, copied(program))  # also what has not run yet
    assert np.isfinite(program.loss_and_grad(X)[1]).all()
    agree(program, copied(program))
    agree(program, copied(copied(program)))


@every_way
@every_program
def test_a_copy_computes_with_numbers_of_its_own(
    copied: Callable[[Any], Any], make: Callable[[], Program]
) -> None:
    program, fresh = make(), make()
    program.loss_and_grad(X, per_example=True)
    twin = copied(program)
    twin.parameters[0] = 9.0
    agree(program, fresh)
    fresh.parameters[0] = 9.0
    agree(twin, fresh)
    program.parameters[:] = 7.0
    agree(twin, fresh)


@every_way
def test_a_copy_writes_back_to_values_of_its_own(copied: Callable[[Any], Any]) -> None:
    program = network()
    _, gradient = program.loss_and_grad(X)
    twin = copied(program)
    twin.parameters[:] = 5.0
    twin.loss_and_grad(X)
    program.write_back()
    assert [each.grad for each in program.values] == gradient.tolist()
    twin.write_back()
    assert {each.data for each in twin.values} == {5.0}
    assert [each.data for each in program.values] == program.parameters.tolist() != twin.parameters.tolist()
    assert [each.grad for each in program.values] == gradient.tolist()
    assert not set(twin.values) & set(program.values)


@every_way
def test_a_copy_keeps_the_gradient_that_is_not_written_back_yet(copied: Callable[[Any], Any]) -> None:
    program = network()
    _, gradient = program.loss_and_grad(X)
    twin = copied(program)
    twin.write_back()
    assert [each.grad for each in twin.values] == gradient.tolist()


@every_way
def test_what_is_copied_together_stays_together(copied: Callable[[Any], Any]) -> None:
    program = network()
    twin, numbers, values = copied((program, program.parameters, program.values))
    assert numbers is twin.parameters
    assert values is twin.values
    numbers[:] = 5.0
    assert (twin(X) == twin(X[:1])[0]).all() == (program(X) == program(X[:1])[0]).all()
    twin.write_back()
    assert values[0].data == 5.0


def test_a_shallow_copy_has_numbers_of_its_own_and_the_same_values() -> None:
    program, fresh = network(), network()
    _, gradient = program.loss_and_grad(X)
    twin = copy.copy(program)
    twin.parameters[:] = 2.0
    twin.loss_and_grad(X)
    agree(program, fresh)
    assert all(ours is theirs for ours, theirs in zip(program.values, twin.values, strict=True))
    twin.write_back()
    assert {each.data for each in program.values} == {2.0}
    program.write_back()
    assert [each.grad for each in program.values] == gradient.tolist()


def test_a_pickle_whose_arrays_are_read_only() -> None:
    """As those that joblib lays out for several processes to read, or buffers out of band."""
    program, buffers = network(), list[pickle.PickleBuffer]()
    written = pickle.dumps(program, 5, buffer_callback=buffers.append)
    twin = pickle.loads(written, buffers=[bytes(buffer.raw()) for buffer in buffers])
    agree(program, twin)
    twin.parameters[0] = 9.0
    assert twin.loss_and_grad(X)[0] != program.loss_and_grad(X)[0]


@every_way
def test_programs_without_inputs_and_of_several_outputs(copied: Callable[[Any], Any]) -> None:
    twin = copied(without_inputs())
    twin.parameters -= 1.0
    assert twin.loss_and_grad()[0] == 4.0
    w, x = Value(2.0), Value(1.0)
    outputs = copied(compile([w * x, w + x], inputs=[x], parameters=[w]))
    outputs.parameters = [3.0]
    assert outputs([[2.0]]).tolist() == [[6.0, 5.0]]


@every_way
def test_a_compiled_loss(copied: Callable[[Any], Any]) -> None:
    model = MLP(2, [3, 3], np.random.default_rng(0), activation=tanh)
    loss = model.compile(cross_entropy, X[0, :2], 1)
    classes = [0, 1, 2, 0, 1]
    found, gradient = loss(X[:, :2], classes)
    twin_model, twin = copied((model, loss))
    assert all(a is b for a, b in zip(twin.parameters, twin_model.parameters(), strict=True))
    np.testing.assert_array_equal(twin(X[:, :2], classes)[1], gradient)
    twin.set_parameters(np.zeros(len(gradient)))
    assert twin(X[:, :2], classes)[0] == pytest.approx(np.log(3))
    assert loss(X[:, :2], classes)[0] == found
    twin.program.write_back()
    assert {each.data for each in twin_model.parameters()} == {0.0}


def deep() -> Program:
    w, x = Value(0.5), Value(1.0)
    node: Any = x
    for _ in range(sys.getrecursionlimit()):
        node = tanh(node * w)
    return compile(node, inputs=[x], parameters=[w])


def test_a_deep_program() -> None:
    program = deep()
    for copied in (copy.deepcopy, COPIES["pickle 4"]):
        np.testing.assert_array_equal(copied(program)([[2.0]]), program([[2.0]]))


@pytest.mark.parametrize("make", [network, custom, deep])  # the last is run gate by gate
def test_a_program_on_jax(make: Callable[[], Program]) -> None:
    jax: Any = pytest.importorskip("jax", reason="JAX is not installed (extra jax)")
    program = make()
    on_jax = program.to("jax", dtype="float32")
    assert copy.deepcopy(on_jax) is copy.copy(on_jax) is on_jax  # as of any pure function
    twin = pickle.loads(pickle.dumps(on_jax))
    assert (twin.is_tape, twin.dtype, repr(twin)) == (on_jax.is_tape, "float32", repr(on_jax))
    parameters, batch = program.parameters.astype("float32"), X[:, : len(program.trace.inputs)]
    loss, gradient = jax.jit(jax.value_and_grad(twin.loss))(parameters, batch)
    expected = on_jax.loss_and_grad(parameters, batch)
    np.testing.assert_allclose(loss, expected[0], rtol=1e-5)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-4, atol=1e-7)
