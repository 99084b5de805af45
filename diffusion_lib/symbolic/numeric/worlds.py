"""The two verdicts on statements about densities: finite worlds, and linear-Gaussian worlds, for T = 1 … 5."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from mpmath import mp

from diffusion_lib.errors import Inconclusive, Refuted, Undefined
from diffusion_lib.symbolic.language.claim import Claim
from diffusion_lib.symbolic.language.density import Density, Normal
from diffusion_lib.symbolic.language.expr import Add, Apply, Div, Func, Mul, Num, Pow, Symbol, children, walk
from diffusion_lib.symbolic.language.registry import real
from diffusion_lib.symbolic.language.times import Index, Item, OutOfRange, Product, Span, Sum
from diffusion_lib.symbolic.numeric.draw import draw
from diffusion_lib.symbolic.numeric.evaluate import DIGITS, MARGIN, compare, witness
from diffusion_lib.symbolic.numeric.finite import FiniteWorld
from diffusion_lib.symbolic.numeric.gaussian import GaussianWorld
from diffusion_lib.symbolic.numeric.interpret import HORIZON, to_mpf
from diffusion_lib.symbolic.numeric.quadratic import Bell, as_bell

WORLDS, GAUSSIAN_WORLDS = 20, 5
LOOKS = 4  # at how many states the sign of a gap is looked at
OFFSET = 2  # a claim about densities may look that many steps ahead or back
TIMES = (3, 2, 4, 1, 5)  # a wrong step shows early in the middle


def finite_worlds(claim: Claim, left, right) -> str:
    """Evaluate a claim in random finite worlds, at all times that fit; return the verdict's name."""

    def test(number, index):
        for salt in range(3):  # free states get three random assignments
            world = FiniteWorld(str(number), index, claim.licence, salt)
            compare(claim, world, left, right, mp.mpf(10) ** (MARGIN - DIGITS))
            if not world.used:
                break

    _over_worlds(claim, test, WORLDS)
    return f"{WORLDS} finite worlds"


def gaussian_worlds(claim: Claim) -> str:
    """Evaluate a claim in linear-Gaussian worlds, at all times that fit; return the verdict's name."""

    def test(number, index):
        world = _gaussian_world(number, claim.model)
        world.index = dict(index)
        _compare_coefficients(claim, world, world(claim.left), world(claim.right))

    with mp.workdps(DIGITS + MARGIN):
        _over_worlds(claim, test, GAUSSIAN_WORLDS)
    return f"{GAUSSIAN_WORLDS} Gaussian worlds"


def gaussian_sign(claim: Claim, gap) -> None:
    """Raise ``Refuted`` if a gap with densities is negative at some states of a linear-Gaussian world."""

    def test(number, index):
        world = _gaussian_world(number, claim.model)
        world.index = dict(index)
        value = world(gap)
        for look in range(0 if isinstance(value, Bell) else LOOKS):
            number = value.at({key: to_mpf(draw(f"{world.seed}:{look}:{key}", real)) for key in value.variables()})
            if number < -(mp.mpf(10) ** (MARGIN - DIGITS)):
                raise Refuted(f"the gap {gap!r} is {mp.nstr(number, 12)} at {witness(world)}; a gap is never negative")

    try:
        with mp.workdps(DIGITS + MARGIN):
            _over_worlds(claim, test, GAUSSIAN_WORLDS)
    except Inconclusive:  # not Gaussian: the form of the gap must do
        return


@lru_cache(maxsize=16 * GAUSSIAN_WORLDS)
def _gaussian_world(number, model):
    return GaussianWorld(str(number), {}, model)  # keeps its marginals for the next claim


def _compare_coefficients(claim, world, a, b):
    if not isinstance(a, Bell) and not isinstance(b, Bell):
        return _compare_polynomials(claim, world, a, b)
    (one, log_one), (other, log_other) = (as_bell(side).normal() for side in (a, b))
    _compare_polynomials(claim, world, one, other)
    _compare_polynomials(claim, world, log_one, log_other)


def _compare_polynomials(claim, world, a, b):
    scale = 1 + max(abs(value) for side in (a, b) for value in (0, *side.terms.values()))
    for key, value in (a - b).terms.items():
        if not mp.isfinite(value):
            raise Undefined(f"{claim} has no finite value at {witness(world)}")
        if abs(value) > scale * mp.mpf(10) ** (MARGIN - DIGITS):
            monomial = " ".join(f"{name}[{time}]" for name, time in key) or "1"
            raise Refuted(
                f"{claim} is false at {witness(world)}: the two polynomials of the states differ in {monomial} by "
                f"{mp.nstr(value, 12)}; correct a side, or the licence"
            )


def plain_times(*nodes) -> None:
    """Raise ``Inconclusive`` for arithmetic with times, which T = 1 … 5 says nothing about."""
    for node in nodes:
        if isinstance(node, Index) and node.symbol is not None:
            raise Inconclusive(f"a time, {node!r}, is used as a number in a claim about densities; split the step")
        if isinstance(node, (Item, Span)):
            ends = (node.index,) if isinstance(node, Item) else (node.low, node.high)
        elif isinstance(node, Sum):
            ends = (node.low, node.high)
            inner = [p for p in walk(node.body) if isinstance(p, Index) and p.symbol == node.symbol]
            if not inner:
                raise Inconclusive(f"{node!r} has equal terms, so that it counts; split the step")
            plain_times(node.body)
        else:
            plain_times(*children(node))
            continue
        if any(abs(end.offset) > (OFFSET if end.symbol else HORIZON) for end in ends):
            raise Inconclusive(f"{node!r} looks too far for worlds with T = 1 … 5; use offsets up to {OFFSET}")
        if isinstance(node, Sum) and node.low.symbol is None and node.low.offset > OFFSET:
            raise Inconclusive(f"{node!r} begins too late for worlds with T = 1 … 5")


def many_times(claim, left, right) -> None:
    """Raise ``Inconclusive`` if the claim may hold at the few times that were looked at, and at no others.

    At one of them no two indices may fall together by chance, and a product of so many sums that each time could be
    one of their zeros is refused.
    """
    indices = {part for side in (left, right) for part in walk(side) if isinstance(part, Index)}
    indices = [i for i in indices if i.symbol is None or i.symbol in claim.symbols()]
    tested, apart = [], []

    def test(number, index):
        world = FiniteWorld(str(number), index, claim.licence)
        world(left), world(right)
        tested.append(index)
        apart.append(len({world.time(i) for i in indices}) == len(indices))

    _over_worlds(claim, test, 1)
    if not any(apart):
        raise Inconclusive(f"{claim} has at each of the times T = 1 … 5 two indices that fall together; split the step")
    times = min((len({index[symbol] for index in tested}) for symbol in claim.symbols()), default=HORIZON)
    for node in (left, right):
        if _sums(node) >= times:
            raise Inconclusive(f"{node!r} multiplies too many sums for worlds with {times} times; split the step")


def plain_numbers(*nodes) -> None:
    """Raise ``Inconclusive`` for numbers and powers so large or small that 60 digits could hide what they change."""
    for node in nodes:
        if _digits(node) > DIGITS // 3:
            raise Inconclusive(f"{node!r} has numbers that {DIGITS} digits may not show; split the step")


def _digits(node):
    """How many digits the numbers and letters in a node may take, if all factors of a term are small."""
    if isinstance(node, Num):
        return len(str(max(abs(node.value.numerator), node.value.denominator))) - 1
    if isinstance(node, (Symbol, Item, Density, Apply)):
        return 1
    parts = list(map(_digits, children(node)))
    inside = max(parts) if isinstance(node, Add) else sum(parts)
    if isinstance(node, Pow) and isinstance(node.power, Num):
        return inside * max(1, abs(node.power.value))
    if isinstance(node, Product):
        return inside * HORIZON
    steep = isinstance(node, Func) and node.name in ("exp", "Phi")
    if steep:
        inside = 10 ** min(inside, 9)
    if steep or isinstance(node, Normal):
        return inside + sum(abs(part.value) ** 2 for part in walk(node) if isinstance(part, Num)) / 4
    return inside


def _sums(node) -> int:
    """The degree of a node as a polynomial in its sums and products up to a symbolic time."""
    inside = [_sums(child) for child in children(node)]
    if isinstance(node, Sum):
        return (node.high.symbol is not None) + max(inside)
    if isinstance(node, Pow) and isinstance(node.power, Num):
        return inside[0] * max(1, abs(int(node.power.value)))
    return sum(inside) if isinstance(node, (Mul, Div)) else max(inside, default=0)


def _over_worlds(claim, test, count):
    symbols, fits = claim.symbols(), False
    for number in range(count):
        for times in product(TIMES, repeat=len(symbols)):
            index = dict(zip(symbols, times, strict=True))
            try:
                claim.check_times(index)
                test(number, index)
                fits = True
            except OutOfRange:
                continue
    if not fits:
        raise Undefined(f"{claim} has an index outside of its range")
