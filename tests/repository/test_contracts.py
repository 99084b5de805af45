"""The house's contracts hold, and an import against any of them is reported."""

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

HOUSE = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
FLOORS, SYMBOLS, LATENT, BOOK, INSIDE, REFUTE, KERNEL = NAMES = [contract["name"] for contract in HOUSE]
LAYERS = [layer.split(" | ") for layer in HOUSE[0]["layers"]]
ROOMS = sorted(room for layer in LAYERS for room in layer)
BESIDE = [room for room in ROOMS if room != "latent"]


def module(room: str) -> str:
    """A module of a room for the plants: a file of its own, or the room itself if it is one file."""
    return (
        f"diffusion_lib.{room}" if (ROOT / "diffusion_lib" / f"{room}.py").exists() else f"diffusion_lib.{room}.plant"
    )


# Upwards, to the next floor and past it; sideways, on each floor that has several rooms; and everybody to the top.
WRONG = [
    ("errors", "runtime"),
    ("process", "train"),
    ("symbolic", "latent"),
    ("evaluate", "latent"),
    ("errors", "latent"),
]
WRONG += [
    ("sample", "train"),
    ("train", "sample"),
    ("notebook", "evaluate"),
    ("runtime", "data"),
    ("denoiser", "process"),
]
WRONG += [(room, "cli") for room in ROOMS if room != "cli"]
PLANTED = [(FLOORS, module(room), module(other)) for room, other in WRONG]
for name in ("symbolic.plant", "notebook.exercises.plant"):
    PLANTED += [(SYMBOLS, f"diffusion_lib.{name}", other) for other in ("torch", "safetensors")]
PLANTED += [(LATENT, module(room), other) for room in BESIDE for other in ("diffusers", "transformers")]
PLANTED += [
    (INSIDE, f"diffusion_lib.symbolic.{one}.plant", f"diffusion_lib.symbolic.{other}.plant")
    for one, other in [("language", "kernel"), ("kernel", "proof"), ("proof", "numeric"), ("numeric", "proof")]
]
PLANTED += [(INSIDE, "diffusion_lib.symbolic.definitions.plant", "diffusion_lib.symbolic.page.plant")]
PLANTED += [
    (REFUTE, "diffusion_lib.symbolic.numeric.plant", f"diffusion_lib.symbolic.{it}.plant") for it in ("kernel", "proof")
]
PLANTED += [(KERNEL, "diffusion_lib.symbolic.kernel.plant", other) for other in ("sympy", "mpmath")]
PLANTED += [(BOOK, module(room), "booktools.source") for room in ROOMS]


def lint(root: Path) -> tuple[int, str]:
    """The tool's exit status and report; wide, so that no line is broken."""
    tool = Path(sys.executable).with_name("lint-imports")
    env = os.environ | {"COLUMNS": "500"}
    done = subprocess.run([tool, "--no-cache", "--no-logo"], cwd=root, env=env, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path):
    for package in ("diffusion_lib", "booktools"):
        for path in (ROOT / package).rglob("*.py"):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold():
    code, report = lint(ROOT)
    assert code == 0 and "7 kept, 0 broken" in report, report


def test_every_import_against_a_contract_is_reported(copy):
    """One run for all plants; every second one stands inside a function, where an import is still an import."""
    for number, (_, source, target) in enumerate(PLANTED):
        path = copy / f"{source.replace('.', '/')}.py"
        if target.startswith("diffusion_lib"):
            (copy / f"{target.replace('.', '/')}.py").touch()
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\ndef plant_{number}():\n    import {target}\n" if number % 2 else f"\nimport {target}\n")
    code, report = lint(copy)
    assert code == 1 and "0 kept, 7 broken" in report, report
    parts = dict(re.findall(r"^(.+)\n-+\n\n((?:.*\n)*?)(?=^.+\n-+$|\Z)", report.partition("Broken contracts")[2], re.M))
    found = {name: set(re.findall(r"(\S+) -> (\S+) \(", text)) for name, text in parts.items()}
    assert [plant for plant in PLANTED if plant[1:] not in found[plant[0]]] == []


def test_a_room_without_a_floor_is_reported(copy):
    (copy / "diffusion_lib" / "attic").mkdir()
    (copy / "diffusion_lib" / "attic" / "__init__.py").touch()
    code, report = lint(copy)
    assert code == 1 and "attic" in report and f"{FLOORS} BROKEN" in report


def test_the_contracts_and_contributing_know_every_room():
    here = {
        path.stem
        for path in (ROOT / "diffusion_lib").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert {*ROOMS, "__init__", "__main__"} == here
    assert HOUSE[NAMES.index(LATENT)]["source_modules"] == [f"diffusion_lib.{room}" for room in BESIDE]
    order = " ← ".join(f"{{{', '.join(layer)}}}" if len(layer) > 1 else layer[0] for layer in reversed(LAYERS))
    assert order in (ROOT / "CONTRIBUTING.md").read_text() and order in (ROOT / "pyproject.toml").read_text()
