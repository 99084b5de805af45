"""Of the statements from papers that the engine proves, which ones Rocq proves too."""

from __future__ import annotations

from dataclasses import replace

from certified import uncertified
from papers import TRUE

from booktools.source.steps import noted

WITHOUT = {
    # two sequences of states in one density: no statement
    "guidance as a mixture of scores",
    "guidance by a classifier",
    # functions of which a statement says that they are smooth, but not how they grow
    "Cramér and Rao",
    "Hyvärinen's whole square",
    "Stein's identity",
    "production of entropy is Fisher information",
    "straightening lowers the transport cost",
    # nothing in the statement says that a mean of squares is positive
    "best constant prediction",
    # no script
    "entropy powers of Gaussians add",
    "gradient of the divergence is a difference of scores",
    "importance weighting improves the bound",
    "preconditioned inputs have variance one",
    "the step between two times",
}


def test_all_but_some_kinds_have_certificates(theorems):
    goals = []
    for name, case in TRUE.items():
        with noted() as (found, others):
            case()
        goals += [replace(goal, name=name) for goal in (*found, *others)]
    assert len({goal.name for goal in goals}) == len(TRUE) == 61
    assert {*uncertified(goals, theorems)} == WITHOUT
