"""The checked steps of a chapter, found by running its code with a check that only takes notes."""

from __future__ import annotations

import ast
import contextlib
import io
from dataclasses import dataclass, fields
from fractions import Fraction
from types import SimpleNamespace
from unittest import mock

from derive.language.expr import Expr, Num
from derive.language.goal import Goal

from .pages import Book, Page

CHECKS = "derive.page.chain.verify"  # the function that each step is handed to
SIGNS = "derive.page.chain.non_negative"  # the function that the gap of each inequality is handed to
CANARY = "derive.page.derivation.Canary"  # states something false, which no check of ours would stop
CHAINED = ("derive.page.chain.chained", "derive.kernel.theorem.chained")
COUNT = ".summary()"  # attacks every step with mutants


@dataclass(frozen=True)
class Sign(Goal):
    """``left relation right``, such as 0 <= gap: what an inequality rests on, beside its equality."""

    relation: str = "<="


def chapters(book: Book) -> list[Page]:
    """The pages with a derivation."""
    return [page for page in book.notebooks if derivations(page)]


def derivations(page: Page) -> list[str]:
    """The cells with the tag ``derivation``."""
    return [cell.source for cell in page.code if "derivation" in cell.metadata.get("tags", [])]


@contextlib.contextmanager
def unchecked(note, sign):
    """Hand each goal to ``note`` and each gap to ``sign`` instead of checking them, and print nothing.

    Chains then consist of what ``note`` returns.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch(CHECKS, note))
        stack.enter_context(mock.patch(SIGNS, sign))
        stack.enter_context(mock.patch(CANARY))
        for place in CHAINED:
            stack.enter_context(mock.patch(place, lambda theorems: (theorems[0].left, theorems[-1].right)))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        yield


def run(page: Page) -> tuple[dict, list[Goal], list[Sign]]:
    """Run the chapter's derivations with nothing checked; return its names, and every goal and sign in their order."""
    found: list[Goal] = []
    signs: list[Sign] = []

    def note(goal: Goal) -> SimpleNamespace:
        found.append(goal)
        theorem = SimpleNamespace(goal=goal, left=goal.left, right=goal.right)
        return SimpleNamespace(theorem=theorem, looks=())

    def sign(goal: Goal, gap: Expr, strict: bool) -> None:
        stated = {one.name: getattr(goal, one.name) for one in fields(Goal)}
        stated |= {"name": f"{goal.name}, gap", "left": Num(Fraction(0)), "right": gap}
        signs.append(Sign(**stated, relation="<" if strict else "<="))

    namespace: dict = {}
    with unchecked(note, sign):
        for number, source in enumerate(derivations(page), 1):
            tree = ast.parse(source)
            tree.body = [node for node in tree.body if not ast.unparse(node).endswith(COUNT)]
            exec(compile(tree, f"{page.short}.md, derivation cell {number}", "exec"), namespace)
    return namespace, found, signs


def steps(page: Page) -> list[Goal]:
    """Every goal that the chapter's derivation makes, in its order."""
    return run(page)[1]


def claims(page: Page) -> list[Goal]:
    """The goals and the signs of the chapter."""
    _, goals, gaps = run(page)
    return [*goals, *gaps]


def signs(page: Page) -> list[Sign]:
    """The sign of each gap that an inequality of the chapter leaves out, in their order."""
    return run(page)[2]
