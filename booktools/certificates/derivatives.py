"""Proof scripts for steps with derivatives.

Each side is evaluated by the rules of differentiation; Rocq proves that it equals its value (the tactic ``slopes`` of
theorems/StepsDerivative.v), and the rest is algebra.
"""

from __future__ import annotations

from derive.language.density import Integral, Normal
from derive.language.expr import Div, Func, Symbol, walk
from derive.language.functions import Apply
from derive.language.goal import free_dummies
from derive.language.times import Item
from derive.language.tree import unfold

from .differentiation import Derivatives, gathered
from .facts import opened_means, replaced
from .limits import limit
from .parts import parts


def proof(script) -> str | None:
    """The script, or None if the general one shall be tried."""
    if script.goal.justification.name in ("differentiation", "exchange"):
        return by_rules(script)
    if script.goal.justification.name == "limit":
        return limit(script)
    if script.goal.justification.name == "integration by parts":
        return parts(script)
    return None


def by_rules(script) -> str:
    goal = script.goal
    points = {fact.left: fact.right for fact in goal.facts if getattr(fact.left, "name", None) in script.word.bound}
    facts = tuple(fact for fact in goal.facts if fact.left not in points)
    for chosen in dict.fromkeys(((), facts)):
        derivatives = Derivatives(script)
        sides = [opened_means(side) for side in (goal.left, goal.right)]
        whole = [opened_means(side) for side in (unfold(tuple(sides), chosen, goal.start) if chosen else sides)]
        values = [derivatives.value(side) for side in whole]
        last = [replaced(value, points) for value in values]
        sums = [gathered(value) for value in last]
        if script.print(last[0]) == script.print(last[1]):
            break
        if None not in sums and script.print(sums[0]) == script.print(sums[1]):
            break
    lines = ["intros", *derivatives.lines, *known(script, [*whole, *values])]
    for n, (side, full, value) in enumerate(zip(sides, whole, values, strict=True)):
        turn = ["symmetry"] if n else []
        if full != side:
            lines += [*turn, f"transitivity {script.text(full)}; [ solve [ cong_near ] | ]", *turn]
        if value != full:
            lines += [*turn, f"transitivity {script.text(value)}; [ solve [ slopes ] | ]", *turn]
    if points:
        lines.append("points")
    if script.print(last[0]) != script.print(last[1]) and None not in sums:
        for n, (value, total) in enumerate(zip(last, sums, strict=True)):
            turn = ["symmetry"] if n else []
            if total != value:
                lines += [*turn, f"transitivity {script.text(total)}; [ solve [ symmetry; scale_out; same ] | ]", *turn]
        last = sums
    script.opens = False
    closed = script.algebra(*last)
    script.opens = True
    return "; ".join([*lines, f"first [ solve [ {closed} ] | {script.algebra(*last)} ]"])


def known(script, sides) -> list[str]:
    """What is positive: members of sequences, values of functions, integrals of what is."""
    lines = []
    parts = dict.fromkeys(part for side in sides for part in walk(side) if not free_dummies(part))
    for part in parts:
        if isinstance(part, (Item, Apply)) or (isinstance(part, Symbol) and " " in script.text(part)):
            lines.append(f"domain {script.text(part)}")
    for part in parts:
        inner = part.under if isinstance(part, Div) else part.arg if isinstance(part, Func) else None
        if isinstance(inner, Integral):
            lines.append(f"try (let K := fresh in assert (K : 0 < {script.text(inner)}) by above)")
        inner = part.variance if isinstance(part, Normal) else inner
        if inner is not None and any(isinstance(node, Func) and node.name == "exp" for node in walk(inner)):
            lines.append(f"try (let K := fresh in assert (K : 0 < {script.text(inner)}) by pos)")
    return list(dict.fromkeys(lines))
