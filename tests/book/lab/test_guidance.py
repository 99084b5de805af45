"""Tilted density and samples are those of the library's oracle and sampler; the claims of the block hold."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import cosine
from diffusion_lib.process.guidance import mix
from diffusion_lib.sample import ddim

SCHEDULE = cosine(400)
ALL = GaussianMixture([[-1.2], [0.3], [1.1]], std=[0.35, 0.3, 0.35], weights=[0.5, 0.3, 0.2])
CLASS = ALL.only([1, 2])
PLACES = torch.linspace(-6, 6, 601, dtype=torch.float64)
SHOWN = """(m, [g, t]) => { const told = m.shown(m.lab.setup(), g, t);
    return { ...told, points: Array.from(told.points) }; }"""


def shown(modules, g, t):
    told = modules("kinds/guidance.js", SHOWN, [g, t])
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in told.items()}


def chain(g):
    """The states of the library's chain, by time, from the page's places at T."""
    eps_u, eps_c = ALL.noise_predictor(SCHEDULE), CLASS.noise_predictor(SCHEDULE)
    start = torch.linspace(-5, 5, 201, dtype=torch.float64)[:, None]
    found = ddim(lambda x, t: mix(eps_u(x, t), eps_c(x, t), g), start, SCHEDULE, steps=100)
    return {record.t: record.x_t[:, 0] for record in found}


def aim(g, t):
    logs = [data.log_density(SCHEDULE, PLACES[:, None], t) for data in (ALL, CLASS)]
    density = torch.exp((1 - g) * logs[0] + g * logs[1])
    return density / torch.trapezoid(density, PLACES)


@pytest.mark.parametrize("g", [0.0, 1.0, 2.5, 8.0])
@pytest.mark.parametrize("t", [0, 4, 200, 400])
def test_aim_and_samples(modules, g, t):
    told, close = shown(modules, g, t), {"rtol": 1e-8, "atol": 1e-8}
    torch.testing.assert_close(told["points"], chain(g)[t], **close)
    torch.testing.assert_close(told["aimed"], aim(g, t), **close)
    for name, data in (("all", ALL), ("part", CLASS)):
        torch.testing.assert_close(told[name], data.log_density(SCHEDULE, PLACES[:, None], t).exp(), **close)
    assert float(told["mass"].sum()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("g", [0.5, 2.0, 4.0])
def test_the_distance_is_that_of_the_quantiles(modules, g):
    """The page measures how far quantiles are apart: between two distributions on a line that is the area."""
    told = shown(modules, g, 0)
    fraction = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    ends = chain(g)[0], torch.linspace(-5, 5, 201, dtype=torch.float64)
    mine = torch.tensor(_interpolate(torch.special.ndtri(fraction), ends[1], ends[0]))
    rises = torch.cat([torch.zeros(1, dtype=torch.float64), torch.cumulative_trapezoid(aim(g, 0), PLACES)])
    ideal = torch.tensor(_interpolate(fraction, rises, PLACES))
    assert float(told["apart"]) == pytest.approx(float((mine - ideal).abs().mean()), abs=2e-3)


def _interpolate(x, places, values):
    right = torch.searchsorted(places, x).clamp(1, len(places) - 1)
    part = (x - places[right - 1]) / (places[right] - places[right - 1])
    return (values[right - 1] + part * (values[right] - values[right - 1])).tolist()


@pytest.mark.parametrize("t", [0, 40, 100, 200, 300, 400])
def test_without_guidance_the_samples_have_the_aim(modules, t):
    assert shown(modules, 1.0, t)["apart"] < 0.01


def test_with_guidance_they_leave_the_mode_that_the_tilted_density_keeps(modules):
    told = shown(modules, 4.0, 0)
    mode = PLACES < 0.7  # left of the valley between the two parts of the class
    assert torch.trapezoid(told["aimed"][mode], PLACES[mode]) > 0.5
    middles = (told["points"][1:] + told["points"][:-1]) / 2
    assert told["mass"][middles < 0.7].sum() < 0.01


@pytest.mark.parametrize("g", [2.0, 4.0, 8.0])
def test_they_part_on_the_way_to_the_data(modules, g):
    apart = [float(shown(modules, g, t)["apart"]) for t in (400, 360, 300, 200)]
    assert apart[0] < 0.01
    assert all(late < early for late, early in pairwise(apart))
    assert shown(modules, g, 0)["apart"] > 0.3
