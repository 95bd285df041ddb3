"""The public names of the two packages, as a star import brings them."""

from __future__ import annotations

import builtins

import pytest

import autograd
import nn
from autograd import Value
from nn import MLP, draw_model


def test_no_name_means_two_things() -> None:
    """So that both packages may be imported whole, in any order."""
    both = set(autograd.__all__) & set(nn.__all__)
    assert "relu" in both
    assert [name for name in both if getattr(autograd, name) is not getattr(nn, name)] == []


def test_no_builtin_is_hidden_but_compile() -> None:
    """Nobody who learns calls Python's own; the name is the field's."""
    assert [name for name in (*autograd.__all__, *nn.__all__) if hasattr(builtins, name)] == ["compile"]


@pytest.mark.parametrize("package", [autograd, nn])
def test_every_name_is_there_and_listed_in_order(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]
    assert len(set(names)) == len(names)
    assert all(hasattr(package, name) for name in names)
    assert set(names) <= set(dir(package))


def test_dir_shows_what_is_ours_and_nothing_else() -> None:
    assert dir(nn) == sorted(nn.__all__)
    assert {"MLP", "fit", "init", "data"} <= set(dir(nn))
    assert set(dir(nn)).isdisjoint({"Any", "TYPE_CHECKING", "module", "losses", "_LAZY"})
    assert dir(autograd) == sorted(autograd.__all__)
    assert {"Value", "tanh", "array", "compile"} <= set(dir(autograd))
    assert set(dir(autograd)).isdisjoint({"TYPE_CHECKING", "rules", "value", "_apply", "_LAZY"})


@pytest.mark.parametrize("packages", [("autograd", "nn"), ("nn", "autograd")])
def test_both_packages_whole_in_either_order(packages: tuple[str, str]) -> None:
    names: dict[str, object] = {}
    for package in packages:
        exec(f"from {package} import *", names)
    exec("drawn = draw(Value(1.0) * 2).text, draw_model(MLP(2, [1])).text", names)
    assert names["drawn"] == ("v2 = v1 * 2 = 2\n  v1 = 1", "2 inputs -> 1 neuron")


def test_each_drawing_names_the_other() -> None:
    with pytest.raises(TypeError, match=r"takes a Neuron.* got Value.*; its graph .* autograd's draw"):
        draw_model(Value(1.0))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"takes a Value.*; its layers are drawn by nn.draw_model"):
        autograd.draw(MLP(2, [1]))  # type: ignore[arg-type]
