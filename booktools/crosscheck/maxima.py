"""Goals in Maxima's language; ``crosscheck.mac`` decides them.

Letters: ``r_…`` is any real number, ``p_…`` a positive one.  A number in (a, b) is written ``a + (b − a)/(1 + p)``, so
that 1 − α is a quotient of positive letters and its sign is seen.  A letter by which a goal derives or integrates
stays as it is.
"""

from __future__ import annotations

import random
from fractions import Fraction

from .language import KL, Derivative, E, Expr, Func, Index, Integral, Limit, Normal, Symbol, Var, role, walk
from .letters import Letter, Letters, plain
from .words import Untranslated


class Program:
    """One goal ``left = right`` as text; ``standard`` noises are standard normal, ``independent`` ones independent."""

    def __init__(self, earliest: dict[str, int], standard: frozenset[str] = frozenset(), independent: bool = False):
        self.letters, self.standard, self.independent = Letters(earliest), standard, independent
        self.moved: set[str] = set()  # letters that something is derived, integrated or taken to a limit by
        self.assumed: dict[str, None] = {}
        self.points: dict[str, Fraction] = {}
        self.slopes: dict[str, None] = {}

    def __call__(self, number: int, left: Expr, right: Expr) -> str:
        self.moved = {self._name(v) for side in (left, right) for node in walk(side) if (v := _moved(node)) is not None}
        sides = [self.text(side) for side in (left, right)]
        bound = [self.letter(v) for side in (left, right) for node in walk(side) if (v := _moved(node)) is not None]
        lines = [
            "o_forget_all()$",
            *(f"assume({fact})$" for fact in self.assumed),
            *self.slopes,
            f"bound: [{', '.join(dict.fromkeys(bound))}]$",
            f"point: [{', '.join(f'{name} = {value}' for name, value in self.points.items())}]$",
            f"answer: errcatch(o_verdict({sides[0]}, {sides[1]}))$",
            f'print("@@", {number}, if answer = [] then "unknown" else first(answer))$',
        ]
        return "\n".join(lines) + "\n"

    def text(self, node: Expr) -> str:
        word = getattr(self, type(node).__name__, None)
        if word is None:
            raise Untranslated(type(node).__name__)
        return f"({word(node)})"

    # ---- letters
    def Symbol(self, node):
        return self.letter(node)

    Item = Symbol

    def Index(self, node):
        return f"{self.letter(node)} + {node.offset}" if node.symbol else str(node.offset)

    def _name(self, node):
        letter = self.letters.of(node)
        return letter.name if isinstance(letter, Letter) else ""

    def letter(self, node) -> str:
        found = self.letters.of(node)
        if not isinstance(found, Letter):
            return str(found)
        low, high = found.low, found.high
        if low is None and high is None:
            return self.free("r_" + found.name, -1, 1)
        if found.name in self.moved:
            name = ("n_" if high is not None else "p_") + found.name
            self.assumed |= dict.fromkeys([f"{name} > {low or 0}"] if low is not None else [])
            self.assumed |= dict.fromkeys([f"{name} < {high}"] if high is not None else [])
            return self.free(name, low if low is not None else high - 2, high if high is not None else low + 2)
        name = self.free(("p_" if found.stated is None else "c_") + found.name, 0, 2)
        self.assumed[f"{name} {'>' if found.stated is None else '>='} 0"] = None
        if high is None:
            return f"{low} + {name}" if low else name
        if low is None:
            return f"{high} - {name}"
        if found.stated == low is not None:
            return f"{high} - {high - low}/(1 + {name})"
        return f"{low} + {high - low}/(1 + {name})" if low else f"{high}/(1 + {name})"

    def free(self, name, low, high):
        spread = Fraction(random.Random(name).randint(20, 80), 97)
        self.points[name] = low + (high - low) * spread
        return name

    # ---- arithmetic
    def Num(self, node):
        return str(node.value)

    def Pi(self, node):
        return "%pi"

    def Add(self, node):
        return " + ".join(map(self.text, node.terms))

    def Neg(self, node):
        return "-" + self.text(node.arg)

    def Mul(self, node):
        return " * ".join(map(self.text, node.factors))

    def Div(self, node):
        return f"{self.text(node.over)} / {self.text(node.under)}"

    def Pow(self, node):
        return f"{self.text(node.base)} ^ {self.text(node.power)}"

    def Func(self, node):
        arg = self.text(node.arg)
        if node.name == "Phi":
            return f"(1 + erf({arg} / sqrt(2))) / 2"
        return f"exp({arg})" if node.name == "exp" else f"o_{node.name}({arg})"

    def Apply(self, node):
        def name(order):
            return f"f_{plain(node.function.name)}_{order}"

        order = node.function.order
        if len(node.args) == 1:
            self.slopes |= {f"gradef({name(k)}(x_), {name(k + 1)}(x_))$": None for k in range(order, order + 3)}
        word = f"{name(order)}({', '.join(map(self.text, node.args))})"
        if node.function.positive:
            self.assumed[f"{word} > 0"] = None
        return word

    # ---- operators
    def Normal(self, node):
        return f"o_normal({self.text(node.at)}, {self.text(node.mean)}, {self.text(node.variance)})"

    def KL(self, node):
        return self.E(E(Func("log", node.p / node.q), node.p))

    def Integral(self, node):
        body, over = self.text(node.body), self.letter(node.over)
        if node.low is None and node.high is None:
            return f"o_line_integral({body}, {over})"
        low, high = ("minf" if node.low is None else self.text(node.low)), "inf"
        if node.high is not None:
            high = self.text(node.high)
        return f"o_interval_integral({body}, {over}, {low}, {high})"

    def Derivative(self, node):
        return f"o_derivative({self.text(node.body)}, {self.letter(node.by)})"

    def Limit(self, node):
        return f"limit({self.text(node.body)}, {self.letter(Index(node.symbol))}, inf)"

    def E(self, node):
        under = node.under
        if isinstance(under, Normal):
            parts = map(self.text, (node.body, under.at, under.mean, under.variance))
            return f"o_gauss_mean({', '.join(parts)})"
        if under is not None:
            raise Untranslated("a mean under a density")
        return f"o_mean({self.over_noise(node)})"

    def Var(self, node):
        return f"o_variance({self.over_noise(node)})"

    def over_noise(self, node: E | Var) -> str:
        """The body, its random letters, those that are independent, those that are standard normal, the conditions."""
        parts = dict.fromkeys(p for p in walk(node.body) if role(p) in ("state", "noise") and p not in node.given)
        noises = [p for p in parts if role(p) == "noise"]
        states = [p for p in (*parts, *node.given) if role(p) == "state"]
        fresh = [p for p in noises if self.is_fresh(p, states, noises)]
        standard = [p for p in fresh if getattr(p, "sequence", p).name in self.standard]
        independent = fresh if self.independent else standard
        lists = (f"[{', '.join(map(self.letter, part))}]" for part in (parts, independent, standard))
        key = "given_" + "_".join(sorted(self._name(p) for p in node.given))
        return f"{self.text(node.body)}, {', '.join(lists)}, {key}"

    def is_fresh(self, noise, states, noises) -> bool:
        """Is a noise drawn after all states?  A merged noise comes after the state at time 0, and stands alone."""
        if isinstance(noise, Symbol):
            return len(noises) == 1 and all(s.index.symbol is None and s.index.offset <= 0 for s in states)
        merged = any(isinstance(other, Symbol) for other in noises)
        return not merged and all(self.is_later(noise.index, state.index) for state in states)

    def is_later(self, a: Index, b: Index) -> bool:
        if a.symbol == b.symbol:
            return a.offset > b.offset
        return b.symbol is None and self.letters.earliest.get(a.symbol, 1) + a.offset > b.offset


def _moved(node):
    """The letter by which a node derives, integrates or goes to a limit."""
    if isinstance(node, Derivative):
        return node.by
    if isinstance(node, Integral):
        return node.over
    if isinstance(node, (E, KL)):
        measure = node.under if isinstance(node, E) else node.p
        return measure.at if isinstance(measure, Normal) else None
    return Index(node.symbol) if isinstance(node, Limit) else None
