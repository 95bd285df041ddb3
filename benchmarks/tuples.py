"""A peer: the scalar engine that people know since 2026, in our words.

A node keeps its inputs in one tuple and its local derivatives, computed with the output, in another;
slots, no closures and no cycles. The order is found by a loop, so that no depth is too much for it.
"""

from __future__ import annotations

import math


class Value:
    """A scalar: its number, its gradient, the nodes it was computed from, d(this)/d(each of them)."""

    __slots__ = ("data", "grad", "inputs", "local_derivatives")

    def __init__(
        self, data: float, inputs: tuple[Value, ...] = (), local_derivatives: tuple[float, ...] = ()
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.inputs = inputs
        self.local_derivatives = local_derivatives

    def __add__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> Value:
        return Value(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1),))

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + (-other)

    def __truediv__(self, other: Value | float) -> Value:
        return self * other**-1.0

    def __radd__(self, other: float) -> Value:
        return self + other

    def __rmul__(self, other: float) -> Value:
        return self * other

    def exp(self) -> Value:
        out = math.exp(self.data)
        return Value(out, (self,), (out,))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self) -> Value:
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self) -> None:
        """Add d(self)/d(node) to the gradient of every node that self was computed from."""
        order: list[Value] = []
        seen, path = {self}, [self]
        while path:
            for below in path[-1].inputs:
                if below not in seen:
                    seen.add(below)
                    path.append(below)
                    break
            else:
                order.append(path.pop())
        self.grad = 1.0
        for node in reversed(order):
            for below, derivative in zip(node.inputs, node.local_derivatives):  # noqa: B905  strict= takes time
                below.grad += derivative * node.grad
