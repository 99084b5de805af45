"""Rules for derivation code, over the syntax trees of the proof checker and of all derivation cells."""

from __future__ import annotations

import ast
import subprocess
import sys

import jupytext
import pytest
from root import ROOT, environment

ALLOWED = {  # floats outside of formulas
    "derive/page/recall.py": {0.4},  # how similar a name must be to be suggested for a misspelt one
    "derive/proof/timeout.py": {0.0, 1.0},  # seconds of processor time
}
BANNED = {"powdenest", "expand_log", "posify", "verify_numerically", "nsimplify", "simplify", "evalf", "N", "Float"}


def faults(source: str, where: str) -> list[str]:
    """Everything in derivation code that could let a false step pass."""
    found = []
    for node in ast.walk(ast.parse(source)):
        line = f"{where}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.keyword) and node.arg == "force":
            found.append(f"{line}: force= ignores assumptions; declare the domain instead")
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, (float, complex))
            and node.value not in ALLOWED.get(where, ())
        ):
            found.append(f"{line}: float {node.value}; write Fraction(1, 2) or a ratio of symbols")
        if isinstance(node, ast.Assert):
            found.append(f"{line}: assert vanishes under python -O; raise an exception")
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        # the lint's own subject may name sp.Float to refuse it
        if name in BANNED - ({"Float"} if "normalform" in where else set()):
            found.append(f"{line}: {name} is a heuristic or leaves exact numbers; state the step differently")
    return found


def sources():
    for path in sorted((ROOT / "derive").rglob("*.py")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "book").glob("*.md")):
        for number, cell in enumerate(jupytext.read(path).cells):
            if cell.cell_type == "code" and "derivation" in cell.metadata.get("tags", []):
                yield f"{path.name}, cell {number}", cell.source


def test_no_fault_in_derivation_code():
    all_sources = dict(sources())
    assert sum(name.startswith("forward-process.md") for name in all_sources) > 20
    assert {"derive/kernel/rewrite.py", *ALLOWED} <= set(all_sources)
    assert [fault for where, source in all_sources.items() for fault in faults(source, where)] == []


FAULTY = """powdenest(z, force=True) | sp.logcombine(z, force=True) | half = 0.5 | assert (x, "always true")
 | sp.simplify(a - b) == 0 | x.evalf() | verify_numerically(a, b)"""


@pytest.mark.parametrize("source", [source.strip() for source in FAULTY.split(" | ")])
def test_the_lint_sees(source):
    assert faults(source, "planted")


def test_modules_and_functions_are_short():
    for name, source in sources():
        if name.endswith(".py"):
            assert source.count("\n") <= 250, name
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.FunctionDef):
                    assert node.end_lineno - node.lineno < 40, f"{name}: {node.name}"


def test_the_proof_checker_needs_neither_torch_nor_numpy():
    code = "import sys, derive; print(sorted({'torch', 'numpy', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
