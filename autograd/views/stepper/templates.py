"""The files beside this one, and the templates among them filled in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from autograd.arithmetic.mathml import as_mathml
from autograd.arithmetic.notation import as_text, number_text
from autograd.arithmetic.symbols import Symbol
from autograd.views.stepper.shares import NOT_TAKEN

LONGEST_MATH = 40


@cache
def source(name: str) -> str:
    """The text of a template, a style sheet or a script."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def source_hash(text: str) -> str:
    """A script or a style sheet as a Content-Security-Policy names it: only this very text may run."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def markup(html: str) -> Markup:
    """Text that is HTML already, and safe: everything else is escaped."""
    return Markup(html)


def fill(template: str, **parts: object) -> str:
    """The template with its parts filled in."""
    return _environment().get_template(template).render(**parts)


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(source),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": False}
    environment.globals["not_taken"] = NOT_TAKEN
    environment.filters["math"] = _math
    environment.filters["number"] = number_text
    environment.filters["text"] = as_text
    return environment


def _math(symbol: Symbol) -> str:
    """MathML, which browsers do not break into lines: a long formula stays text."""
    if len(as_text(symbol)) > LONGEST_MATH:
        return as_text(symbol)
    return Markup(f"<math>{as_mathml(symbol)}</math>")  # as_mathml() has escaped what is a label
