"""What a gate computes and its local derivatives, as formulas: its own rules, run on symbols."""

from __future__ import annotations

from autograd import probe
from autograd.arithmetic import symbols
from autograd.arithmetic.notation import as_text
from autograd.arithmetic.symbols import Symbol
from autograd.rules import Gate


def formula(gate: Gate, *operands: Symbol) -> Symbol:
    r"""What the gate computes, by default in a, b, x, ...; of a rule that takes no symbols, only its name.

    >>> from autograd import div
    >>> from autograd.arithmetic.notation import as_latex
    >>> as_text(formula(div)), as_latex(formula(div))
    ('a / b', '\\frac{a}{b}')
    """
    operands = operands or _names(gate)
    if not probe.forward_on_symbols(gate):
        return Symbol(gate.name, *operands)
    return Symbol.of(gate.forward(symbols, *operands))


def local_derivatives(gate: Gate, *operands: Symbol, out: Symbol | None = None) -> list[Symbol]:
    """d(out)/d(operand) for each operand; of a rule that takes no symbols, their names, as d(cosh)/d(x).

    >>> from autograd import mul
    >>> [as_text(derivative) for derivative in local_derivatives(mul)]
    ['b', 'a']
    """
    operands = operands or _names(gate)
    if not probe.backward_on_symbols(gate):
        return [Symbol.name(f"d({gate.name})/d({as_text(operand)})") for operand in operands]
    out = Symbol.name("out") if out is None else out
    contributions = gate.backward(symbols, Symbol.of(1.0), out, *operands)
    return [Symbol.of(0.0 if each is None else each) for each in contributions]


def _names(gate: Gate) -> tuple[Symbol, ...]:
    names = ("a", "b", "c") if gate.variadic else gate.operand_names
    return tuple([Symbol.name(name) for name in names])
