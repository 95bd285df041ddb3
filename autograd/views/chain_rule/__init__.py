"""A gradient explained by the chain rule: a sum over paths, each a product of local derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from autograd.refusals import refuse_root
from autograd.text import shorten
from autograd.value import Value
from autograd.views.chain_rule.equations import Block, blocks_as_html, blocks_as_latex, blocks_as_text
from autograd.views.chain_rule.order import why_this_order
from autograd.views.chain_rule.paths import Paths
from autograd.views.chain_rule.writing import Writer, no_path

MOST_PATHS = 8
TITLE_LENGTH = 120


class Explanation:
    """An explanation in plain text, LaTeX and HTML; a notebook shows it by itself.

    text       for a terminal; what print() shows
    latex      one align* environment, for a slide
    html       HTML and MathML, without script, style or network
    recursive  the same gradient node by node, from the root towards the leaf; None if there is none
    """

    def __init__(
        self, blocks: Sequence[Block], recursive: Callable[[], Sequence[Block]] | None = None
    ) -> None:
        self._blocks = blocks
        self._recursive = recursive

    @cached_property
    def text(self) -> str:
        return blocks_as_text(self._blocks)

    @cached_property
    def latex(self) -> str:
        return blocks_as_latex(self._blocks)

    @cached_property
    def html(self) -> str:
        return blocks_as_html(self._blocks)

    @cached_property
    def recursive(self) -> Explanation | None:
        return None if self._recursive is None else Explanation(self._recursive())

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        first = self.text.partition("\n")[0]
        return f"<Explanation: {shorten(first, TITLE_LENGTH)} print() shows all of it>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The text, where IPython shows it by itself."""
        printer.text(self.text)

    def _repr_html_(self) -> str:
        return self.html

    def _repr_latex_(self) -> str:
        return self.latex


def explain(root: Value, leaf: Value | None = None) -> Explanation:
    """The gradient d(root)/d(leaf) by the chain rule, in symbols and numbers.

    Labelled nodes, and nodes used more than once, appear by name; those between them are folded into
    one factor. If more than 8 paths lead from root to leaf, the gradient is explained node by node
    instead. The leaf may be any Value below the root. No ``grad`` changes.

    Without a leaf: why backward takes the gates in its order.

    >>> from autograd import Value
    >>> x, y = Value(2.0, label="x"), Value(3.0, label="y")
    >>> a = x * y; a.label = "a"
    >>> print(explain(a * a, x))
    The gradient of v1 with respect to x, by the chain rule: 36.
    <BLANKLINE>
    d(v1)/d(x) = d(v1)/d(a) · d(a)/d(x)
               = (a + a) · y
               = 12 × 3
               = 36
    <BLANKLINE>
    where
    v1 = a * a = 36

    Raises TypeError if root or leaf is not a Value.
    """
    if not isinstance(root, Value):
        refuse_root("explain", "a Value", root)
    if leaf is None:
        return Explanation(why_this_order(root))
    if not isinstance(leaf, Value):
        raise TypeError(f"explain takes a Value as its leaf, got {leaf!r} of type {type(leaf).__name__}")
    paths = Paths(root, leaf)
    if not paths.connected:
        return Explanation(no_path(paths))
    by_node = Writer(paths).by_node
    return Explanation(by_node() if paths.count() > MOST_PATHS else Writer(paths).by_path(), by_node)
