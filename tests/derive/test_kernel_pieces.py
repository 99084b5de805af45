"""The pieces of the kernel, one by one: times, sets of states, products, what depends on what, and the rules."""

from __future__ import annotations

from fractions import Fraction

import pytest
from kernel_terms import AT_ONE, ONE, TWO, ZERO, T, n, s, t
from setting import Setting

from derive import KL, E, Limit, Phi, Product, Sum, Var, exp, log, sqrt
from derive import Derivative as D
from derive import Integral as I
from derive import Normal as N
from derive.errors import Inconclusive, Undefined
from derive.kernel import sums
from derive.kernel.free import ANY, Free
from derive.kernel.positive import positive
from derive.kernel.ranges import Ranges
from derive.kernel.states import all_apart, apart, empty, holds, inside, minus, overlap, run, union, written
from derive.kernel.wellformed import well_formed
from derive.language.expr import Num, Pow, wrap
from derive.language.times import Index
from derive.language.tree import at, free_indices

w = Setting()
x, y, z, q, m, r, a, b, c = w.x, w.y, w.z, w.q, w.m, w.r, w.a, w.b, w.c


# --- ranges
def test_times_in_order():
    assert AT_ONE.at_most(t, t) and AT_ONE.at_most(t, t + 1) and not AT_ONE.at_most(t + 1, t)
    assert AT_ONE.at_most(ONE, t) and not AT_ONE.at_most(TWO, t) and AT_ONE.at_most(TWO, t + 1)
    assert AT_ONE.at_most(ZERO, t - 1) and not AT_ONE.at_most(ONE, t - 1)
    assert not AT_ONE.at_most(t, T) and not AT_ONE.at_most(t, Index(None, 10**6))
    assert AT_ONE.at_most(ONE, TWO) and not AT_ONE.at_most(TWO, ONE)


def test_times_within_a_sum():
    within = AT_ONE.within("s", TWO, T - 1)
    assert within.at_most(TWO, s) and not within.at_most(Index(None, 3), s)
    assert within.at_most(s, T - 1) and within.at_most(s + 1, T) and not within.at_most(s + 2, T)
    assert within.at_most(Index(None, 3), T)  # by 2 ≤ s ≤ T − 1
    deeper = within.within("n", s + 1, T)
    assert deeper.at_most(s + 1, n) and deeper.at_most(Index(None, 3), n) and not deeper.at_most(n, s)
    assert deeper.at_most(TWO, n - 1)
    again = deeper.within("s", ONE, n)  # of another s nothing is known
    assert again.at_most(s, n) and not again.at_most(TWO, s) and not again.at_most(s + 1, n)
    assert within.bounds != AT_ONE.bounds and ("s", "T") not in AT_ONE.bounds


def test_a_sum_without_an_end():
    within = AT_ONE.within("s", t, None)
    assert within.at_most(t, s) and not within.at_most(s, T) and not within.at_most(s, t)


def test_the_tighter_bound_stays():
    ranges = AT_ONE.within("s", Index(None, 5), T)
    ranges._know(None, "s", -2)
    assert ranges.at_most(Index(None, 5), s)
    ranges._know(None, "s", -7)
    assert ranges.at_most(Index(None, 7), s)
    ranges._know("s", "s", -3)
    assert ("s", "s") not in ranges.bounds


def test_nothing_known():
    assert Ranges().at_most(t, t + 1) and not Ranges().at_most(ONE, t) and Ranges({("t", "s"): 2}).at_most(t, s + 2)
    assert not Ranges({("t", "s"): 2}).at_most(t, s + 1) and Ranges({("t", "s"): 2, ("s", "n"): 3}).at_most(t, n + 5)
    assert Ranges({("t", "s"): 9, ("t", "n"): 1, ("n", "s"): 2}).at_most(t, s + 3)


def test_same_times():
    pinned = AT_ONE.within("s", t, t)
    assert pinned.same(s, t) and pinned.same(t, t) and not pinned.same(s, t + 1)
    assert not AT_ONE.same(t, s) and not AT_ONE.within("s", t, t + 1).same(s, t)


def test_ends_of_a_sum_are_free_of_its_index():
    for low, high in ((s, T), (ONE, s + 1)):
        with pytest.raises(Inconclusive, match="depend on s"):
            AT_ONE.within("s", low, high)


# --- sets of states
def test_runs():
    assert run(x[2]) == (x, TWO, TWO) and run(x[1:t]) == (x, ONE, t) and run(y) == (y, ZERO, ZERO)
    assert written(run(x[2])) == x[2] and written(run(x[1:t])) == x[1:t] and written(run(y)) == y
    assert empty(run(x[2:1]), AT_ONE) and not empty(run(x[1:1]), AT_ONE) and not empty(run(x[1:t]), AT_ONE)
    assert not empty(run(x[2:t]), AT_ONE) and empty(run(x[t + 1 : t]), AT_ONE)


def test_runs_apart_and_inside():
    assert apart(run(x[0]), run(x[t]), AT_ONE) and not apart(run(x[0]), run(x[t - 1]), AT_ONE)
    assert apart(run(x[0:t]), run(x[t + 1]), AT_ONE) and apart(run(x[t + 1]), run(x[0:t]), AT_ONE)
    assert not apart(run(x[0:t]), run(x[t]), AT_ONE) and not apart(run(x[t]), run(x[s]), AT_ONE)
    assert apart(run(x[t]), run(z[t]), AT_ONE)
    assert inside(run(x[t]), run(x[0:t]), AT_ONE) and inside(run(x[0:t]), run(x[0:t]), AT_ONE)
    assert not inside(run(x[t + 1]), run(x[0:t]), AT_ONE) and not inside(run(x[0:t]), run(x[1:t]), AT_ONE)
    assert not inside(run(x[0:t]), run(x[0 : t - 1]), AT_ONE) and not inside(run(x[t]), run(z[0:t]), AT_ONE)
    assert all_apart([run(x[0])], [run(x[t]), run(z[0])], AT_ONE)
    assert not all_apart([run(x[0]), run(x[t])], [run(x[t]), run(z[0])], AT_ONE) and all_apart([], [run(x[0])], AT_ONE)
    assert holds([run(x[0:t])], run(x[1]), AT_ONE) and not holds([run(x[0:t])], run(x[2]), AT_ONE)
    assert holds([run(z[0]), run(x[1])], run(x[1]), AT_ONE) and not holds([], run(x[1]), AT_ONE)


def test_unions():
    assert union([run(x[t + 1]), run(x[0:t])], AT_ONE) == (run(x[0 : t + 1]),)
    assert union([run(x[2]), run(x[0]), run(x[1])], AT_ONE) == (run(x[0:2]),)
    assert union([run(x[0]), run(x[2])], AT_ONE) == (run(x[0]), run(x[2]))
    assert union([run(z[1]), run(x[0])], AT_ONE) == union([run(x[0]), run(z[1])], AT_ONE)
    assert union([run(x[2:1]), run(x[0])], AT_ONE) == (run(x[0]),)
    assert union([], AT_ONE) == ()
    assert union([run(x[0]), run(x[1 : t - 1])], AT_ONE) == (run(x[0 : t - 1]),)  # which may be empty
    unsure = (x, t + 1, Index(None, 3))  # which runs backwards at late times
    assert len(union([run(x[0:t]), unsure], AT_ONE)) == 2
    for parts in ((x[t], x[s]), (x[0:t], x[t]), (x[0], x[t - 1]), (x[1], x[1])):
        with pytest.raises(Undefined, match="may be one state"):
            union(map(run, parts), AT_ONE)
    late = Ranges.least({"t": 3})
    assert union([run(x[0]), run(x[t - 1])], late) == (run(x[0]), run(x[t - 1]))


def test_differences():
    assert minus([run(x[0:t])], [run(x[t])], AT_ONE) == (run(x[0 : t - 1]),)
    assert minus([run(x[0:t])], [run(x[0])], AT_ONE) == (run(x[1:t]),)
    assert minus([run(x[0:2])], [run(x[1])], AT_ONE) == (run(x[0:0]), run(x[2:2]))
    assert minus([run(x[0:2])], [run(x[1]), run(x[0])], AT_ONE) == (run(x[2:2]),)
    assert minus([run(x[0])], [run(x[0])], AT_ONE) == ()
    with pytest.raises(Inconclusive, match="not seen to be one of"):
        minus([run(x[0:t])], [run(x[t + 1])], AT_ONE)


def test_overlaps():
    assert overlap([run(x[0:t])], [run(x[t : t + 1])], AT_ONE) == [run(x[t])]
    assert overlap([run(x[1:t])], [run(x[0 : t - 1])], AT_ONE) == [run(x[1 : t - 1])]
    assert (
        overlap([run(x[0:t])], [run(x[1:t])], AT_ONE) == [run(x[1:t])] == overlap([run(x[1:t])], [run(x[0:t])], AT_ONE)
    )
    assert overlap([run(x[0:2])], [run(x[1])], AT_ONE) == [run(x[1])] == overlap([run(x[1])], [run(x[0:2])], AT_ONE)
    assert overlap([run(x[0])], [run(x[1])], AT_ONE) == []
    assert overlap([run(x[t])], [run(x[s])], AT_ONE) is None
    assert overlap([run(x[0:t])], [run(x[0:s])], AT_ONE) is None


# --- products
def test_products_and_back():
    assert sums.products((a + b) * c) == [(1, {a: 1, c: 1}), (1, {b: 1, c: 1})]
    assert sums.products(-a * 3) == [(-3, {a: 1})] and sums.products(wrap(0)) == [] and sums.products(wrap(0) * a) == []
    assert sums.products(a / (2 * b)) == [(Fraction(1, 2), {a: 1, b: -1})]
    assert sums.products(a / (b + c)) == [(1, {a: 1, b + c: -1})]
    assert sums.products(a**2 * a) == [(1, {a: 3})] and sums.products(a / a) == [(1, {})]
    assert sums.products((a + b) ** 2) == [(1, {a: 2}), (1, {a: 1, b: 1}), (1, {b: 1, a: 1}), (1, {b: 2})]
    assert sums.products((2 * a) ** -2) == [(Fraction(1, 4), {a: -2})]
    assert sums.products((a + b) ** 7) == [(1, {a + b: 7})]
    assert len(sums.products((a + b) ** 6)) == 64
    broken = a ** wrap(Fraction(3, 2))
    assert sums.products(broken) == [(1, {broken: 1})] and sums.products(log(a * b)) == [(1, {log(a * b): 1})]
    assert sums.products(a**w.v) == [(1, {a**w.v: 1})]


def test_products_are_written():
    one = Fraction(1)
    assert sums.product(one, {a: 1}) == a and sums.product(one, {}) == Num(one)
    assert sums.product(Fraction(2), {a: 1, b: 2}) == 2 * a * Pow(b, Num(Fraction(2)))
    assert sums.product(Fraction(3), {}) == wrap(3)
    assert sums.outside(one, {}, a) == a and sums.outside(Fraction(2), {}, a) == 2 * a
    assert sums.outside(one, {b: 1}, a) == b * a
    assert sums.total([]) == wrap(0) and sums.total([a]) == a and sums.total(iter([a, b])) == a + b
    assert sums.times({a: 1, b: 1}, {a: -1}) == {b: 1} and sums.times({a: 1}, {a: 1, b: 2}) == {a: 2, b: 2}
    assert sums.many([]) == [(1, {})]


def test_a_renamed_index_catches_nothing():
    prime = Index("s'")
    moved = at(Sum(m[s] * m[prime] * m[n], (s, 1, 2)), {"n": s})
    assert free_indices(moved) == {"s", "s'"} and moved.symbol not in ("s", "s'")
    assert at(Sum(m[s] * m[prime], (s, 1, 2)), {"n": s}).body.factors[1] == m[prime]


# --- what depends on what
def test_what_a_term_depends_on():
    free = Free(())
    state = run(x[1])
    assert free(x[1] * w.r, AT_ONE) == {state, run(w.r)}
    assert free(q(x[1] | x[0]), AT_ONE) == {state, run(x[0])}
    assert free(E(x[1], q(x[1] | x[0])), AT_ONE) == {run(x[0])}
    assert free(I(x[1] * q(x[1] | x[0]), x[1]), AT_ONE) == {run(x[0])}
    assert free(KL(q(x[1] | x[0]), q(x[1] | x[2])), AT_ONE) == {run(x[0]), run(x[2])}
    assert free(E(x[1] * x[0] * w.r, q), AT_ONE) == {run(w.r)}
    assert free(E(w.b * w.r, N(w.b, w.a, w.v)), AT_ONE) == {run(w.r), run(w.a), run(w.v)}
    assert free(I(w.f(w.y), (w.y, 0, w.r)), AT_ONE) == {run(w.r)}
    assert free(I(w.f(w.y), (w.y, w.b, w.r)), AT_ONE) == {run(w.b), run(w.r)}
    assert free(I(w.f(w.b), (w.b, w.b, w.r)), AT_ONE) == {run(w.b), run(w.r)}  # an end stands outside
    assert free(Sum(E(x[s], q(x[0:T])), (s, 1, T)), AT_ONE) == set()
    assert free(Sum(E(x[s], q(x[0 : T - 1])), (s, 1, T)), AT_ONE) == {run(x[1:T])}
    assert free(D(x[1] ** 2, x[1]), AT_ONE) == {state}
    assert free(E(x[t], q(x[0:t])), AT_ONE) == set() and free(E(x[s], q(x[0:t])), AT_ONE) == {run(x[s])}
    assert free(Sum(x[s], (s, 1, T)), AT_ONE) == {run(x[1:T])}
    assert free(Sum(x[s - 1] * x[t], (s, 2, T)), AT_ONE) == {run(x[1 : T - 1]), run(x[t])}
    assert free(Limit(x[T], T), AT_ONE) == {(x, ANY, ANY)}
    assert free(E(w.b, N(w.b, w.b, 1)), AT_ONE) == {run(w.b)}  # the mean stands outside


def test_what_definitions_bring():
    free = Free([(m[t], x[t] * w.a), (r, m[2]), (w.g(w.b), w.b * x[3]), (w.q(x[t]), N(x[t], w.c, 1))])
    assert free(m[1], AT_ONE) == {run(m[1]), run(x[1]), run(w.a)}
    assert free(r, AT_ONE) == {run(r), run(m[2]), run(x[2]), run(w.a)}
    assert run(x[2]) in free(Sum(r, (s, 1, T)), AT_ONE)
    assert run(x[1:T]) in free(Sum(m[s], (s, 1, T)), AT_ONE)
    assert free(E(m[1], w.p(x[1])), AT_ONE) == {run(m[1]), run(w.a)}
    things = {one[0] for one in free(w.g(w.r), AT_ONE)}
    assert things >= {r, x} and w.b not in things  # not matched: all that the formula has, but for its argument
    assert run(x[2]) in free(w.g(w.r), AT_ONE)
    assert {one[0] for one in free(w.q(x[1]), AT_ONE)} == {x, w.c}
    moved = Free([(x[t], x[t - 1] + w.e[t]), (w.g(w.b), w.b * x[3])])  # a state stands for itself
    assert moved(x[1], AT_ONE) == {run(x[1])} and w.e not in {one[0] for one in moved(w.g(w.r), AT_ONE)}
    loop = Free([(m[t], m[t - 1] * x[t])])
    assert (x, ANY, ANY) in loop(m[2], AT_ONE)


# --- what exists, and what is positive
def test_what_exists():
    late, free = w.X.sequence("late", start=3), Free([(w.r, 2 * w.b)])
    for fine in (x[t - 1], x[0:t], x[1:0], Sum(x[s], (s, 0, T)), Sum(w.m[s], (s, 2, T)), Limit(late[T], T), w.m[t]):
        well_formed(fine, AT_ONE, free)
    for early in (x[t - 2], x[Index(None, -1)], late[t], late[2], Sum(x[s - 2], (s, 1, T)), w.q(x[1] | x[t - 2])):
        with pytest.raises(Undefined, match="may stand before"):
            well_formed(early, AT_ONE, free)
    for backwards in (x[3:t], x[1 : t - 2], E(w.r, w.q(x[2:0]))):
        with pytest.raises(Undefined, match="ends before it begins"):
            well_formed(backwards, AT_ONE, free)
    for backwards in (Sum(w.m[s], (s, 3, T)), Sum(w.r, (s, t, s)), Product(w.r, (s, T, t))):
        with pytest.raises(Inconclusive):
            well_formed(backwards, AT_ONE, free)


def test_a_measure_is_one():
    free = Free([(w.r, 2 * w.b)])
    for fine in (
        E(w.b, N(w.b, w.c, w.a)),
        KL(N(w.b, 0, 1), N(w.b, w.c, 1)),
        N(w.b, w.r, 1),
        E(w.m[t], N(w.m[t], w.r, 1)),
    ):
        well_formed(fine, AT_ONE, free)
    for moving in (N(w.b, w.r, 1), N(w.b, w.c, w.r**2), N(w.b, w.b, 1), N(w.m[t], w.m[s], 1)):
        for measure in (
            E(w.b, moving),
            KL(moving, N(w.b, 0, 1)),
            KL(N(w.b, 0, 1), moving),
            1 + Sum(E(w.b, moving), (n, 1, T)),
        ):
            with pytest.raises(Undefined, match="is no density"):
                well_formed(measure, AT_ONE, free)


def test_what_is_positive():
    late = w.X.sequence("zero", w.al.domain, start=0, first=0)
    for yes in (
        wrap(1), a, c, a + c, a * c, a / c, a ** wrap(-2), a**r, exp(r), Phi(r), sqrt(a), w.f(r), w.al[t], w.ab[0],
        w.q(w.x[0]), N(r, r, 1), Product(a, (s, 1, T)), I(w.f(w.y), w.y), I(w.f(w.y), (w.y, 0, None)),
        E(a, w.q(w.x[0])),
    ):  # fmt: skip
        assert positive(yes), yes
    for no in (
        wrap(0), wrap(-1), r, -a, a + r, a * r, a / r, r / a, r**2, log(a), sqrt(r), w.g(r), w.f.prime(r), w.m[t],
        late[0],
        Sum(a, (s, 1, T)), Product(r, (s, 1, T)), I(w.f(w.y), (w.y, 0, 1)), I(w.g(w.y), w.y), E(r, w.q(w.x[0])), Var(r),
        KL(w.q(w.x[0]), w.p(w.x[0])), w.x[0],
    ):  # fmt: skip
        assert not positive(no), no
