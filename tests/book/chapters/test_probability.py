"""The derivations of the chapter probability, loaded by running its cells; planted errors are refuted."""

from __future__ import annotations

import pytest
from false_steps import false_steps

from booktools.site.justifications_directive import PROVED


@pytest.mark.parametrize("name", set(PROVED) - {"Jensen", "Gibbs"})
def test_a_justification_has_its_block(n, name):
    assert PROVED[name] in n["P"].blocks


@pytest.mark.parametrize("name", ["linearity", "independence", "Bayes", "tower", "telescoping"])
def test_a_proof_does_not_use_what_it_proves(n, name):
    block = n["P"].blocks[PROVED[name]]
    used = {step.goal.justification.name for step in block.steps}
    if name == "independence":  # it is stated for means in ``means-multiply``, by linearity; here it is used once
        used = {step.goal.justification.name for step in n["P"].blocks["means-multiply"].steps}
    assert used and name not in used


FALSE = """
S3-stds-add: Var(a * e[1] + b * e[2]) = (a + b) ** 2 * Var(e[1]); independence
S3-variances-average: Integral(Normal(y - u, 0, v) * Normal(u, 0, w), u) = Normal(y, 0, (v + w) / 2); Gaussian integral
own-weights: P.blocks['two-opinions'].left
    = Normal(m, mu, v + w) * Normal(hidden, (v * m + w * mu) / (v + w), v * w / (v + w)); algebra
Bayes-upside-down: q(x[1] | x[0]) = q(x[0] | x[1]) * q(x[0]) / q(x[1]); Bayes
Markov-for-free: q(x[2] | x[0:1]) = q(x[2] | x[1]); chain rule
dependent-means-multiply: E(e[1] * e[2]) = E(e[1]) * E(e[2]); linearity
"""
test_a_false_step_is_refuted = false_steps("probability", FALSE)
