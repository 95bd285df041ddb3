"""Trace: the graph as a table, a row per node, and what each node's number depends on."""

from __future__ import annotations

import math

from autograd import Value, compile, gates, topological_order
from autograd.compiler.trace import CONSTANT, INVARIANT, PARAMETER, VARYING, Trace, trace


def line() -> tuple[Trace, Value]:
    w, b, x = Value(2.0, label="w"), Value(1.5, label="b"), Value(3.0, label="x")
    loss = gates.tanh(w * x) + w * b * 4
    loss.label = "loss"
    return trace([loss], [x], [w, b]), loss


def test_a_row_per_node_each_after_its_operands() -> None:
    table, loss = line()
    assert len(table) == len(topological_order(loss)) + 1, "the 4, which is no node of the graph, has a row"
    for row, operands in enumerate(table.operands):
        assert all(operand < row for operand in operands)
    numbers = {node.data for node in topological_order(loss)} | {4.0}
    assert set(table.number) == numbers
    assert table.number[table.outputs[0]] == loss.data
    assert table.label[table.outputs[0]] == "loss"


def test_every_row_knows_its_gate_and_its_operands_in_order() -> None:
    a, b = Value(3.0), Value(2.0)
    table = trace([a - b], [a], [b])
    (row,) = table.outputs
    assert table.gate[row] is gates.sub
    assert table.operands[row] == (table.inputs[0], table.parameters[0])


def test_kinds_are_the_most_that_the_operands_depend_on() -> None:
    table, _ = line()
    kind = dict(zip(table.number, table.kind, strict=True))
    assert kind[6.0] == kind[math.tanh(6.0)] == VARYING
    assert kind[2.0] == kind[1.5] == PARAMETER
    assert kind[2.0 * 1.5 * 4] == INVARIANT
    assert kind[4.0] == CONSTANT
    assert table.kind[table.outputs[0]] == VARYING


def test_what_learns_has_a_parameter_below() -> None:
    x, p = Value(1.0), Value(2.0)
    squared, total = x * x, x * x + p
    table = trace([squared, total, p * p], [x], [p])
    assert [table.learns[row] for row in table.outputs] == [False, True, True]
    assert not table.learns[table.inputs[0]]
    assert table.learns[table.parameters[0]]


def test_gates_of_constants_alone_are_folded() -> None:
    x = Value(1.0)
    table = trace([x * (Value(2.0) + 3) ** 2], [x], [])
    (row,) = table.outputs
    assert [table.number[operand] for operand in table.operands[row]] == [1.0, 25.0]
    assert [gate.name for gate in table.gate if gate] == ["mul"]


def test_constants_are_kept_once_each() -> None:
    x = Value(1.0)
    table = trace([(x + 2) * (x + Value(2.0)) * 2], [x], [])
    assert table.kind.count(CONSTANT) == 1


def test_constants_that_only_look_alike_are_kept_apart() -> None:
    x = Value(1.0)
    table = trace([x * 0.0 + x * -0.0 + x * math.nan + x * math.nan], [x], [])
    constants = [number for number, kind in zip(table.number, table.kind, strict=True) if kind == CONSTANT]
    assert sorted(map(repr, constants)) == ["-0.0", "0.0", "nan"]


def test_a_constant_that_was_set_later_is_what_each_gate_took() -> None:
    """As backward has it: the pass that ran, whatever the leaf is now."""
    c, w, x = Value(2.0, label="c"), Value(1.0, label="w"), Value(3.0, label="x")
    loss = c * x * w + gates.exp(c)
    c.data = 5.0
    later = loss + c * w
    program = compile(later, inputs=[x], parameters=[w])
    assert program([[3.0]]).tolist() == [later.data]
    later.backward()
    assert program.loss_and_grad([[3.0]])[1].tolist() == [w.grad] == [2.0 * 3.0 + 5.0]
    (again,) = program.trace.rebuilt()
    assert again.data == later.data


def test_shared_nodes_have_one_row() -> None:
    x = Value(1.0)
    h = gates.tanh(x)
    table = trace([h * h + h], [x], [])
    assert [gate.name for gate in table.gate if gate] == ["tanh", "mul", "add"]


def test_several_outputs_share_the_table_and_may_be_one_another() -> None:
    x, p = Value(1.0), Value(2.0)
    h = x * p
    table = trace([h, gates.tanh(h), h, x, p], [x], [p])
    assert len(table) == 4
    assert table.outputs[0] == table.outputs[2]
    assert table.outputs[3:] == [table.inputs[0], table.parameters[0]]


def test_inputs_and_parameters_that_nothing_uses_have_rows_too() -> None:
    x, unused, p = Value(1.0), Value(5.0), Value(2.0)
    table = trace([x * p], [unused, x], [p])
    assert [table.number[row] for row in table.inputs] == [5.0, 1.0]


def test_it_prints_as_counts_and_as_a_table() -> None:
    table, _ = line()
    assert repr(table).startswith(f"Trace of {len(table)} nodes: constant 1, parameter 2, ")
    lines = str(table).splitlines()
    assert lines[0] == repr(table)
    assert len(lines) == len(table) + 1
    assert lines[-1].split()[-1] == "loss"
    assert "tanh" in str(table)
    assert "varying" in str(table)


def test_a_large_one_prints_its_first_thousand_rows() -> None:
    node = x = Value(1.0)
    for _ in range(3000):
        node = gates.sin(node)
    assert len(str(trace([node], [x], [])).splitlines()) == 1001


def test_of_many_operands_each_is_its_row_or_what_it_was() -> None:
    x, p, c = Value(1.0, label="x"), Value(2.0), Value(3.0)
    total = gates.summation(x, c, p, x, gates.exp(c))
    total.label = "total"
    alone = gates.summation(c, c, c)
    c.data = 7.0
    table = trace([total, alone], [x], [p])
    row, constant = table.outputs
    assert [table.number[each] for each in table.operands[row]] == [1.0, 3.0, 2.0, 1.0, math.exp(3.0)]
    assert (table.kind[row], table.learns[row], table.label[row]) == (VARYING, True, "total")
    assert (table.gate[constant], table.number[constant]) == (None, 9.0)


def test_what_is_given_is_a_leaf_even_if_a_gate_made_it() -> None:
    x = Value(1.0)
    h = gates.tanh(x)
    table = trace([h * h], [h], [])
    assert [gate.name for gate in table.gate if gate] == ["mul"]
    assert table.operands[table.outputs[0]] == (table.inputs[0], table.inputs[0])
