"""The register of falsehoods: every named case of the test files, as a function without arguments that must raise."""

from __future__ import annotations

import importlib
from functools import partial

from derive import standard_normal

TABLES = ("test_falsehoods", "test_attacks", "test_scopes", "test_holes", "test_holes_of_the_kernel", "test_truths")


def cases() -> dict:
    """All cases: ``file:name`` → a function without arguments."""
    found = {}
    for file in TABLES:
        module = importlib.import_module(f"tests.derive.{file}")
        found |= {f"{file}:{name}": case for name, case in module.FALSE.items()}
    soundness = importlib.import_module("tests.derive.test_soundness")
    for name, build in soundness.STRICT.items():
        found[f"test_soundness:{name}"] = partial(_strict, soundness, build)
    for name, build in soundness.SAMPLED.items():
        found[f"test_soundness:{name}"] = partial(_sampled, soundness, build)
    for name, build in soundness.MUTANTS.items():
        if name != "true":
            found[f"test_soundness:{name}"] = partial(_closed, soundness, build)
    return found


def _strict(soundness, build):
    w = soundness.World()
    w.e = w.F.noise("epsilon")
    w.F.define("noise", w.e[w.t], standard_normal)
    left, right, by, using = build(w)
    w.F.chain("planted", left).equals(right, by=by, using=using)


def _sampled(soundness, build):
    w = soundness.World()
    left, right = build(w)
    w.F.chain("planted", left).equals(right, by="algebra")


def _closed(soundness, build):
    w = soundness.World()
    soundness.closed(w, *build(w, w.t))
