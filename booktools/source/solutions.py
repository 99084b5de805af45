"""Solutions that hold code cells, between ``{solution-start}`` and ``{solution-end}``: folded in notebooks, too.

HTML cannot span cells, so each piece of text is folded by itself, and code cells are hidden by their metadata, in
JupyterLab, in Notebook 7 and on Colab.  Of a hidden cell JupyterLab shows the first line, which must not be the answer,
and Colab the line that starts with ``# @title``.
"""

from __future__ import annotations

import re

START, END = "solution-start", "solution-end"
HIDDEN = {"cellView": "form", "collapsed": True, "jupyter": {"outputs_hidden": True, "source_hidden": True}}
TITLE = "# @title "
_MARK = re.compile(r"\n*<!--(solution-start|solution-end)(?: (.*?))?-->\n*")


def mark(name: str, title: str = "") -> str:
    """What stands for a gate until ``fold`` sees the whole cell."""
    return f"<!--{name} {title}-->" if title else f"<!--{name}-->"


def folded(title: str, body: str) -> str:
    return f"<details><summary><b>{title}</b></summary>\n\n{body}\n\n</details>"


def fold(text: str, title: str | None) -> tuple[str, str | None]:
    """Fold what lies between the marks in a cell's text; ``title`` is that of the solution that is open at its start.

    Returns the text and the title of the solution that is open at its end.
    """
    parts, cursor = [], 0
    for found in _MARK.finditer(text):
        parts.append(_piece(text[cursor : found.start()], title))
        title, cursor = (found[2] if found[1] == START else None), found.end()
    rest = text[cursor:]
    if title and not rest.strip() and cursor:
        parts.append(f"**{title}**: in the next cell, which is hidden.")
    parts.append(_piece(rest, title))
    return "\n\n".join(part for part in parts if part.strip()), title


def hide(source: str, metadata: dict, title: str | None) -> tuple[str, dict]:
    """Source and metadata of a code cell in the solution ``title``, if it is in one."""
    return (f"{TITLE}{title}\n{source}", metadata | HIDDEN) if title else (source, metadata)


def unhidden(source: str) -> str:
    """The source as it stands in the page."""
    return source.partition("\n")[2] if source.startswith(TITLE) else source


def _piece(text, title):
    return folded(title, text.strip("\n")) if title and text.strip() else text
