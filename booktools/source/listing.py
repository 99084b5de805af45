"""``{chapters}``: text that is written once and says the same of each chapter, from the registry of chapters.

    ```{chapters} sampling
    - {doc}`NAME`. LINE {minutes}`NAME`.
    ```

A line that holds NAME is repeated for each chapter of the part, in the order of the book, with its name and its line in
place of NAME and LINE; ``derives`` are the chapters with a derivation.  ROUTE(theory) becomes links to the
chapters of that path, with arrows between them.  Other lines stay as they are.  Whoever reads the tokens of a page sees
the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pagekit.chapters.registry import NAME, PARTS, Chapter, registry

from .pages import BookError

DIRECTIVE = "chapters"
DERIVES = "derives"
WORDS = re.compile(r"\b(?:NAME|LINE)\b")
ROUTE = re.compile(r"ROUTE\(([\w-]+)\)")


def written(part: str, template: str) -> str:
    """The text that stands for ``template``; ``BookError`` for a part or a path that does not exist."""
    return "\n".join(_lines(part, template))


def _lines(part: str, template: str) -> Iterator[str]:
    for line in template.splitlines():
        if re.search(r"\bNAME\b", line):
            for name, chapter in _of(part).items():
                told = {"NAME": name, "LINE": chapter.line}
                yield WORDS.sub(lambda found, told=told: told[found[0]], line)
        else:
            yield ROUTE.sub(lambda found: _route(found[1]), line)


def _of(part: str) -> dict[str, Chapter]:
    """The chapters that are meant by the directive's argument."""
    if part not in (*PARTS, DERIVES):
        raise BookError(f"{{{DIRECTIVE}}} must name one of {', '.join((*PARTS, DERIVES))}, got {part!r}")
    chapters = registry().chapters
    return {name: each for name, each in chapters.items() if (each.derives if part == DERIVES else each.part == part)}


def _route(path: str) -> str:
    paths = registry().paths
    if path not in paths:
        raise BookError(f"no path {path!r} in {NAME}; there are {', '.join(paths)}")
    return " → ".join(f"{{doc}}`{name}`" for name in paths[path])
