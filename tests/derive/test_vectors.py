"""Vectors: what papers state of them is proved, near misses are refused, and formulas that mix the two are, too."""

from __future__ import annotations

import pytest
from vector_truths import FALSE, TRUE, Vectors

from derive.errors import DerivationError
from derive.language.vectors import Gradient, dot


@pytest.mark.parametrize("name", TRUE)
def test_truths_are_accepted(name):
    TRUE[name]()


def test_a_result_does_not_hold_under_a_gradient_by_what_it_rests_on():
    """With v := 2u, ⟨v, w⟩ = 2⟨u, w⟩ says nothing of other values of v, of which a gradient by v knows."""
    given = Vectors()
    u, v, w = given.u, given.v, given.w
    given.X.define("double", v, 2 * u)
    given.X.chain("known", dot(v, w)).equals(2 * dot(u, w), by="definition", using="double")
    with pytest.raises(DerivationError):
        given.step(Gradient(dot(v, w), v), Gradient(2 * dot(u, w), v), "result", "known")


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_are_refused(name):
    FALSE[name].must_be_refused()
