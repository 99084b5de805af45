"""Derivatives by the rules, and what Rocq has to be told before it proves them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derive.language.density import Derivative, Integral, Normal
from derive.language.expr import Add, Div, Expr, Interval, Mul, Neg, Num, Pow, Symbol, rebuild, walk
from derive.language.functions import Apply, Function
from derive.language.goal import free_dummies

from .polynomials import ONE, TWO, ZERO
from .polynomials import product as times
from .polynomials import total as add
from .premises import Untranslated, name_of
from .premises import inside as bounds


def neg(node: Expr) -> Expr:
    return ZERO if node == ZERO else Neg(node)


def over(node: Expr, under: Expr) -> Expr:
    return ZERO if node == ZERO else Div(node, under)


class Derivatives:
    """``value(node)``: ``node`` with its derivatives evaluated; ``lines`` name the functions that come up."""

    def __init__(self, script):
        self.script = script
        self.lines: list[str] = []
        self.kept: dict = {}

    def value(self, node: Expr, moving: tuple = ()) -> Expr:
        """``moving``: by what derivatives around ``node`` are taken."""
        if not isinstance(node, Derivative):
            return rebuild(node, lambda child: self.value(child, moving))
        result = self.by(self.value(node.body, (*moving, node.by)), node.by)
        if moving and isinstance(node.by, Symbol) and (node, moving) not in self.kept:
            self.kept[node, moving] = result
            claim = f"{self.script.text(node)} = {self.script.text(result)}"
            self.claim("Y", node, claim, "slopes", [node.by.name, *(x.name for x in moving if isinstance(x, Symbol))])
        return result

    def by(self, node: Expr, x: Expr) -> Expr:
        if node == x:
            return ONE
        if x not in walk(node):
            return ZERO
        return getattr(self, f"_{type(node).__name__}")(node, x)

    def _Add(self, node, x):
        return add(*(self.by(term, x) for term in node.terms))

    def _Neg(self, node, x):
        return neg(self.by(node.arg, x))

    def _Mul(self, node, x):
        parts = node.factors
        return add(*(times(*parts[:n], self.by(part, x), *parts[n + 1 :]) for n, part in enumerate(parts)))

    def _Div(self, node, x):
        a, b = self.by(node.over, x), self.by(node.under, x)
        if b == ZERO:
            return over(a, node.under)
        return over(add(times(a, node.under), neg(times(node.over, b))), Pow(node.under, TWO))

    def _Pow(self, node, x):
        if not isinstance(node.power, Num) or node.power.value.denominator != 1:
            raise Untranslated("the derivative of a power")
        less = node.power.value - 1
        base = node.base if less == 1 else ONE if less == 0 else Pow(node.base, Num(less))
        return times(node.power, base, self.by(node.base, x))

    def _Func(self, node, x):
        inner = self.by(node.arg, x)
        if node.name == "exp":
            return times(node, inner)
        if node.name == "sqrt":
            return over(inner, Mul((TWO, node)))
        if node.name == "log":
            return self.rate(node.arg, x)
        raise Untranslated(f"the derivative of {node.name}")

    def rate(self, node, x):
        """The derivative of log ``node``."""
        if isinstance(node, Mul):
            return add(*(self.rate(factor, x) for factor in node.factors))
        if isinstance(node, Div):
            return add(self.rate(node.over, x), neg(self.rate(node.under, x)))
        if isinstance(node, Normal):
            off, v = node.at - node.mean, node.variance
            mean = add(self.by(node.at, x), neg(self.by(node.mean, x)))
            variance = self.by(v, x)
            width = times(add(Div(Pow(off, TWO), v), Num(Fraction(-1))), over(variance, Mul((TWO, v))))
            return add(width, neg(over(times(off, mean), v)))
        return over(self.by(node, x), node)

    def _Normal(self, node, x):
        return times(node, self.rate(node, x))

    def _Apply(self, node, x):
        derivatives = [self.by(arg, x) for arg in node.args]
        count = len(derivatives)
        terms = [times(self.partial(node, n), inner) for n, inner in enumerate(derivatives) if inner != ZERO]
        if count > 2 and (len(terms) > 1 or x not in node.args):
            raise Untranslated("the derivative of a function of many variables")
        return add(*terms)

    def partial(self, node, n):
        """The partial derivative of an arbitrary function; Rocq is told that there is one."""
        function = node.function
        if len(node.args) == 1:
            word = self.script.text(Apply(function, node.args)).strip("()").split()[0]
            after = function.prime
            known = name_of(after.name + "_prime" * after.order)
            if known not in self.script.said.names and (word, n) not in self.kept:
                self.kept[word, n] = after
                self.lines.append(f"next {word} {known} {self.script.fresh('G')}")
            return Apply(after, node.args)
        word = name_of(function.name)
        if len(node.args) == 2:
            pair = [replace(function, name=f"{function.name}_by{k}", domain=Interval()) for k in (1, 2)]
            if word not in self.kept:
                self.kept[word] = pair
                names = " ".join(name_of(each.name) for each in pair)
                self.lines.append(f"next2 {word} {names} {self.script.fresh('G')}")
            return Apply(pair[n], node.args)
        rest = tuple(arg for k, arg in enumerate(node.args) if k != n)
        if (word, n, rest) not in self.kept:
            derivative = Function(self.script.fresh("slope"), "", Interval())
            self.kept[word, n, rest] = derivative
            values = " ".join("y" if k == n else self.script.text(arg) for k, arg in enumerate(node.args))
            self.lines.append(f"next_at (fun y : R => {word} {values}) {derivative.name} {self.script.fresh('G')}")
        return Apply(self.kept[word, n, rest], (node.args[n],))

    def _Integral(self, node, x):
        if node.low is not None or node.high is not None or not isinstance(node.over, Symbol):
            raise Untranslated("the derivative of an integral over an interval")
        if (node, x) not in self.kept:
            opaque = self.script.goal.justification.name == "differentiation" and not free_dummies(node)
            self.kept[node, x] = (self.opaque if opaque else self.exchanged)(node, x)
        return self.kept[node, x]

    def opaque(self, node, x):
        """A step by differentiation alone knows no more of an integral than that it is smooth."""
        derivative = Function(self.script.fresh("slope"), "", Interval())
        text = f"(fun {name_of(x.name)} : R => {self.script.text(node)})"
        self.lines.append(f"next {text} {derivative.name} {self.script.fresh('G')}")
        return Apply(derivative, (x,))

    def exchanged(self, node, x):
        result = Integral(self.by(node.body, x), node.over)
        here, text = name_of(x.name), self.script.text
        derivative = f"(value_at (fun {here} : R => {text(result)}) {here})"
        claim = f"is_derive (fun {here} : R => {text(node)}) {here} {derivative}"
        name = self.claim("X", node, claim, "by_exchange", self.script.word.bound)
        self.lines.append(f"unfold value_at in {name}")
        return result

    def claim(self, stem, node, text, tactic, names) -> str:
        """Rocq is asked for ``text``, for all values of the variables ``names`` and of those of integrals around."""
        dummies = free_dummies(node)
        found = [p for p in dict.fromkeys(walk(node)) if isinstance(p, Symbol) and p.name in {*names, *dummies}]
        found = [part for part in found if part.role != "bound" or part.name in dummies]
        binders = "".join(f"({name_of(part.name)} : R) " for part in found)
        guards = [guard for part in found for guard in bounds(name_of(part.name), part.domain)]
        name = self.script.fresh(stem)
        quantified = f"forall {binders}, " if found else ""
        arrows = "".join(f"{guard} -> " for guard in guards)
        self.lines.append(f"assert ({name} : {quantified}{arrows}{text}) by (intros; {tactic})")
        return name


def gathered(node: Expr) -> Expr | None:
    """A linear combination of integrals as one integral."""
    parts = list(terms(node))
    if not parts or any(not isinstance(integral, Integral) for _, integral in parts):
        return None
    variable = parts[0][1].over
    if any(integral.over != variable for _, integral in parts):
        return None
    return Integral(add(*(times(Mul((c, i.body)) if c != ONE else i.body) for c, i in parts)), variable)


def terms(node: Expr):
    """Pairs of a coefficient and an integral."""
    inner = [factor for factor in node.factors if has_integral(factor)] if isinstance(node, Mul) else []
    if isinstance(node, Add):
        for term in node.terms:
            yield from terms(term)
    elif isinstance(node, Neg):
        yield from ((neg(c), i) for c, i in terms(node.arg))
    elif len(inner) == 1:
        rest = times(*(factor for factor in node.factors if factor is not inner[0]))
        yield from ((times(rest, c), i) for c, i in terms(inner[0]))
    elif isinstance(node, Div) and not has_integral(node.under):
        yield from ((Div(c, node.under), i) for c, i in terms(node.over))
    else:
        yield ONE, node


def has_integral(node: Expr) -> bool:
    return any(isinstance(part, Integral) for part in walk(node))
