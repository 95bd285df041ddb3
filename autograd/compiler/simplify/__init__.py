"""Simplify: small rules on nodes, each a line of algebra, listed in one table.

A program is built again node by node, and each new node is first shown to the rules of its operation. Most
hold exactly; ``factored`` holds but for rounding.
"""

from __future__ import annotations

from autograd.compiler.array_program import ArrayProgram
from autograd.compiler.ir import Rule
from autograd.compiler.simplify.arithmetic import (
    COMPARISONS,
    chosen,
    factored,
    folded,
    minus,
    negative,
    opened,
    over,
    plus,
    raised,
    softmax,
    times,
    written_out,
)
from autograd.compiler.simplify.axes import (
    broadcasted,
    leading,
    merged,
    multiplied,
    reshaped,
    summed,
    transposed,
    turned,
    within,
)


def simplify(arrays: ArrayProgram, opened: bool = True) -> ArrayProgram:
    """The same, simplified.

    opened  whether logsumexp and its like are written out, so that both passes share what both need
    """
    return arrays.rebuilt(RULES if opened else {**RULES, "reduce": []})


#: By operation, the rules that a new node is shown to, in order.
RULES: dict[str, list[Rule]] = {
    "call": [written_out],
    "reduce": [opened],
    "+": [leading, folded, plus, factored],
    "-": [leading, folded, minus, factored],
    "*": [leading, folded, times],
    "/": [leading, folded, over],
    "**": [folded, raised],
    "neg": [folded, negative],
    "where": [leading, chosen],
    "exp": [softmax],
    "einsum": [multiplied, turned, merged],
    **{comparison: [folded] for comparison in COMPARISONS},
    "concatenate": [within],
    "reshape": [reshaped],
    "transpose": [transposed],
    "broadcast": [broadcasted],
    "sum": [summed],
    "sum_examples": [summed],
}
