"""Are the assumptions of a page true together?  Rocq is shown an instance of all names in which they hold.

The statement is made by the translator: ``exists (names), premises``, where the premises are the domains of all
symbols and all definitions, assumptions and hypotheses of a derivation.  The script computes each defined name from
its definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.justifications import justification
from derive.language.density import Density, Derivative, Normal
from derive.language.dependence import is_state
from derive.language.expr import Interval, Num, Symbol, walk
from derive.language.goal import Goal
from derive.language.times import Index, Item, Sequence
from derive.language.tree import Fact, at
from derive.page.definition import Definition
from derive.page.derivation import Derivation

from ..source.pages import Page
from ..source.steps import run
from .premises import name_of, named, number, type_of
from .statement import Translator

ZERO = Num(Fraction(0))
WITNESSES = {  # of the names that no definition says what they are
    "set -> set -> (nat -> R) -> R": "fun _ _ _ => 1",
    "set -> ((nat -> R) -> R) -> (nat -> R) -> R": "fun _ f _ => f (fun _ => 0)",
    "(R -> R) -> R": "fun f => f 0",
}


def derivations(page: Page) -> list[Derivation]:
    """The derivations of a page, with all that they state."""
    return [each for each in run(page)[0].values() if isinstance(each, Derivation)]


def facts(derivation: Derivation) -> list[Fact]:
    """Definitions and assumptions."""
    blocks = [block for block in derivation.blocks.values() if isinstance(block, Definition)]
    return [fact for block in blocks for fact in block.facts()]


def of_numbers(fact: Fact) -> bool:
    """Neither the law of a state nor how one is made of noise: those are stated apart."""
    return not (isinstance(fact.left, Density) and isinstance(fact.right, Normal)) and not is_state(fact.left)


def goal(derivation: Derivation) -> Goal:
    """A goal with the assumptions of ``derivation`` as premises."""
    return Goal(
        "assumptions",
        ZERO,
        ZERO,
        justification("exchange"),  # so that functions are smooth, and integrals have all their structure
        tuple(filter(of_numbers, facts(derivation))),
        definitions=derivation.process_facts(),
        hypotheses=derivation.hypotheses(),
        stated=derivation.stated(),
        assumed=derivation.process_facts("="),
    )


@dataclass
class Instance:
    """The statement about one goal, and its script."""

    goal: Goal

    def __post_init__(self):
        self.words = Translator(self.goal)
        self.said = self.words.statement()
        self.meaning: dict[str, Fact] = {}
        for fact in self.goal.facts:
            if not isinstance(fact.left, Density):
                self.meaning.setdefault(self.word(fact.left), fact)

    @property
    def statement(self) -> str:
        names = " ".join(f"({name} : {type_})" for name, type_ in self.said.names.items())
        return (f"exists {names},\n  " if names else "") + " /\\\n  ".join(
            [*(f"({premise})" for premise in self.said.premises.values()), "True"]
        )

    @property
    def script(self) -> str:
        lines, known = [], dict(self.said.premises)
        for name in self.ordered():
            lines.append(f"pose ({name} := ({self.witness(name)}) : {self.said.names[name]})")
            own = [f"H{n}" for n, fact in enumerate(self.goal.facts) if self.meaning.get(name) is fact]
            own += [premise for premise in known if premise.rpartition("_")[0] == f"D_{name}"]
            lines += [f"assert ({premise} : {known.pop(premise)}) by Model.holds" for premise in own]
        lines += [f"assert ({premise} : {text}) by Model.holds" for premise, text in known.items()]
        lines.append(f"exists {', '.join(self.said.names)}" if self.said.names else "idtac")
        return "; ".join([*lines, "repeat match goal with |- _ /\\ _ => split end; first [ assumption | exact I ]"])

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
        for small, large in self.goal.hypotheses:  # a slope with a sign
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
        return Fraction(1) if high is None else Fraction(high) - 1
    return Fraction(low) + 1 if high is None else (Fraction(low) + Fraction(high)) / 2
