"""Python's cyclic garbage collector, out of the way while graphs are built."""

from __future__ import annotations

import gc

TYPE_CHECKING = False  # see rules.py
if TYPE_CHECKING:
    from types import TracebackType


class gc_paused:
    """``with gc_paused():`` pauses Python's cyclic garbage collector for the block.

    The collector looks for reference cycles by visiting live objects again and again, which can
    take longer than building the graph does. Our graphs hold no cycles: reference counts free
    them the moment they are dropped, so nothing is left for it to find.
    """

    _was_enabled = False

    def __enter__(self) -> None:
        self._was_enabled = gc.isenabled()
        gc.disable()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__del__()

    def __del__(self) -> None:  # for where Ctrl-C comes before the first instruction of __exit__
        if self._was_enabled:
            gc.enable()
            self._was_enabled = False
