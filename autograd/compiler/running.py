"""A program's functions in each thread, with the thread's own gradient."""

from __future__ import annotations

import threading
from types import CodeType
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.compiler.library import FUNCTIONS

Array = npt.NDArray[np.float64]


class Running(threading.local):
    """The functions that the source defines, and the arrays that they write to.

    parameters         the program's, which all threads read
    gradient           written by loss_and_gradient; this thread's, as is all below
    is_known           whether a call has finished, so that the gradient is whole
    dloss              the gradient of each example's loss in the last block, (examples,)

    threading.local calls ``__init__`` again in every other thread that uses the object.
    """

    functions = FUNCTIONS

    def __init__(self, code: CodeType | None, names: dict[str, Any], parameters: Array) -> None:
        self.gradient: Array = np.zeros(len(parameters))
        self.is_known = False
        self.dloss: Array = np.empty(0)
        own = {**FUNCTIONS, **names, "parameters": parameters, "gradient": self.gradient}
        if code is not None:
            exec(code, own)
        self.outputs: Any = own.get("outputs")
        self.loss_and_gradient: Any = own.get("loss_and_gradient")
