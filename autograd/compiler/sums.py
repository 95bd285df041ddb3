"""The first half of fuse: chains of additions become sums, and weighted terms their products.

(w0*x0 + w1*x1) + b, three gates and two of them additions, is one sum: the products (w0, x0) and
(w1, x1), and the plain term b.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd import gates
from autograd.compiler.trace import CONSTANT, PARAMETER, VARYING, Trace


class Term(NamedTuple):
    """A plain term of a sum, with its sign."""

    row: int
    sign: int


class Sum(NamedTuple):
    """A row of the trace as a sum, which absorbs additions and multiplications below it."""

    terms: list[Term]
    products: list[tuple[int, int]]  # (weight, factor): rows of the trace


class Fused(NamedTuple):
    """What is left to compute.

    sums    the rows that are sums
    depths  for every remaining row, the longest way down to a leaf; for an absorbed one, -1
    """

    sums: dict[int, Sum]
    depths: list[int]


def fuse_sums(trace: Trace) -> Fused:
    """Absorb additions and products with a single use into the sums above them."""
    uses = trace.uses()
    gate, operands = trace.gate, trace.operands
    sums: dict[int, Sum] = {}
    depths = [0] * len(trace)
    for row, made_by in enumerate(gate):
        if made_by is None:
            continue
        if made_by is gates.add or made_by is gates.summation or made_by is gates.sub:
            found, depths[row] = _sum_of(row, trace, uses, sums, depths)
            if made_by is gates.summation or not _is_plain(found, operands[row]):
                sums[row] = found
        else:
            # an operand is absorbed by its only user, which comes later: none here is
            depths[row] = 1 + max([depths[operand] for operand in operands[row]])
    return Fused(sums, depths)


def _is_plain(found: Sum, operands: tuple[int, ...]) -> bool:
    """Whether nothing was absorbed: the addition or subtraction is unchanged."""
    rows = [term.row for term in found.terms[: len(operands) + 1]]
    return not found.products and tuple(rows) == operands


def _sum_of(
    row: int, trace: Trace, uses: list[int], sums: dict[int, Sum], depths: list[int]
) -> tuple[Sum, int]:
    """The terms of an addition, and its depth; it absorbs what only it uses."""
    gate, operands, kind = trace.gate, trace.operands, trace.kind
    varies = kind[row] == VARYING
    subtracts = gate[row] is gates.sub
    terms: list[Term] = []
    products: list[tuple[int, int]] = []
    depth = 1
    for place, operand in enumerate(operands[row]):
        sign = -1 if subtracts and place == 1 else 1
        if kind[operand] == CONSTANT and trace.number[operand] == 0 and len(operands[row]) > 1:
            continue  # as the 0 that Python's sum() starts from; it would only make 0.0 of a -0.0
        if uses[operand] == 1 and sign == 1:
            inner = sums.get(operand)
            if inner is not None and (kind[operand] == VARYING) == varies:
                terms = _joined(terms, inner.terms)
                products = _joined(products, inner.products)
                del sums[operand]
                depth = max(depth, _absorb(operand, depths))
                continue
            if gate[operand] is gates.mul:
                a, b = operands[operand]
                product = _product(a, b, kind)
                if product is not None:
                    products.append(product)
                    depth = max(depth, _absorb(operand, depths))
                    continue
            if gate[operand] is gates.add and (kind[operand] == VARYING) == varies:
                terms.extend([Term(each, 1) for each in operands[operand]])
                depth = max(depth, _absorb(operand, depths))
                continue
        terms.append(Term(operand, sign))
        depth = max(depth, depths[operand] + 1)
    return Sum(terms, products), depth


def _absorb(row: int, depths: list[int]) -> int:
    """Mark the row as absorbed; return its depth, a lower bound for that of the sum."""
    depth, depths[row] = depths[row], -1
    return depth


def _joined(front: list[Any], back: list[Any]) -> list[Any]:
    """Both in one list, the shorter added to the longer: so a long sum takes little time to build."""
    longer, shorter = (front, back) if len(front) > len(back) else (back, front)
    longer.extend(shorter)
    return longer


def _product(a: int, b: int, kind: list[int]) -> tuple[int, int] | None:
    """The two factors, the weight first; None if it is not clear which one is the weight.

    A parameter is a weight before a constant is, and a constant before what is computed from
    parameters. Of two parameters, or two numbers that vary, neither is.
    """
    weight_first = (kind[a], kind[b])
    if kind[a] == kind[b]:
        return None
    if PARAMETER in weight_first:
        return (a, b) if kind[a] == PARAMETER else (b, a)
    return (a, b) if kind[a] < kind[b] else (b, a)
