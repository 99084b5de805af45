"""Which module imports which: one way only, so that each can be read, and tested, without those that build on it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = "diffusion_lib"
ROOT = Path(__file__).parents[2]
ORDER = [
    {"errors"},
    {"files"},
    {"fingerprint"},
    {"schedule"},
    {"process"},
    {"bound"},
    {"config"},
    {"oracle", "expected", "gaussian_chain", "train", "sample"},
    {"ode", "langevin"},
]  # each from earlier ones
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
APART = {
    "denoiser",
    "data",
    "features",
    "gradient",
    "law",
    "metrics",
    "parallel",
    "plot",
}  # of those in ORDER: errors alone
SYMBOLS = {  # SymPy's half of the library, and what of the library it may import
    "symbolic": {"errors", "symbolic", "__version__"},
    "exercises": {"errors", "symbolic", "exercises"},
}
ABOVE = {"__main__", "cli", "doctor", "latent"}  # what may import latent
FILES = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


def imported(source: str, package: str = PACKAGE) -> set[str]:
    """The full names of what a module of ``package`` imports, also inside functions and for types only."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) + 1 - node.level]) if node.level else ""
            origin = ".".join(filter(None, (base, node.module)))
            names |= {f"{origin}.{alias.name}" for alias in node.names}
    return names


def faults(name: str, names: set[str]) -> set[str]:
    """Which of the imports of the library's module ``name`` (``symbolic.expr``) go against an arrow."""
    head, own = name.partition(".")[0], {}
    for full in names:
        first, *rest = full.split(".")
        own[full] = rest[0] if first == PACKAGE and rest else None
    wrong = {full for full in names if full.partition(".")[0] == "book"}
    if head != "latent":
        wrong |= {full for full in names if full.partition(".")[0] == "diffusers"}
    if head not in ABOVE:
        wrong |= {full for full, module in own.items() if module == "latent"}
    if name in RANK:
        wrong |= {full for full, module in own.items() if module in RANK and RANK[module] >= RANK[name]}
    if name in APART:
        wrong |= {full for full, module in own.items() if RANK.get(module, 0) > 0}
    if head == "errors":
        wrong |= {full for full, module in own.items() if module}
    if head in SYMBOLS:
        wrong |= {full for full in names if full.partition(".")[0] in ("torch", "safetensors")}
        wrong |= {full for full, module in own.items() if module and module not in SYMBOLS[head]}
    return wrong


@pytest.mark.parametrize("file", FILES)
def test_the_arrows(file):
    parts = Path(file).with_suffix("").parts
    name = ".".join(parts[1:])
    assert faults(name, imported(FILES[file].read_text(encoding="utf-8"), ".".join(parts[:-1]))) == set()


def test_every_module_with_an_arrow_is_there():
    present = {path.stem for path in FILES.values()}
    assert RANK.keys() | APART <= present


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("train", "from .sample import Denoiser"),
        ("sample", "from . import train"),
        ("sample", "from .ode import lms"),
        ("process", "def f():\n    from .sample import last"),
        ("schedule", "import diffusion_lib.process.identities"),
        ("errors", "from .schedule import Schedule"),
        ("plot", "from .schedule import Schedule"),
        ("data", "from diffusion_lib.process.identities import add_noise"),
        ("denoiser", "from diffusion_lib import train"),
        ("metrics", "from .sample import last"),
        ("symbolic.expr", "from torch import Tensor"),
        ("symbolic.expr", "from ..schedule import Schedule"),
        ("exercises.grade", "import torch"),
        ("symbolic.expr", "from diffusion_lib.notebook.exercises import grade"),
        ("cli", "import diffusers"),
        ("sample", "from .latent.guidance import Guided"),
        ("plot", "from . import latent"),
        ("cli", "from book._tools import check"),
    ],
)
def test_an_import_against_an_arrow_is_found(name, source):
    package = ".".join([PACKAGE, *name.split(".")[:-1]])
    assert len(faults(name, imported(source, package))) == 1


def test_the_symbols_may_import_what_they_do():
    assert (
        faults("symbolic.expr", imported("from ..errors import Refuted\nfrom .tree import x", f"{PACKAGE}.symbolic"))
        == set()
    )
