"""The translator agrees with a table of steps and statements, which was written without its code.

Rocq decides that: it must prove each of the two statements from the other one, by a script that can only change the
order of names and premises, and unfold definitions.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pairs import PAIRS, REFUSED, WRONG, Pair

from booktools.certificates.check import Question, check
from booktools.certificates.premises import LINE, Untranslated
from booktools.certificates.statement import Translator
from derive.language.density import Diffusion
from derive.language.expr import Expr, walk
from derive.language.times import Index

PREMISE = (
    "solve [assumption | lia | intros; match goal with P : _ |- _ => solve [apply P; first [assumption | lia]] end]"
)
NAMED = {pair.name: pair for pair in PAIRS}


def table(pair: Pair):
    """Names, number of premises, and text of the statement in the table."""
    binders, premises, claim = pair.parts()
    names = [name for group in re.findall(r"\(([^:()]*) :", binders) for name in group.split()]
    arrows = "".join(f"({premise}) ->\n" for premise in premises)
    return names, len(premises), f"{f'forall {binders},' if names else ''}\n{arrows}{claim}"


def translated(pair: Pair):
    """The same of what the translator says."""
    made = Translator(pair.goal()).statement()
    return list(made.names), len(made.premises), made.text


def follows(first, second):
    """The second statement follows from the first, with a script."""
    (names, count, known), (others, _, wanted) = first, second
    script = f"intros H {' '.join(others)}; intros; refine (H {' '.join(names)}{' _' * count}); clear H; {PREMISE}"
    return f"({known}) ->\n({wanted})", script


def equivalent(pairs, into) -> list[list[str]]:
    """For each pair the implications that Rocq does not prove."""
    words, asked = ("translator to table", "table to translator"), []
    for pair in pairs:
        said, meant = translated(pair), table(pair)
        asked += [Question(pair.name, "translator", *follows(*both)) for both in ((said, meant), (meant, said))]
    good, _ = check("pairs", asked, into)
    return [[w for w, g in zip(words, good[n : n + 2], strict=True) if not g] for n in range(0, len(good), 2)]


def test_the_translator_says_what_the_table_says(theorems):
    lost = dict(zip(NAMED, equivalent(PAIRS, theorems), strict=True))
    assert len(NAMED) == len(PAIRS) == 109 and {name: words for name, words in lost.items() if words} == {}


def test_what_is_subtly_wrong_is_not_equivalent(theorems):
    assert all(NAMED[name].rocq.count(there) == 1 for name, there, _ in WRONG)
    wrong = [replace(NAMED[name], rocq=NAMED[name].rocq.replace(there, instead)) for name, there, instead in WRONG]
    found = zip(wrong, equivalent(wrong, theorems), strict=True)
    assert len(WRONG) == 22 and [pair.name for pair, words in found if not words] == []


@pytest.mark.parametrize(("why", "step", "start"), REFUSED)
def test_a_step_that_would_say_something_else_has_no_statement(why, step, start):
    goal = Pair("refused", step, "", start).goal()
    with pytest.raises(Untranslated, match=why):
        Translator(goal).statement()


def test_the_table_has_every_kind_of_node_and_every_space():
    goals = [pair.goal() for pair in PAIRS]
    kinds = {type(part) for goal in goals for side in goal.sides() for part in walk(side)}
    nodes = {kind for kind in Expr.__subclasses__() + Index.__subclasses__() if kind is not Diffusion}
    ours = {kind for kind in nodes if kind.__module__.startswith("derive.")}
    nodes = {kind for kind in ours if not kind.__module__.endswith(".vectors")}  # ``vectors.Words`` translates these
    assert nodes - kinds == set()
    assert {Translator(goal).space for goal in goals} == {"any", "finite", "line"}
    assert {goal.justification.name for goal in goals} >= {*LINE, "exchange", "limit"} - {"test functions", "Itô"}
    assert any(Translator(goal).random for goal in goals)
