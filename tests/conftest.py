"""Under CI=true a skipped test is a failure: what CI does not run, nobody runs.

A session that does without some packages names them in LEFT_OUT, and only what needs them may skip.

Nowhere is a slow example one: Hypothesis would time each, and fail on a busy machine.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

if find_spec("jax") is None:  # a helper that imports it, and that pytest would import to look for doctests
    collect_ignore = ["nn/training/on_jax/cases.py"]

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        left_out = os.environ.get("LEFT_OUT", "").split()
        if any(reason.startswith(f"Skipped: {name} is not installed") for name in left_out):
            return
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure under CI=true: {reason}"


@pytest.fixture
def alarms_interrupt() -> Iterator[None]:
    """SIGALRM raises what Ctrl-C raises."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    gc.collect()  # a file whose opening was interrupted is told of here, where its test ignores that


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report
