"""The whole state of a training run on disk, from which it goes on as if it had never stopped.

A NumPy archive (.npz) without pickle: the parameters, the optimiser's state, the history, and where
the generator of the batches' order was.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from autograd.files import write_whole
from autograd.rules import NUMPY_REAL_KINDS
from nn.files import ModelFileError
from nn.history import History
from nn.optim import Array, Optimizer


def save_run(
    path: str | os.PathLike[str],
    optimizer: Optimizer,
    numbers: Array,
    history: History,
    rng: np.random.Generator,
) -> None:
    """Write the state after a whole epoch; whoever reads path sees this state or the one before.

    Raises OSError if that cannot be done; then nothing has changed.
    """
    content = BytesIO()
    text = json.dumps({"history": asdict(history), "rng": rng.bit_generator.state})
    np.savez(content, numbers, np.array(text), *_leaves(optimizer.state))
    write_whole(path, content.getvalue())


def load_run(path: str | os.PathLike[str], optimizer: Optimizer, rng: np.random.Generator) -> History:
    """Put optimiser, parameters and rng back to where ``save_run`` saw them; the history up to there.

    Raises ModelFileError, and changes nothing, for a file that is none or of another run's kind.
    """
    try:
        with np.load(BytesIO(Path(path).read_bytes()), allow_pickle=False) as file:
            numbers, text, *leaves = [file[f"arr_{place}"] for place in range(len(file.files))]
        stored = json.loads(str(text))
        history, order = History(**stored["history"]), stored["rng"]
    except OSError:
        raise
    except Exception as error:  # the parsers of damaged bytes raise a dozen kinds
        raise ModelFileError(f"{path}: no state of a training run, or a damaged one: {error}") from error
    if not all(leaf.dtype.kind in NUMPY_REAL_KINDS for leaf in (numbers, *leaves)):
        raise ModelFileError(f"{path}: no state of a training run: it holds what is no real number")
    wanted = [np.shape(leaf) for leaf in (optimizer.read(), *_leaves(optimizer.state))]
    found = [np.shape(leaf) for leaf in (numbers, *leaves)]
    if found != wanted or order["bit_generator"] != type(rng.bit_generator).__name__:
        raise ModelFileError(
            f"{path}: the state of another run: this one has parameters and an optimiser's state of shapes "
            f"{wanted} and the generator {type(rng.bit_generator).__name__}, the file {found} "
            f"and {order['bit_generator']}"
        )
    optimizer.write(numbers)
    optimizer.state = _rebuilt(optimizer.state, iter(leaves))
    rng.bit_generator.state = order
    return history


def _leaves(state: Any) -> list[Any]:
    """The arrays and numbers in a state, which may hold them in tuples."""
    return [leaf for part in state for leaf in _leaves(part)] if isinstance(state, tuple) else [state]


def _rebuilt(state: Any, leaves: Any) -> Any:
    """A state like this one, of those arrays and numbers."""
    if isinstance(state, tuple):
        parts = [_rebuilt(part, leaves) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    leaf = next(leaves)
    return leaf if isinstance(state, np.ndarray) else type(state)(leaf)
