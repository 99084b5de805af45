"""Sums and products up to a symbolic end, for programs that know letters only.

A range such as ``∏_{s=1}^{t+1} α_s`` becomes a letter for its shared part, ``∏_{s=1}^{t} α_s``, and the members that
are left over, ``α_{t+1}``, written out.  What this misses, induction may find: an equality about all n ≥ n₀ holds if it
holds at n₀ and both sides grow by the same from n to n + 1.
"""

from __future__ import annotations

import zlib
from fractions import Fraction

from .language import Add, Expr, Index, Interval, Item, Mul, Neg, Num, Product, Sum, Symbol, at, rebuild, walk
from .words import Untranslated

LONGEST = 12  # members of a range that are written out
DUMMY = "#"
CLOSED = "closed"  # the role of a product that may be empty, and then equals the upper end of its domain


def without_ranges(sides: tuple[Expr, ...], earliest: dict[str, int]) -> tuple[Expr, ...]:
    """``sides`` with letters in place of ranges; ``earliest`` is the least value of each free index symbol."""
    families: dict[tuple, list[Sum]] = {}
    for node in (part for side in sides for part in walk(side) if isinstance(part, Sum)):
        families.setdefault(_family(node), []).append(node)
    shared = {key: _shared(nodes, earliest) for key, nodes in families.items()}
    letters: dict[tuple, Symbol] = {}

    def visit(node):
        if isinstance(node, Sum):
            node = _split(node, shared[_family(node)], letters, earliest)
            return node if not isinstance(node, Sum) else rebuild(node, visit)
        return rebuild(node, visit)

    found = tuple(visit(side) for side in sides)
    return found if not any(isinstance(p, Sum) for s in found for p in walk(s)) else without_ranges(found, earliest)


def by_induction(sides: tuple[Expr, Expr], earliest: dict[str, int]) -> list[tuple[Expr, Expr]]:
    """Two goals, about the first n and about the growth from n to n + 1, for each index n that ends a range."""
    left, right = sides
    ends = {p.high.symbol for side in sides for p in walk(side) if isinstance(p, Sum)}
    if len(ends) != 1 or None in ends or not ends <= set(earliest):
        return []
    (n,) = ends
    first = {n: Index(None, earliest[n])}
    base = at(left, first), at(right, first)
    later_left, later_right = (at(side, {n: Index(n, 1)}) for side in (left, right))
    if type(left) is Product and left.high == Index(n):  # with the hypothesis put in
        return [base, (Mul((right, at(left.body, {left.symbol: Index(n, 1)}))), later_right)]
    return [base, (Add((later_left, Neg(left))), Add((later_right, Neg(right))))]


def _family(node):
    body = at(node.body, {node.symbol: Index(DUMMY)})
    return type(node), body, node.low.symbol, node.high.symbol


def _shared(nodes, earliest):
    """The part that all ranges of a family have, or None if it may be shorter than empty."""
    low, high = max(n.low.offset for n in nodes), min(n.high.offset for n in nodes)
    start, end = nodes[0].low.symbol, nodes[0].high.symbol
    length = high - low + (earliest.get(end, 1) if end else 0) - (earliest.get(start, 1) if start else 0)
    return (low, high) if length >= -1 and start is None else None


def _split(node, shared, letters, earliest):
    kind, (start, end) = type(node), (node.low.symbol, node.high.symbol)

    def member(symbol, offset):
        return at(node.body, {node.symbol: Index(symbol, offset)})

    if start == end:
        members = [member(start, k) for k in range(node.low.offset, node.high.offset + 1)]
        if len(members) > LONGEST:
            raise Untranslated(f"a range of {len(members)} members")
        return _joined(kind, members)
    low, high = shared or (node.low.offset, node.high.offset)
    key = (*_family(node), low, high)
    before = [member(start, k) for k in range(node.low.offset, low)]
    after = [member(end, k) for k in range(high + 1, node.high.offset + 1)]
    filled = start is None and end is not None and earliest.get(end, 1) + high >= low
    domain = _domain(node.body) if kind is Product else Interval()
    role = "parameter" if filled or domain.high is None else CLOSED
    letter = letters.setdefault(key, Symbol(f"range{_number(key)}", "", domain, role))
    return _joined(kind, [*before, letter, *after])


def _number(key) -> int:
    return zlib.crc32(repr(key).encode())


def _joined(kind, members):
    if len(members) == 1:
        return members[0]
    if not members:
        return Num(Fraction(int(kind is Product)))
    return Mul(tuple(members)) if kind is Product else Add(tuple(members))


def _domain(body):
    """The domain of a product that is not empty: that of its members, if they are positive, or lie in (0, 1)."""
    domain = body.sequence.domain if isinstance(body, Item) else Interval()
    if isinstance(body, Add) and len(body.terms) == 2 and isinstance(body.terms[1], Neg):
        one, (item,) = body.terms[0], (body.terms[1].arg,)
        if one == Num(Fraction(1)) and isinstance(item, Item):
            domain = item.sequence.domain if item.sequence.domain == Interval(Fraction(0), Fraction(1)) else Interval()
    known = domain.low is not None and domain.low >= 0
    return (
        Interval(Fraction(0), Fraction(1) if domain.high is not None and domain.high <= 1 else None)
        if known
        else Interval()
    )
