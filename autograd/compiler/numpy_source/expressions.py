"""Each operation as NumPy has it: the text of a node, from those of its operands."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from math import isfinite, prod
from typing import Any

from autograd.compiler import library
from autograd.compiler.array_program import ArrayProgram
from autograd.compiler.ir import Node, Shape, below
from autograd.compiler.naming import Names, base
from autograd.compiler.numpy_source.products import product
from autograd.compiler.numpy_source.texts import AND_SIDES, TIGHT, TIGHTEST, Text, index_of, number, ranges_of
from autograd.compiler.numpy_source.writer import Writer
from autograd.names import is_built_in

ALONG = {"max", "min", "norm", "sum"}


class Expressions:
    """The text of each node, from those of its operands.

    text        of the nodes that have been written, by number
    lines       of the function so far
    called      the names of nodes that have one
    has_column  nodes whose name comes with an axis for the examples
    """

    def __init__(self, writer: Writer, arrays: ArrayProgram) -> None:
        self.writer = writer
        self.names = Names(writer.names)
        self.nodes = below(arrays.roots)
        self.text: dict[int, Text] = {}
        self.lines: list[str] = []
        self.called: dict[int, str] = {}
        self.has_column: set[int] = set()
        self.copies: dict[str, str] = {}

    # -- leaves ----------------------------------------------------------------------------------

    def _constant(self, node: Node) -> Text:
        if node.shape == () and node.detail.array.dtype != bool:
            return number(float(node.detail.array))
        array = node.detail.array
        return Text(self._held("mask" if array.dtype == bool else "c", node.detail, array[()]))

    def _held(self, wanted: str, key: Any, thing: Any) -> str:
        """The name of something that the source uses as it is."""
        if key not in self.writer.constants:
            name = self.writer.constants[key] = self.writer.names.new(wanted)
            self.writer.own[name] = thing
        return self.writer.constants[key]

    def _write_parameter(self, node: Node) -> None:
        array = self.writer.parameters[node.detail]
        end = array.start + prod(array.shape)
        takers = self._takers(node)
        as_columns = bool(takers) and all(self._needs_column(each, node) for each in takers)
        if len(takers) == 1 and len(array.shape) == 1 and takers[0].operation == "reshape":
            (shaped,) = takers
            index = index_of(array.shape, shaped.shape) or ""
            if index.startswith("[:") and all(
                self._needs_column(each, shaped) for each in self._takers(shaped)
            ):
                axes = index[2:-1] + ", None"  # of [:, None], say
                view = f"parameters[{array.start}:{end}{axes}]"
                self.text[shaped.number] = Text(self._define_parameter(node.detail, view))
                self.has_column.add(shaped.number)
                return
        shape = self._shape(array.shape, False)
        if as_columns and len(array.shape) == 1:
            view = f"parameters[{array.start}:{end}, None]"
            self.has_column.add(node.number)
        elif len(array.shape) == 1:
            view = f"parameters[{array.start}:{end}]"
        else:
            view = f"parameters[{array.start}:{end}].reshape({shape or '()'})"
            if as_columns and array.shape:
                view += "[..., None]"
                self.has_column.add(node.number)
        self.text[node.number] = Text(self._define_parameter(node.detail, view))

    def _define_parameter(self, place: int, view: str) -> str:
        name = self.writer.define(base(self.writer.parameters[place].label) or "p", view)
        self.writer.parameter_names.setdefault(place, name)
        return name

    def _takers(self, node: Node) -> list[Node]:
        return self._taken_by[node.number]

    @cached_property
    def _taken_by(self) -> dict[int, list[Node]]:
        found = defaultdict[int, list[Node]](list)
        for taker in self.nodes:
            for taken in {each.number for each in taker.operands}:
                found[taken].append(taker)
        return found

    def _needs_column(self, taker: Node, operand: Node) -> bool:
        """Whether an operand that does not vary gets an axis for the examples there."""
        return taker.varies and not operand.varies and operand.shape != () and taker.operation in ELEMENTWISE

    # -- expressions -----------------------------------------------------------------------------

    def operand(self, node: Node, operand: Node) -> Text:
        text = self.text[operand.number]
        if self._needs_column(node, operand) and operand.number not in self.has_column:
            whole, bracket, index = text.inside(TIGHTEST).partition("[")
            if (
                bracket
                and operand.operation == "reshape"
                and whole.isidentifier()
                and set(index) <= set("N:one, ]")
            ):
                axes = index[:-1].split(", ")
                axes += [":"] * (len(operand.shape) - len(axes))
                return Text(f"{whole}[{', '.join([*axes, 'None'])}]")
            return Text(whole + bracket + index + ("[:, None]" if len(operand.shape) == 1 else "[..., None]"))
        return text

    def _expression(self, node: Node) -> Text:
        operation = node.operation
        if operation in WRITTEN:
            found: Text = WRITTEN[operation](self, node)
            return found
        operands = [self.operand(node, each) for each in node.operands]
        has_product = any(each.has_product for each in operands)
        if operation == "neg":
            (a,) = operands
            tight = TIGHT["*"] if a.tight == TIGHT["*"] else TIGHT["neg"]  # -a * b is the same number
            return Text("-" + a.inside(tight), tight, has_product)
        if operation == "**" and node.operands[1].scalar == 0.5:  # x**0.5 is not quite pow in NumPy
            return Text(f"half_power({operands[0].text})")
        if operation == "**" and operands[1].text.startswith("-"):
            operands[1] = Text(operands[1].text)
        if operation in TIGHT:
            tight = TIGHT[operation]
            left, right = (tight + 1, tight) if operation == "**" else (tight, tight + 0.5)
            if operation == "&":
                left = right = AND_SIDES
            sign = operation if operation == "**" else f" {operation} "
            return Text(operands[0].inside(left) + sign + operands[1].inside(right), tight, has_product)
        texts = [each.text for each in operands]
        if operation == "where":  # written as floats: NumPy would convert integers element by element
            texts[1:] = [
                repr(one.scalar) if one.scalar is not None and isfinite(one.scalar) else text
                for one, text in zip(node.operands[1:], texts[1:], strict=True)
            ]
        return Text(f"{operation}({', '.join(texts)})", TIGHTEST, has_product)

    @staticmethod
    def _shape(shape: Shape, varies: bool) -> str:
        return ", ".join([*map(str, shape), *(["-1"] if varies else [])])

    def _function(self, gate: Any, kind: str, made: Any) -> str:
        key = gate, kind
        if key not in self.writer.functions:
            wanted = (base(gate.name) or "gate") + kind
            is_free = is_built_in(gate) and not kind
            name = wanted if is_free else self.writer.names.new(wanted)
            self.writer.functions[key] = name
            self.writer.own[name] = made(gate)
        return self.writer.functions[key]

    def call(self, node: Node) -> Text:
        made = library.forward_of_many if node.detail.variadic else library.forward_on_arrays
        name = self._function(node.detail, "", made)
        return Text(f"{name}({', '.join([self.operand(node, each).text for each in node.operands])})")

    def reduce(self, node: Node) -> Text:
        gate, axis = node.detail
        is_named = is_built_in(gate) and gate.name in ALONG
        name = gate.name if is_named else self._function(gate, "", library.forward_of_many)
        return Text(f"{name}({self.text[node.operands[0].number].text}, axis={axis})")

    def contributions(self, node: Node) -> Text:
        name = self._function(node.detail, "_backward", library.backward_on_arrays)
        return Text(f"{name}({', '.join([self.operand(node, each).text for each in node.operands])})")

    def item(self, node: Node) -> Text:
        return Text(f"{self.text[node.operands[0].number].inside(TIGHTEST)}[{node.detail}]")

    def sum(self, node: Node) -> Text:
        axes, keep = node.detail
        axis = axes[0] if len(axes) == 1 else axes
        kept = ", keepdims=True" if keep else ""
        return Text(f"sum({self.text[node.operands[0].number].text}, axis={axis}{kept})")

    def sum_examples(self, node: Node) -> Text:
        (x,) = node.operands
        if x.operation == "sum" and not x.detail[1] and x.number not in self.called:
            axes, whole = x.detail[0], x.operands[0]
            return Text(f"sum({self.text[whole.number].text}, axis={(*axes, len(whole.shape))})")
        return Text(f"sum({self.text[node.operands[0].number].text}, axis={len(node.shape)})")

    def along(self, node: Node) -> Text:
        axis, _ = node.detail
        return Text(
            f"{node.operation}({self.text[node.operands[0].number].text}, axis={axis}, keepdims=True)"
        )

    def reshape(self, node: Node) -> Text:
        (x,) = node.operands
        text = self.text[x.number]
        index = index_of(x.shape, node.shape)
        if x.operation == "slice" and index and "None" not in index and x.number not in self.called:
            kept = [*index[1:-1].split(", "), *[":"] * len(x.shape)][: len(x.shape)]
            parts = ranges_of(x.detail, x.operands[0].shape, kept)
            return Text(f"{self.text[x.operands[0].number].inside(TIGHTEST)}[{parts}]")
        if index is not None and x.number not in self.has_column and not text.unshaped:
            return Text(text.inside(TIGHTEST) + index) if index else text
        return self.reshaped(text, self._shape(node.shape, node.varies) or "()")

    @staticmethod
    def reshaped(text: Text, shape: str) -> Text:
        whole = text.unshaped or text.inside(TIGHTEST)
        return Text(f"{whole}.reshape({shape})", TIGHTEST, text.has_product, whole)

    def transpose(self, node: Node) -> Text:
        text = self.text[node.operands[0].number].inside(TIGHTEST)
        if len(node.shape) == 2 and not node.varies:
            return Text(f"{text}.T")
        order = [*node.detail, *([len(node.shape)] if node.varies else [])]
        return Text(f"{text}.transpose({', '.join(map(str, order))})")

    def slice(self, node: Node) -> Text:
        text = self.text[node.operands[0].number].inside(TIGHTEST)
        return Text(f"{text}[{ranges_of(node.detail, node.operands[0].shape)}]")

    def pad(self, node: Node) -> Text:
        ranges = ", ".join(
            [f"({a}, {b})" if step == 1 else f"({a}, {b}, {step})" for a, b, step in node.detail]
        )
        (x,) = node.operands
        return Text(f"pad({self.text[x.number].text}, ({ranges},), {node.shape})")

    def broadcast(self, node: Node) -> Text:
        (x,) = node.operands
        text = self.text[x.number].text
        if node.varies:
            return Text(f"broadcast({text}, {node.shape})")
        return Text(f"broadcast_to({text}, {node.shape})")

    def concatenate(self, node: Node) -> Text:
        axis = node.detail
        parts = []
        is_stack = all(
            each.operation == "reshape"
            and each.shape == (*whole[:axis], 1, *whole[axis:])
            and node.varies == each.varies
            for each in node.operands
            for whole in [each.operands[0].shape if each.operands else ()]
        )
        if is_stack:
            texts = [self.text[each.operands[0].number].text for each in node.operands]
            return Text(f"stack(({', '.join(texts)}), axis={axis})")
        for each in node.operands:
            text = self.text[each.number].inside(TIGHTEST)
            parts.append(text + "[..., None]" if node.varies and not each.varies else text)
        is_mixed = len({each.varies for each in node.operands}) > 1
        function = "side_by_side" if is_mixed else "concatenate"
        return Text(f"{function}(({', '.join(parts)}), axis={axis})")

    def gather(self, node: Node) -> Text:
        (x,) = node.operands
        name = self._held("i", node.detail, node.detail.array)
        text = self.text[x.number].inside(TIGHTEST)
        if len(x.shape) != 1:
            text += f".reshape({self._shape((x.size,), x.varies)})"
        return Text(f"{text}[{name}]")

    def scatter_add(self, node: Node) -> Text:
        (x,) = node.operands
        key = "segments", node.detail, node.size
        name = self._held("segments", key, library.Segments(node.detail.array.ravel(), node.size))
        text = self.text[x.number].inside(TIGHTEST)
        if len(x.shape) != 1:
            text += f".reshape({self._shape((x.size,), x.varies)})"
        found = f"scatter_add({name}, {text})"
        if len(node.shape) != 1:
            found += f".reshape({self._shape(node.shape, node.varies) or '()'})"
        return Text(found)

    def take(self, node: Node) -> Text:
        table, index = node.operands
        return Text(f"take({self.text[table.number].text}, {self.text[index.number].text})")

    def segment_sum(self, node: Node) -> Text:
        x, index = node.operands
        function = "segment_sum_of_each" if node.detail else "segment_sum"
        return Text(
            f"{function}({self.text[x.number].text}, {self.text[index.number].text}, {node.shape[-1]})"
        )

    def choose(self, node: Node) -> Text:
        index, options = node.operands
        texts = [self._column(node, each) for each in (index, options)]
        return Text(f"choose({texts[0]}, {texts[1]})")

    def unchoose(self, node: Node) -> Text:
        index, x = node.operands
        texts = [self._column(node, each) for each in (index, x)]
        return Text(f"unchoose({texts[0]}, {texts[1]}, {node.detail})")

    def _column(self, node: Node, operand: Node) -> str:
        text = self.text[operand.number]
        return text.inside(TIGHTEST) + "[..., None]" if node.varies and not operand.varies else text.text

    def einsum(self, node: Node) -> Text:
        return product(self, node)

    def shared(self, text: str) -> str:
        """The name of an expression that copies, and may come again."""
        if text not in self.copies:
            self.copies[text] = self.names.new("rows")
            self.lines.append(f"{self.copies[text]} = {text}")
        return self.copies[text]


WRITTEN = {
    name: getattr(Expressions, name)
    for name in (
        "call", "reduce", "contributions", "item", "sum", "sum_examples", "reshape", "transpose", "slice",
        "pad", "broadcast", "concatenate", "gather", "scatter_add", "take", "segment_sum", "choose",
        "unchoose", "einsum",
    )
} | dict.fromkeys(("max", "min", "norm"), Expressions.along)  # fmt: skip
#: Operations whose operands broadcast.
ELEMENTWISE = {
    "call", "contributions", "+", "-", "*", "/", "**", "neg", "abs", "where", "&", "<", "<=", ">", ">=",
    "==", "!=", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "arctan2", "sign", "heaviside",
    "floor", "rint", "maximum", "minimum", "finite", "hypot",
}  # fmt: skip
