"""Typical wrong answers: a solution of the notebook with a slip in it, and how its check must begin.

Each entry is (what the check says first, then pairs: what stands in the solution, what stands there instead).
"""

from __future__ import annotations

APPEND = "                visit(below)\n        order.append(node)"
SEEN = "seen.add(node)\n"
SCALAR_APPEND = "                    visit(below)\n            order.append(node)"
SOFTMAX_LINE = "gradient[i] = p[i] - (i == label)"
LSE_LINE = "return largest + np.log(np.sum(np.exp(np.array(z) - largest)))"
INIT_LINE = "rng.normal(0.0, np.sqrt(2 / n_inputs), (n_outputs, n_inputs))"
KERNEL_LINE = "gradient += upstream[i, j] * image[i : i + height, j : j + width]"
RETURN_KERNEL = "    return gradient\n"

Slip = tuple[str, ...]

SLIPS: dict[int, list[Slip]] = {
    1: [
        (
            "The factors are swapped",
            "_a = upstream * b", "_a = upstream * a",
            "_b = upstream * a", "_b = upstream * b",
        ),
        ("The upstream gradient is missing", "upstream * b", "b", "upstream * a", "a"),
        ("This is the add gate", "upstream * b", "upstream", "upstream * a", "upstream"),
        (
            "This is the upstream gradient times the output",
            "* b", "* a * b",
            "= upstream * a\n", "= upstream * a * b\n",
        ),
    ],
    2: [
        ("The sign of the second is wrong", "-upstream", "upstream"),
        ("The square is missing", "b**2", "b"),
        ("The factor a is missing", "* a /", "/"),
        ("The upstream gradient is missing", "= upstream", "= 1", "-upstream", "-1"),
    ],
    3: [
        ("At the kink, x = 0, the convention is relu'(0) = 0; here it is 1 ", "x > 0", "x >= 0"),
        (
            "At the kink, x = 0, the convention is relu'(0) = 0; here it is 1/2",
            "else 0.0", "else 0.5 * upstream * (x == 0)",
        ),
        ("The gate is always open", "upstream if x > 0 else 0.0", "upstream"),
        ("The upstream gradient is missing", "upstream if", "1.0 if"),
        ("This is the upstream gradient times relu(x)", "upstream if", "upstream * x if"),
        ("The sign of the upstream gradient decides", "x > 0", "upstream > 0"),
        ("The sides are swapped", "x > 0", "x < 0"),
    ],
    4: [
        ("At a tie, a = b, all goes to a", "upstream / 2, upstream / 2", "upstream, 0.0"),
        ("At a tie, a = b, all goes to b", "upstream / 2, upstream / 2", "0.0, upstream"),
        ("At a tie, a = b, both get the whole", "upstream / 2, upstream / 2", "upstream, upstream"),
        ("At a tie, a = b, neither gets anything", "upstream / 2, upstream / 2", "0.0, 0.0"),
        ("The routes are swapped", "a > b", "a < b"),
        (
            "The upstream gradient is missing",
            "upstream / 2", "0.5",
            "(upstream, 0.0)", "(1.0, 0.0)",
            ", upstream)\n\n", ", 1.0)\n\n",
        ),
        ("Half goes to each always", "a == b", "True"),
    ],
    5: [
        ("The path through c * h is missing", "h + h + c", "h + h"),
        ("The paths through h * h are missing", "h + h + c", "c"),
        ("h * h takes h twice", "h + h + c", "h + c"),
        ("The last factor of the chain is missing", "dh_dw = x", "dh_dw = 1"),
        ("The last factor of the chain is wrong", "dh_dw = x", "dh_dw = w"),
    ],
    6: [
        ("The upstream gradient is missing", "upstream * out", "out"),
        ("A factor of the chain is missing in backward: the inner", "* -2 * x", ""),
        ("A factor of the chain is missing in backward: the outer", "upstream * out", "upstream"),
        ("The sign of backward is wrong", "* -2", "* 2"),
        ("The sign in the exponent of forward is missing", "m.exp(-x", "m.exp(x"),
    ],
    7: [
        ("The differences are one-sided", "f(down)", "f(x)", "(2 * h)", "h"),
        ("The 2 is missing", "(2 * h)", "h"),
        ("The sign is wrong", "f(up) - f(down)", "f(down) - f(up)"),
        ("The division is by 2 and then times h", "(2 * h)", "2 * h"),
        (
            "This is the derivative itself",
            "for i in range", "h = 1e-5\n    for i in range",
        ),
        (
            "A coordinate is not put back",
            "up, down = list(x), list(x)\n        up[i] += h\n        down[i] -= h",
            "x[i] += h\n        up, down = list(x), x\n        x[i] -= 2 * h",
        ),
    ],
    8: [
        ("The sign is wrong", "y - t", "t - y"),
        ("A factor of the chain is missing: the slope of the sigmoid", "y * (1 - y)", "1"),
        ("The last factor of the chain is missing", "da_dw = x", "da_dw = 1"),
        ("The first factor of the chain is missing", "y - t", "1"),
        ("The factor 1/2 of E is not used", "y - t", "2 * (y - t)"),
        ("The slope of the sigmoid counts twice", "y * (1 - y)", "(y * (1 - y)) ** 2"),
        ("The slope is taken at the wrong place", "y * (1 - y)", "(w @ x + b) * (1 - (w @ x + b))"),
    ],
    9: [
        ("The zero_grad is forgotten", "w.grad = 0.0", "pass"),
        ("This climbs", "w.data - lr", "w.data + lr"),
        ("The learning rate is missing", "lr * w.grad", "w.grad"),
        ("w has not moved", "w.data = w.data", "w = w"),
        ("Only one step is taken", "lr * w.grad", "lr * w.grad\n        return"),
        ("One step too many", "range(steps)", "range(steps + 1)"),
        ("One step too few", "range(steps)", "range(1, steps)"),
        ("The loss is the mean", "lr * w.grad", "lr * w.grad / len(xs)"),
    ],
    10: [
        ("The velocity is not used", "momentum * v + gradient", "gradient"),
        ("The sign is wrong", "w - lr", "w + lr"),
        (
            "w moves by the old velocity",
            "    v = momentum * v + gradient\n    w = w - lr * v\n",
            "    w = w - lr * v\n    v = momentum * v + gradient\n",
        ),
        ("The velocity has no friction", "momentum * v", "v"),
        ("This is a running mean", "+ gradient", "+ (1 - momentum) * gradient"),
        ("The old velocity is subtracted", "momentum * v + gradient", "gradient - momentum * v"),
        ("The learning rate is missing", "lr * v", "v"),
    ],
    11: [
        ("Right where exp(z) fits a float", LSE_LINE, "return math.log(sum(math.exp(each) for each in z))"),
        ("The shift is not undone: ", "largest + ", ""),
        ("The shift is undone with the wrong sign", "largest + ", "-largest + "),
        ("The shift is not the largest z", "max(z)", "z[0]"),
        ("This is the largest z alone", LSE_LINE, "return largest"),
    ],
    12: [
        ("The target is missing", SOFTMAX_LINE, "gradient[i] = p[i]"),
        ("The sign is wrong", SOFTMAX_LINE, "gradient[i] = (i == label) - p[i]"),
        ("A factor of the chain is missing", SOFTMAX_LINE, "gradient[i] = -(i == label) / p[i]"),
        ("Only the label's own logit", SOFTMAX_LINE, "gradient[i] = (p[i] - 1) if i == label else 0.0"),
        ("1 is subtracted from each p", SOFTMAX_LINE, "gradient[i] = p[i] - 1"),
        ("This is p (1 - p)", SOFTMAX_LINE, "gradient[i] = p[i] * (1 - p[i])"),
        ("The logits are not turned into probabilities", SOFTMAX_LINE, "gradient[i] = z[i] - (i == label)"),
    ],
    13: [
        ("The root is missing", "np.sqrt(2 / n_inputs)", "2 / n_inputs"),
        ("The 2 is missing", "2 / n_inputs", "1 / n_inputs"),
        ("The variance goes by n_outputs", "2 / n_inputs", "2 / n_outputs"),
        ("This is Xavier's variance", "2 / n_inputs", "2 / (n_inputs + n_outputs)"),
        (
            "The bound of a uniform distribution",
            INIT_LINE, "rng.uniform(-1, 1, (n_outputs, n_inputs)) * np.sqrt(2 / n_inputs)",
        ),
        ("The weights are not scaled", "np.sqrt(2 / n_inputs)", "1"),
        ("The weights are transposed", "(n_outputs, n_inputs))", "(n_inputs, n_outputs))"),
    ],
    14: [
        ("The path past the block is missing: ", ") ** 2) + 1", ") ** 2)"),
        (
            "The path past the block is missing in both directions",
            ") ** 2) + 1", ") ** 2)",
            "h = block(w, h)", "h = np.tanh(w * h)",
        ),
        ("The 1 is added once", ") ** 2) + 1", ") ** 2)", "return gradient", "return gradient + 1"),
        ("The derivatives of the blocks are added", "x, 1.0", "x, 0.0", "*=", "+="),
        ("A factor of the chain is missing", "w * (1 -", "(1 -"),
        ("Every slope is taken at x itself", "np.tanh(w * h) ** 2", "np.tanh(w * x) ** 2"),
    ],
    15: [
        ("The Jacobian is transposed", "@ W\n\n", "@ W).T\n\n", "return np", "return (np"),
        ("A factor of the chain is missing: the slope of tanh", "np.diag(1 - y**2) @ W", "W"),
        ("A factor of the chain is missing: W", "np.diag(1 - y**2) @ W", "np.diag(1 - y**2)"),
        ("The product is in the wrong order", "np.diag(1 - y**2) @ W", "W @ np.diag(1 - y**2)"),
        ("The slope of tanh is 1 - y**2", "1 - y**2", "1 - (W @ x + b) ** 2"),
    ],
    16: [
        ("The contributions overwrite each other", "gradient +=", "gradient ="),
        ("Only the first window counts", RETURN_KERNEL, f"        break\n{RETURN_KERNEL}"),
        ("The upstream gradient is missing", "upstream[i, j] * ", ""),
        ("This is the mean over the places", RETURN_KERNEL, "    return gradient / upstream.size\n"),
        ("The kernel is flipped", RETURN_KERNEL, "    return gradient[::-1, ::-1]\n"),
    ],
    17: [
        ("This gives the right gradients", "    root.grad = 1.0\n    hand_on(root)", "    root.backward()"),
        ("The accumulation is missing", "node.grad +=", "node.grad ="),
        ("The chain breaks", "local_backward(node.grad)", "local_backward(1.0)"),
        (
            "Naive too",
            "take_in(below, contribution)",
            "below.grad += contribution\n        for below in node.inputs:\n            hand_on(below)",
        ),
        ("Only the inputs of the root", "        hand_on(node)\n", ""),
    ],
    18: [
        (
            "The order is not topological",
            SEEN, f"{SEEN}        order.append(node)\n",
            APPEND, "                visit(below)",
            "reversed(order)", "order",
        ),
        ("The order is not reversed", "reversed(order)", "order"),
        ("The accumulation is missing", "below.grad += contribution", "below.grad = contribution"),
        ("The seed is missing", "    root.grad = 1.0\n", ""),
        ("A node has its turn more than once", " and below not in seen", ""),
    ],
    19: [
        ("The accumulation is missing", "grad +=", "grad ="),
        (
            "The factors of mul are swapped",
            "out.grad * other.data", "out.grad * self.data",
            "other.grad += out.grad * self.data", "other.grad += out.grad * other.data",
        ),
        (
            "A factor of the chain is missing in mul",
            "out.grad * other.data", "other.data",
            "out.grad * self.data", "self.data",
        ),
        ("A factor of the chain is missing in tanh", "out.grad * (1", "(1"),
        ("A factor of the chain is missing in add", "+= out.grad\n", "+= 1.0\n"),
        ("The slope of tanh is taken at the wrong place", "out.data**2", "self.data**2"),
        ("The seed is missing", "self.grad = 1.0", "pass"),
        ("The order is not reversed", "reversed(order)", "order"),
        (
            "The order is not topological",
            SEEN, f"{SEEN}            order.append(node)\n",
            SCALAR_APPEND, "                    visit(below)",
            "reversed(order)", "order",
        ),
        ("A node has its turn more than once", "if below not in seen", "if True"),
    ],
    20: [
        ("Only the path through h1", " + u2 * h2 * (1 - h2) * x2", ""),
        ("Only the path through h2", "u1 * h1 * (1 - h1) * x1 + ", ""),
        ("The sign is wrong", "2 * (f - y)", "2 * (y - f)"),
        ("A factor of the chain is missing: the slope", " * h1 * (1 - h1)", "", " * h2 * (1 - h2)", ""),
        ("A factor of the chain is missing: df/dh1", "(u1 * h1 *", "(h1 *", "u2 * h2 * (1", "h2 * (1"),
        ("The inputs are swapped", "(1 - h1) * x1", "(1 - h1) * x2", "(1 - h2) * x2", "(1 - h2) * x1"),
        ("Both paths end with x1", "(1 - h2) * x2", "(1 - h2) * x1"),
        ("The 2 is missing", "2 * (f - y)", "(f - y)"),
        ("The paths are multiplied", "* x1 + u2 * h2 * (1", "* x1 * u2 * h2 * (1"),
    ],
}  # fmt: skip
