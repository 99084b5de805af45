"""The tests know the public names of the library and of the tools alone, so that what is private may change."""

from __future__ import annotations

import ast

import pytest
from root import ROOT

from diffusion_lib.runtime.fingerprint import PACKAGES

OWN = (*PACKAGES, "booktools")
PATCHES = ("setattr", "delattr", "setitem")


def private(name: str) -> bool:
    """Whether a dotted name has a part with one underscore in front; ``__version__`` is for everybody."""
    return any(part.startswith("_") and not part.endswith("__") for part in name.split("."))


def own(module: str | None) -> bool:
    return bool(module) and module.partition(".")[0] in OWN


def imported(tree: ast.Module) -> dict[str, str]:
    """What each name of a module stands for that was imported from ours."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {
                alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names if own(alias.name)
            }
        elif isinstance(node, ast.ImportFrom) and own(node.module):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def reached(tree: ast.Module) -> list[str]:
    """The private names of ours that a module imports, looks up, or patches."""
    names = imported(tree)
    found = [name for name in names.values() if private(name)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            base, _, rest = ast.unparse(node).partition(".")  # what a call returned has parentheses, and is no name
            if base in names and private(rest) and "(" not in rest:
                found.append(f"{names[base]}.{rest}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PATCHES:
            words = [a.value for a in node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            base = ast.unparse(node.args[0]).partition(".")[0]
            found += [word for word in words if private(word) and (base in names or own(word))]
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: path.stem)
def test_a_test_reaches_no_private_name(path):
    assert not reached(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    [
        "from diffusion_lib.train.loop import _steps",
        "from diffusion_lib.train import loop as training\ntraining._steps(1)",
        "import diffusion_lib.train.loop\ndiffusion_lib.train.loop._steps(1)",
        "from booktools.source import pages\ndef test(monkeypatch):\n    monkeypatch.setattr(pages, '_read', None)",
        "def test(monkeypatch):\n    monkeypatch.setattr('diffusion_lib.train.loop._steps', None)",
        "from diffusion_lib import train\ntrain.loop.TrainState._record",
    ],
)
def test_a_private_name_is_seen(source):
    assert reached(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "from diffusion_lib import __version__",
        "import os\nos._exit(1)",
        "from models.miniature.data.synthetic import draw\ndraw(1)._replace(form=1)",  # a named tuple's public method
        "from diffusion_lib import train\ndef test(monkeypatch):\n    monkeypatch.setattr(train, '__version__', '9')",
    ],
)
def test_what_is_public_is_no_private_name(source):
    assert not reached(ast.parse(source))
