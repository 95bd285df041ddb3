"""The chain rule of every value that a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.views.chain_rule import explain
from autograd.views.stepper.scenes import BackwardScene, Passes
from autograd.views.stepper.shares import Share
from autograd.views.stepper.templates import fill, markup

#: explain() looks at the whole graph for every value: the time grows with the square of its size.
MOST_LOOKS = 10_000
MOST_LETTERS = 250_000


class ChainRule(NamedTuple):
    """The gradient of one value, and its chain rule as HTML."""

    place: int
    name: str
    gradient: float
    html: str


def explanations(passes: Passes, shown: Sequence[int]) -> tuple[list[ChainRule], bool]:
    """The chain rule of each value shown, and whether it goes all the way from the root.

    In a large graph it is only its last factors, the gates that use the value: the page stays small.
    """
    in_full = _in_full(passes, shown)
    chains = in_full or _in_short(passes, shown)
    return [
        ChainRule(place, passes.names[place], passes.nodes[place].grad, html)
        for place, html in zip(shown, chains, strict=True)
    ], in_full is not None


def _in_full(passes: Passes, shown: Sequence[int]) -> Sequence[str] | None:
    if len(passes.nodes) * len(shown) > MOST_LOOKS:
        return None
    chains = [
        markup(f'<div class="chain">{explain(passes.root, passes.nodes[place]).html}</div>')
        for place in shown
    ]
    return chains if sum(map(len, chains)) <= MOST_LETTERS else None


def _in_short(passes: Passes, shown: Sequence[int]) -> Sequence[str]:
    received: dict[int, list[tuple[str, Share]]] = {place: [] for place in shown}
    for scene in passes.scenes:
        if isinstance(scene, BackwardScene):
            for share in scene.shares:
                if share.place in received:
                    received[share.place].append((scene.name, share))
    return [markup(fill("received.html.j2", shares=received[place])) for place in shown]
