"""The progress bar of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(steps: int, is_wanted: bool) -> Iterator[Callable[[list[float]], None]]:
    """What to call with the losses of the steps since the last call; shown where there is a terminal."""
    if not (is_wanted and sys.stderr and sys.stderr.isatty()):
        yield lambda losses: None
        return
    from tqdm import tqdm

    with tqdm(total=steps, unit="step") as bar:

        def advance(losses: list[float]) -> None:
            for loss in losses[-1:]:
                bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            bar.update(len(losses))

        yield advance
