"""How what a step cites is put into its sides, for the scripts."""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import KL, Density, Derivative, E, Integral, Normal, Var
from derive.language.expr import Add, Div, Expr, Func, Mul, Neg, Num, Pi, Pow, children, rebuild, walk
from derive.language.functions import Apply
from derive.language.times import Index, Item, Product, Sum
from derive.language.tree import Fact, at, match

CLOSED = (Apply, Derivative, E, Integral, KL, Sum, Density, Var)


def closed(node) -> bool:
    if isinstance(node, Pow):
        return not isinstance(node.power, Num) or node.power.value.denominator != 1
    return isinstance(node, CLOSED) or (isinstance(node, Func) and node.name == "Phi")


def opened_means(node):
    """``node`` with divergences and means under Gaussians written out, as the translator writes them."""
    node = rebuild(node, opened_means)
    if isinstance(node, KL):
        return opened_means(E(Func("log", Div(node.p, node.q)), node.p))
    if isinstance(node, E) and isinstance(node.under, Normal):
        return Integral(node.body * node.under, node.under.at)
    return node


def is_range(fact) -> bool:
    """a[t] := prod (times 1 t) f"""
    return type(fact.right) in (Sum, Product) and isinstance(fact.left, Item) and fact.right.high == fact.left.index


def recursive(fact) -> bool:
    """a[t] := … a[t - 1] …"""
    if not isinstance(fact.left, Item) or is_range(fact) or not fact.left.index.symbol:
        return False
    own = [p for p in walk(fact.right) if isinstance(p, Item) and p.sequence == fact.left.sequence]
    return bool(own) and all(p.index == fact.left.index - 1 for p in own)


def is_stated(part) -> bool:
    """A member whose value is stated: alpha_bar[0] = 1."""
    return isinstance(part, Item) and part.sequence.first is not None and part.index == Index(None, part.sequence.start)


def with_stated(node):
    return replaced(node, {part: Num(part.sequence.first) for part in walk(node) if is_stated(part)})


def replaced(node, values):
    if not values:
        return node
    return values[node] if node in values else rebuild(node, lambda child: replaced(child, values))


def instances(goal, nodes) -> list[tuple[int, Fact, list[Index]]]:
    """The cited facts as they are used, where an index is moved: the number of the fact, what it says, its indices."""
    found: dict = {}
    free = set(goal.symbols())
    for number, fact in enumerate(goal.facts):
        for node in (part for root in nodes for part in walk(root)) if fact.symbols else ():
            bound: dict[str, Index] = {}
            if not match(fact.left, node, fact.symbols, bound) or set(bound) != fact.symbols:
                continue
            if all(index.symbol and not index.offset for index in bound.values()):
                continue  # Rocq sees this itself
            own = {
                index.symbol: f"{index.symbol}_i"
                for index in bound.values()
                if index.symbol and index.symbol not in free
            }
            moved = {s: Index(own.get(index.symbol, index.symbol), index.offset) for s, index in bound.items()}
            known = dict(fact.first)
            first = tuple(
                (moved[s].symbol, max(0, known.get(s, 0) - moved[s].offset))
                for s in moved
                if moved[s].symbol in own.values()
            )
            said = Fact(fact.name, at(fact.left, moved), at(fact.right, moved), frozenset(own.values()), first)
            found[number, said.left] = number, said, [moved[s] for s in sorted(moved)]
    return list(found.values())


def folded(node, note):
    """``node`` with rational constants put together; ``note(before, after)`` hears of each change, inner ones first."""
    if isinstance(node, Index) and node.symbol is None:
        return Num(Fraction(node.offset))
    if closed(node) or isinstance(node, (Index, Item)) or not children(node):
        return node
    new = rebuild(node, lambda child: folded(child, note))
    simple = _simple(new)
    if simple != new and not (isinstance(new, Neg) and isinstance(simple, Num) and simple.value):
        note(new, simple)
    return simple


def _simple(node):
    parts = children(node)
    values = [part.value if isinstance(part, Num) else None for part in parts]
    if isinstance(node, (Add, Mul)):
        unit = Fraction(0) if isinstance(node, Add) else Fraction(1)
        if isinstance(node, Mul) and 0 in values:
            return Num(Fraction(0))
        if None not in values:
            return Num(sum(values) if isinstance(node, Add) else _product(values))
        rest = tuple(part for part, value in zip(parts, values, strict=True) if value != unit)
        return rest[0] if len(rest) == 1 else type(node)(rest)
    if isinstance(node, Neg) and values[0] is not None:
        return Num(-values[0])
    if isinstance(node, Div) and values[1] and (values[0] is not None or values[1] == 1):
        return node.over if values[0] is None else Num(values[0] / values[1])
    if isinstance(node, Div) and values[0] == 0:
        return Num(Fraction(0))
    if isinstance(node, Pow) and None not in values and values[1].denominator == 1 and values[1] >= 0:
        return Num(values[0] ** int(values[1]))
    known = {("sqrt", 0): 0, ("sqrt", 1): 1, ("log", 1): 0, ("exp", 0): 1}
    if isinstance(node, Func) and (node.name, values[0]) in known:
        return Num(Fraction(known[node.name, values[0]]))
    return node


def _product(values):
    result = Fraction(1)
    for value in values:
        result *= value
    return result


def split_log(node: Expr) -> Expr:
    """The logarithm of ``node`` as a sum over its factors; that of a Gaussian is written out."""
    if isinstance(node, Mul):
        return Add(tuple(map(split_log, node.factors)))
    if isinstance(node, Div):
        return Add((split_log(node.over), Neg(split_log(node.under))))
    if isinstance(node, Normal):
        two = Num(Fraction(2))
        square = Div(Pow(node.at - node.mean, two), Mul((two, node.variance)))
        return Add((Neg(square), Neg(Div(Func("log", Mul((two, Pi(), node.variance))), two))))
    return Func("log", node)


def has_normal_factor(node: Expr) -> bool:
    if isinstance(node, (Mul, Div)):
        return any(map(has_normal_factor, children(node)))
    return isinstance(node, Normal)
