"""The peers' processes: one each, which gets a workload ready once and then waits for its turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from benchmarks.harness import ROOT

#: Peers with an environment of their own, and what is installed there: HIPS autograd's files would
#: overwrite ours, and nothing else here needs tinygrad.
OWN_ENVIRONMENTS = {"HIPS autograd": "autograd==1.9.1", "tinygrad": "tinygrad==0.14.0"}


class LeftOut(Exception):
    """A peer that cannot run here, in its own words."""


class Turns:
    """A peer with its workload ready, in a process of its own that computes only when it has its turn.

    ready  what it said at the start: loss, gradient, losses and share of its Contestant

    Raises LeftOut if the process ends before it is ready.
    """

    def __init__(self, peer: str, kind: str, data: Path, threads: int) -> None:
        self._peer = peer
        self._log = data.with_name(f"{peer}.log")
        command = [python_of(peer), "-m", "benchmarks.against.worker", peer, kind, str(data)]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | limits(threads),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            self.ready = self._answer()
        except RuntimeError as error:
            self.close()
            raise LeftOut(str(error)) from None

    def seconds(self) -> float:
        """One turn: the mean seconds of a step, over as many as fill it."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        words = [line for line in self._log.read_text().splitlines() if line.strip()]
        raise RuntimeError(f"{self._peer}: {words[-1] if words else 'its process ended without a word'}")

    def close(self) -> None:
        """End the process: it leaves when nobody can give it another turn."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def limits(threads: int) -> dict[str, str]:
    """The environment in which every library uses so many threads of the processor."""
    eigen = "true" if threads > 1 else "false"
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
    return dict.fromkeys(names, str(threads)) | {
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={threads}",
        "JAX_PLATFORMS": "cpu",
        "DEV": "CPU",  # tinygrad's
    }


def python_of(peer: str) -> str:
    """The interpreter that has the peer, in an environment made for it where it needs one.

    Raises LeftOut if that cannot be made.
    """
    if peer not in OWN_ENVIRONMENTS:
        return sys.executable
    wanted = [OWN_ENVIRONMENTS[peer], f"numpy=={np.__version__}"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chalkgrad-benchmarks"
    folder = cache / "-".join([f"python{sys.version_info[0]}.{sys.version_info[1]}", *wanted])
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    complete = folder / "complete"  # written last: an environment half made is made again
    if not complete.exists():
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *wanted]
        done = subprocess.run(install, capture_output=True, text=True)
        if done.returncode:
            raise LeftOut(f"{peer}: pip could not install it: {done.stderr.strip().splitlines()[-1]}")
        complete.touch()
    return str(python)
