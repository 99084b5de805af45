"""The remade schedules of the page are the library's, and the block says what the chapter's formulas say."""

from __future__ import annotations

import math

import pytest
import torch

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import SCHEDULES, linear, make_schedule
from diffusion_lib.process.derived_schedules import shifted, zero_terminal_snr
from diffusion_lib.sample import ddim, last

TABLES = {"beta": "beta", "alphaBar": "alpha_bar", "rest": "one_minus_alpha_bar", "snr": "snr"}
MADE = "(m, [name, T, k]) => m.shifted(m.zeroTerminal(m.schedule(name, T)), k)"
KEPT = "(m, state) => m.kept(m.schedule(state), 4 ** state.side)"
SAID = "(m, state) => m.lab.draw({}, state, { width: 700, height: 300 }).said"


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("T", [2, 50, 1000])
@pytest.mark.parametrize("k", [1, 4])
def test_remade_tables(modules, name, T, k):
    ours = shifted(zero_terminal_snr(make_schedule(name, T)), k)
    told = modules("maths/schedule.js", MADE, [name, T, k])
    for theirs, table in TABLES.items():
        expected = getattr(ours, table)[1:]
        torch.testing.assert_close(
            torch.tensor(told[theirs][1:], dtype=torch.float64), expected, rtol=1e-9, atol=1e-300, msg=table
        )


def state(side, name="short", zero=False, shift=0):
    return {"side": side, "name": name, "zero": zero, "shift": shift}


@pytest.mark.parametrize("side", [3, 6])
def test_a_quiet_sampler_keeps_what_the_block_says(modules, side):
    """The exact noise predictor of Gaussian brightness, all steps: its map is linear, so one start is enough."""
    world = GaussianMixture([[0.0]], 0.4 * 2**side)
    steps = linear(200)
    end = last(ddim(world.noise_predictor(steps), torch.ones(1, 1, dtype=torch.float64), steps))
    kept = modules("kinds/brightness.js", KEPT, state(side))
    assert float(end) / (0.4 * 2**side) == pytest.approx(kept["quiet"], rel=0.05)
    assert kept["quiet"] < kept["noisy"] < 1


def test_what_the_page_says_to_see_is_so(modules):
    ask = lambda *given, **more: modules("kinds/brightness.js", KEPT, state(*given, **more))["quiet"]  # noqa: E731
    assert ask(9) < ask(6) < ask(3) < 0.75  # a larger picture, a narrower heap
    assert ask(9, zero=True) == ask(3, zero=True) == 1  # zero SNR: as wide as the data
    said = modules("kinds/brightness.js", SAID, state(6, shift=3))
    first = modules("kinds/brightness.js", SAID, state(3))
    of_mean = [text.split("image ")[1].split(". ")[0] for text in (said, first)]
    assert of_mean[0] == of_mean[1]  # k has undone what the side did


def test_the_noisy_share_is_the_chapters(modules):
    kept = modules("kinds/brightness.js", KEPT, state(3))
    a, c = float(linear(200).alpha_bar[-1]), 64 * 0.16
    V = a * c + 1 - a
    assert kept["noisy"] == pytest.approx(math.sqrt((a * c + (1 - a) * V) / V**2))
