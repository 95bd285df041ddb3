"""The chain rules of lectures 001 and 003, as explain() writes them."""

from __future__ import annotations

import pytest

from autograd import Value
from autograd.arithmetic.floats import exp
from autograd.views.chain_rule import explain
from tests.lectures.printed import as_printed, assert_printed

NUMBERS = {
    "w11(1)": 0.15, "w21(1)": 0.2, "w01(1)": 0.1, "w12(1)": 0.2, "w22(1)": 0.3, "w02(1)": 0.2,
    "w11(2)": 0.4, "w21(2)": 0.5, "w01(2)": 0.2, "w12(2)": 0.45, "w22(2)": 0.55, "w02(2)": 0.1,
    "x1": 0.12, "x2": 0.3, "t1": 0.1, "t2": 0.9,
}  # fmt: skip


def labelled(value: Value, label: str) -> Value:
    value.label = label
    return value


def two_two_two(*, swapped: bool = False) -> dict[str, Value]:
    """Lecture 001's network, every named quantity labelled; swapped, z1 and z2 change places as printed."""
    v = {label: Value(number, label=label) for label, number in NUMBERS.items()}

    def neuron(j: int, layer: int, inputs: list[Value], labels: tuple[str, str]) -> None:
        a = v[f"w1{j}({layer})"] * inputs[0] + v[f"w2{j}({layer})"] * inputs[1] + v[f"w0{j}({layer})"]
        v[labels[0]] = labelled(a, labels[0])
        v[labels[1]] = labelled(a.sigmoid(), labels[1])

    for j in (1, 2):
        z = f"z{3 - j if swapped else j}"
        neuron(j, 1, [v["x1"], v["x2"]], (f"{z}(in)", z))
    for j in (1, 2):
        neuron(j, 2, [v["z1"], v["z2"]], (f"a{j}", f"y{j}"))
    error = 0.5 * ((v["t1"] - v["y1"]) ** 2 + (v["t2"] - v["y2"]) ** 2)
    return v | {"E": labelled(error, "E")}


def factors(text: str) -> list[list[str]]:
    """The numbers of every line of factors, as in '= 0.569 × 0.221 × 0.578'."""
    lines = [line.partition("= ")[2] for line in text.splitlines() if " × " in line]
    return [line.replace("(", "").replace(")", "").split(" × ") for line in lines]


def assert_factors_printed(text: str, *printed: str) -> None:
    """Assert that the lines of factors round to those printed, path by path."""
    shown = [
        " ".join(as_printed(float(x), like) for x, like in zip(line, on_slide.split(), strict=True))
        for line, on_slide in zip(factors(text), printed, strict=True)
    ]
    assert shown == list(printed)


def result(text: str) -> float:
    """The number that the last equation ends with."""
    return float(text.split("\n\nwhere")[0].splitlines()[-1].rpartition("= ")[2])


def test_output_layer_as_printed() -> None:
    """Backwarding: 0.578, 0.221, 0.569. The slide multiplies them rounded and prints 0.0727."""
    v = two_two_two(swapped=True)
    text = explain(v["E"], v["w11(2)"]).text
    assert_factors_printed(text, "0.569 0.221 0.578")
    assert_printed(result(text), "0.0728")
    assert text.splitlines()[2:4] == [
        "d(E)/d(w11(2)) = d(E)/d(y1) · d(y1)/d(a1) · d(a1)/d(w11(2))",
        "               = (y1 - t1) · (y1 * (1 - y1)) · z1",
    ]


def test_hidden_layer_as_printed() -> None:
    """Backwarding: 0.569 x 0.221 x 0.4 = 0.0503 and -0.241 x 0.225 x 0.45 = -0.0244, from rounded factors."""
    v = two_two_two(swapped=True)
    assert_factors_printed(explain(v["E"], v["z1"]).text, "0.569 0.221 0.40", "-0.241 0.225 0.45")
    assert_printed(result(explain(v["E"], v["z1"]).text), "0.0260")
    text = explain(v["E"], v["w12(1)"]).text
    assert_factors_printed(text, "0.569 0.221 0.40 0.2439 0.12", "-0.241 0.225 0.45 0.2439 0.12")
    assert_printed(result(text), "0.00076")


def chain(*slopes: tuple[str, float]) -> tuple[Value, list[Value]]:
    """Labelled nodes, each the one before times a number: the slide's own rounded factors."""
    nodes = [Value(1.0, label=slopes[0][0])]
    for (_, slope), label in zip(slopes, [label for label, _ in slopes[1:]] + ["E"], strict=True):
        nodes.append(labelled(slope * nodes[-1], label))
    return nodes[-1], nodes


@pytest.mark.parametrize(
    ("slopes", "factors_shown", "printed"),
    [
        ((("w11", 0.578), ("a1", 0.221), ("y1", 0.569)), "0.569 × 0.221 × 0.578", "0.0727"),
        ((("z1", 0.4), ("a1", 0.221), ("y1", 0.569)), "0.569 × 0.221 × 0.4", "0.0503"),
        ((("z1", 0.45), ("a2", 0.225), ("y2", -0.241)), "-0.241 × 0.225 × 0.45", "-0.0244"),
        ((("w11", 0.12), ("a", 0.2439), ("z1", 0.0259)), "0.0259 × 0.2439 × 0.12", "0.000758"),
    ],
)
def test_the_slides_rounded_factors_give_the_slides_products(
    slopes: tuple[tuple[str, float], ...], factors_shown: str, printed: str
) -> None:
    root, nodes = chain(*slopes)
    text = explain(root, nodes[0]).text
    assert f"= {factors_shown}\n" in text
    assert_printed(result(text), printed)


def test_the_slides_two_terms_give_the_slides_sum() -> None:
    """Backwarding: dE/dz1 = 0.0503 - 0.0244 = 0.0259."""
    z1 = Value(1.0, label="z1")
    e1, e2 = labelled(0.0503 * z1, "E1"), labelled(-0.0244 * z1, "E2")
    text = explain(labelled(e1 + e2, "E"), z1).text
    assert text.endswith("d(E)/d(z1) = path 1 + path 2\n           = 0.0503 - 0.0244\n           = 0.0259")


def test_the_network_put_right() -> None:
    v = two_two_two()
    text = explain(v["E"], v["w11(2)"]).text
    assert_factors_printed(text, "0.569668 0.221213 0.544383")
    assert_printed(result(text), "0.068602")
    text = explain(v["E"], v["z1"]).text
    assert "0.0504071 - 0.0242504\n" in text
    assert_printed(result(text), "0.026157")
    text = explain(v["E"], v["w11(1)"]).text
    assert_factors_printed(
        text, "0.569668 0.221213 0.40 0.248030 0.12", "-0.240112 0.224436 0.45 0.248030 0.12"
    )
    assert_printed(result(text), "0.00077852")


def test_a_neuron() -> None:
    """Backpropagation in a neuron: dE/dw1 = -(t - sigma) * sigma (1 - sigma) * z1."""
    z, w = ([Value(0.1 * i, label=f"{name}{i}") for i in (1, 2, 3)] for name in "zw")
    t = Value(1.0, label="t")
    a = labelled(w[0] * z[0] + w[1] * z[1] + w[2] * z[2], "a")
    sigma = labelled(a.sigmoid(), "σ")
    error = labelled(0.5 * (t - sigma) ** 2, "E")
    for i in range(3):
        assert f"= (σ - t) · (σ * (1 - σ)) · z{i + 1}\n" in explain(error, w[i]).text


def test_tied_weights() -> None:
    """Lecture 003, exam 2016, question 5: 2 (f - y) (u1 h1 (1 - h1) x1 + u2 h2 (1 - h2) x2)."""
    x = [Value(number, label=f"x{i}") for i, number in enumerate((0.5, -1.0, 2.0), 1)]
    w2, w3, w5, w6 = (
        Value(number, label=label) for label, number in (("w2", 0.3), ("w3", -0.2), ("w5", 0.1), ("w6", 0.4))
    )
    tied, u1, u2, y = (
        Value(0.7, label="w_tied"), Value(1.5, label="u1"), Value(-0.8, label="u2"), Value(1.0, label="y"),
    )  # fmt: skip
    v1 = labelled(tied * x[0] + w3 * x[1] + w5 * x[2], "v1")
    v2 = labelled(w2 * x[0] + tied * x[1] + w6 * x[2], "v2")
    h1, h2 = labelled(v1.sigmoid(), "h1"), labelled(v2.sigmoid(), "h2")
    f = labelled(u1 * h1 + u2 * h2, "f")
    told = explain(labelled((y - f) ** 2, "E"), tied)

    for i in (1, 2):
        assert f"path {i} = d(E)/d(f) · d(f)/d(h{i}) · d(h{i})/d(v{i}) · d(v{i})/d(w_tied)\n" in told.text
        assert f"= (2 * (f - y)) · u{i} · (h{i} * (1 - h{i})) · x{i}\n" in told.text
    hidden = [1 / (1 + exp(-v)) for v in (0.7 * 0.5 + 0.2 + 0.2, 0.15 - 0.7 + 0.8)]
    out = 1.5 * hidden[0] - 0.8 * hidden[1]
    by_hand = 2 * (out - 1.0) * (
        1.5 * hidden[0] * (1 - hidden[0]) * 0.5 + -0.8 * hidden[1] * (1 - hidden[1]) * -1.0
    )  # fmt: skip
    assert result(told.text) == pytest.approx(by_hand, rel=1e-5)
    assert r"\frac{\partial E}{\partial f}" in told.latex
    assert r"\frac{\partial \text{v1}}{\partial \text{w\_tied}}" in told.latex
