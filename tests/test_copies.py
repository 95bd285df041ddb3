"""Copies of Values and gates: what pickle and deepcopy keep, share and make anew, at any depth."""

from __future__ import annotations

import copy
import io
import pickle
import random
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import GATES, Gate, Value, ValueArray, array, copying, gate, maximum, summation, tanh, where
from autograd.backward import topological_order
from autograd.node import NOT_YET

cube = gate(
    "cube",
    forward=lambda m, x: x * x * x,
    backward=lambda m, upstream, out, x: (upstream * 3 * x * x,),
)


def pythons_pickle(held: Any) -> Any:
    """By the pickler and the unpickler that are written in Python, and recurse sooner."""
    file = io.BytesIO()
    pickle._Pickler(file).dump(held)
    file.seek(0)
    return pickle._Unpickler(file).load()


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda held: pickle.loads(pickle.dumps(held, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "Python's pickle": pythons_pickle,
    **{f"pickle {protocol}": pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}
every_way = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
fast_ways = pytest.mark.parametrize(
    "copied", [copy.deepcopy, pickled(pickle.DEFAULT_PROTOCOL)], ids=["deepcopy", "pickle"]
)


def graph() -> Value:
    """Gates of one, two, three and any number of operands; shared nodes, plain numbers, a gate twice."""
    a, b = Value(3.0, label="a"), Value(-0.0, label="b")
    c = a * a + 2
    c.label = "c"
    chosen = where(b, c, 7.0)
    root: Value = summation(chosen, 1.5, c, cube(a), 2 - tanh(b)) + maximum(a, c)
    return root


def chain(length: int) -> Value:
    node = Value(1.0)
    for _ in range(length):
        node = node + 1.0
    return node


def assert_same_graph(twin: Value, node: Value) -> None:
    """The same numbers, labels, gates and edges, in Values of its own."""
    ours, theirs = topological_order(node), topological_order(twin)
    assert len(ours) == len(theirs)
    assert not set(ours) & set(theirs)
    place = {each: i for i, each in enumerate(theirs)}
    for i, each in enumerate(ours):
        other = theirs[i]
        assert repr(other.data) == repr(each.data)  # which tells -0.0 from 0.0, and knows nan
        assert (other.label, other.gate, other.operands) == (each.label, each.gate, each.operands)
        assert (other.grad is NOT_YET) == (each.grad is NOT_YET)
        assert other.grad == each.grad
        places = [None if below is None else ours.index(below) for below in each.inputs]
        assert [None if below is None else place[below] for below in other.inputs] == places


# -- one graph ----------------------------------------------------------------------------------


@every_way
def test_a_copy_has_the_same_graph(copied: Callable[[Any], Any]) -> None:
    root = graph()
    assert_same_graph(copied(root), root)
    assert_same_graph(copied(copied(root)), root)
    root.backward()
    for leaf in (each for each in topological_order(root) if each.gate is None):
        leaf.grad, leaf.data = NOT_YET, 50.0  # the operands stay as they were
    assert_same_graph(copied(root), root)


@every_way
@pytest.mark.parametrize("number", [0.0, -0.0, 1e-320, float("inf"), float("nan")])
def test_a_copy_of_a_leaf(copied: Callable[[Any], Any], number: float) -> None:
    leaf = Value(number, label="w")
    assert_same_graph(copied(leaf), leaf)
    leaf.grad = 0.0  # reached by backward, and so not NOT_YET
    assert_same_graph(copied(leaf), leaf)


@every_way
def test_a_copy_is_independent(copied: Callable[[Any], Any]) -> None:
    x = Value(2.0)
    y = x * x
    twin = copied(y)
    twin.inputs[0].data = 5.0
    twin.backward()
    assert (x.data, x.grad, y.grad, twin.inputs[0].grad) == (2.0, 0.0, 0.0, 4.0)
    assert x.grad is NOT_YET
    y.backward()
    assert (x.grad, twin.inputs[0].grad, (twin.inputs[0] * 3).data) == (4.0, 4.0, 15.0)


# -- several roots in one copy ------------------------------------------------------------------


@every_way
def test_what_is_shared_stays_shared(copied: Callable[[Any], Any]) -> None:
    x = Value(2.0, label="x")
    y = x * x
    z = y + x
    objects = np.array([[x, y], [z, 1.0]], dtype=object)
    made = array([x, y])
    twin = copied({"late": [z, y], "x": x, "objects": objects, "array": made, "twice": (made, made)})
    (z2, y2), x2 = twin["late"], twin["x"]
    assert z2.inputs == (y2, x2)
    assert y2.inputs == (x2, x2)
    assert twin["objects"].tolist() == [[x2, y2], [z2, 1.0]]
    assert isinstance(twin["array"], ValueArray)
    assert twin["array"].tolist() == [x2, y2]
    assert twin["twice"][0] is twin["twice"][1] is twin["array"]
    assert x2 is not x


@every_way
def test_two_copies_share_nothing(copied: Callable[[Any], Any]) -> None:
    root = graph()
    one, other = copied(root), copied(root)
    assert not set(topological_order(one)) & set(topological_order(other))


@every_way
def test_random_graphs_with_many_roots(copied: Callable[[Any], Any]) -> None:
    rng = random.Random(0)
    for _ in range(10):
        nodes: list[Value] = [Value(rng.random()) for _ in range(3)]
        for _ in range(40):
            gate_, arity = rng.choice(
                [(tanh, 1), (GATES["mul"], 2), (GATES["add"], 2), (summation, 4), (where, 3)]
            )
            choices: list[Value | float] = [*nodes[-8:], 0.5]
            operands = [rng.choice(choices) for _ in range(arity)]
            made = gate_(*operands)
            nodes += [made] if isinstance(made, Value) else []
        above = summation(*nodes)
        roots = rng.sample([*nodes, above], len(nodes) + 1)
        twins = copied(roots)
        assert_same_graph(twins[roots.index(above)], above)
        twin_of: dict[Value | None, Value] = dict(zip(roots, twins, strict=True))
        for node in nodes:
            assert twin_of[node].inputs == tuple([twin_of.get(below) for below in node.inputs])


def orders(nodes: list[Value]) -> list[list[Value]]:
    return [nodes, nodes[::-1], random.Random(0).sample(nodes, len(nodes))]


@fast_ways
@pytest.mark.parametrize("which", range(3), ids=["inputs first", "root first", "shuffled"])
def test_each_node_is_looked_at_a_few_times(
    copied: Callable[[Any], Any], which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = orders(topological_order(chain(2000)))[which]
    looks = 0
    inputs = Value.inputs.fget  # type: ignore[attr-defined]

    def counted(node: Value) -> Any:
        nonlocal looks
        looks += 1
        return inputs(node)

    monkeypatch.setattr(Value, "inputs", property(counted))
    copied(roots)
    assert looks < 4 * len(roots)


# -- depth and width ----------------------------------------------------------------------------


@fast_ways
def test_a_chain_of_100_000_gates(copied: Callable[[Any], Any]) -> None:
    root = chain(100_000)
    held = copied({"nodes": [np.array([root], dtype=object), root.inputs[0]]})["nodes"]
    twin = held[0][0]
    assert (twin.data, len(topological_order(twin))) == (100_001.0, 100_001)
    assert twin.inputs[0] is held[1]


@every_way
def test_a_chain_deeper_than_the_recursion_limit(copied: Callable[[Any], Any]) -> None:
    root = chain(3 * sys.getrecursionlimit())
    for roots in orders(topological_order(root)):
        twins = copied(roots)
        assert topological_order(twins[roots.index(root)])[-1].data == root.data


@fast_ways
def test_a_wide_graph_and_one_of_many_paths(copied: Callable[[Any], Any]) -> None:
    wide = summation(*[Value(1.0) + 1.0 for _ in range(20_000)])
    assert copied(wide).data == 40_000.0
    node = x = Value(1.0)
    for _ in range(60):  # 2 ** 60 paths
        node = node * node
    twin = copied([node, x])
    assert_same_graph(twin[0], node)


# -- pickles that are not alone -----------------------------------------------------------------


def test_picklers_side_by_side() -> None:
    length = 3 * sys.getrecursionlimit()
    nodes = topological_order(chain(length))
    files = [io.BytesIO(), io.BytesIO()]
    picklers = [pickle.Pickler(file) for file in files]
    for some in (nodes[: length // 2], nodes[-1:], nodes[:5]):  # one and the same memo for all three
        for pickler in picklers:
            pickler.dump(some)
    assert pickle.loads(pickle.dumps(nodes[-1] + 1.0)).data == length + 2.0
    assert copy.deepcopy(nodes[-1] + 1.0).data == length + 2.0
    for file in files:
        file.seek(0)
        unpickler = pickle.Unpickler(file)
        first, (root,), few = unpickler.load(), unpickler.load(), unpickler.load()
        assert topological_order(root)[:5] == first[:5] == few


def test_after_a_pickle_that_failed_halfway(monkeypatch: pytest.MonkeyPatch) -> None:
    length = 3 * sys.getrecursionlimit()
    root = cube(chain(length))
    for _ in range(length):
        root = root + 1.0
    pickler = pickle._Pickler(io.BytesIO())
    with monkeypatch.context() as without:
        without.delitem(globals(), "cube")
        with pytest.raises(pickle.PicklingError, match="cube"):
            pickler.dump(root)
    assert pickle.loads(pickle.dumps(root.inputs[0])).data == root.data - 1.0
    assert copy.deepcopy(root).data == root.data
    del pickler  # which has been alive so far, and had half of the graph


def test_threads_pickle_one_graph() -> None:
    root = chain(3000)
    found: list[float] = []
    threads = [
        threading.Thread(target=lambda: found.append(pickle.loads(pickle.dumps(root)).data)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3001.0] * 4


# -- a copy of one node -------------------------------------------------------------------------


def test_copy_copy_is_a_node_with_the_same_inputs() -> None:
    x = Value(3.0, label="x")
    x.grad = 2.0
    y = x * 2
    y.label = "y"
    twin, leaf = copy.copy(y), copy.copy(x)
    assert twin is not y
    assert (twin.data, twin.label, twin.gate, twin.operands) == (6.0, "y", y.gate, y.operands)
    assert twin.inputs == (x, None)
    assert (leaf.data, leaf.grad, leaf.label) == (3.0, 2.0, "x")
    leaf.data = 4.0
    assert x.data == 3.0


class Weight(Value):
    """A leaf with attributes of its own."""

    __slots__ = ("__dict__", "unit")
    unit: str


@pytest.mark.parametrize("copied", [*COPIES.values(), copy.copy], ids=[*COPIES, "copy"])
def test_a_subclass_keeps_its_attributes(copied: Callable[[Any], Any]) -> None:
    weight = Weight(2.0, label="w")
    weight.unit, weight.held = "kg", [1]  # type: ignore[attr-defined]
    twin = copied(weight)
    assert (type(twin), twin.data, twin.label, twin.unit, twin.held) == (Weight, 2.0, "w", "kg", [1])
    assert twin.grad is NOT_YET
    assert (twin.held is weight.held) == (copied is copy.copy)  # type: ignore[attr-defined]


# -- gates --------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("name", GATES)
def test_a_built_in_gate_stays_itself(copied: Callable[[Any], Any], name: str) -> None:
    assert copied(GATES[name]) is GATES[name]


@every_way
def test_a_custom_gate_of_a_module_stays_itself(copied: Callable[[Any], Any]) -> None:
    assert copied(cube) is cube
    assert copy.copy(cube) is cube


def local_gate() -> Gate:
    return gate("nowhere", forward=lambda m, x: x * 1, backward=lambda m, upstream, out, x: (upstream,))


elsewhere = local_gate()  # made by a function, held under another name than its own
borrowed = gate("tanh", forward=GATES["tanh"].forward, backward=GATES["tanh"].backward)  # rules of a module


def test_a_gate_is_found_by_the_variable_that_holds_it() -> None:
    for custom in (elsewhere, borrowed):
        assert pickle.loads(pickle.dumps(custom)) is custom


def test_a_gate_that_no_module_holds_is_deepcopied_but_not_pickled() -> None:
    custom = local_gate()
    assert copy.deepcopy(custom(Value(2.0))).gate is custom
    with pytest.raises(pickle.PicklingError, match=r"<gate nowhere\(x\)> cannot be pickled.* top level"):
        pickle.dumps(custom(Value(2.0)))


def test_a_gate_that_is_not_there_when_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    written = pickle.dumps(cube)
    monkeypatch.delitem(globals(), "cube")
    with pytest.raises(pickle.UnpicklingError, match=rf"the module {__name__} has no gate cube here"):
        pickle.loads(written)


# -- nonsense -----------------------------------------------------------------------------------

ADD, X = GATES["add"], Value(1.0)


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ((Value, 3.0, None, "", None, ADD, X, 1.0), ValueError, "a node of add has 2 input.*, got 2 of both"),
        ((Value, 3.0, None, "", None, ADD, X, X, X, 1.0, 1.0, 1.0), ValueError, "add has 2 input.*, got 6"),
        ((Value, 3.0, None, "", None, ADD, X, X, 1.0), ValueError, "add has 2 input.*, got 3"),
        ((Value, 3.0, None, "", None, summation), ValueError, "sum has at least 1 input.*, got 0"),
        (
            (Value, 3.0, None, "", None, ADD, X, 2.0, 1.0, 2.0),
            TypeError,
            "an input of add must be a Value or None, got 2",
        ),
        ((Value, 3.0, None, "", None, ADD, X, X, 1.0, "2"), TypeError, "add takes a real number, got '2'"),
        ((Value, X, None, "", None, ADD, X, X, 1.0, 2.0), TypeError, "add takes a real number"),
        ((Value, 3.0, "0", "", None, ADD, X, X, 1.0, 2.0), TypeError, "grad .* takes a real number"),
        ((Value, 3.0, None, 5, None, ADD, X, X, 1.0, 2.0), TypeError, "label must be a str, got 5"),
        ((Value, 3.0, None, "", None, "add", X, X, 1.0, 2.0), TypeError, "gate must be a Gate, got 'add'"),
        ((int, 3.0, None, "", None, ADD, X, X, 1.0, 2.0), TypeError, "a node must be a Value, got .*int"),
    ],
)
def test_a_pickle_that_makes_no_sense_is_refused(
    arguments: tuple[Any, ...], error: type[Exception], named: str
) -> None:
    class Forged:
        def __reduce__(self) -> tuple[Any, ...]:
            return copying.computed, arguments

    with pytest.raises(error, match=named):
        pickle.loads(pickle.dumps(Forged()))


@pytest.mark.parametrize("arguments", [(int, 1.0, None, ""), (Value, "1", None, ""), (Value, 1.0, None, 2)])
def test_a_leaf_that_makes_no_sense_is_refused(arguments: Any) -> None:
    with pytest.raises(TypeError):
        copying.leaf(*arguments)
