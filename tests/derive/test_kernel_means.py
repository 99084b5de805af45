"""The rules of the kernel on means that name no density, on noises, and on sums over time."""

from __future__ import annotations

import pytest
from setting import Setting

from derive import E, Product, Sum, Var, log
from derive import Integral as I
from derive.errors import Undefined
from derive.kernel import given, noises, sums, telescope
from derive.kernel.free import Free
from derive.kernel.markov import FRESH
from derive.kernel.ranges import Ranges
from derive.kernel.rewrite import Rewriter
from derive.kernel.states import in_order, run
from derive.language.density import Density
from derive.language.expr import Pow, wrap
from derive.language.times import Index

t, s, n, T = (Index(name) for name in "tsnT")
AT_ONE = Ranges.least({"t": 1, "s": 1, "n": 1, "T": 1})


def rewriter(*rules, stated=()):
    return Rewriter(frozenset(rules), Free(stated))


def test_what_is_known_comes_out():
    w = Setting()
    x, e, tower = w.x, w.e, rewriter("given")
    assert tower(E(w.b * x[1] + 2, given=x[0]), AT_ONE) == w.b * E(x[1], given=x[0]) + wrap(2) * wrap(1)
    assert tower(E(x[0] * x[1], given=x[0]), AT_ONE) == x[0] * E(x[1], given=x[0])
    assert tower(E(x[t] * x[1], given=x[0:t]), AT_ONE) == x[t] * x[1] * wrap(1)
    assert tower(E(x[t + 1] * x[t], given=x[0:t]), AT_ONE) == x[t] * E(x[t + 1], given=x[0:t])
    assert tower(E(wrap(1)), AT_ONE) == wrap(1)
    for kept in (E(x[1]), E(x[t], given=x[1]), E(x[s], given=x[t]), E(e[1], given=x[0]), E(w.g(x[2]), given=x[1])):
        assert tower(kept, AT_ONE) == kept
    assert rewriter()(E(2 * x[1], given=x[0]), AT_ONE) == E(2 * x[1], given=x[0])
    noisy = E(w.b * e[1], given=e[2])  # a noise is no condition of this rule
    assert tower(noisy, AT_ONE) == noisy
    for odd in (w.r, w.e[2], 2 * x[1]):  # nothing is known given these
        assert tower(E(w.b * x[1], given=odd), AT_ONE) == E(w.b * x[1], given=odd)
    hiding = rewriter("given", stated=[(w.r, x[1]), (w.m[t], e[t])])
    assert hiding(E(w.r * x[0], given=x[0]), AT_ONE) == x[0] * E(w.r, given=x[0])
    assert hiding(E(w.r * x[0], given=x[1]), AT_ONE) == w.r * E(x[0], given=x[1])
    assert hiding(E(w.m[1] * x[0]), AT_ONE) == E(w.m[1] * x[0])
    with pytest.raises(Undefined):
        tower(E(x[1], given=(x[s], x[t])), AT_ONE)


def test_two_stages():
    w = Setting()
    x, tower = w.x, rewriter("given")
    assert tower(E(E(x[2], given=(x[0], x[1])), given=x[0]), AT_ONE) == E(x[2], given=x[0])
    assert tower(E(E(x[2], given=x[1])), AT_ONE) == E(x[2])
    assert tower(E(x[1] * E(x[2], given=x[1])), AT_ONE) == E(x[1] * x[2])
    assert tower(E(w.b * E(x[2], given=x[1]) * x[0], given=x[0]), AT_ONE) == w.b * x[0] * E(
        E(x[2], given=x[1]), given=x[0]
    )
    kept = (
        E(E(x[2], given=x[1]), given=x[0]),  # the inner mean knows less
        E(x[0] * E(x[2], given=x[1])),
        E(Pow(E(x[2], given=x[1]), wrap(2))),
        E(E(x[2], given=x[1]) * E(x[1], given=x[2])),
    )
    for one in kept:
        assert tower(one, AT_ONE) == one
    outer = E(E(x[2], given=x[1]), given=(x[1], x[3]))
    assert tower(outer, AT_ONE) == E(x[2], given=x[1]) * wrap(1)


def test_variances_are_written_out():
    w = Setting()
    x = w.x
    spread = Var(x[1] * x[0], given=x[0])
    squares = rewriter("given")(spread, AT_ONE)
    assert squares == Pow(x[0], wrap(2)) * E(Pow(x[1], wrap(2)), given=x[0]) - Pow(x[0] * E(x[1], given=x[0]), wrap(2))
    assert rewriter()(spread, AT_ONE) == spread
    assert given.variance(rewriter("given"), w.b, (), AT_ONE) == Pow(w.b, wrap(2)) * wrap(1) - Pow(
        w.b * wrap(1), wrap(2)
    )


def test_sums_come_out_of_means_of_noises():
    w = Setting()
    e, m, free = w.e, w.m, Free(())

    def apart(node, *rules):
        return noises.apart(node, frozenset(rules), free, AT_ONE)

    one = E(Sum(m[s] * e[s], (s, 1, T)))
    assert apart(one, "linearity") == Sum(E(1 * m[s] * e[s]), (s, 1, T)) and apart(one) == one
    assert apart(E(3 * Sum(e[s], (s, 1, T)) * m[1]), "linearity") == 3 * Sum(E(m[1] * e[s]), (s, 1, T))
    caught = E(m[s] * Sum(e[s], (s, 1, T)))
    assert apart(caught, "linearity") == caught
    stated = E(Sum(e[s], (s, 1, T)), given=w.x[s])
    assert apart(stated, "linearity") == stated
    square = E(Pow(Sum(e[s], (s, 1, T)), wrap(2)))
    assert apart(square, "linearity") == square
    assert apart(E(e[1] + e[2]), "linearity") == E(e[1] + e[2])
    assert apart(E(Product(e[s], (s, 1, T))), "linearity") == E(Product(e[s], (s, 1, T)))
    inside = Sum(E(Sum(e[s], (s, 1, n))), (n, 1, T))
    assert apart(inside, "linearity") == Sum(Sum(E(1 * e[s]), (s, 1, n)), (n, 1, T))


def test_variances_of_sums_of_noises():
    w = Setting()
    e, m, x = w.e, w.m, w.x
    free = Free([(w.al[t], e[t])])

    def apart(body, given=(), rules=("uncorrelated",)):
        return noises.apart(Var(body, given), frozenset(rules), free, AT_ONE)

    squares = Sum(Pow(2 * m[s], wrap(2)) * Var(e[s]), (s, 1, T))
    assert apart(Sum(2 * m[s] * e[s], (s, 1, T))) == squares
    assert apart(3 * Sum(e[s], (s, 1, T))) == wrap(9) * Sum(Pow(wrap(1), wrap(2)) * Var(e[s]), (s, 1, T))
    shifted = Sum(Pow(wrap(1), wrap(2)) * Var(e[s + 1]), (s, 1, T))
    assert apart(Sum(e[s + 1], (s, 1, T))) == shifted
    for kept in (
        Sum(e[1] * m[s], (s, 1, T)),
        Sum(e[s] * x[0], (s, 1, T)),
        Sum(e[s] * w.al[s], (s, 1, T)),
        Sum(e[s] * e[s + 1], (s, 1, T)),
        Sum(Pow(e[s], wrap(2)), (s, 1, T)),
        Sum(e[s] + m[s], (s, 1, T)),
        Sum(m[s], (s, 1, T)),
        Sum(e[s], (s, 1, T)) + e[1],
        m[1] * Sum(e[s], (s, 1, T)),
        Pow(Sum(e[s], (s, 1, T)), wrap(2)),
        Product(e[s], (s, 1, T)),
        e[1],
    ):
        assert apart(kept) == Var(kept), kept
    plain = Sum(e[s], (s, 1, T))
    assert apart(plain, (x[0],)) == Var(plain, (x[0],)) and apart(plain, (), ()) == Var(plain)


def test_sums_in_one_form():
    w = Setting()
    m = w.m
    assert telescope.sums(Sum(m[s - 1], (s, 2, T))) == Sum(m[s], (s, 1, T - 1))
    assert telescope.sums(Sum(m[s + 2], (s, 1, T))) == Sum(m[s], (s, 3, T + 2))
    assert telescope.sums(Sum(m[s], (s, 1, T))) == Sum(m[s], (s, 1, T))
    assert telescope.sums(Sum(m[s + 1] * m[s], (s, 1, T))) == Sum(m[s] * m[s - 1], (s, 2, T + 1))
    two = telescope.sums(Sum(2 * m[s] - m[s - 1], (s, 2, T)))
    assert two == wrap(2) * Sum(m[s], (s, 2, T)) + wrap(-1) * Sum(m[s], (s, 1, T - 1))
    assert telescope.sums(Sum(wrap(0), (s, 1, T))) == wrap(0)
    assert telescope.sums(Sum(m[1], (s, 1, T))) == Sum(m[1], (s, 1, T))
    nested = Sum(Sum(m[n], (n, 1, s + 1)), (s, 1, T))
    assert telescope.sums(nested) == Sum(Sum(m[n], (n, 1, s)), (s, 2, T + 1))
    inner = Sum(Sum(m[n] * m[s + 1], (n, 1, T)), (s, 1, T))
    assert telescope.sums(inner) == Sum(Sum(m[n] * m[s], (n, 1, T)), (s, 2, T + 1))
    own = Sum(Sum(m[s + 1], (s, 1, T)), (s, 1, T))
    assert telescope.sums(own) == own
    assert telescope.offsets(m[s + 1] * m[s - 2] * m[t + 5], "s") == [1, -2]
    assert rewriter()(Sum(m[s - 1], (s, 2, T)), AT_ONE) == Sum(m[s], (s, 1, T - 1))
    assert rewriter()(Product(w.al[s - 1], (s, 2, T)), AT_ONE) == Product(w.al[s - 1], (s, 2, T))


def test_runs_in_order():
    w = Setting()
    x = w.x
    assert in_order([run(x[t]), run(x[0])], AT_ONE) == [run(x[0]), run(x[t])]
    assert in_order([run(x[t + 2]), run(x[0]), run(x[1:t])], AT_ONE) == [run(x[0]), run(x[1:t]), run(x[t + 2])]
    assert in_order([run(x[t]), run(x[s])], AT_ONE) is None and in_order([run(x[1 : t - 1])], AT_ONE) is None
    assert in_order([run(x[t]), run(x[t - 1])], AT_ONE) == [run(x[t - 1]), run(x[t])]
    assert in_order([], AT_ONE) == [] and in_order([run(x[0]), run(x[2 : t - 1])], AT_ONE) is None


def flat(node):
    return sums.products(node)


def test_paths_with_gaps():
    w = Setting()
    x, k, path = w.x, w.X.density("k", markov=True), rewriter("Markov", "conditional")
    step = Index(FRESH)

    def pair(a, b):
        return Density(k, (x[a], x[b]) if b.symbol or b.offset > a.offset + 1 else (x[a:b],), ()) / k(x[a])

    zero, two, four = (Index(None, time) for time in (0, 2, 4))
    assert flat(path(k(x[0], x[2], x[4]), AT_ONE)) == flat(k(x[0]) * pair(zero, two) * pair(two, four))
    assert path(k(x[0], x[2]), AT_ONE) == Density(k, (x[0], x[2]), ())
    long = path(k(x[0], x[t + 1 : t + T.offset + 3]), AT_ONE)
    assert ":t + 3]" in repr(long) and "x[t + 4]" not in repr(long)
    later = Product(k(x[step - 1 : step]) / k(x[step - 1]), (step, 3, T))
    assert flat(path(k(x[0], x[2:T]), Ranges.least({"T": 4}))) == flat(k(x[0]) * pair(zero, two) * later)
    assert path(k(x[s], x[t], w.z[0]), Ranges.least({"t": 1}).within("s", t + 1, None)).given == ()


def test_long_paths_and_none():
    w = Setting()
    x, k, path = w.x, w.X.density("k", markov=True), rewriter("Markov", "conditional")
    assert path(k(x[1:0]), AT_ONE) == wrap(1) and path(w.q(x[1:0]), AT_ONE) == wrap(1)
    long, short = path(k(x[0:20]), AT_ONE), path(k(x[0:4]), AT_ONE)
    assert "Product" in repr(long) and "Product" not in repr(short) and "x[3:4]" in repr(short)
    assert rewriter("Markov")(k(x[0], x[3] | x[1:2]), AT_ONE) == Density(k, (x[0], x[3]), (x[1:2],))
    assert rewriter("Markov")(k(x[1], x[5] | x[2], x[4]), AT_ONE) == Density(k, (x[1], x[5]), (x[2], x[4]))


def test_the_first_term_of_a_sum_may_come_out():
    w = Setting()
    q, x, everything = w.q, w.x, rewriter("conditional", "mean", "linearity", "Fubini", "marginal")
    total = Sum(x[s], (s, 0, T))
    value = everything(E(total, q(x[1:T])), AT_ONE)
    assert (
        [coefficient for coefficient, _ in flat(value)] == [1, 1]
        and "x[0]" in repr(value)
        and isinstance(value.terms[0], type(x[0] * wrap(1)))
        and "(s, 1, T)" in repr(value)
    )
    assert everything(I(log(q(x[0])) * q(x[0:1]), x[1]), AT_ONE) == log(q(x[0])) * q(x[0])
