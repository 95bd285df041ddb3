"""Several JAX processes that train together: whether they were given the same, and who is missing.

Each of them computes its part of every batch, and takes for granted that the others have the same
weights, data and order. If they have not, all report one and the same loss, and end with other weights.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from itertools import count
from time import monotonic
from typing import Any, TypeAlias

import numpy as np

import autograd
from autograd.compiler.on_jax import jax
from nn.training.on_jax.exits import group, leave

SECONDS = 60.0  # that processes wait for another
MOST_SHOWN = 3  # processes in a message
LONGEST_SHOWN = 200  # characters of a part

#: The parts of what a process was given: by name, a digest of each, and its text where that is short.
Digests: TypeAlias = dict[str, tuple[str, str]]
#: Whether a process is missing, and what is wrong, "" for nothing.
Verdict: TypeAlias = tuple[bool, str]

_meetings = count()


def agree(parts: Mapping[str, Any]) -> None:
    """Compare the parts, a digest of each, with those in the other processes.

    Raises ValueError in all processes, which names the parts that differ; RuntimeError in those that
    came to compare if another has not done so after SECONDS.
    """
    client, processes, number = group().client, group().num_processes, group().process_id
    if client is None or processes == 1:
        return
    meeting = f"chalkgrad/{next(_meetings)}"
    client.key_value_set(f"{meeting}/{number}", json.dumps(digests_of(parts)))
    if number == 0:  # it compares for all, so that all hear the same
        found = verdict(_gathered(client, meeting, processes), processes)
        client.key_value_set(f"{meeting}/verdict", json.dumps(found))
    try:
        client.blocking_key_value_get(f"{meeting}/0", _ms(SECONDS))
        found = json.loads(client.blocking_key_value_get(f"{meeting}/verdict", _ms(SECONDS + 5)))
    except jax.errors.JaxRuntimeError:
        found = True, f"of {processes} processes, number 0 did not come within {SECONDS:g} s"
    if found[0]:
        leave()
    check(found, "fit on JAX")


def check(found: Verdict, where: str) -> None:
    """Raise RuntimeError if a process is missing, ValueError if any differ."""
    is_missing, text = found
    if is_missing:
        raise RuntimeError(f"{where}: {text}; see what it printed")
    if text:
        raise ValueError(f"{where}: all processes must be given the same, but {text}")


def versions() -> dict[str, str]:
    """What computes here, as parts that must agree."""
    python = ".".join(platform.python_version_tuple()[:2])
    modules = {"chalkgrad": autograd, "numpy": np, "jax": jax, "jaxlib": jax.lib}
    return {"python": python, **{name: module.__version__ for name, module in modules.items()}}


def digests_of(parts: Mapping[str, Any]) -> Digests:
    """What a process tells the others of its parts."""
    found = {}
    for name, part in parts.items():
        digest = sha256()
        _feed(digest, part)
        text = str(part) if isinstance(part, (int, float, str)) else ""
        found[name] = digest.hexdigest()[:16], text if len(text) <= LONGEST_SHOWN else ""
    return found


def verdict(everyone: Mapping[int, Digests], processes: int) -> Verdict:
    """Of what the processes told, by their numbers."""
    first = everyone[0]
    wrong = []
    for number, theirs in sorted(everyone.items()):
        names = [name for name in first | theirs if [*theirs.get(name, ())] != [*first.get(name, ())]]
        if names:
            which = "; ".join(_difference(name, theirs.get(name), first.get(name)) for name in names)
            wrong.append(f"process {number} differs from process 0 in {which}")
    if wrong:
        more = [f"and {len(wrong) - MOST_SHOWN} more"] if len(wrong) > MOST_SHOWN else []
        return False, ". ".join(wrong[:MOST_SHOWN] + more)
    absent = [str(number) for number in range(processes) if number not in everyone]
    if absent:
        return True, f"of {processes} processes, number {', '.join(absent)} did not come within {SECONDS:g} s"
    return False, ""


def _gathered(client: Any, meeting: str, processes: int) -> dict[int, Digests]:
    """What each process told, but for those that did not before the time was up."""
    end = monotonic() + SECONDS
    found = {}
    for number in range(processes):
        with suppress(jax.errors.JaxRuntimeError):
            left = _ms(end - monotonic())
            found[number] = json.loads(client.blocking_key_value_get(f"{meeting}/{number}", left))
    return found


def _difference(name: str, theirs: tuple[str, str] | None, first: tuple[str, str] | None) -> str:
    shown = [each[1] if each else "" for each in (theirs, first)]
    return f"{name} ({shown[0]}, not {shown[1]})" if all(shown) else name


def _feed(digest: Any, part: Any) -> None:
    """All that the part holds, in its order; the same numbers are the same, in lists or in any array."""
    if isinstance(part, dict):
        part = [*part.keys(), *part.values()]
    numbers = None
    if isinstance(part, (list, tuple)) or hasattr(part, "__array__"):
        with suppress(TypeError, ValueError):  # lists of different lengths, or of what are no numbers
            numbers = np.ascontiguousarray(part, dtype=np.float64)
    if numbers is not None:
        digest.update(f"{np.shape(part)}".encode())
        digest.update(numbers)
    elif isinstance(part, (list, tuple)):
        digest.update(f"{len(part)} of them".encode())
        for each in part:
            _feed(digest, each)
    else:
        digest.update(f"{part!r}\n".encode())


def _ms(seconds: float) -> int:
    return max(1, round(1000 * seconds))
