"""The tables of the page's schedules are those of the library, to twelve digits."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.process.registry import SCHEDULES, make_schedule

TABLES = {"beta": "beta", "alphaBar": "alpha_bar", "rest": "one_minus_alpha_bar"}


def test_every_schedule_of_the_registry_is_known_to_the_page(modules):
    told = modules("maths/schedule.js", "(module) => Object.keys(module.betas)")
    assert set(told) == set(SCHEDULES), "betas of book/_static/lab/maths/schedule.js must list the registry's schedules"


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("T", [1, 2, 50, 1000])
def test_tables(modules, name, T):
    ours = make_schedule(name, T)
    told = modules("maths/schedule.js", "(module, [name, T]) => module.schedule(name, T)", [name, T])
    for theirs, table in TABLES.items():
        torch.testing.assert_close(
            torch.tensor(told[theirs], dtype=torch.float64), getattr(ours, table), rtol=1e-12, atol=0
        )


HUMPS = """(m, [name, t]) => {
    const { tables } = m.lab.setup(), kept = tables[name].alphaBar[t], rest = tables[name].rest[t];
    const heights = Array.from({ length: 2001 }, (_, i) => m.density(kept, rest, -4 + i / 250));
    return heights.filter((each, i) => i > 0 && each > heights[i - 1] && each > (heights[i + 1] ?? 0)).length;
}"""


@pytest.mark.parametrize(
    ("name", "t", "humps"), [("linear", 1, 2), ("linear", 333, 1), ("cosine", 500, 2), ("cosine", 600, 1)]
)
def test_the_humps_melt_when_the_page_says(modules, name, t, humps):
    assert modules("kinds/schedule.js", HUMPS, [name, t]) == humps
