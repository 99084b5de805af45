"""A random schedule with data, noise and a guess, at which proved formulas of a chapter are evaluated."""

from __future__ import annotations

import sympy as sp
import torch

from diffusion_lib.process import bound
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule

T = 30
TABLES = {"beta": "beta", "alpha": "alpha", "alpha_bar": "alpha_bar", "SNR": "snr"}


class World:
    """A random schedule and, for each time, data, noise and an estimate of it."""

    def __init__(self, seed):
        random = torch.Generator().manual_seed(seed)
        low, high = 1e-3 * (1 + seed), 0.4
        betas = low + (high - low) * torch.rand(T, generator=random, dtype=torch.float64)
        self.schedule, self.t = Schedule.from_betas(betas), torch.arange(1, T + 1)
        self.x_0, self.eps, self.guess = torch.randn(3, T, 1, generator=random, dtype=torch.float64)
        self.x_t = process.add_noise(self.schedule, self.x_0, self.t, self.eps)
        self.x_hat = process.x_0_from_eps(self.schedule, self.x_t, self.t, self.guess)

    def noise_predictor(self, x_t, t):
        return self.guess[t - 1]

    def proved(self, n, derivation, name, variance="beta", first=2, using=()):
        """The right side of a proved equality at t = first … T, as a tensor; ``n`` holds the chapter's names."""
        s, t = self.schedule, n["t"]
        columns = {n[key][t]: getattr(s, table) for key, table in TABLES.items() if key in n}
        columns |= {n[key][t - 1]: getattr(s, TABLES[key]).roll(1) for key in ("alpha_bar", "SNR") if key in n}
        columns |= {n["beta_tilde"][t]: s.posterior_variance}
        if "sigma2" in n:
            columns |= {n["sigma2"][t]: bound.step_variance(s, variance)}
        columns = {derivation.sympy(item): values[first:].tolist() for item, values in columns.items()}
        own = {n["x"][t]: self.x_t, n["x"][0]: self.x_0, n["eps"][t]: self.eps, n["guess"]: self.guess}
        if "x_hat" in n:
            own |= {n["x_hat"][t]: self.x_hat}
        columns |= {derivation.sympy(item): values[first - 1 :, 0].tolist() for item, values in own.items()}
        node = derivation.sympy(derivation.blocks[name].lines()[-1].right, using=using)
        function = sp.lambdify([*columns], node, "math")
        return torch.tensor([function(*row) for row in zip(*columns.values(), strict=True)], dtype=torch.float64)


def close(ours, proved):
    torch.testing.assert_close(ours.flatten(), proved, rtol=1e-12, atol=1e-12)
