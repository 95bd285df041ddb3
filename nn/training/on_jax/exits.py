"""How one of several JAX processes ends when another is lost, or when it alone has failed.

By itself JAX lets it wait for the ends of the others, for minutes, and then aborts it with a trace of C++.
"""

from __future__ import annotations

import atexit
import ctypes
import sys
from importlib import import_module
from time import sleep
from typing import Any

from autograd.compiler.on_jax import jax

OTHERS_NOTICE = 2.0  # seconds for the others to find out, too, that a process is lost
OTHERS_RAISE = 5.0  # seconds for the others to raise what this one has raised


def group() -> Any:
    """JAX's service for its processes: unlike JAX's computations it has time limits, but no public name."""
    return import_module("jax._src.distributed").global_state


def leave() -> None:
    """Let this process end without a word to the others, as soon as it ends.

    JAX is made to forget its service, which is never destroyed: either would tell the others, and wait.
    The process that has the service goes last: JAX aborts those that still need it.
    """
    service = group()
    if service.service is not None:
        sleep(OTHERS_NOTICE)
    for part in (service.client, service.service):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(part))
    service.client = service.service = None


@atexit.register  # after JAX's own, so it runs before that
def _leave_if_raised() -> None:
    """Where this process ends by an exception, and the others do not, leave them: then they end, too."""
    client = group().client
    if client is None or getattr(sys, "last_value", None) is None:
        return
    try:
        client.wait_at_barrier("chalkgrad/raised", round(1000 * OTHERS_RAISE))
    except jax.errors.JaxRuntimeError:
        leave()
