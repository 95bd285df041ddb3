"""What became of the scalars, array by array."""

from __future__ import annotations

from autograd.compiler.fuse import Fused
from autograd.compiler.trace import Trace


def report(trace: Trace, fused: Fused | None) -> str:
    """A line for the whole, one for each group of scalars, and one for what the outputs do not depend on."""
    if fused is None:
        lines = [f"{len(trace):,} scalars of one example, run gate by gate: they do not fold into arrays"]
    else:
        lines = [f"{len(trace):,} scalars of one example, in {len(fused.groups.found):,} arrays"]
        lines += [str(each) for each in fused.told]
    unused = _unused_inputs(trace)
    if unused:
        lines.append(f"no output depends on {', '.join(unused)}: the gradient there is 0")
    return "\n".join(lines)


def _unused_inputs(trace: Trace) -> list[str]:
    """The inputs that no gate takes, by label or place."""
    uses = trace.uses()
    return [trace.label[row] or f"inputs[{place}]" for place, row in enumerate(trace.inputs) if not uses[row]]
