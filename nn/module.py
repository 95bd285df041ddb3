"""Module: something that holds parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

from autograd import Value
from nn.tree import Parts, walk

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from nn.compiled import CompiledLoss
    from nn.losses import Loss


class Module:
    """The base of every part of a network. Its parameters are the leaf Values in its attributes.

    Attributes may hold them directly, in lists, tuples, dicts and object arrays, or in other
    modules. Values that a gate computed are no parameters. A Value that is held in two places is
    one parameter: its weights are tied.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(3.0).backward()
    >>> line.parameters()
    [Value(2, grad=3), Value(1, grad=1)]
    >>> line.load_state_dict({"slope": 5, "intercept": 0})
    >>> line.state_dict()
    {'slope': array(5.), 'intercept': array(0.)}
    """

    if TYPE_CHECKING:
        __call__: Callable[..., Any]  # each part of a network is called in its own way

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Every parameter as (name, parameter), in the order the attributes were set.

        The name is how to reach it from this module, as in ``layers[0].weight[1][0]``. A
        parameter that can be reached in several ways comes once, by the first.
        """
        return [(name.removeprefix("."), parameter) for name, parameter in walk(self, _parts_of, once=True)]

    def parameters(self) -> list[Value]:
        """Every parameter once, in a stable order.

        To change one, set its ``data``: ``p.data -= 0.1 * p.grad``. Without ``.data``, ``p = p - 0.1 *
        p.grad`` makes a new Value of that name, and the model goes on with the old one; ``p -= 0.1 *
        p.grad`` is taken for that mistake and raises TypeError.
        """
        return [parameter for _, parameter in self.named_parameters()]

    def compile(self, loss: Loss, x: Any, target: Any) -> CompiledLoss:
        """loss(self(x), target) as a program for batches, traced on one example x and its target.

        The model is called twice to see its graph, and is afterwards as it was. The program has its
        weights of now, as a vector of its own: change ``compiled.program.parameters``, not the Values,
        and ``compiled.program.write_back()`` returns it to them. ``compiled.program.unflatten`` gives a
        vector, such as the gradient, by the names of the state.

        >>> from nn import Neuron
        >>> from nn.losses import squared_error
        >>> compiled = Neuron.of([3.0], bias=1.0).compile(squared_error, [2.0], 5.0)
        >>> compiled([[2.0], [1.0]], [5.0, 4.0])
        (2.0, array([4., 2.]))
        >>> compiled.program.unflatten(compiled.program.parameters)
        {'w': array([3.]), 'b': array(1.)}

        Raises TypeError for a loss that gives no Value, and for a model or a loss that does what a
        program would not do anew for each example (see ``autograd.compile``), naming its line; and as
        the model and the loss do.
        """
        from nn.compiled import compile_loss

        return compile_loss(self, loss, self.parameters(), [([x], [target])])

    def zero_grad(self) -> None:
        """Clear the gradient of every parameter; the next backward() then starts from zero."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_parts(self) -> Iterable[tuple[str, Any]]:
        """What the state names, as (name, what it holds): by default every attribute.

        A module whose attributes are not arranged as PyTorch's overrides it, as MLP does.
        """
        return vars(self).items()

    def state_dict(self) -> dict[str, npt.NDArray[np.float64]]:
        """The parameters' numbers by PyTorch's names and in its shapes, as new float64 arrays.

        A Value is an array without dimensions, a list of Values a vector. An element that is no
        parameter, as a missing connection, is the number that stands in its place. Parameters that
        are held in two places come under both names.

        >>> from nn import Layer
        >>> {name: numbers.shape for name, numbers in Layer(2, 3).state_dict().items()}
        {'weight': (3, 2), 'bias': (3,)}

        Raises RuntimeError if ``state_parts`` leads past a parameter, which would be lost.
        """
        from nn.state import numbers_of

        return numbers_of(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set every parameter to the number of its name: from NumPy arrays, lists, or PyTorch's tensors.

        Raises TypeError for what is no array of real numbers; ValueError for names that are lacking
        or unknown, another shape, a number for a connection that is missing, or two different
        numbers for one tied parameter. Then nothing has changed.
        """
        from nn.state import numbers_for
        from nn.vector import sync_to_values

        numbers = numbers_for(self, state)
        sync_to_values(numbers.keys(), numbers.values())

    @recursive_repr()
    def __repr__(self) -> str:
        children = [(name, part) for name, part in vars(self).items() if isinstance(part, Module)]
        if not children:
            return f"{type(self).__name__} of {len(self.parameters())} parameters"
        return nested(type(self).__name__, children)


def nested(name: str, parts: Iterable[tuple[str, Any]]) -> str:
    """The representation of a module of several parts, a line or more for each."""
    lines = [f"({key}): {shown(part)}".replace("\n", "\n  ") for key, part in parts]
    return "\n  ".join([f"{name}(", *lines]) + "\n)"


def shown(part: Any) -> str:
    """What to call a module, a gate or another function in a representation."""
    name = None if isinstance(part, Module) else getattr(part, "name", getattr(part, "__name__", None))
    return name if isinstance(name, str) else repr(part)


def _parts_of(held: Any) -> Parts:
    """What may hold parameters: attributes, elements; None for a parameter itself."""
    if isinstance(held, Value):
        return None if held.gate is None else ()
    if isinstance(held, Module):
        return [(f".{name}", part) for name, part in vars(held).items()]
    if isinstance(held, (list, tuple)):
        return [(f"[{i}]", part) for i, part in enumerate(held)]
    if isinstance(held, dict):
        return [(f"[{key!r}]", part) for key, part in held.items()]
    if getattr(getattr(held, "dtype", None), "kind", "") == "O":
        return [("", held.tolist())]
    return ()
