"""The particles of the page take the library's steps, and do what the block says."""

from __future__ import annotations

import sys

import pytest
import torch

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process.continuous import vp
from diffusion_lib.sample import sde

LINE = GaussianMixture([[-1.0], [0.3], [1.2]], 0.25, [0.3, 0.3, 0.4])
PATH = vp()


@pytest.mark.parametrize("lam", [0, 0.5, 1.3])
def test_the_chain_is_that_of_the_library(modules, monkeypatch, lam):
    steps, draws = 12, torch.Generator().manual_seed(0)
    start, *noises = torch.randn(steps + 1, 5, 1, generator=draws, dtype=torch.float64)
    ask = """async (m, [start, noises, steps, lambda]) => { const { mixture } = await import('/lab/maths/mixture.js');
        const data = mixture([[-1], [0.3], [1.2]], 0.25, [0.3, 0.3, 0.4]);
        const states = m.backwards(data, Float64Array.from(start), steps, lambda, (k) => noises[k]);
        return states.map((x) => Array.from(x)); }"""
    given = [start.flatten().tolist(), [z.flatten().tolist() for z in noises], steps, lam]
    told = torch.tensor(modules("maths/family.js", ask, given), dtype=torch.float64)
    left = iter(noises)
    monkeypatch.setattr(sys.modules[sde.__module__], "noise", lambda *given: lambda like: next(left))
    ours = torch.stack([each.x_t for each in sde(LINE.noise_predictor(PATH), start, PATH, steps=steps, lam=lam)])
    torch.testing.assert_close(told, ours[:, :, 0], rtol=1e-9, atol=1e-9)


def ends(modules, **now):
    """The end of all particles, the probabilities of the clusters and the distance that the page shows."""
    ask = """(m, now) => { const model = m.lab.setup(), states = m.journey(model, now).at(-1);
        const shares = m.probabilities(model, 0, states), off = m.distance(model, 0, states);
        return { states: Array.from(states), shares, off }; }"""
    return modules("kinds/family.js", ask, {"lambda": 1, "steps": 100, "one": False, "x": 0.5} | now)


def test_what_the_page_shows_is_what_the_library_says(modules):
    told = ends(modules)
    states = torch.tensor(told["states"], dtype=torch.float64)
    shares = LINE.log_class(PATH, states[:, None], 0.0).exp().mean(0)
    torch.testing.assert_close(torch.tensor(told["shares"], dtype=torch.float64), shares, rtol=1e-9, atol=1e-9)
    grid = torch.linspace(-4, 4, 8001, dtype=torch.float64)
    below = (LINE.weights * torch.special.ndtr((grid[:, None] - LINE.means[:, 0]) / LINE.std)).sum(1)
    places = grid[torch.searchsorted(below, (torch.arange(200, dtype=torch.float64) + 0.5) / 200)]
    assert told["off"] == pytest.approx(float((states.sort().values - places).abs().mean()), abs=2e-3)


def test_without_noise_one_start_has_one_end_and_with_noise_it_has_all(modules):
    for x in (-1.5, 0.5, 1.5):
        assert len(set(ends(modules, **{"lambda": 0}, one=True, x=x)["states"])) == 1
        shares = ends(modules, one=True, x=x)["shares"]
        assert max(abs(a - b) for a, b in zip(shares, LINE.weights.tolist(), strict=True)) < 0.1


def test_with_few_steps_much_noise_is_far_off(modules):
    few = [ends(modules, steps=10, **{"lambda": lam})["off"] for lam in (0, 1, 1.5)]
    assert few[1] > 2 * few[0] and few[2] > few[1]


def test_the_particles_arrive_where_the_density_stands(modules):
    """Noise is at the left and data at the right, beside the density; the sentence gives mean probabilities."""
    ask = """(m, done) => { const model = m.lab.setup();
        const now = { lambda: 1, steps: 100, one: false, x: 0.5, done };
        const { svg, said } = m.lab.draw(model, now, { width: 680, height: 360 });
        const [, places] = svg.match(/<path d="([^"]*)" class="dots small c2"/);
        const last = m.journey(model, now)[Math.round(done)];
        const left = [...places.matchAll(/M([\\d.]+)/g)].map((each) => Number(each[1]));
        return { left, said, bars: svg.match(/<rect x="([\\d.]+)"/)[1],
                 shares: m.probabilities(model, 1 - done / 100, last).map((each) => Math.round(100 * each)) }; }"""
    begin, end = (modules("kinds/family.js", ask, done) for done in (0, 100))
    assert len({*begin["left"]}) == len({*end["left"]}) == 1
    assert begin["left"][0] < end["left"][0] < float(end["bars"])
    probabilities = ", ".join(map(str, end["shares"]))
    assert f"the posterior probabilities of the lower, middle and upper cluster are {probabilities} %" in end["said"]
