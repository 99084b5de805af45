"""The count at the end of a chapter, and the canary."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from ..errors import DerivationError, Refuted, Undefined
from ..language.density import Density, Distribution
from ..language.times import Sequence
from ..language.tree import unfold
from ..verify.verify import search_again
from .record import results

WORDS = ("rule", "algebra", "calculus", "definition")
COLUMNS = ("relations", "steps", *WORDS, "numbers", "looked", "killed", "total")


class Summary:
    """How much was proved and how, and how many deliberate mistakes were caught; shown as a table of plain text.

    ``numbers`` counts the steps that rest on numbers alone, which is none: a step is a theorem or it is refused.
    ``looked`` counts the steps for which the counterexample search found something to evaluate.  What is recalled from
    another chapter was proved and attacked there, and counts as recalled.
    """

    def __init__(self, derivation):
        self.derivation = derivation
        self.rows, self.survivors, self.found = [], [], set()
        self.equivalent = len(derivation.equivalents)
        self.origins = {block.tag: block.origin for block in derivation.blocks.values() if hasattr(block, "origin")}
        for block in derivation.blocks.values():
            words = [step.word.split(",")[0] for step in block.steps]
            killed, total = self.attacked(block)
            proved = [words.count(word) for word in WORDS]
            searched = sum(step.examined for step in block.steps)
            alone = len(block.steps) - sum(step.status.theorem is not None for step in block.steps)
            counts = (len(block.lines()), len(words), *proved, alone, searched, killed, total)
            self.rows.append((block.tag, block.name, *counts))
        idle = sorted(set(derivation.equivalents) - self.found)
        if idle:
            raise DerivationError(f"listed as equivalent, but not found or not accepted: {idle}; delete them")
        if self.survivors:
            raise DerivationError(f"mutants survive: {'; '.join(self.survivors)}; a check is too weak, or list them")
        self.counts = {name: sum(row[place] for row in self.rows) for place, name in enumerate(COLUMNS, 2)}
        self.steps, self.killed, self.total = (self.counts[name] for name in ("steps", "killed", "total"))

    def attacked(self, block) -> tuple[int, int]:
        """How many mutants of a block were caught, of how many."""
        things = self.derivation.what.values()
        sequences, distributions = (
            [thing for thing in things if isinstance(thing, kind)] for kind in (Sequence, Distribution)
        )
        killed = total = 0
        for line, step in enumerate(block.steps, 1):
            for what, mutant, check in step.attacks(sequences, distributions):
                key = (block.name, line, what)
                if rejected(check, mutant):
                    killed, total = killed + 1, total + 1
                elif key in self.derivation.equivalents:
                    self.found.add(key)
                else:
                    self.survivors.append(f"{block.name}, line {line}: {what}")
        return killed, total

    def metadata(self) -> dict:
        """The totals, for the tables of the book, and what other chapters may recall."""
        count = self.counts | {"equivalent": self.equivalent, "recalled": len(self.origins)}
        return {"diffusion_lib": {"count": count, "proved": results(self.derivation)}}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": repr(self)}, self.metadata()

    def __repr__(self):
        wide = max(len(row[1]) for row in self.rows)
        shown = COLUMNS[:6]
        lines = [f"{'':6}  {'':{wide}}  {'  '.join(shown)}  mutants killed"]
        for tag, name, *counts in [*self.rows, ("all", "", *self.counts.values())]:
            idle = "(recalled)" if tag in self.origins else "(definition)"
            attacked = f"{counts[-2]} of {counts[-1]}" if counts[1] else idle
            cells = "  ".join(f"{count:{len(title)}}" for title, count in zip(shown, counts, strict=False))
            lines.append(f"{tag:6}  {name:{wide}}  {cells}  {attacked:>14}")
        searched, alone = self.counts["looked"], self.counts["numbers"]
        if self.origins:
            where = sorted({f"{one.chapter} ({one.tag})" for one in self.origins.values()})
            lines.append(f"recalled, proved in another chapter: {len(self.origins)}; {', '.join(where)}")
        lines.append(f"steps that numbers looked at and could not refute: {searched}; steps by numbers alone: {alone}")
        unexamined = [(row[0], row[3] - row[9]) for row in self.rows if row[3] > row[9]]
        if unexamined:
            shown = ", ".join(f"({tag})" + (f" {count} lines" if count > 1 else "") for tag, count in unexamined)
            lines.append(f"steps that no search could examine: {sum(count for _, count in unexamined)}; {shown}")
        return "\n".join([*lines, f"mutants that say the same in other words, listed by hand: {self.equivalent}"])


def rejected(check, goal) -> bool:
    """Is a mutant caught?  Only ``Refuted`` and ``Undefined`` count; undecided does not."""
    try:
        check(goal)
    except (Refuted, Undefined):
        return True
    except DerivationError:
        return False
    return False


class Canary:
    """A false step, and the refutation that it met.

    A step is refuted with the definitions that it cites.  If others of the page speak about it, too, the witness may
    contradict them: then counterexamples are searched once more with all of them, and called false only if it still is.
    """

    def __init__(self, chain, right, by, using):
        try:
            chain.equals(right, by=by, using=using)
        except Refuted as error:
            self.refutation = error
        else:
            raise DerivationError(
                f"the canary {chain.name!r} was accepted; the checks are broken, trust nothing on this page"
            )
        goal, _ = chain.goal(chain.left, right, by, using)
        quantities = tuple(fact for fact in chain.derivation.process_facts() if not isinstance(fact.left, Density))
        sides = unfold((goal.left, goal.right), goal.facts, goal.start)
        if unfold(sides, quantities, goal.start) != sides:
            self.refutation = false_with(goal, quantities) or unfounded(self.refutation)

    def __repr__(self):
        return textwrap.fill(f"refuted, as it must be: {self.refutation}", 100, subsequent_indent="    ")


def false_with(goal, facts) -> Refuted | None:
    """The refutation of a goal in a model in which these definitions hold, too, if there is one."""
    try:
        search_again(replace(goal, facts=(*goal.facts, *facts)))
    except Refuted as error:
        return error
    except DerivationError:
        return None
    return None


def unfounded(error: Refuted) -> Refuted:
    """What is left of a refutation whose witness contradicts another definition of the page."""
    unfounded_at = "does not follow from what it cites: it fails at"
    return Refuted(
        str(error).replace("is false at", unfounded_at).replace(": left is", ", against other definitions: left is")
    )
