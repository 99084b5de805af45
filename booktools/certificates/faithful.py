"""Steps whose translation would say something else: they get no statement.  This module is trusted.

The words of Rocq are total and know only what the statement tells them.  Subtraction of natural numbers stops at 0,
``Rpower`` of what is not positive is no power, a density is a function of the values alone, and a name that is no
function of a bound variable does not move with it.  A step that needs more than that is refused.
"""

from __future__ import annotations

from derive.language.density import Density, Derivative, Integral, Normal
from derive.language.dependence import is_noise, is_state
from derive.language.expr import Add, Div, Expr, Func, Mul, Num, Pi, Pow, Symbol, children, walk
from derive.language.functions import Apply
from derive.language.goal import Goal
from derive.language.times import Index, Item, Limit, Span, Sum
from derive.language.tree import first_times, measure_of

from .premises import OUTCOME, Untranslated, named, scope

LATE = 10**9  # where an index goes to a limit, its first values do not count


def faithful(goal: Goal) -> None:
    """Raise ``Untranslated`` unless the translation of ``goal`` says what the step says."""
    if goal.equations:
        raise Untranslated("the equation of a diffusion, for which there is no word")
    if goal.justification.name == "test functions":
        raise Untranslated("what holds for every test function, and not for one")
    least = first_times(goal.left, goal.right, least=goal.start)
    for side in (goal.left, goal.right, *(side for pair in goal.hypotheses for side in pair)):
        _times(side, least, goal.start, True, goal.orders())
    for fact in goal.facts:
        first = {**first_times(fact.left, fact.right, least=0), **dict(fact.first)}
        own = {symbol: first.get(symbol, 0) for symbol in fact.symbols}  # the others are those of the goal
        for side in (fact.left, fact.right):
            _times(side, {**least, **own}, goal.start, claimed=False)
    cited = [side for fact in goal.facts for side in (fact.left, fact.right)]
    sides = [goal.left, goal.right, *cited, *(side for pair in goal.hypotheses for side in pair)]
    nodes = [part for side in sides for part in walk(side)]
    for node in nodes:
        if isinstance(node, Pow) and not _whole(node.power) and not positive(node.base):
            raise Untranslated(f"a power of {node.base!r}, which may be no positive number")
    _one_process(nodes)
    _nothing_hidden(goal, nodes)
    _no_noise_under_a_density(goal, nodes)


def _times(node: Expr, least: dict[str, int], start: int, claimed: bool, orders=()) -> None:
    """No time is before 0, from the first values of the indices on; and no claimed density has a state twice.

    (A definition may say what a quantity is at a time at which that means nothing.)
    """

    def first(index):
        return index.offset + (0 if index.symbol is None else least.get(index.symbol, start))

    if isinstance(node, Sum):
        ends = (node.low,) if first(node.low) > 0 else (node.low, node.high)  # a sum from 1 to -1 is as empty as to 0
    elif isinstance(node, (Item, Span)):
        ends = (node.index,) if isinstance(node, Item) else (node.low, node.high)
    else:
        ends = (node.power,) if isinstance(node, Pow) else node.args[1:] if isinstance(node, Apply) else ()
    for end in ends:
        if isinstance(end, Index) and first(end) < 0 and not (isinstance(node, Pow) and end.symbol is None):
            raise Untranslated(f"the time {end!r}, which may be before 0")
    if isinstance(node, (Sum, Limit)):
        least = {**least, node.symbol: first(node.low) if isinstance(node, Sum) else LATE}
        orders = [pair for pair in orders if node.symbol not in (pair[0].symbol, pair[1].symbol)]  # of another index
    if isinstance(node, Density) and claimed:
        parts = [(p.index, p.index) if isinstance(p, Item) else (p.low, p.high) for p in (*node.targets, *node.given)]
        for n, (low, high) in enumerate(parts[: len(node.targets)]):
            others = [(a, b) for a, b in parts[n + 1 :] if not _below(b, low, orders) and not _below(high, a, orders)]
            if any(_may_reach(low, last, first) and _may_reach(early, high, first) for early, last in others):
                raise Untranslated(f"{node!r}, in which a state may stand twice")
    for part in children(node):
        _times(part, least, start, claimed, orders)


def _below(low: Index, high: Index, orders) -> bool:
    """Is ``low`` < ``high`` by the hypotheses about times?"""
    if low.symbol == high.symbol:
        return low.offset < high.offset
    after = [(pair, pair[1] + (low.offset - pair[0].offset - 1)) for pair in orders if pair[0].symbol == low.symbol]
    return any(_below(each, high, [other for other in orders if other != pair]) for pair, each in after)


def _may_reach(low: Index, high: Index, first) -> bool:
    """May ``low`` be at most ``high``?"""
    if low.symbol == high.symbol:
        return low.offset <= high.offset
    return first(low) <= high.offset if high.symbol is None else True


def _whole(power: Expr) -> bool:
    return isinstance(power, Index) or (isinstance(power, Num) and power.value.denominator == 1)


def positive(node: Expr) -> bool:
    """Is this positive by its form and the domains of its names?"""
    if isinstance(node, Num):
        return node.value > 0
    if isinstance(node, (Symbol, Item)):
        thing = node.sequence if isinstance(node, Item) else node
        stated = getattr(thing, "first", None)
        return thing.domain.low is not None and thing.domain.low >= 0 and (stated is None or stated > 0)
    if isinstance(node, Apply):
        return node.function.positive
    if isinstance(node, Func) and node.name != "sqrt":
        return node.name in ("exp", "Phi")
    below = (Add, Mul, Div, Func)
    parts = children(node) if isinstance(node, below) else (node.base,) if isinstance(node, Pow) else ()
    return isinstance(node, (Pi, Normal, Density)) or (bool(parts) and all(map(positive, parts)))


def _one_process(nodes: list[Expr]) -> None:
    """The densities of a distribution are identified by times: all of them are about states of one process."""
    processes: dict[str, str] = {}
    for node in (node for node in nodes if isinstance(node, Density)):
        for part in (*node.targets, *node.given):
            if processes.setdefault(node.distribution.name, named(part)) != named(part):
                raise Untranslated(f"the distribution {node.distribution.name} of two processes")


def _name(node: Expr) -> str | None:
    if isinstance(node, (Apply, Density)):
        return node.function.name if isinstance(node, Apply) else node.distribution.name
    return named(node) if isinstance(node, (Symbol, Item, Span)) else None


def _free(node: Expr) -> set[str]:
    """The names that ``node`` is made of, without the variables of its own integrals."""
    own = {_name(node)} - {None}
    found = own.union(*map(_free, children(node)))
    variable = node.over if isinstance(node, Integral) else getattr(measure_of(node), "at", None)
    return found - {named(variable)} if isinstance(variable, Symbol) else found


def _nothing_hidden(goal: Goal, nodes: list[Expr]) -> None:
    """What moves with a bound variable, or with the noise, is a symbol, a sequence, or a state that the step cites."""
    meanings: dict[str, list] = {}
    for left, right in goal.stated:
        if (name := _name(left)) is not None:
            meanings.setdefault(name, []).append((left, right))

    def reach(name, seen):
        """What the definitions of ``name`` are made of, beside what their left sides name."""
        found = set()
        for left, right in meanings.get(name, ()) if name not in seen else ():
            arguments = _free(left) if isinstance(left, (Apply, Density)) else set()
            inside = _free(right) - arguments
            found = found.union(inside, *(reach(deeper, {*seen, name}) - arguments for deeper in inside))
        return found

    bound = {named(each) for node in nodes for each in scope(node)[0]}
    if OUTCOME.name in bound:
        sides = [part for pair in goal.stated for side in pair for part in walk(side)]
        bound |= {named(part) for part in (*nodes, *sides) if is_noise(part) or is_state(part)}
    for name in {_name(node) for node in nodes if isinstance(node, (Apply, Density))}:
        if hidden := reach(name, set()) & bound:
            raise Untranslated(f"{name}, whose definition hides {', '.join(sorted(hidden))}")
    cited = {named(fact.left) for fact in goal.facts if isinstance(fact.left, Item)}
    for node in (node for node in nodes if isinstance(node, Derivative)):
        for part in walk(node.body):
            if is_state(part) and named(part) not in cited and named(node.by) in reach(named(part), set()):
                raise Untranslated(f"{part!r}, whose definition hides {node.by!r}")
    for node in nodes:
        for each in scope(node)[0]:
            if isinstance(each, (Item, Span)) and named(each) in cited:
                raise Untranslated(f"{named(each)}, which is defined and bound")


def _no_noise_under_a_density(goal: Goal, nodes: list[Expr]) -> None:
    """A symbol that is defined by a noise, not by way of states, is no number beside a density."""
    own, noisy = [pair for pair in goal.stated if not is_state(pair[0])], set()
    for _ in own:
        noisy |= {_name(left) for left, right in own for p in walk(right) if is_noise(p) or _name(p) in noisy}
    if any(isinstance(node, Density) for node in nodes) and (hidden := noisy & {_name(node) for node in nodes}):
        raise Untranslated(f"{', '.join(sorted(hidden))}, a noise beside a density")
