"""The two lists of requirements: whatever is imported is declared, and one package has one floor."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from book_fixture import ROOT

from diffusion_lib.runtime.fingerprint import PACKAGES

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SUPPORT = ROOT / "tests" / "support"
OWN = {*PACKAGES, "booktools", "benchmarks", *(path.stem for path in SUPPORT.iterdir())}
DISTRIBUTIONS = packages_distributions()


def floors(lines):
    """Requirements as a map from the normalized name to the version that it starts at."""
    pairs = [re.match(r"([-\w.]+)>=([\d.]+)", line).groups() for line in lines if line and not line.startswith("#")]
    return {normal(name): version for name, version in pairs}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


LIBRARY = floors(PROJECT["dependencies"])
EXTRAS = {name: floors(lines) for name, lines in PROJECT["optional-dependencies"].items()}
USERS = dict.fromkeys(("rerun.py", "outcome.py", "parameters.py"), "rerun")  # a module and the extra that it needs
USERS |= {"sweep.py": "sweep", "processes.py": "scale"}
FOLDERS = {"stable_diffusion": "latent", "models": "latent"}  # the same for all modules of a package
REQUIREMENTS = floors((ROOT / "requirements.txt").read_text().splitlines())


def imported(path):
    """The other people's packages that a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.partition(".")[0])
    return names - OWN - sys.stdlib_module_names


def owners(name):
    """The distributions that install the package of this name; several share a namespace."""
    assert name in DISTRIBUTIONS, f"{name} is not installed"
    return {normal(owner) for owner in DISTRIBUTIONS[name]}


FILES = {
    path.relative_to(ROOT).as_posix(): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))
}
TOOLS = [path for folder in ("booktools", "tests", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_what_the_library_imports_is_declared(path):
    declared = LIBRARY | EXTRAS.get(USERS.get(path.name, _package_extra(path)), {})
    assert [name for name in imported(path) if not owners(name) & declared.keys()] == []


def _package_extra(path):
    return next((extra for name, extra in FOLDERS.items() if name in path.relative_to(ROOT).parts), None)


def test_what_is_declared_is_imported():
    used = set().union(*(owners(name) for path in FILES.values() for name in imported(path)))
    assert LIBRARY.keys() - used == set()


def test_what_tools_and_tests_import_is_in_the_list():
    missing = {name for path in TOOLS for name in imported(path) if not owners(name) & REQUIREMENTS.keys()}
    assert missing == set()


def test_both_lists_name_the_same_packages_from_the_same_version():
    ours = {name: floor for group in (*EXTRAS.values(), LIBRARY) for name, floor in group.items()}
    assert {name: REQUIREMENTS.get(name) for name in ours} == ours
