"""Proof scripts for integration by parts: the integrands differ by the derivative of c N or c z N."""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import Integral, Normal
from derive.language.expr import Div, Mul, Num, walk

from .polynomials import ONE
from .premises import name_of
from .slopes import Slopes


def parts(script) -> str | None:
    sides = (script.goal.left, script.goal.right)
    if not all(isinstance(side, Integral) for side in sides) or sides[0].over != sides[1].over:
        return None
    z, difference = sides[0].over, sides[0].body - sides[1].body
    bells = [p for p in walk(difference) if isinstance(p, Normal) and p.at == z and z not in walk(p.mean - p.variance)]
    unders = [p.under for p in walk(difference) if isinstance(p, Div) and z not in walk(p.under)]
    factors = [ONE, *(Div(ONE, under) for under in dict.fromkeys(unders))]
    minus = Num(Fraction(-1))
    for bell in dict.fromkeys(bells):
        for c in (*factors, *(Mul((minus, factor)) for factor in factors)):
            for shifted, ends in ((Mul((c, bell)), "ends_normal"), (Mul((c, z, bell)), "ends_odd")):
                slope = Slopes(script).by(shifted, z)
                if script.print(slope) == script.print(difference):
                    return by_parts(script, z, shifted, slope, difference, ends)
    return None


def by_parts(script, z, shifted, slope, difference, ends) -> str:
    name = name_of(z.name)
    functions = [f"(fun {name} : R => {script.text(each)})" for each in (shifted, slope)]
    script.opens = False
    equal = f"try clear {name}; intros {name}; cbv beta; {script.algebra(difference, slope)}"
    script.opens = True
    derivative = "intros; eapply slope_eq; [ slope | same ]"
    goals = f"[ {derivative} | {equal} | intros; eexists; slope | apply {ends} ]"
    return f"intros; apply (by_parts {' '.join(functions)}); {goals}"
