"""The ladder of the page is the library's annealed Langevin sampler, without the shrinking; the block is right."""

from __future__ import annotations

import math

import pytest
import torch

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import Schedule
from diffusion_lib.sample import langevin

DATA = GaussianMixture([[-1.0], [1.0]], 0.2, [0.8, 0.2])
DESCENT = """async (m, rungs) => { const { gaussian } = await import('/lab/maths/random.js'), normal = gaussian(1);
    const made = m.descent(m.lab.setup(), rungs), noise = [];
    for (let n = 0; n < made.states.length; n++) noise.push(Array.from({ length: 1000 }, () => normal()));
    return { ...made, states: made.states.map((x) => Array.from(x)), noise }; }"""


def tensor(told: object) -> torch.Tensor:
    return torch.tensor(told, dtype=torch.float64)


@pytest.fixture(scope="module")
def descents(modules):
    return {rungs: modules("kinds/ladder.js", DESCENT, rungs) for rungs in (2, 3, 7, 12)}


@pytest.mark.parametrize("rungs", [2, 7, 12])
def test_descent(descents, rungs, monkeypatch):
    """A schedule of the page's levels, its noise: on arrival at each level and at the end the states are the same."""
    told = descents[rungs]
    levels, states, noise = tensor(told["ladder"]), tensor(told["states"]), iter(tensor(told["noise"])[1:, :, None])
    assert levels.tolist() == pytest.approx([3 * (0.2 / 3) ** (i / (rungs - 1)) for i in range(rungs)])
    kept = torch.cat([torch.ones(1, dtype=torch.float64), 1 / (1 + levels.flip(0).square())])
    schedule = Schedule.from_betas(1 - kept[1:] / kept[:-1])
    monkeypatch.setitem(langevin.__globals__, "noise", lambda generator, batch: lambda like: next(noise))
    start = tensor(told["noise"])[0][:, None]
    found = list(langevin(DATA.noise_predictor(schedule), start, schedule, repeats=told["repeats"], size=1.0))
    for record, ours in zip(found, states[:: told["repeats"]], strict=True):
        torch.testing.assert_close(record.x_t[:, 0] / schedule.alpha_bar[record.t].sqrt(), ours, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rungs", [2, 12])
def test_exact_densities(descents, rungs):
    told, places = descents[rungs], torch.linspace(-6, 6, 241, dtype=torch.float64)
    for sigma, heights, right in zip([*told["ladder"], 0], told["exact"], told["meant"], strict=True):
        noisy = GaussianMixture(DATA.means, math.hypot(0.2, sigma), DATA.weights)
        expected = noisy.log_density(Schedule.from_betas([0.5]), places[:, None], 0).exp()
        torch.testing.assert_close(tensor(heights), expected, rtol=1e-9, atol=1e-12)
        above = torch.special.ndtr(DATA.means[:, 0] / noisy.std) @ DATA.weights
        assert right == pytest.approx(float(above), abs=0.01)  # the figure ends at 6


@pytest.mark.parametrize("calls", [0, 1, 29, 30, 31, 59, 60])
def test_what_stands_on_a_rung(modules, calls):
    """States are named by the number of calls that made them."""
    made = {"ladder": [3, 0.2], "repeats": 30, "states": list(range(61))}
    ask = "(m, [made, calls]) => [0, 1, 2].map((rung) => m.standing(made, rung, calls))"
    first, second, sample = modules("kinds/ladder.js", ask, [made, calls])
    assert first == min(calls, 30)
    assert second == (min(calls, 59) if calls >= 30 else None)
    assert sample == (60 if calls == 60 else None)


def test_what_the_page_says(descents):
    ends = {rungs: tensor(told["states"][-1]) for rungs, told in descents.items()}
    fractions = {rungs: float((end > 0).double().mean()) for rungs, end in ends.items()}
    assert fractions[2] > 2 * 0.2
    assert fractions[2] > fractions[3] > fractions[7] >= fractions[12]
    assert 0.2 <= fractions[12] < 0.25
    assert all(told["repeats"] * rungs >= 54 for rungs, told in descents.items())
    for end in ends.values():
        assert ((end.abs() - 1).abs() < 1).all()  # all are in one of the modes
    told = descents[2]  # they fall into the nearer mode: where they were above, they end
    arrived = tensor(told["states"][told["repeats"]])
    assert ((arrived > 0) == (ends[2] > 0)).double().mean() > 0.95
    told = descents[12]  # and with twelve rungs many cross
    assert ((tensor(told["states"][told["repeats"]]) > 0) == (ends[12] > 0)).double().mean() < 0.8
