"""The statement of a step in Rocq: what a certificate claims.  This translator is trusted; scripts and engine are not.

A goal ``left = right`` becomes ``forall (names), premises -> left' = right'``, and the sign of the gap that an
inequality leaves out ``0 <= gap'`` or ``0 < gap'``.  The premises are the ranges of indices, the domains of symbols,
and what the step cites, each for all values of its indices and of every bound variable.  ``theorems/Steps.v`` says what
the words mean.  A symbol that is defined by bound variables is a function of those: m[t], the mean of x[0] given x[t],
is ``m t (x t)``.  One that is itself bound somewhere is a variable there, and has its defined value elsewhere.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace

from derive.language.alphabets import Alphabet, Iverson, alphabet_of
from derive.language.density import KL, Density, Derivative, E, Integral, Law, Normal, Var, written_out
from derive.language.dependence import is_noise, is_state
from derive.language.expr import Add, Div, Expr, Func, Mul, Neg, Num, Pi, Pow, Symbol, children, walk
from derive.language.functions import Apply
from derive.language.goal import Goal, is_order
from derive.language.times import Index, Item, Limit, Product, Sequence, Span, Sum
from derive.language.tree import Fact, at, first_times

from .premises import (
    INTEGRAL,
    OUTCOME,
    Premises,
    Untranslated,
    forall,
    inside,
    name_of,
    named,
    number,
    placed,
    scope,
    thing_of,
)

FINITE = ("chain rule", "marginalisation", "Bayes", "tower", "Markov", "Jensen", "Gibbs")
LINE = ("Gaussian integral", "integration", "integration by parts", "substitution", "reparameterisation", "Itô")
FORMS = {Neg: "(- {})", Div: "({} / {})", Pi: "PI", Normal: "(normal {} {} {})"}  # of the words of their parts
FUNCTIONS = {"sqrt": "sqrt", "log": "ln", "exp": "exp", "Phi": "Phi"}


@dataclass(frozen=True)
class Statement:
    """``text`` is the whole proposition; its parts are kept for the script."""

    names: dict[str, str]  # name -> Rocq type, in the order of quantification
    premises: dict[str, str]  # name of the premise -> proposition
    left: str
    relation: str  # "" where ``left`` says of a sequence that ``right`` is its limit
    right: str
    space: str

    @property
    def text(self) -> str:
        known = "".join(f"({premise}) ->\n  " for premise in self.premises.values())
        return f"{forall(self.names)}\n  {known}{self.left} {self.relation}\n  {self.right}"


class Translator(Premises):
    """Words for one goal.  ``statement()`` is the whole."""

    def __init__(self, goal: Goal):
        super().__init__(goal)
        kinds = {type(part) for part in self.stated}
        spans = any(isinstance(getattr(part, "over", None), Span) for part in self.stated)
        gaussian = Normal in kinds and not kinds & {Density, Integral} and (self.by in ("linearity", "Gibbs"))
        gaussian = gaussian or (Normal in kinds and goal.standard) or self.by in (*LINE, "test functions")
        alphabets = {alphabet_of(part) for part in self.nodes if is_state(part) or alphabet_of(part)}
        self.alphabet = alphabets.pop() if alphabets else None  # where the values of all states are from
        if alphabets:
            raise Untranslated("states of several kinds")
        finite = (self.by == "linearity" and Density in kinds) or (self.by == "definition" and spans) or self.alphabet
        self.space = "line" if gaussian else "finite" if finite or self.by in FINITE else "any"

    # Names

    def use(self, name: str, thing: object, *arguments: str, result: str = "R") -> str:
        """The word for a thing of the type ``arguments -> result``, which is declared if it is new."""
        word = name_of(name)
        type_ = " -> ".join([*(f"({each})" if "->" in each else each for each in arguments), result])
        if self.names.setdefault(word, type_) != type_ or self.things.setdefault(word, thing) != thing:
            raise Untranslated(f"{name} is two things")
        self.arguments[word] = arguments
        return word

    def variable(self, name: str) -> str:
        """A bound variable, by name: a symbol or a whole sequence.  Where it is not bound, its definition holds."""
        thing = self.bound[name]
        if name in self.local:
            return name_of(name)
        if name in self.moving and isinstance(thing, Symbol):
            return self.defined(thing)
        *arguments, result = self.type_of(thing).split(" -> ")
        return self.use(name, thing, *arguments, result=result)

    def type_of(self, thing) -> str:
        """The type of a bound variable."""
        if thing == OUTCOME:
            return self.use("Outcome", "", result="Type")
        return f"nat -> {self.values_of(thing)}" if isinstance(thing, Sequence) else self.values_of(thing)

    def defined(self, node: Symbol | Item, *index: str) -> str:
        """A symbol or a member of a sequence, which may be a function of bound variables."""
        random = self.random and (is_noise(node) or is_state(node))
        moves = (OUTCOME,) if random else self.moving.get(named(node), ())
        thing = getattr(node, "sequence", node)
        types = *("nat" for _ in index), *map(self.type_of, moves)
        word = self.use(named(node), thing, *types, result=self.values_of(thing))
        values = [self.variable(e.name) if isinstance(e, Sequence) else self(placed(e, node)) for e in moves]
        return f"({' '.join([word, *index, *values])})" if index or values else word

    @contextmanager
    def binding(self, names):
        """A scope in which ``names`` are bound; they may hide outer ones."""
        around, self.local = self.local, [*self.local, *names]
        try:
            yield
        finally:
            self.local = around

    def function(self, name: str, type_: str, body) -> str:
        """``body`` as a function of what is bound by a sum, a limit, an integral or a derivative."""
        with self.binding([name]):
            return f"(fun {name_of(name)} : {type_} => {self(body)})"

    # Words

    def __call__(self, node: Expr) -> str:
        match node:
            case Num(value):
                return number(value)
            case Add(parts):
                return f"({' + '.join(map(self, parts))})"
            case Mul(parts):
                return f"({' * '.join(map(self, parts))})"
            case Func(name, argument):
                return f"({FUNCTIONS[name]} {self(argument)})"
            case Pow(base, Num(value)) if value.denominator == 1:
                power = f"({self(base)} ^ {abs(value.numerator)})"
                return power if value >= 0 else f"(/ {power})"
            case Pow(base, Index(str()) as power):
                return f"({self(base)} ^ {self.index(power)})"
            case Pow(base, power):
                return f"(Rpower {self(base)} {self(power)})"
            case Symbol(role="size"):
                return f"(INR (length {self.letters(Alphabet(size=node))}))"
            case Iverson(left, right):
                return f"(bracket {self.same(node)} {self(left)} {self(right)})"
            case Symbol(name):
                return self.variable(name) if name in self.bound else self.defined(node)
            case Item(sequence, index) if sequence.name in self.bound:
                return f"({self.variable(sequence.name)} {self.index(index)})"
            case Item(_, index):
                return self.defined(node, self.index(index))
            case Index(None, offset):
                return number(offset)
            case Index(symbol, offset):
                time = f"(INR {self.index(Index(symbol))})"
                return f"({time} + {number(offset)})" if offset else time
            case Sum(body, symbol, low, high):
                word = "prod" if isinstance(node, Product) else "sum"
                return f"({word} (times {self.index(low)} {self.index(high)}) {self.function(symbol, 'nat', body)})"
            case Apply(function, arguments):
                types = ["nat" if isinstance(e, Index) else self.values_of(thing_of(e)) for e in arguments]
                for order in range(function.order + 1):
                    word = self.use(function.name + "_prime" * order, replace(function, order=order), *types)
                values = [self.index(each) if isinstance(each, Index) else self(each) for each in arguments]
                return f"({' '.join([word, *values])})"
            case Density(law, targets, given):
                front = f"cond {self.values()} {self.law(law)}" if self.space == "finite" else self.law(law)
                return f"({front} {self.set(targets)} {self.set(given)} {self.path(*targets, *given)})"
            case KL(p, q):
                return self(E(Func("log", Div(p, q)), p))
            case E(_, Normal()):
                return self(written_out(node))
            case E(body, Density(_, targets) as density):
                return self.over(self.set(targets), targets, f"{self(body)} * {self(density)}")
            case E(body, Law() as law):
                states, _ = scope(node)
                joint = self.law(law) if self.space == "finite" else f"{self.law(law)} all none"
                return self.over("all", states, f"{self(body)} * ({joint} {self.path(*states)})")
            case E(body, None, given):
                return f"({self.functional(given)} {self.outcomes(body)})"
            case Var(body, given):
                return f"(variance_of {self.functional(given)} {self.outcomes(body)})"
            case Integral(body, Item() | Span() as states, None, None) if is_state(states):
                return self.over(self.set((states,)), (states,), self(body))
            case Integral(body, Symbol(name), None, None):
                known = INTEGRAL.get(self.by, "positive")
                integral = "line_integral" if self.space == "line" else self.use("int", known, "R -> R")
                return f"({integral} {self.function(name, 'R', body)})"
            case Integral(body, Symbol(name), low, high) if low is not None and high is not None:
                return f"(RInt {self.function(name, 'R', body)} {self(low)} {self(high)})"
            case Integral(body, Symbol(name), low, high):
                first = "(Rbar_locally m_infty)" if low is None else f"(at_point {self(low)})"
                last = "(Rbar_locally p_infty)" if high is None else f"(at_point {self(high)})"
                return f"(RInt_gen {self.function(name, 'R', body)} {first} {last})"
            case Derivative(body, Item(sequence, index)):
                path, time = self.variable(sequence.name), self.index(index)
                return (
                    f"(Derive (fun here : R => (fun {path} => {self(body)}) (put {path} {time} here)) ({path} {time}))"
                )
            case Derivative(body, Symbol(name) as variable):
                return f"(Derive {self.function(name, 'R', body)} {self(variable)})"
        if type(node) not in FORMS:
            raise Untranslated(f"no word for {type(node).__name__}")
        return FORMS[type(node)].format(*map(self, children(node)))

    def index(self, node: Index) -> str:
        """A time, as a natural number."""
        symbol, offset = node.symbol, node.offset
        if symbol not in self.local:
            self.latest[symbol] = max(self.latest.get(symbol, offset), offset)
        if symbol is None:
            return f"{offset}%nat"
        word = name_of(symbol) if symbol in self.local else self.use(symbol, Index(symbol), result="nat")
        return f"({word} {'+' if offset > 0 else '-'} {abs(offset)})%nat" if offset else word

    def law(self, law: Law) -> str:
        sets = () if self.space == "finite" else ("set", "set")
        return self.use(law.name, law, *sets, f"nat -> {self.values_of(self.alphabet)}")

    def path(self, *states) -> str:
        (sequence,) = {state.sequence for state in states}
        return self.use(sequence.name, sequence, "nat", result=self.values_of(sequence))

    def set(self, states) -> str:
        ends = [("only", each.index) if isinstance(each, Item) else ("span", each.low, each.high) for each in states]
        words = [f"{word} {' '.join(map(self.index, times))}" for word, *times in ends]
        return f"({' ∪ '.join(words)})" if states else "none"

    def values(self) -> str:
        """The lists of values of the variables, and how many variables there are."""
        if self.alphabet:
            space = f"(each {self.letters(self.alphabet)})"
        else:
            space = self.use("space", "nonempty", "nat", result="list R")
        return f"{space} {self.use('N', self.latest, result='nat')}"

    def over(self, times: str, states, body: str) -> str:
        """The integral of ``body``, which depends on the path of ``states``, over those at ``times``."""
        path = self.path(*states)
        function = f"(fun {path} => {body})"
        if self.space == "finite":
            return f"(Variables.over {self.values()} {times} {function} {path})"
        if self.space == "any":
            return f"({self.use('over', '', 'set', '(nat -> R) -> R', 'nat -> R')} {times} {function} {path})"
        (state,) = states
        if times != self.set(states) or not isinstance(state, Item):
            raise Untranslated("an integral over several states on the line")
        return f"(line_integral (fun here : R => {function} (put {path} {self.index(state.index)} here)))"

    def functional(self, given) -> str:
        """The functional that takes a mean over noise; the noises that are spoken of are those before the time N."""
        outcome, _ = self.variable("outcome"), self.use("N", self.latest, result="nat")
        mean = self.use("mean_of", "expectation", "Outcome -> R")
        if not given:
            return mean
        (state,) = given
        word = self.use("mean_given", "conditional", "Outcome -> R", "Outcome", "Outcome -> R")
        return f"({word} {self.outcomes(state)} {outcome})"

    def outcomes(self, node) -> str:
        """``node`` as a random variable."""
        return f"(fun {self.variable('outcome')} : Outcome => {self(node)})"

    # The whole

    def statement(self) -> Statement:
        goal, limit = self.goal, isinstance(self.goal.left, Limit)
        relation = "" if limit else getattr(goal, "relation", "=")
        left = f"is_lim_seq {self.function(goal.left.symbol, 'nat', goal.left.body)}" if limit else self(goal.left)
        right = self(goal.right)
        cited = {f"H{n}": self.fact(fact) for n, fact in enumerate(goal.facts)}
        cited |= self.induction(goal.over) if hasattr(goal, "over") else {}
        stated = {f"O{n}": self.less(*pair) for n, pair in enumerate(goal.hypotheses)}
        exists = {f"W{n}": words for n, words in enumerate(self.existing())}
        signs = {name_of(named(f.left)) for f in goal.facts if relation in ("<", "<=")}  # are not known beforehand
        known = [name for name in self.names if name not in signs]
        domains = {f"D_{name}_{n}": words for name in known for n, words in enumerate(self.premises(name))}
        return Statement(dict(self.names), domains | exists | stated | cited, left, relation, right, self.space)

    def less(self, a, b) -> str:
        """A hypothesis, about numbers or about times."""
        return f"({self.index(a)} < {self.index(b)})%nat" if is_order((a, b)) else f"{self(a)} < {self(b)}"

    def induction(self, over: str) -> dict[str, str]:
        """What an induction has proved: the goal at 1, and its step from each value ≥ 1 to the next one."""

        def equal(values: dict[str, Index]) -> str:
            return f"{self(at(self.goal.left, values))} = {self(at(self.goal.right, values))}"

        base = equal({over: Index(None, 1)})
        with self.binding([over]):
            step = f"(1 <= {name_of(over)})%nat -> {equal({})} -> {equal({over: Index(over, 1)})}"
        return {"base": base, "step": f"{forall({over: 'nat'})}{step}"}

    def fact(self, fact: Fact) -> str:
        """What a step cites: for all values of its indices from ``first`` on, and of the bound variables in it."""
        sides, times = (fact.left, fact.right), sorted(fact.symbols)
        first = {**first_times(*sides, least=0), **dict(fact.first)}
        found = self.free(fact.left) | self.free(fact.right)
        found |= {part for side in sides for part in walk(side) if isinstance(part, (Item, Span))}
        names = {named(part) for part in found} & self.bound.keys() - {getattr(fact.left, "name", "")}
        things = [self.bound[name] for name in sorted(names)]
        own = {symbol: "nat" for symbol in times} | {thing.name: self.type_of(thing) for thing in things}
        with self.binding(own):
            words = f"{self(fact.left)} = {self(fact.right)}"
        guards = [f"({first.get(symbol, 0)} <= {name_of(symbol)})%nat" for symbol in times]
        guards += [words for e in things if isinstance(e, Symbol) for words in inside(name_of(e.name), e.domain)]
        return f"{forall(own, guards)}{words}"
