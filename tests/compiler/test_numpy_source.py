"""The program's source is what a person would have written."""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import (
    Gate,
    Value,
    array,
    compile,
    exp,
    gate,
    gates,
    logsumexp,
    relu,
    sigmoid,
    sqrt,
    summation,
    tanh,
    topological_order,
    where,
)
from autograd.compiler.numpy_source import LONGEST
from autograd.compiler.program import Program
from nn import MLP, Convolution, cross_entropy, hinge, l2_penalty, squared_error
from tests.compiler.agreement import assert_agrees, compiled, on_arrays
from tests.compiler.layouts import indices_of, lines_of

inf = math.inf
rng = np.random.default_rng(0)


def normal(label: str, *shape: int) -> Any:
    return array(rng.normal(size=shape) * 0.5, label=label)


def assert_is_eager(program: Program, loss: Value, inputs: list[Any], parameters: list[Any]) -> None:
    """On arrays, at the numbers of the graph: the loss and its gradient are those of backward()."""
    leaves = [leaf for each in parameters for leaf in np.ravel(each)]
    for leaf in leaves:
        leaf.grad = 0.0
    loss.backward()
    batch = [np.array([[leaf.data for leaf in each.flat]] * 3).reshape(3, *each.shape) for each in inputs]
    found, gradient = on_arrays(program).loss_and_grad(*batch)
    assert found == pytest.approx(loss.data, rel=1e-12)
    np.testing.assert_allclose(gradient, [leaf.grad for leaf in leaves], rtol=1e-9, atol=1e-12)


def written(loss: Value, inputs: list[Any], parameters: list[Any]) -> Program:
    """The program, once it is known to be right, without a gather or zeros to put something in."""
    program = compile(loss, inputs=inputs, parameters=parameters)
    assert_is_eager(program, loss, inputs, parameters)
    assert indices_of(program) == []
    assert repeated(program) == []
    return program


def repeated(program: Program) -> list[str]:
    """Expressions with a function or an operator that stand twice in one function; names turned may."""
    found = []
    for function in ast.parse(program.source).body:
        if isinstance(function, ast.FunctionDef):
            texts = Counter(
                ast.unparse(node)
                for node in ast.walk(function)
                if isinstance(node, (ast.BinOp, ast.Call)) and not _is_view(node)
            )
            found += [text for text, count in texts.items() if count > 1]
    return found


def _is_view(node: ast.AST) -> bool:
    """Whether it only names numbers in another shape, or is a number."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("reshape", "transpose") and _is_view(node.func.value)
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        return _is_view(node.value)
    return isinstance(node, ast.Name)


# -- small networks, whole ----------------------------------------------------------------------


def test_one_layer() -> None:
    W, b, x = array(shape=(3, 2), label="W"), array(shape=3, label="b"), array(shape=2, label="x")
    program = compile((tanh(W @ x + b) ** 2).sum(), inputs=[x], parameters=[W, b])
    assert program.source.startswith("W = parameters[0:6].reshape(3, 2)\nb = parameters[6:9, None]\n")
    assert "dW = gradient[0:6].reshape(3, 2)\n" in program.source
    assert lines_of(program, "outputs") == ["return sum(tanh(W @ x + b)**2, axis=0)"]
    assert lines_of(program) == [
        "h1 = tanh(W @ x + b)",
        "v1 = h1**2",
        "loss = sum(v1, axis=0)",
        "d = 2 * dloss * h1 * (1 - v1)",
        "sum(d, axis=1, out=db)",
        "matmul(d, x.T, out=dW)",
        "return loss",
    ]


def test_two_layers_with_hinge_loss_and_a_penalty() -> None:
    """The 2-16-16-1 network of micrograd's demonstration, with a hidden layer less."""
    model = MLP(2, [16, 1], np.random.default_rng(0))
    x, y = array(shape=2, label="x"), Value(1.0, label="y")
    loss = hinge(model(x), y) + l2_penalty(model.parameters(), 1e-4)
    program = compile(loss, inputs=[x, y], parameters=model.parameters())
    lines = lines_of(program)
    for line in (
        "z1 = W1 @ x + b1[:, None]",
        "h1 = relu(z1)",
    ):
        assert line in lines
    assert any(line.startswith("dW1[...] = ") and "dz1 @ x.T" in line for line in lines)
    assert any(line.startswith("db1[...] = ") and "sum(dz1, axis=1)" in line for line in lines)
    assert any(line.startswith("dz1 = where(z1 <= 0, 0.0, ") for line in lines)
    assert len(lines) < 20
    assert indices_of(program) == []


# -- the networks of the lectures ---------------------------------------------------------------

T, HEADS, WIDTH, VOCABULARY = 16, 4, 16, 27

CAUSAL = np.tril(np.ones((T, T)))


def stable(z: Any) -> Any:
    return exp(z - logsumexp(*z))


def plain(z: Any) -> Any:
    e = exp(z)
    return e / summation(*e)


def shifted(z: Any) -> Any:
    e = exp(z - max(each.data for each in z if each is not None))
    return e / e.sum()


#: The weights of position t on all, or on those up to t, from its scores.
ATTENTION: dict[str, Callable[[Any, int], Any]] = {
    "exp(z - logsumexp)": lambda z, t: stable(z[: t + 1]),
    "exp / sum": lambda z, t: plain(z[: t + 1]),
    "shifted by a constant": lambda z, t: shifted(z[: t + 1]),
    "-inf added": lambda z, t: stable(z + np.where(CAUSAL[t] == 1, 0.0, -inf)),
    "-inf added, exp / sum": lambda z, t: plain(z + np.where(CAUSAL[t] == 1, 0.0, -inf)),
    "where": lambda z, t: stable(np.where(CAUSAL[t] == 1, z, -inf)),
    "where, exp / sum": lambda z, t: plain(np.where(CAUSAL[t] == 1, z, -inf)),
}


def root_mean_square(x: Any) -> Any:
    return x * (x @ x / len(x) + 1e-5) ** -0.5


def gpt(softmax: Callable[[Any, int], Any]) -> tuple[Value, list[Any], list[Any]]:
    """A small GPT of one document, one scalar at a time: the loss, its inputs and its parameters."""
    size = WIDTH // HEADS
    X, Y = array(np.eye(VOCABULARY)[np.arange(T)], label="x"), array(np.eye(VOCABULARY)[1 : T + 1], label="y")
    share = array(np.full(T, 1 / T), label="m")
    wte, wpe, head = (
        normal("wte", VOCABULARY, WIDTH),
        normal("wpe", T, WIDTH),
        normal("head", VOCABULARY, WIDTH),
    )
    wq, wk, wv, wo = [normal(label, WIDTH, WIDTH) for label in ("wq", "wk", "wv", "wo")]
    fc1, fc2 = normal("fc1", 4 * WIDTH, WIDTH), normal("fc2", WIDTH, 4 * WIDTH)
    x = [root_mean_square(wte.T @ X[t] + wpe[t]) for t in range(T)]
    a = [root_mean_square(each) for each in x]
    q, k, v = [[w @ each for each in a] for w in (wq, wk, wv)]
    losses = []
    for t in range(T):
        heads: list[Any] = []
        for first in range(0, WIDTH, size):
            own = slice(first, first + size)
            weights = softmax(array([q[t][own] @ k[u][own] / size**0.5 for u in range(T)]), t)
            heads += list(sum(weights[u] * v[u][own] for u in range(len(weights))))
        h = wo @ array(heads) + x[t]
        h = h + fc2 @ relu(fc1 @ root_mean_square(h))
        z = head @ h
        losses.append(share[t] * (logsumexp(*z) - Y[t] @ z))
    return summation(*losses), [X, Y, share], [wte, wpe, head, wq, wk, wv, wo, fc1, fc2]


@pytest.mark.parametrize("style", ATTENTION)
def test_a_gpt_is_sixty_lines_in_whichever_style_its_softmax_is_written(style: str) -> None:
    """16 positions, 4 heads; no index array, no scatter: scores, weights and values are arrays with axes."""
    program = written(*gpt(ATTENTION[style]))
    lines = lines_of(program)
    assert len(lines) <= 60
    for line in (
        "z2 = (wq @ v6.reshape(16, -1)).reshape(4, 4, 16, -1)",
        "z3 = (wk @ v6.reshape(16, -1)).reshape(4, 4, 16, -1)",
        "z4 = einsum('adbz,adcz->abcz', z2, z3)",
        "rows = x.transpose(1, 0, 2).reshape(27, -1)",
        "matmul(rows, dz1.reshape(16, -1).T, out=dwte)",
        "dwpe[...] = sum(dz1, axis=2).T",
    ):
        assert line in lines
    assert sum("einsum('a" in line for line in lines) == 7, "three forward with the loss's, four backward"


def test_a_recurrent_network_is_one_product_for_all_inputs_and_one_for_all_outputs() -> None:
    """And the weights between the states get their gradient in one."""
    Wx, Wh, b, Wo, bo = (normal("Wx", 16, 6), normal("Wh", 16, 16), normal("b", 16), normal("Wo", 6, 16),
                         normal("bo", 6))  # fmt: skip
    X, Y, h, losses = normal("x", 8, 6), normal("y", 8, 6), array(np.zeros(16), label="h0"), []
    for t in range(8):
        h = tanh(Wx @ X[t] + Wh @ h + b)
        z = Wo @ h + bo
        losses.append(logsumexp(*z) - Y[t] @ z)
    program = written(summation(*losses), [X, Y], [Wx, Wh, b, Wo, bo])
    lines = lines_of(program)
    for line in (
        "z1 = (Wx @ rows).reshape(16, 8, -1) + b",
        "h1 = tanh(z1[:, 0])",
        "h2 = tanh(Wh @ h1 + z1[:, 1])",
        "v1 = stack((h1, h2, h3, h4, h5, h6, h7, h8), axis=1)",
        "z9 = (Wo @ v1.reshape(16, -1)).reshape(6, 8, -1) + bo",
        "matmul(dz1.reshape(16, -1), rows.T, out=dWx)",
    ):
        assert line in lines
    assert sum("out=dWh" in line or "dWh[" in line for line in lines) == 1
    assert sum("out=dWo" in line or "dWo[" in line for line in lines) == 1


def test_an_lstm_cell() -> None:
    names = "ifoc"
    W, b = [normal("W" + n, 8, 14) for n in names], [normal("b" + n, 8) for n in names]
    x, y, h, c = normal("x", 6), normal("y", 8), normal("h", 8), normal("c", 8)
    both = array([*x, *h])
    i, f, o, g = [
        (tanh if n == "c" else sigmoid)(W_n @ both + b_n) for n, W_n, b_n in zip(names, W, b, strict=True)
    ]
    loss = ((o * tanh(f * c + i * g) - y) ** 2).sum()
    program = written(loss, [x, h, c, y], [*W, *b])
    lines = lines_of(program)
    assert any("tanh(c * h" in line for line in lines)
    for name in names:
        assert f"W{name} = parameters[" in program.source
        assert sum(line.endswith(f"x.T, out=dW{name}[:, 0:6])") for line in lines) == 1
        assert sum(line.endswith(f"h.T, out=dW{name}[:, 6:14])") for line in lines) == 1
        assert sum(line.endswith(f"axis=1, out=db{name})") for line in lines) == 1
    assert len(lines) <= 32


def test_an_lstm_over_time_grows_by_its_steps() -> None:
    def lines(steps: int) -> int:
        names = "ifoc"
        Wx, Wh = [normal("Wx" + n, 3, 2) for n in names], [normal("Wh" + n, 3, 3) for n in names]
        X, h, c = normal("x", steps, 2), array(np.zeros(3)), array(np.zeros(3))
        for t in range(steps):
            i, f, o = [sigmoid(Wx[n] @ X[t] + Wh[n] @ h) for n in range(3)]
            c = f * c + i * tanh(Wx[3] @ X[t] + Wh[3] @ h)
            h = o * tanh(c)
        return len(lines_of(written((h**2).sum(), [X], [*Wx, *Wh])))

    assert lines(6) - lines(5) == lines(5) - lines(4) <= 18


def test_makemores_network() -> None:
    """Three characters, each looked up in one embedding, then two layers."""
    E, W1, b1, W2, b2 = (normal("E", 27, 10), normal("W1", 100, 30), normal("b1", 100), normal("W2", 27, 100),
                         normal("b2", 27))  # fmt: skip
    X, y = array(np.eye(27)[[1, 2, 3]], label="x"), array(np.eye(27)[4], label="y")
    embedded = array([each for x in X for each in E.T @ x])
    z = W2 @ tanh(W1 @ embedded + b1) + b2
    program = written(logsumexp(*z) - y @ z, [X, y], [E, W1, b1, W2, b2])
    lines = lines_of(program)
    for line in (
        "z1 = (E.T @ x).reshape(30, -1)",
        "h2 = tanh(W1 @ z1 + b1)",
        "z3 = W2 @ h2 + b2",
        "dz3 = dloss * (e / total - y)",
        "matmul(dz3, h2.T, out=dW2)",
        "sum(dz3, axis=1, out=db2)",
        "dh2 = W2.T @ dz3",
    ):
        assert line in lines
    assert len(lines) <= 20


def test_batch_normalisation_over_a_batch_in_one_graph() -> None:
    W, g, beta, w2 = normal("W", 4, 5), normal("g", 4), normal("beta", 4), normal("w2", 4)
    X, y = normal("x", 8, 5), normal("y", 8)
    Z = X @ W.T
    D = Z - Z.sum(axis=0) / 8
    H = tanh(D / sqrt((D**2).sum(axis=0) / 8 + 1e-5) * g + beta)
    program = written(((H @ w2 - y) ** 2).sum() / 8, [X, y], [W, g, beta, w2])
    for line in (
        "z1 = (W @ rows).reshape(4, 8, -1)",
        "v1 = z1 - (sum(z1, axis=1) / 8)[:, None]",
        "v2 = sqrt(sum(v1**2, axis=1) / 8 + 1e-05)",
        "matmul(dz1.reshape(4, -1), rows.T, out=dW)",
    ):
        assert line in lines_of(program)
    assert len(lines_of(program)) <= 24


def test_layer_normalisation() -> None:
    W, g, beta, w2 = normal("W", 4, 5), normal("g", 4), normal("beta", 4), normal("w2", 4)
    x, y = normal("x", 5), Value(1.0, label="y")
    z = W @ x
    D = z - z.sum() / 4
    h = tanh(D / sqrt((D**2).sum() / 4 + 1e-5) * g + beta)
    program = written((w2 @ h - y) ** 2, [x, np.array(y)], [W, g, beta, w2])
    for line in (
        "z1 = W @ x",
        "v1 = z1 - sum(z1, axis=0) / 4",
        "v2 = sqrt(sum(v1**2, axis=0) / 4 + 1e-05)",
        "v4 = tanh(g * v3 + beta)",
        "matmul(dz1, x.T, out=dW)",
    ):
        assert line in lines_of(program)
    assert len(lines_of(program)) <= 22


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 1), (2, 1)])
def test_a_convolution_is_a_product_of_its_filters_and_all_places(stride: int, padding: int) -> None:
    convolution, x = Convolution(2, 4, 3, stride, padding, rng=rng), normal("x", 2, 5, 5)
    parameters: list[Any] = [convolution.weight, convolution.bias]
    loss: Any = tanh(convolution(x)).sum()
    program = compile(loss, inputs=[x], parameters=parameters)
    assert_is_eager(program, loss, [x], parameters)
    lines = lines_of(program)
    assert sum("W.reshape(4, 18) @ " in line for line in lines) == 1
    assert len(lines) <= 8
    assert "scatter" not in program.source


def test_tokens_are_looked_up_by_an_index() -> None:
    wte, token, W = normal("wte", 5, 3), array([0.0, 2.0, 2.0, 4.0], label="token"), normal("W", 2, 3)
    rows = [array([gates.choose(token[t], *wte[:, i]) for i in range(3)]) for t in range(4)]
    loss = summation(*[tanh(z) for row in rows for z in W @ row])
    program = written(loss, [token], [wte, W])
    assert any("take(wte.T, token)" in line for line in lines_of(program))
    assert any("segment_sum(" in line for line in lines_of(program))


# -- what holds of every source -----------------------------------------------------------------


def programs() -> dict[str, Program]:
    draw = np.random.default_rng(0)
    model, convolution = MLP(3, [4, 4, 3], draw), Convolution(1, 2, 2, rng=draw)
    return {
        "cross-entropy": compiled(
            lambda x: cross_entropy(model(x[:3]), x[3:]), [1.0, 2.0, 3.0, 0.0, 1.0, 0.0], model.parameters()
        ),
        "outputs alone": compile(relu(array(np.eye(2), label="W") @ (x := array(shape=2))), inputs=[x]),
        "convolution": compiled(
            lambda x: squared_error(
                relu(convolution(np.array(x, dtype=object).reshape(3, 3))).ravel(), [0.0] * 8
            ),
            np.ones(9),
            convolution.parameters(),
        ),
        "a constant below": compiled(lambda x: x[0] * 0.1 + np.pi * x[1], [1.0, 2.0], []),
        "a long sum": compiled(
            lambda x: summation(*[tanh(x[i] * (i + 1.5) ** (i % 3)) * gates.sin(x[-i]) for i in range(30)]),
            np.ones(31),
            [],
        ),
        "a GPT": compile(*gpt(ATTENTION["where"])),
    }


@pytest.fixture(scope="module")
def all_programs() -> dict[str, Program]:
    return programs()


NAMES = ["cross-entropy", "outputs alone", "convolution", "a constant below", "a long sum", "a GPT"]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_formatted_python(name: str, all_programs: dict[str, Program]) -> None:
    """It parses, says nothing twice, and its functions are those that it promises."""
    program = all_programs[name]
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
    assert repeated(program) == []
    assert program.source.endswith("\n")
    assert "\n\n\n\n" not in program.source
    assert all(line == line.rstrip() for line in program.source.splitlines())
    assert all(len(line) <= LONGEST + 40 for line in program.source.splitlines())


def test_a_list_of_outputs_has_no_gradient(all_programs: dict[str, Program]) -> None:
    assert "loss_and_gradient" not in all_programs["outputs alone"].source


def test_the_source_is_the_program() -> None:
    """What is printed is what runs: executed once more by hand, it gives the same."""
    w, b, x = Value(2.0, label="w"), Value(-1.0, label="b"), Value(3.0, label="x")
    program: Program = on_arrays(compile((w * x + b) ** 2, inputs=[x], parameters=[w, b]))
    names: dict[str, Any] = {
        "parameters": np.array([2.0, -1.0]), "gradient": np.zeros(2), "sum": np.sum, "matmul": np.matmul,
    }  # fmt: skip
    exec(program.source, names)
    X = np.array([[3.0], [0.5]])
    np.testing.assert_allclose(names["outputs"](X[:, 0]), program(X))
    losses = names["loss_and_gradient"](X[:, 0], np.full(2, 0.5))
    loss, gradient = program.loss_and_grad(X)
    assert losses.mean() == pytest.approx(loss)
    np.testing.assert_allclose(names["gradient"], gradient)


# -- expressions --------------------------------------------------------------------------------


def test_arithmetic_is_written_out_and_functions_are_called() -> None:
    x, y, p = Value(2.0, label="x"), Value(3.0, label="y"), Value(0.5, label="p")
    for output, expected in [
        (x / y - p, "x / y - p"), (-(x**2), "-x**2"), ((-x) ** 2, "(-x)**2"), (abs(x - y), "abs(x - y)"),
        (tanh(p * x), "tanh(p * x)"), (x / (y * p), "x / (p * y)"), ((x - y) * tanh(p), "(x - y) * tanh(p)"),
        (x / y / p, "x / y / p"), (x / (y / p), "x / (y / p)"), (y * x**2, "y * x**2"), (2**x, "2**x"),
        (exp(-x), "exp(-x)"), (where(x, y, p), "where(x != 0, y, p)"), (x**0.5, "half_power(x)"),
    ]:  # fmt: skip
        learned = [p] if p in topological_order(output) else []
        program = compile(output, inputs=[x, y], parameters=learned)
        assert lines_of(program, "outputs") == [f"return {expected}"]


def test_a_line_that_one_other_needs_is_put_into_it_and_one_that_two_need_stays() -> None:
    W, x = normal("W", 3, 3), normal("x", 3)
    once = compile(relu(W @ x).sum(), inputs=[x], parameters=[W])
    assert lines_of(once, "outputs") == ["return sum(relu(W @ x), axis=0)"]
    z = tanh(W @ x)
    twice = compile((z * exp(z)).sum(), inputs=[x], parameters=[W])
    assert lines_of(twice, "outputs")[0] == "h1 = tanh(W @ x)"


def test_a_labelled_line_stays_and_so_does_a_product_inside_other_arithmetic() -> None:
    W, x = normal("W", 3, 3), normal("x", 3)
    z = tanh(W @ x)
    for i, each in enumerate(z):
        each.label = f"state[{i}]"
    assert "state = tanh(W @ x)" in lines_of(compile(exp(z).sum(), inputs=[x], parameters=[W]), "outputs")
    program = compile((1 - x * (W @ x)).sum(), inputs=[x], parameters=[W])
    assert "z1 = W @ x" in lines_of(program, "outputs")


def test_lines_do_not_grow_beyond_what_is_read_at_a_glance(all_programs: dict[str, Program]) -> None:
    x, p = Value(1.0, label="x"), Value(0.5, label="p")
    node = tanh(x)
    for _ in range(40):
        node = gates.sin(node) * p
    lines = lines_of(compile(node, inputs=[x], parameters=[p]), "outputs")
    assert max(map(len, lines)) <= LONGEST + len("v12 = ")
    assert 3 < len(lines) < 30


def test_parameters_that_are_one_column_for_all_examples_come_so() -> None:
    b, x, W = normal("b", 3), normal("x", 3), normal("W", 2, 3)
    program = compile(tanh(x + b).sum(), inputs=[x], parameters=[b])
    assert program.source.startswith("b = parameters[0:3, None]\n")
    program = compile(tanh(x + b).sum() + (b**2).sum() + (W @ b).sum(), inputs=[x], parameters=[b, W])
    assert "b = parameters[0:3]\n" in program.source
    assert "tanh(b[:, None] + x)" in program.source


# -- gates: called by name, or a user's own, whatever that is named and does --------------------

#: Names that gate() takes and that a program cannot use as they are, or has a use for itself.
AWKWARD = [
    "own", "tanh", "add", "lambda", "None", "\u00b5", "\ufb01", "__debug__", "exp", "parameters", "gradient",
    "dloss", "loss", "outputs", "x", "x_backward", "np", "sum", "p", "z1", "v1", "out", "e", "mask", "rows",
    "stack", "einsum",
]  # fmt: skip


def sine(name: str, times: float) -> Gate:
    return gate(
        name,
        forward=lambda m, x: m.sin(x) * times,
        backward=lambda m, upstream, out, x: (upstream * m.cos(x) * times,),
    )


def slow_sine(name: str, times: float) -> Gate:
    """The same by Python's math, which takes neither arrays nor nodes."""
    return gate(
        name,
        forward=lambda m, x: math.sin(x) * times,
        backward=lambda m, upstream, out, x: (upstream * math.cos(x) * times,),
    )


@pytest.mark.parametrize("make", [sine, slow_sine])
@pytest.mark.parametrize("name", AWKWARD)
def test_a_custom_gate_may_have_any_name(name: str, make: Any) -> None:
    """Those of the table are not confused with it, nor another of the same name."""
    one, other = make(name, 2.0), make(name, 3.0)
    p, q = Value(0.5), Value(-1.5)

    def loss(x: list[Value]) -> Value:
        return one(p * x[0]) + other(q * x[0]) + exp(tanh(p * x[1]))  # type: ignore[no-any-return]

    assert_agrees(loss, [[1.0, 2.0], [-0.5, 0.25]], [p, q])


OWN = {
    "constant": gate("constant", forward=lambda m, x: 1.0, backward=lambda m, upstream, out, x: (0.0,)),
    "whole number": gate(
        "whole", forward=lambda m, x: 3 if x > 0 else 2, backward=lambda m, upstream, out, x: (0,)
    ),
    "identity": gate("same", forward=lambda m, x: x, backward=lambda m, upstream, out, x: (upstream,)),
    "reversal": gate("reversal", forward=lambda m, x: x, backward=lambda m, upstream, out, x: (-upstream,)),
    "straight through": gate(
        "through", forward=lambda m, x: m.heaviside(x, 1.0), backward=lambda m, upstream, out, x: (upstream,)
    ),
    "clip": gate(
        "clip",
        forward=lambda m, x: m.minimum(m.maximum(x, -1.0), 1.0),
        backward=lambda m, upstream, out, x: (m.where((x > -1) & (x < 1), upstream, 0.0),),
    ),
    "default": gate(
        "times",
        forward=lambda m, x, k=2.0: x * k,
        backward=lambda m, upstream, out, x, k: (upstream * k, upstream * x),
    ),
}


@pytest.mark.parametrize("rule", OWN.values(), ids=OWN)
def test_custom_gates(rule: Gate) -> None:
    p, q = Value(0.5), Value(-1.5)

    def loss(x: list[Value]) -> Value:
        hidden = [rule(p * number + q) for number in x]
        total: Value = summation(*[h * q for h in hidden], rule(p), rule(x[0]) * p, p)
        return total

    assert_agrees(loss, [[1.0, 2.0, -3.0], [-0.5, 0.25, 0.0], [0.0, 0.0, 9.0]], [p, q])


def test_the_first_of_two_operands() -> None:
    first = gate("first", forward=lambda m, a, b: a, backward=lambda m, upstream, out, a, b: (upstream, 0.0))
    p, q = Value(0.5), Value(-1.5)

    def loss(x: list[Value]) -> Value:
        total: Value = summation(first(x[0] * p, q), first(p, x[0]), first(x[0], p), first(p, q), q)
        return total

    assert_agrees(loss, [[1.0], [-0.5]], [p, q])


def test_a_choice_between_the_same() -> None:
    """Its formula is shortened to p, which is one number, but there is one for each example."""
    p = Value(0.5)
    X = [[0.0], [1.0], [2.0]]
    assert_agrees(lambda x: where(x[0], p, p), X, [p])
    assert_agrees(lambda x: summation(where(x[0], p, p), p * x[0]), X, [p])
    assert_agrees(lambda x: tanh(where(x[0], p, p)) ** 0, X, [p])
    assert_agrees(lambda x: where(x[0], 0.25, 0.25) * p, X, [p])
    assert_agrees(lambda x: where(p, x[0], x[0]) + p, X, [p])


def test_a_name_that_means_a_gate_of_the_table_keeps_its_meaning() -> None:
    x, p = Value(1.0, label="x"), Value(0.5, label="p")
    own = sine("tanh", 2.0)
    source = compile(own(p * x) + tanh(p * x), inputs=[x], parameters=[p]).source
    assert "tanh2(" in source
    assert "tanh(" in source


def test_a_custom_gate_is_called_by_its_name_and_its_rule_is_written_out_where_it_runs_on_nodes() -> None:
    x, p = Value(1.0, label="x"), Value(0.5, label="p")
    source = compile(sine("wave", 2.0)(p * x), inputs=[x], parameters=[p]).source
    assert "wave(p * x)" in source
    assert "cos(" in source
    source = compile(slow_sine("wave", 2.0)(p * x), inputs=[x], parameters=[p]).source
    assert "wave_backward(dloss, " in source
