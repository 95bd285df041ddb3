"""Graphs that several checks run on."""

from __future__ import annotations

from autograd import Gate, Value


def network(activation: Gate) -> Value:
    """Several right gates above and below one activation; every leaf's gradient passes through it."""
    x, w, b = Value(0.7, "x"), Value(-1.3, "w"), Value(0.4, "b")
    h: Value = activation(w * x + b)
    h.label = "h"
    return (h * 1.5 + 0.5).sigmoid() ** 2 - (h - 2).exp() / 3
