"""The kinds of number that a gate's rule runs on, one module each.

A gate writes its math once, through the arithmetic ``m`` that it is handed::

    lambda m, x: m.exp(x)

and that one line then runs on Python floats (``floats``), on NumPy's arrays (``arrays``), on JAX's
(``jax_arrays``), on symbols (``symbols``, which gives the formula), and on floats that know how far
rounding has taken them (``balls``). ``protocol`` lists what each must have.
"""
