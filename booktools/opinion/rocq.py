"""Claims in Rocq's language, each with a script that proves it if the field of the reals and the domains suffice.

``sqrt`` is Rocq's own.  The script names the roots of the factors of a radicand, ``s * s = f``, proves that f is
positive and that the root of the whole is the product of theirs, and leaves the rest to ``field``.  Whatever is no
rational function, a logarithm or a mean, say, is a letter of its own.
"""

from __future__ import annotations

from fractions import Fraction

from .language import Expr, Func, Num, walk
from .letters import Letter, Letters
from .roots import Bases
from .words import Untranslated

OPAQUE = ("Apply", "Derivative", "E", "Integral", "KL", "Limit", "Var")


class Statement:
    """One equality ``left = right`` as a definition ``s<number>`` of type ``option (… left = right)``."""

    def __init__(self, earliest: dict[str, int]):
        self.letters = Letters(earliest)
        self.known: dict[str, Letter] = {}
        self.opaque: dict[Expr, str] = {}
        self.bases = Bases()

    def __call__(self, number: int, left: Expr, right: Expr) -> str:
        goal = f"{self.text(left)} = {self.text(right)}"
        roots = [
            node for side in (left, right) for node in walk(side) if isinstance(node, Func) and node.name == "sqrt"
        ]
        script = self.script([node for node in dict.fromkeys(roots) if self.text(node) in goal])
        names = [*self.known, *self.opaque.values()]
        bound = f"forall {' '.join(names)} : R, " if names else ""
        premises = "".join(f"{fact} -> " for letter in self.known.values() for fact in _domain(letter))
        return (
            f"Definition s{number} : option ({bound}{premises}{goal}).\n"
            f"first [ refine (Some _); timeout 5 (solve [ intros; {script} ]) | exact None ].\nDefined.\n"
        )

    def script(self, roots: list[Func]) -> str:
        parts = []
        products = {}
        for root in roots:
            products[root] = self.bases.product(root.arg, self.text)
        for k, base in enumerate(self.bases.texts):
            parts.append(f"assert (P{k} : 0 < {base}) by pos; destruct (root_of _ P{k}) as [s{k} [S{k} Q{k}]]")
        squares = " ".join(f"Q{k}" for k in range(len(self.bases.texts)))
        field = f"field [{squares}]" if squares else "field"
        ring = f"ring [{squares}]" if squares else "ring"
        by = f"first [ {ring} | {field}; nonzero ]"
        for root, product in products.items():
            parts.append(f"try rewrite (root_is {self.text(root.arg)} ({product})) by (first [ pos | {by} ])")
        parts.append(f"first [ {by} | apply normal_eq; {by} | f_equal; {by} ]")
        return "; ".join(parts)

    def text(self, node: Expr) -> str:
        kind = type(node).__name__
        if kind in OPAQUE or (kind == "Func" and node.name == "Phi"):
            return self.opaque.setdefault(node, f"opaque{len(self.opaque)}")
        word = getattr(self, kind, None)
        if word is None:
            raise Untranslated(kind)
        return f"({word(node)})"

    def Symbol(self, node):
        letter = self.letters.of(node)
        if not isinstance(letter, Letter):
            return _number(Fraction(letter))
        self.known[f"v_{letter.name}"] = letter
        return f"v_{letter.name}"

    Item = Symbol

    def Index(self, node):
        return (
            f"{self.Symbol(node)} + {_number(Fraction(node.offset))}" if node.symbol else _number(Fraction(node.offset))
        )

    def Num(self, node):
        return _number(node.value)

    def Pi(self, node):
        return "PI"

    def Add(self, node):
        return " + ".join(map(self.text, node.terms))

    def Neg(self, node):
        return "- " + self.text(node.arg)

    def Mul(self, node):
        return " * ".join(map(self.text, node.factors))

    def Div(self, node):
        return f"{self.text(node.over)} / {self.text(node.under)}"

    def Pow(self, node):
        if not isinstance(node.power, Num) or node.power.value.denominator != 1:
            return self.opaque.setdefault(node, f"opaque{len(self.opaque)}")
        power = node.power.value.numerator
        word = f"{self.text(node.base)} ^ {abs(power)}"
        return word if power >= 0 else f"/ ({word})"

    def Func(self, node):
        return f"{ {'sqrt': 'sqrt', 'log': 'ln', 'exp': 'exp'}[node.name] } {self.text(node.arg)}".strip()

    def Normal(self, node):
        return f"normal {self.text(node.at)} {self.text(node.mean)} {self.text(node.variance)}"


def _number(value: Fraction) -> str:
    word = f"{abs(value.numerator)}" if value.denominator == 1 else f"{abs(value.numerator)} / {value.denominator}"
    return f"- ({word})" if value < 0 else word


def _domain(letter: Letter) -> list[str]:
    low, high = (
        "<=" if letter.stated is not None and letter.stated == end else "<" for end in (letter.low, letter.high)
    )
    below = [] if letter.low is None else [f"{_number(letter.low)} {low} v_{letter.name}"]
    return below + ([] if letter.high is None else [f"v_{letter.name} {high} {_number(letter.high)}"])
