"""What a gate computes and its local derivatives, as formulas: its own rules, run on symbols."""

from __future__ import annotations

from autograd import probe
from autograd.arithmetic import symbols
from autograd.arithmetic.notation import as_text
from autograd.arithmetic.symbols import Symbol
from autograd.numbers import what_came
from autograd.rules import Gate


def formula(gate: Gate, *operands: Symbol) -> Symbol:
    r"""What the gate computes, by default in a, b, x, ...; of a rule that takes no symbols, only its name.

    >>> from autograd import div
    >>> from autograd.arithmetic.notation import as_latex
    >>> as_text(formula(div)), as_latex(formula(div))
    ('a / b', '\\frac{a}{b}')
    """
    probe.check_gate(gate, "formula")
    operands = _operands(gate, operands)
    if not probe.forward_on_symbols(gate):
        return Symbol(gate.name, *operands)
    return Symbol.of(gate.forward(symbols, *operands))


def local_derivatives(gate: Gate, *operands: Symbol, out: Symbol | None = None) -> list[Symbol]:
    """d(out)/d(operand) for each operand; of a rule that takes no symbols, their names, as d(cosh)/d(x).

    >>> from autograd import mul
    >>> [as_text(derivative) for derivative in local_derivatives(mul)]
    ['b', 'a']
    """
    probe.check_gate(gate, "local_derivatives")
    operands = _operands(gate, operands)
    if not probe.backward_on_symbols(gate):
        return [Symbol.name(f"d({gate.name})/d({as_text(operand)})") for operand in operands]
    out = Symbol.name("out") if out is None else out
    contributions = gate.backward(symbols, Symbol.of(1.0), out, *operands)
    return [Symbol.of(0.0 if each is None else each) for each in contributions]


def operand_names(gate: Gate, letters: str = "abc") -> tuple[str, ...]:
    """Names for the operands of a formula; of a gate that takes any number of them, letters for those.

    >>> from autograd import choose, mul
    >>> operand_names(mul), operand_names(choose)
    (('a', 'b'), ('index', 'a', 'b', 'c'))
    """
    *first, last = gate.operand_names
    others = [letter for letter in letters if letter not in first] if gate.variadic else [last]
    return (*first, *others)


def _operands(gate: Gate, given: tuple[Symbol, ...]) -> tuple[Symbol, ...]:
    """Those given, or names for all that the gate takes."""
    if not given:
        return tuple([Symbol.name(name) for name in operand_names(gate)])
    for each in given:
        if not isinstance(each, Symbol):
            wanted = "operands of a formula are Symbols, as Symbol.name('x')"
            raise TypeError(f"{gate.name}: {wanted}, got {what_came(each)}")
    return tuple([Symbol.of(each) for each in gate.completed(given)])
