"""An array program as the NumPy source that a person would write, and the names in it.

The examples are the last axis: ``W1 @ x`` is the first layer for the whole batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from autograd.compiler.array_program import ArrayProgram
from autograd.compiler.ir import Node
from autograd.compiler.naming import base
from autograd.compiler.numpy_source.expressions import Expressions
from autograd.compiler.numpy_source.texts import TIGHT, Text, index_of
from autograd.compiler.numpy_source.writer import Writer
from autograd.compiler.structure import Array

LONGEST = 88  # characters of a line into which another was put
VIEWS = {"reshape", "transpose", "slice"}
ARITHMETIC = {"+", "-", "*", "/", "**", "neg"}
#: What to call the parts of a gate that both passes need.
PART_NAMES = {"exp": "e", "finite": "largest", "sum": "total"}


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
        _Writing(writer, each, per_example).written("loss_and_gradient" if each.gradients else "outputs")
        for each in programs
    ]
    text = "\n\n\n".join([each for each in (writer.prelude, *[each.source for each in functions]) if each])
    copied = [place in writer.copied_inputs for place in range(len(inputs))]
    return Source(text + "\n", writer.own, functions[-1].held, copied)


class Function(NamedTuple):
    """What is written: a function, and how many numbers of one example it has in arrays at once."""

    source: str
    held: int


class _Writing(Expressions):
    """A function, line by line: what only one other node needs goes into its line, if that reads well."""

    def __init__(self, writer: Writer, arrays: ArrayProgram, per_example: bool) -> None:
        super().__init__(writer, arrays)
        self.result = arrays.output
        self.gradients = arrays.gradients
        self.gradient_of = arrays.gradient_of
        self.per_example = per_example
        self.layers = self.others = self.held = 0
        self.layer_of: dict[int, int] = {}
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
                self.writer.copied_inputs.add(node.detail)
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
        is_index = node.operation == "reshape" and index_of(x.shape, node.shape) is not None
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
        if node.operation == "call" and " @ " in text.text:  # of sums in the same line
            self.layers += 1
            return f"h{self.layers}"
        if text.has_product:
            self.layers += 1
            self.layer_of[node.number] = self.layers
            return f"z{self.layers}"
        taken = node.operands[0]
        while taken.operation in VIEWS:
            (taken,) = taken.operands
        if node.operation == "call" and taken.number in self.layer_of:
            return f"h{self.layer_of[taken.number]}"
        self.others += 1
        return f"v{self.others}"

    def _reads_well(self, outer: Node, inner: Node, text: Text) -> bool:
        """relu(W @ x + b) does, and 1 - y * f; a matrix product inside other arithmetic does not."""
        if outer.operation == "reshape" and self.uses[outer.number] > 1 and inner.operation not in VIEWS:
            return index_of(inner.shape, outer.shape) is None  # else v[:, None], wherever it is needed
        if outer.operation in VIEWS or inner.operation in VIEWS:
            return True
        if outer.operation in ("einsum", "concatenate", "contributions"):
            return False
        return not text.has_product or outer.operation not in ARITHMETIC - {"+"} | {"where"}
