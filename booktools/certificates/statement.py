"""The statement of a step in Rocq: what a certificate claims.  This translator is trusted; scripts and engine are not.

A goal ``left = right`` becomes ``forall (names), premises -> left' = right'``, and the sign of the gap that an
inequality leaves out ``0 <= gap'`` or ``0 < gap'``.  The premises are the ranges of indices, the domains of symbols,
and what the step cites, each for all values of its indices and of every bound variable.  ``theorems/Steps.v`` says what
the words mean.  A symbol that is defined by bound variables is a function of those: m[t], the mean of x[0] given x[t],
is ``m t (x t)``.  One that is itself bound somewhere is a variable there, and has its defined value elsewhere.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.language.alphabets import Iverson
from derive.language.density import KL, Density, Derivative, Distribution, E, Integral, Normal, Var, written_out
from derive.language.dependence import is_state
from derive.language.expr import Add, Div, Expr, Func, Least, Mul, Neg, Num, Pi, Pow, Symbol, children, walk
from derive.language.functions import Apply
from derive.language.goal import Goal, is_order
from derive.language.times import Index, Item, Limit, Product, Sequence, Span, Sum
from derive.language.tree import Fact, at, first_times

from . import premises
from .dominated import exchangeable
from .faithful import faithful
from .premises import forall, inside, name_of, named, number, placed, scope, symbols_of, thing_of, type_of, values_of

FORMS = {Neg: "(- {})", Div: "({} / {})", Pi: "PI", Normal: "(normal {} {} {})", Least: "(Rmin {} {})"}  # of parts
FUNCTIONS = {"sqrt": "sqrt", "log": "ln", "exp": "exp", "Phi": "Phi", "abs": "Rabs"}


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


class Translator(premises.Premises):
    """Words for one goal.  ``statement()`` is the whole."""

    def __init__(self, goal: Goal):
        super().__init__(goal)
        if self.alphabet:
            self.use(symbols_of(self.alphabet), "", result="Type")
        if self.random:  # the noises that are spoken of are those before the time N
            self.use("Outcome", "", result="Type")
            self.use("N", self.latest, result="nat")
            self.use("mean_of", "expectation", "Outcome -> R")

    # Names

    def use(self, name: str, thing: object, *arguments: str, result: str = "R") -> str:
        """The word for a thing of the type ``arguments -> result``, which is declared if it is new."""
        word = name_of(name)
        type_ = " -> ".join([*(f"({each})" if "->" in each else each for each in arguments), result])
        if self.names.setdefault(word, type_) != type_ or self.things.setdefault(word, thing) != thing:
            raise premises.Untranslated(f"{name} is two things")
        self.arguments[word] = arguments
        return word

    def word(self, part, *index: str) -> str:
        """A symbol, or a sequence, at an index if any.  What is defined by bound variables is a function of them."""
        name, thing = named(part), thing_of(part)
        if name in self.local:
            return f"({' '.join([name_of(name), *index])})" if index else name_of(name)
        moves = () if isinstance(self.bound.get(name), Sequence) else self.moving.get(name, ())
        types = [*(["nat"] if isinstance(thing, Sequence) else []), *map(type_of, moves)]
        values = [self.word(each) if isinstance(each, Sequence) else self(placed(each, part)) for each in moves]
        word = self.use(name, thing, *types, result="Outcome" if thing == premises.OUTCOME else values_of(thing))
        return f"({' '.join([word, *index, *values])})" if index or values else word

    def within(self, *names: str) -> Translator:
        """The same where ``names`` are bound; they may hide outer ones."""
        inner = copy(self)
        inner.local = [*self.local, *names]
        return inner

    def function(self, name: str, type_: str, body) -> str:
        """``body`` as a function of what is bound by a sum, a limit, an integral or a derivative."""
        return f"(fun {name_of(name)} : {type_} => {self.within(name)(body)})"

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
            case Pow(base, Index(None, power)):
                return self(Pow(base, Num(Fraction(power))))
            case Pow(base, Index() as power):
                return f"({self(base)} ^ {self.index(power)})"
            case Pow(base, power):
                return f"(Rpower {self(base)} {self(power)})"
            case Symbol(role="size"):
                return f"(INR (length {self.letters()}))"
            case Iverson(left, right):
                symbols = symbols_of(self.alphabet)
                same = self.use(f"same_{symbols}", "decides", symbols, symbols, result="bool")
                return f"(bracket {same} {self(left)} {self(right)})"
            case Symbol():
                return self.word(node)
            case Item(_, index):
                return self.word(node, self.index(index))
            case Index(None, offset):
                return number(offset)
            case Index(symbol, offset):
                time = f"(INR {self.index(Index(symbol))})"
                return f"({time} + {number(offset)})" if offset else time
            case Sum(body, symbol, low, high):
                times = f"(times {self.index(low)} {self.index(high)})"
                around, self.ends = self.ends, {**self.ends, symbol: self.last(high)}
                terms, self.ends = self.function(symbol, "nat", body), around
                return f"({'prod' if isinstance(node, Product) else 'sum'} {times} {terms})"
            case Apply(function, arguments):
                types = ["nat" if isinstance(e, Index) else values_of(thing_of(e)) for e in arguments]
                for order in range(function.order + 1):
                    word = self.use(function.name + "_prime" * order, replace(function, order=order), *types)
                values = [self.index(each) if isinstance(each, Index) else self(each) for each in arguments]
                return f"({' '.join([word, *values])})"
            case Density(q, targets, given):
                finite = self.space == "finite"
                front = f"cond {self.values()} {self.distribution(q)}" if finite else self.distribution(q)
                return f"({front} {self.set(targets)} {self.set(given)} {self.path(*targets, *given)})"
            case KL(p, q):
                return self(E(Func("log", Div(p, q)), p))
            case E(_, Normal()):
                return self(written_out(node))
            case E(body, Density(_, targets) as density):
                return self.over(targets, self.path(*targets), f"{self(body)} * {self(density)}")
            case E(body, Distribution() as q):
                path = self.path(*scope(node)[0])
                joint = self.distribution(q) if self.space == "finite" else f"{self.distribution(q)} all none"
                return self.over(None, path, f"{self(body)} * ({joint} {path})")
            case E(body, None, given):
                return f"({self.functional(given)} {self.outcomes(body)})"
            case Var(body, given):
                return f"(variance_of {self.functional(given)} {self.outcomes(body)})"
            case Integral(body, Item() | Span() as states, None, None) if is_state(states):
                return self.over((states,), self.path(states), self(body))
            case Integral(body, Symbol(name) as variable, None, None):
                type_ = values_of(variable)
                known = " ".join([*premises.INTEGRAL.get(self.by, ()), *(["positive"] if self.divided else [])])
                line = self.space == "line" and type_ == "R"
                integral = "line_integral" if line else self.use("int", known, f"({type_}) -> R".replace("(R)", "R"))
                return f"({integral} {self.function(name, type_, body)})"
            case Integral(body, Symbol(name), low, high) if low is not None and high is not None:
                return f"(RInt {self.function(name, 'R', body)} {self(low)} {self(high)})"
            case Integral(body, Symbol(name), low, high):
                first = "(Rbar_locally m_infty)" if low is None else f"(at_point {self(low)})"
                last = "(Rbar_locally p_infty)" if high is None else f"(at_point {self(high)})"
                return f"(RInt_gen {self.function(name, 'R', body)} {first} {last})"
            case Derivative(body, Item(sequence, index)):
                path, time = self.word(sequence), self.index(index)
                return (
                    f"(Derive (fun here : R => (fun {path} => {self(body)}) (put {path} {time} here)) ({path} {time}))"
                )
            case Derivative(body, Symbol(name) as variable):
                return f"(Derive {self.function(name, 'R', body)} {self(variable)})"
            case Neg() | Div() | Pi() | Normal() | Least():
                return FORMS[type(node)].format(*map(self, children(node)))
        raise premises.Untranslated(f"no word for {type(node).__name__}")

    def index(self, node: Index) -> str:
        """A time, as a natural number."""
        symbol, offset, last = node.symbol, node.offset, self.last(node)
        if last.symbol not in self.local:
            self.latest[last.symbol] = max(self.latest.get(last.symbol, last.offset), last.offset)
        if symbol is None:
            return f"{offset}%nat"
        word = name_of(symbol) if symbol in self.local else self.use(symbol, Index(symbol), result="nat")
        return f"({word} {'+' if offset > 0 else '-'} {abs(offset)})%nat" if offset else word

    def last(self, node: Index) -> Index:
        """The latest value of a time, for all terms of the sums around."""
        return self.ends.get(node.symbol, Index(node.symbol)) + node.offset

    def distribution(self, distribution: Distribution) -> str:
        path = f"nat -> {symbols_of(self.alphabet) if self.alphabet else 'R'}"
        return self.use(distribution.name, distribution, *(() if self.space == "finite" else ("set", "set")), path)

    def letters(self) -> str:
        """The list of all symbols of the alphabet."""
        symbols = symbols_of(self.alphabet)
        return self.use(f"{self.alphabet.size.name}_letters", "alphabet", result=f"list {symbols}")

    def path(self, *states) -> str:
        (sequence,) = {state.sequence for state in states}
        return self.word(sequence)

    def set(self, states) -> str:
        ends = [("only", each.index) if isinstance(each, Item) else ("span", each.low, each.high) for each in states]
        words = [f"{word} {' '.join(map(self.index, times))}" for word, *times in ends]
        return f"({' ∪ '.join(words)})" if states else "none"

    def values(self) -> str:
        """The lists of values of the variables, and how many variables there are."""
        same, own = f"(each {self.letters()})" if self.alphabet else "", ("space", "nonempty", "nat")
        return f"{same or self.use(*own, result='list R')} {self.use('N', self.latest, result='nat')}"

    def over(self, states, path: str, body: str) -> str:
        """The integral of ``body``, which depends on ``path``, over ``states``, or over all."""
        function = f"(fun {path} => {body})"
        if self.space == "line":
            (state,) = states
            return f"(line_integral (fun here : R => {function} (put {path} {self.index(state.index)} here)))"
        any_ = ("over", "", "set", "(nat -> R) -> R", "nat -> R")
        over = f"Variables.over {self.values()}" if self.space == "finite" else self.use(*any_)
        return f"({over} {'all' if states is None else self.set(states)} {function} {path})"

    def functional(self, given) -> str:
        """The functional that takes a mean over noise."""
        if not given:
            return "mean_of"
        (state,) = given
        self.use("mean_given", "conditional", "Outcome -> R", "Outcome", "Outcome -> R")
        return f"(mean_given {self.outcomes(state)} outcome)"

    def outcomes(self, node) -> str:
        """``node`` as a random variable."""
        return f"(fun outcome : Outcome => {self(node)})"

    # The whole

    def statement(self) -> Statement:
        faithful(self.goal)
        if self.by == "exchange" and not exchangeable(self.goal.sides()):
            raise premises.Untranslated("the derivative of an integral, without a bound on that of the integrand")
        goal, limit = self.goal, isinstance(self.goal.left, Limit)
        relation = "" if limit else getattr(goal, "relation", "=")
        left = f"is_lim_seq {self.function(goal.left.symbol, 'nat', goal.left.body)}" if limit else self(goal.left)
        right = self(goal.right)
        cited = {f"H{n}": self.fact(fact) for n, fact in enumerate(goal.facts)}
        cited |= self.induction(goal.over) if hasattr(goal, "over") else {}
        stated = {f"O{n}": self.less(*pair) for n, pair in enumerate(goal.hypotheses)}
        exists = {f"W{n}": words for n, words in enumerate(self.existing())}
        domains = {f"D_{name}_{n}": words for name in [*self.names] for n, words in enumerate(self.premises(name))}
        return Statement(dict(self.names), domains | exists | stated | cited, left, relation, right, self.space)

    def less(self, a, b) -> str:
        """A hypothesis, about numbers or about times."""
        return f"({self.index(a)} < {self.index(b)})%nat" if is_order((a, b)) else f"{self(a)} < {self(b)}"

    def induction(self, over: str) -> dict[str, str]:
        """What an induction has proved: the goal at 1, and its step from each value ≥ 1 to the next one."""
        sides, here = self.goal.sides(), self.within(over)
        base = " = ".join(self(at(side, {over: Index(None, 1)})) for side in sides)
        now, then = (" = ".join(here(at(side, {over: Index(over, n)})) for side in sides) for n in (0, 1))
        return {"base": base, "step": f"{forall({over: 'nat'}, [f'(1 <= {name_of(over)})%nat', now])}{then}"}

    def fact(self, fact: Fact) -> str:
        """What a step cites: for all values of its indices from ``first`` on, and of the bound variables in it."""
        sides, times = (fact.left, fact.right), sorted(fact.symbols)
        first = {**first_times(*sides, least=0), **dict(fact.first)}
        found = self.free(fact.left) | self.free(fact.right)
        found |= {part for side in sides for part in walk(side) if isinstance(part, (Item, Span))}
        names = {named(part) for part in found} & self.bound.keys() - {getattr(fact.left, "name", "")}
        things = [self.bound[name] for name in sorted(names)]
        own = {symbol: "nat" for symbol in times} | {thing.name: type_of(thing) for thing in things}
        here = self.within(*own)
        guards = [f"({first.get(symbol, 0)} <= {name_of(symbol)})%nat" for symbol in times]
        guards += [words for e in things if isinstance(e, Symbol) for words in inside(name_of(e.name), e.domain)]
        return f"{forall(own, guards)}{here(fact.left)} = {here(fact.right)}"
