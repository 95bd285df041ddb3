"""The namespaces a gate runs on. All bear NumPy's names, so NumPy and JAX serve as they are.

A gate writes its math once, through the namespace ``m`` it is handed::

    lambda m, x: m.exp(x)

and that one line then runs on Python floats (``floats``), on symbols (``symbols``, which gives
the formula in text and LaTeX) and on arrays (``numpy``, ``jax.numpy``).

``+``, ``-``, ``*``, unary ``-`` and ``abs`` mean the same on every kind of number and are written
as operators. Division and powers raise exceptions on Python floats where IEEE 754 has an answer,
so a gate writes ``m.divide(a, b)`` and ``m.power(a, b)``.
"""
