"""explain(): every path, every number, and nothing that a label can break."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import GATES, Value, cos, exp, gate, leaky_relu, relu, sin, summation, tanh, topological_order
from autograd.arithmetic.mathml import as_mathml, number_mathml
from autograd.arithmetic.notation import as_text
from autograd.arithmetic.symbols import Symbol
from autograd.backward import walk
from autograd.formulas import formula, local_derivatives
from autograd.node import NOT_YET
from autograd.text import legible
from autograd.views.chain_rule import explain
from autograd.views.chain_rule.order import push_at_once
from autograd.views.chain_rule.paths import Paths
from autograd.views.turns import number_of
from tests.work import calls

EVIL = [
    "<script>alert(1)</script>", "</math></p>", "\"'`", "\\frac{1}{0}", "\\end{align*}$$%#&_^~{}",
    "x" * 10_000, "אבג", "\u202egnp.exe", "👩‍🔬", "a\nb\x00\t", " ", "]]>", "-->", "\ud800",
]  # fmt: skip


def labelled(value: Value, label: str) -> Value:
    value.label = label
    return value


def gradient_of(root: Value, leaf: Value) -> float:
    return next(upstream for node, upstream, _ in walk(root) if node is leaf)


# -- the paths ----------------------------------------------------------------------------------


def test_unlabelled_nodes_are_folded_and_written_out() -> None:
    w, x, t = (Value(number, label=label) for number, label in ((2.0, "w"), (3.0, "x"), (1.0, "t")))
    error = labelled(0.5 * (w * x - t) ** 2, "E")
    assert explain(error, w).text == (
        "The gradient of E with respect to w, by the chain rule: 15.\n"
        "\n"
        "d(E)/d(w) = (w * x - t) * x\n"
        "          = 15"
    )


def test_several_unnamed_ways_between_two_named_nodes_are_one_factor() -> None:
    x = Value(2.0, label="x")
    a = labelled(3 * x + sin(x), "a")
    text = explain(labelled(a * a, "y"), x).text
    assert "d(y)/d(x) = d(y)/d(a) · d(a)/d(x)\n          = (a + a) · (3 + cos(x))\n" in text


def test_a_shared_unlabelled_node_gets_a_name_and_a_definition() -> None:
    x = Value(0.5, label="x")
    shared = x * x + 1
    root = labelled(exp(shared) * shared, "y")
    text = explain(root, x).text
    assert "d(y)/d(v2) · d(v2)/d(x)" in text
    assert "where\nv2 = x * x + 1 = 1.25" in text
    assert explain(root, shared).text.startswith("The gradient of y with respect to v2")


def test_several_paths_are_numbered_and_summed() -> None:
    x = Value(2.0, label="x")
    a, b = labelled(3 * x, "a"), labelled(-4 * x, "b")
    text = explain(labelled(a + b, "y"), x).text
    assert text.startswith(
        "The gradient of y with respect to x, by the chain rule: -1, the sum over 2 paths."
    )
    assert "path 1 = d(y)/d(a) · d(a)/d(x)\n       = 1 · 3\n       = 1 × 3\n       = 3\n" in text
    assert text.endswith("d(y)/d(x) = path 1 + path 2\n          = 3 - 4\n          = -1")


def test_node_by_node_shows_where_each_term_comes_from() -> None:
    x = Value(2.0, label="x")
    a, b = labelled(3 * x, "a"), labelled(-4 * x, "b")
    told = explain(labelled(a * b, "y"), x).recursive
    assert told is not None
    assert told.text.endswith(
        "d(y)/d(x) = d(y)/d(a) · 3 + d(y)/d(b) · (-4)\n"
        "          = -8 × 3 + 6 × (-4)\n"
        "          = -24 - 24\n"
        "          = -48"
    )


def test_a_factor_too_long_to_read_speaks_of_named_nodes() -> None:
    x = Value(0.3, label="x")
    terms = [tanh(x * (i + 1) + 0.5) * exp(x - i) for i in range(3)]
    text = explain(labelled(terms[0] * terms[1] * terms[2], "y"), x).text
    formula = next(line for line in text.splitlines() if line.startswith("d(y)/d(x) ="))
    assert re.search(r"\bv\d+", formula)
    for name in set(re.findall(r"\bv\d+", formula)):
        assert f"\n{name} = " in text


def test_root_and_leaf_in_odd_places() -> None:
    x, other = Value(2.0, label="x"), Value(1.0, label="w")
    y = labelled(x * x, "y")
    assert "y does not depend on w" in explain(y, other).text
    assert explain(y, other).text.endswith("d(y)/d(w) = 0")
    assert explain(y, other).recursive is None
    assert "x does not depend on y" in explain(x, y).text
    assert explain(y, y).text.endswith("d(y)/d(y) = 1")
    assert explain(Value(2.0), Value(3.0)).text.endswith("d(v1)/d(v2) = 0")


@pytest.mark.parametrize("wrong", [3.0, "x", [Value(1.0)]])
def test_what_is_no_value(wrong: object) -> None:
    with pytest.raises(TypeError, match=re.escape(type(wrong).__name__)):
        explain(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="as its leaf.*" + re.escape(type(wrong).__name__)):
        explain(Value(1.0), wrong)  # type: ignore[arg-type]


def test_numbers_that_are_not_finite_are_shown() -> None:
    x = Value(0.0, label="x")
    assert explain(labelled(x.sqrt() * 2, "y"), x).text.endswith("= inf")
    y = labelled(x.sqrt(), "s") * labelled(0 * x, "z")
    assert "           = nan + 0\n           = nan\n" in explain(y, x).text


def test_a_factor_may_overflow_where_the_gradient_does_not() -> None:
    x = Value(0.0, label="x")
    large = labelled(1e200 * (1e200 * x), "a")
    text = explain(labelled(1e-200 * large, "y"), x).text
    assert "by the chain rule: 1e+200." in text
    assert text.endswith("= 1e-200 × inf\n          = 1e+200")


def test_rounding_of_the_smallest_numbers_is_no_disagreement() -> None:
    """Just under 1.5 of the smallest numbers round to 1 on each path; in backward just under 3 round to 3."""
    x = Value(0.0, label="x")
    n = labelled(0.3 * labelled(1e300 * x, "n"), "m")
    both = labelled(1 * n, "p") + labelled(1 * n, "q")
    told = explain(labelled(25e-324 * both, "y"), x).text
    assert "by the chain rule: 1.4822e-23, the sum over 2 paths." in told
    assert "= 9.88131e-24\n" in told


def test_sums_that_overflow_on_one_side_only() -> None:
    x = Value(1.0, label="x")
    a = labelled(0.1 * x, "a")
    root = labelled(1.5e308 * labelled(a * 1.0, "b") + 1.5e308 * labelled(a * 1.0, "c"), "y")
    text = explain(root, x).text
    assert "by the chain rule: inf" in text
    assert "= 3e+307\n" in text
    assert "backward() adds before it multiplies, and gets inf." in text


def test_a_gate_whose_rule_is_not_linear_is_found_out() -> None:
    odd = gate("odd", forward=lambda m, x: x, backward=lambda m, upstream, out, x: (upstream * upstream,))
    x = Value(1.0, label="x")
    y = odd(x)
    y.label = "y"
    a, b = labelled(2 * y, "a"), labelled(3 * y, "b")
    with pytest.raises(AssertionError, match="not linear"):
        explain(a + b, x)


# -- agreement with the engine ------------------------------------------------------------------

GATES_OF_ONE = [
    tanh,
    sin,
    cos,
    exp,
    relu,
    leaky_relu,
    GATES["sigmoid"],
    GATES["abs"],
    GATES["sqrt"],
    GATES["log"],
]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 15), st.integers(0, 30), st.integers(0, 30), st.booleans(), st.floats(-3, 3, width=16)
    ),
    min_size=1,
    max_size=14,
)


def random_graph(steps: list[tuple[int, int, int, bool, float]]) -> tuple[Value, Value]:
    """A graph with shared nodes, some labelled; its root and a leaf."""
    leaf = Value(steps[0][4], label="x")
    nodes = [leaf, Value(0.5)]
    for kind, i, j, bears_label, number in steps:
        a, b = nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)]
        if kind < len(GATES_OF_ONE):
            made: Value = GATES_OF_ONE[kind](a)
        else:
            made = [a + b, a - b, a * b, a / b, number * a, summation(a, b, a)][kind - len(GATES_OF_ONE)]
        nodes.append(labelled(made, f"n{len(nodes)}") if bears_label else made)
    return nodes[-1], leaf


@given(STEPS)
def test_paths_sum_to_the_gradient_and_nodes_exactly(steps: list[tuple[int, int, int, bool, float]]) -> None:
    """explain() itself checks both; here the sums are made again, from what it shows paths of."""
    root, leaf = random_graph(steps)
    told = explain(root, leaf)
    ElementTree.fromstring(told.html)
    assert all(node.grad is NOT_YET for node in [*topological_order(root), leaf])
    paths = Paths(root, leaf)
    if not paths.connected:
        assert told.text.endswith("= 0")
        return
    engine = {node: upstream for node, upstream, _ in walk(root)}
    for node in paths.way[:-1]:
        received = 0.0
        for use in paths.uses[node]:
            received += number_of(use.contribution)
        assert received == engine[node] or math.isnan(received)
    if paths.count() <= 8:
        products = [number_of(paths.product(path)) for path in paths.walk_paths()]
        assert len(products) == paths.count()
        if all(map(math.isfinite, products)) and math.isfinite(engine[leaf]):
            scale = sum(map(abs, products))
            assert sum(products) == pytest.approx(engine[leaf], rel=1e-9, abs=1e-9 * scale + 1e-300)


@given(STEPS)
def test_formulas_have_the_value_that_is_shown(steps: list[tuple[int, int, int, bool, float]]) -> None:
    from autograd.arithmetic import floats
    from autograd.arithmetic.protocol import PRIMITIVES
    from autograd.views.chain_rule.formulas import Formulas

    root, leaf = random_graph(steps)
    paths = Paths(root, leaf)
    if not paths.connected:
        return
    formulas = Formulas(paths)
    known: dict[str, object] = {formulas.names[node]: node.data for node in paths.order}
    known |= {name: getattr(floats, name) for name in PRIMITIVES}
    known |= {name: rule for name, rule in GATES.items() if name not in known} | {"relu": relu, "abs": abs}
    for node in paths.named - {root}:
        for link in paths.links[node]:
            formula = as_text(formulas.of_links(node, [link]))
            try:
                number = eval(formula, {**known, "max": max, "min": min, "inf": math.inf, "nan": math.nan})
            except (ZeroDivisionError, OverflowError):
                continue  # Python's own arithmetic, where the engine's is IEEE 754's
            local = number_of(link.local)
            if math.isfinite(local) and isinstance(number, float) and math.isfinite(number):
                assert number == pytest.approx(local, rel=1e-3, abs=1e-3), formula


# -- large graphs -------------------------------------------------------------------------------


@pytest.mark.parametrize("bears_labels", [True, False])
def test_a_long_chain_answers_quickly_and_briefly(bears_labels: bool) -> None:
    def chain(length: int) -> tuple[Value, Value]:
        x = y = Value(0.3, label="x")
        for i in range(length):
            y = tanh(y)
            y.label = f"y{i}" if bears_labels else ""
        return y, x

    assert calls(explain, *chain(5_000)) < 2.1 * calls(explain, *chain(2_500))
    y, x = chain(5_000)
    told = explain(y, x)
    assert len(told.text) < 5_000
    assert "more factors)" in told.text
    assert told.recursive is not None
    assert "more nodes ..." in told.recursive.text
    assert len(told.recursive.html) < 100_000
    assert len(explain(y).text) < 10_000
    assert calls(explain, y) < 2.1 * calls(explain, chain(2_500)[0])


def test_too_many_paths_are_counted_and_told_node_by_node() -> None:
    x = y = Value(0.3, label="x")
    for i in range(60):
        a, b = labelled(tanh(y), f"a{i}"), labelled(sin(y), f"b{i}")
        y = a + b
    told = explain(labelled(y, "y"), x)
    assert Paths(y, x).count() == 2**60
    assert f"{2**60:,} paths" in told.text
    assert told.recursive is not None
    assert told.text == told.recursive.text


@pytest.mark.parametrize(("count", "by_path"), [(8, True), (9, False)])
def test_eight_paths_are_told_nine_are_not(count: int, by_path: bool) -> None:
    x = Value(1.0, label="x")
    y = summation(*[labelled(i * x, f"a{i}") for i in range(count)])
    assert (f"path {count}" in explain(y, x).text) is by_path


def test_a_weight_used_thousands_of_times() -> None:
    def used(count: int) -> tuple[Value, Value]:
        w = Value(0.1, label="w")
        return labelled(summation(*[(w * i - 1) ** 2 for i in range(count)]), "L"), w

    loss, w = used(3_000)
    assert "(2,996 more)" in explain(loss, w).text
    assert len(explain(loss).text) < 10_000
    for arguments in ((loss, w), (loss,)):
        assert calls(explain, *arguments) < 2.1 * calls(explain, *used(1_500)[: len(arguments)])


# -- labels -------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The names of the elements, and the attributes, of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(attrs)


ELEMENTS = {"div", "p", "br", "math", "mrow", "mfrac", "mi", "mn", "mo", "msup", "msqrt", "mtable", "mtr",
            "mtd", "mtext", "mspace"}  # fmt: skip


@pytest.mark.parametrize("label", EVIL, ids=range(len(EVIL)))
def test_labels_are_inert(label: str) -> None:
    x = Value(2.0, label=label)
    a, b = labelled(tanh(x), label), labelled(3 * x, label + "b")
    y = labelled(a * b, label)
    for told in (explain(y, x), explain(y, x).recursive, explain(y), explain(y, Value(1.0, label=label))):
        assert told is not None
        document = Elements(told.html)
        assert document.seen <= ELEMENTS
        assert document.attributes <= {("displaystyle", "true")}
        ElementTree.fromstring(told.html)
        assert told.latex.count("\\end{align*}") == told.latex.count("\\begin{align*}") == 1
        assert told.latex.endswith("\\end{align*}")
        assert not re.search(r"(?<!\\)[$%#]", told.latex)
        assert "\n\n" not in told.latex
        for shown in (told.text, told.latex, told.html):
            assert len(shown) < 20_000
            assert not set(shown) & set("\x00\u202a\u202b\u202d\u202e\ud800")
            assert shown.count("\u2068") == shown.count("\u2069")
            shown.encode()


def test_names_stay_apart_when_shortened_or_cleaned() -> None:
    x, y = Value(2.0, label="x" * 10_000), Value(3.0, label="x" * 9_999)
    text = explain(labelled(x * y, "z"), x).text
    assert f"d(z)/d({'x' * 29}...) = {'x' * 29}...#2\n" in text


def test_a_name_from_right_to_left_does_not_turn_the_numbers() -> None:
    x = Value(2.0, label="אבג")
    assert "d(y)/d(\u2068אבג\u2069) = " in explain(labelled(x * 3, "y"), x).text


def test_latex_for_slides() -> None:
    w11, y1 = Value(2.0, label="w11"), Value(3.0, label="y_1")
    assert explain(labelled(w11 / y1, "E"), y1).latex == (
        "\\begin{align*}\n"
        "&\\text{The gradient of E with respect to y\\_1, by the chain rule: -0.222222.} \\\\\n"
        "\\frac{\\partial E}{\\partial \\text{y\\_1}} &= -\\frac{E}{\\text{y\\_1}} \\\\\n"
        "&= -0.222222\n"
        "\\end{align*}"
    )


def test_a_notebook_shows_it() -> None:
    x = Value(2.0, label="x")
    told = explain(x * x, x)
    assert (told._repr_html_(), told._repr_latex_(), str(told)) == (told.html, told.latex, told.text)
    assert "<math" in told.html


def test_it_is_named_in_short_and_told_in_full_by_ipython() -> None:
    ipython = pytest.importorskip("IPython.lib.pretty", reason="IPython is not installed")
    x = Value(2.0, label="x")
    told = explain(labelled(x * x, "y"), x)
    of_what = "The gradient of y with respect to x, by the chain rule: 4."
    assert repr([told]) == f"[<Explanation: {of_what} print() shows all of it>]"
    assert ipython.pretty(told) == told.text
    long = explain(labelled(x * x, "y" * 1_000), x)
    assert len(repr(long)) < 200


# -- why this order -----------------------------------------------------------------------------


def test_why_this_order() -> None:
    a = Value(1.0, label="a")
    b = labelled(a + a, "b")
    c = labelled(b * a, "c")
    text = explain(c).text
    assert "1. a: a leaf\n2. b = a + a\n3. c = b * a\n" in text
    assert (
        "1. c: the root: d(c)/d(c) = 1\n"
        "2. b: the only gate that uses b has passed on its gradient: c; its gradient is 1\n"
        "3. a: all gates that use a have passed on their gradients: c and b; its gradient is 4\n"
    ) in text


def test_what_goes_wrong_without_the_order_is_computed() -> None:
    a = Value(1.0, label="a")
    b = a + a
    c = b + b
    wrong, turns = push_at_once(c)
    assert wrong[a] == 6
    assert gradient_of(c, a) == 4
    assert [gradient for node, gradient in turns if node is b] == [1, 2]
    text = explain(c).text
    assert "a ends with 6, which is wrong" in text
    assert text.endswith("a ends with 4.")


# -- MathML -------------------------------------------------------------------------------------


def test_mathml_covers_every_gate() -> None:
    for rule in GATES.values():
        names = [Symbol.name(name) for name in ("<a>", "b&", "c")]
        operands = names if rule.variadic else names[: len(rule.operand_names)]
        for symbol in [formula(rule, *operands), *local_derivatives(rule, *operands)]:
            shown = "".join(ElementTree.fromstring(as_mathml(symbol)).itertext())
            names_of = {as_text(name) for name in operands if as_text(name) in as_text(symbol)}
            assert all(name in shown for name in names_of), (rule, shown)


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        (Symbol.name("a") * (Symbol.name("b") + 1), "a⋅(b+1)"),
        (Symbol.name("a") - (Symbol.name("b") - 1), "a−(b−1)"),
        ((Symbol.name("a") + 1) ** Symbol.of(-2.0), "(a+1)−2"),
        (-(Symbol.name("a") + Symbol.name("b")), "−(a+b)"),
        (Symbol("&", Symbol.name("a") <= 1, Symbol.name("b") != 0), "a≤1andb≠0"),
        (Symbol("heaviside", Symbol.name("a"), Symbol.of(1.0)), "step(a)"),
        (Symbol("maximum", Symbol.name("a"), Symbol.of(0.5)), "max(a,0.5)"),
        (abs(Symbol.name("a")), "|a|"),
        (Symbol("where", Symbol.name("a") > 0, Symbol.of(1.0), Symbol.name("b")), "{1a>0botherwise"),
    ],
)
def test_mathml_reads_as_the_formula(symbol: Symbol, shown: str) -> None:
    assert "".join(ElementTree.fromstring(as_mathml(symbol)).itertext()) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(2.0, "2"), (-0.0, "0"), (-1.5e-12, "−1.5⋅10−12"), (math.inf, "∞"), (math.nan, "nan")],
)
def test_numbers_in_mathml(number: float, shown: str) -> None:
    assert "".join(ElementTree.fromstring(number_mathml(number)).itertext()) == shown


@given(st.text())
def test_any_name_is_well_formed(name: str) -> None:
    assert "".join(ElementTree.fromstring(as_mathml(Symbol.name(name))).itertext()) == legible(name)
