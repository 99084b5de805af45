"""Compile statements with their scripts; a statement whose script fails stays unproved."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..check.proofs import ALLOWED, axioms, sources, unproved
from ..source.pages import BookError
from . import certificate

THEOREMS = Path("booktools") / "certificates" / "theorems"  # what the scripts apply, beside those in proofs/
HEAD = """From Coq Require Import Reals List Lia Lra Psatz Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import {modules}.
Import ListNotations.
Open Scope R_scope.
Definition proved {{A : Type}} (x : option A) : bool := match x with Some _ => true | None => false end.
"""


@dataclass(frozen=True)
class Question:
    """A statement with the script that should prove it, and the seconds after which the script is stopped."""

    name: str
    by: str
    statement: str
    script: str
    seconds: int = 20


def coqc(into: Path, name: str, *before: str) -> subprocess.CompletedProcess:
    """Compile one file; ``before`` is what limits the program, such as "timeout", "60"."""
    command = [*before, "coqc", "-q", "-w", "none", "-Q", ".", "Diffusion", name]
    return subprocess.run(command, cwd=into, capture_output=True, text=True, check=False)


def theorems(root: Path) -> list[Path]:
    """The files that scripts may use, in the order in which they are built."""
    return [path for folder in (root / "proofs", root / THEOREMS) for path in sources(folder)]


def build(root: Path, into: Path) -> None:
    """Compile what changed among the theorems, and what comes after it; what ``make proofs`` compiled is copied."""
    into.mkdir(parents=True, exist_ok=True)
    late, built = False, root / "_build" / "proofs"
    if claims := [claim for path in theorems(root) for claim in unproved(path)]:
        raise BookError("\n".join(claims))
    for path in theorems(root):
        copy, compiled = into / path.name, (into / path.name).with_suffix(".vo")
        late = late or not compiled.exists() or copy.read_bytes() != path.read_bytes()
        if not late:
            continue
        shutil.copy(path, copy)
        ready = built / path.name
        if ready.with_suffix(".vo").exists() and ready.read_bytes() == path.read_bytes():
            shutil.copy(ready.with_suffix(".vo"), compiled)
            continue
        compiled.unlink(missing_ok=True)
        done = coqc(into, path.name)
        if done.returncode:
            raise BookError(f"{path} does not hold: {done.stderr}")


def head(into: Path) -> str:
    return HEAD.format(
        modules=" ".join(sorted(path.stem for path in into.glob("*.vo") if not path.stem.startswith("At_")))
    )


def plain(name: str) -> str:
    """A name as a comment, which it cannot end."""
    return re.sub(r"[^\w,.:;-]", " ", name)


def check(chapter: str, questions: Sequence[Question], into: Path) -> tuple[list[bool], list[str]]:
    """Which of the statements Rocq proves, and the axioms on which these proofs rest."""
    if not questions:
        return [], []
    lines = [head(into)]
    for number, asked in enumerate(questions):
        lines.append(f"(* {plain(asked.name)}: {asked.by} *)\nDefinition s{number} : option ({asked.statement}).")
        lines.append(
            f"first [ refine (Some _); timeout {asked.seconds} (solve [ {asked.script} ]) | exact None ].\nDefined.\n"
        )
    every = [f"s{number}" for number in range(len(questions))]
    lines.append(f"Eval lazy in [{'; '.join(f'proved {name}' for name in every)}].\n")
    lines.append(f"Definition all := ({', '.join(['tt', *every])}).\nPrint Assumptions all.\n")
    file = into / f"At_{chapter.replace('-', '_')}.v"
    file.write_text("\n".join(lines), encoding="utf-8")
    done = coqc(into, file.name)
    said, _, assumed = done.stdout.partition("list bool")
    answers = re.findall(r"\b(?:true|false)\b", said)
    if done.returncode or len(answers) != len(questions):
        raise BookError(f"coqc does not accept {file}: {done.stderr[-3000:]}")
    full = {axiom.rpartition(".")[2]: axiom for axiom in ALLOWED}  # Rocq leaves out the modules that are imported
    return [answer == "true" for answer in answers], [full.get(axiom, axiom) for axiom in axioms(assumed)]


def explain(name: str, goal, into: Path) -> str:
    """Statement, script, and what Rocq says."""
    statement, script = certificate.statement(goal).text, certificate.script(goal)
    file = into / "At_debug.v"
    file.write_text(f"{head(into)}\nGoal {statement}.\nProof.\n{script}.\nQed.\n", encoding="utf-8")
    done = coqc(into, file.name, "timeout", "60")
    said = done.stderr or ("stopped" if done.returncode else "proved")
    return f"{name} ({goal.justification.name})\n{statement}\n\n{script}\n\n{said}\n"
