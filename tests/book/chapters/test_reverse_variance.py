"""The derivations of the chapter reverse-variance, loaded by running the chapter's own cells."""

from __future__ import annotations

import pytest
import torch
from false_steps import false_steps
from proved import T, close, right, table

from derive.errors import Refuted
from derive.page.chain import Chain


def variances(schedule, c):
    return schedule.alpha_bar * c + 1 - schedule.alpha_bar


def test_mean_and_variance_of_the_known_point_are_the_library_s(n, schedule):
    close(schedule.posterior_variance[1:], table(n, schedule, right(n, "known-variance")))
    close(schedule.snr[1:], table(n, schedule, right(n, "signal-to-noise")))


@pytest.mark.parametrize("c", [0.01, 1.0, 4.0])
def test_reverse_variance_for_gaussian_data(n, schedule, c):
    """Against conditioning of the joint Gaussian of x_{t-1} and x_t; β is exact for unit data, β̃ a lower end."""
    state = variances(schedule, c)
    t, values = n["t"], {}
    values[n["V"][t]], values[n["V"][t - 1]] = state[1:], state[:-1]
    proved = table(n, schedule, right(n, "reverse-variance"), values=values)
    covariance = schedule.alpha[1:].sqrt() * state[:-1]
    close(proved, state[:-1] - covariance**2 / state[1:])
    assert (proved > schedule.posterior_variance[1:]).all()
    values[n["c"]] = torch.full((T,), c, dtype=torch.float64)
    ignorance = table(n, schedule, right(n, "ignorance"), values=values)
    close(proved - ignorance, schedule.posterior_variance[1:])
    close(proved, table(n, schedule, right(n, "upper-end"), values=values))
    if c == 1:
        close(proved, schedule.beta[1:])
    else:
        assert ((proved > schedule.beta[1:]) == (c > 1)).all()


def test_two_explanations_are_as_far_apart_as_the_lost_ratio(n, schedule):
    ratio = table(n, schedule, n["weight_0"] ** 2)[1:] / schedule.posterior_variance[2:]
    close(schedule.snr[1:-1] - schedule.snr[2:], ratio)


def test_a_gap_of_the_wrong_sign_is_refused(n):
    L, t, beta, tilde, G = (n[key] for key in ("L", "t", "beta", "beta_tilde", "G"))
    with pytest.raises(Refuted):
        Chain(L, "turned", beta[t]).equals(
            tilde[t] + G[t], by="definition", using=("known-variance", "knowledge-gap", "kept-shares", "kept-share")
        ).below(tilde[t], gap=-G[t], using="knowledge-gap")


FALSE = """
P22-beta-for-beta-tilde: beta_tilde[t] = beta[t]; definition; known-variance
exact-for-all-data: S[t] = beta_tilde[t]; definition; reverse-variance known-variance
index-shift: S[t] = beta[t] * V[t] / V[t - 1]; definition; reverse-variance
separation-reversed: L.blocks['separation'].left = SNR[t] - SNR[t - 1]; result; separation
"""
test_a_false_step_is_refuted = false_steps("reverse-variance", FALSE, start=2)
