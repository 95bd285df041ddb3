"""fit: averages, repeats to the bit, saves, shows, and refuses before anything changed."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value
from nn import Module
from nn.files import load
from nn.losses import batch_mean, squared_error
from nn.optim import SGD, Adam
from nn.training.eager import loss_and_grad, mean_loss
from tests.nn.training.common import BACKENDS, Line, X, network, numbers, train, y

ROOT = Path(__file__).resolve().parents[3]


def test_one_step_by_hand() -> None:
    """From 0, with (x, y) = (1, 2) and (3, 4): losses 4 and 16; dw = -(4 + 24)/2, db = -(4 + 8)/2."""
    line = Line()
    history = train(line, X=[1.0, 3.0], y=[2.0, 4.0], epochs=1, optimizer=SGD(line.parameters(), lr=0.1))
    assert history.steps == history.losses == [10.0]
    assert numbers(line) == pytest.approx([1.4, 0.6])
    assert (line.w.grad, line.b.grad) == (-14.0, -6.0)


def test_gradients_are_those_of_the_batch_mean() -> None:
    model = network()
    parameters = model.parameters()
    loss, gradients = loss_and_grad(model, squared_error, parameters, X, y)
    assert [parameter.grad for parameter in parameters] == gradients.tolist()
    model.zero_grad()
    mean = batch_mean(squared_error, [model(x) for x in X], y)
    mean.backward()
    assert loss == pytest.approx(mean.data, rel=1e-14)
    assert mean_loss(model, squared_error, X, y) == pytest.approx(mean.data, rel=1e-14)
    np.testing.assert_allclose(gradients, [parameter.grad for parameter in parameters], rtol=1e-12)


def test_a_parameter_that_is_not_trained_keeps_its_number_and_no_gradient_adds_up() -> None:
    line = Line(b=1.0)
    optimizer = SGD([line.w], lr=0.0)
    train(line, X=[1.0], y=[0.0], epochs=3, optimizer=optimizer, backend="eager")
    assert (line.w.grad, line.b.grad, line.b.data) == (2.0, 2.0, 1.0)


def test_learns_a_line() -> None:
    line = Line()
    x = np.linspace(-1, 1, 9)
    history = train(line, X=x, y=3 * x - 1, epochs=200, optimizer=Adam(line.parameters(), lr=0.1))
    assert numbers(line) == pytest.approx([3, -1], abs=1e-3)
    assert history.losses[-1] < 1e-5 < history.losses[0]
    assert history.stopped == ""


@pytest.mark.parametrize("as_list", [False, True])
def test_every_epoch_visits_every_example_once_in_a_new_order(as_list: bool) -> None:
    seen: list[float] = []

    class Seeing(Line):
        def __call__(self, x: float) -> Value:
            seen.append(float(x))
            return super().__call__(x)

    def loss(prediction: Value, target: float) -> Value:
        assert target == 2 * seen[-1], "each example with its own target"
        return squared_error(prediction, target)

    x = np.arange(7.0)
    data = {"X": list(x), "y": list(2 * x)} if as_list else {"X": x, "y": 2 * x}
    line = Seeing()
    history = train(
        line, **data, loss=loss, epochs=2, batch_size=3, rng=np.random.default_rng(0), backend="eager",
        optimizer=SGD(line.parameters(), lr=0.0),
    )  # fmt: skip
    batches = [seen[:3], seen[3:6], seen[6:7], seen[7:10], seen[10:13], seen[13:]]
    assert sorted(seen[:7]) == sorted(seen[7:]) == list(range(7))
    assert seen[:7] != seen[7:]
    assert sorted(seen[:7]) != seen[:7]
    assert history.steps == pytest.approx([4 * np.mean(np.square(batch)) for batch in batches])
    assert history.losses == pytest.approx([4 * np.mean(x**2)] * 2), "batches count by their examples"


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_shuffling_the_batches_come_in_the_order_given(backend: str) -> None:
    x = np.arange(7.0)
    line = Line()
    optimizer = SGD(line.parameters(), lr=0.0)
    options = {"batch_size": 3, "epochs": 2, "rng": (rng := np.random.default_rng(0)), "backend": backend}
    history = train(line, X=x, y=x, optimizer=optimizer, shuffle=False, **options)
    in_order = [np.mean(x[:3] ** 2), np.mean(x[3:6] ** 2), 36.0]
    assert history.steps == pytest.approx(in_order * 2, rel=1e-14)
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state, "nothing is drawn"
    shuffled = train(line, X=x, y=x, optimizer=optimizer, **options)
    assert shuffled.steps[:3] != pytest.approx(in_order)


def test_a_seed_repeats_to_the_bit() -> None:
    def run(seed: int) -> tuple[list[float], list[float]]:
        model = network()
        history = train(model, batch_size=3, rng=np.random.default_rng(seed))
        return numbers(model), history.steps

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_the_validation_loss_follows_each_epoch() -> None:
    line = Line()
    history = train(line, X=[1.0], y=[1.0], validation=([2.0, 0.0], [0.0, 0.0]), epochs=2)
    assert len(history.validation) == 2
    assert history.validation[-1] == pytest.approx(
        ((2 * line.w.data + line.b.data) ** 2 + line.b.data**2) / 2
    )


def test_the_collector_is_paused_during_a_step_and_only_then() -> None:
    paused = []

    def loss(prediction: Any, target: Any) -> Value:
        paused.append(not gc.isenabled())
        return squared_error(prediction, target)

    train(network(), loss=loss, backend="eager")
    assert all(paused)
    assert gc.isenabled()


# -- the bar, the picture, the file ----------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("progress", "stream", "shown"),
    [(True, Terminal, True), (False, Terminal, False), (True, io.StringIO, False)],
)
def test_the_bar_needs_a_wish_and_a_terminal(
    progress: bool, stream: type[io.StringIO], shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = stream()
    monkeypatch.setattr(sys, "stderr", stderr)
    train(network(), progress=progress, batch_size=5)
    output = stderr.getvalue()
    assert ("6/6" in output and "loss=" in output) if shown else output == ""


def test_the_history_draws_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    for options, lines in (({}, 1), ({"validation": (X, y)}, 2)):
        history = train(network(), **options)
        axes = history.plot()
        assert len(axes.lines) == lines
        for line, losses in zip(axes.lines, (history.losses, history.validation), strict=False):
            np.testing.assert_array_equal(line.get_ydata(), losses)
            np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        assert history.plot(ax=axes) is axes
        assert len(axes.lines) == 2 * lines
        pyplot.close(axes.figure)


def test_training_needs_neither_matplotlib_nor_tqdm() -> None:
    code = (
        "import sys; sys.modules.update(matplotlib=None, tqdm=None)\n"
        "from nn import MLP; from nn.training.loop import fit; from nn.optim import SGD\n"
        "from nn.losses import squared_error as loss\n"
        "model = MLP(1, [1])\n"
        "fit(model, [1.0], [1.0], loss=loss, optimizer=SGD(model.parameters()), epochs=1)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_saves_after_every_epoch(tmp_path: Path) -> None:
    path, seen = tmp_path / "model.npz", []

    def schedule(epoch: int) -> float:
        if epoch:
            load(reader := network(), path)
            seen.append(numbers(reader))
        return 1.0

    train(network(), save_to=path, schedule=schedule)
    for epochs in (1, 2):
        train(model := network(), epochs=epochs)
        assert seen[epochs - 1] == numbers(model)
    load(reader := network(), path)
    train(model := network())
    assert numbers(reader) == numbers(model)


# -- what it refuses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"X": X[:3]}, ValueError, r"X and y: .* got 3 example\(s\) and 10 target\(s\)"),
        ({"X": [], "y": []}, ValueError, "at least one"),
        ({"X": iter(X)}, TypeError, "X and y must be lists or arrays, got .*iterator"),
        ({"validation": (X, y[:2])}, ValueError, r"validation: .* got 10 example\(s\) and 2"),
        ({"epochs": 0}, ValueError, "epochs must be a whole number, at least 1, got 0"),
        ({"epochs": 1.5}, ValueError, "epochs must be a whole number, at least 1, got 1.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number, at least 1, got 0"),
        ({"rng": 7}, TypeError, "rng must be a numpy.random.Generator.* got 7"),
        ({"optimizer": "sgd"}, TypeError, "optimizer must be one of nn.optim.* got 'sgd'"),
        ({"optimizer": SGD(network().parameters())}, ValueError, "none of the model's parameters"),
        ({"loss": lambda out, target: 1.0}, TypeError, "loss of an example must be a Value, got 1.0"),
        ({"X": np.ones((10, 3))}, ValueError, r"takes 2 input\(s\), got 3"),
        ({"save_to": "no/such/place/model.npz"}, FileNotFoundError, "there is no directory"),
    ],
)
def test_refuses_before_anything_changed(options: dict[str, Any], kind: type[Exception], says: str) -> None:
    model = network()
    before = numbers(model)
    with pytest.raises(kind, match=says):
        train(model, **options)
    assert numbers(model) == before


class Labelled:
    """As pandas' tables: data[label], and labels that are not the places; NumPy takes the rows in order."""

    def __init__(self, rows: Any) -> None:
        self.rows = np.asarray(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.rows

    def __getitem__(self, label: Any) -> Any:
        return self.rows[::-1][label]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pair", [(X, Labelled(y)), (Labelled(X), y), (Labelled(X), Labelled(y))])
def test_a_table_is_taken_by_position_and_not_by_label(pair: Any, backend: str) -> None:
    model, other = network(), network()
    options = {"batch_size": 2, "backend": backend}
    history = train(model, validation=(X, y), rng=np.random.default_rng(1), **options)
    X_, y_ = pair
    assert train(other, X=X_, y=y_, validation=pair, rng=np.random.default_rng(1), **options) == history
    assert numbers(other) == numbers(model)
    assert (
        other.compile(squared_error, X[0], y[0])(*pair)[0]
        == model.compile(squared_error, X[0], y[0])(X, y)[0]
    )


# -- what a model, a loss and an optimiser see and set ---------------------------------------------


A = X[:, 0]  # an example is a number


class Running(Line):
    """It keeps a running mean of what it is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = Value(0.0)

    def __call__(self, x: Any) -> Any:
        self.mean.data = 0.9 * self.mean.data + 0.1 * float(np.ravel(x)[0])
        return super().__call__(x)


@pytest.mark.parametrize("saves", [False, True])
def test_what_a_model_sets_while_it_is_measured_stays(saves: bool, tmp_path: Path) -> None:
    model, by_hand = Running(), Running()
    train(
        model,
        X=A,
        y=y,
        epochs=2,
        validation=(A, y),
        backend="eager",
        save_to=tmp_path / "m.npz" if saves else None,
    )
    for x in [*A, *A] * 2:
        by_hand(x)
    assert model.mean.data == by_hand.mean.data


class ReadsItsRate(SGD):
    """An optimiser whose rule takes the rate from itself."""

    def update(self, parameters: Any, gradients: Any, state: Any, lr: float) -> Any:
        return super().update(parameters, gradients, state, self.lr)


@pytest.mark.parametrize("backend", ["eager", "numpy"])
def test_an_optimiser_knows_the_rate_of_the_schedule(backend: Any) -> None:
    runs = []
    for kind in (SGD, ReadsItsRate):
        line = Line()
        optimizer = kind(line.parameters(), lr=0.05)
        runs.append(
            train(line, X=A, y=y, epochs=3, optimizer=optimizer, schedule=lambda k: 0.1**k, backend=backend)
        )
    assert runs[0].losses == runs[1].losses


def test_a_loss_sees_the_rate_of_its_step() -> None:
    line, seen = Line(), []
    optimizer = SGD(line.parameters(), lr=1.0)

    def loss(out: Any, target: Any) -> Any:
        seen.append(optimizer.lr)
        return squared_error(out, target)

    train(
        line, X=[0.1, 0.2], y=[0.0, 0.0], loss=loss, optimizer=optimizer, epochs=2, backend="eager",
        shuffle=False, batch_size=1, schedule=lambda k: 0.5**k, schedule_per="step",
    )  # fmt: skip
    assert seen == [1.0, 0.5, 0.25, 0.125]


class OneTooFew(SGD):
    def update(self, parameters: Any, gradients: Any, state: Any, lr: float) -> Any:
        new, state = super().update(parameters, gradients, state, lr)
        return new[:1], state


class NoState(SGD):
    def update(self, parameters: Any, gradients: Any, state: Any, lr: float) -> Any:
        return super().update(parameters, gradients, state, lr)[0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("kind", "got"), [(OneTooFew, r"got a tuple of 2, the first of shape \(1,\)"), (NoState, "got one")]
)
def test_an_update_of_another_form_is_refused(kind: Any, got: str, backend: Any) -> None:
    line = Line()
    before = numbers(line)
    with pytest.raises(ValueError, match=f"{kind.__name__}.update must return .parameters, state.*{got}"):
        train(line, X=A, y=y, optimizer=kind(line.parameters(), lr=0.1), backend=backend)
    assert numbers(line) == before


@pytest.mark.parametrize("measured", [[True, True, False, False, True], [False, False, True, True, False]])
def test_validation_stays_at_its_epochs(measured: list[bool], tmp_path: Path) -> None:
    """Also where a run goes on without, and with them again."""
    path = tmp_path / "run.npz"
    for epochs in (2, 4, 5):
        validation = (A, y) if measured[epochs - 1] else None
        history = train(Line(), X=A, y=y, epochs=epochs, validation=validation, checkpoint=path)
    assert np.isfinite(history.validation).tolist() == measured
    assert len(history.losses) == 5


def test_one_file_is_not_two(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    (tmp_path / "link.npz").symlink_to(path)
    with pytest.raises(ValueError, match=r"save_to and checkpoint are one file, .*m\.npz"):
        train(Line(), X=A, y=y, save_to=path, checkpoint=tmp_path / "link.npz")
    assert not path.exists()


def test_a_module_without_call_and_a_shuffle_that_is_none_are_refused() -> None:
    class Forwards(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def forward(self, x: Any) -> Any:
            return self.w * x

    with pytest.raises(TypeError, match=r"Forwards cannot be called: write .* as __call__\(self, x\)"):
        train(Forwards())
    with pytest.raises(TypeError, match="shuffle must be True or False, got 'no'"):
        train(Line(), X=A, y=y, shuffle="no")
    with pytest.raises(ValueError, match="batch_size must be a whole number, at least 1, got True"):
        train(Line(), X=A, y=y, batch_size=True)
