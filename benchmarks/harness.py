"""What every benchmark needs: fresh processes in turn, and one table with its targets."""

from __future__ import annotations

import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograd.files import write_whole

ROOT = Path(__file__).parent.parent
TABLE_WIDTH = 120
Result = TypeVar("Result")


def run_worker(
    module: str,
    *arguments: object,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> Any:
    """What ``python -m module arguments`` prints, read as JSON; a fresh process each time.

    ``environment`` is added to this process's own.

    Raises RuntimeError with the process's own words if it fails, subprocess.TimeoutExpired if it is
    not done after ``timeout`` seconds.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(command[1:])} failed ({done.returncode}):\n{done.stderr}")
    return json.loads(done.stdout)


def time_process(code: str) -> float:
    """The seconds that a fresh ``python -c code`` takes from start to end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - started


def in_turn(contestants: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """Each contestant's results, one a round: taking turns, a busy minute hits all of them alike."""
    results: dict[str, list[Result]] = {name: [] for name in contestants}
    turns = [name for _ in range(rounds) for name in contestants]
    console = Console(stderr=True)
    for name in track(turns, "measuring", console=console, transient=True, disable=not console.is_terminal):
        results[name].append(contestants[name]())
    return results


@dataclass(frozen=True)
class Row:
    """A line of the table: ours, what it stands against, the ratio of the two, and the target.

    ``saves`` tells which way the ratio goes: how many times less ours is, or how many times as much.
    ``met`` is None where there is no target.
    """

    what: str
    unit: str
    ours: float
    against: float
    saves: bool
    target: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float:
        return self.against / self.ours if self.saves else self.ours / self.against

    def cells(self) -> tuple[str, ...]:
        if self.saves:
            ratio = f"{self.ratio:.1f}x less" if self.ratio >= 1 else f"{1 / self.ratio:.1f}x more"
        else:
            ratio = f"{self.ratio:.2f}x"  # beside targets as 1.05
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return self.what, self.unit, _short(self.ours), _short(self.against), ratio, self.target, verdict


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def saving(what: str, unit: str, ours: float, peer: float, at_least: float | None = None) -> Row:
    """A row whose target, if any, is that ours is so many times less than the peer's."""
    if at_least is None:
        return Row(what, unit, ours, peer, True)
    return Row(what, unit, ours, peer, True, f"≥ {at_least:g}x less", peer / ours >= at_least)


def staying(what: str, unit: str, ours: float, base: float, at_most: float) -> Row:
    """A row whose target is that ours is at most so many times the base."""
    return Row(what, unit, ours, base, False, f"≤ {at_most:g}x", ours / base <= at_most)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "collector threshold": gc.get_threshold(),
    }


def print_report(title: str, rows: Sequence[Row], notes: Sequence[str]) -> None:
    """The rows as a table, the notes below it, and what it was measured on."""
    table = Table(title=title, title_justify="left")
    for heading in ("", "unit", "ours", "against", "ratio", "target", ""):
        table.add_column(heading, justify="right" if heading in ("ours", "against", "ratio") else "left")
    for row in rows:
        table.add_row(*row.cells(), style={None: "", True: "green", False: "bold red"}[row.met])
    # A file or a pipe has no width to fit into.
    console = Console() if sys.stdout.isatty() else Console(width=TABLE_WIDTH)
    console.print(table)
    for note in (*notes, "Measured on: " + ", ".join(f"{name} {value}" for name, value in machine().items())):
        console.print(f"- {note}", highlight=False, markup=False)


def write_json(path: str | os.PathLike[str], rows: Sequence[Row], measured: Mapping[str, Any]) -> None:
    """What it was measured on, the rows, and every single measurement, in one file."""
    table = [asdict(row) | {"ratio": row.ratio} for row in rows]
    content = {"machine": machine(), "rows": table, "measured": measured}
    write_whole(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
