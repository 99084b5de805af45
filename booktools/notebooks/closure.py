"""What the outputs of a chapter depend on: its cells, and the files of the packages that these import, directly or not.

``make notebooks`` stores the hash of it beside each notebook.  ``python -m booktools.notebooks.closure`` prints the
notebooks whose hash is another one today, and `make test` runs only these again: the others hold what this code showed,
with the same versions of the packages that it uses.

The closure is static and errs on the large side.  An import inside a function counts.  So does every module of a
subpackage that the code names in a string, because it may be imported or read by that name, and so does each data file
of a subpackage of which one module is imported.
"""

from __future__ import annotations

import ast
import hashlib
import platform
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import grimp

from diffusion_lib import PACKAGES
from diffusion_lib.runtime.fingerprint import sha256_of_file

from ..source.pages import Book, Page, report
from . import cost, results
from .compose import needs_run

ROOT = Path(__file__).resolve().parents[2]  # where the library lies
SWEEPS = ROOT / "pagekit" / "sweeps"  # stored results; each concerns the chapters that name it
NOT_DATA = {".py", ".pyc"}
sha256 = cache(sha256_of_file)  # a page after the other asks for the same files


def digest(page: Page) -> str:
    """One hash of the cells of ``page``, of the files of its closure, and of the versions of the packages used."""
    total = hashlib.sha256(cost.digest(page.code).encode())
    for path in files(page):
        total.update(f"{path.relative_to(ROOT).as_posix()} {sha256(path)}\n".encode())
    total.update(repr(versions()).encode())
    return total.hexdigest()


def files(page: Page) -> list[Path]:
    """The files of the library on which the outputs of ``page`` may depend, sorted."""
    code = "\n".join(_plain(cell.source) for cell in page.code)
    own = {path for path in SWEEPS.glob("*.json") if f'"{path.stem}"' in code}
    return sorted({path for name in modules(code) for path in _files(name)} | own)


def missed(page: Page, used: Iterable[str]) -> str | None:
    """The error if a run of ``page`` has ``used`` files of the library that its closure lacks; None if it has all."""
    known = {*files(page), ROOT / results.PATH}
    if lacking := sorted({Path(path) for path in used} - known):
        names = ", ".join(path.relative_to(ROOT).as_posix() for path in lacking)
        return f"{page.name}.md: its run used {names}, and booktools/notebooks/closure.py does not see how; teach it"
    return None


def changed(page: Page) -> str | None:
    """Why the outputs of ``page`` may no longer be those of today's code, or None if its last run had the same code."""
    if reason := needs_run(page, page.stored()):
        return reason
    row = cost.read(page)
    if row is None or row.get("closure_sha256") != digest(page):
        return "its code imports something that changed"
    return None


def modules(code: str) -> set[str]:
    """The modules of the library that ``code`` imports or names, with all that these import or name in turn."""
    found: set[str] = set()
    waiting = list(_named(code))
    while waiting:
        name = waiting.pop()
        if name not in found and name in _graph().modules:
            found.add(name)
            parents = [name.rpartition(".")[0]] if "." in name else []
            waiting += [*parents, *_graph().find_modules_directly_imported_by(name), *_spelled(name)]
    return found


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def _plain(source: str) -> str:
    """A cell without its lines for IPython, which are no Python."""
    return re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)


def _named(code: str) -> Iterator[str]:
    """What a piece of code imports, and what stands below a subpackage that one of its strings names."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # its run will tell; until then it may use anything
        yield from _graph().modules
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value.rstrip(".")
            if "." in name and name in _graph().modules:
                yield from (name, *_graph().find_descendants(name))


@cache
def _spelled(module: str) -> tuple[str, ...]:
    """The same for a module of the library; its relative imports are in the graph."""
    return tuple(_named(source_of(module).read_text(encoding="utf-8")))


def source_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _files(module: str) -> tuple[Path, ...]:
    """The source of a module; for a package, also the data below it that belong to no package further down.

    What chapters have proved is not among them: ``results.outdated`` decides about it line by line.  Nor are stored
    sweeps, which ``files`` adds.
    """
    source = source_of(module)
    if source.name != "__init__.py":
        return (source,)
    below = [path for path in sorted(source.parent.rglob("*")) if path.is_file() and path.suffix not in NOT_DATA]
    apart = {ROOT / results.PATH, *SWEEPS.glob("*.json")}
    owned = [path for path in below if _package(path) == source.parent and path not in apart]
    return (source, *owned)


def _package(path: Path) -> Path:
    return next(folder for folder in path.parents if (folder / "__init__.py").is_file())


@cache
def versions() -> list[str]:
    """Python's version, and the installed one of each package that the library or one of its extras asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {*project["dependencies"], *project["optional-dependencies"]["latent"]}
    names = sorted(re.match(r"[\w.-]+", line)[0] for line in asked)
    return ["python " + ".".join(platform.python_version_tuple()[:2]), *(f"{name} {_version(name)}" for name in names)]


def _version(name: str) -> str:
    try:
        return version(name).partition("+")[0]  # of the same version there are builds for CPU and for GPUs
    except PackageNotFoundError:
        return "absent"


def main() -> int:
    def work(book: Book) -> list[str]:
        reasons = {page.short: reason for page in book.notebooks if (reason := changed(page))}
        for name in reasons:
            print(f"notebooks/{name}.ipynb")
        kept = len(book.notebooks) - len(reasons)
        print(f"{kept} of {len(book.notebooks)} notebooks hold what today's code showed.", file=sys.stderr)
        for name, reason in reasons.items():
            print(f"{name} is run again: {reason}; `make notebooks` stores the run", file=sys.stderr)
        return []

    return report(work, ".")


if __name__ == "__main__":
    sys.exit(main())
