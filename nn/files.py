"""Models on disk: a NumPy archive (.npz) of a model's numbers by their names, without pickle.

Numbers only: whoever loads a file runs no code from it. Files are written whole or not at all, and
checked whole before anything in the model changes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autograd.files import path_text
from nn.archive import ModelFileError, Wanted, reading, write_archive
from nn.module import Module


def save(model: Module, path: str | os.PathLike[str]) -> Path:
    """Write the model's numbers to path, a .npz file that ``load`` and ``numpy.load`` read.

    Whoever reads path sees the old file or the new one, at any moment.

    >>> from tempfile import TemporaryDirectory
    >>> from nn import MLP
    >>> with TemporaryDirectory() as folder:
    ...     path = save(trained := MLP(2, [3, 1]), f"{folder}/model.npz")
    ...     load(fresh := MLP(2, [3, 1]), path)
    >>> fresh([1.0, 2.0]).data == trained([1.0, 2.0]).data
    True

    Raises TypeError for a model that is no Module; OSError if it cannot be done: nothing has changed then.
    """
    _check_model(model, "save")
    return write_archive(path, model.state_dict())


def load(model: Module, path: str | os.PathLike[str]) -> None:
    """Set the model's numbers to those that ``save`` wrote to path, for a model of the same build.

    ``numpy.savez`` may have written them too, in any real dtype: float32, say.

    Raises ModelFileError, and leaves the model untouched, if there is no such file, it cannot be
    read, or it does not hold exactly the model's names, each an array of real numbers of its shape;
    TypeError for a model that is no Module.
    """
    _check_model(model, "load")
    wanted = {name: Wanted(numbers.shape) for name, numbers in model.state_dict().items()}
    with reading(path, wanted) as archive:
        archive.check_names()
        state = {name: archive.read_numbers(name) for name in wanted}
    try:
        model.load_state_dict(state)
    except ValueError as error:  # two numbers for one tied weight, say: nothing has changed
        raise ModelFileError(f"{path_text(path)}: {error}") from error


def _check_model(model: Any, what: str) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"{what} takes a model and then a path, {what}(model, path), got {model!r} first")
