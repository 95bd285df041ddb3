"""Random networks, each of layers that somebody might write, one scalar at a time.

A layer is a function of rows, an array of Values (positions, width), and of the inputs; it gives rows again,
so that any may follow any other.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from autograd import Value, array, gates, logsumexp, summation, take, topological_order
from tests.compiler.graphs import arctan, bend, cube, mean, norm

Rows = Any  # an array of Values, (positions, width)
Layer = Callable[[Rows, dict[str, Any]], Rows]

STEADY = (gates.tanh, gates.sigmoid, gates.softplus, gates.expm1, lambda x: x * gates.sigmoid(x))
SMOOTH = (*STEADY, gates.sin, arctan)
EXACT = (
    gates.relu, abs, gates.step, lambda x: gates.leaky_relu(x, 0.5), lambda x: bend(x, 2.0), lambda x: x * x,
    lambda x: gates.where(x, x, 1.0), lambda x: gates.maximum(x, -1.0), lambda x: x, gates.floor,
    gates.detach,
)  # fmt: skip


class Network(NamedTuple):
    """What ``outputs`` makes of a dict of input arrays: a list of Values.

    inputs      by name an array of Values, in whose place come others
    counts      by name of an index among them, how many it may name
    parameters  arrays of Values
    """

    outputs: Callable[[dict[str, Any]], list[Value]]
    inputs: dict[str, Any]
    counts: dict[str, int]
    parameters: list[Any]


class Drawn:
    """A network being drawn.

    exact    of whole numbers and gates that keep them whole, so ties are met
    special  for infinities: no structural zeros, and no shift that was decided for one example
    """

    def __init__(self, rng: np.random.Generator, exact: bool, special: bool) -> None:
        self.rng = rng
        self.exact = exact
        self.special = special
        self.inputs: dict[str, Any] = {}
        self.counts: dict[str, int] = {}
        self.parameters: list[Any] = []

    # -- drawing ---------------------------------------------------------------------------------

    def flip(self, chance: float = 0.5) -> bool:
        return bool(self.rng.random() < chance)

    def pick(self, options: Any) -> Any:
        return options[int(self.rng.integers(len(options)))]

    def numbers(self, *shape: int) -> Any:
        if self.exact:
            return self.rng.integers(-2, 3, shape).astype(float)
        return self.rng.normal(scale=self.pick([0.3, 0.7]), size=shape)

    def parameter(self, label: str, *shape: int) -> Any:
        """A new array of them; at times loose, or only a part of it learned."""
        label = f"{label}{len(self.parameters)}"
        found = array(self.numbers(*shape), label=label if self.flip(0.8) else "")
        if self.flip(0.1):
            loose = list(np.ravel(found))
            self.rng.shuffle(loose)
            self.parameters += [each for each in loose if self.flip(0.9)]
        elif self.flip(0.95):
            self.parameters.append(found)
        return found

    def given(self, label: str, *shape: int, count: int = 0) -> str:
        """The name of a new input; of so many if it is an index."""
        name = f"{label}{len(self.inputs)}"
        numbers = self.rng.integers(0, count, shape) if count else self.numbers(*shape)
        self.inputs[name] = (
            array(numbers, label=name if self.flip(0.8) else "")
            if shape
            else Value(float(numbers), label=name)
        )
        if count:
            self.counts[name] = count
        return name

    def dot(self) -> Callable[[Any, Any], Value]:
        """A way to write the product of two vectors."""
        return self.pick(  # type: ignore[no-any-return]
            [
                lambda a, b: a @ b,
                lambda a, b: summation(*[x * y for x, y in zip(a, b, strict=True)]),
                lambda a, b: sum([x * y for x, y in zip(a, b, strict=True)], Value(0.0)),
                lambda a, b: sum(y * x for x, y in zip(a, b, strict=True)),
            ]
        )

    def activation(self) -> Callable[[Any], Any]:
        return self.pick(EXACT if self.exact else STEADY + EXACT[:5] if self.special else SMOOTH + EXACT[:5])  # type: ignore[no-any-return]

    # -- layers ----------------------------------------------------------------------------------

    def dense(self, width: int, wanted: int, W: Any = None) -> Layer:
        W = self.parameter("W", wanted, width) if W is None else W
        b = self.parameter("b", wanted) if self.flip(0.7) else None
        dot, first = self.dot(), self.flip()
        f = self.activation() if self.flip(0.7) else None
        mixed = [self.activation() for _ in range(wanted)] if self.flip(0.1) else None
        there = self.rng.random((wanted, width)) < (0.7 if self.flip(0.15) else 1.0)
        there[:, 0] = True

        def layer(rows: Rows, given: Any) -> Rows:
            out = []
            for row in rows:
                z = []
                for i in range(wanted):
                    product = dot(W[i][there[i]], row[there[i]])
                    if b is not None:
                        product = b[i] + product if first else product + b[i]
                    z.append(mixed[i](product) if mixed else f(product) if f else product)
                out.append(z)
            return array(out)

        return layer

    def tied(self, width: int, wanted: int) -> Layer:
        """Twice with the same weights, turned in between."""
        W = self.parameter("W", wanted, width)
        there, back = self.dense(width, wanted, W), self.dense(wanted, width, W.T)
        last = self.dense(width, wanted, W)
        return lambda rows, given: last(back(there(rows, given), given), given)

    def embedded(self, width: int, wanted: int) -> Layer:
        """A table's rows by an index for each position, added or beside."""
        count = int(self.rng.integers(1, 6))
        table = self.parameter("wte", count, wanted)
        W = self.dense(width, wanted)
        place = self.given("tok", self.positions, count=count) if self.flip() else None
        one = self.given("tok", count=count) if place is None else None
        by_one_hot = self.flip(0.2)
        wpe = self.parameter("wpe", self.positions, wanted) if self.flip() else None
        hot = self.given("hot", self.positions, count) if by_one_hot else None
        dot = self.dot()

        def layer(rows: Rows, given: Any) -> Rows:
            out = list(W(rows, given))
            for t in range(len(out)):
                if hot is not None:
                    row = array([dot(table[:, j], given[hot][t % self.positions]) for j in range(wanted)])
                else:
                    row = take(table, given[one] if place is None else given[place][t % self.positions])
                out[t] = out[t] + row + (wpe[t % self.positions] if wpe is not None else 0)
            return array(out)

        return layer

    def norm(self, width: int, wanted: int) -> Layer:
        kind = self.pick(["rms", "layer", "batch", "unit", "max"] if not self.exact else ["max", "shift"])
        gain = self.parameter("g", width) if self.flip() else None
        offset = self.parameter("o", width) if self.flip() else None
        by_power = self.flip()
        W = self.dense(width, wanted)

        def of(x: Any) -> Any:
            n = len(x)
            if kind == "max":
                return x - gates.maximum(*x)
            if kind == "shift":
                return x - summation(*x)
            if kind == "unit":
                return x / (gates.norm(*x) + 0.1)
            centred = x if kind == "rms" else x - summation(*x) / n
            square = summation(*[each * each for each in centred]) / n + 0.1
            return centred * square**-0.5 if by_power else centred / gates.sqrt(square)

        def layer(rows: Rows, given: Any) -> Rows:
            out = of_each(of, rows.T).T if kind == "batch" else of_each(of, rows)
            out = out * gain if gain is not None else out
            return W(out + offset if offset is not None else out, given)

        return layer

    def softmax(self) -> Callable[[Any], Any]:
        def by_max(z: Any) -> Any:
            e = gates.exp(z - gates.maximum(*z))
            return e / summation(*e)

        def by_constant(z: Any) -> Any:
            e = gates.exp(z - np.nan_to_num(max(each.data for each in z)))
            return e / e.sum()

        def plain(z: Any) -> Any:
            e = [gates.exp(each) for each in z]
            return array([each / sum(e) for each in e])

        return self.pick(  # type: ignore[no-any-return]
            [
                by_max,
                by_max if self.special else by_constant,
                plain,
                lambda z: gates.exp(z - logsumexp(*z)),
                lambda z: z / len(z),
            ]
        )

    def attention(self, width: int, wanted: int) -> Layer:
        heads = self.pick([1, 1, 2])
        size = max(1, wanted // heads)
        q, k, v = [self.dense(width, heads * size) for _ in range(3)]
        out = self.dense(heads * size, wanted)
        dot = self.dot()
        style = self.pick(["all", "cut", "cut", "add", "where"] if not self.exact else ["all", "cut"])
        softmax: Any = self.pick([lambda z: gates.exp(z - logsumexp(*z)), self.softmax()])
        if self.exact:
            softmax = array
        cross = self.given("mem", self.pick([1, 2, 3]), width) if self.flip(0.2) else None
        scale = self.pick([1.0, 0.5, size**0.5])

        def layer(rows: Rows, given: Any) -> Rows:
            others = rows if cross is None else given[cross]
            queries, keys, values = q(rows, given), k(others, given), v(others, given)
            found = []
            for t in range(len(rows)):
                whole: list[Value] = []
                for h in range(heads):
                    f = slice(h * size, h * size + size)
                    seen = range(min(t + 1, len(others)) if style == "cut" else len(others))
                    z = [dot(queries[t][f], keys[u][f]) / scale for u in seen]
                    if style == "add":
                        z = [each + (0.0 if u <= t else -np.inf) for u, each in enumerate(z)]
                    elif style == "where":
                        z = [gates.where(float(u <= t), each, -np.inf) for u, each in enumerate(z)]
                    p = softmax(array(z))
                    whole += [dot(p, values[: len(seen), h * size + i]) for i in range(size)]
                found.append(whole)
            return out(array(found), given)

        return layer

    def residual(self, width: int, wanted: int) -> Layer:
        inner = self.layer(width, width)
        W = self.dense(width, wanted)
        return lambda rows, given: W(inner(rows, given)[-1:] + rows, given)

    def recurrent(self, width: int, wanted: int) -> Layer:
        kind = self.pick(["rnn", "rnn", "gru", "lstm"])
        f = self.activation()
        sigmoid = gates.step if self.exact else gates.sigmoid
        tanh = gates.relu if self.exact else gates.tanh
        count = {"rnn": 1, "gru": 3, "lstm": 4}[kind]
        Wx = [self.parameter("Wx", wanted, width) for _ in range(count)]
        Wh = [self.parameter("Wh", wanted, wanted) for _ in range(count)]
        b = [self.parameter("bh", wanted) if self.flip(0.8) else None for _ in range(count)]
        start = self.pick(["input"] if self.special else ["zeros", "zeros", "input", "parameter"])
        h0 = self.given("h", wanted) if start == "input" else None
        p0 = self.parameter("h0", wanted) if start == "parameter" else None
        only_last = self.flip(0.3)
        dot = self.dot()

        def mix(n: int, x: Any, h: Any) -> Any:
            z = [dot(Wx[n][i], x) + dot(Wh[n][i], h) for i in range(wanted)]
            return array([each + b[n][i] if b[n] is not None else each for i, each in enumerate(z)])  # type: ignore[index]

        def layer(rows: Rows, given: Any) -> Rows:
            h = given[h0] if h0 else p0 if p0 is not None else array([0.0] * wanted)
            c, out = h, []
            for x in rows:
                if kind == "rnn":
                    h = f(mix(0, x, h))
                elif kind == "gru":
                    z, r = sigmoid(mix(0, x, h)), sigmoid(mix(1, x, h))
                    h = (1 - z) * h + z * tanh(mix(2, x, r * h))
                else:
                    c = sigmoid(mix(0, x, h)) * c + sigmoid(mix(1, x, h)) * tanh(mix(2, x, h))
                    h = sigmoid(mix(3, x, h)) * tanh(c)
                out.append(array(list(h)) if isinstance(h, np.ndarray) else array(h))
            return array(out[-1:] if only_last else out)

        return layer

    def convolution(self, width: int, wanted: int) -> Layer:
        """Along the positions, or over both axes as an image; a window is padded with zeros, or cut off."""
        size, stride, padding = (
            self.pick([1, 2, 3]),
            self.pick([1, 1, 2]),
            self.pick([0, 0 if self.special else 1]),
        )
        flat = self.flip()
        W = self.parameter("K", wanted, size, size if flat else width)
        b = self.parameter("kb", wanted) if self.flip() else None
        after = self.dense(wanted, wanted) if flat else None
        dot = self.dot()

        def layer(rows: Rows, given: Any) -> Rows:
            T, d = rows.shape
            whole = np.full((T + 2 * padding, d + 2 * padding * flat), Value(0.0), dtype=object)
            whole[padding : padding + T, padding * flat : padding * flat + d] = rows
            if len(whole) < size or (flat and whole.shape[1] < size):
                return array(np.full((1, wanted), rows[0, 0], dtype=object))
            out = []
            for t in range(0, len(whole) - size + 1, stride):
                for u in range(0, whole.shape[1] - size + 1, stride) if flat else [0]:
                    window = whole[t : t + size, u : u + size] if flat else whole[t : t + size]
                    z = [dot(array(W[i]).ravel(), array(window).ravel()) for i in range(wanted)]
                    out.append([each + b[i] if b is not None else each for i, each in enumerate(z)])
            return after(array(out), given) if after else array(out)

        return layer

    def pooled(self, width: int, wanted: int) -> Layer:
        size, stride = self.pick([1, 2, 2, 3]), self.pick([1, 2])
        smooth = [mean, norm, lambda *x: summation(*x) / len(x), logsumexp]
        f = self.pick([gates.maximum, gates.minimum, summation] if self.exact else [gates.maximum, *smooth])
        W = self.dense(width, wanted)

        def layer(rows: Rows, given: Any) -> Rows:
            starts = range(0, max(1, len(rows) - size + 1), stride)
            out = [[f(*rows[t : t + size, j]) for j in range(rows.shape[1])] for t in starts]
            return W(array(out), given)

        return layer

    def ragged(self, width: int, wanted: int) -> Layer:
        """Of each position what comes before, or after."""
        means = [] if self.exact else [lambda x: summation(*x) / len(x), mean, lambda x: logsumexp(*x)]
        of = self.pick(
            [lambda x: summation(*x), lambda x: gates.maximum(*x), lambda x: gates.minimum(*x), *means]
        )
        f = (lambda x: of(*x)) if of is mean else of
        part = self.pick(
            [
                lambda t: slice(0, t + 1), lambda t: slice(t, None), lambda t: slice(max(0, t - 1), t + 2),
                lambda t: slice(max(0, t - 2), t + 1), lambda t: slice(t % 2, None, 2),
                lambda t: slice(None, None, -1),
            ]
        )  # fmt: skip
        W = self.dense(width, wanted)

        def layer(rows: Rows, given: Any) -> Rows:
            out = []
            for t in range(len(rows)):
                seen = rows[part(t)]
                out.append([f(seen[:, j]) if len(seen) else rows[t, j] for j in range(rows.shape[1])])
            return W(array(out), given)

        return layer

    def gram(self, width: int, wanted: int) -> Layer:
        """Products of every two positions, or of those of a triangle; or of every two numbers of a row."""
        kind = self.pick(["square", "triangle", "outer", "pairs"])
        dot, f = self.dot(), self.activation()
        length = self.parameter("G", wanted)

        def layer(rows: Rows, given: Any) -> Rows:
            T, d = rows.shape
            if kind == "outer":
                return array(
                    [[f(rows[0, i] * rows[-1, j]) for j in range(min(d, 3))] + list(length) for i in range(d)]
                )[:, -wanted:]
            if kind == "pairs":
                z = [rows[t, i] * rows[t, j] for t in range(T) for i in range(d) for j in range(i)]
            else:
                z = [dot(rows[t], rows[u]) for t in range(T) for u in range(T if kind == "square" else t + 1)]
            total = summation(*[f(each) for each in z]) if z else rows[0, 0]
            return array([[total * each for each in length]])

        return layer

    def moved(self, width: int, wanted: int) -> Layer:
        """The same numbers elsewhere: turned, reversed, cut, doubled, beside others, permuted."""
        kind = self.pick(
            ["turn", "reverse", "step", "double", "beside", "permute", "swap", "roll", "constants"]
        )
        W = None
        order = self.rng.permutation(self.positions)
        widths = {"beside": width + 2, "double": 2 * width}
        if kind != "turn":
            W = self.dense(widths.get(kind, width), wanted)
        other = self.given("z", 2) if kind == "beside" else ""
        fixed = self.numbers(self.positions, width)
        fixed = (
            fixed * (self.rng.random(fixed.shape) < 0.5) if self.flip() and not self.special else fixed + 0.25
        )
        out = self.parameter("T", wanted)

        def layer(rows: Rows, given: Any) -> Rows:
            T = len(rows)
            if kind == "turn":
                return array([[each * one for one in out] for each in rows.T.ravel()])
            if kind == "reverse":
                rows = rows[::-1, ::-1]
            elif kind == "step":
                rows = rows[:: 2 if T > 1 else 1]
            elif kind == "double":
                rows = np.concatenate([rows, rows], axis=1)
            elif kind == "beside":
                rows = np.array([[*row, *given[other]] for row in rows], dtype=object)
            elif kind == "permute":
                rows = rows[[t % T for t in order]]
            elif kind == "swap":
                rows = np.array([[*row[1:], row[0]] for row in rows], dtype=object)
            elif kind == "roll":
                rows = np.concatenate([rows[1:], rows[:1]])
            else:
                rows = np.array(
                    [
                        [x * c + c for x, c in zip(r, fixed[t % len(fixed)], strict=True)]
                        for t, r in enumerate(rows)
                    ],
                    dtype=object,
                )
            assert W is not None
            return W(array(rows), given)

        return layer

    def routed(self, width: int, wanted: int) -> Layer:
        """A choice among positions or widths by an index, an input or computed."""
        one = self.given("i", count=max(2, self.positions)) if self.flip() else None
        each = self.given("j", self.positions, count=width) if self.flip() else None
        W = self.dense(width, wanted)

        def layer(rows: Rows, given: Any) -> Rows:
            if one is not None:
                chosen = [gates.choose(given[one], *[row[j] for row in rows]) for j in range(rows.shape[1])]
                rows = array([[*chosen], *rows])
            if each is not None:
                index = given[each]
                rows = array(
                    [
                        [x + gates.choose(index[t % len(index)], *row) for x in row]
                        for t, row in enumerate(rows)
                    ]
                )
            return W(rows, given)

        return layer

    def gated(self, width: int, wanted: int) -> Layer:
        """Two layers multiplied, chosen between, or the larger of both; a custom gate."""
        a, b = self.dense(width, wanted), self.dense(width, wanted)
        smooth = [
            lambda x, y: mean(x, y, y),
            lambda x, y: norm(x, y),
            lambda x, y: gates.arctan2(x, y + 9),
            lambda x, y: x / (1 + abs(y)),
        ]
        f = self.pick(
            [
                lambda x, y: x * y,
                lambda x, y: gates.where(x, y, x),
                gates.maximum,
                gates.minimum,
                bend,
                lambda x, y: cube(x) - y,
                *([] if self.exact else smooth),
            ]
        )

        def layer(rows: Rows, given: Any) -> Rows:
            one, other = a(rows, given), b(rows, given)
            return array(
                [[f(x, y) for x, y in zip(r, s, strict=True)] for r, s in zip(one, other, strict=True)]
            )

        return layer

    def whole(self, width: int, wanted: int) -> Layer:
        """All positions as one vector; needs as many as there are at first."""
        count = self.positions * width
        W = self.dense(count, wanted)

        def layer(rows: Rows, given: Any) -> Rows:
            flat = list(np.ravel(rows))
            return W(array([(flat * count)[:count]]), given)

        return layer

    def oddments(self, width: int, wanted: int) -> Layer:
        """Smaller things that people write, of each row or of all."""
        kinds = [
            "scan",
            "relative",
            "bilinear",
            "alternate",
            "powers",
            "self",
            "weights",
            "masks",
            "cube",
            "many",
        ]
        kind = self.pick(
            kinds if self.exact else [*kinds, "group norm", "all softmax", "mixed logsumexp", "roots"]
        )
        a = self.parameter("a", width)
        table: Any = self.parameter("rel", 2 * self.positions + 1) if kind == "relative" else None
        B: Any = self.parameter("B", width, width) if kind in ("bilinear", "mixed logsumexp") else None
        m = self.given("m", self.positions) if kind == "weights" else ""
        f, g = self.activation(), self.activation()
        fixed = self.pick([[0.0, 1.0, -1.0], [1.0, 2.0, 1.0], [0.5, 0.5], [-np.inf, 1.0]])
        dot = self.dot()
        W = self.dense(width, wanted)

        def layer(rows: Rows, given: Any) -> Rows:
            T, d = rows.shape
            out: Any = rows
            if kind == "scan":
                h, out = list(rows[0]), []
                for row in rows:
                    h = [a[j] * h[j] + x for j, x in enumerate(row)]
                    out.append(h)
            elif kind == "relative":
                z = [
                    [dot(rows[t], rows[u]) + table[(t - u) % len(table)] for u in range(t + 1)]
                    for t in range(T)
                ]
                out = [[x * sum(each) for x in row] for each, row in zip(z, rows, strict=True)]
            elif kind == "bilinear":
                turned = [dot(row, [dot(B[j], rows[-1]) for j in range(d)]) for row in rows]
                out = [[each * a[j] for j in range(d)] for each in turned]
            elif kind == "alternate":
                out = [[(f if t % 2 else g)(x) for x in row] for t, row in enumerate(rows)]
            elif kind == "powers":
                out = [[x ** (j % 3) if j % 2 else x * x * x for j, x in enumerate(row)] for row in rows]
            elif kind == "self":
                out = [
                    [x - x + x * x - -x + (x + x) * a[j] - (a[j] - x) for j, x in enumerate(row)]
                    for row in rows
                ]
            elif kind == "weights":
                out = [[x * given[m][t % self.positions] for x in row] for t, row in enumerate(rows)]
            elif kind == "masks":
                out = [
                    [gates.maximum(x, fixed[(t + j) % len(fixed)]) for j, x in enumerate(row)]
                    for t, row in enumerate(rows)
                ]
            elif kind == "cube":
                table3 = np.array([[[x * y * w for x in rows[0]] for y in rows[-1]] for w in a], dtype=object)
                out = table3.sum(axis=1).sum(axis=0)[None]
            elif kind == "many":
                out = [[summation(x, *row[:j], 1.0, *a[j:]) for j, x in enumerate(row)] for row in rows]
            elif kind == "group norm":
                centre = summation(*rows.ravel()) / rows.size
                spread = gates.sqrt(summation(*[(x - centre) ** 2 for x in rows.ravel()]) / rows.size + 0.1)
                out = [[(x - centre) / spread for x in row] for row in rows]
            elif kind == "all softmax":
                total = logsumexp(*rows.ravel())
                out = [[gates.exp(x - total) for x in row] for row in rows]
            elif kind == "mixed logsumexp":
                out = [
                    [logsumexp(x, 0.0, a[j], *B[j]) + gates.maximum(x, a[j], 0.5) for j, x in enumerate(row)]
                    for row in rows
                ]
            elif kind == "roots":
                out = [
                    [gates.sqrt(gates.relu(x)) * gates.relu(x) + gates.log1p(x * x) for x in row]
                    for row in rows
                ]
            return W(array(out), given)

        return layer

    def image(self, width: int, wanted: int) -> Layer:
        """A convolution of channels: 3 axes, pooled or not, flat again."""
        channels, size, stride = self.pick([1, 2]), self.pick([1, 2]), self.pick([1, 2])
        padding = 0 if self.special else self.pick([0, 1])
        K = self.parameter("K", wanted, channels, size, size)
        pool = self.pick([None, gates.maximum, summation])
        x = self.given("im", channels, 3, 4)
        W = self.dense(width, wanted)

        def layer(rows: Rows, given: Any) -> Rows:
            whole = np.full((channels, 3 + 2 * padding, 4 + 2 * padding), Value(0.0), dtype=object)
            whole[:, padding : padding + 3, padding : padding + 4] = given[x]
            out = np.array(
                [
                    [
                        [
                            summation(
                                *[
                                    w * v
                                    for w, v in zip(
                                        np.ravel(k), whole[:, i : i + size, j : j + size].ravel(), strict=True
                                    )
                                ]
                            )
                            for j in range(0, whole.shape[2] - size + 1, stride)
                        ]
                        for i in range(0, whole.shape[1] - size + 1, stride)
                    ]
                    for k in K
                ],
                dtype=object,
            )
            flat = out.reshape(wanted, -1)
            if pool:
                flat = np.array(
                    [[pool(*each[i : i + 2]) for i in range(0, len(each), 2)] for each in flat], dtype=object
                )
            return array([*W(rows, given), *flat.T])

        return layer

    def layer(self, width: int, wanted: int) -> Layer:
        kinds = [
            self.dense, self.dense, self.tied, self.embedded, self.norm, self.attention, self.attention,
            self.residual,
            self.recurrent, self.convolution, self.pooled, self.ragged, self.gram, self.moved, self.routed,
            self.gated, self.whole, self.oddments, self.oddments, self.oddments, self.image,
        ]  # fmt: skip
        found: Layer = self.pick(kinds)(width, wanted)
        return found

    # -- the end ---------------------------------------------------------------------------------

    def loss(self, width: int) -> Callable[[Rows, Any], Value]:
        kinds = ["squares", "last", "target", "product"]
        kind = self.pick(kinds if self.exact else [*kinds, "cross", "cross of index", "mixture", "mean"])
        target = self.given("y", width) if kind in ("target", "cross") else ""
        label = self.given("c", count=width) if kind == "cross of index" else ""
        dot = self.dot()

        def of(row: Any, given: Any) -> Value:
            if kind in ("squares", "last"):
                return dot(row, row)
            if kind == "target":
                return summation(*[(x - y) ** 2 for x, y in zip(row, given[target], strict=True)])  # type: ignore[no-any-return]
            if kind == "product":
                return dot(row, row[::-1])
            if kind == "cross":
                return logsumexp(*row) - dot(row, given[target])  # type: ignore[no-any-return]
            if kind == "cross of index":
                return logsumexp(*row) - gates.choose(given[label], *row)  # type: ignore[no-any-return]
            if kind == "mixture":
                return -logsumexp(*[-0.5 * (x - 1.0) ** 2 - i for i, x in enumerate(row)])  # type: ignore[no-any-return]
            return mean(*row)  # type: ignore[no-any-return]

        def loss(rows: Rows, given: Any) -> Value:
            losses = [of(row, given) for row in (rows[-1:] if kind == "last" else rows)]
            return summation(*losses) / (1 if self.exact else len(losses))

        return loss

    def network(self) -> Network:
        self.positions, width = int(self.rng.integers(1, 6)), int(self.rng.integers(1, 6))
        shape = (self.positions, width)
        x = self.given("x", *shape) if self.flip(0.8) else None
        base: Any = self.parameter("X", *shape) if x is None else None
        if x is not None and self.flip(0.1):
            self.inputs[x] = array(np.reshape(self.inputs[x], (self.positions, 1, width)))
        self.given("free", 2) if self.flip(0.1) else None
        widths = [width, *[int(each) for each in self.rng.integers(1, 5, self.rng.integers(1, 4))]]
        layers = [self.layer(a, b) for a, b in pairwise(widths)]
        loss = self.loss(widths[-1])
        several = self.flip(0.15)

        def outputs(given: dict[str, Any]) -> list[Value]:
            rows: Any = base if x is None else array(np.reshape(given[x], shape))
            for layer in layers:
                rows = layer(rows, given)
            found = loss(rows, given)
            return [found, *np.ravel(rows)[:7], rows[0, 0]] if several else [found]

        seen = set(topological_order(summation(*outputs(self.inputs))))
        parameters = []
        unused = [each for p in self.parameters for each in np.ravel(p) if each not in seen]
        if unused and self.flip():  # added to the loss
            return self._finished(lambda given: _plus(outputs(given), unused), self.parameters)
        for p in self.parameters:
            used = [each for each in np.ravel(p) if each in seen]
            parameters += [p] if len(used) == np.size(p) else used
        return self._finished(outputs, parameters)

    def _finished(self, outputs: Any, parameters: list[Any]) -> Network:
        if self.flip(0.3):
            self.rng.shuffle(parameters)
        return Network(outputs, self.inputs, self.counts, parameters)


def _plus(outputs: list[Value], others: list[Value]) -> list[Value]:
    return [summation(outputs[0], *others), *outputs[1:]]


def of_each(f: Callable[[Any], Any], rows: Rows) -> Rows:
    return array([f(array(row)) for row in rows])
