"""A chapter's parameters, outside of its kernel: their names and defaults, and the texts of a command line or a file.

papermill takes any name and any value: it warns about the first and writes the second into the notebook.  Here a name
must stand in the cell tagged ``parameters``, and a value must have its default's type, before a kernel starts.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.util
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from diffusion_lib.errors import ConfigError

from .page import unknown_parameter

Literal = int | float | str | bool
SECRET = re.compile(r"token|key|secret|passw|credential", re.IGNORECASE)
SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character: a notebook with it is no valid JSON
BETWEEN = "\0"  # of name and value of one ``-p``; the one character that no argument of a command can hold
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
            with contextlib.suppress(ValueError, TypeError, MemoryError, RecursionError):
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
        expected = type(known[name])
        plain = type(value) is expected or (expected is float and type(value) is int)  # exact: NumPy's are no JSON
        finite = not plain or expected is not float or abs(value) <= sys.float_info.max  # false for NaN
        if not plain or not finite or (expected is str and SURROGATE.search(value)):
            got = f"got {value!r} of type {type(value).__name__}"
            raise ConfigError(f"{name} must be {ALLOWED[expected]}, {got}; the chapter's own value is {known[name]!r}")
    return given


def parse(pairs: list[list[str]], known: Mapping[str, Literal]) -> dict[str, Literal]:
    """Read texts as values of their defaults' types; a text that does not fit stays a text, which ``check`` refuses."""
    values = {}
    for name, text in pairs:
        if name in values:
            raise ConfigError(f"{name} must be given once, got {values[name]!r} and {text!r}; remove one")
        pattern, convert = SPELLING[type(known.get(name, ""))]
        values[name] = convert(text) if re.fullmatch(pattern, text) else text
    return values


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``-p NAME VALUE``; ``pairs`` reads what ``join_pairs`` made of it."""
    parser.add_argument("-p", metavar="NAME VALUE", action="append", default=[], type=_pair, help="set a parameter")


def join_pairs(words: Sequence[str]) -> list[str]:
    """Make one word of each ``-p NAME VALUE``: argparse would take a value such as -1e-5 for an option."""
    joined, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*joined, word, *rest]
        if word == "-p":
            pair, rest = rest[:2], rest[2:]
            joined.append(f"-p{BETWEEN.join(pair)}" if len(pair) == 2 else "-p")
        else:
            joined.append(word)
    return joined


def _pair(text: str) -> list[str]:
    if text.count(BETWEEN) != 1:
        raise argparse.ArgumentTypeError("expected two words, NAME VALUE")
    return text.split(BETWEEN)
