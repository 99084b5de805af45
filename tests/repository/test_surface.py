"""What a user meets first stays small: few names in each subpackage, and an import that brings nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
from book_fixture import ROOT

MOST = 20  # names that a subpackage exports
SUBPACKAGES = sorted(path.parent.name for path in (ROOT / "diffusion_lib").glob("*/__init__.py"))
HEAVY = {"diffusers", "transformers", "sympy"}


def modules(statement: str) -> set[str]:
    """What a fresh interpreter has imported after ``statement``."""
    command = [
        sys.executable,
        "-c",
        f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)",
    ]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_a_subpackage_exports_few_names(name):
    package = import_module(f"diffusion_lib.{name}")
    names = getattr(package, "__all__", [])
    assert len(names) == len(set(names)) <= MOST
    assert all(hasattr(package, each) for each in names)


def test_the_library_alone_imports_nothing():
    assert len(modules("import diffusion_lib")) <= 3  # itself, and what it needs for annotations


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_no_subpackage_brings_the_heavy_libraries(name):
    assert {module.partition(".")[0] for module in modules(f"import diffusion_lib.{name}")} & HEAVY == set()
