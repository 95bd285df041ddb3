"""Training on JAX: whole epochs as one compiled loop, on every device that JAX sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from autograd.compiler.on_jax import jax, jnp
from autograd.compiler.trace import CONSTANT
from nn.compiled import CompiledLoss
from nn.jax_agreement import agree, check, versions
from nn.jax_ends import leave
from nn.losses import Loss
from nn.module import Module
from nn.optim import Array, Optimizer
from nn.steps import Compiled, Stepped

sharding: Any = jax.sharding

XLA_STATUS = re.compile("[A-Z_]+: ")  # how an error of XLA's begins, which may come as a ValueError


class OnJax(Compiled):
    """The program on JAX takes an epoch's steps in one call, by lax.scan, in float64.

    Every device has all parameters and its part of each batch; where these meet, in the mean loss and
    in its gradient, XLA lets the devices talk to each other. With several processes, each of them
    calls ``fit`` with the same data and the same seed, and has its own devices' parts computed.
    They compare what they were given before the first epoch, and the learning rate in each.
    """

    def __init__(self, model: Module, loss: Loss, optimizer: Optimizer, compiled: CompiledLoss) -> None:
        super().__init__(model, loss, optimizer, compiled)
        self.on_jax = compiled.program.to("jax")
        agree(versions())  # that all are there: for their devices JAX waits five minutes
        self.devices = jax.devices()
        mesh = sharding.Mesh(np.array(self.devices), ("examples",))
        self.by_example = sharding.NamedSharding(mesh, sharding.PartitionSpec(None, "examples"))
        self.by_device = sharding.NamedSharding(mesh, sharding.PartitionSpec("examples"))
        self.everywhere = sharding.NamedSharding(mesh, sharding.PartitionSpec())
        self._run = self._loop(self.on_jax.plain_loss)
        self._run_carefully: Any = None  # made when a step needs it: it takes longer to compile

    def start(self, run: Mapping[str, Any]) -> None:
        """Raise ValueError if the processes were not given the same, RuntimeError if one does not come."""
        if jax.process_count() == 1:
            return
        trace = self.compiled.program.trace
        gates = [gate and gate.name for gate in trace.gate]
        constants = [trace.number[row] for row, kind in enumerate(trace.kind) if kind == CONSTANT]
        agree(
            {
                "the model and its loss": [gates, trace.operands, constants, self.compiled.used],
                "optimizer": repr(self.optimizer),
                **run,
                "the weights": self.held,
                "the optimizer's state": self.optimizer.state,
            }
        )

    def run_epoch(self, X: Any, y: Any, batches: list[Array]) -> Iterator[Stepped]:
        rows, weights = _padded(batches, len(self.devices))
        examples = self.compiled.columns(X, y)[rows]
        with jax.enable_x64(True):
            carry = jax.tree.map(self._placed, (self.held, self.optimizer.state, np.zeros_like(self.held)))
            rates = self._from(np.full(len(self.devices), self.optimizer.lr), self.by_device)
            data = self._split(examples), self._split(weights)
            try:
                after, history, rates = jax.block_until_ready(self._run(*carry, rates, *data))
                if self._may_be_a_pole(*map(np.asarray, history)):
                    run = self._run_carefully = self._run_carefully or self._loop(self.on_jax.loss_by_tape())
                    after, history, rates = jax.block_until_ready(run(*carry, rates, *data))
            except (jax.errors.JaxRuntimeError, ValueError) as error:
                if isinstance(error, ValueError) and not XLA_STATUS.match(str(error)):
                    raise
                if jax.process_count() > 1:
                    leave()
                reason = str(error).partition("\n")[0]
                raise RuntimeError(
                    f"JAX stopped: of {jax.process_count()} process(es) and {len(self.devices)} device(s) "
                    "one was lost or failed. The weights are those of the last whole epoch; with the same "
                    f"checkpoint, training goes on from there. JAX says: {reason}"
                ) from error
            self._check_rates(np.asarray(rates))
            held, state, gradients = jax.tree.map(np.asarray, after)
            losses, is_whole = map(np.asarray, history)
        self.held, self.gradients = held, gradients
        self.optimizer.state = jax.tree.map(_as_before, self.optimizer.state, state)
        self.compiled.place(self.held)
        yield from zip(batches, losses.tolist(), is_whole.tolist(), strict=True)

    def _may_be_a_pole(self, losses: Array, is_whole: Array) -> bool:
        """Whether a step of finite loss failed, maybe for a nan from a path not taken."""
        return self.on_jax.may_stop and not is_whole.all() and bool(np.isfinite(losses[is_whole.argmin()]))

    def _loop(self, weighted_loss: Any) -> Any:
        """An epoch's steps by this loss, compiled."""
        return jax.jit(partial(self._scan, weighted_loss), out_shardings=self.everywhere)

    def _scan(
        self, weighted_loss: Any, parameters: Any, state: Any, gradient: Any, rates: Any, *data: Any
    ) -> Any:
        """All the steps; from the first that is not finite, or leads to what is not, nothing changes."""
        lr = rates[0]
        used = slice(None) if self.compiled.used.all() else np.flatnonzero(self.compiled.used)

        def loss_of(parameters: Any, *batch: Any) -> Any:
            return weighted_loss(parameters[used], *batch)

        def step(carry: Any, batch: Any) -> tuple[Any, Any]:
            before, is_whole = carry
            parameters, state, _ = before
            loss, gradient = jax.value_and_grad(loss_of)(parameters, *batch)
            is_whole &= jnp.isfinite(loss) & jnp.isfinite(gradient).all()
            after = (*self.optimizer.update(parameters, gradient, state, lr), gradient)
            is_whole &= jnp.isfinite(after[0]).all()
            kept = jax.tree.map(lambda new, old: jnp.where(is_whole, new, old), after, before)
            return (kept, is_whole), (loss, is_whole)

        start = (parameters, state, gradient), jnp.array(True)
        (end, _), history = jax.lax.scan(step, start, data)
        return end, history, rates

    def _check_rates(self, rates: Array) -> None:
        """Raise ValueError unless the schedules of all processes gave the same: of all it is asked here."""
        if (rates != rates[0]).any():
            found = {device.process_index: rate for device, rate in zip(self.devices, rates, strict=True)}
            which = ", ".join(f"{rate:g} in process {number}" for number, rate in sorted(found.items()))
            check((False, f"the learning rate is {which}"), "fit on JAX")

    def _placed(self, numbers: Any) -> Any:
        """The same numbers on every device."""
        return self._from(np.asarray(numbers), self.everywhere)

    def _split(self, numbers: Any) -> Any:
        """An array (steps, examples, ...), a part of the examples on each device."""
        return self._from(numbers, self.by_example)

    @staticmethod
    def _from(numbers: Any, where: Any) -> Any:
        # not device_put: of another process's devices, that would let the processes compare the arrays
        return jax.make_array_from_callback(numbers.shape, where, lambda part: numbers[part])


def _padded(batches: list[Array], devices: int) -> tuple[Any, Any]:
    """Rows and weights (steps, examples), as many examples in each as the devices can share equally.

    What is missing in a batch repeats its first row, which is as finite as it was, with weight 0.
    """
    most = max(len(batch) for batch in batches)
    wide = -(-most // devices) * devices
    rows, weights = np.empty((len(batches), wide), dtype=np.int64), np.zeros((len(batches), wide))
    for place, batch in enumerate(batches):
        rows[place] = batch[0]
        rows[place, : len(batch)] = batch
        weights[place, : len(batch)] = 1 / len(batch)
    return rows, weights


def _as_before(old: Any, new: Any) -> Any:
    """A number of the optimiser's state as a number again, an array as an array."""
    return new if isinstance(old, np.ndarray) else type(old)(new)
