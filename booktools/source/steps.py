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
CONCLUDES = "derive.page.chain.by_induction"  # the function that makes the conclusion of an induction
CANARY = "derive.page.derivation.Canary"  # states something false, which no check of ours would stop
CHAINED = ("derive.page.chain.chained", "derive.kernel.theorem.chained")
COUNT = ".summary()"  # attacks every step with mutants


@dataclass(frozen=True)
class Sign(Goal):
    """``left relation right``, such as 0 <= gap: what an inequality rests on, beside its equality."""

    relation: str = "<="


@dataclass(frozen=True)
class Conclusion(Goal):
    """What an induction over ``over`` concludes: its goal for all values ≥ 1, from its base and its step."""

    over: str = ""


def chapters(book: Book) -> list[Page]:
    """The pages with a derivation."""
    return [page for page in book.notebooks if derivations(page)]


def derivations(page: Page) -> list[str]:
    """The cells with the tag ``derivation``."""
    return [cell.source for cell in page.code if "derivation" in cell.metadata.get("tags", [])]


@contextlib.contextmanager
def unchecked(note, sign, conclude):
    """Hand each goal to ``note``, gap to ``sign`` and conclusion to ``conclude`` unchecked, and print nothing.

    Chains then consist of what ``note`` returns.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch(CHECKS, note))
        stack.enter_context(mock.patch(SIGNS, sign))
        stack.enter_context(mock.patch(CONCLUDES, conclude))
        stack.enter_context(mock.patch(CANARY))
        for place in CHAINED:
            stack.enter_context(mock.patch(place, lambda theorems: (theorems[0].left, theorems[-1].right)))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        yield


@contextlib.contextmanager
def noted():
    """Check nothing, and note the goals of the steps in one list, and signs of gaps and conclusions in another."""
    found: list[Goal] = []
    others: list[Goal] = []

    def note(goal: Goal) -> SimpleNamespace:
        found.append(goal)
        theorem = SimpleNamespace(goal=goal, left=goal.left, right=goal.right)
        return SimpleNamespace(theorem=theorem, looks=())

    def sign(goal: Goal, gap: Expr, strict: bool) -> None:
        stated = {"name": f"{goal.name}, gap", "left": Num(Fraction(0)), "right": gap}
        others.append(Sign(**_fields(goal) | stated, relation="<" if strict else "<="))

    def conclude(goal: Goal, over: str, base: list, step: list) -> SimpleNamespace:
        others.append(Conclusion(**_fields(goal) | {"name": f"{goal.name}, line 1"}, over=over))
        return SimpleNamespace(goal=goal, left=goal.left, right=goal.right)

    with unchecked(note, sign, conclude):
        yield found, others


def run(page: Page) -> tuple[dict, list[Goal], list[Goal]]:
    """Run the chapter's derivations with nothing checked.

    Return its names, the goals of its steps, and what else Rocq is asked: signs of gaps and conclusions of inductions.
    """
    namespace: dict = {}
    with noted() as (found, others):
        for number, source in enumerate(derivations(page), 1):
            tree = ast.parse(source)
            tree.body = [node for node in tree.body if not ast.unparse(node).endswith(COUNT)]
            exec(compile(tree, f"{page.short}.md, derivation cell {number}", "exec"), namespace)
    return namespace, found, others


def _fields(goal: Goal) -> dict:
    return {one.name: getattr(goal, one.name) for one in fields(Goal)}


def steps(page: Page) -> list[Goal]:
    """Every goal that the chapter's derivation makes, in its order."""
    return run(page)[1]


def claims(page: Page) -> list[Goal]:
    """All that Rocq is asked about the chapter: its steps, the signs of its gaps, the conclusions of its inductions."""
    _, goals, others = run(page)
    return [*goals, *others]
