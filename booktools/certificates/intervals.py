"""Proofs of steps that integrate over an interval: by an antiderivative, or by a substitution."""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import Integral, Normal
from derive.language.expr import Add, Div, Func, Mul, Neg, Num, Pow, put, rebuild, walk

from .antiderivatives import antiderivative
from .polynomials import ONE, TWO, product
from .premises import Untranslated, name_of

INSIDE = "repeat split; first [ exact I | assumption | nonzero | pos ]"


def over_an_interval(integrals, node):
    """The value of the integral, and a list of lines that prove it."""
    text, low, high = integrals.text, node.low, node.high
    if isinstance(node.body, Normal):
        return _of_a_normal(integrals, node)
    variable, name = node.over, name_of(node.over.name)
    whole, linear = antiderivative(node.body, variable, integrals.print)
    raw = Add((put(whole, variable, high), Neg(put(whole, variable, low))))
    borders = []
    for base, d, e in linear:
        ends = f"apply (between_ends {text(d)} {text(e)} {text(low)} {text(high)} {name}); [ lra | pos | pos ]"
        same = f"replace {text(base)} with ({text(d)} + {text(e)} * {name}) by ring"
        borders.append(f"assert (0 < {text(base)}) by ({same}; {ends})")
    known = "; ".join([f"aside {name}; intros {name} Hin", *borders])
    function = integrals.function(variable, whole)
    parts = [
        "first [ lra | left; pos ]",
        f"{known}; auto_derive; [ {INSIDE} | first [ ring | field; nonzero ] ]",
        f"{known}; auto_derive; {INSIDE}",
    ]
    value = _without_exp_zero(raw, integrals.print)
    zeros = {p for p in walk(raw) if isinstance(p, Func) and p.name == "exp" and not any(integrals.print(p.arg))}
    ones = [f"replace {text(p)} with 1 by (rewrite <- exp_0; f_equal; ring)" for p in zeros]
    lemma = f"apply (by_antiderivative {function}); [ {' | '.join(parts)} ]"
    return value, [f"transitivity {text(raw)}; [ {lemma} | {'; '.join([*ones, 'reflexivity'])} ]"]


def _of_a_normal(integrals, node):
    text, mean, variance = integrals.text, node.body.mean, node.body.variance
    if not isinstance(variance, Pow) or variance.power != TWO or node.body.at != node.over:
        raise Untranslated("a Gaussian over an interval whose variance is no square")

    def place(a, b):
        return Func("Phi", Div(a - b, variance.base))

    if node.low is None:
        return place(node.high, mean), ["apply normal_below; pos"]
    if node.high is not None:
        return Add((place(node.high, mean), Neg(place(node.low, mean)))), ["apply normal_between; pos"]
    if node.low != mean:
        return place(mean, node.low), ["apply normal_above; pos"]
    zero = f"replace (({text(mean)} - {text(mean)}) / {text(variance.base)}) with 0 by (field; nonzero)"
    return Num(Fraction(1, 2)), [f"rewrite normal_above by pos; {zero}; apply Phi_zero"]


def _without_exp_zero(node, value):
    if isinstance(node, Func) and node.name == "exp" and not any(value(node.arg)):
        return ONE
    return rebuild(node, lambda child: _without_exp_zero(child, value))


def substituted(integrals, left, right) -> str:
    """∫_0^k f is ∫_0^k g and c times ∫_0^1 r, where u = k v, or u = k (1 - v)."""
    text = integrals.text
    (whole,) = [part for part in walk(left) if isinstance(part, Integral)]
    inside, unit = [part for part in walk(right) if isinstance(part, Integral)]
    (term,) = [part for part in right.terms if isinstance(part, Mul) and unit in part.factors]
    c = product(*(factor for factor in term.factors if factor != unit))
    k = text(whole.high)
    words = " ".join(integrals.function(part.over, part.body) for part in (whole, inside, unit))
    arguments = f"{words} {k} {text(c)}"
    parts = f"[ ring | intros here Hin; same_places {k} here | flows | flows | flows ]"
    words = ("substituted", "substituted_back")
    return f"first [ {' | '.join(f'solve [ rewrite ({word} {arguments}); {parts} ]' for word in words)} ]"
