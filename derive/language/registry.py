"""The one registry of a derivation's symbols.

Every symbol is declared once, with the open interval that it lives in.  A second declaration of a name with other
properties is refused: two symbols that print alike and differ are the classic way to "prove" x - x ≠ 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from ..errors import ArgumentError, VacuousHypotheses
from .alphabets import Alphabet, no_numbers
from .density import Density, Distribution
from .expr import Expr, Interval, Num, Symbol, walk, wrap
from .functions import Apply, Function
from .times import Index, Item, Limit, Sequence, Span, Sum
from .tree import free_indices
from .vectors import Space, agree, d, vectors

Thing = TypeVar("Thing")

real = Interval()
positive = Interval(Fraction(0))
unit = Interval(Fraction(0), Fraction(1))
standard_normal = Symbol("standard_normal", r"\mathcal{N}(0,\, 1)", real)
standard_vector = Symbol("standard_normal", r"\mathcal{N}(\mathbf{0},\, \mathbf{I})", real)  # how it is shown

GREEK = {
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "eta",
    "theta",
    "lambda",
    "mu",
    "nu",
    "rho",
    "sigma",
    "tau",
    "phi",
}


def latex_name(name: str) -> str:
    """Return the LaTeX of an identifier: ``alpha_bar`` is ``\\bar\\alpha``, ``SNR`` is upright."""
    stem, _, accent = name.partition("_")
    if accent in ("bar", "tilde", "hat"):
        return rf"\{accent}{{{latex_name(stem)}}}" if len(stem) == 1 else rf"\{accent}{latex_name(stem)}"
    if accent:
        return rf"{latex_name(stem)}_{{{accent}}}"
    if stem in GREEK:
        return "\\" + stem
    return stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"


def written(name: str, domain: Interval) -> str:
    """The LaTeX of an identifier; Latin letters for vectors are bold."""
    plain = latex_name(name)
    bold = re.sub(r"(?<![a-zA-Z\\])([a-zA-Z])(?![a-zA-Z])", r"\\mathbf{\1}", plain, count=1)
    return bold if isinstance(domain, Space) else plain


class Registry:
    """Declares symbols; ``what[name]`` is the object that ``name`` stands for."""

    def __init__(self) -> None:
        self.what: dict[str, object] = {}
        self.defined: dict[str, object] = {}  # how something defined is written -> what it is

    def declare(self, name: str, thing: Thing) -> Thing:
        """Return ``thing`` under ``name``; declaring it again is harmless, declaring something else is refused."""
        if not isinstance(name, str) or not name.isidentifier():
            raise ArgumentError(f"name must be a Python identifier, got {name!r}; write for example 'alpha_bar'")
        _readable(name, getattr(thing, "latex", name))
        known = self.what.setdefault(name, thing)
        if known != thing:
            raise ArgumentError(
                f"name {name!r} is already declared as {known!r}, got {thing!r}; use the first one, or another name"
            )
        return known

    def own(self, *nodes: Expr, beside: Iterable[Expr] = ()) -> None:
        """Raise ``ArgumentError`` for a thing that was not declared here, or that is written as another one is.

        One symbol may stand for two things in two blocks; not in one block (``beside`` are the other sides of it), and
        not if a definition says what it is.
        """
        written = dict(self.defined)
        try:
            no_numbers(*nodes)
            found = [(node, *known) for root in (*beside, *nodes) for node in walk(root) for known in mentions(node)]
        except RecursionError as error:
            raise ArgumentError("an expression is nested too deeply, or refers to itself; split it") from error
        agree(*nodes, *beside)
        for symbol in frozenset().union(*map(free_indices, nodes)):
            if symbol not in self.what:
                raise ArgumentError(f"the index {symbol!r} is not declared here; take one that indices(…) gave")
        for node, name, thing, shown in found:
            if self.what.get(name) != thing:
                raise ArgumentError(
                    f"{name!r} in {node!r} is not declared here; declare it, or take what has that name"
                )
            if shown.isdigit() or written.setdefault(shown, thing) != thing:
                raise ArgumentError(f"{node!r} is written {shown}, which means something else; give it another latex")

    def dimension(self) -> Index:
        """The dimension d of all vectors, at least 1."""
        return self.declare("d", d)

    def indices(self, names: str) -> tuple[Index, ...]:
        """Index symbols: ``t, s, T = F.indices("t s T")``."""
        return tuple(self.declare(name, Index(name)) for name in names.split())

    def symbol(self, name: str, domain: Interval = real, latex: str | None = None) -> Symbol:
        """One real number in an open interval."""
        return self.declare(name, Symbol(name, latex or written(name, domain), _interval(domain)))

    def dummy(self, name: str, domain: Interval = real, latex: str | None = None) -> Symbol:
        """A variable of integration, a number or a vector."""
        return self.declare(name, Symbol(name, latex or written(name, domain), _interval(domain), "bound"))

    def sequence(
        self,
        name: str,
        domain: Interval = real,
        start: int = 1,
        latex: str | None = None,
        first: int | Fraction | Num | None = None,
    ) -> Sequence:
        """One real number in an open interval for each time from ``start`` on; ``first`` is the value at ``start``."""
        first = None if first is None else getattr(wrap(first), "value", None) or _no_number(first)
        sequence = Sequence(name, latex or written(name, domain), _interval(domain), at_least_zero(start), first=first)
        low, high, number = domain.low, domain.high, not isinstance(domain, Alphabet)
        if first is not None and not (number and (low is None or first >= low) and (high is None or first <= high)):
            raise ArgumentError(f"first must lie in the domain of {name!r} or on its border, got {first}")
        return self.declare(name, sequence)

    def alphabet(self, name: str, latex: str | None = None) -> Alphabet:
        """A finite set of symbols; ``name`` is that of its size, a whole number from 1 on."""
        return Alphabet(size=self.declare(name, Symbol(name, latex or latex_name(name), positive, "size")))

    def states(self, name: str, domain: Interval = real, latex: str | None = None) -> Sequence:
        """The variables of a process, real numbers, vectors or symbols of an alphabet, from time 0 on."""
        return self.declare(name, Sequence(name, latex or written(name, domain), domain, 0, "state"))

    def density(self, name: str, latex: str | None = None, markov: bool = False) -> Distribution:
        """A joint distribution of all states; ``markov`` declares it to be a Markov chain."""
        return self.declare(name, Distribution(name, latex or latex_name(name), markov))

    def function(self, name: str, domain: Interval = real, latex: str | None = None, places: int = 1) -> Function:
        """An arbitrary smooth function; a positive one falls off in its first ``places`` arguments."""
        if domain not in (real, positive, vectors):
            raise ArgumentError(
                f"a function has values in real, positive or vectors, got {domain!r}; import one of them"
            )
        return self.declare(name, Function(name, latex or written(name, domain), domain, places=places))


COMMANDS = "hat|tilde|bar|dot|math(?:rm|bf|bb|cal)|text|ell|min|max|mid|nabla|log|ast|circ|epsilon|var(?:phi|epsilon)"
COMMANDS += (
    "|alpha|beta|[gG]amma|[dD]elta|zeta|eta|[tT]heta|kappa|[lL]ambda|mu|nu|xi|pi|rho|[sS]igma|tau|[pP][hs]i|omega"
)
PLAIN = re.compile(rf"(\\(?:{COMMANDS})(?![a-zA-Z]) ?|\\mathbb{{E}} |[a-zA-Z0-9'_^(){{}}[\]]|, ?| (?=\\mid)|-(?=1}}))+")
ODD = (
    re.compile(  # no letter first; an empty group; a number in the place of a letter; two scripts alike; a bar, a comma
        r"[^a-zA-Z]*(\d|\.)|.*({}|\(\)|\[\]|(?<![_^(}]){\d|([_^])(\w|{[^{}]*}|\\[a-z]+)\3)|[^{[]*(\\mid|,)|.*cal ?{?N"
    )
)


def _readable(name, latex):
    """Refuse what reads as nothing, as a number, as a formula, or as another symbol that looks the same."""
    if not PLAIN.fullmatch(latex) or ODD.match(latex) or not re.search("[a-zA-Z]", latex):
        raise ArgumentError(f"latex {latex!r} of {name!r} reads as something other than a symbol; choose plain letters")


def mentions(node):
    """The name of what a node mentions, what it stands for, and how that is written, without braces."""
    for name, thing, shown in _mentions(node):
        yield name, thing, re.sub(r"[{} ]", "", shown)


def _mentions(node):
    if isinstance(node, Symbol):
        yield node.name, node, node.latex
    elif isinstance(node, Item):
        yield node.sequence.name, node.sequence, f"{node.sequence.latex}_{node.index!r}"
    elif isinstance(node, Span):
        yield node.sequence.name, node.sequence, f"{node.sequence.latex}_{node.low!r}:{node.high!r}"
    elif isinstance(node, Density) or isinstance(getattr(node, "under", None), Distribution):
        distribution = node.distribution if isinstance(node, Density) else node.under
        yield distribution.name, distribution, distribution.latex
    elif isinstance(node, Apply):
        function = replace(node.function, order=0)
        yield function.name, function, function.latex
        yield function.name, function, f"{function.latex}'"
    elif isinstance(node, (Index, Sum, Limit)) and node.symbol is not None:
        name = node.symbol.rstrip("'")  # a bound index may have been renamed
        yield name, Index(name), name


def at_least_zero(start) -> int:
    """Return ``start``; times are whole numbers from 0 on."""
    if not isinstance(start, int) or isinstance(start, bool) or start < 0:
        raise ArgumentError(f"start must be a whole number, at least 0, got {start!r}; times begin at 0")
    return start


def _no_number(first):
    if first != 0:
        raise ArgumentError(f"first must be an integer or a Fraction, got {first!r}")
    return Fraction(0)


def _interval(domain) -> Interval:
    if not isinstance(domain, Interval):
        raise ArgumentError(f"domain must be real, positive, unit or an Interval, got {domain!r}; import one of them")
    if domain.low is not None and domain.high is not None and domain.low >= domain.high:
        raise VacuousHypotheses(f"domain ({domain.low}, {domain.high}) is empty, so all statements hold; swap its ends")
    return domain
