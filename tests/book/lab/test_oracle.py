"""The chains of the page are those of the library's sampler with its exact model; what the block says is so."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from diffusion_lib.data import GAUSSIAN_MIXTURES
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.sample import ddim_step, timesteps

SCHEDULE = make_schedule("linear", 1000)
RING = GaussianMixture(GAUSSIAN_MIXTURES["ring"][0], 0.07)
ORACLE = RING.noise_predictor(SCHEDULE)


def tensor(told: object) -> torch.Tensor:
    return torch.tensor(told, dtype=torch.float64)


@pytest.mark.parametrize("T", [7, 1000])
def test_times(modules, T):
    ask = "(m, T) => Array.from({ length: Math.min(T, 120) }, (_, i) => m.visited(T, i + 1))"
    told = modules("maths/ddim.js", ask, T)
    assert told == [[*timesteps(T, steps), 0] for steps in range(1, min(T, 120) + 1)]


def test_the_fast_exponential_is_exact(modules):
    x = -45 * torch.rand(2000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x[:3] = tensor([0.0, -45.0, -1 / 128])
    told = tensor(modules("maths/exponential.js", "(m, x) => x.map(m.exponential)", x.tolist()))
    torch.testing.assert_close(told, x.exp(), rtol=2e-15, atol=0)


@pytest.mark.parametrize("t", [1, 20, 300, 1000])
def test_model(modules, t):
    x = tensor([[0.0, 0.0], [1.4, 0.1], [-3.0, 2.0], [0.7, -0.7]])
    ask = """(m, [t, x]) => { const { predictor: model, tables } = m.lab.setup();
        return Array.from(model(x, tables.alphaBar[t], tables.rest[t], new Float64Array(x.length))); }"""
    told = modules("kinds/oracle.js", ask, [t, x.flatten().tolist()])
    torch.testing.assert_close(tensor(told).view(-1, 2), ORACLE(x, t), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("eta", "steps"), [(0, 5), (0, 100), (0.5, 20), (1, 5), (1, 100)])
def test_chain(modules, eta, steps):
    """All states, with the page's own noise, which is drawn for 400 points in each step but the last."""
    ask = """async (m, [eta, steps]) => {
        const { gaussian } = await import('/lab/maths/random.js'), normal = gaussian(2);
        return [m.chain(m.lab.setup(), eta, steps).states.map((x) => Array.from(x)),
          Array.from({ length: steps - 1 }, () => Array.from({ length: 800 }, () => normal()))]; }"""
    states, noise = (tensor(part).view(-1, 400, 2) for part in modules("kinds/oracle.js", ask, [eta, steps]))
    x = states[0]
    for i, (t, s) in enumerate(pairwise([*timesteps(1000, steps), 0])):
        x = ddim_step(SCHEDULE, x, ORACLE(x, t), t, s, eta=float(eta), z=noise[i] if s else None)
        torch.testing.assert_close(states[i + 1], x, rtol=1e-7, atol=1e-7)


def test_between_two_times_a_point_is_on_the_line(modules):
    made = {"times": [1000, 500, 0], "states": [[0, 4], [2, 0], [1, 1]]}
    told = modules("kinds/oracle.js", "(m, made) => [1000, 750, 500, 100, 0].map((t) => m.cloud(made, t))", made)
    assert [value for place in told for value in place] == pytest.approx([0, 4, 1, 2, 2, 0, 1.2, 0.8, 1, 1])


@pytest.mark.parametrize("steps", [20, 50, 100])
def test_where_the_points_end(modules, steps):
    ask = """(m, steps) => { const model = m.lab.setup(), began = m.nearest(model, model.start);
        return [0, 1].map((eta) => { const { states } = m.chain(model, eta, steps), end = states[steps];
          return [m.nearest(model, end).filter((k, i) => k === began[i]).length, Array.from(end)]; }); }"""
    (left, flow), (right, noisy) = modules("kinds/oracle.js", ask, steps)
    assert left == 400  # every point
    assert 30 <= right <= 75  # one in eight are 50, with a standard deviation of 6.6
    for end in (flow, noisy):
        far = torch.cdist(tensor(end).view(-1, 2), RING.means).min(1).values > 4 * 0.07
        assert far.double().mean() < 0.06


def test_five_steps_stop_short(modules):
    ask = """(m) => { const model = m.lab.setup();
        const ends = [0, 1].map((eta) => m.chain(model, eta, 5).states[5]);
        return ends.map((x) => [Array.from(x), m.width(model, x)]); }"""
    for x, width in modules("kinds/oracle.js", ask):
        x = tensor(x).view(-1, 2)
        off = torch.cdist(x, RING.means).min(1).values
        assert width == pytest.approx(float((off.square().mean() / 2).sqrt()))
        assert x.norm(dim=1).max() < RING.means[0].norm()  # inside of the ring of centres
        assert (off > 2 * 0.07).double().mean() > 0.8


def test_the_sentence_counts_the_steps_that_were_taken(modules):
    ask = """(m, done) => { const model = m.lab.setup(), size = { width: 680, height: 370 };
        return m.lab.draw(model, { done, eta: 1, steps: 50 }, size).said; }"""
    for done, told in {0: "t = 1000, after 0", 850: "t = 150, after 42", 1000: "t = 0, after 50"}.items():
        assert modules("kinds/oracle.js", ask, done).startswith(f"{told} of 50 steps.")
