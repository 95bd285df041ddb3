"""Neural networks out of scalars: every weight is a Value, every neuron an expression.

>>> import numpy as np
>>> from nn import MLP
>>> model = MLP(2, [16, 16, 1], rng=np.random.default_rng(0))
>>> score = model([0.5, -1.0])
>>> score.backward()
>>> model, len(model.parameters())
(MLP(2, [16, 16, 1]), 337)
"""

from nn.module import Module
from nn.neuron import MLP, Layer, Neuron

__all__ = ["MLP", "Layer", "Module", "Neuron"]
