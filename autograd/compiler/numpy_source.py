"""An array program as the NumPy source that a person would write, and the names in it.

The examples are the last axis: ``W1 @ x`` is the first layer for the whole batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isfinite, prod
from typing import Any, NamedTuple

import numpy as np

from autograd.arithmetic.notation import BINDING
from autograd.compiler import library
from autograd.compiler.ir import ArrayProgram, Node, Shape, below
from autograd.compiler.naming import Names, base
from autograd.compiler.structure import Array
from autograd.names import is_built_in

LONGEST = 88  # characters of a line into which another was put
TIGHTEST = 8.0
TIGHT: dict[str, float] = {
    **{sign: tight for sign, tight in BINDING.items() if sign != "where"}, "@": BINDING["*"], "&": 1.5,
}  # fmt: skip
AND_SIDES = TIGHT["<"] + 0.5  # in Python & binds tighter than a comparison, so its two sides get brackets
SMALL = 128  # numbers of one example whose products are added up sooner without einsum
VIEWS = {"reshape", "transpose", "slice"}
ARITHMETIC = {"+", "-", "*", "/", "**", "neg"}
ALONG = {"max", "min", "norm", "sum"}
#: What to call the parts of a gate that both passes need.
PART_NAMES = {"exp": "e", "finite": "largest", "sum": "total"}


class Text(NamedTuple):
    """An expression, how tightly it binds, and whether there is a matrix product in it."""

    text: str
    tight: float = TIGHTEST
    has_product: bool = False
    unshaped: str = ""  # of a.reshape(...), the a
    factors: tuple[str, ...] = ()  # of a @ b, the a and the b

    def inside(self, at_least: float) -> str:
        return f"({self.text})" if self.tight < at_least else self.text


class Source(NamedTuple):
    """A program's text: what it defines are ``outputs`` and, of a loss, ``loss_and_gradient``.

    names   what it uses beside library.FUNCTIONS
    held    how many numbers of one example are in arrays at once
    copied  for each input, whether its numbers should lie with the examples last
    """

    text: str
    names: dict[str, Any]
    held: int
    copied: list[bool]

    def __str__(self) -> str:
        return self.text


def numpy_source(
    programs: Sequence[ArrayProgram],
    inputs: Sequence[Array],
    parameters: Sequence[Array],
    per_example: bool = False,
) -> Source:
    """The programs as functions of the inputs, those with gradients of ``dloss`` too.

    per_example  whether the gradients are of each example
    """
    writer = Writer(inputs, parameters)
    functions = [
        writer.function("loss_and_gradient" if each.gradients else "outputs", each, per_example)
        for each in programs
    ]
    text = "\n\n\n".join([each for each in (writer.prelude, *[each.source for each in functions]) if each])
    copied = [place in writer.copied_inputs for place in range(len(inputs))]
    return Source(text + "\n", writer.own, functions[-1].held, copied)


class Function(NamedTuple):
    """What is written: a function, and how many numbers of one example it has in arrays at once."""

    source: str
    held: int


class Writer:
    """Writes functions of the inputs, and the lines before them, which name parts of the parameters.

    own  the names that the source uses beside library.FUNCTIONS
    """

    def __init__(self, inputs: Sequence[Array], parameters: Sequence[Array]) -> None:
        self.names = Names()
        self.inputs = inputs
        self.parameters = parameters
        self.own: dict[str, Any] = {}
        self.before: dict[str, str] = {}  # what stands before the functions: by text, the name
        self.constants: dict[Any, str] = {}
        self.input_names = [self.names.new(base(each.label) or "x") for each in inputs]
        self.parameter_names: dict[int, str] = {}
        self.functions: dict[Any, str] = {}
        self.copied_inputs: set[int] = set()  # whose numbers should lie with the examples last

    def function(self, head: str, arrays: ArrayProgram, per_example: bool = False) -> Function:
        """The function ``head`` of the inputs that computes the output, and stores the gradients."""
        return _Writing(self, arrays, per_example).written(head)

    def define(self, wanted: str, text: str) -> str:
        """The name of an expression that is computed once, before the functions."""
        if text not in self.before:
            self.before[text] = self.names.new(wanted)
        return self.before[text]

    @property
    def prelude(self) -> str:
        return "\n".join([f"{name} = {text}" for text, name in self.before.items()])


class _Writing:
    def __init__(self, writer: Writer, arrays: ArrayProgram, per_example: bool) -> None:
        self.writer = writer
        self.names = Names(writer.names)
        self.own = writer.own
        self.result = arrays.output
        self.gradients = arrays.gradients
        self.gradient_of = arrays.gradient_of
        self.per_example = per_example
        self.lines: list[str] = []
        self.text: dict[int, Text] = {}  # of nodes that have been written
        self.copied_inputs = writer.copied_inputs
        self.has_column: set[int] = set()  # names of parameters that come with an axis for the examples
        self.layers = self.others = self.held = 0
        self.layer_of: dict[int, int] = {}
        self.called: dict[int, str] = {}
        self.copies: dict[str, str] = {}
        self.nodes = below(arrays.roots)
        self.uses = Counter([each.number for node in self.nodes for each in node.operands])
        self.uses.update([each.number for each in arrays.roots])
        self.backward: set[int] = set()  # nodes that the losses' gradient is below
        for node in self.nodes:
            if node.operation == "dloss" or any(each.number in self.backward for each in node.operands):
                self.backward.add(node.number)
        self.waiting: dict[int, Text] = {}

    def written(self, head: str) -> Function:
        self.stored = self._targets()
        for node in self.nodes:
            self._write(node)
            for place in self.stored.get(node.number, ()):
                self._store(place, node)
        out = self.text[self.result.number].text
        inputs = [*self.writer.input_names, *(["dloss"] if self.gradients else [])]
        lines = [
            f"def {head}({', '.join(inputs)}):",
            *[f"    {line}" for line in (*self.lines, f"return {out}")],
        ]
        return Function("\n".join(lines), self.held)

    # -- gradients -------------------------------------------------------------------------------

    def _targets(self) -> dict[int, list[int]]:
        """By node, the parameters whose gradient it is; their views come before the function."""
        stored: dict[int, list[int]] = {}
        for place, node in enumerate(self.gradients):
            if node is not None:
                stored.setdefault(node.number, []).append(place)
        return stored

    def _store(self, place: int, node: Node) -> None:
        """The line that puts a parameter's gradient in its place; computed there, if a function can."""
        array = self.writer.parameters[place]
        end = array.start + prod(array.shape)
        shape = self._shape(array.shape, self.per_example)
        view = f"gradient[{array.start}:{end}]" + (
            "" if len(array.shape) == 1 else f".reshape({shape or '()'})"
        )
        target = self.writer.define(f"d{self.writer.parameter_names.get(place, 'p')}", view)
        self._store_in(target, node)

    def _store_in(self, target: str, node: Node) -> None:
        if node.operation == "concatenate" and self.uses[node.number] == 1 and node.number in self.waiting:
            first = 0
            del self.waiting[node.number]
            for part in node.operands:
                size = part.shape[node.detail]
                axes = [":"] * node.detail + [f"{first}:{first + size}"]
                self._store_in(f"{target}[{', '.join(axes)}]", part)
                first += size
            return
        found = self.waiting.pop(node.number, None) or self.text[node.number]
        if node.operation == "sum_examples" and found.text.startswith("sum("):
            self.lines.append(f"{found.text[:-1]}, out={target})")
        elif node.operation == "einsum" and found.tight == TIGHT["@"]:
            self.lines.append(f"matmul({', '.join(found.factors)}, out={target})")
        else:
            self.lines.append(f"{target if target.endswith(']') else target + '[...]'} = {found.text}")

    # -- nodes -----------------------------------------------------------------------------------

    def _write(self, node: Node) -> None:
        """The node's text, and a line for it, or not: what one other node needs may go into its line."""
        if node.number in self.text:
            return
        if node.operation == "constant":
            self.text[node.number] = self._constant(node)
            return
        if node.operation == "parameter":
            self._write_parameter(node)
            return
        if node.operation == "input":
            if any(each.operation != "einsum" for each in self._takers(node)):
                self.copied_inputs.add(node.detail)
            self.text[node.number] = Text(self.writer.input_names[node.detail])
            return
        if node.operation == "dloss":
            self.text[node.number] = Text("dloss")
            return
        inner = [each for each in node.operands if each.number in self.waiting]
        if node.operation == "concatenate" and node.number in self.stored and self.uses[node.number] == 1:
            for each in node.operands:
                self.text.setdefault(each.number, self.waiting.get(each.number, Text("")))
            self.waiting[node.number] = Text("")
            return
        for each in inner:
            self.text[each.number] = self.waiting[each.number]
        texts = [(each, self.waiting.pop(each.number)) for each in inner]
        for each, text in texts:
            if not self._reads_well(node, each, text):
                self._name(each, text)
        written = self._expression(node)
        for each, text in texts:
            is_named = each.number in self.called or self._is_short(each, text)
            if not is_named and len(written.text) > LONGEST:
                self._name_below(each, text)
                written = self._expression(node)
        may_wait = self.uses[node.number] == 1 and not (node.label and node.operation not in VIEWS)
        is_hoisted = self._is_hoisted(node)
        if is_hoisted and (self.uses[node.number] > 1 or node.operation == "slice"):
            self._name(node, written, hoisted=True)
        elif may_wait or self._is_short(node, written):
            self.waiting[node.number] = written
            if node.number == self.result.number:
                self._finish(node, written)
            elif not may_wait:
                self.text[node.number] = self.waiting.pop(node.number)
        else:
            self._name(node, written)

    @staticmethod
    def _is_short(node: Node, written: Text) -> bool:
        """Whether it is a name turned, or with axes of size 1: to be written again wherever it is needed."""
        whole, _, index = written.text.partition("[")
        if node.operation == "transpose":
            return written.text.endswith(".T") and written.text[:-2].isidentifier()
        return node.operation == "reshape" and whole.isidentifier() and set(index) <= set("N:one, ]")

    def _finish(self, node: Node, text: Text) -> None:
        if self.gradients:
            self._name(node, text)
        else:
            self.text[node.number] = self.waiting.pop(node.number)

    def _parameter_below(self, node: Node) -> str:
        while node.operation in VIEWS:
            node = node.operands[0]
        return base(self.writer.parameters[node.detail].label)

    def _is_hoisted(self, node: Node) -> bool:
        """Whether it is a view of a parameter, made once; one number by an index would be a copy."""
        if node.shape == ():
            return False
        while node.operation in VIEWS:
            node = node.operands[0]
        return node.operation == "parameter"

    def _name(self, node: Node, text: Text, hoisted: bool = False) -> None:
        if hoisted:
            name = self.writer.define(self._parameter_below(node) or "p", text.text)
        else:
            name = self.names.new(self._wanted_name(node, text))
            self.lines.append(f"{name} = {text.text}")
        self.called[node.number] = name
        self.text[node.number] = Text(name)
        self.held += node.size if node.varies and node.operation not in VIEWS else 0

    def _name_below(self, node: Node, text: Text) -> None:
        """Name the node; of v[:, None] the v."""
        (x, *others) = node.operands or (node,)
        is_index = node.operation == "reshape" and _index_of(x.shape, node.shape) is not None
        if others or not is_index or x.number in self.called or x.operation in (*VIEWS, "input", "parameter"):
            self._name(node, text)
        else:
            self._name(x, self.text[x.number])
            self.text[node.number] = self._expression(node)

    def _wanted_name(self, node: Node, text: Text) -> str:
        label = base(node.label)
        if label:
            return label
        if node.number == self.result.number and self.gradients:
            return "loss"
        of = self.gradient_of.get(node.number)
        if of is not None and (of.number in self.called or of.label):
            return "d" + (self.called.get(of.number) or base(of.label) or "v")
        if of is not None or (node.varies and node.number in self.backward):
            return "d"
        if node.operation in PART_NAMES:
            return PART_NAMES[node.operation]
        if text.has_product and node.operation == "call":
            self.layers += 1
            return f"h{self.layers}"
        if text.has_product:
            self.layers += 1
            self.layer_of[node.number] = self.layers
            return f"z{self.layers}"
        if node.operation == "call" and node.operands[0].number in self.layer_of:
            return f"h{self.layer_of[node.operands[0].number]}"
        self.others += 1
        return f"v{self.others}"

    def _reads_well(self, outer: Node, inner: Node, text: Text) -> bool:
        """relu(W @ x + b) does, and 1 - y * f; a matrix product inside other arithmetic does not."""
        if outer.operation == "reshape" and self.uses[outer.number] > 1 and inner.operation not in VIEWS:
            return _index_of(inner.shape, outer.shape) is None  # else v[:, None], wherever it is needed
        if outer.operation in VIEWS or inner.operation in VIEWS:
            return True
        if outer.operation in ("einsum", "concatenate", "contributions"):
            return False
        return not text.has_product or outer.operation not in ARITHMETIC - {"+"} | {"where"}

    # -- leaves ----------------------------------------------------------------------------------

    def _constant(self, node: Node) -> Text:
        if node.shape == () and node.detail.array.dtype != bool:
            return _number(float(node.detail.array))
        array = node.detail.array
        return Text(self._held("mask" if array.dtype == bool else "c", node.detail, array[()]))

    def _held(self, wanted: str, key: Any, thing: Any) -> str:
        """The name of something that the source uses as it is."""
        if key not in self.writer.constants:
            name = self.writer.constants[key] = self.writer.names.new(wanted)
            self.own[name] = thing
        return self.writer.constants[key]

    def _write_parameter(self, node: Node) -> None:
        array = self.writer.parameters[node.detail]
        end = array.start + prod(array.shape)
        takers = self._takers(node)
        as_columns = bool(takers) and all(self._needs_column(each, node) for each in takers)
        if len(takers) == 1 and len(array.shape) == 1 and takers[0].operation == "reshape":
            (shaped,) = takers
            index = _index_of(array.shape, shaped.shape)
            if index and all(self._needs_column(each, shaped) for each in self._takers(shaped)):
                axes = index[2:-1] + ", None"  # of [:, None], say
                if index.startswith("[:"):
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
        return [each for each in self.nodes if any(one is node for one in each.operands)]

    def _needs_column(self, taker: Node, operand: Node) -> bool:
        """Whether an operand that does not vary gets an axis for the examples there."""
        return taker.varies and not operand.varies and operand.shape != () and taker.operation in ELEMENTWISE

    # -- expressions -----------------------------------------------------------------------------

    def _operand(self, node: Node, operand: Node) -> Text:
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
        operands = [self._operand(node, each) for each in node.operands]
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
            self.own[name] = made(gate)
        return self.writer.functions[key]

    def call(self, node: Node) -> Text:
        made = library.forward_of_many if node.detail.variadic else library.forward_on_arrays
        name = self._function(node.detail, "", made)
        operands = [self._operand(node, each) for each in node.operands]
        has_product = any(each.has_product for each in operands)
        return Text(f"{name}({', '.join([each.text for each in operands])})", TIGHTEST, has_product)

    def reduce(self, node: Node) -> Text:
        gate, axis = node.detail
        is_named = is_built_in(gate) and gate.name in ALONG
        name = gate.name if is_named else self._function(gate, "", library.forward_of_many)
        return Text(f"{name}({self.text[node.operands[0].number].text}, axis={axis})")

    def contributions(self, node: Node) -> Text:
        name = self._function(node.detail, "_backward", library.backward_on_arrays)
        return Text(f"{name}({', '.join([self._operand(node, each).text for each in node.operands])})")

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
        index = _index_of(x.shape, node.shape)
        if x.operation == "slice" and index and "None" not in index and x.number not in self.called:
            kept = [*index[1:-1].split(", "), *[":"] * len(x.shape)][: len(x.shape)]
            parts = _ranges(x.detail, x.operands[0].shape, kept)
            return Text(f"{self.text[x.operands[0].number].inside(TIGHTEST)}[{parts}]")
        if index is not None and x.number not in self.has_column and not text.unshaped:
            return Text(text.inside(TIGHTEST) + index) if index else text
        return self._reshaped(text, self._shape(node.shape, node.varies) or "()")

    @staticmethod
    def _reshaped(text: Text, shape: str) -> Text:
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
        return Text(f"{text}[{_ranges(node.detail, node.operands[0].shape)}]")

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

    # -- products --------------------------------------------------------------------------------

    def einsum(self, node: Node) -> Text:
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
            product = (
                self._operand(node, a).inside(TIGHT["*"])
                + " * "
                + self._operand(node, b).inside(TIGHT["*"] + 0.5)
            )
            return Text(f"sum({product}, axis={axis})", TIGHTEST, True)
        if any(letter in out for letter in both):
            texts = f"{self.text[a.number].text}, {self.text[b.number].text}"
            return Text(f"einsum('{of_a},{of_b}->{out}', {texts})", TIGHTEST, True)
        left, right = (a, of_a), (b, of_b)
        own = "".join([letter for letter in of_a if letter not in of_b])
        others = "".join([letter for letter in of_b if letter not in of_a])
        batched = self._batched(a, of_a, b, of_b, out)
        if batched is not None:
            return batched
        if not out.startswith(own):
            left, right, own, others = right, left, others, own
        inner = "".join([letter for letter in left[1] if letter in right[1]])
        in_right = "".join([letter for letter in right[1] if letter in left[1]])
        if inner != in_right and not self._is_flat(left[1], own, inner):
            inner = in_right
        elif (
            inner != in_right
            and self._is_flat(right[1], in_right, others)
            and not self._is_flat(left[1], own, in_right)
        ):
            inner = in_right if left[0].size < right[0].size or left[0].varies < right[0].varies else inner
        first = self._matrix(left[0], left[1], own, inner, sizes)
        second = self._matrix(right[0], right[1], inner, others, sizes)
        found = Text(f"{first} @ {second}", TIGHT["@"], True, factors=(first, second))
        now = own + others
        if len(own) > 1 or len(others) > 1:
            found = self._reshaped(found, ", ".join([str(sizes[letter]) for letter in now]))
        if now != out:
            order = [now.index(letter) for letter in out]
            found = Text(f"{found.inside(TIGHTEST)}.transpose({', '.join(map(str, order))})", TIGHTEST, True)
        return found

    def _batched(self, a: Node, of_a: str, b: Node, of_b: str, out: str) -> Text | None:
        """A product for each place along a first axis that one factor alone has, and the result."""
        for left, of_left, right, of_right in ((a, of_a, b, of_b), (b, of_b, a, of_a)):
            if len(of_left) == 2 and len(of_right) == len(out) == 3:
                lead, inner, column = tuple(of_right)
                row = of_left.replace(inner, "")
                if len(row) == 1 and out == lead + row + column:
                    text = self.text[left.number].inside(TIGHTEST) + ("" if of_left == row + inner else ".T")
                    other = self.text[right.number].inside(TIGHTEST)
                    return Text(f"{text} @ {other}", TIGHT["@"], True, factors=(text, other))
        return None

    @staticmethod
    def _is_flat(letters: str, first: str, second: str) -> bool:
        return letters in (first + second, second + first)

    def _matrix(self, node: Node, letters: str, rows: str, columns: str, sizes: dict[str, int]) -> str:
        """The operand as a matrix, or as a vector where it has no rows or no columns."""
        whole = self.text[node.number]
        text = whole.inside(TIGHTEST)
        shape = []
        for group in (rows, columns):
            if group:
                numbers = [sizes[letter] for letter in group]
                shape.append(-1 if -1 in numbers else prod(numbers))
        is_plain = len(rows) <= 1 and len(columns) <= 1
        if letters == rows + columns:
            return text if is_plain else self._reshaped(whole, ", ".join(map(str, shape))).text
        if letters == columns + rows:
            return (
                f"{text}.T"
                if is_plain
                else self._reshaped(whole, ", ".join(map(str, shape[::-1]))).text + ".T"
            )
        if "z" in rows:  # copied with the examples last, and turned
            return self._matrix(node, letters, columns, rows, sizes) + ".T"
        order = [letters.index(letter) for letter in rows + columns]
        text = f"{text}.transpose({', '.join(map(str, order))})"
        return text if is_plain else self._shared(f"{text}.reshape({', '.join(map(str, shape))})")

    def _shared(self, text: str) -> str:
        """The name of an expression that copies, and may come again."""
        if text not in self.copies:
            self.copies[text] = self.names.new("rows")
            self.lines.append(f"{self.copies[text]} = {text}")
        return self.copies[text]


WRITTEN = {
    name: getattr(_Writing, name)
    for name in (
        "call", "reduce", "contributions", "item", "sum", "sum_examples", "reshape", "transpose", "slice",
        "pad", "broadcast", "concatenate", "gather", "scatter_add", "take", "segment_sum", "choose",
        "unchoose", "einsum",
    )
} | dict.fromkeys(("max", "min", "norm"), _Writing.along)  # fmt: skip
#: Operations whose operands broadcast.
ELEMENTWISE = {
    "call", "contributions", "+", "-", "*", "/", "**", "neg", "abs", "where", "&", "<", "<=", ">", ">=",
    "==", "!=", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "arctan2", "sign", "heaviside",
    "floor", "rint", "maximum", "minimum", "finite", "hypot",
}  # fmt: skip


def _number(x: float) -> Text:
    """Whole numbers without .0, as people write them."""
    if isfinite(x) and x == int(x) and abs(x) < 1e15:
        text = str(int(x)) if x or np.copysign(1, x) > 0 else "-0.0"
    else:
        text = repr(x)
    return Text(text, TIGHT["neg"] if text.startswith("-") else TIGHTEST)


def _index_of(old: Shape, new: Shape) -> str | None:
    """The index that puts in or takes out axes of size 1; None if more than those change."""
    parts = []
    place = 0
    for size in new:
        if place < len(old) and old[place] == size:
            parts.append(":")
            place += 1
        elif size == 1:
            parts.append("None")
        else:
            while place < len(old) and old[place] == 1:
                parts.append("0")
                place += 1
            if place == len(old) or old[place] != size:
                return None
            parts.append(":")
            place += 1
    while place < len(old):
        if old[place] != 1:
            return None
        parts.append("0")
        place += 1
    while parts and parts[-1] == ":":
        parts.pop()
    return f"[{', '.join(parts)}]" if parts else ""


def _ranges(ranges: Sequence[tuple[int, int, int]], shape: Shape, kept: Sequence[str] = ()) -> str:
    """The slices as an index; a number where the axis is not kept but "0"."""
    parts = []
    for place, ((start, stop, step), size) in enumerate(zip(ranges, shape, strict=True)):
        whole = start == 0 and stop == size and step == 1
        if kept and kept[place] == "0":
            parts.append(str(start))
            continue
        parts.append(":" if whole else f"{start}:{stop}" + (f":{step}" if step != 1 else ""))
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return ", ".join(parts)
