"""Compile statements with their scripts: one file for each chapter; a statement whose script fails stays unproved."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from ..check.proofs import sources
from .certificate import certificate

SECONDS = 20  # for one statement
THEOREMS = Path("booktools") / "certificates" / "theorems"  # what the scripts apply, beside those in proofs/
HEAD = """From Coq Require Import Reals List Lia Lra Psatz Bool FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Diffusion Require Import {modules}.
Import ListNotations.
Open Scope R_scope.
Definition proved {{A : Type}} (x : option A) : bool := match x with Some _ => true | None => false end.
"""


def coqc(into: Path, name: str) -> subprocess.CompletedProcess:
    command = ["coqc", "-q", "-w", "none", "-Q", ".", "Diffusion", name]
    return subprocess.run(command, cwd=into, capture_output=True, text=True, check=False)


def build(root: Path, into: Path) -> None:
    """Compile what changed in ``proofs/`` and in the theorems for certificates, and what comes after it."""
    into.mkdir(parents=True, exist_ok=True)
    late = False
    for path in (path for folder in (root / "proofs", root / THEOREMS) for path in sources(folder)):
        copy = into / path.name
        compiled = copy.with_suffix(".vo")
        late = late or not compiled.exists() or copy.read_bytes() != path.read_bytes()
        if late:
            shutil.copy(path, copy)
            compiled.unlink(missing_ok=True)
            done = coqc(into, path.name)
            if done.returncode:
                raise SystemExit(f"{path} does not hold: {done.stderr}")


def head(into: Path) -> str:
    return HEAD.format(
        modules=" ".join(sorted(path.stem for path in into.glob("*.vo") if not path.stem.startswith("At_")))
    )


def check(chapter: str, texts: list, into: Path) -> list[bool]:
    """Which of the (name, justification, statement, script) Rocq proves."""
    if not texts:
        return []
    lines = [head(into)]
    for number, (name, by, statement, script) in enumerate(texts):
        lines.append(f"(* {name}: {by} *)\nDefinition s{number} : option ({statement}).")
        lines.append(f"first [ refine (Some _); timeout {SECONDS} (solve [ {script} ]) | exact None ].\nDefined.\n")
    lines.append(f"Eval lazy in [{'; '.join(f'proved s{number}' for number in range(len(texts)))}].\n")
    file = into / f"At_{chapter.replace('-', '_')}.v"
    file.write_text("\n".join(lines), encoding="utf-8")
    done = coqc(into, file.name)
    answers = re.findall(r"\b(?:true|false)\b", done.stdout)
    if done.returncode or len(answers) != len(texts):
        raise SystemExit(f"coqc does not accept {file}: {done.stderr[-3000:]}")
    return [answer == "true" for answer in answers]


def explain(name: str, goal, into: Path) -> str:
    """Statement, script, and what Rocq says."""
    statement, script = certificate(goal)
    file = into / "At_debug.v"
    file.write_text(f"{head(into)}\nGoal {statement}.\nProof.\n{script}.\nQed.\n", encoding="utf-8")
    done = subprocess.run(
        ["timeout", "60", "coqc", "-q", "-w", "none", "-Q", ".", "Diffusion", file.name],
        cwd=into,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{name} ({goal.justification.name})\n{statement}\n\n{script}\n\n{done.stderr or 'proved'}\n"
