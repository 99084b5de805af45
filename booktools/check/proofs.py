"""``python -m booktools.check.proofs``: build the theorems of ``proofs/`` from scratch, and compare with the record.

Rocq itself says on which axioms each theorem rests.  Only those on which its real numbers are built are allowed.  The
record, ``pagekit/proofs.json``, is what the pages show; ``--write`` renews it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..source.pages import BookError

RECORD = Path("pagekit") / "proofs.json"
ALLOWED = (
    "Classical_Prop.classic",
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
)
MISSING = "no coqc: the theorems in proofs/ were NOT checked; install Debian's packages `coq` and `libcoq-coquelicot`"
_SAYS = r"(?:^ *\(\*\*((?:(?!\*\)).)*)\*\)\n)?"
_THEOREM = re.compile(_SAYS + r"^( *)(Theorem (\w+)(?:(?!\n *Proof\b).)*\.)\n *Proof\b", re.M | re.S)
_DEFINITION = re.compile(r"^( *)((?:Definition|Fixpoint) (\w+)\b.*?\.)(?: *\(\*.*?\*\))?$", re.M | re.S)
_PROOF = re.compile(r"^ *(Theorem|Lemma) (\w+)\b(.*?)\bQed\.", re.M | re.S)
_TACTIC = re.compile(r"^ *(Ltac) (\w+)(.*?)\n\n", re.M | re.S)
_COMMENT = re.compile(r"\(\*.*?\*\)", re.S)
_UNPROVED = re.compile(r"\b(Admitted|admit|Axioms?|Parameters?|Conjecture|Unset Guard Checking|bypass_check)\b")


def sources(folder: Path) -> list[Path]:
    """The files of ``folder`` in the order in which they are built, as ``_CoqProject`` lists them."""
    listed = [folder / line for line in (folder / "_CoqProject").read_text().splitlines() if line.endswith(".v")]
    if {*listed} != {*folder.glob("*.v")}:
        raise BookError(f"{folder.name}/_CoqProject lists {len(listed)} files, there are others; list each once")
    return listed


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each source."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources(folder)}


def written(path: Path) -> dict[str, dict]:
    """The theorems of one file, by name: what the comment above says, and the statement as written."""
    found = {}
    for says, indent, statement, name in _THEOREM.findall(path.read_text(encoding="utf-8")):
        statement = statement.replace(f"\n{indent}", "\n")
        found[name] = {"file": path.name, "says": " ".join(says.split()), "statement": statement}
    return found


def definitions(folder: Path) -> dict[str, str]:
    """Every definition as written, by name."""
    texts = [path.read_text(encoding="utf-8") for path in sources(folder)]
    found = [item for text in texts for item in _DEFINITION.findall(text)]
    return {name: text.replace(f"\n{indent}", "\n") for indent, text, name in found}


def uses(folder: Path) -> dict[str, list[str]]:
    """For each theorem, the other theorems that its proof names, itself or by way of lemmas and tactics."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources(folder))
    bodies = {
        name: (kind, {*re.findall(r"\w+", body)}) for kind, name, body in _PROOF.findall(text) + _TACTIC.findall(text)
    }

    def named(name: str) -> set[str]:
        near = bodies[name][1] & bodies.keys() - {name, "induction"}  # which is a tactic, too
        return set().union(*({other} if bodies[other][0] == "Theorem" else named(other) for other in near))

    return {name: sorted(named(name) - {name}) for name, (kind, _) in bodies.items() if kind == "Theorem"}


def unproved(path: Path) -> list[str]:
    """Words that put a claim in the place of a proof, outside of comments."""
    words = _UNPROVED.findall(_COMMENT.sub("", path.read_text(encoding="utf-8")))
    return [f"{path.name}: {word}; prove it, or leave it out" for word in words]


def coqc(folder: Path, name: str) -> str:
    """Compile one file of ``folder``; returns what Rocq prints, raises ``BookError`` with its words if it refuses."""
    command = ["coqc", "-w", "none", "-Q", ".", "Diffusion", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BookError(f"proofs/{name} does not hold: {done.stderr.strip()}")
    return done.stdout


def build(folder: Path, into: Path) -> None:
    """Compile copies of the sources in ``into``, which is emptied before."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for path in sources(folder):
        shutil.copy(path, into)
        coqc(into, path.name)


def ask(into: Path, question: str, theorems: dict[str, dict], modules: list[str]) -> None:
    """Add to each theorem what Rocq says of it: its whole statement, without section, and its axioms."""
    lines = ["From Coq Require Import Reals List.", "From Coquelicot Require Import Coquelicot."]
    lines += [f"From Diffusion Require Import {' '.join(modules)}.", "Import ListNotations.", "Open Scope R_scope."]
    lines += ["Set Printing Width 110."]
    for name, theorem in theorems.items():
        full = f"{theorem['file'].removesuffix('.v')}.{name}"
        lines += [f'Redirect "{name}.whole" Check @{full}.', f'Redirect "{name}.axioms" Print Assumptions {full}.']
    (into / question).write_text("\n".join(lines) + "\n", encoding="utf-8")
    coqc(into, question)
    for name, theorem in theorems.items():
        whole = (into / f"{name}.whole.out").read_text(encoding="utf-8")
        theorem["whole"] = textwrap.dedent("     " + whole.partition(":")[2].strip())
        theorem["axioms"] = axioms((into / f"{name}.axioms.out").read_text(encoding="utf-8"))


def axioms(printed: str) -> list[str]:
    """The names in the answer to ``Print Assumptions``."""
    return sorted(re.findall(r"^([\w.]+)\s*:", printed.partition("Axioms:\n")[2], flags=re.M))


def made(folder: Path, into: Path) -> dict:
    """Build everything and return the record of it."""
    build(folder, into)
    modules = [path.stem for path in sources(folder)]
    theorems = {name: theorem for path in sources(folder) for name, theorem in written(path).items()}
    for name, others in uses(folder).items():
        theorems[name]["uses"] = others
    halves = [dict(list(theorems.items())[part::2]) for part in (0, 1)]  # half a second a theorem: two at a time
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda part: ask(into, f"Ask{part}.v", halves[part], modules), (0, 1)))
    return {"files": digests(folder), "definitions": definitions(folder), "theorems": theorems}


def stale(folder: Path, record: dict) -> list[str]:
    """What the record lacks or has too much, as far as that shows without Rocq."""
    found = [fault for path in sources(folder) for fault in unproved(path)]
    if record["files"] != digests(folder):
        found.append(f"{RECORD} was made from other proofs; run python -m booktools.check.proofs --write")
    return found


def faults(record: dict, fresh: dict) -> list[str]:
    """Where the fresh build differs from the record, and axioms that are not allowed."""
    found = []
    for name, theorem in fresh["theorems"].items():
        found += [
            f"{name} rests on {axiom}, which is not allowed" for axiom in theorem["axioms"] if axiom not in ALLOWED
        ]
        if theorem != record["theorems"].get(name):
            found.append(f"{name} is not what {RECORD} says; run python -m booktools.check.proofs --write")
    return found + [f"{name} is in {RECORD} and nowhere else" for name in record["theorems"].keys() - fresh["theorems"]]


def check(root: Path, write: bool = False) -> list[str]:
    """Build, print each theorem with its axioms, and return what is wrong."""
    folder, path = root / "proofs", root / RECORD
    if shutil.which("coqc") is None:
        if os.environ.get("CI"):
            return [MISSING]
        print(MISSING)
        return stale(folder, json.loads(path.read_text(encoding="utf-8")))
    fresh = made(folder, root / "_build" / "proofs")
    for name, theorem in fresh["theorems"].items():
        print(f"{theorem['file']:15} {name:32} {' '.join(axiom.rpartition('.')[2] for axiom in theorem['axioms'])}")
    text = json.dumps(fresh, indent=1, ensure_ascii=False) + "\n"
    (root / "_build" / "proofs" / "proofs.json").write_text(text, encoding="utf-8")
    if write:
        path.write_text(text, encoding="utf-8")
    record = json.loads(path.read_text(encoding="utf-8"))
    found = stale(folder, record) + faults(record, fresh)
    print(f"{len(fresh['theorems'])} theorems in {len(fresh['files'])} files")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="the directory that holds proofs/")
    parser.add_argument("--write", action="store_true", help="renew the record")
    arguments = parser.parse_args()
    try:
        found = check(arguments.root.resolve(), arguments.write)
    except BookError as error:
        found = [str(error)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
