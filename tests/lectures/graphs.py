"""The networks of the lectures as graphs with the lecture's own names on their values."""

from __future__ import annotations

from autograd import Value


def named(label: str, node: Value) -> Value:
    """The node, labelled."""
    node.label = label
    return node


def relu_network() -> Value:
    """Lecture 000: the loss of the 2-2-1 ReLU network on AND, at x = (1, 1)."""
    x1, x2, y = Value(1.0, "x1"), Value(1.0, "x2"), Value(1.0, "y")
    v = []
    for j, (first, second) in enumerate([(-0.9, 0.9), (0.0, 0.9)], 1):
        z = named(f"z{j}", Value(first, f"w{j}1") * x1 + Value(second, f"w{j}2") * x2)
        v.append(named(f"v{j}", z.relu()))
    f = named("f", Value(-0.9, "u1") * v[0] + Value(0.9, "u2") * v[1])
    return named("loss", (y - f) ** 2)


def sigmoid_network() -> Value:
    """Lecture 001: the error of the 2-2-2 sigmoid network, as its slides mean it (z1, z2 not swapped)."""
    z = [Value(0.12, "x1"), Value(0.3, "x2")]
    layers = [[(0.15, 0.2, 0.1), (0.2, 0.3, 0.2)], [(0.4, 0.5, 0.2), (0.45, 0.55, 0.1)]]
    for layer, neurons in enumerate(layers, 1):
        above = []
        for j, (first, second, bias) in enumerate(neurons, 1):
            weights = [Value(first, f"w1{j}({layer})"), Value(second, f"w2{j}({layer})")]
            a = weights[0] * z[0] + weights[1] * z[1] + Value(bias, f"w0{j}({layer})")
            a.label = f"a{j}({layer})"
            above.append(named(f"{'z' if layer == 1 else 'y'}{j}", a.sigmoid()))
        z = above
    errors = [(target - y) ** 2 for target, y in zip((Value(0.1, "t1"), Value(0.9, "t2")), z, strict=True)]
    return named("E", 0.5 * (errors[0] + errors[1]))
