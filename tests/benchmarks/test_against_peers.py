"""The workloads of the compiled benchmark: every peer that is here computes the same numbers."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, topological_order
from benchmarks.against import dag, workloads
from benchmarks.against.__main__ import check_agreement
from benchmarks.against.contestant import DAG_LEAVES, Data, flat, gmm_constant, lower_places
from benchmarks.against.peers import in_chalkgrad, in_numpy
from benchmarks.against.worker import PEERS, computed

EXAMPLES = 5


def cut(data: Data) -> Data:
    return data._replace(X=data.X[:, :EXAMPLES], y=data.y[:, :EXAMPLES])


#: Small, but with what the large ones have: two batches, several classes, more than two dimensions.
SMALL: dict[str, tuple[str, Data]] = {
    "moons": ("moons", workloads.moons(10)),
    "digits": ("classes", cut(workloads.digits(2))),
    "convolution": ("convolution", cut(workloads.convolution(2))),
    "gmm": ("gmm", workloads.gmm(3, 4, 20)),
    "dag": ("dag", workloads.irregular(300, EXAMPLES)),
}
NEEDS = {"micrograd": "micrograd", "torch": "torch", "jax.jit": "jax", "jax.lax.scan": "jax"}


def run(peer: str, name: str) -> dict[str, Any]:
    kind, data = SMALL[name]
    module, mode = PEERS[peer]
    own = data._replace(start=[array.copy() for array in data.start])  # some train in place
    peers_module = import_module(f"benchmarks.against.peers.{module}")
    return computed(peers_module.contestant(kind, own, mode))


@pytest.mark.parametrize(
    ("peer", "name"),
    [
        *[(peer, name) for peer in ("chalkgrad", "torch") for name in SMALL],
        *[(peer, name) for peer in ("eager", "jax.jit", "jax.lax.scan") for name in SMALL if name != "dag"],
        *[("micrograd", name) for name in ("moons", "digits")],
        ("numpy, tuned", "gmm"),
    ],
)
def test_a_peer_computes_what_the_first_one_does(peer: str, name: str) -> None:
    if peer in NEEDS:
        pytest.importorskip(NEEDS[peer], reason=f"{NEEDS[peer]} is not installed")
    first = "eager" if name == "dag" else "numpy"
    check_agreement({first: run(first, name), peer: run(peer, name)})


def test_training_goes_on_from_step_to_step_and_evaluation_stays() -> None:
    losses = run("numpy", "digits")["losses"]
    assert losses[0] > losses[1] > losses[2]
    assert len(set(run("numpy", "gmm")["losses"])) == 1


def test_the_gmm_is_adbenchs_objective_for_one_component_in_closed_form() -> None:
    """With one component and Q = 1: the normal density of each point, and the prior of Q."""
    X = np.array([[[0.5], [-1.0]]])
    data = Data(X, np.empty((1, 0)), [np.array([3.0]), np.zeros((1, 1)), np.zeros((1, 1)), np.empty((1, 0))])
    density = np.mean([-0.5 * x * x - 0.5 * math.log(2 * math.pi) for x in (0.5, -1.0)])
    # gamma^2 / 2 |exp(q)|^2 minus (2 log(1 / sqrt(2)) - log gamma(1)), once for all points
    prior = 0.5 - 2 * math.log(1 / math.sqrt(2)) + math.lgamma(1)
    loss, _ = in_numpy.contestant("gmm", data, "").loss_and_grad()
    assert loss == pytest.approx(density + prior / 2, rel=1e-12)


def test_the_constant_of_the_gmm_has_the_multivariate_log_gamma() -> None:
    multigammaln = import_module("scipy.special").multigammaln  # scikit-learn needs it too
    n, d, k = 7, 3, 4
    wishart = k * ((d + 1) * d * math.log(1 / math.sqrt(2)) - multigammaln(0.5 * (d + 1), d))
    assert gmm_constant(n, d, k) == pytest.approx(-0.5 * d * math.log(2 * math.pi) - wishart / n, rel=1e-12)


def test_places_below_the_diagonal_go_column_by_column() -> None:
    assert [part.tolist() for part in lower_places(3)] == [[1, 2, 2], [0, 0, 1]]


def test_a_difference_is_found() -> None:
    right = {"loss": 2.0, "gradient": [1.0, -3.0], "losses": [2.0, 1.0], "share": 1.0}
    check_agreement({"a": right, "b": right | {"loss": 2.0 + 1e-12}})
    wrong: list[dict[str, Any]] = [
        {"loss": 2.0 + 1e-6},
        {"loss": math.nan},
        {"gradient": [1.0, -3.0001]},
        {"gradient": [1.0, math.nan]},
        {"gradient": [1.0]},
        {"losses": [2.0, 1.0001]},
    ]
    for change in wrong:
        with pytest.raises(AssertionError, match=f"{next(iter(change))}: b and a differ"):
            check_agreement({"a": right, "b": right | change})
    check_agreement({"a": right, "b": right | {"losses": [5.0], "share": 0.5}})  # other steps, other losses


def test_data_is_the_same_for_every_process(tmp_path: Path) -> None:
    for name, (_, data) in SMALL.items():
        data.save(tmp_path / f"{name}.npz")
        loaded = Data.load(tmp_path / f"{name}.npz")
        assert np.array_equal(loaded.X, data.X)
        assert np.array_equal(loaded.y, data.y)
        assert [array.shape for array in loaded.start] == [array.shape for array in data.start]
        assert np.array_equal(flat(loaded.start), flat(data.start))


def test_an_irregular_graph_has_every_operation_and_its_root_depends_on_all() -> None:
    data = workloads.irregular(500, EXAMPLES)
    loss, inputs = in_chalkgrad.irregular(data).one_example()
    nodes = topological_order(loss)
    assert sum(node.gate is not None for node in nodes) == 500
    assert {node.gate.name for node in nodes if node.gate} == {"add", "sub", "mul", "max", "sin", "tanh"}
    assert len(inputs) == DAG_LEAVES
    leaves = {id(node) for node in nodes if node.gate is None}
    assert len(leaves) == 2 * DAG_LEAVES
    assert np.array_equal(dag.operations(500), dag.operations(500))


def test_an_irregular_graph_stays_in_bounds_at_the_corners() -> None:
    corners = np.random.default_rng(0).choice([-1.0, 1.0], (2 * DAG_LEAVES, 100))
    for n in (64, 100, 1_000):
        assert np.abs(dag.run(np, dag.operations(n).tolist(), list(corners))).max() <= dag.LARGEST


def test_gradients_are_compared_in_the_order_of_the_start() -> None:
    kind, data = SMALL["moons"]
    scalars = in_chalkgrad.SCALARS[kind](data)
    starts: list[Value] = scalars.parameters
    assert np.array_equal(
        in_chalkgrad.in_order(scalars, np.array([p.data for p in starts])), flat(data.start)
    )
    backwards = scalars._replace(order=scalars.order[::-1])
    assert in_chalkgrad.in_order(backwards, np.arange(337.0)).tolist() == list(range(336, -1, -1))
