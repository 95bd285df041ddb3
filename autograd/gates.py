"""Every gate, each in one place: its forward rule, its backward rule, its role.

``forward(m, *operands)`` gives the output. ``backward(m, upstream, out, *operands)`` gives one
contribution per operand: the upstream gradient, dL/d(out), times the local derivative,
d(out)/d(operand). ``m`` is the namespace the gate runs on (see ``autograd.arithmetic``).

A path that a gate did not take gets no contribution, which is not the same as one of 0: that, times
the infinite slope of a sqrt(0) further down, would be nan. Such a gate writes ``m.stop(condition,
gradient)``, or None for an operand that never has a gradient, as a condition.
"""

from __future__ import annotations

from functools import reduce
from operator import add as plus

from autograd.rules import Gate

TYPE_CHECKING = False  # typing.TYPE_CHECKING, without the milliseconds that importing typing costs
if TYPE_CHECKING:
    from typing import Any

# -- arithmetic ---------------------------------------------------------------------------------

add = Gate(
    "add", symbol="+", role="distributor",
    about="Adds; hands the upstream gradient on to both inputs unchanged.",
    forward=lambda m, a, b: a + b,
    backward=lambda m, upstream, out, a, b: (upstream, upstream),
)  # fmt: skip

summation = Gate(
    "sum", symbol="Σ", role="distributor",
    about="Adds any number of terms, left to right; hands the upstream gradient on to each.",
    forward=lambda m, *terms: reduce(plus, terms),
    backward=lambda m, upstream, out, *terms: (upstream,) * len(terms),
)  # fmt: skip

sub = Gate(
    "sub", symbol="-", role="distributor",
    about="Subtracts; hands the upstream gradient on, with its sign turned for the second input.",
    forward=lambda m, a, b: a - b,
    backward=lambda m, upstream, out, a, b: (upstream, -upstream),
)  # fmt: skip

neg = Gate(
    "neg", symbol="-",
    about="Turns the sign, and the gradient's.",
    forward=lambda m, x: -x,
    backward=lambda m, upstream, out, x: (-upstream,),
)  # fmt: skip

mul = Gate(
    "mul", symbol="*", role="switcher",
    about="Multiplies; each input's gradient is the upstream times the *other* input.",
    forward=lambda m, a, b: a * b,
    backward=lambda m, upstream, out, a, b: (upstream * b, upstream * a),
)  # fmt: skip

div = Gate(
    "div", symbol="/",
    about="Divides by IEEE rules: 1/0 is inf, 0/0 is nan.",
    forward=lambda m, a, b: m.divide(a, b),
    # out / b rather than a / (b * b), which overflows where b is large
    backward=lambda m, upstream, out, a, b: (m.divide(upstream, b), -upstream * m.divide(out, b)),
)  # fmt: skip

power = Gate(
    "pow", symbol="**",
    about="Raises a to the power b; a negative base with a fractional power is nan, never complex.",
    forward=lambda m, a, b: m.power(a, b),
    backward=lambda m, upstream, out, a, b: (
        # As in PyTorch: x ** 0 is constant in x, and 0 ** y in y for y >= 0.
        m.stop(b == 0, upstream * (b * m.power(a, b - 1))),
        m.stop((a == 0) & (b >= 0), upstream * (out * m.log(a))),
    ),
)  # fmt: skip

# -- smooth functions ---------------------------------------------------------------------------

exp = Gate(
    "exp",
    about="The exponential, which is its own derivative.",
    forward=lambda m, x: m.exp(x),
    backward=lambda m, upstream, out, x: (upstream * out,),
)

expm1 = Gate(
    "expm1",
    about="exp(x) - 1, exact to rounding where x is small.",
    forward=lambda m, x: m.expm1(x),
    backward=lambda m, upstream, out, x: (upstream * m.exp(x),),
)

log = Gate(
    "log",
    about="The natural logarithm; log(0) is -inf, of a negative number nan.",
    forward=lambda m, x: m.log(x),
    backward=lambda m, upstream, out, x: (m.divide(upstream, x),),
)

log1p = Gate(
    "log1p",
    about="log(1 + x), exact to rounding where x is small.",
    forward=lambda m, x: m.log1p(x),
    backward=lambda m, upstream, out, x: (m.divide(upstream, 1 + x),),
)

sqrt = Gate(
    "sqrt",
    about="The square root; its slope at 0 is inf.",
    forward=lambda m, x: m.sqrt(x),
    backward=lambda m, upstream, out, x: (m.divide(upstream, 2 * out),),
)

sin = Gate(
    "sin",
    about="The sine of an angle in radians.",
    forward=lambda m, x: m.sin(x),
    backward=lambda m, upstream, out, x: (upstream * m.cos(x),),
)

cos = Gate(
    "cos",
    about="The cosine of an angle in radians.",
    forward=lambda m, x: m.cos(x),
    backward=lambda m, upstream, out, x: (-upstream * m.sin(x),),
)


def _arctan2_backward(m: Any, upstream: Any, out: Any, y: Any, x: Any) -> tuple[Any, Any]:
    r = m.norm((y, x))
    # x / r / r rather than x / (x * x + y * y), which overflows where they are large
    return tuple([m.stop(r == 0, upstream * m.divide(m.divide(each, r), r)) for each in (x, -y)])


arctan2 = Gate(
    "arctan2",
    about="The angle of the point (x, y), from -pi to pi; at the origin nothing goes on.",
    forward=lambda m, y, x: m.arctan2(y, x),
    backward=_arctan2_backward,
)

tanh = Gate(
    "tanh",
    about="The hyperbolic tangent: an S-curve from -1 to 1.",
    forward=lambda m, x: m.tanh(x),
    backward=lambda m, upstream, out, x: (upstream * (1 - out * out),),
)


def _sigmoid_forward(m: Any, x: Any) -> Any:
    # 1 / (1 + exp(-x)), written so that exp never overflows.
    small = m.exp(-abs(x))
    return m.divide(m.where(x >= 0, 1.0, small), 1 + small)


sigmoid = Gate(
    "sigmoid", symbol="σ",
    about="The logistic function 1 / (1 + exp(-x)): an S-curve from 0 to 1, stable for any float.",
    forward=_sigmoid_forward,
    backward=lambda m, upstream, out, x: (upstream * (out * (1 - out)),),
)  # fmt: skip

softplus = Gate(
    "softplus",
    about="log(1 + exp(x)), a smooth relu, stable for any float; its slope is sigmoid(x).",
    forward=lambda m, x: m.maximum(x, 0.0) + m.log1p(m.exp(-abs(x))),
    # 1 - exp(-out) is sigmoid(x), and expm1 keeps its digits where it is small
    backward=lambda m, upstream, out, x: (upstream * -m.expm1(-out),),
)


def _exponentials(m: Any, terms: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    """The largest term, and exp(term - largest) for each: then exp never overflows."""
    largest = m.finite(m.max(terms))  # for inf - inf would be nan
    return largest, [m.exp(term - largest) for term in terms]


def _logsumexp_forward(m: Any, *terms: Any) -> Any:
    largest, exponentials = _exponentials(m, terms)
    return largest + m.logsum(exponentials)


def _logsumexp_backward(m: Any, upstream: Any, out: Any, *terms: Any) -> tuple[Any, ...]:
    _, exponentials = _exponentials(m, terms)
    total = m.sum(exponentials)
    return tuple([upstream * m.divide(exponential, total) for exponential in exponentials])


logsumexp = Gate(
    "logsumexp",
    about="log(exp(a) + exp(b) + ...), a smooth max, stable for any floats; its gradient is the softmax.",
    forward=_logsumexp_forward,
    backward=_logsumexp_backward,
)

norm = Gate(
    "norm",
    about="The square root of the sum of squares, without overflow; at 0 nothing goes on.",
    forward=lambda m, *terms: m.norm(terms),
    backward=lambda m, upstream, out, *xs: (*[m.stop(out == 0, upstream * m.divide(x, out)) for x in xs],),
)

# -- functions with a kink or a jump ------------------------------------------------------------

relu = Gate(
    "relu", role="router",
    about="max(0, x): lets the gradient through where x > 0, else stops it; relu'(0) is 0.",
    forward=lambda m, x: m.maximum(x, 0.0),
    backward=lambda m, upstream, out, x: (m.stop(x <= 0, upstream),),
)  # fmt: skip

leaky_relu = Gate(
    "leaky_relu",
    about="x above zero and slope * x below; its slope at 0 is that below.",
    forward=lambda m, x, slope=0.01: m.where(x > 0, x, slope * x),
    backward=lambda m, upstream, out, x, slope: (
        m.where(x > 0, upstream, slope * upstream),
        m.stop(x > 0, upstream * x),
    ),
)

absolute = Gate(
    "abs",
    about="The absolute value; its slope at 0 is 0.",
    forward=lambda m, x: abs(x),
    backward=lambda m, upstream, out, x: (upstream * m.sign(x),),
)

step = Gate(
    "step",
    about="The binary step: 0 for x < 0, 1 for x >= 0 (lecture 001); its gradient is 0 everywhere.",
    forward=lambda m, x: m.heaviside(x, 1.0),
    backward=lambda m, upstream, out, x: (None,),
)

floor = Gate(
    "floor",
    about="The largest whole number that is not above x; its gradient is 0 everywhere.",
    forward=lambda m, x: m.floor(x),
    backward=lambda m, upstream, out, x: (None,),
)

rint = Gate(
    "round",
    about="The nearest whole number, of two the even one; its gradient is 0 everywhere.",
    forward=lambda m, x: m.rint(x),
    backward=lambda m, upstream, out, x: (None,),
)

detach = Gate(
    "detach",
    about="Hands x on unchanged and stops the gradient: to what comes after, x is a constant.",
    forward=lambda m, x: m.where(True, x, x),  # of an array a copy
    backward=lambda m, upstream, out, x: (None,),
)


def _of_two(m: Any, upstream: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """What a and b get of the gradient if the larger is chosen; all of it both if one is nan."""
    share = m.where(a == b, 0.5 * upstream, upstream)
    return m.stop(a < b, share), m.stop(b < a, share)


def _shared(m: Any, upstream: Any, out: Any, terms: tuple[Any, ...], lost: list[Any]) -> tuple[Any, ...]:
    """The same for any number, in equal shares to those that have not lost."""
    ties = m.sum([m.where(term == out, 1.0, 0.0) for term in terms])
    share = m.divide(upstream, m.maximum(ties, 1.0))
    return tuple([m.stop(each, share) for each in lost])


maximum = Gate(
    "max", role="router",
    about="The largest input, which gets the whole gradient; a tie gives equal shares.",
    forward=lambda m, *terms: m.max(terms),
    backward=lambda m, upstream, out, *terms: _of_two(m, upstream, *terms) if len(terms) == 2
    else _shared(m, upstream, out, terms, [term < out for term in terms]),
)  # fmt: skip

minimum = Gate(
    "min", role="router",
    about="The smallest input, which gets the whole gradient; a tie gives equal shares.",
    forward=lambda m, *terms: m.min(terms),
    backward=lambda m, upstream, out, *terms: _of_two(m, upstream, *terms)[::-1] if len(terms) == 2
    else _shared(m, upstream, out, terms, [term > out for term in terms]),
)  # fmt: skip

where = Gate(
    "where", role="router",
    about="a where the condition is not 0, else b; only the one chosen gets the gradient.",
    forward=lambda m, condition, a, b: m.where(condition != 0, a, b),
    backward=lambda m, upstream, out, condition, a, b: (
        None, m.stop(condition == 0, upstream), m.stop(condition != 0, upstream),
    ),
)  # fmt: skip

choose = Gate(
    "choose", role="router",
    about="The option at the index, counted from 0, which alone gets the gradient; nan if there is none.",
    forward=lambda m, index, *options: m.choose(index, options),
    backward=lambda m, upstream, out, index, *options: (
        None, *[m.stop(index != place, upstream) for place in range(len(options))],
    ),
)  # fmt: skip

#: Every gate above by its name. Nobody can forget to add one, and a test checks each.
GATES: dict[str, Gate] = {rule.name: rule for rule in list(globals().values()) if isinstance(rule, Gate)}
