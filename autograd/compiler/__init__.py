"""The compiler: the scalar graph of one example becomes a program on whole arrays.

    trace(...)        the graph as a table, a row per scalar           trace.py
    fuse(...)         scalars alike become arrays with axes, an IR     fuse/, ir.py
    differentiate(.)  the same with its gradient                       differentiate.py
    simplify(.)       the same in fewer nodes, by a table of rules     simplify.py
    numpy_source(.)   the text of it; or on_jax runs it                numpy_source/, on_jax/

``compile`` (compiling.py) makes a ``Program`` (program.py), which calls the five in ``_lower`` and keeps what
they gave: print ``program.trace``, ``program.ir``, ``program.source``. What does not fold runs gate by gate,
as a tape (tape/). Functions are watched while they are traced (functions/). docs/compiler.md follows one
weight through all of it.
"""
