"""Training: ``fit`` and what it is made of, from above to below.

    loop         the epochs, and what ends them
    arguments    what fit was given, checked before anything changes
    choice       which back end trains
    run          a run: its history, and the one owner of the parameters' numbers while it lasts
    eager, on_numpy, on_jax   the back ends: state in, next state out
    backend      what they have in common
    comparison   whether a compiled program computes what the model does
    checkpoint   a run on disk
    examples, history, progress, schedules

``from nn import fit`` is the way in.
"""
