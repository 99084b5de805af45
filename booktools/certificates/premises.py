"""What the names of a statement depend on, and what it assumes of them.  This module is trusted.

``theorems/Steps.v`` and ``theorems/StepsNoise.v`` define the words, ``theorems/StepsNoiseModel.v`` has a model of them.
"""

from __future__ import annotations

from fractions import Fraction

from derive.language.alphabets import alphabet_of
from derive.language.density import Density, Derivative, Distribution, E, Integral, Normal, Var
from derive.language.dependence import is_noise, is_state
from derive.language.expr import Div, Interval, Symbol, children, walk
from derive.language.functions import Function
from derive.language.goal import Goal, free_dummies
from derive.language.times import Index, Item, Limit, Sequence, Span, Sum
from derive.language.tree import at, bound_by, first_times
from derive.language.vectors import Gradient, Jacobian, Space

WORDS = """
    E S I PI R O fix in at as end let fun normal only upto all from rest none over union times sum prod sqrt ln exp
    int put space nonempty N cond mean set path line chain here Phi smooth smooth2 smooth3 smooth_first span
    line_integral linear positive exchanges normalised markov expectation variance_of conditional standard
    each bracket alphabet decides length bool
    independent_under same_law white white_given fresh fresh_given separate INR Rpower RInt RInt_gen ex_RInt Derive
    is_derive is_lim_seq at_point Rbar_locally m_infty p_infty nat list Type standard_vector partial smooth_in
"""  # of Rocq and of the statements: no name is one of these
RESERVED = frozenset(WORDS.split())
FINITE = ("chain rule", "marginalisation", "Bayes", "tower", "Markov", "Jensen", "Gibbs")
LINE = ("Gaussian integral", "integration", "integration by parts", "substitution", "reparameterisation", "Itô")
# What is known of an integral over a dummy, in a step by that.  Finite sums have all of it.  The integral over the line
# is linear, but it does not exchange with every derivative, and is not both linear and positive on all functions.
INTEGRAL = {"linearity": ["linear"], "exchange": ["linear", "exchanges"]}
SMOOTH = {("R",): "smooth", ("R", "R"): "smooth2", ("R", "R", "R"): "smooth3", ("R", "nat"): "smooth_first"}
OUTCOME = Symbol("outcome", "", Interval())  # what noises are functions of


class Untranslated(Exception):
    """There is no word, or no script, for something in the step."""


class Premises:
    """What is known of the names in one goal; ``statement.Translator`` has the words."""

    def __init__(self, goal: Goal):
        self.goal, self.by = goal, goal.justification.name
        self.local: list[str] = []  # what is bound around this place
        self.names: dict[str, str] = {}  # of what is not, with types
        self.things: dict[str, object] = {}  # what has these names; or, as text, what is known of a word
        self.arguments: dict[str, tuple[str, ...]] = {}  # the types of the arguments, if any
        self.latest: dict[str | None, int] = {}  # of the times in use: for each index the largest offset
        self.ends: dict[str | None, Index] = {}  # the last values of the indices of the sums around this place
        self.stated = [part for side in (goal.left, goal.right) for part in walk(side)]
        cited = [*goal.hypotheses, *((fact.left, fact.right) for fact in goal.facts)]
        self.nodes = [*self.stated, *(part for pair in cited for side in pair for part in walk(side))]
        self.least = first_times(goal.left, goal.right, least=goal.start)
        under = [getattr(p, "under", p) for p in self.nodes if isinstance(p, Div) or getattr(p, "name", "") == "log"]
        integrals = [part for node in under for part in walk(node) if isinstance(part, Integral)]
        self.divided = any(
            isinstance(part.over, Symbol) for part in integrals
        )  # by one, or is a logarithm of one taken?
        self.bound = {named(each): thing_of(each) for part in self.nodes for each in scope(part)[0]}
        self.random = OUTCOME.name in self.bound  # are noises, states and what they define functions of an outcome?
        roles = {getattr(thing, "role", "") for thing in self.bound.values()}
        if self.random and (roles & {"noise", "state"} or any(isinstance(p, (Density, Span)) for p in self.nodes)):
            raise Untranslated("a mean over noise beside densities")
        kinds = {type(part) for part in self.stated}
        spans = any(isinstance(getattr(part, "over", None), Span) for part in self.stated)
        gaussian = Normal in kinds and not kinds & {Density, Integral} and (self.by in ("linearity", "Gibbs"))
        gaussian = gaussian or (Normal in kinds and goal.standard) or self.by in (*LINE, "test functions")
        averaged = self.by in ("linearity", "non-negative gap", "positive gap")  # a mean has the sign of its body
        alphabets = {alphabet_of(part) for part in self.nodes if is_state(part) or alphabet_of(part)}
        if len(alphabets) > 1:
            raise Untranslated("states of several kinds")
        self.alphabet = alphabets.pop() if alphabets else None  # where the values of all states are from
        finite = (averaged and Density in kinds) or (self.by == "definition" and spans) or self.alphabet
        self.space = "line" if gaussian else "finite" if finite or self.by in FINITE else "any"
        self.moving: dict[str, tuple] = {}  # what each defined name, and each noise, is a function of
        self._depend([f for f in (*goal.definitions, *goal.assumed, *goal.facts) if isinstance(f.left, (Symbol, Item))])

    def _depend(self, definitions) -> None:
        """A name is a function of the bound variables that are free in its definition.

        A state is named by its time, relative to that of the name ("·"); a path stands for states at unnamed times.
        """
        seen = [*self.nodes, *(part for fact in definitions for part in (fact.left, *walk(fact.right)))]
        self.moving |= {named(p): (OUTCOME,) for p in seen if self.random and (is_noise(p) or is_state(p))}
        own = [fact for fact in definitions if not isinstance(self.bound.get(named(fact.left)), Sequence)]
        for _ in range(len(own) + 2):
            before = dict(self.moving)
            for fact in own:
                name, found = named(fact.left), self.free(fact.right)
                reach = {*self.moving.get(name, ()), *(relative(part, fact.left) for part in found)}
                paths = {part for part in reach if isinstance(part, Sequence)}
                reach = paths | {part for part in reach if thing_of(part) not in paths}
                self.moving[name] = tuple(sorted(reach, key=repr))
            if before == self.moving:
                return
        raise Untranslated("a definition that goes back in time without end")

    def free(self, node) -> set:
        """The bound variables that ``node`` depends on: symbols, members and spans of sequences, whole sequences."""
        if isinstance(node, (Symbol, Item, Span)):
            return {node} if named(node) in self.bound else {placed(e, node) for e in self.moving.get(named(node), ())}
        bound, outside = scope(node)
        inside = set().union(*(self.free(part) for part in children(node) if part not in outside)) - {*bound}
        if isinstance(node, (Sum, Limit)):
            inside = {p.sequence if isinstance(p, Item) and p.index.symbol == node.symbol else p for p in inside}
        return inside.union(*map(self.free, outside))

    def premises(self, name: str) -> list[str]:
        thing = self.things[name]
        if hasattr(self.goal, "relation") and name in [name_of(named(fact.left)) for fact in self.goal.facts]:
            return []  # its sign is what is to be proved
        if isinstance(thing, str):
            return [f"{word} {name}" for word in thing.split()]
        if thing is self.latest:
            return [f"({self.index(Index(*latest))} < {name})%nat" for latest in self.latest.items()]
        if isinstance(thing, Distribution) and self.space == "finite":
            words = ["normalised", "markov"] if thing.markov else ["normalised"]
            return [f"forall x, 0 < {name} x", *(f"{word} {self.values()} {name}" for word in words)]
        if isinstance(thing, Distribution):
            return [f"forall A B x, 0 < {name} A B x"]
        if isinstance(thing, Index):
            return [f"({self.least.get(thing.symbol, self.goal.start)} <= {name})%nat"]
        if self.random and is_noise(thing):
            return [] if getattr(thing, "backward", False) else self._noise(name, thing)
        found = self._smooth(name, thing) if isinstance(thing, Function) else []
        known = isinstance(getattr(thing, "domain", None), Interval) and not getattr(thing, "order", 0)
        return [*found, *self._domain(name, thing)] if known else found

    def existing(self) -> list[str]:
        """Integrals over intervals exist in a linear step; integrals that are differentiated are smooth."""
        if self.by == "linearity":
            integrals = [part for part in dict.fromkeys(self.stated) if isinstance(part, Integral)]
            return [f"(ex_{self(each)[1:]}" for each in integrals if None not in (each.low, each.high)]
        derivatives = [part for part in self.stated if isinstance(part, Derivative) and self.by == "differentiation"]
        pairs = [(d.by, p) for d in derivatives for p in walk(d.body) if isinstance(p, Integral) and d.by in walk(p)]
        return sorted({f"smooth {self.function(by.name, 'R', part)}" for by, part in pairs if not free_dummies(part)})

    def _smooth(self, name: str, function: Function) -> list[str]:
        """Where there are derivatives, limits or integrals over the line, functions are smooth; f' is that of f."""
        types, after = self.arguments[name], name_of(function.name + "_prime" * (function.order + 1))
        if not (self.goal.justification.differentiates or self.by == "limit" or self.space == "line"):
            return []
        derivative = [f"forall y, is_derive {name} y ({after} y)"] if types == ("R",) and after in self.names else []
        return [*derivative, *([f"{SMOOTH[types]} {name}"] if types in SMOOTH else [])]

    def _domain(self, name: str, thing) -> list[str]:
        """The values of a symbol, a sequence or a function lie in its domain; the first one may be stated."""
        own = {f"at{n}": type_ for n, type_ in enumerate(self.arguments[name])}
        moves, first, guards = self.moving.get(thing.name, ()), getattr(thing, "first", None), []
        if isinstance(thing, Sequence):
            on_border = first is not None and first in (thing.domain.low, thing.domain.high)
            guards.append(f"({thing.start + on_border} <= at0)%nat")
        value = f"({' '.join([name, *own])})" if own else name
        found = [f"{forall(own, guards)}{fact}" for fact in inside(value, thing.domain)]
        stated = first is not None and not moves
        return [*found, f"{name} {thing.start}%nat = {number(first)}"] if stated else found

    def _noise(self, name: str, noise) -> list[str]:
        """Its distribution, where the step cites it; and, if it has a time, what it is independent of, noises too."""
        noises = [word for word, thing in self.things.items() if isinstance(thing, Sequence) and is_noise(thing)]
        states = [word for word, thing in self.things.items() if getattr(thing, "role", "") == "state"]
        given = states if "mean_given" in self.names else []
        end, own = (name_of("N"), name) if name in noises else ("2%nat", f"(fun _ => {name})")
        found = []
        if noise.name in self.goal.standard:
            found = [f"white {end} mean_of {own}", *(f"white_given {end} mean_given {x} {own}" for x in given)]
        if self.by == "independence":
            found += [f"fresh {end} mean_of {x} {own}" for x in (*states, *(e for e in noises if e == name))]
            found += [f"fresh_given {end} mean_of mean_given {x} {own}" for x in given]
            found += [f"separate {end} mean_of {e} {own}" for e in noises if e < name and name in noises]
        return found


def name_of(name: str) -> str:
    """``name`` as an identifier of Rocq."""
    plain = "".join(c if c.isalnum() and c.isascii() else "_" for c in name)
    return f"{plain}_" if plain in RESERVED else plain


def number(value: Fraction | int) -> str:
    word = f"{abs(value.numerator)}" if value.denominator == 1 else f"({abs(value.numerator)} / {value.denominator})"
    return f"(- {word})" if value < 0 else word


def inside(value: str, domain: Interval) -> list[str]:
    below = [] if domain.low is None else [f"{number(domain.low)} < {value}"]
    return below + ([] if domain.high is None else [f"{value} < {number(domain.high)}"])


def forall(own: dict[str, str], guards=()) -> str:
    """For all values of the names ``own`` for which ``guards`` hold."""
    names = " ".join(f"({name_of(name)} : {type_})" for name, type_ in own.items())
    return "".join([f"forall {names}, " if own else "", *(f"{guard} -> " for guard in guards)])


def scope(node) -> tuple[tuple, tuple]:
    """What ``node`` binds, and its parts in which that is free; a mean over noise binds the outcome."""
    match node:
        case E(body, Distribution()):
            return tuple(filter(is_state, walk(body))), ()
        case E(_, None, given) | Var(_, given):
            return (OUTCOME,), given
        case Integral(_, variable, low, high):
            return (variable,), tuple(end for end in (low, high) if end is not None)
        case Derivative(_, variable) | Gradient(_, variable) | Jacobian(_, variable):
            return (variable,), (variable,)
    return bound_by(node), ()


def relative(part, left):
    """A state as the definition of ``left`` names it: its time seen from that of ``left``, or its path."""
    if isinstance(part, (Symbol, Sequence)) or (isinstance(part, Item) and part.index.symbol is None):
        return part
    if isinstance(part, Span) or not isinstance(left, Item) or left.index.symbol != part.index.symbol:
        return part.sequence
    return Item(part.sequence, Index("·", part.index.offset - left.index.offset))


def placed(part, node):
    """A state that ``relative`` named, seen from ``node``."""
    return at(part, {"·": node.index}) if isinstance(part, Item) and isinstance(node, Item) else part


def type_of(thing) -> str:
    """The type of a bound variable."""
    if thing == OUTCOME:
        return "Outcome"
    return f"nat -> {values_of(thing)}" if isinstance(thing, Sequence) else values_of(thing)


def values_of(thing) -> str:
    """The type of the values of a symbol, or of the members of a sequence."""
    alphabet, vector = alphabet_of(thing), isinstance(getattr(thing_of(thing), "domain", None), Space)
    return symbols_of(alphabet) if alphabet else "nat -> R" if vector else "R"


def symbols_of(alphabet) -> str:
    return f"{name_of(alphabet.size.name)}_symbols"


def thing_of(part):
    return getattr(part, "sequence", part)


def named(part) -> str:
    return thing_of(part).name
