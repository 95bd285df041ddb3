"""The history of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass
class History:
    """What the loss did.

    steps       the mean loss over the batch of each step, before that step
    losses      per epoch, the mean over its examples of the losses in steps
    validation  per epoch, the mean loss over the validation examples, after that epoch
    stopped     why training ended early, or ""
    """

    steps: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    stopped: str = ""

    def plot(self, ax: Axes | None = None) -> Axes:
        """The losses per epoch, drawn by matplotlib on ax, or on axes of its own; the axes drawn on.

        Raises ModuleNotFoundError without matplotlib.
        """
        from nn.plots import new_axes

        axes = new_axes() if ax is None else ax
        axes.plot(range(1, len(self.losses) + 1), self.losses, label="training")
        if self.validation:
            axes.plot(range(1, len(self.validation) + 1), self.validation, label="validation")
            axes.legend()
        axes.set(xlabel="epoch", ylabel="mean loss")
        return axes
