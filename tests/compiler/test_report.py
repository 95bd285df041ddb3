"""The report tells what became of the scalars, with the numbers that it was."""

from __future__ import annotations

import numpy as np

from autograd import Value, array, compile, logsumexp, summation, tanh
from autograd.compiler.program import Program
from nn import MLP, Convolution
from tests.compiler.agreement import compiled


def lines_of(program: Program) -> list[str]:
    """The first line, and those of what is computed."""
    first, *lines = program.report().splitlines()
    return [
        first,
        *[line for line in lines if not line.partition(": ")[2].startswith(("parameter", "input"))],
    ]


def test_which_scalars_became_which_array() -> None:
    model = MLP(3, [4, 2], np.random.default_rng(0))
    program = compiled(lambda x: summation(*map(tanh, model(x))), np.ones(3), model.parameters())
    lines = lines_of(program)
    assert [line.partition(" -> ")[0] for line in lines[1:]] == [
        "#6: 4 sum of #1 * #5 and #2",
        "#7: 4 relu of #6",
        "#8: 2 sum of #3 * #7 and #4",
        "#9: 2 tanh of #8",
        "#10: 1 sum of #9",
    ]
    assert [line.partition(" ")[2].rpartition(" (")[2] for line in lines[1:]] == [
        "4,)",
        "4,)",
        "2,)",
        "2,)",
        ")",
    ]


def test_leaves_are_told_with_their_labels_and_shapes() -> None:
    W, x = array(shape=(3, 2), label="W"), array(shape=2, label="x")
    lines = compile(tanh(W @ x).sum(), inputs=[x], parameters=[W]).report().splitlines()
    assert lines[1:3] == ["#1: parameter W (3, 2)", "#2: input x (2,)"]


def test_the_first_line_counts_scalars_and_arrays() -> None:
    model = MLP(3, [4, 2], np.random.default_rng(0))
    program = compiled(lambda x: summation(*model(x)), np.ones(3), model.parameters())
    assert program.fused is not None
    count = len(program.fused.groups.found)
    assert lines_of(program)[0] == f"{len(program.trace):,} scalars of one example, in {count} arrays"


def test_each_line_names_a_node_of_the_ir() -> None:
    W, x = array(shape=(3, 2), label="W"), array(shape=2, label="x")
    program = compile(tanh(W @ x).sum(), inputs=[x], parameters=[W])
    nodes = {f"%{node.number} {node.shape}" for node in program.ir.nodes}
    assert {line.partition(" -> ")[2] for line in lines_of(program)[1:]} <= nodes


def test_ragged_rows_and_places_are_counted_as_they_are() -> None:
    x = array(np.arange(1.0, 5.0), label="x")
    program = compile(summation(*[logsumexp(*x[: t + 1]) for t in range(4)]), inputs=[x])
    assert any("4 logsumexp of " in line for line in lines_of(program))
    convolution, image = Convolution(1, 2, 3), array(shape=(5, 5), label="x")
    out = convolution(image.reshape(1, 5, 5))
    program = compile(tanh(out).sum(), inputs=[image], parameters=[convolution.weight, convolution.bias])
    assert any("18 sum of #1 * #3 and #2" in line for line in lines_of(program))


def test_what_does_not_fold_is_said_so() -> None:
    rng = np.random.default_rng(0)
    leaves = [Value(number) for number in rng.normal(size=6)]
    nodes = list(leaves)
    for _ in range(2000):
        a, b, c = (nodes[place] for place in rng.integers(0, len(nodes), 3))
        nodes.append([tanh(a), a * b + c, logsumexp(a, b), a * b][rng.integers(4)])
    program = compile(summation(*nodes[-20:]), inputs=leaves)
    count = f"{len(program.trace):,}"
    assert lines_of(program)[0] == (
        f"{count} scalars of one example, run gate by gate: they do not fold into arrays"
    )


def test_inputs_that_no_output_depends_on_are_named_by_label_or_place() -> None:
    used, unused, nameless = Value(1.0, label="used"), Value(2.0, label="unused"), Value(3.0)
    last = lines_of(compile(used * 2, inputs=[used, unused, nameless]))[-1]
    assert last.startswith("no output depends on unused, inputs[2]:")
    assert "no output depends" not in compile(used * 2, inputs=[used]).report()
