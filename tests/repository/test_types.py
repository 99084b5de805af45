"""The annotations reach a user: each package is marked as typed, and mypy finds a wrong call of the library."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from book_fixture import ROOT

import derive
from diffusion_lib.runtime.fingerprint import PACKAGES

PUBLIC = [getattr(derive, name) for name in derive.__all__]
METHODS = [method for name, method in inspect.getmembers(derive.Derivation, inspect.isfunction) if name[0] != "_"]
CALLS = [each for each in PUBLIC if inspect.isfunction(each)]
CALLS += [each.__init__ for each in PUBLIC if inspect.isclass(each)] + METHODS


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_marked_as_typed(package):
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__qualname__)
def test_what_derive_exports_has_annotations(call):
    """Mypy does not check this package yet."""
    arguments = list(inspect.signature(call).parameters.values())
    bare = [each.name for each in arguments if each.annotation is each.empty and each.name != "self"]
    assert bare == []


WRONG = """
from diffusion_lib.process import make_schedule
from diffusion_lib.sample import last
from diffusion_lib.stable_diffusion import tokenize
from diffusion_lib.train import eps_loss

make_schedule(3)
last("x")
tokenize(None, 3)
eps_loss(1, 2)
make_schedule("linear").to("cpu").beta.sum()
"""


def test_mypy_finds_a_wrong_call_of_each_subpackage(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    lines = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert lines == {7, 8, 9, 10}, done.stdout + done.stderr
