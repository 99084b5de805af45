"""What the laboratory ``orders`` is given: the errors of samplers at many numbers of steps."""

from __future__ import annotations

from collections.abc import Callable

import torch

from diffusion_lib import sample
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.sample.times import equal_error_times, sampling_timesteps

from ..data import of_cell


def counted(model: Callable) -> tuple[list, Callable]:
    """A list that grows with each call, and the same model."""
    calls: list = []

    def recorded(x_t, t):
        calls.append(t)
        return model(x_t, t)

    return calls, recorded


def data() -> dict:
    """The first mixture of comparing-samplers, its hundred states, and where each sampler takes them, by grid."""
    schedule = make_schedule("linear", 1000)
    page = of_cell("comparing-samplers", "def cdf", torch=torch, T=1000, schedule=schedule)
    means, std, weights = [-1.0, 0.3, 1.2], 0.4, [0.3, 0.3, 0.4]
    mixture = GaussianMixture([[mean] for mean in means], std, weights)
    x_T = torch.special.ndtri((torch.arange(100, dtype=torch.float64)[:, None] + 0.5) / 100)
    end, model, errors = page["flow"](x_T, mixture), mixture.noise_predictor(schedule), {}
    solvers = {f"lms{order}": (sample.lms, {"order": order}) for order in (2, 3, 4)}
    solvers |= {"euler": (sample.euler, {}), "dpmpp": (sample.dpmpp, {}), "unipc": (sample.unipc, {})}
    solvers |= {"heun": (sample.heun, {}), "dpm2": (sample.dpm2, {})}
    chain = list(sample.ddim(model, x_T[2::5], schedule))  # where the estimates move
    for grid in ("trailing", "exponential", "karras", "equal"):
        errors[grid] = {name: [] for name in solvers}
        for steps in (2, 3, 4, 6, 10, 15, 20, 30, 50, 80, 125, 200):
            equal = grid == "equal"
            times = equal_error_times(schedule, chain, steps) if equal else sampling_timesteps(schedule, steps, grid)
            for name, (solver, options) in solvers.items():
                calls, recorded = counted(model)
                off = sample.last(solver(recorded, x_T, schedule, spacing=times, **options)) - end
                errors[grid][name].append([len(calls), float(f"{float(off.square().mean().sqrt()):.6g}")])
    given = {"means": means, "std": std, "weights": weights}
    return {"mixture": given, "x_T": x_T.flatten().tolist(), "errors": errors}
