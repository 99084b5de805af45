"""Proof scripts for integration by parts: the integrands differ by the derivative of c N or c z N."""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import Integral, Normal
from derive.language.expr import Div, Mul, Num, walk

from .differentiation import Derivatives
from .polynomials import ONE
from .premises import name_of


def parts(script) -> str | None:
    sides = (script.goal.left, script.goal.right)
    if not all(isinstance(side, Integral) for side in sides) or sides[0].over != sides[1].over:
        return None
    z, difference = sides[0].over, sides[0].body - sides[1].body
    normals = [part for part in walk(difference) if isinstance(part, Normal) and part.at == z]
    gaussians = [part for part in normals if z not in walk(part.mean - part.variance)]
    unders = [p.under for p in walk(difference) if isinstance(p, Div) and z not in walk(p.under)]
    factors = [ONE, *(Div(ONE, under) for under in dict.fromkeys(unders))]
    minus = Num(Fraction(-1))
    for gaussian in dict.fromkeys(gaussians):
        for c in (*factors, *(Mul((minus, factor)) for factor in factors)):
            for shifted, ends in ((Mul((c, gaussian)), "ends_normal"), (Mul((c, z, gaussian)), "ends_odd")):
                derivative = Derivatives(script).by(shifted, z)
                if script.print(derivative) == script.print(difference):
                    return by_parts(script, z, shifted, derivative, difference, ends)
    return None


def by_parts(script, z, shifted, derivative, difference, ends) -> str:
    name = name_of(z.name)
    functions = [f"(fun {name} : R => {script.text(each)})" for each in (shifted, derivative)]
    script.opens = False
    equal = f"try clear {name}; intros {name}; cbv beta; {script.algebra(difference, derivative)}"
    script.opens = True
    derivative = "intros; eapply slope_eq; [ slope | same ]"
    goals = f"[ {derivative} | {equal} | intros; eexists; slope | apply {ends} ]"
    return f"intros; apply (by_parts {' '.join(functions)}); {goals}"
