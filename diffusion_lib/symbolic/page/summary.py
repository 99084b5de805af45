"""The count at the end of a chapter, and the canary."""

from __future__ import annotations

import textwrap

from diffusion_lib.errors import DerivationError, Refuted, Undefined
from diffusion_lib.symbolic.language.density import Law
from diffusion_lib.symbolic.language.times import Sequence


class Summary:
    """How much was checked, and how many deliberate mistakes the checks caught; shown as a table of plain text."""

    def __init__(self, derivation):
        sequences = [thing for thing in derivation.what.values() if isinstance(thing, Sequence)]
        laws = [thing for thing in derivation.what.values() if isinstance(thing, Law)]
        self.rows, self.survivors = [], []
        self.equivalent = len(derivation.equivalents)
        found = set()
        for block in derivation.blocks.values():
            killed = total = 0
            for line, step in enumerate(block.steps, 1):
                for what, mutant, check in step.attacks(sequences, laws):
                    key = (block.name, line, what)
                    if rejected(check, mutant):
                        killed, total = killed + 1, total + 1
                    elif key in derivation.equivalents:
                        found.add(key)
                    else:
                        self.survivors.append(f"{block.name}, line {line}: {what}")
            verdicts = sum(1 + len(step.verdict.looks) for step in block.steps)
            self.rows.append((block.tag, block.name, len(block.lines()), len(block.steps), verdicts, killed, total))
        idle = sorted(set(derivation.equivalents) - found)
        if idle:
            raise DerivationError(f"listed as equivalent, but not found or not accepted: {idle}; delete them")
        if self.survivors:
            raise DerivationError(f"mutants survive: {'; '.join(self.survivors)}; a check is too weak, or list them")
        self.relations, self.steps, self.verdicts, self.killed, self.total = (
            sum(row[column] for row in self.rows) for column in range(2, 7)
        )

    def metadata(self) -> dict:
        """The totals, for the tables of the book."""
        names = ("relations", "steps", "verdicts", "killed", "total", "equivalent")
        return {"diffusion_lib": {"count": {name: getattr(self, name) for name in names}}}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": repr(self)}, self.metadata()

    def __repr__(self):
        wide = max(len(row[1]) for row in self.rows)
        lines = [f"{'':6}  {'':{wide}}  relations  steps  verdicts  mutants killed"]
        for tag, name, relations, steps, verdicts, killed, total in self.rows:
            attacked = f"{killed} of {total}" if steps else "(definition)"
            lines.append(f"{tag:6}  {name:{wide}}  {relations:9}  {steps:5}  {verdicts:8}  {attacked:>14}")
        attacked = f"{self.killed} of {self.total}"
        lines.append(f"{'all':6}  {'':{wide}}  {self.relations:9}  {self.steps:5}  {self.verdicts:8}  {attacked:>14}")
        return "\n".join([*lines, f"mutants that say the same in other words, listed by hand: {self.equivalent}"])


def rejected(check, claim) -> bool:
    """Is a mutant caught?  Only ``Refuted`` and ``Undefined`` count; undecided does not."""
    try:
        check(claim)
    except (Refuted, Undefined):
        return True
    except DerivationError:
        return False
    return False


class Canary:
    """A false step, and the refutation that it met."""

    def __init__(self, chain, right, by, using):
        try:
            chain.equals(right, by=by, using=using)
        except Refuted as error:
            self.refutation = error
        else:
            raise DerivationError(
                f"the canary {chain.name!r} was accepted; the checks are broken, trust nothing on this page"
            )

    def __repr__(self):
        return textwrap.fill(f"refuted, as it must be: {self.refutation}", 100, subsequent_indent="    ")
