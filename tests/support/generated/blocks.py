"""What goes over several lines: inductions, results that are cited, definitions under a binder, and gaps."""

from __future__ import annotations

from derive import KL, E, Product, Sum, log
from derive import Integral as I
from derive.language.expr import wrap
from derive.language.times import as_index
from generated.form import False_


def induction(name, left, right, base, grow):
    """``base`` and ``grow`` are the lines of the two proofs, as pairs (right side, justification)."""

    def build(w):
        proof = w.X.induction("i", left(w), right(w), over=w.t)
        for part, lines in ((proof.base, base(w)), (proof.step, grow(w))):
            for line, by in lines:
                part.equals(line, by=by, using="hypothesis" if by == "induction" else ())
        proof.conclude()

    return False_(f"induction, {name}", build)


def sum_to(w, end):
    return Sum(w.m[w.s], (w.s, 1, end))


INDUCTIONS = (
    induction(  # the base is wrong
        "wrong base",
        lambda w: Sum(wrap(1), (w.s, 1, w.t)),
        lambda w: w.t + 1,
        lambda w: [(wrap(1) + 1, "algebra")],
        lambda w: [
            (Sum(wrap(1), (w.s, 1, w.t)) + 1, "algebra"),
            (w.t + 1 + wrap(1), "induction"),
            (w.t + 2 + 0 * wrap(1), "algebra"),
        ],
    ),
    induction(
        "base without a line",
        lambda w: w.r * w.t,
        lambda w: w.r * (w.t + 1),
        lambda w: [],
        lambda w: [(w.r * w.t + w.r, "algebra"), (w.r * (w.t + 1) + w.r, "induction"), (w.r * (w.t + 2), "algebra")],
    ),
    induction(
        "step without a line",
        lambda w: w.r * w.t,
        lambda w: w.r * w.t**2,
        lambda w: [(w.r * as_index(1) ** 2, "algebra")],
        lambda w: [],
    ),
    induction(
        "step that does not arrive",
        lambda w: w.r * w.t,
        lambda w: w.r * w.t**2,
        lambda w: [(w.r * as_index(1) ** 2, "algebra")],
        lambda w: [(w.r * w.t + w.r, "algebra"), (w.r * w.t**2 + w.r, "induction")],
    ),
    induction(
        "the hypothesis one too far",
        lambda w: sum_to(w, w.t),
        lambda w: 2 * sum_to(w, w.t),
        lambda w: [(2 * sum_to(w, 1), "induction")],
        lambda w: [(2 * sum_to(w, w.t + 1), "induction")],
    ),
    induction(
        "the hypothesis at another time",
        lambda w: w.m[w.t],
        lambda w: w.m[1] + 0 * w.m[w.t],
        lambda w: [(w.m[1] + 0 * w.m[1], "algebra")],
        lambda w: [(w.m[1] + 0 * w.m[w.t + 1], "induction")],
    ),
    induction(
        "the hypothesis at all times in a sum",
        lambda w: w.r * w.t,
        lambda w: w.r * w.t**2,
        lambda w: [(w.r * as_index(1) ** 2, "algebra")],
        lambda w: [
            (w.r * (w.t + 1) + 0 * Sum(w.r * w.t, (w.t, 1, w.T)), "algebra"),
            (w.r * (w.t + 1) ** 2, "induction"),
        ],
    ),
)


def falsehoods():
    yield from INDUCTIONS
    yield from (False_(name, build, because) for name, build, because in GAPS())


def gap(name, bound, because=""):
    """A bound with a gap that is not what it must be."""

    def build(w):
        last, right, what, strict = bound(w, w.q, w.p, w.x)
        chain = w.X.chain("bound", last)
        (chain.below if strict else chain.at_most)(right, gap=what)

    return f"gap, {name}", build, because


def GAPS():
    same = "a divergence may be zero"
    yield gap(
        "negative divergence",
        lambda w, q, p, x: (log(p(x[0])), log(p(x[0])) - KL(q(x[1]), p(x[1])), -KL(q(x[1]), p(x[1])), False),
    )
    yield gap(
        "strict divergence",
        lambda w, q, p, x: (log(p(x[0])), log(p(x[0])) + KL(q(x[1]), p(x[1])), KL(q(x[1]), p(x[1])), True),
        same,
    )
    yield gap(
        "other targets",
        lambda w, q, p, x: (log(p(x[0])), log(p(x[0])) + KL(q(x[1]), p(x[2])), KL(q(x[1]), p(x[2])), False),
        "x_2 is free",
    )
    yield gap(
        "more targets",
        lambda w, q, p, x: (log(p(x[0])), log(p(x[0])) + KL(q(x[1], x[2]), p(x[1])), KL(q(x[1], x[2]), p(x[1])), False),
        "p(x_1) is no density of x_1 and x_2",
    )
    yield gap(
        "swapped in the bound",
        lambda w, q, p, x: (log(p(x[0])), log(p(x[0])) + KL(p(x[1]), q(x[1])), KL(q(x[1]), p(x[1])), False),
    )
    yield gap(
        "half of it",
        lambda w, q, p, x: (log(p(x[0])), log(p(x[0])) + KL(q(x[1]), p(x[1])) / 2, KL(q(x[1]), p(x[1])), False),
    )
    yield gap(
        "a difference of divergences",
        lambda w, q, p, x: (
            w.r,
            w.r + KL(q(x[1]), p(x[1])) - KL(q(x[2]), p(x[2])),
            KL(q(x[1]), p(x[1])) - KL(q(x[2]), p(x[2])),
            False,
        ),
    )
    yield gap(
        "a log of a density",
        lambda w, q, p, x: (w.r, w.r - log(q(x[1])), -log(q(x[1])), False),
        "a density may exceed one",
    )
    yield gap("a log of a ratio", lambda w, q, p, x: (w.r, w.r + log(q(x[1]) / p(x[1])), log(q(x[1]) / p(x[1])), False))
    yield gap(
        "an entropy",
        lambda w, q, p, x: (w.r, w.r - E(log(q(x[1])), q(x[1])), -E(log(q(x[1])), q(x[1])), False),
        "a differential entropy may be negative",
    )
    yield gap(
        "Jensen without a gap", lambda w, q, p, x: (E(log(p(x[1])), q(x[1])), log(E(p(x[1]), q(x[1]))), wrap(0), False)
    )
    yield gap("Jensen turned", lambda w, q, p, x: (log(E(p(x[1]), q(x[1]))), E(log(p(x[1])), q(x[1])), wrap(0), False))
    yield gap(
        "bound of the evidence turned",
        lambda w, q, p, x: (
            log(p(x[0])),
            E(log(p(x[0], x[1]) / q(x[1] | x[0])), q(x[1] | x[0])),
            KL(q(x[1] | x[0]), p(x[1] | x[0])),
            False,
        ),
    )
    yield gap(
        "bound of the evidence by another gap",
        lambda w, q, p, x: (
            E(log(p(x[0], x[1]) / q(x[1] | x[0])), q(x[1] | x[0])),
            log(p(x[0])),
            KL(q(x[1] | x[0]), p(x[1])),
            False,
        ),
    )
    yield gap("a real number", lambda w, q, p, x: (w.a, w.a + w.r, w.r, False))
    yield gap("a real cube", lambda w, q, p, x: (w.a, w.a + w.r**3, w.r**3, False))
    yield gap("a square that may be zero", lambda w, q, p, x: (w.a, w.a + w.r**2, w.r**2, True))
    yield gap("a share less one", lambda w, q, p, x: (w.a, w.a + w.c - 1, w.c - 1, False))
    yield gap("a difference of positive numbers", lambda w, q, p, x: (w.a, w.a + w.v - w.c, w.v - w.c, False))
    yield gap("a log of a share", lambda w, q, p, x: (w.a, w.a + log(w.c), log(w.c), False))
    yield gap(
        "an integral with turned ends",
        lambda w, q, p, x: (w.a, w.a + I(w.f(w.y), (w.y, 1, 0)), I(w.f(w.y), (w.y, 1, 0)), False),
    )
    yield gap(
        "an integral of a real function",
        lambda w, q, p, x: (w.a, w.a + I(w.g(w.y), (w.y, 0, 1)), I(w.g(w.y), (w.y, 0, 1)), False),
    )
    yield gap(
        "an empty sum",
        lambda w, q, p, x: (w.a, w.a + Sum(w.al[w.s], (w.s, 1, w.T - 1)), Sum(w.al[w.s], (w.s, 1, w.T - 1)), True),
    )
    yield gap(
        "an empty product",
        lambda w, q, p, x: (
            w.a,
            w.a + 1 - Product(w.al[w.s], (w.s, 1, w.T - 1)),
            1 - Product(w.al[w.s], (w.s, 1, w.T - 1)),
            True,
        ),
    )
    yield gap(
        "a product of real numbers",
        lambda w, q, p, x: (w.a, w.a + Product(w.m[w.s], (w.s, 1, w.T)), Product(w.m[w.s], (w.s, 1, w.T)), False),
    )
    yield gap(
        "a mean of a real function",
        lambda w, q, p, x: (w.r, w.r + E(w.g(x[1]), q(x[1])), E(w.g(x[1]), q(x[1])), False),
        "g may be negative",
    )
    yield gap("a start that is one", lambda w, q, p, x: (w.ab[0], wrap(1), 1 - w.ab[0], True))
