"""The modules of a laboratory as one script that also runs from the disk, where browsers load no modules.

The sources in ``book/_static/lab`` are plain ES modules, which may only say ``import { a, b as c } from "./x.js";`` and
``export const``, ``export function`` or ``export class``.  Each becomes a function that runs once and returns what it
exports; what it imports, it takes from those.  Nothing is renamed, so that an error names the line that one reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from ..source.pages import BookError

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:const|(?:async )?function\*?|class) (\w+))", re.MULTILINE)
OTHER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
SEVERAL = re.compile(r"^export const \w+ = (?:[^\n({\[]|\([^\n()]*\))*, \w+ = .*$", re.M)  # one name would be seen


def modules(path: Path, seen: dict[Path, str] | None = None) -> dict[Path, str]:
    """The module at ``path`` and all that it imports, each after those that it needs, with their texts."""
    seen = {} if seen is None else seen
    path = path.resolve()
    if path in seen:
        return seen
    if not path.is_file():
        raise BookError(f"{path.name}: no such module; a laboratory imports only what lies in book/_static/lab")
    text = path.read_text(encoding="utf-8")
    for found in IMPORT.finditer(text):
        modules(path.parent / found[2], seen)
    seen[path] = text
    return seen


def script(root: Path, entry: Path, last: str = "") -> str:
    """``entry`` and what it imports as one script; ``last`` runs at its end and sees the exports of ``entry``."""
    found = modules(entry)
    names = {path: f"m{number}" for number, path in enumerate(found)}
    parts = [_wrapped(root, path, text, names) for path, text in found.items()]
    exports = ", ".join(_exports(found[entry.resolve()]))
    ending = f"const {{ {exports} }} = {names[entry.resolve()]};\n{last}" if last else ""
    return f'(() => {{\n"use strict";\n{"".join(parts)}{ending}\n}})();\n'


def _wrapped(root: Path, path: Path, text: str, names: dict[Path, str]) -> str:
    def taken(found: re.Match) -> str:
        wanted = found[1].replace(" as ", ": ")
        return f"const {{{wanted}}} = {names[(path.parent / found[2]).resolve()]};"

    exports = ", ".join(_exports(text))
    body = EXPORT.sub(r"\1", IMPORT.sub(taken, text))
    if wrong := OTHER.search(body) or SEVERAL.search(text):
        raise BookError(f"{path.name}: {wrong[0]!r} is not among what the bundler knows; see booktools/lab/bundle.py")
    label = path.relative_to(root.resolve()).as_posix()
    return f"// {label}\nconst {names[path]} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();\n"


def _exports(text: str) -> Iterator[str]:
    return (found[2] for found in EXPORT.finditer(text))


def shell(root: Path) -> str:
    """The script that all laboratories need: it defines ``bookLabs.mount``."""
    return script(root, root / "shell" / "mount.js", "(window.bookLabs ??= {}).mount = mount;")


def laboratory(root: Path, kind: str, data: dict) -> str:
    """The script that defines ``bookLabs.KIND``, a function that brings a block to life; ``data`` is in it.

    A kind exports ``lab``, what the shell needs to mount it, or a ``mount`` of its own.
    """
    told = json.dumps(data, separators=(",", ":")).replace("</", "<\\/")
    entry = root / "kinds" / f"{kind}.js"
    own = "mount" in _exports(modules(entry)[entry.resolve()])
    mounts = f"mount(root, {told})" if own else f"bookLabs.mount(root, lab, {told})"
    return script(root, entry, f"bookLabs.{kind} = (root) => {mounts};")
