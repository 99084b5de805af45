"""A result of another chapter, cited with its statement.

``results.json`` beside this module holds what the chapters have proved, as their runs reported it;
``python -m booktools.notebooks.results`` writes it, and tests hold it to the notebooks and derive it again.
``recall`` compares: what is stated here must be what was proved there, of symbols that are declared in the same way
and stand for the same, under assumptions that are all made here.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from ..errors import ArgumentError, DerivationError
from ..justifications import justification
from ..language.dependence import atoms, depends_on, may_alias
from ..language.expr import walk
from ..language.goal import Goal
from ..language.registry import at_least_zero
from ..language.tree import bound_by, same_thing
from ..proof import algebra
from ..verify.verify import named, search_by_definitions
from . import record
from .blocks import Block, Line, Rests

FILE = "results.json"


def recorded() -> dict:
    """What the chapters have proved, by chapter; read again each time, so that no caller can change it for another."""
    return json.loads((files(__package__) / FILE).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Record:
    """One result as its chapter reported it; ``rests`` and ``symbols`` map names to words."""

    chapter: str
    letter: str
    name: str
    tag: str
    statement: str
    times: dict
    rests: dict
    symbols: dict

    @property
    def sentence(self) -> str:
        return _sentence(self.statement, self.times, self.rests.values(), self.symbols)


def find(label: str, known: dict) -> Record:
    """The result with this name or number; ``ArgumentError`` lists the near ones."""
    for chapter, proved in known.items():
        for name, one in proved["results"].items():
            if label in (name, one["tag"]):
                rests = {rest: proved["definitions"][rest] for rest in one["rests"]}
                symbols = {symbol: proved["letters"][symbol] for symbol in one["letters"]}
                return Record(chapter, proved["letter"], name, one["tag"], one["says"], one["times"], rests, symbols)
    names = [name for proved in known.values() for name in proved["results"]]
    near = difflib.get_close_matches(label, names, n=4, cutoff=0.4)
    raise ArgumentError(
        f"no chapter has proved {label!r}; near it: {', '.join(near) or 'nothing'}; if it is new, run `make notebooks`"
    )


def no_circle(letter: str, origin: Record, known: dict) -> None:
    """Raise ``DerivationError`` if the proof of ``origin`` leads back to the chapter with this letter."""
    chapters = {proved["letter"]: name for name, proved in known.items()}
    reached, todo = set(), [origin.letter]
    while todo:
        here = todo.pop()
        if here not in reached:
            reached.add(here)
            todo += known[chapters[here]]["recalls"] if here in chapters else []
    if letter in reached:
        raise DerivationError(
            f"({origin.tag}) cannot be recalled in {letter}: {origin.chapter} rests on {letter} itself, a circle"
        )


def recall(derivation, label: str, left, right, start: int) -> Recalled:
    """The result ``label`` for a block of ``derivation``, if it is ``left = right`` from ``start`` on."""
    known = recorded()
    origin = find(label, known)
    no_circle(derivation.letter, origin, known)
    derivation.own(left, right)
    return Recalled(derivation, origin, left, right, at_least_zero(start))


class Recalled(Block):
    """``left = right``, as another chapter has proved it."""

    steps, searches = (), ("there",)  # where it was proved, until it is sought here

    def __init__(self, derivation, origin: Record, left, right, start: int):
        super().__init__(origin.name, start)
        self.derivation, self.origin, self.left, self.right = derivation, origin, left, right
        self.compare()
        facts = tuple(fact for name in self.assumptions for fact in derivation.blocks[name].facts())
        goal = Goal(
            self.name,
            left,
            right,
            justification("result"),
            definitions=(*derivation.process_facts(), *facts),
            hypotheses=derivation.hypotheses(),
            start=start,
            stated=derivation.stated(),
        )
        with named(goal):
            algebra.sound(goal, left, right)
        self.searches = search_by_definitions(goal)

    def compare(self):
        """Raise ``DerivationError`` unless this is what the record says, here and now."""
        known, origin = record.definitions(self.derivation), self.origin
        here = {record.statement(block): block for block in known}
        rests = [here[words] for words in origin.rests.values() if words in here]
        sides = [self.left, self.right]
        found = record.closed(sides, rests, known)
        symbols = record.symbols(*sides, *(side for block in found for side in (block.left, block.right)))
        times = self.first()
        statement = f"{record.words(self.left)} = {record.words(self.right)}"
        stated = {record.statement(block) for block in found}
        if (statement, times, stated, symbols) != (
            origin.statement,
            origin.times,
            set(origin.rests.values()),
            origin.symbols,
        ):
            raise DerivationError(
                f"({origin.tag}) {origin.name!r} of {origin.chapter} states something else.\n"
                f"proved there: {origin.sentence}\n"
                f"stated here:  {_sentence(statement, times, stated, symbols)}"
            )
        self._nothing_hidden([block for block in known if block not in found])
        words = frozenset([f"({origin.tag}) of {origin.chapter}: {statement}"])
        tags = MappingProxyType({block.name: block.tag for block in found if block.relation == "="})
        kept = [block.rests for block in found], [block.brings for block in found]
        axioms = words.union(*(block._rests.axioms for block in found))
        self._rests = Rests(tags, *(frozenset().union(*parts) for parts in kept), axioms)

    def _nothing_hidden(self, more):
        """What is stated here only must not make a symbol random, or move one that the statement binds.

        There the symbol was constant; here a distribution, a state or an assumption might make it vary.
        """
        pairs = self.derivation.stated()
        bound = [variable for side in (self.left, self.right) for part in walk(side) for variable in bound_by(part)]
        bound = [variable for variable in bound if record.is_number(variable)]
        parts = {part for side in (self.left, self.right) for part in atoms(side)}
        for block in more:
            if not any(may_alias(part, block.left) for part in parts):
                continue
            reached, todo = set(), [*atoms(block.left), *atoms(block.right)]
            while todo:
                part = todo.pop()
                if part not in reached:
                    reached.add(part)
                    todo += [deep for left, right in pairs if may_alias(part, left) for deep in atoms(right)]
            moves = any(same_thing(part, variable) for part in reached for variable in bound)
            if moves or (record.is_number(block.left) and any(depends_on(part, pairs) for part in atoms(block.right))):
                raise DerivationError(
                    f"({self.origin.tag}) {self.name!r} of {self.origin.chapter} was proved where "
                    f"{block.left!r} was free; here {record.statement(block)}"
                )

    def facts(self):
        self.compare()  # something may have been stated since
        return [self.fact()]

    def lines(self):
        return [Line(self.left, "=", self.right, f"recalled ({self.origin.tag})", bool(self.searches))]

    def metadata(self):
        """The name stays with the chapter that proved it; here the block has its number alone."""
        shown = super().metadata()["diffusion_lib"]
        recalled = {"chapter": self.origin.chapter, "name": self.origin.name, "tag": self.origin.tag}
        return {"diffusion_lib": shown | {"name": self.tag, "recalled": recalled | {"says": self.origin.sentence}}}


def _sentence(statement, times, rests, symbols) -> str:
    late = [f"{symbol} ≥ {first}" for symbol, first in sorted(times.items())]
    given = [f"given {rest}" for rest in sorted(rests)]
    return "; ".join([statement, *late, *given, *(f"{name}: {how}" for name, how in sorted(symbols.items()))])
