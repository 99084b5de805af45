"""The contracts on imports hold, and an import against any of them is reported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from book_fixture import ROOT

from diffusion_lib.runtime.fingerprint import PACKAGES

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
NAMES = [contract["name"] for contract in CONTRACTS]
LAYERED, BELOW, DIFFUSERS, PROOFS, MODELS, PAGES, BROWSER, INSIDE, ACYCLIC, REFUTE, KERNEL = NAMES
LAYERS = [layer.split(" | ") for layer in CONTRACTS[0]["layers"]]
SUBPACKAGES = sorted(name for layer in LAYERS for name in layer)
OURS = (*PACKAGES, "booktools")


def module(name: str) -> str:
    """A module for the plants: a file of its own, or the subpackage itself if it is one file."""
    one_file = (ROOT / f"{name.replace('.', '/')}.py").exists()
    return name if one_file else f"{name}.plant"


def library(name: str) -> str:
    return module(f"diffusion_lib.{name}")


# Upwards, to the next layer and past it; sideways, on each layer of several subpackages; and everybody to the top.
WRONG = [("errors", "runtime"), ("process", "train"), ("evaluate", "stable_diffusion"), ("errors", "stable_diffusion")]
WRONG += [("sample", "train"), ("train", "sample"), ("runtime", "data"), ("networks", "process")]
WRONG += [(name, "cli") for name in SUBPACKAGES if name != "cli"]
PLANTED = [(LAYERED, library(one), library(other)) for one, other in WRONG]
BELOW_CLI = [name for name in SUBPACKAGES if name != "cli"]
PLANTED += [
    (BELOW, library(name), other)
    for name in BELOW_CLI
    for other in ("models.plant", "pagekit.plant", "derive.plant", "booktools.plant", "sympy")
]
KNOW_NOT = [
    *(library(name) for name in SUBPACKAGES if name != "stable_diffusion"),
    "pagekit.plant",
    "derive.page.plant",
]
PLANTED += [(DIFFUSERS, one, other) for one in KNOW_NOT for other in ("diffusers", "transformers")]
PLANTED += [(PROOFS, "derive.page.plant", other) for other in ("diffusion_lib.errors", "pagekit.plant", "torch")]
PLANTED += [
    (MODELS, "models.plant", other) for other in ("derive.page.plant", "pagekit.plant", "diffusion_lib.cli.plant")
]
PLANTED += [(PAGES, "pagekit.plant", other) for other in ("models.plant", "booktools.plant", "diffusion_lib.cli.plant")]
PLANTED += [(BROWSER, "pagekit.exercises.plant", other) for other in ("torch", "safetensors")]
PLANTED += [
    (INSIDE, f"derive.{one}.plant", f"derive.{other}.plant")
    for one, other in [("language", "kernel"), ("kernel", "proof"), ("proof", "numeric"), ("numeric", "proof")]
]
PLANTED += [(INSIDE, "derive.definitions.plant", "derive.page.plant")]
PLANTED += [(REFUTE, "derive.numeric.plant", f"derive.{it}.plant") for it in ("kernel", "proof")]
PLANTED += [(KERNEL, "derive.kernel.plant", other) for other in ("sympy", "mpmath")]
PLANTED += [(ACYCLIC, "diffusion_lib.process.schedule", "diffusion_lib.process.registry")]


def lint(root: Path) -> tuple[int, str]:
    """The tool's exit status and report; wide, so that no line is broken."""
    tool = Path(sys.executable).with_name("lint-imports")
    env = os.environ | {"COLUMNS": "500"}
    done = subprocess.run([tool, "--no-cache", "--no-logo"], cwd=root, env=env, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path):
    for package in OURS:
        for path in (ROOT / package).rglob("*.py"):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold():
    code, report = lint(ROOT)
    assert code == 0 and f"{len(NAMES)} kept, 0 broken" in report, report


def test_every_import_against_a_contract_is_reported(copy):
    """One run for all plants; every second one stands inside a function, where an import is still an import."""
    for number, (_, source, target) in enumerate(PLANTED):
        path = copy / f"{source.replace('.', '/')}.py"
        if target.partition(".")[0] in OURS:
            (copy / f"{target.replace('.', '/')}.py").touch()
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\ndef plant_{number}():\n    import {target}\n" if number % 2 else f"\nimport {target}\n")
    code, report = lint(copy)
    assert code == 1 and f"0 kept, {len(NAMES)} broken" in report, report
    parts = dict(re.findall(r"^(.+)\n-+\n\n((?:.*\n)*?)(?=^.+\n-+$|\Z)", report.partition("Broken contracts")[2], re.M))
    found = {name: set(re.findall(r"(\S+) -> (\S+) \(", text)) for name, text in parts.items()}
    assert [plant for plant in PLANTED if plant[0] != ACYCLIC and plant[1:] not in found[plant[0]]] == []
    assert "diffusion_lib.process" in parts[ACYCLIC]


def test_a_subpackage_without_a_layer_is_reported(copy):
    (copy / "diffusion_lib" / "attic").mkdir()
    (copy / "diffusion_lib" / "attic" / "__init__.py").touch()
    code, report = lint(copy)
    assert code == 1 and "attic" in report and f"{LAYERED} BROKEN" in report


def test_the_contracts_and_contributing_know_every_subpackage():
    here = {
        path.stem
        for path in (ROOT / "diffusion_lib").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert {*SUBPACKAGES, "__init__", "__main__"} == here
    assert CONTRACTS[NAMES.index(BELOW)]["source_modules"] == [f"diffusion_lib.{name}" for name in BELOW_CLI]
    order = " ← ".join(f"{{{', '.join(layer)}}}" if len(layer) > 1 else layer[0] for layer in reversed(LAYERS))
    order = order.replace("stable_diffusion ← cli", "stable_diffusion ← models ← cli")
    assert order in (ROOT / "CONTRIBUTING.md").read_text() and order in (ROOT / "pyproject.toml").read_text().replace(
        "\n# ", " "
    )
