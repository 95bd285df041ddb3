"""The report tells what became of the scalars, with the numbers that it was."""

from __future__ import annotations

import numpy as np

from autograd import Value, array, compile, logsumexp, relu, summation, tanh
from autograd.compiler.program import Program
from nn import MLP, Convolution, Layer, hinge, l2_penalty
from tests.compiler.agreement import compiled


def lines_of(program: Program) -> list[str]:
    return program.report().splitlines()


def line_about(program: Program, name: str) -> str:
    (line,) = [line for line in lines_of(program) if line.strip().startswith(f"{name}:")]
    return line.partition(": ")[2]


def test_which_sums_became_which_matrix_product() -> None:
    model = MLP(3, [4, 2], np.random.default_rng(0))
    program = compiled(lambda x: summation(*map(tanh, model(x))), np.ones(3), model.parameters())
    assert line_about(program, "z1").startswith(
        "4 sums = 12 products: one matrix product (4, 3) @ (3, examples)"
    )
    assert line_about(program, "z2").startswith(
        "2 sums = 8 products: one matrix product (2, 4) @ (4, examples)"
    )
    assert line_about(program, "h1") == "4 relu gates"
    assert line_about(program, "h2") == "2 tanh gates"


def test_the_first_line_counts_scalars_and_instructions() -> None:
    model = MLP(3, [4, 2], np.random.default_rng(0))
    program = compiled(lambda x: summation(*model(x)), np.ones(3), model.parameters())
    assert lines_of(program)[0] == (
        f"{len(program.trace)} scalars of one example, "
        f"in {len(program.layout.instructions)} instruction(s) on arrays"
    )
    assert len(lines_of(program)) == 1 + len(program.layout.instructions)


def test_missing_connections_are_not_counted() -> None:
    layer = Layer(3, 2, tanh, connections=[[True, False, True], [True, True, False]])
    program = compiled(lambda x: summation(*layer(x)), np.ones(3), layer.parameters())
    assert line_about(program, "z1").startswith("2 sums = 4 products: one matrix product (2, 3)")


def test_a_convolution_counts_its_places_as_columns() -> None:
    convolution = Convolution(1, 2, 3)

    def loss(x: list[Value]) -> Value:
        return summation(*relu(convolution(np.reshape(np.array(x, dtype=object), (5, 5)))).ravel())

    program = compiled(loss, np.ones(25), convolution.parameters())
    assert "162 products: one matrix product (2, 9) @ (9, 9 * examples) + bias" in line_about(program, "z1")


def test_products_side_by_side() -> None:
    W, x = array(np.arange(24.0).reshape(3, 2, 4)), array(np.arange(12.0).reshape(3, 4))
    program = compile(summation(*[tanh(z) for k in range(3) for z in W[k] @ x[k]]), inputs=x, parameters=W)
    assert "24 products: 3 matrix products side by side, each (2, 4) @ (4, examples)" in program.report()


def test_what_is_computed_once_per_batch_is_said_so() -> None:
    model = MLP(2, [3, 1], np.random.default_rng(0))

    def loss(x: list[Value]) -> Value:
        return hinge(model(x[:2]), x[2]) + l2_penalty(model.parameters(), 0.1)

    program = compiled(loss, [1.0, 2.0, 1.0], model.parameters())
    once = [line for line in lines_of(program) if "once per batch" in line]
    assert any("13 pow gates" in line for line in once)
    assert not any("matrix product" in line for line in once)


def test_reductions_and_gates_of_several_operands() -> None:
    x, p = array(np.arange(6.0), label="x"), Value(1.0)
    assert (
        "6 terms each, added along an axis" in compile(summation(*x) * p, inputs=x, parameters=[p]).report()
    )
    assert "1 logsumexp gate of 6 operands" in compile(logsumexp(*x) * p, inputs=x, parameters=[p]).report()


def test_inputs_that_no_output_depends_on_are_named_by_label_or_place() -> None:
    used, unused, nameless = Value(1.0, label="used"), Value(2.0, label="unused"), Value(3.0)
    last = lines_of(compile(used * 2, inputs=[used, unused, nameless]))[-1]
    assert last.startswith("no output depends on unused, inputs[2]:")
    assert "no output depends" not in compile(used * 2, inputs=[used]).report()
