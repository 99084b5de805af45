"""The numerical comparison: both sides at random rational points of the domain, and what counts as equal."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from mpmath import mp

from ..errors import Inconclusive, Refuted, Undefined, VacuousHypotheses
from ..language.density import E, Integral
from ..language.expr import Num, children, walk
from ..language.goal import Goal, contains, is_order
from ..language.times import Index, Limit, OutOfRange
from ..language.tree import first_times
from .analysis import INTEGRAL_DIGITS
from .interpret import to_mpf
from .points import Point

POINTS, INTEGRAL_POINTS = 24, 6
DIGITS = 60
MARGIN = 10  # digits that rounding may take
LIMIT_TOLERANCE = Fraction(1, 10**9)
FAR_AWAY = 17  # one more time is that much later than all others
MODERATE = 50  # larger numbers in a goal are taken for numbers, not for times
LATEST = 8  # hypotheses about times must hold for some times before it
TRIES = 40  # points drawn for each point wanted, before hypotheses count as contradictory


def at_points(goal: Goal, left, right) -> str:
    """Evaluate a scalar goal at random points of the domain; return the name of the search."""
    rough = goal.justification.integrates and goal.justification.mean == "integral"  # quadrature of arbitrary functions
    if rough and any(nested(part) for side in (left, right) for part in walk(side)):
        raise Inconclusive(f"{goal} has an integral within another, which takes too long to evaluate")
    integral = rough or (goal.justification.integrates and contains(Integral, left, right))
    count, digits = (INTEGRAL_POINTS, INTEGRAL_DIGITS) if integral else (POINTS, DIGITS)
    limit = goal.justification.name == "limit" and contains(Limit, left, right)
    tries = times_to_try(goal, short=integral)
    for turn, number in enumerate(admissible(goal, max(count, len(tries)))):
        with mp.workdps(digits):
            tolerance = to_mpf(LIMIT_TOLERANCE) if limit or rough else mp.mpf(10) ** (MARGIN - digits)
            for index in (*tries[turn % len(tries) :], *tries):
                point = Point(str(number), index, goal.justification, goal.standard)
                point.places = {fact.left: fact.right for fact in goal.facts}
                try:
                    goal.check_times(index)
                    compare(goal, point, left, right, tolerance, absolute=limit or rough)
                    break
                except OutOfRange:
                    continue
            else:
                raise Undefined(f"{goal} has an index outside of its range")
    return f"{count} points, {digits} digits"


def nested(node) -> bool:
    """Is this an integral, or a mean, that has another one inside?"""
    return isinstance(node, (Integral, E)) and any(contains((Integral, E), part) for part in children(node))


def times_to_try(goal, short=False) -> list[dict[str, int]]:
    """Assignments of times to index symbols, the earliest first.

    One symbol: its first five times, then times beyond every number in the goal, and one far away.  Several symbols:
    all combinations of their first times, equal ones among them, then late and equal times.
    """
    symbols = goal.symbols()
    first = first_times(goal.left, goal.right, least=goal.start)
    starts = [first[symbol] for symbol in symbols]
    last = max(starts, default=0)
    beyond = 1 + max([last + 4, *_whole_numbers(goal.left), *_whole_numbers(goal.right)])
    late = [] if short else [*range(beyond, beyond + 7), beyond + FAR_AWAY]
    if len(symbols) == 1:
        times = [*range(last, last + 5), *late]
        return [{symbols[0]: time} for time in times]
    found = product(*(range(start, last + 4) for start in starts))
    return [
        dict(zip(symbols, times, strict=True)) for times in (*found, *((time,) * len(symbols) for time in late[:3]))
    ]


def _whole_numbers(node):
    """The absolute values of all small whole numbers and literal times in a node."""
    for part in walk(node):
        value = part.offset if isinstance(part, Index) else part.value if isinstance(part, Num) else 0
        if abs(value) < MODERATE:
            yield abs(int(value))


def admissible(goal: Goal, count: int):
    """Yield the numbers of ``count`` points that satisfy all hypotheses; those about times are kept by each time."""
    found, numbers = 0, [pair for pair in goal.hypotheses if not is_order(pair)]
    symbols = sorted({time.symbol for pair in goal.orders() for time in pair} - {None})
    several = product(range(LATEST), repeat=len(symbols))
    possible = any(goal.in_order(dict(zip(symbols, times, strict=True))) for times in several)
    for number in range(TRIES * count if possible else 0):
        if found < count and all(_holds(goal, number, pair) for pair in numbers):
            found += 1
            yield number
    if found < count:
        shown = ", ".join(f"{small!r} < {large!r}" for small, large in goal.hypotheses)
        raise VacuousHypotheses(f"no rational point satisfies {shown}, so everything would follow; drop one of them")


def _holds(goal, number, pair):
    pair_goal = Goal(goal.name, *pair, goal.justification)
    symbols = pair_goal.symbols()
    for times in product(range(10), repeat=len(symbols)):
        point = Point(str(number), dict(zip(symbols, times, strict=True)), goal.justification)
        try:
            if not to_mpf(point(pair[0])) < to_mpf(point(pair[1])):
                return False
        except OutOfRange:
            continue
    return True


def compare(goal: Goal, model, left, right, tolerance, absolute=False):
    """Evaluate both sides in a model; raise ``Refuted`` with the model as witness if they differ."""
    a, b = model(left), model(right)
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        equal = a == b
    else:
        a, b = to_mpf(a), to_mpf(b)
        if not (mp.isfinite(a) and mp.isfinite(b)):
            raise Undefined(f"in {goal}, left is {mp.nstr(a, 8)} and right is {mp.nstr(b, 8)} at {witness(model)}")
        scale = max(abs(a), abs(b), 1 if absolute else 0)
        equal = abs(a - b) <= tolerance * scale or _is_rounding(model, left, right, a - b)
    if not equal:
        sides = f"left is {mp.nstr(to_mpf(a), 12)}, right is {mp.nstr(to_mpf(b), 12)}"
        raise Refuted(f"{goal} is false at {witness(model)}: {sides}; correct a side, or the justification")


def _is_rounding(model, left, right, difference) -> bool:
    """Near zero, a difference of equal numbers shrinks when the precision doubles; any other difference stays."""
    small = mp.mpf(10) ** (MARGIN - mp.dps)
    if abs(difference) > small:
        return False
    with mp.workdps(2 * mp.dps):
        return abs(to_mpf(model(left)) - to_mpf(model(right))) <= small**2


def witness(model) -> str:
    """The values that define a point or a model, in a fixed order."""
    parts = [f"{symbol} = {value}" for symbol, value in sorted(model.index.items())]
    parts += [f"{label} = {value}" for label, value in sorted(model.used.items())]
    return ", ".join(parts + ([] if model.used and isinstance(model, Point) else [f"random distribution {model.seed}"]))
