"""Tables of cases: a row has a name, the error that must stop it, if one must, and Python statements.

    a root of a square (Refuted): step(sqrt(r**2), r, "algebra")
    a longer one (Inconclusive):
        define("noise", e[t], standard_normal)
        step(E(e[t] ** 8), 105 - 24, "definition", "noise")

The statements may name the symbols of a ``Setting``, the methods of its derivation, what ``derive`` exports, and the
helpers beside the table; a helper whose first parameter is ``setting`` is given it.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import pytest
from setting import Setting

import derive
from derive.errors import DeriveError
from derive.language.expr import Pi, wrap
from derive.language.times import Index

ROW = re.compile(r"(?P<name>[^ #][^:(]*?)(?: \((?P<error>\w+)\))?:(?: (?P<code>.*))?")
KNOWN = {name: getattr(derive, name) for name in derive.__all__} | {
    "D": derive.Derivative, "I": derive.Integral, "N": derive.Normal, "DeriveError": DeriveError, "Fraction": Fraction,
    "Index": Index, "Pi": Pi, "pytest": pytest, "replace": replace, "wrap": wrap,
}  # fmt: skip


@dataclass
class Case:
    """One row; to call it is to run its statements in a setting of its own."""

    name: str
    error: str
    kind: type
    helpers: Mapping
    lines: list[str] = field(default_factory=list)

    def __call__(self, setting=None):
        setting = setting or self.kind()
        exec(self.code, {name: self.meaning(name, setting) for name in self.free})

    def compile(self):
        tree = ast.parse("\n".join(self.lines), self.name)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        bound = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        self.code = compile(tree, f"<{self.name}>", "exec")
        self.free = sorted({node.id for node in names} - bound - set(dir(builtins)))

    def meaning(self, name, setting):
        if name in self.helpers:
            helper = self.helpers[name]
            takes_it = callable(helper) and next(iter(inspect.signature(helper).parameters), "") == "setting"
            return partial(helper, setting) if takes_it else helper
        for owner in (setting, setting.X):
            if hasattr(owner, name):
                return getattr(owner, name)
        return KNOWN[name]

    def must_be_refused(self) -> str:
        """The message of the error; it is of the type that the row names."""
        with pytest.raises(DeriveError) as caught:
            self()
        assert type(caught.value).__name__ == self.error, str(caught.value)
        return str(caught.value)


def table(text: str, kind: type = Setting, **helpers) -> dict[str, Case]:
    """The rows of ``text`` by name, over settings of a kind; a name may stand there once."""
    found, case = {}, None
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("    ") and case:
            case.lines.append(line[4:])
            continue
        row = ROW.fullmatch(line)
        if row is None or row["name"] in found:
            raise ValueError(f"no row, or another one of this name: {line}")
        case = found[row["name"]] = Case(
            row["name"], row["error"] or "", kind, helpers, [row["code"]] if row["code"] else []
        )
    for case in found.values():
        case.compile()
    return found
