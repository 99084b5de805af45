"""Code folds by rule: the page shows what a cell made, and beneath it, closed, the code that made it.

Every code cell folds but those with the tag ``open``.  What a cell displayed comes first.  Cells that show nothing join
the fold of their neighbour.  The sections ``COUNT`` fold whole; a paragraph ``*Source: …*`` becomes a mark beside the
fold of its block.  The notebooks know nothing of this: there all code stands in its place.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

from pagekit.page import SENTINEL

from . import provenance
from .labels import Labels, is_question, is_setup

OPEN = "open"
COUNT = "The count"
LEVEL = re.compile(r" · (easy|medium|hard)(?=\)?$)")
EXERCISES = (exercise_node, exercise_enumerable_node)
INVISIBLE = (nodes.comment, nodes.target, nodes.substitution_definition, nodes.system_message)


class Fold(nodes.General, nodes.Element):
    """A ``<details>``; ``summary`` is its line, ``unseen`` what only a screen reader says after it."""


def visit_fold(self: HTML5Translator, node: Fold) -> None:
    unseen = f'<span class="unseen">{escape(node["unseen"])}</span>' if node.get("unseen") else ""
    word = f' <span class="word">{escape(node["word"])}</span>' if node.get("word") else ""
    summary = f"<summary>{escape(node['summary'])}{unseen}{word}</summary>"
    self.body.append(f'<details class="{" ".join(node["classes"])}">{summary}\n')


def depart_fold(self: HTML5Translator, node: Fold) -> None:
    self.body.append("</details>\n")


def fold(kind: str, summary: str, children: list[nodes.Node], **words: str) -> Fold:
    return Fold("", *children, classes=kind.split(), summary=summary, **words)


class FoldCode(SphinxPostTransform):
    """After outputs are chosen and titles resolved, before MyST-NB would hide cells by their tags."""

    default_priority = 190
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        page = self.app.book.pages.get(self.env.docname)
        if page is None or not page.is_notebook:
            return
        labels = Labels(self.app.book_index, page)
        parents = dict.fromkeys(cell.parent for cell in self.document.findall(_is_cell))
        for parent in parents:
            parent[:] = [child for run in _runs(parent.children) for child in self.folded(run, labels)]
        for section in list(self.document.findall(nodes.section)):
            if section.children and section[0].astext() == COUNT:
                section[1:] = [fold("count", "What was counted, and which mistakes are none", section[1:])]
        for paragraph in list(self.document.findall(provenance.is_source)):
            mark_source(paragraph)
        labels.tell_apart(list(self.document.findall(Fold)))
        for node in self.document.findall(lambda node: isinstance(node, (*EXERCISES, solution_node))):
            mark_level(node)

    def folded(self, run: list[nodes.Node], labels: Labels) -> list[nodes.Node]:
        """A run of cells with nothing between them, each beneath what it shows."""
        if not _is_cell(run[0]):
            return run
        done: list[nodes.Element] = []
        waiting: list[nodes.Element] = []

        def close() -> None:
            if waiting:
                last = done[-1] if done and "how-cell" in done[-1]["classes"] else None
                if last is not None and last["shows"]:
                    _join(last, waiting)
                else:
                    done.append(_cell_of(waiting, None, labels))
                waiting.clear()

        for cell in run:
            cell.attributes.pop("hide_mode", None)
            if OPEN in cell["cell_metadata"].get("tags", []) or _source(cell) is None:
                close()
                cell["classes"].append("open-code")
                done.append(cell)
            elif _shows(cell):
                if any(is_setup(each) for each in waiting):
                    close()
                done.append(_cell_of(waiting, cell, labels))
                waiting.clear()
            else:
                waiting.append(cell)
        close()
        return done


def mark_source(paragraph: nodes.paragraph) -> None:
    """Put the sentence into a mark, in one line with the fold of the block above it."""
    said = provenance.word(paragraph.astext())
    above = paragraph.parent[paragraph.parent.index(paragraph) - 1] if paragraph.parent.index(paragraph) else None
    block = above.get("tells", "") if isinstance(above, nodes.Element) else ""
    words = {"word": said} if said in ("verbatim", "corrected") else {}
    mark = fold(f"source {words.get('word', 'other')}", "Source", [], unseen=f" of {block}" if block else "", **words)
    if isinstance(above, nodes.Element) and "how-cell" in above.get("classes", []):
        paragraph.parent.remove(paragraph)
        above[-1].append(mark)
    else:
        paragraph.replace_self(mark)
    mark.append(paragraph)


def mark_level(node: nodes.Element) -> None:
    """``Title · easy``: the level leaves the title, and stands at the end of an exercise's line."""
    title = node[0]
    for text in list(title.findall(nodes.Text)):
        if found := LEVEL.search(text):
            text.parent.replace(text, nodes.Text(text[: found.start()] + text[found.end() :]))
            if isinstance(node, EXERCISES):
                title += nodes.inline("", found[1], classes=["level", found[1]])


def _runs(children: list[nodes.Node]) -> list[list[nodes.Node]]:
    """The children, those cells together that have nothing visible between them."""
    runs: list[list[nodes.Node]] = []
    between: list[nodes.Node] = []
    for child in children:
        if isinstance(child, INVISIBLE) and runs:
            between.append(child)
        elif _is_cell(child) and runs and _is_cell(runs[-1][0]):
            runs[-1].append(child)
        else:
            runs += [[each] for each in between] + [[child]]
            between = []
    return runs + [[each] for each in between]


def _cell_of(before: list[nodes.Element], cell: nodes.Element | None, labels: Labels) -> nodes.Element:
    """One container for ``before``, which show nothing, and ``cell``, whose output it shows."""
    cells = [*before, *([cell] if cell is not None else [])]
    name = labels.of(cells)
    hidden = [each for one in cells for each in one.children if one is not cell or each.get("nb_element") != OUTPUT]
    if cell is not None and (is_question(cell) or "hide-output" in cell["cell_metadata"].get("tags", [])):
        hidden, cell = [*hidden, _output(cell)], None
    shown = [_output(cell)] if cell is not None else []
    classes = [name for each in cells for name in each["classes"]]
    kind = "how parameters" if name.startswith("Parameters") else "how"
    row = nodes.container("", fold(kind, name, hidden), classes=["marks"])
    made = nodes.container("", *shown, row, classes=[*dict.fromkeys(classes), "how-cell"], shows=bool(shown))
    made["ids"] = [name for each in cells for name in each["ids"]]
    made["tells"] = labels.blocks(cells)
    return made


def _join(cell: nodes.Element, later: list[nodes.Element]) -> None:
    code = next(cell.findall(Fold))
    for each in later:
        code.extend(each.children)
        cell["ids"] += each["ids"]


OUTPUT = "cell_code_output"


def _is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _part(cell: nodes.Element, name: str) -> nodes.Element | None:
    return next((child for child in cell.children if child.get("nb_element") == name), None)


def _source(cell: nodes.Element) -> nodes.Element | None:
    return _part(cell, "cell_code_source")


def _output(cell: nodes.Element) -> nodes.Element | None:
    return _part(cell, OUTPUT)


def _shows(cell: nodes.Element) -> bool:
    output = _output(cell)
    if output is not None and output.astext().strip() == SENTINEL:  # said to whoever runs the notebook
        return False
    return output is not None and any(not isinstance(each, nodes.container) for each in list(output.findall())[1:])


def setup(app: Sphinx) -> None:
    app.add_node(Fold, html=(visit_fold, depart_fold))
    app.add_post_transform(FoldCode)
    provenance.setup(app)
