"""Proofs of steps that integrate: every integral gets its value, then the two sides are equal by algebra.

The value of an integral is found here, and proved by one lemma of ``theorems/StepsGaussian.v``: the moments of a
Gaussian, by powers of the variable around its mean; the product of two Gaussians, one of which has a mean that is
linear in the variable of the other; a Gaussian that an exponential shifts.  Intervals are left to ``intervals``.
"""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import Integral, Normal
from derive.language.expr import Add, Div, Func, Mul, Neg, Num, Pi, Pow, Symbol, children, put, rebuild, walk
from derive.language.times import Index, Item, Sum
from derive.language.tree import unfold

from .antiderivatives import cancelled
from .facts import opened_means
from .intervals import over_an_interval, substituted
from .polynomials import ONE, TWO, ZERO, Polynomials, factors
from .premises import Untranslated, name_of

PLAIN = "intros; cbv beta; first [ reflexivity | ring | field; nonzero ]"
LOGS = "intros; cbv beta; rewrite ?log_of_ratio by pos; rewrite ?log_of_normal by pos; " + PLAIN


def proof(script) -> str | None:
    """The script, or None if the general one shall be tried."""
    return Integrals(script).proof()


def as_integrals(node):
    """A divergence is a mean, and a mean is an integral."""
    return opened_means(opened_means(node))


def opened_logs(node):
    """``node`` with the logarithms of Gaussians, and of their quotients, written out as ``log_of_normal`` says."""
    node = rebuild(node, opened_logs)
    if not isinstance(node, Func) or node.name != "log":
        return node
    if isinstance(node.arg, Div) and all(isinstance(side, Normal) for side in children(node.arg)):
        return Add((opened_logs(Func("log", node.arg.over)), Neg(opened_logs(Func("log", node.arg.under)))))
    if isinstance(node.arg, Normal):
        square, v = Pow(node.arg.at - node.arg.mean, TWO), node.arg.variance
        constant = Div(Add((Func("log", Mul((TWO, Pi()))), Func("log", v))), TWO)
        return Add((Neg(Div(square, Mul((TWO, v)))), Neg(constant)))
    return node


class Integrals:
    def __init__(self, script):
        self.script, self.text, self.print = script, script.text, script.print

    def proof(self) -> str:
        goal = self.script.goal
        sides = tuple(map(as_integrals, (goal.left, goal.right)))
        meant = tuple(map(as_integrals, unfold(sides, goal.facts, goal.start))) if goal.facts else sides
        lines = ["intros; numbers", *self.domains(*meant)]
        if meant[0] != sides[0]:
            lines.append(f"transitivity {self.text(meant[0])}; [ solve [ cong ] | ]")
        if meant[1] != sides[1]:
            lines.append(f"symmetry; transitivity {self.text(meant[1])}; [ solve [ cong ] | ]; symmetry")
        if goal.justification.name == "substitution":
            return "; ".join([*lines, substituted(self, *meant)])
        values = []
        for side in meant:
            value, more = self.evaluated(side)
            values.append(value)
            lines += more
        return "; ".join([*lines, self.end(*values)])

    def end(self, left, right) -> str:
        if isinstance(left, Normal) and isinstance(right, Normal):
            pairs = zip(children(left), children(right), strict=True)
            return f"apply normal_eq; [ {' | '.join(self.script.algebra(a, b) for a, b in pairs)} ]"
        return self.script.algebra(left, right)

    def domains(self, *nodes) -> list[str]:
        """The premises about all members of sequences in sight; what a sum binds is not."""
        dummies = {part.symbol for node in nodes for part in walk(node) if isinstance(part, Sum)}
        found = [part for node in nodes for part in walk(node) if isinstance(part, Item)]
        texts = dict.fromkeys(self.text(part) for part in found if part.index.symbol not in dummies)
        counts = {part.symbol for node in nodes for part in walk(node) if isinstance(part, Index)} - dummies - {None}
        positive = [f"try assert (0 < INR {name_of(symbol)}) by (apply lt_0_INR; lia)" for symbol in sorted(counts)]
        return [*positive, *(f"domain {text}" for text in texts)]

    def function(self, variable, body) -> str:
        return f"(fun {name_of(variable.name)} : R => {self.text(body)})"

    # Integrals and their values

    def evaluated(self, node):
        """``node`` with values in place of integrals, and the lines that rewrite it so."""
        if isinstance(node, Integral):
            value, lines = self.value(node)
        elif isinstance(node, Sum) and any(isinstance(part, Integral) for part in walk(node)):
            body, lines = self.evaluated(node.body)
            value, name = type(node)(body, node.symbol, node.low, node.high), name_of(node.symbol)
            front = [f"apply sum_ext; intros {name} Hin; apply in_times in Hin", *self.domains(node.body)]
            lines = [*front, *lines, "reflexivity"]
        else:
            known, lines = {}, []
            for child in dict.fromkeys(children(node)):
                known[child], more = self.evaluated(child)
                lines += more
            return rebuild(node, known.get), lines
        name = self.script.fresh("V")
        given = f"assert ({name} : {self.text(node)} = {self.text(value)})"
        return value, [f"{given}; [ {'; '.join(lines)} | rewrite ?{name} ]"]

    def value(self, node):
        if node.low is not None or node.high is not None:
            return over_an_interval(self, node)
        variable, body, lines = node.over, node.body, []
        if isinstance(variable, Item):  # a state: the integral is over its value
            variable = Symbol("here", "here", variable.sequence.domain, "bound")
            self.script.word.bound["here"] = variable
            body = put(body, node.over, variable)
            lines.append(self.inside(variable, body, "unput; reflexivity"))
        inner, more = self.evaluated(body)
        if more:
            lines.append(self.inside(variable, inner, "; ".join(["cbv beta", *more, "reflexivity"])))
        value, last = self.over_the_line(inner, variable)
        return value, [*lines, last]

    def inside(self, variable, body, script) -> str:
        names = name_of(variable.name)
        extend = f"apply integral_ext; aside {names}; intros {names}; {script}"
        return f"transitivity (line_integral {self.function(variable, body)}); [ {extend} | ]"

    def over_the_line(self, body, variable):
        """The value of the integral of ``body``, and a proof."""
        rest = factors(body)
        normals = [f for f in rest if isinstance(f, Normal) and variable in walk(f)]
        own = [n for n in normals if n.at == variable and variable not in (*walk(n.mean), *walk(n.variance))]
        exps = [f for f in rest if isinstance(f, Func) and f.name == "exp" and variable in walk(f)]
        if not own:
            return self.exponential(rest, exps, variable)
        prior = own[-1]
        rest.remove(prior)
        normals.remove(prior)
        if normals:
            return self.merged(rest, normals, prior, variable)
        if exps:
            return self.shifted(rest, exps, prior, variable)
        return self.moments(rest, prior, variable)

    def moments(self, rest, prior, variable):
        m, v = prior.mean, prior.variance
        powers = Polynomials(variable, m, self.print).product([opened_logs(factor) for factor in rest])
        degree, c = max(powers, default=0), [powers.get(k, ZERO) for k in range(5)]
        if degree > 4:
            raise Untranslated("a moment beyond the fourth")
        kind, count = ("constant", 1) if degree == 0 else ("square", 3) if degree <= 2 else ("fourth_power", 5)
        terms = (c[0], Mul((c[2], v)), Mul((c[4], Mul((Num(Fraction(3)), Pow(v, TWO))))))[: (count + 1) // 2]
        arguments = " ".join(map(self.text, (m, v, *c[:count])))
        return terms[0] if count == 1 else Add(terms), f"apply (mean_of_{kind} _ {arguments}); [ pos | {LOGS} ]"

    def merged(self, rest, normals, prior, variable):
        (other,) = normals
        rest.remove(other)
        m, v = prior.mean, prior.variance
        poly = Polynomials(variable, m, self.print)
        coefficient = poly.of(Neg(other.at - other.mean)).get(1, ZERO)
        spread = Add((Mul((Pow(coefficient, TWO), v)), other.variance))
        value = Normal(put(other.at, variable, m), put(other.mean, variable, m), spread)
        lines = f"{self.function(variable, other.at)} {self.function(variable, other.mean)} {self.text(coefficient)}"
        spreads = f"{self.text(m)} {self.text(other.variance)} {self.text(v)}"
        if not rest:
            return value, f"apply (merged _ {lines} {spreads}); [ pos | pos | {PLAIN} | {PLAIN} ]"
        factor = poly.product(rest)[0]
        lemma = f"apply (merged_gaussians _ {lines} {self.text(factor)} {spreads})"
        return Mul((factor, value)), f"{lemma}; [ pos | pos | {PLAIN} | {PLAIN} ]"

    def shifted(self, rest, exps, prior, variable):
        (one,) = exps
        rest.remove(one)
        m, v = prior.mean, prior.variance
        poly = Polynomials(variable, m, self.print)
        powers, factor = poly.of(one.arg), poly.product(rest)[0]
        c, b = powers.get(0, ZERO), powers.get(1, ZERO)
        value = Mul((factor, Func("exp", Add((c, Div(Mul((Pow(b, TWO), v)), TWO))))))
        lemma = f"apply (mean_of_exponential _ {' '.join(map(self.text, (m, v, factor, b, c)))})"
        return value, f"{lemma}; [ pos | intros; cbv beta; f_equal; rewrite Rmult_1_l; f_equal; ring ]"

    def exponential(self, rest, exps, variable):
        """An exponential of a square that no root makes a density."""
        (one,) = exps
        rest.remove(one)
        poly = Polynomials(variable, ZERO, self.print)
        powers, factor = poly.of(one.arg), poly.product(rest)[0]
        if 1 in powers:
            raise Untranslated("an exponential of a square that is not centred at zero")
        c, v = powers.get(0, ZERO), cancelled(Div(Num(Fraction(-1)), Mul((TWO, powers[2]))), {})
        value = Mul((factor, Mul((Func("exp", c) if c != ZERO else ONE, Func("sqrt", Mul((TWO, Pi(), v)))))))
        lemma = f"integral_of_bell _ 0 {self.text(v)} {self.text(factor)} {self.text(c)}"
        exact = "intros; rewrite Rmult_1_l; f_equal; field"
        return value, f"rewrite ({lemma}); [ rewrite ?exp_0; reflexivity | lra | {exact} ]"
