"""The line above folded code: what the code did, with a number or a name, so that no two on a page are alike."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence

from docutils import nodes
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

from ..source.index import Index, marks
from ..source.pages import Page

_SETUP = re.compile(r"^(check_parameters|setup)\(", re.MULTILINE)
_QUESTION = re.compile(r"^grade\(.*\.\.\.\s*\)\s*$", re.MULTILINE | re.DOTALL)


def tags(cell: nodes.Element) -> list[str]:
    return cell["cell_metadata"].get("tags", [])


def code(cell: nodes.Element) -> str:
    return cell[0].astext() if cell.children else ""


def is_setup(cell: nodes.Element) -> bool:
    return "parameters" in tags(cell) or bool(_SETUP.search(code(cell)))


def is_question(cell: nodes.Element) -> bool:
    """Whether the reader types an answer here; on the page the cell has nothing to say yet."""
    return bool(_QUESTION.search(code(cell)))


def joined(names: Sequence[str]) -> str:
    """F.3, F.3 and F.4, F.3 to F.6."""
    if len(names) < 2:
        return "".join(names)
    return f"{names[0]} {'and' if len(names) == 2 else 'to'} {names[-1]}"


class Labels:
    """What the folds of one page are called."""

    def __init__(self, index: Index, page: Page) -> None:
        self.index, self.page = index, page
        ordinals, count = {}, 0
        for position, cell in enumerate(page.cells):
            if cell.kind == "code":
                ordinals[position] = count
                count += 1
        self._shown = index.outputs.get(page.name, [])[1:]  # the first cell of a notebook is not on the page
        self._ordinals = ordinals

    def _marks(self, cells: Sequence[nodes.Element]) -> list[dict]:
        ordinals = [self._ordinals.get(cell["cell_index"], -1) for cell in cells]
        shown = [self._shown[i] for i in ordinals if 0 <= i < len(self._shown)]
        return [mark for mark, _ in marks(shown) if "tag" in mark]

    def blocks(self, cells: Sequence[nodes.Element]) -> str:
        return joined([mark["tag"] for mark in self._marks(cells)])

    def of(self, cells: Sequence[nodes.Element]) -> str:
        """The words for one fold; its last cell is the one whose output stands above it."""
        text = "\n".join(map(code, cells))
        if parameters := [cell for cell in cells if "parameters" in tags(cell)]:
            chosen = ", ".join(f"{name} = {value}" for name, value in assigned(code(parameters[0])))
            return f"Parameters and set-up: {chosen}" if len(cells) > 1 else f"Parameters: {chosen}"
        if any(is_setup(cell) for cell in cells):
            return "Set-up"
        if found := self._marks(cells):
            made = all(mark.get("definition") for mark in found)
            were = "was" if len(found) == 1 else "were"
            return f"How {joined([mark['tag'] for mark in found])} {were} {'stated' if made else 'checked'}"
        if figure := self._figure(cells):
            return f"How {figure} was drawn"
        if any(is_question(cell) for cell in cells):
            return f"Type your answer: {exercise(cells[-1]) or asked(text)}"
        if (title := solved(cells[-1])) is not None:
            return f"How the answer was {'graded' if 'grade(' in text else 'computed'}: {title or asked(text)}"
        if re.fullmatch(r"(?s).*?\bfinish\(\)\s*", text) and len(text.splitlines()) < 6:
            return "How the page ends"
        shown = any(child.get("nb_element") == "cell_code_output" for child in cells[-1].children)
        if "derivation" in tags(cells[-1]):
            return "How this was checked" if shown else "How the symbols are declared"
        return "How these numbers were computed" if shown or "value(" in text else "The code of this step"

    def _figure(self, cells: Sequence[nodes.Element]) -> str:
        for cell in cells:
            shown = cell["cell_metadata"].get("mystnb", {})
            caption = shown.get("figure", {}).get("caption")
            if number := self.index.displayed.get((self.page.name, caption)):
                return number.replace("Fig.", "figure")
        images = [each for cell in cells for each in cell.findall(nodes.image)]
        frames = any("frames-body" in each.astext() for cell in cells for each in cell.findall(nodes.raw))
        return "this slider" if frames else "this figure" if images else ""

    @staticmethod
    def tell_apart(folds: Sequence[nodes.Element]) -> None:
        """Give folds that are called alike the title of their section, and a number if that is not enough.

        Both are for those who hear the page; who sees it sees where a fold stands.
        """
        for more in (section_of, None):
            known = Counter(map(_told, folds))
            count: Counter[str] = Counter()
            for each in folds:
                if known[told := _told(each)] > 1:
                    count[told] += 1
                    if more or count[told] > 1:
                        each["unseen"] = each.get("unseen", "") + (f": {more(each)}" if more else f", {count[told]}")


def _told(each: nodes.Element) -> str:
    return f"{each['summary']}|{each.get('unseen', '')}"


def assigned(source: str) -> list[tuple[str, str]]:
    """The parameters and their values, as they are written."""
    found = [each for each in ast.parse(source).body if isinstance(each, ast.Assign)]
    return [(ast.unparse(each.targets[0]), ast.get_source_segment(source, each.value)) for each in found]


def section_of(node: nodes.Node) -> str:
    """The title of the section around ``node``; a solution has sections without a title."""
    while node is not None and not (isinstance(node, nodes.section) and isinstance(node[0], nodes.title)):
        node = node.parent
    return spoken(node[0]) if node is not None else ""


def spoken(title: nodes.Element) -> str:
    """A title as it is read aloud: formulas without the signs of LaTeX."""
    letters = {id(text) for math in title.findall(nodes.math) for text in math.findall(nodes.Text)}
    parts = [re.sub(r"[\\{}_^]+", " ", text) if id(text) in letters else text for text in title.findall(nodes.Text)]
    return " ".join("".join(parts).split())


def exercise(node: nodes.Element) -> str:
    """The title of the exercise that stands before ``node``."""
    found = ""
    for each in node.document.findall():
        if isinstance(each, (exercise_node, exercise_enumerable_node)):
            found = title_of(each)
        if each is node:
            return found
    return found


def title_of(node: nodes.Element) -> str:
    """The words between the brackets of "Exercise 3 (Two noises · easy)", without the level; "" if it has no title."""
    title = spoken(node[0]) if node.children and isinstance(node[0], nodes.title) else ""
    return re.sub(r" · (easy|medium|hard)$", "", re.sub(r"^[^(]*\((.*)\)\s*$", r"\1", title)).strip()


def asked(text: str) -> str:
    """What the grader calls an exercise without a title."""
    found = re.search(r'grade\("([^"]+)"', text)
    return found[1].replace("-", " ") if found else ""


def solved(node: nodes.Element) -> str | None:
    """The title of the exercise whose solution holds ``node``, or None."""
    while node is not None and not isinstance(node, solution_node):
        node = node.parent
    return exercise(node) if node is not None else None
