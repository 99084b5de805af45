"""Mutants of Python source: one small change in one place, such as a programmer makes by mistake.

Comparisons are turned or moved by one, ``and`` and ``or`` swapped, ``not`` dropped, + and − swapped, whole numbers off
by one, a condition dropped or taken for granted, ``None`` returned early, two arguments swapped, ``all`` and ``any``
swapped, ``union`` and ``minus`` swapped.  Texts, annotations, imports and messages of errors are left alone.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COUNTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}
SWAPPED = {"all": "any", "any": "all", "union": "minus", "minus": "union", "min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """A module with one mistake; ``make()`` is its source, and ``what`` is shown where it survives."""

    module: str
    what: str
    make: Callable[[], str]


def mutants(module: str, source: str) -> list[Mutant]:
    """All mutants of ``source``, in the order of its lines."""
    tree, lines, found = ast.parse(source), source.splitlines(), []
    for path, node in _places(tree, ()):
        for what, change in _mistakes(node):
            line = getattr(node, "lineno", None) or node.target.lineno
            shown = ast.unparse(node).split("\n")[0][:80]
            if isinstance(node, ast.Constant):
                shown += " in " + lines[line - 1].strip()
            found.append(Mutant(module, f"line {line}: {what}: {shown}", partial(_changed, tree, path, node, change)))
    return found


def _changed(tree, path, node, change) -> str:
    new = copy.deepcopy(tree)
    _put(new, path, change(copy.deepcopy(node)))
    return ast.unparse(ast.fix_missing_locations(new))


def _places(node, path):
    """All nodes below ``node`` that may be changed, with the way to each."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "keywords") and not isinstance(node, ast.Call):
            continue
        for place, part in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(part, ast.AST) or isinstance(
                part, (ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Raise)
            ):
                continue
            if isinstance(part, ast.AnnAssign) or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)):
                continue
            here = (*path, (field, place))
            yield here, part
            yield from _places(part, here)


def _put(tree, path, new):
    *way, (field, place) = path
    for name, position in way:
        value = getattr(tree, name)
        tree = value if position is None else value[position]
    if place is None:
        setattr(tree, field, new)
    else:
        getattr(tree, field)[place] = new


def _mistakes(node):
    """Pairs (what, change) for one node."""
    if isinstance(node, ast.Compare):
        for place, one in enumerate(node.ops):
            if type(one) in COMPARED:
                yield "comparison", _field(lambda n, p=place: n.ops.__setitem__(p, COMPARED[type(n.ops[p])]()))
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield "and/or", _field(lambda n: setattr(n, "op", other()))
        for place in range(len(node.values)):
            yield "dropped condition", lambda n, p=place: _without(n, p)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield "dropped not" if isinstance(node.op, ast.Not) else "dropped minus", lambda n: n.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in COUNTED:
        yield "arithmetic", _field(lambda n: setattr(n, "op", COUNTED[type(n.op)]()))
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, (ast.If, ast.IfExp)):
        for value in (True, False):
            yield f"condition is {value}", _field(lambda n, v=value: setattr(n, "test", ast.Constant(v)))
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield "dropped filter", _field(lambda n: n.ifs.clear())
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "returns None", _field(lambda n: setattr(n, "value", ast.Constant(None)))
    elif isinstance(node, (ast.Break, ast.Continue)):
        yield "goes on", lambda n: ast.Pass()
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _constants(node):
    if isinstance(node.value, bool):
        yield "turned", lambda n: ast.Constant(not n.value)
    elif isinstance(node.value, int):
        yield "one more", lambda n: ast.Constant(n.value + 1)
        yield "one less", lambda n: ast.Constant(n.value - 1)


def _calls(node):
    name = getattr(node.func, "id", "")
    if name in SWAPPED:
        yield f"{SWAPPED[name]} for {name}", _field(lambda n: setattr(n.func, "id", SWAPPED[n.func.id]))
    if len(node.args) > 1 and name != "isinstance" and not any(isinstance(one, ast.Starred) for one in node.args[:2]):
        yield "swapped arguments", _field(lambda n: n.args.__setitem__(slice(0, 2), n.args[1::-1]))


def _field(change):
    def changed(node):
        change(node)
        return node

    return changed


def _without(node, place):
    left = [value for position, value in enumerate(node.values) if position != place]
    return left[0] if len(left) == 1 else ast.BoolOp(node.op, left)


def _is_none(node) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
