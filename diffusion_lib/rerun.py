"""Run a chapter again with other parameters, and believe the result.

papermill runs a notebook with other values, but it only warns about an unknown name, takes NaN for a number and the
text "false" for a flag, marks every cell as completed when the kernel is killed or runs out of time, and exits with
success after ``sys.exit(0)``.  So names and types are checked here against the cell tagged ``parameters`` before a
kernel starts; success needs the line that ``notebook.finish`` prints in the last cell; and the notebook appears under
its name only when it is whole, with a status file beside it.  Ranges are the chapter's to check: it knows them.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import sys
import tempfile
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ConfigError, DiffusionLibError, check_choice, check_integer
from .notebook import SENTINEL, unknown_parameter

if TYPE_CHECKING:
    from nbformat import NotebookNode

Literal = int | float | str | bool
TIMEOUT = 600  # seconds for one cell, as when the book is built
SECRET = re.compile(r"token|key|secret|passw|credential", re.IGNORECASE)
MEASURED = re.compile(r"^(.+) ≈ ([-.\w]+)$", re.MULTILINE)  # what notebook.measured prints
SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character: a notebook with it is no valid JSON
ALLOWED = {
    int: "a whole number in digits, such as 1000",
    float: "a finite number in decimal notation, such as 0.5 or 1e-4",
    bool: "True or False",
    str: "a text",
}
SPELLING = {
    int: (r"[+-]?[0-9]{1,18}", int),
    float: (r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", float),
    bool: (r"True|False", lambda text: text == "True"),
    str: (r"(?s).*", str),
}


class RerunFailed(DiffusionLibError):
    """The chapter did not run to its end; the notebook and the status file show how far it came."""


def rerun(
    chapter: str | os.PathLike[str],
    parameters: Mapping[str, Literal] | None = None,
    output: str | os.PathLike[str] | None = None,
    timeout: int = TIMEOUT,
) -> Path:
    """Run ``chapter`` (a name, or the path of an ``.ipynb`` file) with ``parameters``; return the new notebook's path.

    The notebook and ``<chapter>.status.json`` go to the directory ``output``, whose parent must exist, by default
    ``_build/runs/<chapter>-<hash of the parameters>``.  The status has the parameters, how the run ended, its seconds,
    and the numbers that the chapter showed.  A status that stays "running" belongs to a run that was cut off; the
    notebook beside it, if any, is an older one.  ``timeout`` is in seconds for each cell.  Raises
    ``ConfigError`` before a kernel starts, and ``RerunFailed`` for a chapter that did not run to its end.
    """
    timeout = check_integer("timeout", timeout, 1, 86_400)
    source = find(chapter)
    checked = check(dict(parameters or {}), defaults(source))
    target = _directory(source, checked, output) / source.name
    if target.resolve() == source.resolve():
        raise ConfigError(f"output must not hold the chapter itself, got {target.parent}; name another directory")
    status = {"status": "running", "reason": "", "notebook": target.name, "parameters": checked}
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rerun-", dir=target.parent) as scratch:
        _write(Path(scratch), target.with_suffix(".status.json"), json.dumps(status, indent=1))
        started = time.perf_counter()
        text, reason = _run(source, target, Path(scratch) / "partial.ipynb", checked, timeout)
        if text:
            _write(Path(scratch), target, text)
        status |= {"status": "failed" if reason else "ok", "reason": reason}
        status |= {"seconds": round(time.perf_counter() - started, 1), "shown": {} if reason else _shown(text)}
        _write(Path(scratch), target.with_suffix(".status.json"), json.dumps(status, indent=1))
    if reason:
        raise RerunFailed(f"{source.stem}: {reason}; see {target}")
    return target


def find(chapter: str | os.PathLike[str]) -> Path:
    """The notebook of a chapter: a path that ends in ``.ipynb``, or a name in the book's ``notebooks`` directory."""
    path = Path(chapter)
    if path.suffix == ".ipynb":
        if not path.is_file():
            raise ConfigError(f"chapter must be a notebook that exists, got {str(path)!r}; check the path")
        return path
    notebooks = {path.stem: path for path in sorted((root() / "notebooks").glob("*.ipynb"))}
    if not notebooks:
        raise ConfigError(f"chapter must be the path of a notebook, got {str(path)!r} outside of the book's directory")
    return notebooks[check_choice("chapter", str(path), tuple(notebooks))]


def defaults(source: Path) -> dict[str, Literal]:
    """The names and values in the cell tagged ``parameters``, read without running it."""
    if importlib.util.find_spec("papermill") is None:
        raise ConfigError("rerun needs papermill, which is not installed; run: pip install papermill ipykernel")
    import nbformat

    try:
        cells = nbformat.read(source, as_version=4).cells
        text = next((cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])), "")
        statements = ast.parse(text).body
    except SyntaxError:
        raise ConfigError(f"the parameters cell of {source.name} must be plain Python, got {text!r}") from None
    except Exception as error:  # for a file that is no notebook, nbformat raises whatever comes first
        raise ConfigError(f"chapter must be a notebook, got {str(source)!r}: {str(error)[:80]}") from None
    return dict(_literal(statement, source.name) for statement in statements)


def _literal(statement: ast.stmt, where: str) -> tuple[str, Literal]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            with contextlib.suppress(ValueError):
                value = ast.literal_eval(statement.value)
                if type(value) in ALLOWED:
                    return name, value
    raise ConfigError(f"the parameters cell of {where} must hold NAME = VALUE lines, got {ast.unparse(statement)!r}")


def check(given: dict[str, object], known: Mapping[str, Literal]) -> dict[str, Literal]:
    """Return ``given`` if each name is ``known`` and each value has its default's type, or raise ``ConfigError``."""
    for name, value in given.items():
        if not known:
            raise ConfigError(f"{name} must not be passed, the chapter has no parameters; remove it")
        if SECRET.search(str(name)):
            raise ConfigError(f"{name} must not be passed, the notebook would store it; use an environment variable")
        if name not in known:
            raise unknown_parameter(str(name), value, known)
        kind = type(known[name])
        plain = type(value) is kind or (kind is float and type(value) is int)  # exact: numpy's numbers are no JSON
        finite = not plain or kind is not float or abs(value) <= sys.float_info.max  # false for NaN
        if not plain or not finite or (kind is str and SURROGATE.search(value)):
            got = f"got {value!r} of type {type(value).__name__}"
            raise ConfigError(f"{name} must be {ALLOWED[kind]}, {got}; the chapter's own value is {known[name]!r}")
    return given


def root() -> Path:
    """The book's directory: the nearest one upwards that holds ``_toc.yml``; without a book, where we are."""
    here = Path.cwd()
    return next((path for path in (here, *here.parents) if (path / "_toc.yml").is_file()), here)


def run_name(source: Path, parameters: Mapping[str, Literal]) -> str:
    """The name of a run's directory: the chapter's, and a hash of the parameters."""
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
    return f"{source.stem}-{digest[:8]}"


def _directory(source: Path, parameters: Mapping[str, Literal], output: str | os.PathLike[str] | None) -> Path:
    if output is None:
        return root() / "_build" / "runs" / run_name(source, parameters)
    path = Path(output).absolute()
    if not path.parent.is_dir() or (path.exists() and not path.is_dir()):
        raise ConfigError(f"output must be a directory, its parent must exist, got {str(output)!r}; create the parent")
    return Path(output)


def _run(source: Path, target: Path, partial: Path, parameters: dict, timeout: int) -> tuple[str, str]:
    """Run the notebook; return its text, with honest marks, and why it failed ("" if it did not)."""
    import nbformat
    import papermill

    reason = ""
    try:
        papermill.execute_notebook(
            *(str(path).replace("{", "{{").replace("}", "}}") for path in (source, partial)),  # papermill formats paths
            parameters,
            progress_bar=sys.stderr.isatty(),
            execution_timeout=timeout,
            shutdown_kernel="immediate",
        )
    except papermill.PapermillExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
    except Exception as error:  # the kernel died, a cell ran out of time, no kernel started
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    if not partial.exists():
        return "", reason
    nb = nbformat.read(partial, as_version=4)
    if not reason and not _finished(nb):
        reason = f"the last code cell did not print {SENTINEL!r}: the chapter stopped early, or does not call finish()"
    if reason:
        _mark(nb, reason)
    nb.metadata.papermill["output_path"] = str(target)
    return nbformat.writes(nb), reason


def _shown(text: str) -> dict[str, str]:
    """What ``notebook.value`` and ``notebook.measured`` showed, by name, the first of each."""
    found: dict[str, str] = {}
    for output in (output for cell in json.loads(text)["cells"] for output in cell.get("outputs", [])):
        if name := output.get("metadata", {}).get("diffusion_lib", {}).get("value"):
            found.setdefault(name, "".join(output["data"]["text/plain"]))
        for label, number in MEASURED.findall("".join(output.get("text", ""))):
            found.setdefault(label.strip(), number)
    return found


def _finished(nb: NotebookNode) -> bool:
    outputs = [cell.outputs for cell in nb.cells if cell.cell_type == "code"][-1:]
    return any(SENTINEL in output.get("text", "").splitlines() for cell in outputs for output in cell)


def _mark(nb: NotebookNode, reason: str) -> None:
    """Say in the notebook what happened: cells are completed before the one that failed, and pending after it."""
    import nbformat

    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    started = [cell for cell in cells if cell.metadata.get("papermill", {}).get("start_time")]
    failed = started[-1] if started else None
    state = "completed"
    for cell in nb.cells:
        mark = cell.metadata.setdefault("papermill", {})
        mark.update(status="failed" if cell is failed else state, exception=cell is failed)
        if cell is failed:
            state = "pending"
    nb.metadata.papermill["exception"] = True
    banner = "**This run failed.**\n\n" + textwrap.indent(reason, "    ")  # indented: shown as it is, never rendered
    nb.cells.insert(0, nbformat.v4.new_markdown_cell(banner, metadata={"tags": ["failed"]}))


def _write(scratch: Path, target: Path, text: str) -> None:
    """Write by renaming: whoever reads ``target`` sees the old file or the new one, never a part."""
    temporary = scratch / target.name
    temporary.write_text(text + "\n", encoding="utf-8")
    os.replace(temporary, target)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("chapter", help="a chapter's name, such as forward-process, or the path of a notebook")
    parser.add_argument("-p", nargs=2, metavar=("NAME", "VALUE"), action="append", default=[], help="set a parameter")
    parser.add_argument("--out", metavar="DIR", help="where the notebook goes (default: a directory in _build/runs)")
    parser.add_argument("--timeout", metavar="SECONDS", type=int, default=TIMEOUT, help="for one cell (default: 600)")


def parse(pairs: list[list[str]], known: Mapping[str, Literal]) -> dict[str, Literal]:
    """Read texts as values of their defaults' types; a text that does not fit stays a text, which ``check`` refuses."""
    values = {}
    for name, text in pairs:
        if name in values:
            raise ConfigError(f"{name} must be given once, got {values[name]!r} and {text!r}; remove one")
        pattern, convert = SPELLING[type(known.get(name, ""))]
        values[name] = convert(text) if re.fullmatch(pattern, text) else text
    return values


def main(args: argparse.Namespace) -> int:
    """Return 0 when the chapter ran to its end, 1 when it failed, 2 when it was refused before it started."""
    try:
        print(rerun(args.chapter, parse(args.p, defaults(find(args.chapter))), args.out, args.timeout))
    except (ConfigError, RerunFailed) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    return 0
