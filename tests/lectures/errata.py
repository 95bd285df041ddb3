"""Where the slides are wrong, as data: what is printed, what is right, and why.

A number in ``right`` is checked to its last digit by the lecture's test module, which computes it
with Values. Other errata are wording: there ``printed`` and ``right`` are formulas, and a test of
that module shows with numbers that they differ.
"""

from __future__ import annotations

from typing import NamedTuple


class Erratum(NamedTuple):
    """One wrong number or formula on a slide."""

    lecture: str
    slide: str
    quantity: str
    printed: str
    right: str
    verdict: str

    @property
    def is_number(self) -> bool:
        """Whether the slide prints a number here, rather than a formula."""
        try:
            float(self.printed), float(self.right)
        except ValueError:
            return False
        return True


BACKWARD_0 = "Backward propagation with a numerical example"
ACTIVATION = "A neural network model: activation function"
SOFTMAX = "A neural network model: cross entropy with softmax"
TOY = "Backpropagation: a toy example"
NEURON = "Backpropagation in a neuron"
FORWARDING = "Backpropagation algorithm - Forwarding"
BACKWARDING = "Backpropagation algorithm - Backwarding"
DERIVATIVES = "Background: Computing Derivatives"
CHAIN_RULE = "Background: Chain Rule for Multivariate Calculus"
WEIGHTS_AND_BIAS = "Working Out the Derivatives for Weights and Bias from Derivatives for z's"
OLS = "HW2: Problem 1 cont."
RIDGE = "HW2: Problem 3"
DESCENT = "Gradient descent"
SGD = "SGD"
MINIBATCH = "Minibatch SGD"
VECTOR_OUTPUTS = "Vector Outputs"
COMPUTING_GRADIENTS = "Computing gradients"
PROS_AND_CONS = "ReLU, Rectified Linear Units"

SWAPPED = "z1 and z2 are swapped in the second layer"
CARRIED = "follows from the swap of z1 and z2"
CLIMBS = "the update adds eta times the gradient, which climbs; descent subtracts it"

ERRATA = [
    Erratum("000", BACKWARD_0, "layout of dl/dW", "transposed", "the shape of W",
            "numerator layout: printed transposed, and transposed back in the update"),
    Erratum("001", ACTIVATION, "relu'(0)", "1", "0",
            "lecture 000 uses 0 where z1 is exactly 0; with 1 its own printed gradient would change"),
    Erratum("001", SOFTMAX, "normalised sigmoid 1", "0.00334", "0.00335",
            "computed from the rounded sigmoid 0.00669"),
    Erratum("001", SOFTMAX, "normalised sigmoid 4", "0.49666", "0.49665",
            "computed from the rounded sigmoid 0.99331"),
    Erratum("001", SOFTMAX, "cross-entropy", "0.020621", "0.0206256",
            "-ln of the rounded softmax 0.97959"),
    Erratum("001", TOY, "gradient for w", "5", "-50",
            "df/dw climbs f, from -7 to -4.4, whatever the target; descent needs dE/dw, E = (3 - f)^2 / 2"),
    Erratum("001", TOY, "gradient for b", "1", "-10", "df/db in place of dE/db"),
    Erratum("001", NEURON, "E", "1/2 sum_{i=1} (t_i - sigma(a))^2", "1/2 sum_{i=1}^{K} (t_i - sigma(a))^2",
            "the sum has no upper limit"),
    Erratum("001", NEURON, "dE/dsigma", "-(t_i - sigma(a))", "-sum_{i=1}^{K} (t_i - sigma(a))",
            "the sum is dropped in the derivative"),
    Erratum("001", FORWARDING, "a1(2)", "0.703", "0.706684", SWAPPED),
    Erratum("001", FORWARDING, "a2(2)", "0.659", "0.662796", SWAPPED),
    Erratum("001", FORWARDING, "y1", "0.669", "0.669668", CARRIED),
    Erratum("001", FORWARDING, "y2", "0.659", "0.659888", CARRIED),
    Erratum("001", BACKWARDING, "dE/dy1(output)", "0.569", "0.569668", CARRIED),
    Erratum("001", BACKWARDING, "dy1(input)/dw11(2)", "0.578", "0.544383", SWAPPED + ": this is z2"),
    Erratum("001", BACKWARDING, "dE/dw11(2)", "0.0727", "0.068602", CARRIED),
    Erratum("001", BACKWARDING, "new w11(2)", "0.436", "0.365699", CLIMBS),
    Erratum("001", BACKWARDING, "dE/dy2(output)", "-0.241", "-0.240112", CARRIED),
    Erratum("001", BACKWARDING, "dy2(output)/dy2(input)", "0.225", "0.224436", CARRIED),
    Erratum("001", BACKWARDING, "dE_y1/dz1(output)", "0.0503", "0.050407", CARRIED),
    Erratum("001", BACKWARDING, "dE_y2/dz1(output)", "-0.0244", "-0.024250", CARRIED),
    Erratum("001", BACKWARDING, "dE/dz1(output)", "0.0259", "0.026157", CARRIED),
    Erratum("001", BACKWARDING, "dz1(output)/dz1(input)", "0.2439", "0.248030", SWAPPED + ": this is z2's"),
    Erratum("001", BACKWARDING, "dE/dw11(1)", "0.00075", "0.00077852",
            "the product on the slide is dE/dw12(1) of the swapped network, and is cut, not rounded"),
    Erratum("001", BACKWARDING, "the product 0.12 * 0.2439 * 0.0259", "0.00075", "0.000758",
            "cut, not rounded"),
    Erratum("001", BACKWARDING, "new w11(1)", "0.1504", "0.149611", CLIMBS),
    Erratum("001", BACKWARDING, "dE_y2/dz1 by the chain rule", "dy2(input)/dz2(output)",
            "dy2(input)/dz1(output)", "0.45 is w12(2), the weight from z1; the one from z2 is 0.55"),
    Erratum("001", BACKWARDING, "dE/dw11(2) by the chain rule", "dy1(output)/dw11(2)", "dy1(input)/dw11(2)",
            "as printed the slope of the sigmoid counts twice"),
    Erratum("001", BACKWARDING, "dE/dw11(1) by the last chain",
            "dz1(input)/dw11(1) dz1(output)/dz1(input) dy1(output)/dy1(input) dE/dy1(output)",
            "dz1(input)/dw11(1) dz1(output)/dz1(input) (dE_y1/dz1(output) + dE_y2/dz1(output))",
            "leaves out w11(2) = 0.4 and the path through y2: 0.003751 as printed, 0.001500 by y1's path "
            "alone, 0.000779 in full"),
    Erratum("002", DERIVATIVES, "the name of a matrix's derivative", "df/dz", "df/dW",
            "f takes the matrix W; there is no z, and the n x m matrix below is df/dW"),
    Erratum("002", CHAIN_RULE, "the m x k Jacobian", "dh/dx", "dh/dz",
            "dh/dx is the m x n product; the factor that is m x k is dh/dz"),
    Erratum("002", WEIGHTS_AND_BIAS, "dL/dW1", "(x dL/dz2)^T", "(x dL/dz1)^T",
            "W1 makes z1 from x: with dL/dz2 even the shape is wrong unless both layers are equal in size"),
    Erratum("002", WEIGHTS_AND_BIAS, "dL/dW2", "dL/du1 = (a1 dL/dz2)^T", "dL/dW2 = (a1 dL/dz2)^T",
            "the left-hand side names the first layer's parameters; the right-hand side is the second's"),
    Erratum("002", WEIGHTS_AND_BIAS, "dL/db2", "dL/du2 = dL/dz2", "dL/db2 = (dL/dz2)^T",
            "u2 stands for the weights in the line above and for the bias here"),
    Erratum("002", WEIGHTS_AND_BIAS, "layout of x dL/dz1", "the shape of W1", "the shape of W1^T",
            "layouts are mixed: a row for dL/dz, as on the slides before, makes x dL/dz1 the transpose of "
            "dL/dW, which the slide then turns round"),
    Erratum("003", OLS, "U^T U = I and the inverse of U", "U^T = U^-1", "U^T U = I, U U^T != I",
            "a thin U has more rows than columns and no inverse; with one, X w_ols = U U^T y on the next "
            "slide would be y itself, whatever the data"),
    Erratum("003", RIDGE, "what d_j measures", "d_j = std(feature j)",
            "d_j = sqrt(n) std(principal component j)",
            "the singular values belong to the principal components (of centred data), not to the features"),
    Erratum("004", COMPUTING_GRADIENTS, "d(q_1^2 + ... + q_m^2)/dq_i", "2 q_i^2", "2 q_i",
            "at q_i = 3: 6, not 18"),
    Erratum("004", DESCENT, "the step of all examples", "W + eta grad L", "W - eta grad L",
            CLIMBS + ": on (w - 1)^2 from w = 0 with eta = 0.1, L goes from 1 to 1.44 instead of 0.64 "
            "(the slide comes twice)"),
    Erratum("004", SGD, "the step of one example", "W + eta grad L_i", "W - eta grad L_i", CLIMBS),
    Erratum("004", SGD, "the step with momentum", "W + eta grad L_i + gamma (W - W_before)",
            "W - eta grad L_i + gamma (W - W_before)",
            CLIMBS + ": on (w - 1)^2 with eta = 0.1, gamma = 0.9, w goes 0, -0.2, -0.62, -1.322 "
            "instead of 0, 0.2, 0.54, 0.938"),
    Erratum("004", MINIBATCH, "the step of a mini-batch", "W + eta grad L_T", "W - eta grad L_T", CLIMBS),
    Erratum("004", VECTOR_OUTPUTS, "the chain rule's order", "dL/dx = dL/df df/dx", "dL/dx = df/dx dL/df",
            "with df/dx d x m and dL/df m x 1 the printed product does not exist (put right two slides on)"),
    Erratum("004", PROS_AND_CONS, "where ReLU saturates", "nowhere", "for y <= 0",
            "ReLU's slope is 0 for every negative input: a gradient that arrives there dies"),
]  # fmt: skip


def errata_of(lecture: str) -> list[Erratum]:
    """The errata of one lecture, such as "001"."""
    return [erratum for erratum in ERRATA if erratum.lecture == lecture]
