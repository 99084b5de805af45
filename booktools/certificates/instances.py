"""Scripts that show an instance of a page's assumptions: defined names are computed, others get a number.

They are not trusted: with a wrong one Rocq refuses the statement of ``satisfiable.py``.
"""

from __future__ import annotations

from fractions import Fraction

from derive.language.density import Density, Derivative
from derive.language.dependence import is_noise, is_state
from derive.language.expr import Interval, Mul, Symbol, walk
from derive.language.times import Index, Item, Sequence
from derive.language.tree import Fact, at

from .premises import name_of, named, number, type_of
from .satisfiable import Assumptions

WITNESSES = {  # of the names that no definition says what they are
    "set -> set -> (nat -> R) -> R": "fun _ _ _ => 1",
    "set -> ((nat -> R) -> R) -> (nat -> R) -> R": "fun _ f _ => f (fun _ => 0)",
    "(R -> R) -> R": "fun f => f 0",
}
SPLIT = "repeat match goal with |- _ /\\ _ => split end"


class Instance:
    """The script for the statement about ``told``."""

    def __init__(self, told: Assumptions):
        self.told, self.goal, self.words, self.said = told, told.goal, told.words, told.said
        self.meaning: dict[str, Fact] = {}
        for fact in self.goal.facts:
            if not isinstance(fact.left, Density):
                self.meaning.setdefault(self.word(fact.left), fact)

    @property
    def script(self) -> str:
        lines, known = [], dict(self.said.premises)
        for name in self.ordered():
            lines.append(f"pose ({name} := ({self.witness(name)}) : {self.said.names[name]})")
            own = [f"H{n}" for n, fact in enumerate(self.goal.facts) if self.meaning.get(name) is fact]
            own += [premise for premise in known if premise.rpartition("_")[0] == f"D_{name}"]
            lines += [f"assert ({premise} : {known.pop(premise)}) by Model.holds" for premise in own]
        lines += [f"assert ({premise} : {text}) by Model.holds" for premise, text in known.items()]
        ways = [self.chain(facts) for facts in self.told.distributions.values()]
        ways += [self.noise()] if self.told.noises else []
        for number_, (text, way) in enumerate(zip(self.told.parts, ways, strict=True)):
            lines.append(f"assert (P{number_} : {text}); [ {way} | ]")
        lines.append(f"exists {', '.join(self.said.names)}" if self.said.names else "idtac")
        return "; ".join([*lines, SPLIT, "first [ assumption | exact I ]"])

    def chain(self, facts: list[Fact]) -> str:
        """A Gaussian chain, forward or backward: each state is a multiple of the one before, and noise."""
        (fact,) = facts if len(facts) == 1 else [None]
        times = [each.index for each in (*fact.left.targets, *fact.left.given)] if fact else []
        if len(times) != 2 or times[1] not in (times[0] - 1, times[0] + 1):
            return "fail"
        last, path = max(times, key=lambda index: index.offset), fact.left.given[0].sequence.name
        here = self.words.within(*fact.symbols, path)
        forward, time = last == times[0], here.index(last)
        index = f"let {time} := {time if forward else f'(N_ - {time})%nat'} in"
        factor = f"{index} let {name_of(path)} := (fun _ : nat => 1) in {here(fact.right.mean)}"
        spread = f"{index} if Nat.eqb {time} 0 then 1 else {here(fact.right.variance)}"
        model = f"GaussianModel.{'law' if forward else 'back_law'} 0"
        chain = f"({model} (fun {time} : nat => {factor}) (fun {time} : nat => {spread}) N_)"
        return f"intros N_; exists {chain}; Model.in_chain"

    def unknown(self) -> list[str]:
        """The distributions of which there is no instance."""
        return [name for name, facts in self.told.distributions.items() if self.chain(facts) == "fail"]

    def noise(self) -> str:
        """The model of ``StepsNoiseModel.v``, for one process that takes up a noise at each time."""
        names = [name for name, thing in self.noises() if thing]
        alone = [name for name, thing in self.noises() if not thing]
        if len(names) > 2 or len(alone) > 1 or len(self.told.states) > 1:
            return "fail"
        a, b = self.coefficients()
        words = {"Outcome": "o1", "outcome": "o2", "mean_of": "o3", "mean_given": "o4"}
        words |= dict(zip(names, ("e1", "e2"), strict=False)) | dict(zip(alone, ("e3",), strict=False))
        words |= {name_of(fact.left.sequence.name): "o5" for fact in self.told.states}
        own = [words[name] for name in self.told.noisy.names if name in words]
        model = f"destruct (NoiseModel.noise_exists N_ {a} {b}) as (o1 & o2 & o3 & o4 & o5 & e1 & e2 & e3 & all)"
        return f"intros N_; {model}; Model.parts; exists {', '.join(own)}; {SPLIT}; Model.of_noise"

    def noises(self) -> list[tuple[str, bool]]:
        """Their names, and whether there is one for each time."""
        return sorted({(name_of(named(each)), isinstance(each, Item)) for each in self.told.noises})

    def coefficients(self) -> list[str]:
        """a[t] and b[t] in x[t] = a[t] x[t - 1] + b[t] e[t]."""
        if not self.told.states:
            return ["(fun _ => 0)", "(fun _ => 0)"]
        (fact,) = self.told.states
        terms = {}
        for term in getattr(fact.right, "terms", ()):
            *factors, last = getattr(term, "factors", (None, term))
            terms["noise" if is_noise(last) else "state" if is_state(last) else ""] = Mul(tuple(factors))
        here = self.words.within(*fact.symbols)
        time = here.index(fact.left.index)
        return [f"(fun {time} : nat => {here(terms[kind])})" for kind in ("state", "noise")]

    def word(self, left) -> str:
        return name_of(getattr(left, "function", None).name if hasattr(left, "function") else named(left))

    def ordered(self) -> list[str]:
        """The names, each after those by which it is defined."""
        done: list[str] = []

        def visit(name, around=()):
            if name in done or name in around or name not in self.said.names:
                return
            for part in walk(self.meaning[name].right) if name in self.meaning else ():
                if isinstance(part, (Symbol, Item)) or hasattr(part, "function"):
                    visit(self.word(part), (*around, name))
            done.append(name)

        for name in sorted(
            self.said.names, key=lambda n: (n in self.meaning, -getattr(self.words.things[n], "order", 0))
        ):
            visit(name)
        return done

    def witness(self, name: str) -> str:
        type_, thing = self.said.names[name], self.words.things[name]
        if type_ in WITNESSES:
            return WITNESSES[type_]
        if name in self.meaning:
            return self.defined(self.meaning[name])
        if getattr(thing, "order", 0):
            return f"fun {' '.join('_' for _ in self.words.arguments[name])} => 0"
        for small, large in self.goal.hypotheses:  # a derivative with a sign
            rate = "1" if isinstance(large, Derivative) else "(- 1)"
            if next((self.word(p) for p in (*walk(small), *walk(large)) if hasattr(p, "function")), None) == name:
                return f"fun y => exp ({rate} * y)"
        value = number(inner(thing.domain)) if isinstance(getattr(thing, "domain", None), Interval) else "1"
        first = getattr(thing, "first", None)
        if first is not None:
            return f"fun t => if Nat.eqb t {thing.start} then {number(first)} else {value}"
        return f"fun {' '.join('_' for _ in self.words.arguments[name])} => {value}" if "->" in type_ else value

    def defined(self, fact: Fact) -> str:
        """The right side, as a function of the time and of what the name moves with."""
        left, body = fact.left, fact.right
        if hasattr(left, "function"):
            names = [argument.symbol if isinstance(argument, Index) else argument.name for argument in left.args]
            return f"fun {' '.join(map(name_of, names))} => {self.words.within(*names)(body)}"
        symbol, own = getattr(getattr(left, "index", None), "symbol", None), []
        if isinstance(left, Item):
            body = at(body, {symbol: Index(symbol, -left.index.offset)}) if symbol else body
            own = [f"({name_of(symbol or 'at0')} : nat)"]
        moves, path = self.words.moving.get(named(left), ()), ""
        for n, each in enumerate(moves):
            if isinstance(each, (Symbol, Sequence)):
                own.append(f"({name_of(each.name)} : {type_of(each)})")
            else:
                own.append(f"(z{n} : R)")
                index = at(each.index, {"·": left.index}) if isinstance(left, Item) else each.index
                index = at(index, {symbol: Index(symbol, -left.index.offset)}) if symbol else index
                path += f"if Nat.eqb i {self.words.within(symbol).index(index)} then z{n} else "
        text = self.words.within(symbol, *(e.name for e in moves if isinstance(e, (Symbol, Sequence))))(body)
        paths = {name_of(named(part)) for part in walk(body) if is_state(part) and named(part) in self.words.bound}
        for name in sorted(paths - {name_of(e.name) for e in moves if isinstance(e, Sequence)}):
            text = f"let {name} := fun i : nat => {path}0 in {text}"
        return f"fun {' '.join(own)} => {text}" if own else text


def inner(domain: Interval) -> Fraction:
    """A number in the domain."""
    low, high = domain.low, domain.high
    if low is None:
        return Fraction(0) if high is None else Fraction(high) - 1
    return Fraction(low) + 1 if high is None else (Fraction(low) + Fraction(high)) / 2
