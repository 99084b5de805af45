"""The premises of a statement: what is known of its names, and what must exist.  This module is trusted.

STRUCTURE says what a justification knows of an integral over a dummy; where something is divided by one, or its
logarithm is taken, it is positive for positive functions.  In a linear step integrals over intervals exist.  Where
there are derivatives, limits, or integrals over the line, functions of numbers are smooth, and in a step by
differentiation so are the integrals that are differentiated.  ``theorems/Steps.v`` has a functional with all of
STRUCTURE.

Where a step is justified by linearity or independence, or cites the standard normal law, means over noise are
expectations: linear, with the mean 1 of 1; and a mean given x knows x.  (That they are linear on all functions loses
nothing: a linear functional on those that have a mean extends to all.)  The standard normal law is cited by its moments
up to the sixth, under ``mean_of`` and given an earlier state.  Independence means that a noise is independent of the
others and of earlier states, and has the same law given one of these; a noise without a time is independent of the
state at time 0, and nothing is said of it and other noises.  ``theorems/StepsNoiseModel.v`` has a space in which all
these premises hold at once.
"""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import Derivative, E, Integral, Law, Var
from derive.language.dependence import is_noise, is_state
from derive.language.expr import Div, Func, Interval, Symbol, children, walk
from derive.language.functions import Function
from derive.language.goal import free_dummies
from derive.language.times import Index, Item, Sequence, Span, Sum
from derive.language.tree import at, bound_by, measure_of

STRUCTURE = {"linearity": ("linear", "positive"), "exchange": ("linear", "positive", "exchanges")}  # of ``int``
EXPECTATION = ("linearity", "independence")  # where means over noise are linear
WORDS = """
    E S I PI R O fix in at as end let fun normal only upto all from rest none over union times sum prod sqrt ln exp
    int put space N cond mean set path line chain here Phi smooth smooth2 span line_integral linear positive exchanges
    normalised markov each bracket expectation variance_of conditional standard independent_under same_law
"""  # of Rocq and of the statements: no name is one of these
RESERVED = frozenset(WORDS.split())


class Untranslated(Exception):
    """The translator has no word for something in the step."""


class Premises:
    """What a statement assumes of its names; ``statement.Translator`` has the words."""

    def premises(self, name) -> list[str]:
        thing = self.things[name]
        if thing == "int":
            under = [p.under if isinstance(p, Div) else p.arg for p in self.nodes if isinstance(p, Div) or _is_log(p)]
            whole = any(isinstance(p, Integral) and isinstance(p.over, Symbol) for node in under for p in walk(node))
            words = [*STRUCTURE.get(self.by, ()), *(["positive"] if whole else [])]
            return [f"{word} {name}" for word in dict.fromkeys(words)]
        if thing == "space":
            return [f"forall i, {name} i <> []"]
        if thing == "letters":
            return [f"forall i, each {name} i <> []", f"NoDup {name}", f"forall v, In v {name}"]
        if thing == "same":
            return [f"forall a b, {name} a b = true <-> a = b"]
        if thing == "N":
            return [f"({self.index(index)} < {name})%nat" for index in self._latest()]
        if thing in ("mean", "conditional mean"):
            word = "expectation" if thing == "mean" else "conditional"
            return [f"{word} {name}"] if self.goal.standard or self.by in EXPECTATION else []
        if isinstance(thing, Law) and self.space == "finite":
            law = f"{self.values()} {name}"
            return [f"forall x, 0 < {name} x", f"normalised {law}", *([f"markov {law}"] if thing.markov else [])]
        if isinstance(thing, Law):
            return [f"forall A B x, 0 < {name} A B x"]
        if thing is Index:
            least = [value for symbol, value in self.least.items() if name_of(symbol) == name]
            return [f"({max(least, default=self.goal.start)} <= {name})%nat"]
        if self.random and is_noise(thing):
            return self._noise(name, thing)
        smooth = self._smooth(name, thing) if isinstance(thing, Function) else []
        return [*smooth, *(self._domain(name, thing) if isinstance(getattr(thing, "domain", None), Interval) else [])]

    def existing(self, parts) -> list[str]:
        """What is linear, or differentiated, in a step by that exists."""
        if self.by == "linearity":
            ended = [part for part in parts if isinstance(part, Integral) and None not in (part.low, part.high)]
            return [f"(ex_{self(integral)[1:]}" for integral in dict.fromkeys(ended)]
        if self.by != "differentiation":
            return []
        slopes = [part for part in parts if isinstance(part, Derivative) and isinstance(part.by, Symbol)]
        pairs = [
            (d.by, part) for d in slopes for part in walk(d.body) if isinstance(part, Integral) and d.by in walk(part)
        ]
        return sorted({f"smooth {self.function(by.name, 'R', part)}" for by, part in pairs if not free_dummies(part)})

    def _latest(self) -> list[Index]:
        """The latest times in the goal: the number of variables is larger."""
        latest: dict = {}
        for index in (index for side in self.sides for index in indices(side)):
            latest[index.symbol] = max(latest.get(index.symbol, index.offset), index.offset)
        return [Index(symbol, offset) for symbol, offset in latest.items()]

    def _smooth(self, name, function) -> list[str]:
        """An arbitrary function is smooth, in each of its variables at least, and f' is the derivative of f."""
        types = self.arguments[name]
        if not (self.goal.justification.differentiates or self.by == "limit" or self.space == "line"):
            return []
        if types == ("R", "R"):
            return [f"smooth2 {name}"]
        after = name_of(function.name + "_prime" * (function.order + 1))
        found = [f"forall y, is_derive {name} y ({after} y)"] if after in self.names else []
        for n in (n for n, type_ in enumerate(types) if type_ == "R"):
            rest = {f"z{k}": type_ for k, type_ in enumerate(types) if k != n}
            value = " ".join("y" if k == n else f"z{k}" for k in range(len(types)))
            found.append(f"{forall(rest)}smooth (fun y : R => {name} {value})" if rest else f"smooth {name}")
        return found

    def _domain(self, name, thing) -> list[str]:
        """The values of a symbol, a sequence or a function lie in its domain; the first one may be stated."""
        if getattr(thing, "order", 0):
            return []
        types = self.arguments[name]
        moves = () if isinstance(thing, Function) else self.moving.get(thing.name, ())
        own = {f"at{n}": type_ for n, type_ in enumerate(types)}
        guards = []
        if isinstance(thing, Sequence):
            border = thing.first is not None and thing.first in (thing.domain.low, thing.domain.high)
            guards.append(f"({thing.start + border} <= at0)%nat")
        for word, each in zip(list(own)[len(own) - len(moves) :], moves, strict=True):
            guards += inside(word, each.domain) if isinstance(each, Symbol) else []
        value = f"({' '.join([name, *own])})" if own else name
        found = [f"{forall(own)}{arrows(guards)}{fact}" for fact in inside(value, thing.domain)]
        stated = found and getattr(thing, "first", None) is not None and not moves
        return [*found, f"{name} {thing.start}%nat = {number(thing.first)}"] if stated else found

    def _noise(self, name, noise) -> list[str]:
        """The law of a noise where the step cites it, and what it is independent of where it cites that.

        The variables of these premises have primes, which no name has.
        """
        if getattr(noise, "backward", False):
            raise Untranslated("a noise of a process that runs backward")
        alone, n = isinstance(noise, Symbol), name_of("N")
        own, at_ = (name, "0%nat") if alone else (f"({name} t')", "s'")
        after = "" if alone else f"forall s' t', (s' < t' < {n})%nat -> "
        earlier = [f"({word} {at_})" for word, thing in self.things.items() if getattr(thing, "role", "") == "state"]
        given = [f"(mean_given {x} w')" for x in earlier if "mean_given" in self.names]
        found = []
        if noise.name in self.goal.standard:
            always = "" if alone else f"forall t', (0 < t' < {n})%nat -> "
            found.append(f"{always}standard mean_of {own}")
            found += [f"{after}forall w', standard {mean} {own}" for mean in given]
        if self.by == "independence":
            before = [] if alone else [f"({name} s')"]
            found += [f"{after}independent_under mean_of {x} {own}" for x in (*earlier, *before)]
            found += [f"{after}forall w', same_law {mean} mean_of {own}" for mean in given]
            for word, thing in self.things.items():  # noises of other names, each pair once
                if word < name and is_noise(thing) and not alone and not isinstance(thing, Symbol):
                    pair = f"forall s' t', (0 < s' < {n})%nat -> (0 < t' < {n})%nat -> "
                    found.append(f"{pair}independent_under mean_of ({word} s') {own}")
        return found


def name_of(name: str) -> str:
    """``name`` as an identifier of Rocq."""
    plain = "".join(c if c.isalnum() and c.isascii() else "_" for c in name)
    return f"{plain}_" if plain in RESERVED else plain


def inside(value: str, domain: Interval) -> list[str]:
    below = [] if domain.low is None else [f"{number(domain.low)} < {value}"]
    return below + ([] if domain.high is None else [f"{value} < {number(domain.high)}"])


def forall(own: dict[str, str]) -> str:
    return f"forall {' '.join(f'({name} : {type_})' for name, type_ in own.items())}, " if own else ""


def arrows(guards: list[str]) -> str:
    return "".join(f"{guard} -> " for guard in guards)


def number(value: Fraction) -> str:
    word = f"{abs(value.numerator)}" if value.denominator == 1 else f"({abs(value.numerator)} / {value.denominator})"
    return f"(- {word})" if value < 0 else word


def indices(node) -> list[Index]:
    """The times that ``node`` mentions; of those that a sum runs over, the last one."""
    if isinstance(node, (Item, Span)):
        return [node.index] if isinstance(node, Item) else [node.low, node.high]
    found = [index for part in children(node) for index in indices(part)]
    return [at(index, {node.symbol: node.high}) for index in found] if isinstance(node, Sum) else found


def _is_log(node) -> bool:
    return isinstance(node, Func) and node.name == "log"


def over_noise(node) -> bool:
    return isinstance(node, Var) or (isinstance(node, E) and node.under is None)


def binds(node) -> tuple:
    """The variables that an integral, a mean or a derivative binds; a mean under a whole law binds all states."""
    return tuple(filter(is_state, walk(node.body))) if isinstance(measure_of(node), Law) else bound_by(node)


def relative(part, left):
    """A state as the definition of ``left`` names it: its time seen from that of ``left``, or its path."""
    if isinstance(part, (Symbol, Sequence)) or (isinstance(part, Item) and part.index.symbol is None):
        return part
    if isinstance(part, Span) or not isinstance(left, Item) or left.index.symbol != part.index.symbol:
        return part.sequence
    return Item(part.sequence, Index("·", part.index.offset - left.index.offset))


def placed(part, node):
    """A state that ``_relative`` named, seen from ``node``."""
    return at(part, {"·": node.index}) if isinstance(part, Item) and isinstance(node, Item) else part


def thing_of(part):
    return getattr(part, "sequence", part)


def named(part) -> str:
    return thing_of(part).name
