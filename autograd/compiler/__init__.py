"""The compiler: the scalar graph of one example becomes a program on whole arrays.

    trace(...)            the graph as a table, a row per scalar           trace.py
    fuse(trace)           scalars alike become arrays with axes, an IR     fuse/, ir.py
    differentiate(ir)     the gradient, as nodes of the same IR            differentiate.py
    simplify(nodes)       small rules of algebra, in one table             simplify.py
    Writer, or on_jax     the IR as NumPy source, or run by JAX            numpy_source.py, on_jax/

``compile`` (compiling.py) makes a ``Program`` (program.py), which calls the five in ``_lower`` and keeps what
they gave: print ``program.trace``, ``program.ir``, ``program.source``. What does not fold runs gate by gate,
as a tape (tape.py). docs/compiler.md follows one weight through all of it.
"""
