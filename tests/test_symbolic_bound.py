"""The engine carries what comes: the variational bound for symbolic T, by both routes, with planted errors refuted."""

from __future__ import annotations

import pytest

from diffusion_lib.errors import DerivationError, Refuted, Undefined
from diffusion_lib.symbolic import KL, Derivation, E, Product, Sum, log


class Bound:
    """The two processes and every line of the decomposition, as a list of (right side, licence, facts)."""

    def __init__(self):
        self.V = V = Derivation("V")
        self.t, self.T = t, T = V.indices("t T")
        self.x, self.q, self.p = x, q, p = V.states("x"), V.density("q"), V.density("p", r"p_\theta")
        V.define("reverse", p(x[0:T]), p(x[T]) * Product(p(x[t - 1] | x[t]), (t, 1, T)))
        V.chain("joint", q(x[1:T] | x[0])).equals(Product(q(x[t] | x[0 : t - 1]), (t, 1, T)), by="chain rule").equals(
            Product(q(x[t] | x[t - 1]), (t, 1, T)), by="Markov"
        )
        self.lines = self.decomposition()

    def mean(self, body):
        return E(body, self.q(self.x[0 : self.T]))

    def first(self):
        q, p, x = self.q, self.p, self.x
        return log(q(x[1] | x[0]) / p(x[0] | x[1]))

    def decomposition(self):
        q, p, x, t, T = self.q, self.p, self.x, self.t, self.T
        start, first = -log(p(x[T])), self.first()
        forward, backward = q(x[t] | x[t - 1]), p(x[t - 1] | x[t])
        posterior = q(x[t - 1] | x[t], x[0])
        moved = q(x[t] | x[0]) / q(x[t - 1] | x[0])
        tail = Sum(log(posterior / backward), (t, 2, T))
        split = Sum(log(moved), (t, 2, T))
        joined = log(q(x[T] | x[0]) / q(x[1] | x[0]))
        ends = log(q(x[T] | x[0]) / p(x[T])), log(p(x[0] | x[1]))
        return [
            (
                log(Product(forward, (t, 1, T)) / (p(x[T]) * Product(backward, (t, 1, T)))),
                "result",
                ("joint", "reverse"),
            ),
            (start + Sum(log(forward / backward), (t, 1, T)), "algebra", ()),
            (start + Sum(log(forward / backward), (t, 2, T)) + first, "algebra", ()),
            (start + Sum(log(q(x[t] | x[t - 1], x[0]) / backward), (t, 2, T)) + first, "Markov", ()),
            (start + Sum(log(posterior / backward * moved), (t, 2, T)) + first, "Bayes", ()),
            (start + tail + split + first, "algebra", ()),
            (start + tail + joined + first, "telescoping", ()),
            (ends[0] + tail - ends[1], "algebra", ()),
        ]

    def sum_of_means(self):
        q, p, x, t, T, mean = self.q, self.p, self.x, self.t, self.T, self.mean
        terms = Sum(mean(log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t]))), (t, 2, T))
        return mean(log(q(x[T] | x[0]) / p(x[T]))) + terms - mean(log(p(x[0] | x[1])))

    def three_terms(self):
        q, p, x, t, T = self.q, self.p, self.x, self.t, self.T
        between = KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t]))
        return (
            E(KL(q(x[T] | x[0]), p(x[T])), q(x[0]))
            + Sum(E(between, q(x[0], x[t])), (t, 2, T))
            - E(log(p(x[0] | x[1])), q(x[0], x[1]))
        )

    def start(self):
        return self.mean(log(self.q(self.x[1 : self.T] | self.x[0]) / self.p(self.x[0 : self.T])))

    def chain(self, name="vlb"):
        chain = self.V.chain(name, self.start())
        for right, by, using in self.lines:
            chain.equals(self.mean(right), by=by, using=using)
        return chain.equals(self.sum_of_means(), by="linearity").equals(self.three_terms(), by="tower")


@pytest.fixture(scope="module")
def bound():
    return Bound()


def test_decomposition_and_its_mutants(bound):
    chain = bound.chain()
    assert len(chain.steps) == 10 and all(len(step.verdicts) == 2 for step in chain.steps)
    for line in (4, 5):
        bound.V.equivalent("vlb", line, "index: T → T + 1", "averages over one more variable, which does not occur")
    summary = bound.V.summary()
    assert summary.killed == summary.total > 500


def test_second_route(bound):
    q, p, x, T = bound.q, bound.p, bound.x, bound.T
    path = q(x[1:T] | x[0])
    gap = KL(path, p(x[1:T] | x[0]))
    evidence = log(p(x[0]))
    chain = (
        Bound()
        .V.chain("bound", -evidence)
        .at_most(-evidence + gap, gap=gap)
        .equals(-evidence + E(log(path / p(x[1:T] | x[0])), path), by="definition")
        .equals(-evidence + E(log(path / (p(x[0:T]) / p(x[0]))), path), by="chain rule")
        .equals(-evidence + E(log(path / p(x[0:T])) + evidence, path), by="algebra")
        .equals(E(log(path / p(x[0:T])), path), by="linearity")
    )
    assert chain.steps[0].beside == "Gibbs" and r"\le" in chain.latex()


def test_jensen_with_its_gap_named(bound):
    """log p(x_0) is at least E log of the weight; the gap is a divergence."""
    q, p, x, T = bound.q, bound.p, bound.x, bound.T
    path, weight = q(x[1:T] | x[0]), p(x[0:T]) / q(x[1:T] | x[0])
    gap = KL(path, p(x[1:T] | x[0]))
    chain = Bound().V.chain("jensen", E(log(weight), path)).equals(log(p(x[0])) - gap, by="Jensen")
    assert chain.at_most(log(p(x[0])), gap=gap).steps
    with pytest.raises(Refuted):
        Bound().V.chain("no gap", E(log(weight), path)).equals(log(p(x[0])), by="Jensen")


def planted():
    b = Bound()
    q, p, x, t, T, mean = b.q, b.p, b.x, b.t, b.T, b.mean
    backward, start, first = p(x[t - 1] | x[t]), -log(p(x[T])), b.first()
    q_lines = [b.start(), *(mean(right) for right, _, _ in b.lines), b.sum_of_means(), b.three_terms()]
    tail = Sum(log(q(x[t - 1] | x[t], x[0]) / backward), (t, 2, T))
    between = KL(q(x[t - 1] | x[t], x[0]), backward)
    left_over = E(KL(q(x[T] | x[0]), p(x[T])), q(x[0])), E(log(p(x[0] | x[1])), q(x[0], x[1]))
    return b.V, {
        "sum-from-1": (q_lines[2], mean(start + Sum(log(q(x[t] | x[t - 1]) / backward), (t, 1, T)) + first), "algebra"),
        "sign-of-L_0": (q_lines[7], mean(log(q(x[T] | x[0]) / p(x[T])) + tail + log(p(x[0] | x[1]))), "algebra"),
        "telescoping-index": (
            q_lines[6],
            mean(start + tail + log(q(x[T] | x[0]) / q(x[2] | x[0])) + first),
            "telescoping",
        ),
        "Bayes-upside-down": (
            q_lines[4],
            mean(
                start
                + Sum(log(q(x[t - 1] | x[t], x[0]) / backward * (q(x[t - 1] | x[0]) / q(x[t] | x[0]))), (t, 2, T))
                + first
            ),
            "Bayes",
        ),
        "Bayes-hides-Markov": (q_lines[3], q_lines[5], "Bayes"),
        "Markov-by-chain-rule": (q_lines[3], q_lines[4], "chain rule"),
        "L_t-without-its-mean": (q_lines[9], left_over[0] + Sum(between, (t, 2, T)) - left_over[1], "tower"),
        "L_t-mean-over-x_0-only": (
            q_lines[9],
            left_over[0] + Sum(E(between, q(x[0])), (t, 2, T)) - left_over[1],
            "tower",
        ),
        "divergence-swapped": (
            q_lines[9],
            E(KL(p(x[T]), q(x[T] | x[0])), q(x[0])) + Sum(E(between, q(x[0], x[t])), (t, 2, T)) - left_over[1],
            "tower",
        ),
        "equal-to-the-evidence": (E(log(q(x[1:T] | x[0]) / p(x[0:T])), q(x[1:T] | x[0])), -log(p(x[0])), "Jensen"),
    }


V, PLANTED = planted()


@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_refuted(name):
    left, right, by = PLANTED[name]
    with pytest.raises((Refuted, Undefined)) as caught:
        V.chain(name, left).equals(right, by=by)
    assert name in str(caught.value) and repr(by) in str(caught.value)


def test_an_expectation_needs_its_measure(bound):
    with pytest.raises(DerivationError, match="does not say which density"):
        V.chain("no measure", E(log(bound.q(bound.x[1])))).equals(E(log(bound.q(bound.x[1]))), by="linearity")
