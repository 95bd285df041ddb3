"""Training on JAX: whole epochs as one compiled loop, on every device that JAX sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.compiler.on_jax import jax, jnp
from autograd.compiler.trace import CONSTANT
from nn.compiled import CompiledLoss
from nn.optim import updated
from nn.training.backend import Backend, Steps, Task, TrainState
from nn.training.examples import Rows
from nn.training.on_jax.agreement import agree, check, versions
from nn.training.on_jax.exits import leave
from nn.vector import Array, vector_of

sharding: Any = jax.sharding

XLA_STATUS = re.compile("[A-Z_]+: ")  # how an error of XLA's begins, which may come as a ValueError


class JaxBackend(Backend):
    """The program on JAX takes an epoch's steps in one call, by lax.scan, in float64.

    Every device has all parameters and its part of each batch; where these meet, in the mean loss and
    in its gradient, XLA lets the devices talk to each other. With several processes, each of them
    calls ``fit`` with the same data and the same seed, and has its own devices' parts computed.
    They compare what they were given before the first epoch, and the learning rates in each.
    """

    def __init__(self, task: Task, compiled: CompiledLoss) -> None:
        super().__init__(task)
        self.compiled = compiled
        self.on_jax = compiled.program.to("jax")
        agree(versions())  # that all are there: for their devices JAX waits five minutes
        self.devices = jax.devices()
        mesh = sharding.Mesh(np.array(self.devices), ("examples",))
        self.by_example = sharding.NamedSharding(mesh, sharding.PartitionSpec(None, "examples"))
        self.by_device = sharding.NamedSharding(mesh, sharding.PartitionSpec("examples"))
        self.everywhere = sharding.NamedSharding(mesh, sharding.PartitionSpec())
        self._run = self._loop(self.on_jax.plain_loss)
        self._run_carefully: Any = None  # made when a step needs it: it takes longer to compile

    def start(self, facts: Mapping[str, Any]) -> None:
        """Raise ValueError if the processes were not given the same, RuntimeError if one does not come."""
        if jax.process_count() == 1:
            return
        trace = self.compiled.program.trace
        gates = [gate and gate.name for gate in trace.gate]
        constants = [trace.number[row] for row, kind in enumerate(trace.kind) if kind == CONSTANT]
        optimizer = self.task.optimizer
        agree(
            {
                "the model and its loss": [gates, trace.operands, constants, self.compiled.used],
                "optimizer": repr(optimizer),
                **facts,
                "the weights": vector_of(optimizer.parameters),
                "the optimizer's state": optimizer.state,
            }
        )

    def run_epoch(
        self, state: TrainState, batches: Sequence[Rows], rates: Sequence[float]
    ) -> Iterator[Steps]:
        rows, weights = _padded(batches, len(self.devices))
        examples = self.compiled.columns(self.task.X, self.task.y)[rows]
        before = state.parameters, state.optimizer_state, np.zeros_like(state.parameters)
        with jax.enable_x64(True):
            carry = jax.tree.map(self._on_all, before)
            rates_told = self._from(np.tile(rates, (len(self.devices), 1)), self.by_device)
            data = self._split(examples), self._split(weights)
            try:
                after, history, rates_told = jax.block_until_ready(self._run(*carry, rates_told, *data))
                if self._may_be_a_pole(*map(np.asarray, history)):
                    run = self._run_carefully = self._run_carefully or self._loop(self.on_jax.loss_by_tape())
                    after, history, rates_told = jax.block_until_ready(run(*carry, rates_told, *data))
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
            self._check_rates(np.asarray(rates_told))
            parameters, rule, gradient = jax.tree.map(np.asarray, after)
            losses, is_taken = map(np.asarray, history)
        steps = int(is_taken.sum())  # the first ones: from one that is not taken, none is
        if steps:
            state = TrainState(parameters, jax.tree.map(_like, state.optimizer_state, rule), gradient)
        failed = None if is_taken.all() else float(losses[steps])
        yield Steps(losses[:steps].tolist(), state, failed)

    def mean_loss(self, state: TrainState, X: Any, y: Any) -> float:
        self.compiled.set_parameters(state.parameters)
        return self.compiled.mean(X, y)

    def _may_be_a_pole(self, losses: Array, is_taken: Array) -> bool:
        """Whether a step failed, maybe for a nan that the graph has not, as from a path not taken."""
        if is_taken.all():
            return False
        is_finite = bool(np.isfinite(losses[is_taken.argmin()]))
        return self.on_jax.has_masks or (self.on_jax.may_stop and is_finite)

    def _loop(self, weighted_loss: Any) -> Any:
        """An epoch's steps by this loss, compiled."""
        return jax.jit(partial(self._scan, weighted_loss), out_shardings=self.everywhere)

    def _scan(
        self, weighted_loss: Any, parameters: Any, state: Any, gradient: Any, rates: Any, *data: Any
    ) -> Any:
        """All the steps; from the first that is not finite, or leads to what is not, nothing changes.

        rates  (devices, steps): what each device was told; they go back to be compared
        """
        used = slice(None) if self.compiled.used.all() else np.flatnonzero(self.compiled.used)

        def loss_of(parameters: Any, examples: Any, weights: Any) -> Any:
            return weighted_loss(parameters[used], examples, weights=weights)

        def step(carry: Any, at_step: Any) -> tuple[Any, Any]:
            before, is_taken = carry
            parameters, state, _ = before
            lr, *batch = at_step
            loss, gradient = jax.value_and_grad(loss_of)(parameters, *batch)
            is_taken &= jnp.isfinite(loss) & jnp.isfinite(gradient).all()
            after = (*updated(self.task.optimizer, parameters, gradient, state, lr), gradient)
            is_taken &= jnp.isfinite(after[0]).all()
            chosen = jax.tree.map(lambda new, old: jnp.where(is_taken, new, old), after, before)
            return (chosen, is_taken), (loss, is_taken)

        start = (parameters, state, gradient), jnp.array(True)
        (end, _), history = jax.lax.scan(step, start, (rates[0], *data))
        return end, history, rates

    def _check_rates(self, rates: Array) -> None:
        """Raise ValueError unless the schedules of all processes gave the same: of all it is asked here."""
        differs = (rates != rates[0]).any(axis=0)
        if differs.any():
            at = rates[:, differs.argmax()]
            found = {device.process_index: rate for device, rate in zip(self.devices, at, strict=True)}
            which = ", ".join(f"{rate:g} in process {number}" for number, rate in sorted(found.items()))
            check((False, f"the learning rate is {which}"), "fit on JAX")

    def _on_all(self, numbers: Any) -> Any:
        """The same numbers on every device."""
        return self._from(np.asarray(numbers), self.everywhere)

    def _split(self, numbers: Any) -> Any:
        """An array (steps, examples, ...), a part of the examples on each device."""
        return self._from(numbers, self.by_example)

    @staticmethod
    def _from(numbers: Any, where: Any) -> Any:
        # not device_put: of another process's devices, that would let the processes compare the arrays
        return jax.make_array_from_callback(numbers.shape, where, lambda part: numbers[part])


def _padded(batches: Sequence[Rows], devices: int) -> tuple[Any, Any]:
    """Rows and weights (steps, examples), as many examples in each as the devices can share equally.

    What is missing in a batch repeats its first row, which is as finite as it was, with weight 0.
    """
    most = max(len(batch) for batch in batches)
    wide = -(-most // devices) * devices
    rows, weights = np.empty((len(batches), wide), dtype=np.int64), np.zeros((len(batches), wide))
    for step, batch in enumerate(batches):
        rows[step] = batch[0]
        rows[step, : len(batch)] = batch
        weights[step, : len(batch)] = 1 / len(batch)
    return rows, weights


def _like(old: Any, new: Any) -> Any:
    """A number of the optimiser's state as a number again, an array as an array."""
    return new if isinstance(old, np.ndarray) else type(old)(new)
