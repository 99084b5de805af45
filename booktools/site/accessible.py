"""What a reader needs who does not see the page, or has no mouse: solutions that open by key, boxes that scroll by key.

The colours, the landmarks and the names of the buttons are in ``templates/`` and ``book/_static``; ``axe`` judges all
of it in ``tests/book/browser/test_accessible.py``.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import solution_node

_TITLE = re.compile(r'(<details class="[^"]*solution[^>]*>\s*)<p class="admonition-title">(.*?)</p>', re.DOTALL)
_CONTENT = re.compile(r'<section id="(?:exercise|solution)-content">')
_SCROLLS = re.compile(r'<div class="pst-scrollable-table-container">')
_HEAD = re.compile(r'<th class="head">(<p>(.*?)</p>)</th>', re.DOTALL)
_ENTRY = 'role="doc-biblioentry"'  # docutils says it of what stands in a list, where it is not allowed
_CODE = re.compile(r'(<div class="highlight(?:-\w[^"]*)?"[^>]*>(?:<div class="highlight">)?<pre)>')


def visit_solution(self: HTML5Translator, node: solution_node) -> None:
    """A solution is closed until it is opened, also without a script."""
    self.body.append(self.starttag(node, "details", CLASS="admonition"))


def depart_solution(self: HTML5Translator, node: solution_node) -> None:
    self.body.append("</details>\n")


def _summary(found: re.Match) -> str:
    """The title opens the solution, so it cannot lead to the exercise as well, which stands above it."""
    return f'{found[1]}<summary class="admonition-title">{re.sub(r"</?a[^>]*>", "", found[2])}</summary>'


def _head(found: re.Match) -> str:
    """The head of a column: an empty one is no head, and a formula alone has a name in letters."""
    inside = found[2]
    if not inside.strip():
        return f'<td class="head">{found[1]}</td>'
    words = re.sub(r"<[^>]*>", "", re.sub(r"<math.*?</math>", "", inside, flags=re.DOTALL)).strip()
    if words:
        return found[0]
    name = " ".join(re.sub(r"<[^>]*>", " ", inside).split())
    shown = inside.replace("<math", '<math aria-hidden="true"')
    return f'<th class="head"><p>{shown}<span class="unseen">{name}</span></p></th>'


def repair(body: str) -> str:
    """``body`` with titles that open, no name twice, and boxes that a key can scroll."""
    body = _TITLE.sub(_summary, body)
    body = _HEAD.sub(_head, body).replace(_ENTRY, 'role="listitem"')
    body = _CONTENT.sub("<section>", body)  # all exercises of a page have the same name
    count = 0

    def table(_: re.Match) -> str:
        nonlocal count
        count += 1
        return f'<div class="pst-scrollable-table-container" role="region" aria-label="Table {count}" tabindex="0">'

    return _CODE.sub(r'\1 tabindex="0">', _SCROLLS.sub(table, body))


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    if doctree is not None and "body" in context:
        context["body"] = repair(context["body"])


def setup(app: Sphinx) -> None:
    app.add_node(solution_node, override=True, html=(visit_solution, depart_solution))
    app.connect("html-page-context", fill, priority=640)
