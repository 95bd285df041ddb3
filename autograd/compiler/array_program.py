"""An array program: of the nodes of an IR, which are computed, and what for."""

from __future__ import annotations

from dataclasses import dataclass, field

from autograd.compiler.ir import IR, Node, Rule, below


@dataclass(frozen=True)
class ArrayProgram:
    """What a program computes, and from which parameters; differentiated, the gradients too.

    gradients    of the output by each parameter, None where there is none; empty before it is differentiated
    gradient_of  by the number of a node: the node whose gradient it is
    """

    output: Node
    parameters: tuple[Node, ...]
    gradients: tuple[Node | None, ...] = ()
    gradient_of: dict[int, Node] = field(default_factory=dict)

    @property
    def roots(self) -> list[Node]:
        """What is computed."""
        return [self.output, *[each for each in self.gradients if each is not None]]

    def __str__(self) -> str:
        """A line for each node that is needed."""
        return "\n".join(map(repr, below(self.roots)))

    def rebuilt(self, rules: dict[str, list[Rule]]) -> ArrayProgram:
        """The same in an IR of its own, where each new node is shown to the rules."""
        ir, new = IR(rules), dict[int, Node]()
        for node in below([*self.roots, *self.parameters]):
            operands = tuple([new[each.number] for each in node.operands])
            made = ir.node(node.operation, operands, node.detail, node.shape, node.varies)
            made.label = made.label or node.label
            new[node.number] = made
        return ArrayProgram(
            new[self.output.number],
            tuple([new[each.number] for each in self.parameters]),
            tuple([None if each is None else new[each.number] for each in self.gradients]),
            {
                new[n].number: new[of.number]
                for n, of in self.gradient_of.items()
                if n in new and of.number in new
            },
        )
