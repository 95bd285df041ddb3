"""The tests on the built wheel: with every Python of the classifiers, and with the lowest versions allowed.

``nox`` runs them, ``nox -s tests-3.13`` one session with what that needs. A Python that is not on
this machine is left out, and said to be.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nox

PROJECT: dict[str, Any] = nox.project.load_toml("pyproject.toml")["project"]
PYTHONS = nox.project.python_versions({"project": PROJECT})
DIST = Path("dist").resolve()
UNPACKED = DIST / "unpacked"

#: What the test extra does not bring, in the words of the tests that then skip.
LEFT_OUT = "PyTorch JAX torch jax micrograd mpmath IPython Selenium nbclient nbformat nbconvert mypy pyright"

nox.needs_version = ">=2025.2"
nox.options.error_on_missing_interpreters = False
# The lowest Python is tested with the lowest versions, and by the README's command with the newest.
nox.options.sessions = ["lowest", *(f"tests-{python}" for python in PYTHONS[1:])]


@nox.session
def build(session: nox.Session) -> None:
    """The source distribution, the wheel from that, and a folder with its tests but without its packages."""
    shutil.rmtree(DIST, ignore_errors=True)
    session.install("build", "twine")
    session.run("python", "-m", "build", "--outdir", str(DIST))
    session.run("twine", "check", "--strict", *map(str, DIST.iterdir()))
    (archive,) = DIST.glob("*.tar.gz")
    shutil.unpack_archive(archive, DIST)
    (DIST / archive.name.removesuffix(".tar.gz")).rename(UNPACKED)
    shutil.rmtree(UNPACKED / "autograd")
    shutil.rmtree(UNPACKED / "nn")


@nox.session(python=PYTHONS, requires=["build"])
def tests(session: nox.Session) -> None:
    """The tests on the wheel, with the test extra alone."""
    session.install(f"{wheel()}[test]")
    run_tests(session)


@nox.session(python=PYTHONS[0], requires=["build"])
def lowest(session: nox.Session) -> None:
    """The same, with each dependency at its lower bound."""
    requirements = str([PROJECT["dependencies"], PROJECT["optional-dependencies"]])
    bounds = re.findall(r"([\w-]+)>=([\d.]+)", requirements)
    constraints = DIST / "lowest.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in bounds))
    session.install(f"{wheel()}[test]", "--constraint", str(constraints))
    run_tests(session, "-W", "ignore::DeprecationWarning")  # what is old uses what is deprecated since


def wheel() -> Path:
    (found,) = DIST.glob("*.whl")
    return found


def run_tests(session: nox.Session, *options: str) -> None:
    """The tests and the packages' doctests; with the source out of the way, the wheel's are imported."""
    session.chdir(UNPACKED)
    pytest = ["python", "-m", "pytest", "-q", "-n", "auto", *options]
    environment = {"LEFT_OUT": LEFT_OUT, "PYTHONPATH": None, "TMPDIR": None}
    session.run(*pytest, "--pyargs", "tests", "autograd", "nn", env=environment)
