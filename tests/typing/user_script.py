"""What a user writes, and what a type checker knows of it: never Any, where there is something to complete.

tests/test_types.py runs it, and has mypy and pyright read it.
"""

from collections.abc import Callable
from typing import assert_type

import numpy as np
import numpy.typing as npt

from autograd import (
    Gate,
    Value,
    ValueArray,
    array,
    compile,
    data_of,
    explain,
    gate,
    grad_of,
    gradcheck,
    jacobian,
    maximum,
    parse,
    runs_on,
    tanh,
    topological_order,
    where,
)
from nn import MLP, SGD, History, Layer, Neuron, Sequential, cross_entropy, fit, squared_error

Vector = ValueArray[tuple[int]]
Matrix = ValueArray[tuple[int, int]]
Floats = npt.NDArray[np.float64]

# Values, and gates of them
v, w = Value(0.5, label="v"), Value(2.0, label="w")
cube = gate("cube", forward=lambda m, x: x * x * x, backward=lambda m, up, out, x: (3 * up * x * x,))
for each in (v + 1, 2 * v, v**0.5, v / w, 1 - v, -v, abs(v), v.exp(), v.leaky_relu(0.1)):
    assert_type(each, Value)
for each in (tanh(v), cube(v), maximum(v, 0.0), maximum(0.0, v), maximum(*[v, w]), where(v, w, 1)):
    assert_type(each, Value)
assert_type(tanh(1.0), float)
assert_type(tanh(np.ones(2)), Floats)
assert_type(tanh([1.0, 2.0]), Floats)
assert_type(v.gate, Gate | None)
assert_type(topological_order(v), list[Value])
for step in tanh(v).backward_steps():
    assert_type(step.node, Value)
    assert_type(step.contributions, tuple[float, ...])

# Arrays: a type checker knows the dimensions where lists or a shape give them
x, b, W = array([1.0, 2.0], label="x"), array(shape=2), array([[1.0, 2.0], [3.0, v]])
for vector in (W @ x + b, tanh(W @ x), cube(x), v * x, x * 2, x - [1, 2], -x, x**2, x[1:], W[0], x @ W):
    assert_type(vector, Vector)
for scalar in (x[0], W[0, 1], x @ b, x.sum(), W.mean(), *x):
    assert_type(scalar.data, float)
assert_type(x[0], Value)
assert_type(x.max(), Value)
assert_type([each.tanh() for each in W.flat], list[Value])
for row in W:
    assert_type(row, Vector)
for matrix in (W.T, W @ W, W + x, maximum(W, 0.0), x.reshape(2, 1)):
    assert_type(matrix, Matrix)
assert_type(W.sum(axis=0), Vector)
assert_type(data_of(x), Floats)
assert_type(grad_of(W), Floats)
assert_type(jacobian(W @ x, x), Floats)

# Where only NumPy knows the dimensions, what is taken out of an array may be used as a Value or as an array
U = array(np.ones((1, 2)))
assert_type(tanh(U), ValueArray)
(output,) = U @ tanh(W @ x + b)
assert_type(output.data, float)
output.backward()
loss: Value = (output - 1.0) ** 2
h: Vector = tanh(U @ x)

# Programs, checks and views
program = compile(loss, inputs=[*x], parameters=[*W.flat])
assert_type(program(np.ones((3, 2))), Floats)
assert_type(program.loss_and_grad(np.ones((3, 2))), tuple[float, Floats])
assert_type(program.loss_and_grad(np.ones((3, 2)), per_example=True), tuple[Floats, Floats])
assert_type(gradcheck(loss).ok, bool)
assert_type(explain(loss, v).text, str)
assert_type(parse("v * w", {"v": 1, "w": 2}).root, Value)
assert_type(runs_on(cube)["arrays"].why_not, str)

# Networks
model = MLP(2, [3, 1])
assert_type(model([0.5, -1.0]).data, float)
assert_type(MLP(2, [3])(x)[0], Value)
assert_type(Layer(2, 3)(x), list[Value])
assert_type(Neuron(2)(x), Value)
assert_type(Sequential(Layer(2, 3), tanh)(x)[0].data, float)
assert_type(cross_entropy(Layer(2, 3)(x), 0), Value)
assert_type(model.parameters(), list[Value])
assert_type(model.state_dict(), dict[str, Floats])
optimizer = SGD(model.parameters())
assert_type(fit(model, [[1, 2]], [1], loss=squared_error, optimizer=optimizer, epochs=1), History)
assert_type(model.compile(squared_error, [1, 2], 1)([[1, 2]], [1]), tuple[float, Floats])
activation: Callable[[Value], Value] = tanh
