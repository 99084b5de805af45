"""Proved formulas as numbers: the right side of a block at all times of a random schedule."""

from __future__ import annotations

import sympy as sp
import torch

from derive import Derivation
from derive.language.times import Sequence
from diffusion_lib.process.schedule import Schedule

T = 40


def random_schedule(seed: int, most: float = 0.3) -> Schedule:
    """T steps, each of which takes up to ``most`` of the variance."""
    draws = torch.Generator().manual_seed(seed)
    return Schedule.from_betas(0.001 + most * torch.rand(T, generator=draws, dtype=torch.float64))


def random_states(seed: int) -> torch.Tensor:
    """A state, a predicted noise and a fresh noise for each time."""
    return torch.randn(3, T + 1, 1, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def derivation_of(names: dict) -> Derivation:
    """The one derivation among the names of a chapter."""
    (found,) = {id(thing): thing for thing in names.values() if isinstance(thing, Derivation)}.values()
    return found


def right(names: dict, block: str):
    return derivation_of(names).blocks[block].lines()[-1].right


def formula(names: dict, node, *letters: str):
    """A proved expression, or the end of a proved block, as a function of the named letters of the chapter."""
    D, node = derivation_of(names), right(names, node) if isinstance(node, str) else node
    return sp.lambdify([D.sympy(names[letter]) for letter in letters], D.sympy(node), "math")


def table(names: dict, schedule: Schedule, node, values=None, first: int = 1) -> torch.Tensor:
    """A formula of a chapter at the times from ``first`` to T; ``values`` holds those of further letters."""
    D, t = derivation_of(names), names["t"]
    level = torch.cat([torch.zeros(1, dtype=torch.float64), schedule.snr[1:] ** -0.5])
    rows = {"beta": schedule.beta, "alpha": schedule.alpha, "alpha_bar": schedule.alpha_bar, "SNR": schedule.snr}
    rows |= {"level": level}
    columns = {}
    for name, row in rows.items():
        if isinstance(names.get(name), Sequence):
            columns |= {names[name][t]: row[1:]} | ({names[name][t - 1]: row[:-1]} if names[name].start == 0 else {})
    columns |= values or {}
    function = sp.lambdify([D.sympy(key) for key in columns], D.sympy(node), "math")
    numbers = [[float(column[time]) for column in columns.values()] for time in range(first - 1, T)]
    return torch.tensor([function(*row) for row in numbers], dtype=torch.float64)


def close(ours: torch.Tensor, proved: torch.Tensor) -> None:
    torch.testing.assert_close(ours, proved, rtol=1e-12, atol=1e-12)
