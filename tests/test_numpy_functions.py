"""NumPy's functions on Values and arrays: NumPy's numbers, gradients by gates, or one clear refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

from autograd import Value, ValueArray, array, compile, data_of, grad_of, gradcheck, jacobian, numpy_functions
from tests.test_arrays import assert_floats_inside, gate_names

np: Any = numpy  # whose stubs know no Values
inf = numpy.inf
Function = Callable[[Any], Any]

ORDINARY = [-2.5, -1.25, -0.4, 0.3, 0.8, 1.7, 3.2]
INSIDE_1 = [-0.9, -0.3, 1e-9, 0.2, 0.95]

#: Functions of one element, and where they are smooth.
OF_ONE: dict[str, list[float]] = {
    name: numbers
    for names, numbers in (
        ("exp expm1 exp2 sin cos tan tanh sinh cosh arctan arcsinh absolute fabs cbrt", ORDINARY),
        ("sign floor ceil trunc rint deg2rad radians rad2deg degrees", ORDINARY),
        ("square reciprocal negative positive conjugate", ORDINARY),
        ("log log2 log10 sqrt", [1e-3, 0.3, 1.0, 8.0, 1e6]),
        ("arcsin arccos arctanh", INSIDE_1),
        ("log1p", [-0.9, 1e-12, 2.0]),
        ("arccosh", [1.0001, 1.5, 3.0, 1e3]),
    )
    for name in names.split()
}
OF_TWO = (
    "maximum", "minimum", "hypot", "logaddexp", "logaddexp2", "heaviside", "arctan2", "power", "float_power",
    "add", "subtract", "multiply", "divide",
)  # fmt: skip
#: Steps, to which finite differences are no guide.
FLAT = {"sign", "floor", "ceil", "trunc", "rint", "heaviside"}


@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_element(name: str) -> None:
    function, numbers = getattr(np, name), OF_ONE[name]
    out = function(array(numbers))
    assert type(out) is ValueArray
    np.testing.assert_allclose(data_of(out), function(np.array(numbers)), rtol=1e-14, atol=1e-15)
    assert_floats_inside(*out)
    for number in numbers:
        assert type(function(Value(number))) is Value
        assert name in FLAT or gradcheck(function, [number]).ok, number


@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two_elements(name: str) -> None:
    function, a, b = getattr(np, name), [0.5, 1.5, 2.0], [2.0, 0.7, -1.5]
    for x, y in ((array(a), array(b)), (array(a), np.array(b)), (np.array(a), array(b)), (array(a), b)):
        out = function(x, y)
        assert type(out) is ValueArray
        np.testing.assert_allclose(data_of(out), function(a, b), rtol=1e-14)
        assert_floats_inside(*out)
    assert type(function(Value(0.5), 2.0)) is type(function(0.5, Value(2.0))) is Value
    assert name in FLAT or gradcheck(function, [0.5, 2.0]).ok


#: At the ends of what they take, with the slope there.
EDGES: list[tuple[str, float, float, float]] = [
    ("sign", 0.0, 0.0, 0.0),
    ("sinh", 1e-300, 1e-300, 1.0),
    ("arcsinh", 0.0, 0.0, 1.0),
    ("arcsinh", -1e-12, -1e-12, 1.0),
    ("arcsinh", 1e200, float(np.arcsinh(1e200)), 1e-200),
    ("arcsin", 1.0, np.pi / 2, inf),
    ("arccos", 1.0, 0.0, -inf),
    ("arctan", 1e200, np.pi / 2, 0.0),
    ("arctan", -inf, -np.pi / 2, 0.0),
    ("arccosh", 1e200, float(np.arccosh(1e200)), 1e-200),
    ("arctanh", 1e-300, 1e-300, 1.0),
    ("cbrt", -27.0, -3.0, 1 / 27),
    ("log1p", 1e-300, 1e-300, 1.0),
    ("rint", 2.5, 2.0, 0.0),
    ("rint", -inf, -inf, 0.0),
]
SIGNED_ZEROS = [
    ("floor", -0.0),
    ("floor", 0.0),
    ("floor", 0.5),
    ("rint", -0.0),
    ("rint", -0.5),
    ("rint", 0.5),
]


@pytest.mark.parametrize(("name", "number", "expected", "slope"), EDGES)
def test_edges(name: str, number: float, expected: float, slope: float) -> None:
    x = Value(number)
    out = getattr(np, name)(x)
    out.backward()
    assert out.data == pytest.approx(expected, rel=1e-15, abs=0)
    assert x.grad == pytest.approx(slope, rel=1e-14, abs=0)


@pytest.mark.parametrize(("name", "number"), SIGNED_ZEROS)
def test_the_sign_of_zero_is_kept(name: str, number: float) -> None:
    with np.errstate(divide="ignore"):
        function, expected = getattr(np, name), 1 / getattr(np, name)(number)
    x = Value(number)
    assert (1 / function(x)).data == expected
    assert compile(1 / function(x), inputs=[x])([[number]]).tolist() == [expected]


def test_every_entry_is_tried() -> None:
    """Those in the table that are not in a list above have tests of their own below."""
    assert numpy_functions.ELEMENTWISE.keys() - {*OF_ONE, *OF_TWO} == {"clip"}
    # np.real is a function; the attribute .real is a ufunc since NumPy 2.5
    for name in (numpy_functions.ELEMENTWISE.keys() | numpy_functions.AS_THEY_ARE) - {"clip", "real"}:
        is_newer = name in ("vecdot", "matvec", "vecmat") and not hasattr(np, name)
        assert is_newer or isinstance(getattr(np, name), np.ufunc), name


def test_clip() -> None:
    W = array([-1.0, 0.5, 3.0])
    assert data_of(np.clip(W, 0, 1)).tolist() == data_of(W.clip(0, 1)).tolist() == [0.0, 0.5, 1.0]
    assert data_of(np.clip(W, None, 1)).tolist() == [-1.0, 0.5, 1.0]
    assert data_of(np.clip(W, 0, None)).tolist() == [0.0, 0.5, 3.0]
    assert data_of(np.clip(W, [-2, 1, 4], [0, 2, 5])).tolist() == [-1.0, 1.0, 4.0]
    assert jacobian(np.clip(W, 0, 1), W).tolist() == np.diag([0.0, 1.0, 0.0]).tolist()
    assert type(np.clip(W[1], 0, 1)) is Value


def test_rounding_to_decimals() -> None:
    W = array([1.234, -2.675, 25.0, 35.0])
    for decimals in (0, 1, 2, -1):
        expected = np.round(data_of(W), decimals)
        for out in (np.round(W, decimals), W.round(decimals), np.around(W, decimals)):
            assert type(out) is ValueArray
            assert data_of(out).tolist() == expected.tolist()
    assert np.round(Value(0.55), 1).data == np.round(0.55, 1)
    assert np.round(Value(2.5)).data == 2.0


def test_questions_get_plain_answers() -> None:
    W = array([1.0, -inf, np.nan])
    for question in (np.isnan, np.isinf, np.isfinite, np.signbit):
        answer = question(W)
        assert answer.dtype == bool
        assert answer.tolist() == question(data_of(W)).tolist()
        assert type(question(W[0])) is np.bool_
    assert np.isfinite(W).sum() == 1


# -- reductions by one gate ---------------------------------------------------------------------

HALF = np.arange(24).reshape(3, 2, 4) % 2 == 0

REDUCTIONS: dict[str, Function] = {
    "max": lambda W: W.max(),
    "max(axis)": lambda W: W.max(axis=1),
    "max(axes, keepdims)": lambda W: np.max(W, axis=(0, 2), keepdims=True),
    "max(negative axis)": lambda W: np.amax(W, axis=-1),
    "min(initial)": lambda W: np.min(W, axis=0, initial=0.5),
    "max(where)": lambda W: np.max(W, axis=0, where=np.arange(3)[:, None, None] > 0, initial=-9.0),
    "maximum.reduce": np.maximum.reduce,
    "maximum.accumulate": lambda W: np.maximum.accumulate(W, axis=1),
    "logaddexp.reduce": lambda W: np.logaddexp.reduce(W, axis=2),
    "hypot.reduce": lambda W: np.hypot.reduce(W, axis=1),
    "hypot.accumulate": lambda W: np.hypot.accumulate(W, axis=2),
    "ptp": np.ptp,
    "norm": np.linalg.norm,
    "norm(axis)": lambda W: np.linalg.norm(W, axis=1),
    "norm(2)": lambda W: np.linalg.norm(W, 2, axis=-1, keepdims=True),
    "norm(axes)": lambda W: np.linalg.norm(W, axis=(0, 1)),
    "norm(fro)": lambda W: np.linalg.norm(W[0], "fro"),
    "norm(1)": lambda W: np.linalg.norm(W, 1, axis=0),
    "norm(inf)": lambda W: np.linalg.norm(W, inf, axis=1),
    "norm(-inf)": lambda W: np.linalg.norm(W, -inf, axis=1),
    "norm(3)": lambda W: np.linalg.norm(W, 3, axis=1),
    "matrix norm(1)": lambda W: np.linalg.norm(W[0], 1),
    "matrix norm(-inf)": lambda W: np.linalg.norm(W, -inf, axis=(2, 0), keepdims=True),
    "vector_norm": lambda W: np.linalg.vector_norm(W, axis=1),
    "sum, mean": lambda W: np.sum(W, axis=0) + np.mean(W, axis=(0,)),
    "var": lambda W: W.var(0),
    "std(ddof)": lambda W: np.std(W, axis=1, ddof=1),
    "var of all": np.var,
    "sum(where)": lambda W: np.sum(W, axis=0, where=[True, False, False, True]),
    "mean(where), prod(where)": lambda W: np.mean(W, where=HALF) + np.prod(W, axis=1, where=HALF),
    "std(where)": lambda W: np.std(W, axis=(1, 2), where=HALF),
    "average": lambda W: np.average(W, axis=0, weights=[1, 2, 3]),
    "prod, cumsum": lambda W: np.cumsum(np.prod(W, axis=0)),
    "vdot": lambda W: np.vdot(W, W),
    "vecdot": lambda W: np.vecdot(W, W),
    "einsum": lambda W: np.einsum("ijk,ijk->j", W, W),
}


@pytest.mark.parametrize("function", REDUCTIONS.values(), ids=REDUCTIONS)
def test_reductions(function: Function) -> None:
    numbers = np.random.default_rng(0).normal(size=(3, 2, 4))
    W = array(numbers)
    out, expected = function(W), np.asarray(function(numbers))
    assert type(out) is (ValueArray if expected.shape else Value)
    np.testing.assert_allclose(data_of(out), expected, rtol=1e-13)
    total = np.sum(out)
    total.backward()
    step = 1e-6
    for place in ((0, 0, 0), (1, 1, 2), (2, 0, 3)):
        moved = [numbers.copy(), numbers.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        slope = (np.sum(function(moved[0])) - np.sum(function(moved[1]))) / (2 * step)
        assert grad_of(W)[place] == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_a_reduction_is_one_gate_and_ties_share_alike() -> None:
    x = array([2.0, 2.0, 1.0, 2.0])
    third = 1 / 3
    for out, slopes in (
        (x.max(), [third, third, 0, third]),
        ((-x).min(), [-third, -third, 0, -third]),
        (np.maximum.accumulate(x)[-1], [third, third, 0, third]),
        (np.linalg.norm(x, inf), [third, third, 0, third]),
    ):
        assert sum(name in ("max", "min") for name in gate_names(out)) == 1
        assert jacobian(out, x)[0] == pytest.approx(slopes, rel=1e-15)
    assert gate_names(np.linalg.norm(x)) == ["norm"]


def test_the_norm_at_zero_and_far_out() -> None:
    for numbers, norm, slopes in (
        ([0.0, 0.0], 0.0, [0.0, 0.0]),
        ([3e200, 4e200], 5e200, [0.6, 0.8]),
        ([3e-200, 4e-200], 5e-200, [0.6, 0.8]),
        ([3e200, 4.0], 3e200, [1.0, 4 / 3e200]),
    ):
        x = array(numbers)
        out = np.linalg.norm(x)
        out.backward()
        assert out.data == pytest.approx(norm, rel=1e-15)
        assert grad_of(x).tolist() == pytest.approx(slopes, rel=1e-15)
    x = array([0.0, 0.0])
    np.sqrt(np.linalg.norm(x * x)).backward()  # an infinite slope above the norm stays there
    assert grad_of(x).tolist() == [0.0, 0.0]


def test_the_maximum_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="max of no elements"):
        array(shape=(0,)).max()
    assert np.logaddexp.reduce(array(shape=(0,))) == -inf


# -- shapes -------------------------------------------------------------------------------------

SHAPES: dict[str, Function] = {
    "concatenate": lambda W: np.concatenate([W, W], axis=1),
    "concatenate, numbers": lambda W: np.concatenate([W, np.ones((1, 2))]),
    "stack": lambda W: np.stack([W[0], W[1]]),
    "stack, elements": lambda W: np.stack([W[0, 0], W[0, 1]]),
    "vstack": lambda W: np.vstack([W, W[0]]),
    "hstack": lambda W: np.hstack([W, W]),
    "append": lambda W: np.append(W, W[0, 0]),
    "pad": lambda W: np.pad(W, 1, mode="edge"),
    "pad with 0": lambda W: np.pad(W, 1),
    "where": lambda W: np.where(np.eye(2) > 0, W, 0.0),
    "split": lambda W: np.split(W, 2)[1],
    "meshgrid": lambda W: np.meshgrid(W[0], W[1])[0],
    "outer": lambda W: np.outer(W[0], W[1]),
    "tensordot": lambda W: np.tensordot(W, W, axes=1),
    "einsum": lambda W: np.einsum("ij,jk->ik", W, W),
    "triu": np.triu,
    "block": lambda W: np.block([[W, W]]),
    "broadcast_to": lambda W: np.broadcast_to(W, (3, 2, 2)),
    "copy": np.copy,
    "insert": lambda W: np.insert(W, 0, W[1, 1]),
    "convolve": lambda W: np.convolve(W[0], W[1]),
    "transpose": np.transpose,
}


@pytest.mark.parametrize("function", SHAPES.values(), ids=SHAPES)
def test_functions_of_shapes_keep_the_arrays_kind(function: Function) -> None:
    numbers = np.array([[0.5, 0.25], [0.75, 1.5]])
    out = function(array(numbers))
    assert type(out) is ValueArray
    assert data_of(out).tolist() == function(numbers).tolist()
    assert np.tanh(out).shape == out.shape  # plain numbers among the Values are no hindrance


def test_where_of_lone_values_is_a_value() -> None:
    a, b = Value(1.0), Value(2.0)
    assert np.where(True, a, b) is a
    assert np.where(False, a, b) is b


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda W: np.remainder(W, 2), "remainder"),
        (lambda W: np.fmax(W, 0), "fmax"),
        (lambda W: np.bitwise_and(W, 1), "bitwise_and"),
        (lambda W: np.spacing(W[0, 0]), "spacing"),
        (lambda W: np.linalg.det(W), "det"),
        (lambda W: np.linalg.inv(W), "inv"),
        (lambda W: np.fft.fft(W), "fft"),
        (lambda W: np.nansum(W), "nansum"),  # x != x, by which it finds a nan, is identity of Values
        (lambda W: np.nanmax(W[0, 0]), "nanmax"),
        (lambda W: np.nan_to_num(W), "nan_to_num"),
        (lambda W: np.interp(W[0, 0], [0, 1], [0, 1]), "interp"),
    ],
)
def test_one_message_for_what_has_no_gate(call: Function, name: str) -> None:
    with pytest.raises(TypeError, match=rf"^np\.{name} has no gate: .*gate\(name, .*x\.data"):
        call(array([[1.0, 2.0], [3.0, 4.0]]))


@pytest.mark.parametrize("function", [np.argmax, np.argsort, np.sort, np.max, np.median, np.unique])
def test_what_compares_names_a_gate_and_the_data(function: Function) -> None:
    plain = np.array([Value(1.0), Value(2.0)], dtype=object)
    with pytest.raises(TypeError, match=r"no order.*maximum.*\.data"):
        function(plain)
    if function is not np.max:
        with pytest.raises(TypeError, match=r"no order.*maximum.*\.data"):
            function(plain.view(ValueArray))


def test_a_reduction_writes_into_out() -> None:
    W, out = array([[1.0, 5.0], [3.0, 2.0]]), array([0.0, 0.0])
    np.max(W, axis=0, out=out)
    assert data_of(out).tolist() == [3.0, 5.0]
    assert jacobian(out, W).reshape(2, 4).tolist() == [[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]


def test_shapes_of_a_product_that_do_not_fit_are_named() -> None:
    W1 = array([[1.0, 2.0], [3.0, 4.0]])
    for product in (lambda: W1 @ [1, 2, 3], lambda: W1 @ array([1, 2, 3]), lambda: W1.dot([1, 2, 3])):
        with pytest.raises(ValueError, match=r"\(2, ?2\) and \(3,\)"):
            product()


def test_an_answer_may_go_into_an_array_of_values() -> None:
    """NumPy asked the array's own function for it, which asked NumPy."""
    x, out = array([1.0, inf]), array([5.0, 5.0])
    assert np.isfinite(x, out=out) is out
    assert out.tolist() == [True, False]
    answers = np.zeros(2, bool)
    assert np.isinf(x, out=answers) is answers
    assert answers.tolist() == [False, True]
