"""A drawing laid out by Graphviz: shown in a notebook, saved to a file, or given as text."""

from __future__ import annotations

import html
import os
import shutil
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import graphviz

from autograd.files import write_whole
from autograd.views.layout import DrawingError, lay_out

__all__ = ["INSTALL_ADVICE", "Drawing", "DrawingError", "graphviz_command"]

#: What to do where no Graphviz is found.
INSTALL_ADVICE = (
    'To see it drawn, install Graphviz: pip install "chalkgrad[draw]", or the system\'s package graphviz, '
    "which has the program dot"
)

IMAGE_FORMATS = ("svg", "png", "pdf")
SOURCE_ENDINGS = (".dot", ".gv")

#: Run in a separate process, which can be killed. Graphviz's library, unlike its program, would also
#: write its warnings straight to this process's stderr: into the notebook cell.
BUNDLED_GRAPHVIZ = """
import sys, pygraphviz
source = sys.stdin.buffer.read().decode()
picture = pygraphviz.AGraph(string=source).draw(format=sys.argv[1], prog="dot")
sys.stdout.buffer.write(picture)
"""


def graphviz_command(format: str) -> list[str] | None:
    """What reads DOT and writes the format: the dot on PATH, else pygraphviz's own; None without either."""
    dot = shutil.which("dot")
    if dot is not None:
        return [dot, f"-T{format}"]
    if find_spec("pygraphviz") is not None:
        return [sys.executable, "-P", "-c", BUNDLED_GRAPHVIZ, format]
    return None


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A computational graph as Graphviz draws it; a notebook shows it as SVG.

    It is a ``graphviz.Digraph``: ``source`` is its DOT; ``render``, ``pipe`` and ``view`` work as they
    do there, and also where pygraphviz is installed and the program ``dot`` is not.

    Graphviz has 10 seconds. A graph that takes longer, or crashes it, is drawn with straight edges
    without texts, for which it has another 10 seconds; the picture says so.
    """

    #: The same graph in plain text, for where no picture can be shown.
    text = ""

    def copy(self) -> Drawing:
        """An independent copy."""
        twin: Drawing = super().copy()
        twin.text = self.text
        return twin

    def render_bytes(self, format: str) -> bytes:
        """The picture as svg, png or pdf.

        Raises ValueError for another format, DrawingError if Graphviz is missing, fails, or cannot
        finish even a simpler picture in time.
        """
        if format not in IMAGE_FORMATS:
            raise ValueError(f"format must be one of {', '.join(IMAGE_FORMATS)}; got {format!r}")
        return self._laid_out(format)

    def _laid_out(self, format: str) -> bytes:
        if format not in graphviz.FORMATS:
            raise ValueError(f"unknown format: {format!r}; Graphviz has svg, png, pdf, dot and others")
        command = graphviz_command(format)
        if command is None:
            raise DrawingError(f"no Graphviz was found. {INSTALL_ADVICE}")
        return lay_out(command, self.source)

    def save(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        *,
        skip_existing: bool = False,
    ) -> str:
        """Write the drawing to a file, whole or not at all; its ending says how: .svg, .png, .pdf, .dot, .gv.

        Without a filename it writes DOT where ``graphviz.Digraph.save`` does.

        Returns the path. Raises ValueError for another ending, DrawingError if Graphviz is missing
        or fails, OSError if the file cannot be written.
        """
        if filename is None:
            path = self._source_path(None, directory)
            return str(path) if skip_existing and path.exists() else self._save_source(path)
        path = Path(directory or "", filename)
        ending = path.suffix.lower()
        if ending not in SOURCE_ENDINGS and ending[1:] not in IMAGE_FORMATS:
            endings = ", ".join([*(f".{format}" for format in IMAGE_FORMATS), *SOURCE_ENDINGS])
            raise ValueError(f"a drawing's file name must end in one of {endings}; got {str(path)!r}")
        if skip_existing and path.exists():
            return str(path)
        return str(
            write_whole(path, self.source if ending in SOURCE_ENDINGS else self.render_bytes(ending[1:]))
        )

    # -- as in graphviz.Digraph, but with a time limit, and also where there is only pygraphviz ------

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> str:
        """Write the DOT to a file and the picture to another, where ``graphviz.Digraph.render`` does.

        Each is written whole or not at all, the picture first. Returns the path of the picture.
        Raises DrawingError if there is neither Graphviz's program dot nor pygraphviz, if there is no dot
        for an option that needs it (engine, renderer, ...: then it has no time limit), or if Graphviz
        fails; ValueError for a format that Graphviz lacks, or if both files are the same (unless
        overwrite_source is set); OSError if a file cannot be written, or exists and
        raise_if_result_exists is set.
        """
        opens = view or options.pop("quiet_view", False)
        must_be_new = options.pop("raise_if_result_exists", False)
        may_be_one = options.pop("overwrite_source", False)
        format = format or (Path(outfile).suffix[1:] if outfile else None) or self.format
        source = self._source_path(filename or (outfile and Path(outfile).with_suffix(".gv")), directory)
        if outfile is None:
            parts = (options.get("formatter"), options.get("renderer"), format)
            target = Path(".".join([str(source), *filter(None, parts)]))
        else:
            target = Path("" if directory else self.directory, outfile)
        if must_be_new and target.exists():
            raise graphviz.FileExistsError(f"output file exists: {str(target)!r}")
        if source.resolve() == target.resolve() and not may_be_one:
            raise ValueError(f"outfile must be another file than the source, got {str(target)!r} for both")
        picture = self.pipe(format, **options)
        self._save_source(source)
        write_whole(target, picture)
        if cleanup:
            os.remove(source)
        if opens:
            graphviz.view(target)
        return str(target)

    def _source_path(
        self, filename: str | os.PathLike[str] | None, directory: str | os.PathLike[str] | None
    ) -> Path:
        """Where the DOT goes; as in graphviz, names are remembered once given."""
        if filename is not None:
            self.filename = os.fspath(filename)
        if directory is not None:
            self.directory = os.fspath(directory)
        return Path(self.filepath)

    def _save_source(self, path: Path) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        return str(write_whole(path, self.source))

    def pipe(self, format: str | None = None, *, encoding: str | None = None, **options: Any) -> Any:
        """The picture as bytes, or with an encoding as text; raises as ``render`` does."""
        if self._wants_dot(options):
            return super().pipe(format, encoding=encoding, **options)
        picture = self._laid_out(format or self.format)
        return picture if encoding is None else picture.decode(encoding)

    def _wants_dot(self, options: dict[str, Any]) -> bool:
        """Whether there is an option that needs the program dot. Raises DrawingError if there is no dot."""
        own = {"engine": self.engine if self.engine != "dot" else None, "renderer": self.renderer}
        wanted = [name for name, option in (own | options).items() if option and name != "quiet"]
        if wanted and shutil.which("dot") is None and graphviz_command(self.format) is not None:
            raise DrawingError(f"{', '.join(wanted)}: this needs Graphviz's program dot")
        return bool(wanted) and shutil.which("dot") is not None

    # -- in a notebook --------------------------------------------------------------------------

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **_: Any
    ) -> dict[str, str]:
        """SVG where it can be drawn, and always text: a cell that ends in a drawing never fails."""
        svg, trouble = self._try_svg()
        bundle = {"text/plain": f"{self.text}\n{trouble}" if trouble else self.text}
        if svg is not None:
            bundle["image/svg+xml"] = svg
        wanted = set(bundle if include is None else include) - set(exclude or ())
        return {kind: shown for kind, shown in bundle.items() if kind in wanted}

    def _repr_svg_(self) -> str | None:
        return self._try_svg()[0]

    def _repr_html_(self) -> str | None:
        """The text as HTML where no Graphviz is found; otherwise None, for the SVG shows it all."""
        if graphviz_command("svg") is not None:
            return None
        return f"<pre>{html.escape(self.text)}\n{html.escape(INSTALL_ADVICE)}</pre>"

    def _try_svg(self) -> tuple[str | None, str]:
        """The SVG and "", or None and what to tell the user."""
        if graphviz_command("svg") is None:
            return None, INSTALL_ADVICE
        try:
            return self.render_bytes("svg").decode(), ""
        except Exception as error:  # whatever it is, a display must not fail
            return None, str(error)
