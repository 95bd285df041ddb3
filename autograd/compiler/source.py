"""The emitted lines as Python source that a person would have written."""

from __future__ import annotations

from collections import Counter

from autograd.arithmetic.symbols import Symbol, parts_of
from autograd.compiler import code
from autograd.compiler.reading import Code, Line

LONGEST = 60  # characters of a line into which another was inlined
MOST_NAMES = 8  # in an expression into which others are inlined
ARITHMETIC = {"+", "-", "*", "/", "**", "neg", "part", "method", "name", "number"}


def outputs_source(emitted: Code) -> str:
    """``outputs``, a function of the inputs, each (rows, examples)."""
    lines, result = _inlined(_needed(emitted.forward, emitted.result), emitted.result)
    return _function(f"outputs({', '.join(emitted.inputs)})", [*lines, f"return {code.text(result)}"])


def gradient_source(emitted: Code) -> str:
    """``loss_and_gradient``, a function of the inputs and the gradient of each example's loss."""
    result = emitted.result
    if result.operation != "name":
        emitted.forward.append(Line("loss", "=", result))
        result = Symbol.name("loss")
    forward = [each for line in emitted.forward for each in emitted.expanded.get(line.target, [line])]
    lines, result = _inlined([*forward, *emitted.backward], result)
    head = f"loss_and_gradient({', '.join([*emitted.inputs, 'dloss'])})"
    return _function(head, [*lines, f"return {code.text(result)}"])


def _needed(lines: list[Line], result: Symbol) -> list[Line]:
    """The lines without those that only a backward pass would need."""
    wanted, needed = set(code.names_in(result)), []
    for line in reversed(lines):
        if line.target in wanted:
            wanted.update(code.names_in(line.expression))
            needed.append(line)
    return needed[::-1]


def _function(head: str, lines: list[Line | str]) -> str:
    return "\n    ".join([f"def {head}:", *map(str, lines)])


def _inlined(lines: list[Line], result: Symbol) -> tuple[list[Line | str], Symbol]:
    """The lines, with those inlined that only one other needs, if they fit."""
    names = [code.names_in(line.expression) for line in lines]
    uses = Counter(code.names_in(result))
    for found in names:
        uses.update(found)
    uses.update(line.target.partition("[")[0] for line in lines if line.operator != "=" or "[" in line.target)
    waiting: dict[str, Line] = {}
    kept: list[Line | str] = []
    for line, found in zip(lines, names, strict=True):
        put_in = line
        for name in [name for name in found if name in waiting]:
            inner = waiting.pop(name)
            if len(found) > MOST_NAMES:
                kept.append(inner)
                continue
            whole = _with(put_in.expression, name, inner.expression)
            tried = Line(line.target, line.operator, whole, line.keep)
            if len(str(tried)) <= LONGEST and _reads_well(line.expression, inner.expression):
                put_in = tried
            else:
                kept.append(inner)
        may_wait = line.operator == "=" and not line.keep and uses[line.target] == 1
        if may_wait and line.expression.operation not in ("zeros", "assemble"):
            waiting[line.target] = put_in
        else:
            kept.append(put_in)
    for name, inner in waiting.items():
        if result.operation == "name":  # a separate line reads well
            kept.append(inner)
        else:
            result = _with(result, name, inner.expression)
    return kept, result


def _with(expression: Symbol, name: str, inner: Symbol) -> Symbol:
    found: Symbol = code.substituted(expression, lambda each: inner if each == name else None)
    return found


def _reads_well(outer: Symbol, inner: Symbol) -> bool:
    """relu(W @ x + b) does, and 1 - y * f; a matrix product inside other arithmetic does not."""
    if _has_product(outer):
        return False
    return not _has_product(inner) or outer.operation not in ARITHMETIC


def _has_product(expression: Symbol) -> bool:
    return any(each.operation in ("@", "matmul", "masked_matmul") for each in parts_of(expression))
