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
    """What a row of the trace is, once the additions and multiplications below it are taken up."""

    terms: list[Term]
    products: list[tuple[int, int]]  # (weight, factor): rows of the trace


class Fused(NamedTuple):
    """What is left to compute.

    sums    the rows that are sums
    depths  for every row that is still there, the longest way down to a leaf; for one taken up, -1
    """

    sums: dict[int, Sum]
    depths: list[int]


def fuse_sums(trace: Trace) -> Fused:
    """Take the additions and products that nothing else uses up into the sums above them."""
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
            # an operand is taken up by its one user only, which comes later: none here is
            depths[row] = 1 + max([depths[operand] for operand in operands[row]])
    return Fused(sums, depths)


def _is_plain(found: Sum, operands: tuple[int, ...]) -> bool:
    """Whether nothing was taken up: an addition or a subtraction as it stands."""
    rows = [term.row for term in found.terms[: len(operands) + 1]]
    return not found.products and tuple(rows) == operands


def _sum_of(
    row: int, trace: Trace, uses: list[int], sums: dict[int, Sum], depths: list[int]
) -> tuple[Sum, int]:
    """The terms of an addition, and its depth; what it takes up is no longer there."""
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
                depth = max(depth, _taken_up(operand, depths))
                continue
            if gate[operand] is gates.mul:
                a, b = operands[operand]
                product = _product(a, b, kind)
                if product is not None:
                    products.append(product)
                    depth = max(depth, _taken_up(operand, depths))
                    continue
            if gate[operand] is gates.add and (kind[operand] == VARYING) == varies:
                terms.extend([Term(each, 1) for each in operands[operand]])
                depth = max(depth, _taken_up(operand, depths))
                continue
        terms.append(Term(operand, sign))
        depth = max(depth, depths[operand] + 1)
    return Sum(terms, products), depth


def _taken_up(row: int, depths: list[int]) -> int:
    """Note that the row is gone, and give the depth of the sum that takes its place."""
    depth, depths[row] = depths[row], -1
    return depth


def _joined(front: list[Any], back: list[Any]) -> list[Any]:
    """Both in one list, the shorter added to the longer: a sum of n terms is put together in n steps."""
    longer, shorter = (front, back) if len(front) > len(back) else (back, front)
    longer.extend(shorter)
    return longer


def _product(a: int, b: int, kind: list[int]) -> tuple[int, int] | None:
    """The two factors, the one that is a weight first; None if neither is more of one than the other.

    A parameter is a weight before anything else is, then a constant, then what is computed from
    parameters. Two parameters, or two numbers that vary, are no weight and input.
    """
    weight_first = (kind[a], kind[b])
    if kind[a] == kind[b]:
        return None
    if PARAMETER in weight_first:
        return (a, b) if kind[a] == PARAMETER else (b, a)
    return (a, b) if kind[a] < kind[b] else (b, a)
