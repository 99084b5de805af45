"""The tables of the page's schedules are those of the library, to twelve digits."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.process.schedule import SCHEDULES, make_schedule

TABLES = {"beta": "beta", "alphaBar": "alpha_bar", "rest": "one_minus_alpha_bar"}


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("T", [1, 2, 50, 1000])
def test_tables(modules, name, T):
    ours = make_schedule(name, T)
    told = modules("maths/schedule.js", "(module, [name, T]) => module.schedule(name, T)", [name, T])
    for theirs, table in TABLES.items():
        torch.testing.assert_close(
            torch.tensor(told[theirs], dtype=torch.float64), getattr(ours, table), rtol=1e-12, atol=0
        )
