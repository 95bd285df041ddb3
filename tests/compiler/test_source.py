"""The program's source is what a person would have written."""

from __future__ import annotations

import ast
from textwrap import dedent

import numpy as np
import pytest

from autograd import Value, array, compile, relu, tanh
from autograd.arithmetic.symbols import Symbol
from autograd.compiler.program import Program
from autograd.compiler.reading import Code, Line
from autograd.compiler.source import LONGEST, gradient_source, outputs_source
from nn import MLP, Convolution, cross_entropy, hinge, l2_penalty, squared_error
from tests.compiler.agreement import compiled


def source_of(text: str) -> str:
    return dedent(text).lstrip("\n")


def test_one_layer() -> None:
    W, b, x = array(shape=(3, 2), label="W"), array(shape=3, label="b"), array(shape=2, label="x")
    program = compile((tanh(W @ x + b) ** 2).sum(), inputs=x, parameters=[*W.ravel(), *b])
    assert program.source == source_of(
        """
        W = parameters[0:6].reshape(3, 2)
        b = parameters[6:9, None]
        dW = gradient[0:6].reshape(3, 2)
        db = gradient[6:9, None]


        def outputs(x):
            h1 = tanh(W @ x + b)
            v2 = sum_rows(h1**2)
            return v2


        def loss_and_gradient(x, dloss):
            h1 = tanh(W @ x + b)
            dz1 = dloss * (2 * h1) * (1 - h1**2)
            matmul(dz1, x.T, out=dW)
            sum_batch(dz1, out=db)
            v2 = sum_rows(h1**2)
            return v2
        """
    )


def test_two_layers_with_hinge_loss_and_a_penalty() -> None:
    """The 2-16-16-1 network of micrograd's demonstration, with a hidden layer less."""
    model = MLP(2, [16, 1], np.random.default_rng(0))
    x, y = array(shape=2, label="x"), Value(1.0, label="y")
    loss = hinge(model(x), y) + l2_penalty(model.parameters(), 1e-4)
    program = compile(loss, inputs=[*x, y], parameters=model.parameters())
    assert program.source == source_of(
        """
        p = parameters[0:65, None]
        W1 = parameters[0:32].reshape(16, 2)
        b1 = parameters[32:48, None]
        W2 = parameters[48:64].reshape(1, 16)
        b2 = parameters[64:65, None]
        dW2 = gradient[48:64].reshape(1, 16)
        db2 = gradient[64:65, None]
        dW1 = gradient[0:32].reshape(16, 2)
        db1 = gradient[32:48, None]
        dp = gradient[0:65, None]


        def outputs(x, y):
            h1 = relu(W1 @ x + b1)
            z2 = W2 @ h1 + b2
            v6 = 0.0001 * sum_rows(p**2) + relu(1 - y * z2)
            return v6


        def loss_and_gradient(x, y, dloss):
            z1 = W1 @ x + b1
            h1 = relu(z1)
            z2 = W2 @ h1 + b2
            v4 = 1 - y * z2
            dz2 = -where(v4 <= 0, 0.0, dloss) * y
            dz1 = where(z1 <= 0, 0.0, W2.T @ dz2)
            matmul(dz2, h1.T, out=dW2)
            sum_batch(dz2, out=db2)
            matmul(dz1, x.T, out=dW1)
            sum_batch(dz1, out=db1)
            dp[:] += sum_batch(dloss * 0.0001) * (2 * p)
            v6 = 0.0001 * sum_rows(p**2) + relu(v4)
            return v6
        """
    )


def programs() -> dict[str, Program]:
    rng = np.random.default_rng(0)
    model, convolution = MLP(3, [4, 4, 3], rng), Convolution(1, 2, 2, rng=rng)
    return {
        "cross-entropy": compiled(
            lambda x: cross_entropy(model(x[:3]), x[3:]), [1.0, 2.0, 3.0, 0.0, 1.0, 0.0], model.parameters()
        ),
        "outputs alone": compile(relu(array(np.eye(2), label="W") @ (x := array(shape=2))), inputs=x),
        "convolution": compiled(
            lambda x: squared_error(
                relu(convolution(np.array(x, dtype=object).reshape(3, 3))).ravel(), [0.0] * 8
            ),
            np.ones(9),
            convolution.parameters(),
        ),
        "a constant below": compiled(lambda x: x[0] * 0.1 + np.pi * x[1], [1.0, 2.0], []),
    }


@pytest.mark.parametrize("name", programs())
def test_it_is_formatted_python(name: str) -> None:
    """It parses, says nothing twice, and its functions are those that it promises."""
    program = programs()[name]
    tree = ast.parse(program.source)
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert functions == ["outputs", "loss_and_gradient"][: len(functions)]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assigned = [
                target.id
                for line in node.body
                if isinstance(line, ast.Assign)
                for target in line.targets
                if isinstance(target, ast.Name)
            ]
            assert len(set(assigned)) == len(assigned)
            used = {
                each.id
                for each in ast.walk(node)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
            }
            assert set(assigned) <= used, "nothing is computed that is not needed"
    assert program.source.endswith("\n")
    assert all(line == line.rstrip() for line in program.source.splitlines())


def test_a_list_of_outputs_has_no_gradient() -> None:
    assert "loss_and_gradient" not in programs()["outputs alone"].source


# -- lines put into one another -----------------------------------------------------------------

x, W, b = Symbol.name("x"), Symbol.name("W"), Symbol.name("b")


def written(lines: list[Line], result: Symbol) -> list[str]:
    text = outputs_source(Code(["x"], forward=lines, result=result))
    return [line.strip() for line in text.splitlines()[1:]]


def named(name: str) -> Symbol:
    return Symbol.name(name)


def test_a_line_that_one_other_needs_is_put_into_it() -> None:
    lines = [Line("z", "=", Symbol("@", W, x) + b), Line("h", "=", Symbol("relu", named("z")))]
    assert written(lines, named("h")) == ["h = relu(W @ x + b)", "return h"]


def test_a_line_that_two_others_need_stays() -> None:
    lines = [
        Line("z", "=", Symbol("tanh", x)),
        Line("a", "=", named("z") * named("z")),
        Line("c", "=", named("a") + named("z")),
    ]
    assert written(lines, named("c")) == ["z = tanh(x)", "c = z * z + z", "return c"]


def test_a_labelled_line_stays() -> None:
    lines = [Line("z", "=", Symbol("tanh", x), keep=True), Line("a", "=", Symbol("exp", named("z")))]
    assert written(lines, named("a")) == ["z = tanh(x)", "a = exp(z)", "return a"]


def test_a_matrix_product_inside_other_arithmetic_stays_a_line() -> None:
    lines = [Line("z", "=", Symbol("@", W, x)), Line("a", "=", 1 - b * named("z"))]
    assert written(lines, named("a")) == ["z = W @ x", "a = 1 - b * z", "return a"]


def test_lines_do_not_grow_beyond_what_is_read_at_a_glance() -> None:
    lines = [Line("v0", "=", Symbol("tanh", x))]
    for i in range(40):
        lines.append(Line(f"v{i + 1}", "=", Symbol("sin", named(f"v{i}")) + b))
    found = written(lines, named("v40"))
    assert max(map(len, found)) <= LONGEST
    assert len(found) > 3


def test_what_is_added_to_an_array_is_added_before_it_is_used() -> None:
    backward = [
        Line("d", "=", Symbol("zeros", "(2, 1)")),
        Line("d[0:1]", "+=", x),
        Line("d[1:2]", "+=", b),
        Line("dW[:]", "=", Symbol("exp", named("d"))),
    ]
    text = gradient_source(Code(["x"], backward=backward, result=named("loss")))
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["d", "d[0:1]", "d[1:2]", "dW[:]", "return"]


def test_outputs_have_no_line_that_only_the_backward_pass_needs() -> None:
    lines = [Line("a", "=", Symbol("sin", x)), Line("c", "=", Symbol("cos", x))]
    assert written(lines, named("a")) == ["a = sin(x)", "return a"]
