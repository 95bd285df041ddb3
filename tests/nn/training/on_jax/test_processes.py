"""Processes that were given different things, or that do not all come, end with an error in each."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="JAX is not installed (extra jax)")

from autograd.compiler.on_jax import jax
from nn.training.on_jax import agreement, processes
from nn.training.on_jax.agreement import agree, digests_of, verdict
from nn.training.on_jax.processes import connect
from tests.nn.training.on_jax.cases import CASES, train

ROOT = Path(__file__).resolve().parents[4]
SECONDS = 300  # a busy machine's; they take a few

#: What the error says of process 1, in those cases of CASES that are one.
DIFFERENT = {
    "seed": "rng, for the order (give all a Generator of one seed)",
    "shuffle": "rng, for the order (give all a Generator of one seed)",
    "data": "X; y",
    "validation": "validation",
    "epochs": "epochs (4, not 3)",
    "batch size": "batch_size (5, not 4)",
    "model": "the model and its loss; optimizer (Adam(17 parameters, lr=0.01), not Adam(13 parameters, "
    "lr=0.01)); the weights; the optimizer's state",
    "loss": "the model and its loss",
    "a constant": "the model and its loss",
    "optimizer": "optimizer (Adam(13 parameters, lr=0.01, weight_decay=0.1), "
    "not Adam(13 parameters, lr=0.01))",
    "state": "the optimizer's state",
    "weights": "the weights",
    "checkpoint": "epochs in the checkpoint (0, not 2); "
    "rng, for the order (give all a Generator of one seed); the weights; the optimizer's state",
}
SAME = "fit on JAX: all processes must be given the same, but "


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def start(code: list[str], numbers: list[int], *arguments: str) -> list[tuple[int, str, str]]:
    """(exit status, output, errors) of processes of these numbers, of two."""
    command = [sys.executable, *code, f"127.0.0.1:{free_port()}", "2"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started = [subprocess.Popen([*command, str(each), *arguments], cwd=ROOT, **pipes) for each in numbers]
    ends = [each.communicate(timeout=SECONDS) for each in started]
    return [(each.returncode, *end) for each, end in zip(started, ends, strict=True)]


def test_processes_that_were_given_different_things_say_which(tmp_path: Path) -> None:
    """Both of them, in the same words, in each of the cases; those that were given the same train."""
    found = []
    for status, out, errors in start(["-m", "tests.nn.training.on_jax.cases"], [0, 1], str(tmp_path)):
        assert status == 0, errors
        found.append(json.loads(out.splitlines()[-1]))
    assert found[0] == found[1]
    for case, parts in DIFFERENT.items():
        assert found[0].pop(case) == {
            "error": f"ValueError: {SAME}process 1 differs from process 0 in {parts}"
        }
    rates = "the learning rate is 0.01 in process 0, 0.005 in process 1"
    for case in ("schedule", "schedule per step"):
        assert found[0].pop(case) == {"error": f"ValueError: {SAME}{rates}"}
    assert len(found[0]) == 5
    for case, history in found[0].items():
        expected = train("numpy", **CASES[case](0))
        np.testing.assert_allclose(history["steps"], expected["steps"], rtol=1e-12)
        np.testing.assert_allclose(history["weights"], expected["weights"], rtol=1e-11)


RAISES = """
import sys
from nn.training.on_jax.processes import connect
from tests.nn.training.on_jax.cases import train
address, processes, number = sys.argv[1:]
connect(address, int(processes), int(number))

def schedule(epoch):
    if epoch == 2 and number == "1":
        raise KeyError("mine")
    return 1.0

print(train(epochs=10**6, schedule=schedule), flush=True)
"""


def test_a_process_that_raises_ends_the_other() -> None:
    (_, out, others), (status, _, errors) = start(["-c", RAISES], [0, 1])
    assert status == 1
    assert "KeyError: 'mine'" in errors
    assert "RuntimeError: JAX stopped: of 2 process(es) and 2 device(s) one was lost or failed" in out
    assert "Check failure" not in others + errors  # the trace of an abort


class Started(Exception):
    """JAX would start now."""


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let threads with these (processes, number) connect, as processes would; how each ended."""

    def initialize(*arguments: Any, **options: Any) -> None:
        raise Started

    monkeypatch.setattr("jax.distributed.initialize", initialize)

    def run(*those: tuple[int, int], seconds: float = 30, port: int = 0) -> list[str]:
        for module in (processes, agreement):
            monkeypatch.setattr(module, "SECONDS", seconds)
        address = f"127.0.0.1:{port or free_port()}"

        def end(one: tuple[int, int]) -> str:
            try:
                connect(address, *one)
            except (ValueError, RuntimeError, Started) as error:
                return f"{type(error).__name__}: {error}".replace(address, "ADDRESS").rstrip(": ")
            raise AssertionError

        with ThreadPoolExecutor(len(those)) as pool:
            return list(pool.map(end, those))

    return run


def test_jax_starts_when_all_are_there(meet: Callable[..., list[str]]) -> None:
    assert meet((3, 0), (3, 1), (3, 2)) == ["Started"] * 3
    assert meet((1, 0)) == ["Started"]


def test_a_process_that_never_starts(meet: Callable[..., list[str]]) -> None:
    started = "RuntimeError: connect to ADDRESS: of 4 processes, number 2, 3 did not come within 0.5 s"
    assert meet((4, 0), (4, 1), seconds=0.5) == [f"{started}; see what it printed"] * 2
    missing = "RuntimeError: connect to ADDRESS: process 0 did not come within 0.5 s; see what it printed"
    assert meet((2, 1), seconds=0.5) == [missing]


def test_processes_that_cannot_be_of_one_run(
    meet: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    same = "ValueError: connect to ADDRESS: all processes must be given the same, but "
    number = "process 1 differs from process 0 in the number of processes (3, not 2)"
    assert meet((2, 0), (3, 1)) == [same + number] * 2
    assert meet((3, 0), (3, 1), (3, 1)) == [f"{same}two are number 1"] * 3
    versions = iter(["1.0", "1.1"])
    monkeypatch.setattr(processes, "versions", lambda: {"numpy": next(versions)})
    assert all("in numpy (1." in end for end in meet((2, 0), (2, 1)))


def test_a_port_in_use(meet: Callable[..., list[str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (end,) = meet((2, 0), port=port)
        assert end.startswith(f"RuntimeError: process 0 cannot use port {port}; take another: ")
        assert "Address already in use" in end


def test_a_stranger_that_calls_at_the_port(meet: Callable[..., list[str]]) -> None:
    port = free_port()

    def call(words: bytes) -> None:
        connection = None
        while connection is None:
            assert not first.done()
            with suppress(OSError):  # process 0 has not come yet
                connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        with connection:
            connection.sendall(words)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(meet, (2, 0), port=port)
        for words in (b"GET / HTTP/1.1\n", b"[1, 2]\n", b"[[], {}]\n", b"{}\n", b""):
            call(words)
        assert meet((2, 1), port=port) + first.result() == ["Started"] * 2


class Store:
    """JAX's service, as a process knows it to which no other comes."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    def key_value_set(self, key: str, value: str) -> None:
        self.held[key] = value

    def blocking_key_value_get(self, key: str, timeout_in_ms: int) -> str:
        if key not in self.held:
            raise jax.errors.JaxRuntimeError(f"DEADLINE_EXCEEDED: {timeout_in_ms} ms")
        return self.held[key]


@pytest.mark.parametrize("number", [0, 1])
def test_a_process_that_does_not_come_to_train(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other says so, and does not wait for it at its own end."""
    left = []
    here = SimpleNamespace(client=Store(), num_processes=2, process_id=number)
    monkeypatch.setattr(agreement, "group", lambda: here)
    monkeypatch.setattr(agreement, "leave", lambda: left.append(number))
    missing = f"fit on JAX: of 2 processes, number {1 - number} did not come within 60 s; see what it printed"
    with pytest.raises(RuntimeError, match=missing):
        agree({"epochs": 3})
    assert left == [number]


@pytest.mark.parametrize("address", ["127.0.0.1", ":8476", "host:", "host:http", "host:70000"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ValueError, match=f'address must be "host:port", .* got {address!r}'):
        connect(address, 2, 0)


@pytest.mark.parametrize("number", [-1, 2])
def test_a_number_that_is_none(number: int) -> None:
    with pytest.raises(ValueError, match=f"number must be from 0 to 1, one per process, got {number}"):
        connect("127.0.0.1:8476", 2, number)


def test_of_many_processes_that_differ_three_are_told() -> None:
    everyone = {number: digests_of({"epochs": number}) for number in range(6)}
    is_missing, text = verdict(everyone, 6)
    assert not is_missing
    assert text.count("differs from process 0 in epochs (") == 3
    assert text.endswith("process 3 differs from process 0 in epochs (3, not 0). and 2 more")


def test_numbers_are_the_same_in_whatever_holds_them() -> None:
    rows = [[1.0, 2.0], [3.0, 4.0]]
    same = (rows, tuple(rows), np.array(rows), np.array(rows, dtype=int), np.array(rows, order="F"))
    assert len({digests_of({"X": each})["X"] for each in same}) == 1
    other = (np.ravel(rows), np.transpose(rows), -np.array(rows), [rows], [[1.0, 2.0], [3.0]], None)
    assert len({digests_of({"X": each})["X"] for each in (rows, *other)}) == 1 + len(other)
