"""How many lines of code decide whether a step passes."""

from __future__ import annotations

import ast
import io
import tokenize
from importlib.resources import files

# A mistake in one of these, or in SymPy, can let a false line pass.
DECIDE = ("derive.justifications", "derive.language", "derive.kernel", "derive.proof")
PARTS = (*DECIDE, "derive.numeric", "derive.definitions", "derive.verify", "derive.page")
_BLANK = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def lines_of_code() -> dict[str, int]:
    """Lines of code in each part of ``derive``: no blank lines, no comments, no docstrings."""
    root, found = files("derive"), {}
    for part in PARTS:
        folder = root / part.removeprefix("derive.")
        modules = folder.iterdir() if folder.is_dir() else [root / f"{folder.name}.py"]
        found[part] = sum(code(path.read_text(encoding="utf-8")) for path in modules if path.name.endswith(".py"))
    return found


def code(source: str) -> int:
    """The number of lines of code in a module's source."""
    used, docstrings = set(), set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _BLANK:
            used |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(used - docstrings)
