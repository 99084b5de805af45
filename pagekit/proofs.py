"""What Rocq has proved: ``theorem("gibbs")`` shows a statement, its file and its axioms.

The file ``proofs.json`` beside this module is made by ``make proofs`` from the folder ``proofs/`` and comes with the
package, so that a page can show a theorem where no Rocq is installed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from diffusion_lib.errors import check_choice

# On what the real numbers of Rocq are built, and functions are compared: in words for the page.
AXIOMS = {
    "Classical_Prop.classic": "every claim is true or false",
    "ClassicalDedekindReals.sig_forall_dec": "a decidable property of natural numbers holds for all, or fails for one",
    "ClassicalDedekindReals.sig_not_dec": "a negated claim is true or false",
    "FunctionalExtensionality.functional_extensionality_dep": "functions with equal values are equal",
}


@dataclass(frozen=True)
class Theorem:
    """``statement`` is as written; ``whole`` is what Rocq prints of it, with all that its section assumes.

    ``uses``: the theorems that its proof names, itself or by way of lemmas.
    """

    name: str
    file: str
    says: str
    statement: str
    whole: str
    axioms: tuple[str, ...]
    uses: tuple[str, ...]

    def __repr__(self) -> str:
        axioms = ", ".join(short(axiom) for axiom in self.axioms) or "none"
        return f"{self.statement}\n\nproofs/{self.file}. Axioms: {axioms}."


def short(axiom: str) -> str:
    """An axiom's name without its module."""
    return axiom.rpartition(".")[2]


@functools.cache
def _record() -> dict:
    return json.loads((files(__package__) / "proofs.json").read_text(encoding="utf-8"))


def definition(*names: str) -> str:
    """The definitions of these names, as written; ``ConfigError`` for a name that there is not."""
    known = _record()["definitions"]
    return "\n".join(known[check_choice("name", name, known)] for name in names)


@functools.cache
def theorems() -> Mapping[str, Theorem]:
    """All theorems by name, in the order of the files."""
    return {
        name: Theorem(name, **{key: tuple(part) if isinstance(part, list) else part for key, part in fields.items()})
        for name, fields in _record()["theorems"].items()
    }


def theorem(name: str) -> Theorem:
    """The theorem called ``name``; ``ConfigError`` for a name that there is not."""
    return theorems()[check_choice("name", name, theorems())]


def foundations(name: str) -> set[str]:
    """The theorems on which ``name`` rests: those that it uses, those that they use, and so on."""
    near = theorem(name).uses
    return set(near).union(*(foundations(other) for other in near))


def table(names: Iterable[str]) -> str:
    """One line a theorem, under the name of its file: its name, its axioms by their numbers, what it says."""
    numbers = {axiom: str(number) for number, axiom in enumerate(AXIOMS, 1)}
    lines, last = [], ""
    for found in map(theorem, names):
        if found.file != last:
            lines += ["", f"proofs/{found.file}"]
        last = found.file
        lines.append(f"  {found.name:32} {''.join(sorted(map(numbers.get, found.axioms))):6} {found.says}".rstrip())
    return "\n".join(lines).strip()
