"""Products of arrays as matrix products, where they are some; else as an einsum."""

from __future__ import annotations

from math import prod
from typing import Protocol

from autograd.compiler.ir import Node
from autograd.compiler.numpy_source.texts import TIGHT, TIGHTEST, Text


class Expressions(Protocol):
    """What a product asks of the expressions that it is among (expressions.py)."""

    text: dict[int, Text]

    def operand(self, node: Node, operand: Node) -> Text: ...
    def reshaped(self, text: Text, shape: str) -> Text: ...
    def shared(self, text: str) -> str: ...


SMALL = 128  # numbers of one example whose products are added up sooner without einsum


def product(e: Expressions, node: Node) -> Text:
    a, b = node.operands
    of_a, of_b, out, _ = node.detail
    batch = "z"
    of_a += batch if a.varies else ""
    of_b += batch if b.varies else ""
    out += batch if node.varies else ""
    sizes = dict(zip(of_a + of_b, (*a.shape, *[-1] * a.varies, *b.shape, *[-1] * b.varies), strict=True))
    both = [letter for letter in of_a if letter in of_b]
    if of_a == of_b and a.size <= SMALL:
        axes = [place for place, letter in enumerate(of_a) if letter not in out]
        axis = axes[0] if len(axes) == 1 else tuple(axes)
        product = e.operand(node, a).inside(TIGHT["*"]) + " * " + e.operand(node, b).inside(TIGHT["*"] + 0.5)
        return Text(f"sum({product}, axis={axis})", TIGHTEST, True)
    if any(letter in out for letter in both):
        texts = f"{e.text[a.number].text}, {e.text[b.number].text}"
        return Text(f"einsum('{of_a},{of_b}->{out}', {texts})", TIGHTEST, True)
    left, right = (a, of_a), (b, of_b)
    own = "".join([letter for letter in of_a if letter not in of_b])
    others = "".join([letter for letter in of_b if letter not in of_a])
    batched = _batched(e, a, of_a, b, of_b, out)
    if batched is not None:
        return batched
    if not out.startswith(own):
        left, right, own, others = right, left, others, own
    inner = "".join([letter for letter in left[1] if letter in right[1]])
    in_right = "".join([letter for letter in right[1] if letter in left[1]])
    if inner != in_right and not _is_flat(left[1], own, inner):
        inner = in_right
    elif inner != in_right and _is_flat(right[1], in_right, others) and not _is_flat(left[1], own, in_right):
        inner = in_right if left[0].size < right[0].size or left[0].varies < right[0].varies else inner
    first = _matrix(e, left[0], left[1], own, inner, sizes)
    second = _matrix(e, right[0], right[1], inner, others, sizes)
    found = Text(f"{first} @ {second}", TIGHT["@"], True, factors=(first, second))
    now = own + others
    if len(own) > 1 or len(others) > 1:
        found = e.reshaped(found, ", ".join([str(sizes[letter]) for letter in now]))
    if now != out:
        order = [now.index(letter) for letter in out]
        found = Text(f"{found.inside(TIGHTEST)}.transpose({', '.join(map(str, order))})", TIGHTEST, True)
    return found


def _batched(e: Expressions, a: Node, of_a: str, b: Node, of_b: str, out: str) -> Text | None:
    """A product for each place along a first axis that one factor alone has, and the result."""
    for left, of_left, right, of_right in ((a, of_a, b, of_b), (b, of_b, a, of_a)):
        if len(of_left) == 2 and len(of_right) == len(out) == 3:
            lead, inner, column = tuple(of_right)
            row = of_left.replace(inner, "")
            if len(row) == 1 and out == lead + row + column:
                text = e.text[left.number].inside(TIGHTEST) + ("" if of_left == row + inner else ".T")
                other = e.text[right.number].inside(TIGHTEST)
                return Text(f"{text} @ {other}", TIGHT["@"], True, factors=(text, other))
    return None


def _is_flat(letters: str, first: str, second: str) -> bool:
    return letters in (first + second, second + first)


def _matrix(e: Expressions, node: Node, letters: str, rows: str, columns: str, sizes: dict[str, int]) -> str:
    """The operand as a matrix, or as a vector where it has no rows or no columns."""
    whole = e.text[node.number]
    text = whole.inside(TIGHTEST)
    shape = []
    for group in (rows, columns):
        if group:
            numbers = [sizes[letter] for letter in group]
            shape.append(-1 if -1 in numbers else prod(numbers))
    is_plain = len(rows) <= 1 and len(columns) <= 1
    if letters == rows + columns:
        return text if is_plain else e.reshaped(whole, ", ".join(map(str, shape))).text
    if letters == columns + rows:
        return f"{text}.T" if is_plain else e.reshaped(whole, ", ".join(map(str, shape[::-1]))).text + ".T"
    if "z" in rows:  # copied with the examples last, and turned
        return _matrix(e, node, letters, columns, rows, sizes) + ".T"
    order = [letters.index(letter) for letter in rows + columns]
    text = f"{text}.transpose({', '.join(map(str, order))})"
    return text if is_plain else e.shared(f"{text}.reshape({', '.join(map(str, shape))})")
