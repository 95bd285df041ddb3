"""The history of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(repr=False)
class History:
    """What the loss did.

    steps       the mean loss over the batch of each step, before that step
    losses      per epoch, the mean over its examples of the losses in steps
    validation  per epoch, the mean loss over the validation examples, after that epoch; nan for one of a
                run that went on with them, or without
    stopped     why training ended early, or ""

    >>> History(steps=[2.0, 1.0, 0.5], losses=[1.5, 0.5])
    <History of 2 epoch(s), 3 step(s); loss 1.5 -> 0.5>
    """

    steps: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    stopped: str = ""

    def __repr__(self) -> str:
        shown = [f"{len(self.losses):,} epoch(s), {len(self.steps):,} step(s)"]
        for name, losses in (("loss", self.losses), ("validation", self.validation)):
            if losses:
                course = [f"{loss:.4g}" for loss in (losses[0], losses[-1])]
                shown.append(f"{name} {' -> '.join(course[len(losses) == 1 :])}")
        if self.stopped:
            shown.append(f"stopped: {self.stopped}")
        return f"<History of {'; '.join(shown)}>"

    def plot(self, ax: Axes | None = None) -> Axes:
        """The losses per epoch, drawn by matplotlib on ax, or on new axes; the axes drawn on.

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
