"""Mistakes in the proof checker's source: the tests find them, and none lets a falsehood through both halves."""

from __future__ import annotations

import json

import pytest

from booktools.check import engine
from booktools.check.mutants import Mutant, mutants

PLANTED = """
def f(a, b):
    '''Some text.'''
    if a < b and not b == 0:
        return union(a, 1)
    return all(x + 1 for x in a if x)
"""
BLIND = "def refute(goal):\n    return ('no',)\n\n\nrefute_by_definitions = refute\n"
FEW = {"kernel": 70, "proof": 1200, "numeric": 1500}  # about thirty
THEOREM = f"{engine.ENGINE}.kernel.theorem"


def source(module):
    return (engine.ROOT / (module.replace(".", "/") + ".py")).read_text()


@pytest.fixture(scope="module")
def few():
    false, _, true = engine.material(thin=12)
    return false, true[::3]


def test_mistakes_of_all_kinds_are_made():
    found = mutants("planted", PLANTED)
    kinds = {one.what.split(": ")[1] for one in found}
    assert kinds == {
        "and/or", "comparison", "dropped condition", "dropped not", "one more", "one less", "arithmetic",
        "condition is True", "condition is False", "dropped filter", "returns None", "minus for union", "any for all",
        "swapped arguments",
    }  # fmt: skip
    texts = [one.make() for one in found]
    assert len(set(texts)) == len(texts) and all("Some text." in text for text in texts)
    assert any("a <= b" in text for text in texts) and any("union(1, a)" in text for text in texts)


def test_what_is_no_mutant_is_not_found_and_a_broken_kernel_is(few):
    plain = source(THEOREM)
    asked = "[algebra.equal(inside, *case) for case in cases][-1]"
    deaf = plain.replace(f"Theorem(_SEAL, goal, {asked}", 'Theorem(_SEAL, goal, "yes"')
    assert asked in plain and deaf != plain
    blind = Mutant(f"{engine.ENGINE}.numeric.refute", "searches: nothing", lambda: BLIND)
    todo = [Mutant(THEOREM, "nothing: nothing", lambda: plain), Mutant(THEOREM, "takes all: all", lambda: deaf), blind]
    outcomes = {one.what: one for one in engine.run(todo, *few)}
    assert outcomes["nothing: nothing"].found == ""
    assert outcomes["takes all: all"].found.startswith("falsehood") and outcomes["searches: nothing"].found
    assert outcomes["takes all: all"].both == [] and outcomes["searches: nothing"].both == []


def test_a_sample_of_mutants(few):
    outcomes = engine.run(engine.chosen(FEW), *few)
    assert len(outcomes) >= 25
    assert [one for one in outcomes if one.both] == []
    kernel = [one for one in outcomes if one.module.startswith("kernel")]
    assert sum(bool(one.found) or engine.equivalent(one) for one in kernel) >= 0.85 * len(kernel)


def test_what_is_kept_of_the_last_full_run():
    kept = json.loads(engine.RESULT.read_text())
    rows = kept["modules"]
    assert sum(row["mutants"] for row in rows.values()) >= 300 and kept["conditions"]["each"] == engine.SUBPACKAGES
    assert {name.split(".")[0] for name in rows} == set(engine.SUBPACKAGES)
    assert_strong(rows)


def assert_strong(rows):
    kernel = [row for name, row in rows.items() if name.startswith("kernel")]
    seen = sum(row["found"] + row["equivalent"] for row in kernel)
    assert seen >= 0.9 * sum(row["mutants"] for row in kernel)
    assert sum(row["both"] for row in rows.values()) == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_all_mutants():
    false, _, true = engine.material()
    outcomes = engine.run(engine.chosen(), false, true)
    assert_strong(engine.summary(outcomes, false, true)["modules"])
