"""The whole state of a training run on disk, from which it goes on as if it had never stopped.

A NumPy archive (.npz) without pickle: the parameters, the optimiser with its state, the history, and
where the generator of the batches' order was. It is read and checked whole before anything changes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np

from autograd.files import path_text
from autograd.numbers import NUMPY_REAL_KINDS
from nn.archive import ROW, TEXT, Archive, ModelFileError, Wanted, reading, write_archive
from nn.optim import Optimizer, options_of
from nn.training.history import History
from nn.vector import Array, sync_to_values, vector_of

KIND, LABELS, ORDER, NUMBERS, STATE = "optimizer", "labels", "rng", "parameters", "state"
STEPS, LOSSES, VALIDATION = (f"history.{name}" for name in ("steps", "losses", "validation"))


def save_run(
    path: str | os.PathLike[str], optimizer: Optimizer, history: History, rng: np.random.Generator
) -> None:
    """Write the parameters, the optimiser's state, the history and the rng's state, after a whole epoch.

    Whoever reads path sees this state or the one before.

    Raises OSError if that cannot be done, TypeError for an optimiser's state that is not of numbers,
    arrays of them, and tuples; then nothing has changed.
    """
    entries = {
        KIND: np.array(_kind(optimizer)),
        LABELS: np.array(_labels(optimizer)),
        ORDER: np.array(_order(rng.bit_generator)),
        NUMBERS: vector_of(optimizer.parameters),
        STEPS: np.array(history.steps, float),
        LOSSES: np.array(history.losses, float),
        VALIDATION: np.array(history.validation, float),
    }
    for name, leaf in _leaves(optimizer.state):
        _wanted(name, leaf)
        entries[name] = np.asarray(leaf)
    write_archive(path, entries)


def load_run(path: str | os.PathLike[str], optimizer: Optimizer, rng: np.random.Generator) -> History:
    """Put optimiser, parameters and rng back to where ``save_run`` saw them; the history up to there.

    Raises ModelFileError for a file that cannot be read, is none, or is of another run: another
    optimiser or other options of it (but lr), parameters of other labels or shapes, another kind of
    generator. Then, and on an interrupt, nothing has changed.
    """
    leaves = dict(_leaves(optimizer.state))
    wanted = {
        KIND: TEXT,
        LABELS: TEXT,
        ORDER: TEXT,
        NUMBERS: Wanted((len(optimizer.parameters),)),
        STEPS: ROW,
        LOSSES: ROW,
        VALIDATION: ROW,
        **{name: _wanted(name, leaf) for name, leaf in leaves.items()},
    }
    with reading(path, wanted) as archive:
        found = str(archive.read(KIND))  # first: the state of another optimiser has other names
        if found != _kind(optimizer):
            raise ModelFileError(
                f"{archive.path}: {KIND!r} is {path_text(found[:200])}, but this run has {_kind(optimizer)}"
            )
        archive.check_names()
        if (labels := str(archive.read(LABELS))) != _labels(optimizer):
            raise ModelFileError(
                f"{archive.path}: another model's: its parameters are {path_text(labels[:200])}, "
                f"those of this run {_labels(optimizer)}"
            )
        numbers = archive.read_numbers(NUMBERS)
        state = _rebuilt(optimizer.state, (_like(leaf, archive.read(name)) for name, leaf in leaves.items()))
        try:
            optimizer.check_state(state)
        except ValueError as error:
            raise ModelFileError(f"{archive.path}: {STATE!r}: {error}") from error
        order = _read_order(archive, rng)
        history = _read_history(archive)
    before = vector_of(optimizer.parameters), optimizer.state, rng.bit_generator.state
    try:
        _put(optimizer, rng, numbers, state, order)
    except BaseException:
        _put(optimizer, rng, *before)
        raise
    return history


def _put(optimizer: Optimizer, rng: np.random.Generator, numbers: Array, state: Any, order: Any) -> None:
    sync_to_values(optimizer.parameters, numbers)
    optimizer.state = state
    rng.bit_generator.state = order


def _kind(optimizer: Optimizer) -> str:
    """The class and its options, but lr, which says nothing about the state."""
    options = [f"{name}={option!r}" for name, option in options_of(optimizer).items() if name != "lr"]
    return f"{type(optimizer).__name__}({', '.join(options)})"


def _labels(optimizer: Optimizer) -> str:
    """The parameters' labels, in order: how many, the first and the last, and a digest of all."""
    labels = [parameter.label for parameter in optimizer.parameters]
    digest = hashlib.sha256(json.dumps(labels).encode()).hexdigest()[:16]
    return f"{len(labels)}, {path_text(labels[0][:60])} to {path_text(labels[-1][:60])} ({digest})"


def _read_history(archive: Archive) -> History:
    steps, losses, validation = (archive.read_numbers(name) for name in (STEPS, LOSSES, VALIDATION))
    if not 1 <= len(losses) <= len(steps):
        raise ModelFileError(
            f"{archive.path}: {LOSSES!r} must have from 1 to {len(steps)} numbers, as {STEPS!r} has "
            f"{len(steps)}, got {len(losses)}"
        )
    if len(validation) > len(losses):
        raise ModelFileError(
            f"{archive.path}: {VALIDATION!r} must have at most {len(losses)} numbers, one an epoch, "
            f"got {len(validation)}"
        )
    if not np.isfinite(steps).all():  # training would have stopped there
        raise ModelFileError(f"{archive.path}: {STEPS!r} must be of finite numbers")
    return History(steps.tolist(), losses.tolist(), validation.tolist())


def _order(generator: np.random.BitGenerator) -> str:
    return json.dumps(generator.state, default=lambda array: array.tolist())


def _read_order(archive: Archive, rng: np.random.Generator) -> Any:
    """The generator's state in the file, tried on a copy: what that does not take, or changes, is refused."""
    trial = deepcopy(rng.bit_generator)
    text = str(archive.read(ORDER))
    try:
        order = json.loads(text)
        if (found := order["bit_generator"]) != (wanted := type(trial).__name__):
            raise ValueError(f"wanted the state of a {wanted}, got {str(found)[:40]!r}")
        trial.state = order
        if json.loads(_order(trial)) != order:
            raise ValueError("it has odd numbers")
        _check_positions({**order, **order["state"]})
    except Exception as error:  # of whatever kind NumPy or the parser of JSON raises
        raise ModelFileError(f"{archive.path}: {ORDER!r} is no state of this run's rng: {error}") from error
    return order


def _check_positions(order: dict[str, Any]) -> None:
    """Refuse a position outside of the row in which NumPy would look there, unchecked."""
    for position, row in (("pos", "key"), ("buffer_pos", "buffer")):
        if position in order and not 0 <= order[position] <= len(order[row]):
            raise ValueError(f"{position} must be from 0 to {len(order[row])}, got {order[position]}")


def _leaves(state: Any, name: str = STATE) -> Iterator[tuple[str, Any]]:
    """The arrays and numbers in a state, which may hold them in tuples, by name."""
    if isinstance(state, tuple):
        for part, field in zip(state, getattr(state, "_fields", range(len(state))), strict=True):
            yield from _leaves(part, f"{name}.{field}")
    else:
        yield name, state


def _wanted(name: str, leaf: Any) -> Wanted:
    """What a file must hold for that leaf."""
    array = np.asarray(leaf)
    if array.dtype.kind not in NUMPY_REAL_KINDS:
        raise TypeError(f"an optimiser's state must be of numbers, arrays and tuples; {name} is {leaf!r}")
    if array.dtype.kind == "f":
        return Wanted(array.shape)
    return Wanted(array.shape, f"whole numbers ({array.dtype})", (array.dtype.kind,))


def _like(leaf: Any, found: Array) -> Any:
    """What was found, as an array or a number as the leaf is."""
    return found.astype(leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(found.item())


def _rebuilt(state: Any, leaves: Iterator[Any]) -> Any:
    """A state like this one, of those arrays and numbers."""
    if not isinstance(state, tuple):
        return next(leaves)
    parts = [_rebuilt(part, leaves) for part in state]
    return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
