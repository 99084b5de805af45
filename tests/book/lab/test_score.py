"""The field and the chains of the page are those of the library; the statements of the block are true."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule

SCHEDULE = make_schedule("linear", 1000)
CLUSTERS = GaussianMixture([[-1.2, -0.7], [1.2, -0.7], [0.0, 1.3]], 0.25, [0.25, 0.35, 0.4])
STATES = torch.tensor([[-2.4, 2.4], [0.0, 0.0], [0.3, -0.8], [-1.2, -0.7]], dtype=torch.float64)


@pytest.mark.parametrize("t", [1, 50, 300, 1000])
def test_field(modules, t):
    ask = """async (m, [t, states]) => { const { score } = await import('/lab/maths/mixture.js');
        const { data, chain } = m.lab.setup();
        return states.map((x) => score(data, chain.alphaBar[t], chain.rest[t], x)); }"""
    told = modules("kinds/score.js", ask, [t, STATES.tolist()])
    torch.testing.assert_close(
        torch.tensor(told, dtype=torch.float64), CLUSTERS.score(SCHEDULE, STATES, t), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("t", [100, 1000])
def test_a_step_is_one_of_langevin(modules, t):
    """x + δ/2 · score + √δ z; that the chains of the library take such steps is tested in ``test_ladder``."""
    scores, z = CLUSTERS.score(SCHEDULE, STATES, t), STATES.flip(0)
    rest, size = SCHEDULE.one_minus_alpha_bar[t], 0.3
    ask = "(m, [xs, scores, delta, zs]) => xs.map((x, i) => m.step(x, scores[i], delta, zs[i]))"
    given = [STATES.tolist(), scores.tolist(), size * float(rest), z.tolist()]
    told = torch.tensor(modules("maths/langevin.js", ask, given), dtype=torch.float64)
    ours = STATES + size * rest / 2 * scores + (size * rest).sqrt() * z
    torch.testing.assert_close(told, ours, rtol=1e-12, atol=1e-12)


def after(modules, t, noise, x=-2, y=1):
    """The states after 400 steps, and the fractions of the clusters that the page shows."""
    ask = """(m, now) => { const model = m.lab.setup(), states = m.chains(model, now, 400)[400];
        return { states: Array.from(states), fractions: m.fractions(model, now.t, states) }; }"""
    told = modules("kinds/score.js", ask, {"t": t, "noise": noise, "x": x, "y": y})
    states = torch.tensor(told["states"], dtype=torch.float64).view(-1, 2)
    fractions = CLUSTERS.log_class(SCHEDULE, states, t).exp().mean(0)
    torch.testing.assert_close(torch.tensor(told["fractions"], dtype=torch.float64), fractions, rtol=1e-9, atol=1e-9)
    return states, fractions.tolist()


@pytest.mark.parametrize("t", [1, 50, 150, 250])
@pytest.mark.parametrize("place", [(-2.4, -2.4), (2.4, 0), (-0.4, 2.4), (-2, 1)])
def test_without_noise_a_chain_ends_at_a_mode(modules, t, place):
    (state,), _ = after(modules, t, False, *place)
    assert float(CLUSTERS.score(SCHEDULE, state[None], t).norm()) < 0.05
    around = state + 0.02 * torch.tensor([[1, 0], [-1, 0], [0, 1], [0, -1.0]], dtype=torch.float64)
    assert (CLUSTERS.log_density(SCHEDULE, around, t) < CLUSTERS.log_density(SCHEDULE, state[None], t) + 1e-6).all()


def test_little_noise_keeps_the_chains_where_they_began(modules):
    for place in ((-2, 1), (-2, -1), (-1.2, -0.7), (-1, 2.4), (-1, -2.4), (-2.4, 0)):
        assert after(modules, 30, True, *place)[1][1] < 0.001


def test_more_noise_spreads_them_as_the_data_are(modules):
    for place in ((-2, 1), (2, -2), (0, 1.3)):
        fractions = after(modules, 300, True, *place)[1]
        assert max(abs(a - b) for a, b in zip(fractions, CLUSTERS.weights.tolist(), strict=True)) < 0.12
