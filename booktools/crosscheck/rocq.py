"""Goals in Rocq's language, each with a script that proves it if the field of the reals and the domains suffice.

``sqrt`` is Rocq's own.  The script names the roots of the factors of a radicand, ``s * s = f``, proves that f is
positive and that the root of the whole is the product of theirs, and leaves the rest to ``field``.  Whatever is no
rational function, a logarithm or a mean, say, is a letter of its own.
"""

from __future__ import annotations

from fractions import Fraction

from .language import Apply, Expr, Normal
from .letters import Letter, Letters
from .scripts import closed, opened, script
from .words import Untranslated

SECONDS = 10  # for one statement
NAMES = {"sqrt": "sqrt", "log": "ln", "exp": "exp"}


class Statement:
    """One equality ``left = right`` as a definition ``s<number>`` of type ``option (… left = right)``."""

    def __init__(self, earliest: dict[str, int]):
        self.letters = Letters(earliest)
        self.known: dict[str, Letter] = {}
        self.uninterpreted: dict[Expr, str] = {}

    def __call__(self, number: int, left: Expr, right: Expr) -> str:
        if not (isinstance(left, Normal) and isinstance(right, Normal)):
            left, right = opened(left), opened(right)
        goal = f"{self.text(left)} = {self.text(right)}"
        proof = script(left, right, self.text)
        names = [*self.known, *self.uninterpreted.values()]
        bound = f"forall {' '.join(names)} : R, " if names else ""
        facts = [fact for letter in self.known.values() for fact in _domain(letter)]
        facts += [
            f"0 < {name}"
            for node, name in self.uninterpreted.items()
            if isinstance(node, Apply) and node.function.positive
        ]
        premises = "".join(f"{fact} -> " for fact in facts)
        return (
            f"Definition s{number} : option ({bound}{premises}{goal}).\n"
            f"first [ refine (Some _); timeout {SECONDS} (solve [ intros; {proof} ]) | exact None ].\nDefined.\n"
        )

    def text(self, node: Expr) -> str:
        kind = type(node).__name__
        if closed(node):
            return self.uninterpreted.setdefault(node, f"uninterpreted{len(self.uninterpreted)}")
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
        power = node.power.value.numerator
        word = f"{self.text(node.base)} ^ {abs(power)}"
        return word if power >= 0 else f"/ ({word})"

    def Func(self, node):
        return f"{NAMES[node.name]} {self.text(node.arg)}"

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
