"""JAX processes that find each other, to train together by ``fit(..., backend="jax")``.

Where a process does not come, or the port is in use, JAX's own start ends in a trace of its C++. So the
processes first meet at that port by themselves, and JAX starts when all are there.
"""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack, suppress
from time import monotonic, sleep

from autograd.compiler.on_jax import jax
from nn.training.on_jax.agreement import SECONDS, Digests, Verdict, check, digests_of, verdict, versions

LONGEST = 10_000  # bytes of a message
RETRY = 0.2  # seconds
CALLER = 5.0  # seconds for whoever calls to say who it is


def connect(address: str, processes: int, number: int) -> None:
    """Make this process one of several, number 0, 1, ...: JAX then has the devices of all of them.

    address  "host:port", where the others reach process 0; a port that nothing else uses there

    It calls jax.distributed.initialize when all are there, so nothing may have been computed on JAX before.
    Raises RuntimeError if they are not there within 60 s, or if process 0 cannot use the port; ValueError
    for an address or a number that is none, and in all processes if two are of one number, or not all
    have the same number of processes and the same versions.
    """
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise ValueError(f'address must be "host:port", such as "127.0.0.1:8476", got {address!r}')
    if not 0 <= number < processes:
        raise ValueError(f"number must be from 0 to {processes - 1}, one per process, got {number}")
    mine = digests_of({"the number of processes": processes, **versions()})
    if number == 0:
        found = _receive(int(port), processes, mine)
    else:
        found = _call(host.strip("[]"), int(port), number, mine)
    check(found, f"connect to {address}")
    jax.distributed.initialize(address, processes, number, initialization_timeout=round(SECONDS))


def _receive(port: int, processes: int, mine: Digests) -> Verdict:
    """As process 0: wait for the others, compare, and tell them."""
    end = monotonic() + SECONDS
    everyone, calls = {0: mine}, []
    with ExitStack() as opened:
        listener = opened.enter_context(_listener(port))
        while (found := verdict(everyone, processes))[0] and (left := end - monotonic()) > 0:
            listener.settimeout(left)
            try:
                call = opened.enter_context(listener.accept()[0])
                call.settimeout(CALLER)
                other, theirs = json.loads(_line(call))
                number, parts = int(other), dict(theirs)
            except (OSError, TypeError, ValueError):
                continue  # the time is up, or it is none of them
            calls.append(call)
            if number in everyone:
                found = False, f"two are number {number}"
                break
            everyone[number] = parts
        for call in calls:
            with suppress(OSError):
                _send(call, found)
                _line(call)  # until they close: then the port is free at once
    return found


def _call(host: str, port: int, number: int, mine: Digests) -> Verdict:
    """As another process: tell process 0, and hear what it found."""
    end = monotonic() + SECONDS
    while (left := end - monotonic()) > 0:
        try:
            with socket.create_connection((host, port), timeout=left) as call:
                _send(call, (number, mine))
                call.settimeout(SECONDS + CALLER)  # it may have come last
                is_missing, text = json.loads(_line(call))
                return is_missing, text
        except (OSError, TypeError, ValueError):  # it has not come yet, or another program is there
            sleep(RETRY)
    return True, f"process 0 did not come within {SECONDS:g} s"


def _listener(port: int) -> socket.socket:
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise RuntimeError(f"process 0 cannot use port {port}; take another: {error}") from error


def _send(call: socket.socket, message: object) -> None:
    call.sendall(json.dumps(message).encode() + b"\n")


def _line(call: socket.socket) -> bytes:
    with call.makefile("rb") as lines:
        return lines.readline(LONGEST)
