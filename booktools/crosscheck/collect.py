"""The checked steps of a chapter, found by running its code with a check that only takes notes."""

from __future__ import annotations

import ast
import contextlib
import io
from types import SimpleNamespace
from unittest import mock

from ..source.pages import Book, Page
from .language import Goal

CHECKS = "derive.page.chain.verify"  # the function that each step is handed to
CANARY = "derive.page.derivation.Canary"  # states something false, which no check of ours would stop
PROVED = "derive.page.chain.Chain.proved"  # whether a line that is shown is a theorem
CHAINED = ("derive.page.chain.chained", "derive.kernel.theorem.chained")
COUNT = ".summary()"  # attacks every step with mutants


def chapters(book: Book) -> list[Page]:
    """The pages with a derivation."""
    return [page for page in book.notebooks if derivations(page)]


def derivations(page: Page) -> list[str]:
    """The cells with the tag ``derivation``."""
    return [cell.source for cell in page.code if "derivation" in cell.metadata.get("tags", [])]


@contextlib.contextmanager
def unchecked(note):
    """Hand each goal to ``note`` instead of checking it, and print nothing; chains then consist of what it returns."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch(CHECKS, note))
        stack.enter_context(mock.patch(CANARY))
        stack.enter_context(mock.patch(PROVED, lambda *line: True))
        for place in CHAINED:
            stack.enter_context(mock.patch(place, lambda theorems: (theorems[0].left, theorems[-1].right)))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        yield


def run(page: Page) -> tuple[dict, list[Goal]]:
    """Run the chapter's derivations with nothing checked; return its names, and every goal in its order."""
    found: list[Goal] = []

    def note(goal: Goal) -> SimpleNamespace:
        found.append(goal)
        theorem = SimpleNamespace(goal=goal, left=goal.left, right=goal.right, rests=frozenset())
        return SimpleNamespace(theorem=theorem, searches=())

    namespace: dict = {}
    with unchecked(note):
        for number, source in enumerate(derivations(page), 1):
            tree = ast.parse(source)
            tree.body = [node for node in tree.body if not ast.unparse(node).endswith(COUNT)]
            exec(compile(tree, f"{page.short}.md, derivation cell {number}", "exec"), namespace)
    return namespace, found


def steps(page: Page) -> list[Goal]:
    """Every goal that the chapter's derivation makes, in its order."""
    return run(page)[1]
