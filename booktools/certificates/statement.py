"""The statement of a step in Rocq: what a certificate claims.  This translator is trusted; scripts and engine are not.

A goal ``left = right`` becomes ``forall (names), premises -> left' = right'``.  The premises are the ranges of indices,
the domains of symbols, and what the step cites, each for all values of its indices and of every bound variable.

States are a path ``x : nat -> R``.  A density is the value at x of the density of the variables in A given those in B.
A mean is an integral of the body times the density, and an integral over a set A of states is
``over A (fun x => body) x``, where the last x holds the variables that are not integrated out.  An integral over a
dummy is ``int (fun y => body)``.  What these are depends on the space, which the justification decides:

    any      densities, ``over`` and ``int`` are arbitrary, so that the statement holds for sums, integrals and every
             other functional with the structure that the premises name
    finite   each variable takes the values of a finite list; ``over`` sums over them, and every density follows from a
             positive joint density by the definition of conditional densities
    line     ``int`` is the improper Riemann integral over the real line, and an integral over one state is that over
             its value, ``line_integral (fun here => (fun x => body) (put x t here))``

States of an alphabet have values of a type of their own, all of which are in the list ``letters``, each once: such a
space is finite.  The size of the alphabet is the length of that list, and [a = b] is ``bracket same a b``.

Integrals over intervals are Riemann integrals; those over half lines are improper.  A symbol that the derivation
defines by bound variables is a function of those that are free in its definition: m[t], the mean of x[0] given x[t], is
``m t (x t)``.  One that is itself bound somewhere is a variable there, and has its defined value elsewhere.

In a step with a mean over noise, noises and states, and what is defined by them, are functions of an ``outcome``.
``E(f)`` is ``mean_of (fun outcome => f)`` and ``E(f, given=x[s])`` is ``mean_given (x s) outcome (fun outcome => f)``,
for arbitrary functionals; ``Var`` is E f² - (E f)² of the same functional.  ``premises.py`` says what is known of all.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.language.alphabets import Alphabet, alphabet_of, has_symbols
from derive.language.density import KL, Density, E, Integral, Law, Normal
from derive.language.dependence import is_noise, is_state
from derive.language.expr import Add, Div, Expr, Func, Interval, Mul, Neg, Num, Pi, Symbol, children, walk
from derive.language.goal import Goal, is_order
from derive.language.times import Index, Item, Limit, Product, Sequence, Span, Sum
from derive.language.tree import Fact, bound_by, first_times, measure_of

from .premises import (
    Premises,
    Untranslated,
    arrows,
    binds,
    forall,
    inside,
    name_of,
    named,
    number,
    over_noise,
    placed,
    relative,
    thing_of,
)

FINITE = ("chain rule", "marginalisation", "Bayes", "tower", "Markov", "Jensen", "Gibbs")
INTEGRATES = ("Gaussian integral", "integration", "integration by parts", "substitution", "reparameterisation")
LINE = (*INTEGRATES, "test functions", "Itô")
JOINED = {Add: " + ", Mul: " * "}
FORMS = {Neg: "(- {})", Div: "({} / {})", Pi: "PI", Normal: "(normal {} {} {})"}  # of the words of their parts
FUNCTIONS = {"sqrt": "sqrt", "log": "ln", "exp": "exp", "Phi": "Phi"}
OUTCOME = Symbol("outcome", "", Interval())  # what noises are functions of


@dataclass
class Statement:
    """``text`` is the whole proposition; its parts are kept for the script."""

    names: dict[str, str] = field(default_factory=dict)  # name -> Rocq type, in the order of quantification
    premises: dict[str, str] = field(default_factory=dict)  # name of the premise -> proposition
    left: str = ""
    right: str = ""
    space: str = "any"
    equation: bool = True  # or else ``left`` says of a sequence that ``right`` is its limit

    @property
    def text(self) -> str:
        known = "".join(f"({premise}) ->\n  " for premise in self.premises.values())
        return f"{forall(self.names)}\n  {known}{self.left}{' =' if self.equation else ''}\n  {self.right}"


class Translator(Premises):
    """Words for one goal.  ``statement()`` is the whole."""

    def __init__(self, goal: Goal):
        self.goal, self.by = goal, goal.justification.name
        self.sides = [goal.left, goal.right]
        cited = [side for pair in (*goal.hypotheses, *((f.left, f.right) for f in goal.facts)) for side in pair]
        self.stated = [part for side in self.sides for part in walk(side)]
        self.nodes = [*self.stated, *(part for side in cited for part in walk(side))]
        self.least = first_times(goal.left, goal.right, least=goal.start)
        self.bound = {named(each): thing_of(each) for part in self.nodes for each in binds(part)}
        self.random = any(map(over_noise, self.nodes))
        if self.random:
            roles = {getattr(thing, "role", "") for thing in self.bound.values()}
            if roles & {"noise", "state"} or any(isinstance(part, (Density, Span)) for part in self.nodes):
                raise Untranslated("a mean over noise beside densities")
            self.bound["outcome"] = OUTCOME
        self.definitions: dict[str, list[Fact]] = {}
        for fact in (*goal.definitions, *goal.assumed, *goal.facts):
            if isinstance(fact.left, (Symbol, Item)):
                self.definitions.setdefault(named(fact.left), []).append(fact)
        self.moving, self.space, self.alphabet = self._moving(), self._space(), self._alphabet()
        self.local: list[str] = []  # what is bound around this place
        self.names: dict[str, str] = {}  # of what is not, with types
        self.arguments: dict[str, tuple[str, ...]] = {}
        self.things: dict[str, object] = {}

    def _alphabet(self):
        """The alphabet of all states, or None where they are numbers."""
        found = {alphabet_of(part) for part in self.nodes if is_state(part) or alphabet_of(part)}
        if len(found) > 1:
            raise Untranslated("states of several kinds")
        return found.pop() if found else None

    def _space(self) -> str:
        """Where the statement is made."""
        parts = self.stated
        kinds = {type(getattr(part, "under", part)) for part in parts if isinstance(part, (E, KL, Integral))}
        spans = any(isinstance(getattr(part, "over", None), Span) for part in parts)
        if has_symbols(*self.sides):
            return "finite"
        linear, normals = self.by == "linearity", any(isinstance(part, Normal) for part in parts)
        if self.by in FINITE or (linear and any(isinstance(part, Density) for part in parts)):
            return "finite"
        if self.by == "definition" and spans:  # an integral over several states is one after the other
            return "finite"
        if self.by in LINE or (linear and kinds == {Normal}) or (self.goal.standard and normals):
            return "line"  # the mean of 1 under a Gaussian is 1
        return "any"

    # What depends on bound variables

    def _moving(self) -> dict[str, tuple]:
        """For each defined name what it is a function of: the bound variables that are free in its definition.

        A state is named by its time, relative to that of the name ("·"); a path stands for states at unnamed times.
        """
        found: dict[str, set] = {}
        before = None
        while before != found:
            before = dict(found)
            for name, facts in self.definitions.items():
                if isinstance(self.bound.get(name), Sequence):
                    continue
                reach = {relative(part, fact.left) for fact in facts for part in self.free(fact.right, found)}
                reach |= found.get(name, set())
                paths = {part for part in reach if isinstance(part, Sequence)}
                paths |= {part.sequence for part in reach if isinstance(part, Item) and len(reach) > 4}
                reach = paths | {part for part in reach if getattr(part, "sequence", None) not in paths}
                found[name] = reach
        return {name: tuple(sorted(reach, key=repr)) for name, reach in found.items() if reach}

    def free(self, node, found) -> set:
        """The bound variables that ``node`` depends on: symbols, members and spans of sequences, whole sequences."""
        if self.random and (is_noise(node) or is_state(node)):
            return {OUTCOME}
        if isinstance(node, (Symbol, Item, Span)) and named(node) in self.bound:
            return {node}
        if isinstance(node, (Symbol, Item)):
            return {placed(part, node) for part in found.get(named(node), ())}
        inside = set().union(*(self.free(part, found) for part in children(node)))
        if isinstance(node, (Sum, Limit)):
            return {p.sequence if isinstance(p, Item) and p.index.symbol == node.symbol else p for p in inside}
        if isinstance(measure_of(node), Law):
            return {part for part in inside if isinstance(part, Symbol)}
        if isinstance(node, Integral):
            ends = set().union(*(self.free(end, found) for end in (node.low, node.high) if end is not None))
            return inside - {node.over} | ends
        if over_noise(node):
            return inside if node.given else inside - {OUTCOME}
        return inside - {*bound_by(node)} if measure_of(node) is not None else inside

    def moves(self, node) -> tuple:
        """What ``node`` is a function of, beside its time."""
        return (OUTCOME,) if self.random and (is_noise(node) or is_state(node)) else self.moving.get(named(node), ())

    # Declarations

    def use(self, name: str, thing: object, *arguments: str, result: str = "R") -> str:
        """The word for a thing of the type ``arguments -> result``, which is declared if it is new."""
        word = name_of(name)
        type_ = " -> ".join([*(f"({each})" if "->" in each else each for each in arguments), result])
        known = self.names.setdefault(word, type_)
        if known != type_ or self.things.setdefault(word, thing) != thing:
            raise Untranslated(f"{name} is two things")
        self.arguments[word] = arguments
        return word

    def variable(self, name: str) -> str:
        """A bound variable, by name: a symbol or a whole sequence.  Where it is not bound, its definition holds."""
        thing = self.bound[name]
        if name in self.local:
            return name_of(name)
        if name in self.definitions and isinstance(thing, Symbol):
            return self.defined(thing)
        *arguments, result = self.type_of(thing).split(" -> ")
        return self.use(name, thing, *arguments, result=result)

    def type_of(self, thing) -> str:
        """The type of a bound variable."""
        if thing == OUTCOME:
            return self.use("Outcome", "outcomes", result="Type")
        return f"nat -> {self.values_of(thing)}" if isinstance(thing, Sequence) else self.values_of(thing)

    def values_of(self, thing) -> str:
        """The type of the values of a symbol, of the members of a sequence, or in an alphabet."""
        alphabet = thing if isinstance(thing, Alphabet) else alphabet_of(thing)
        return self.use(f"{alphabet.size.name}_symbols", "symbols", result="Type") if alphabet else "R"

    def letters(self, alphabet) -> str:
        """The list of the symbols of an alphabet."""
        return self.use(f"{alphabet.size.name}_letters", "letters", result=f"list {self.values_of(alphabet)}")

    def defined(self, node, *index: str) -> str:
        """A symbol or a member of a sequence, which may be a function of bound variables."""
        moves = self.moves(node)
        types = *("nat" for _ in index), *map(self.type_of, moves)
        word = self.use(named(node), thing_of(node), *types, result=self.values_of(thing_of(node)))
        values = [self.variable(e.name) if isinstance(e, Sequence) else self(placed(e, node)) for e in moves]
        return f"({' '.join([word, *index, *values])})" if index or values else word

    @contextmanager
    def binding(self, own: dict[str, str]):
        """A scope in which the names ``own`` are bound, with their types; they may hide outer ones."""
        words = {name_of(name): type_ for name, type_ in own.items()}
        hidden = {word: self.names[word] for word in words if word in self.names}
        outside, self.local = self.local, [*self.local, *own]
        self.names.update(words)
        try:
            yield
        finally:
            self.local = outside
            for word in words:
                del self.names[word]
            self.names.update(hidden)

    # Words

    def __call__(self, node: Expr) -> str:
        if type(node) in JOINED:
            return f"({JOINED[type(node)].join(map(self, children(node)))})"
        if type(node) in FORMS:
            return FORMS[type(node)].format(*map(self, children(node)))
        if isinstance(node, Limit):
            return f"is_lim_seq {self.function(node.symbol, 'nat', node.body)}"
        if not hasattr(self, word := f"_{type(node).__name__}"):
            raise Untranslated(type(node).__name__)
        return getattr(self, word)(node)

    def _Num(self, node):
        return number(node.value)

    def _Pow(self, node):
        if isinstance(node.power, Num) and node.power.value.denominator == 1:
            power = f"({self(node.base)} ^ {abs(node.power.value.numerator)})"
            return power if node.power.value >= 0 else f"(/ {power})"
        if isinstance(node.power, Index) and node.power.symbol:
            return f"({self(node.base)} ^ {self.index(node.power)})"
        return f"(Rpower {self(node.base)} {self(node.power)})"

    def _Func(self, node):
        return f"({FUNCTIONS[node.name]} {self(node.arg)})"

    def _Symbol(self, node):
        if node.role == "size":
            return f"(INR (length {self.letters(Alphabet(size=node))}))"
        return self.variable(node.name) if node.name in self.bound else self.defined(node)

    def _Item(self, node):
        name, index = node.sequence.name, self.index(node.index)
        return f"({self.variable(name)} {index})" if name in self.bound else self.defined(node, index)

    def _Index(self, node):
        if node.symbol is None:
            return number(Fraction(node.offset))
        symbol = f"(INR {self.index(Index(node.symbol))})"
        return f"({symbol} + {number(Fraction(node.offset))})" if node.offset else symbol

    def index(self, node: Index) -> str:
        """A time, as a natural number."""
        if node.symbol is None:
            return f"{node.offset}%nat"
        word = self.use(node.symbol, Index, result="nat")
        return f"({word} {'+' if node.offset > 0 else '-'} {abs(node.offset)})%nat" if node.offset else word

    def _Sum(self, node):
        word = "prod" if isinstance(node, Product) else "sum"
        times = f"(times {self.index(node.low)} {self.index(node.high)})"
        return f"({word} {times} {self.function(node.symbol, 'nat', node.body)})"

    _Product = _Sum

    def _Apply(self, node):
        function, types = node.function, ["nat" if isinstance(a, Index) else self.values_of(thing_of(a)) for a in node.args]
        for order in range(function.order + 1):
            word = self.use(function.name + "_prime" * order, replace(function, order=order), *types)
        return f"({word} {' '.join(self.index(arg) if isinstance(arg, Index) else self(arg) for arg in node.args)})"

    def _Iverson(self, node):
        return f"(bracket {self.same(node)} {self(node.left)} {self(node.right)})"

    def same(self, node) -> str:
        """The function that decides whether two symbols are the same."""
        symbols = self.values_of(thing_of(node.left))
        return self.use(f"same_{symbols}", "same", symbols, symbols, result="bool")

    def _Density(self, node):
        law, path = self.law(node.law), self.path(*node.targets, *node.given)
        front = f"cond {self.values()} {law}" if self.space == "finite" else law
        return f"({front} {self.set(node.targets)} {self.set(node.given)} {path})"

    def law(self, law: Law) -> str:
        path = f"nat -> {self.values_of(self.alphabet)}"
        return self.use(law.name, law, *(() if self.space == "finite" else ("set", "set")), path)

    def path(self, *parts) -> str:
        (sequence,) = {part.sequence for part in parts}
        return self.use(sequence.name, sequence, "nat", result=self.values_of(sequence))

    def set(self, parts) -> str:
        ends = [(part.index,) if isinstance(part, Item) else (part.low, part.high) for part in parts]
        words = [f"{'only' if len(each) == 1 else 'span'} {' '.join(map(self.index, each))}" for each in ends]
        return f"({' ∪ '.join(words)})" if parts else "none"

    def values(self) -> str:
        """The lists of values of the variables, and how many variables there are."""
        real = not self.alphabet
        lists = self.use("space", "space", "nat", result="list R") if real else f"(each {self.letters(self.alphabet)})"
        return f"{lists} {self.use('N', 'N', result='nat')}"

    def over(self, parts, path, body) -> str:
        """The integral of ``body``, which depends on the path, over the states ``parts``, or over all."""
        function = f"(fun {path} => {body})"
        if self.space == "line":
            if parts is None or len(parts) > 1 or not isinstance(parts[0], Item):
                raise Untranslated("an integral over several states on the line")
            return f"(line_integral (fun here : R => {function} (put {path} {self.index(parts[0].index)} here)))"
        states = "all" if parts is None else self.set(parts)
        if self.space == "finite":
            return f"(Variables.over {self.values()} {states} {function} {path})"
        return f"({self.use('over', 'over', 'set', '(nat -> R) -> R', 'nat -> R')} {states} {function} {path})"

    def _E(self, node):
        if isinstance(node.under, Density):
            path = self.path(*node.under.targets)
            return self.over(node.under.targets, path, f"{self(node.body)} * {self(node.under)}")
        if isinstance(node.under, Law):
            path = self.path(*filter(is_state, walk(node.body)))
            joint = self.law(node.under) + ("" if self.space == "finite" else " all none")
            return self.over(None, path, f"{self(node.body)} * ({joint} {path})")
        if isinstance(node.under, Normal):
            return self._Integral(Integral(node.body * node.under, node.under.at))
        return f"({self.functional(node.given)} {self.outcomes(node.body)})"

    def _Var(self, node):
        return f"(variance_of {self.functional(node.given)} {self.outcomes(node.body)})"

    def functional(self, given) -> str:
        """The functional that takes a mean over noise."""
        outcome = self.variable("outcome")
        self.use("N", "N", result="nat")  # the noises that are spoken of are those before the time N
        mean = self.use("mean_of", "mean", "Outcome -> R")
        if not given:
            return mean
        if len(given) > 1 or not isinstance(given[0], Item) or not is_state(given[0]):
            raise Untranslated("a condition that is no single state")
        word = self.use("mean_given", "conditional mean", "Outcome -> R", "Outcome", "Outcome -> R")
        return f"({word} {self.outcomes(given[0])} {outcome})"

    def outcomes(self, node) -> str:
        """``node`` as a random variable."""
        return f"(fun {self.variable('outcome')} : Outcome => {self(node)})"

    def _KL(self, node):
        return self._E(E(Func("log", Div(node.p, node.q)), node.p))

    def _Integral(self, node):
        if isinstance(node.over, (Item, Span)):
            if node.low is not None or node.high is not None or not is_state(node.over):
                raise Untranslated("an integral over a part of the line of a state")
            return self.over((node.over,), self.path(node.over), self(node.body))
        body = self.function(node.over.name, "R", node.body)
        if node.low is None and node.high is None:
            return f"({'line_integral' if self.space == 'line' else self.use('int', 'int', 'R -> R')} {body})"
        if None not in (node.low, node.high):
            return f"(RInt {body} {self(node.low)} {self(node.high)})"
        ends = ((node.low, "m_infty"), (node.high, "p_infty"))
        words = [f"(Rbar_locally {far})" if end is None else f"(at_point {self(end)})" for end, far in ends]
        return f"(RInt_gen {body} {' '.join(words)})"

    def _Derivative(self, node):
        if isinstance(node.by, Item):
            name, index = self.variable(node.by.sequence.name), self.index(node.by.index)
            moved = f"(fun {name} => {self(node.body)}) (put {name} {index} here)"
            return f"(Derive (fun here : R => {moved}) ({name} {index}))"
        return f"(Derive {self.function(node.by.name, 'R', node.body)} {self(node.by)})"

    def function(self, name: str, type_: str, body) -> str:
        """``body`` as a function of what is bound by a sum, a limit, an integral or a derivative."""
        with self.binding({name: type_}):
            return f"(fun {name_of(name)} : {type_} => {self(body)})"

    def statement(self) -> Statement:
        goal, parts = self.goal, self.stated
        left, right = self(goal.left), self(goal.right)
        cited = {f"H{n}": self.fact(fact) for n, fact in enumerate(goal.facts)}
        stated = {f"O{n}": self.before(*pair) for n, pair in enumerate(goal.hypotheses)}
        exists = {f"W{n}": words for n, words in enumerate(self.existing(parts))}
        domains: dict[str, str] = {}
        for name in list(self.names):
            domains |= {f"D_{name}_{n}": premise for n, premise in enumerate(self.premises(name))}
        limits = [part for part in self.nodes if isinstance(part, Limit)]
        if limits and limits != [goal.left]:
            raise Untranslated("a limit inside of a formula")
        return Statement(dict(self.names), domains | exists | stated | cited, left, right, self.space, not limits)

    def before(self, a, b) -> str:
        """The hypothesis that a < b, of numbers or of times."""
        return f"({self.index(a)} < {self.index(b)})%nat" if is_order((a, b)) else f"{self(a)} < {self(b)}"

    def fact(self, fact: Fact) -> str:
        """What a step cites: for all values of its indices from ``first`` on, and of the bound variables in it."""
        sides, times = (fact.left, fact.right), sorted(fact.symbols)
        first = {**first_times(*sides, least=0), **dict(fact.first)}
        found = set().union(*(self.free(side, self.moving) for side in sides))
        found |= {part for side in sides for part in walk(side) if isinstance(part, (Item, Span))}
        names = {named(part) for part in found} & self.bound.keys() - {getattr(fact.left, "name", "")}
        things = [self.bound[name] for name in sorted(names)]
        own = {symbol: "nat" for symbol in times} | {thing.name: self.type_of(thing) for thing in things}
        with self.binding(own):
            words = f"{self(fact.left)} = {self(fact.right)}"
        guards = [f"({first.get(symbol, 0)} <= {name_of(symbol)})%nat" for symbol in times]
        for thing in (thing for thing in things if isinstance(thing, Symbol)):
            guards += inside(name_of(thing.name), thing.domain)
        return f"{forall({name_of(name): type_ for name, type_ in own.items()})}{arrows(guards)}{words}"
