"""Where scalars lie in the flat parameters: evenly spaced ones are a slice, or a matrix cut out of one.

Both are views in NumPy's sense, not copies: what is written to a slice of the gradient is in the gradient.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from autograd.compiler.products import progression


class Slice(NamedTuple):
    """Where in the flat parameters a vector or a matrix lies: a range, and which rows and columns of it."""

    range: str
    shape: tuple[int, ...] = ()
    columns: str = ""
    turned: bool = False

    def of(self, base: str, per_example: bool = False) -> str:
        """The slice as an expression; a vector as a column. Per example there is one more axis, the last."""
        if not self.shape:
            return f"{base}[{self.range}]" if per_example else f"{base}[{self.range}, None]"
        shape = (*self.shape, -1) if per_example else self.shape
        matrix = f"{base}[{self.range}].reshape({', '.join(map(str, shape))})"
        matrix += f"[:, {self.columns}]" if self.columns else ""
        return matrix + (".swapaxes(0, 1)" if per_example else ".T") * self.turned


def slice_text(first: int, step: int, count: int) -> str:
    """As it stands in brackets; of a single one any step will do.

    >>> slice_text(3, 1, 4), slice_text(0, 5, 3)
    ('3:7', '0:11:5')
    """
    last = first + step * (count - 1) + 1
    return f"{first}:{last}" + (f":{step}" if step > 1 else "")


def range_text(positions: npt.NDArray[np.int64]) -> str | None:
    """The positions, (n,), as a slice; None if they are not evenly spaced, or do not ascend.

    >>> range_text(np.array([1, 4, 7])), range_text(np.array([1, 4, 8]))
    ('1:8:3', None)
    """
    steps = progression(positions)
    if steps is None or (steps[1] <= 0 and len(positions) > 1):
        return None
    return slice_text(steps[0], steps[1], len(positions))


def is_whole(positions: npt.NDArray[np.int64], size: int) -> bool:
    """Whether the positions are all of a vector of that size, in order."""
    return len(positions) == size and bool((positions == np.arange(size)).all())


def matrix_at(
    first: int, row_step: int, column_step: int, rows: int, columns: int, size: int
) -> Slice | None:
    """Of ``size`` parameters those at first + i * row_step + j * column_step, as a matrix (rows, columns).

    None if there is no such slice: where steps are negative or 0, where rows overlap, or where the
    parameters end before the last row has its full length.

    >>> matrix_at(0, 3, 1, 2, 3, size=6).of("parameters")
    'parameters[0:6].reshape(2, 3)'
    >>> matrix_at(1, 4, 2, 2, 2, size=9).of("parameters")  # every other one of its row
    'parameters[1:9].reshape(2, 4)[:, 0:3:2]'
    """
    if rows == 1 or columns == 1:
        step, count = (column_step, columns) if rows == 1 else (row_step, rows)
        if step < 0 or (step == 0 and count > 1):
            return None
        return Slice(slice_text(first, step, count), (rows, columns))
    if 0 < row_step < column_step:
        turned = matrix_at(first, column_step, row_step, columns, rows, size)
        return None if turned is None else turned._replace(turned=True)
    width = column_step * (columns - 1) + 1
    if column_step <= 0 or row_step < width:
        return None
    lead = max(0, first + rows * row_step - size)  # so much before it, for a last row of full length
    if lead > first or lead + width > row_step:
        return None
    chunk = slice_text(first - lead, 1, rows * row_step)
    cut = "" if columns == row_step else slice_text(lead, column_step, columns)
    return Slice(chunk, (rows, row_step), cut)
