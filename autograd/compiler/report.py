"""What became of the scalars, instruction by instruction."""

from __future__ import annotations

from autograd.compiler.trace import Trace
from autograd.compiler.vectors import (
    Elementwise,
    Layout,
    MatrixProduct,
    Part,
    Reduction,
    Scattered,
    Terms,
    Total,
)


def report(layout: Layout) -> str:
    """A line for the whole, one per instruction, and one for what the outputs do not depend on."""
    trace = layout.trace
    lines = [
        f"{len(trace):,} scalars of one example, in {len(layout.instructions):,} instruction(s) on arrays"
    ]
    width = max((len(each.out.name) for each in layout.instructions), default=0)
    for instruction in layout.instructions:
        out = instruction.out
        told = _gates(instruction) if isinstance(instruction, Elementwise) else _sums(instruction)
        once = "" if out.varies else " (from parameters alone, once per batch)"
        lines.append(f"{out.name:>{width}}: {told}{once}")
    unused = _unused_inputs(trace)
    if unused:
        lines.append(f"no output depends on {', '.join(unused)}: the gradient there is 0")
    return "\n".join(lines)


def _gates(instruction: Elementwise) -> str:
    operands = instruction.operands[0].shape[0] if instruction.stacked else 0
    of = f" of {operands:,} operands" if operands else ""
    return f"{_count(instruction.out.size, instruction.gate.name + ' gate')}{of}"


def _sums(instruction: Total) -> str:
    parts = [_part(part) for part in instruction.parts]
    return f"{_count(instruction.out.size, 'sum')} = {' + '.join(parts)}"


def _part(part: Part) -> str:
    if isinstance(part, MatrixProduct):
        (groups, rows, length), columns = part.weights.shape, part.factors.shape[2]
        count = int((part.weights >= 0).sum()) * columns
        several = f"{groups:,} matrix products side by side, each" if groups > 1 else "one matrix product"
        right = "examples" if columns == 1 else f"{columns:,} * examples"
        bias = " + bias" if part.biases else ""
        return f"{_count(count, 'product')}: {several} ({rows:,}, {length:,}) @ ({length:,}, {right}){bias}"
    if isinstance(part, Terms):
        return "a term each"
    if isinstance(part, Reduction):
        return f"{part.terms.shape[1]:,} terms each, added along an axis"
    if isinstance(part, Scattered):
        kind = "term" if part.weights is None else "product"
        return f"{_count(len(part.terms), kind)}, gathered and added up"
    return "a product each"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _unused_inputs(trace: Trace) -> list[str]:
    """The inputs that no gate takes, by label or place."""
    uses = trace.uses()
    return [trace.label[row] or f"inputs[{place}]" for place, row in enumerate(trace.inputs) if not uses[row]]
