"""Every sampler against its counterpart in diffusers, in float64: each number of steps, both spacings, whole chains.

Where diffusers does something else, the difference is a test of its own:

- its trailing times add up floats, so that some have a half rounded the other way, or one time too many;
- DDIM always goes from t to t − ⌊T/steps⌋, which is not the next time where the times are uneven;
- DDPM with β_t draws noise in the last step too, unless the last time is 1;
- the samplers in σ start from σ_T z with trailing times, and from √(σ_T² + 1) z with leading ones.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import peers
import pytest
import torch
from worlds import seeded

from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.schedule import cosine, linear, scaled_linear
from diffusion_lib.sample.ancestral import ddim, ddpm
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.dpm import dpm2, dpmpp, unipc
from diffusion_lib.sample.ode import euler, heun, lms
from diffusion_lib.sample.times import GRIDS, SPACINGS, exponential_levels, karras_levels, sampling_timesteps, timesteps

WORLD = GaussianMixture([[-1.0, 0.5], [0.3, -0.2], [1.2, 1.0]], [0.3, 0.1, 0.5], [0.2, 0.5, 0.3])
EVERY = [(linear(1), range(1, 2)), (linear(20), range(1, 21)), (cosine(50), range(1, 51))]
FEW = [(linear(20), range(1, 21)), (cosine(50), (1, 2, 13, 50)), (scaled_linear(1000), (7, 53))]
SOME = [(scaled_linear(1000), (1, 2, 7, 50, 53, 56, 333))]  # neither 7 nor 53, 56, 333 divides 1000
FEWER = [pytest.param(schedule, counts, id=f"T{schedule.T}") for schedule, counts in FEW]
CASES = [pytest.param(schedule, counts, id=f"T{schedule.T}") for schedule, counts in EVERY + SOME]
TOLERANCE = {"rtol": 1e-10, "atol": 1e-10}
X_T = torch.randn(3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_how_often_the_times_of_diffusers_go_astray(monkeypatch):
    """So that the exceptions made below stay exceptions."""
    astray = {}
    for T in (20, 50, 1000):
        peer = peer_of(monkeypatch, "LMSDiscrete", linear(T), "trailing")
        for steps in range(1, T + 1):
            peer.set_timesteps(steps)
            if [int(t) + 1 for t in peer.timesteps] != timesteps(T, steps):
                astray.setdefault(T, []).append(steps)
    assert 20 not in astray and astray[50] == [12, 24, 28, 29, 31, 36, 44, 48] and len(astray[1000]) == 111


def peer_of(monkeypatch, name, schedule, spacing, **config):
    common = {"num_train_timesteps": schedule.T, "trained_betas": schedule.beta[1:].tolist()}
    if name in ("DDPM", "DDIM"):
        common["clip_sample"] = False  # they would keep x̂_0 in [−1, 1]; WORLD reaches further
    if name != "DPMSolverSinglestep":  # it knows one spacing only
        common["timestep_spacing"] = spacing
    return peers.scheduler(monkeypatch, name, **common, **config)


def run(peer, model, x, schedule, **options):
    """diffusers' own loop, from the state x in the peer's coordinates."""
    for time in peer.timesteps:
        x_t = peer.scale_model_input(x, time)
        eps_hat = model(x_t, torch.full((len(x),), int(time) + 1))
        x = peer.step(eps_hat, time, x, **options).prev_sample
    return x


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize(("schedule", "counts"), CASES)
@pytest.mark.parametrize(("variance", "theirs"), [("posterior", "fixed_small"), ("beta", "fixed_large")])
def test_ddpm(monkeypatch, schedule, counts, spacing, variance, theirs):
    model = WORLD.noise_predictor(schedule)
    peer = peer_of(monkeypatch, "DDPM", schedule, spacing, variance_type=theirs)
    for steps in counts:
        peers.set_times(peer, times := timesteps(schedule.T, steps, spacing))
        chain = list(ddpm(model, X_T, schedule, steps=steps, spacing=spacing, variance=variance, generator=seeded(1)))
        x, generator = X_T, seeded(1)
        for record, time in zip(chain, peer.timesteps, strict=False):
            torch.testing.assert_close(record.x_t, x, **TOLERANCE)
            eps_hat = model(x, torch.full((3,), int(time) + 1))
            end = peer.step(eps_hat, time, x, generator=generator)
            x = end.prev_sample
        torch.testing.assert_close(chain[-1].x_t, end.pred_original_sample, **TOLERANCE)
        if times[-1] == 1:
            torch.testing.assert_close(chain[-1].x_t, x, **TOLERANCE)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize(("schedule", "counts"), CASES)
@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_ddim(monkeypatch, schedule, counts, spacing, eta):
    model, T = WORLD.noise_predictor(schedule), schedule.T
    peer = peer_of(monkeypatch, "DDIM", schedule, spacing)
    for steps in counts:
        peers.set_times(peer, times := timesteps(T, steps, spacing))
        x, generator = X_T, seeded(1)
        for t, s in pairwise([*times, 0]):
            if T % steps:
                peer.num_inference_steps = Fraction(T, t - s)  # its rule then leads to our next time
            eps_hat = model(x, torch.full((3,), t))
            x = peer.step(eps_hat, t - 1, x, eta=eta, generator=generator).prev_sample
        ours = last(ddim(model, X_T, schedule, steps=steps, eta=eta, spacing=spacing, generator=seeded(1)))
        torch.testing.assert_close(ours, x, **TOLERANCE)


SOLVERS = {
    "EulerDiscrete": (euler, {}),
    "HeunDiscrete": (heun, {}),
    **{
        f"LMSDiscrete-{k}": (lambda *args, k=k, **more: lms(*args, order=k, **more), {"order": k}) for k in (1, 2, 3, 4)
    },
}


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize(("schedule", "counts"), CASES)
@pytest.mark.parametrize("name", SOLVERS)
def test_solvers_in_sigma(monkeypatch, schedule, counts, spacing, name):
    model, (solver, options) = WORLD.noise_predictor(schedule), SOLVERS[name]
    peer = peer_of(monkeypatch, name.partition("-")[0], schedule, spacing)
    for steps in counts:
        peers.set_times(peer, timesteps(schedule.T, steps, spacing))
        start = math.sqrt(float(peer.sigmas[0]) ** 2 + 1)
        if options:
            peer.sigmas = peer.sigmas.numpy()  # the integrand of its quadrature is slow on tensors
        x = run(peer, model, start * X_T, schedule, **options)
        ours = last(solver(model, X_T, schedule, steps=steps, spacing=spacing))
        torch.testing.assert_close(ours, x, **TOLERANCE)


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize(("schedule", "counts"), CASES)
def test_dpm_solver_2m(monkeypatch, schedule, counts, spacing):
    """The peer keeps x_t as we do; it is given our times, since its leading ones are others."""
    model = WORLD.noise_predictor(schedule)
    peer = peer_of(monkeypatch, "DPMSolverMultistep", schedule, "trailing", algorithm_type="dpmsolver++")
    for steps in counts:
        peer.set_timesteps(timesteps=[t - 1 for t in sampling_timesteps(schedule, steps, spacing)])
        x = run(peer, model, X_T, schedule)
        torch.testing.assert_close(last(dpmpp(model, X_T, schedule, steps=steps, spacing=spacing)), x, **TOLERANCE)


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize(("schedule", "counts"), FEWER)
def test_unipc(monkeypatch, schedule, counts, spacing):
    """bh2, order two: the predictor, and the corrector that takes the step before again."""
    model = WORLD.noise_predictor(schedule)
    peer = peer_of(monkeypatch, "UniPCMultistep", schedule, "linspace")
    for steps in counts:
        peer.set_timesteps(steps)
        peers.put_times(peer, sampling_timesteps(schedule, steps, spacing))
        x = run(peer, model, X_T, schedule)
        torch.testing.assert_close(last(unipc(model, X_T, schedule, steps=steps, spacing=spacing)), x, **TOLERANCE)


@pytest.mark.filterwarnings("ignore:.*dpmsolver:FutureWarning")
@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize(("schedule", "counts"), FEWER)
def test_dpm_solver_2(monkeypatch, schedule, counts, spacing):
    """The peer takes every second time for the middle of a step, and is given ours, and of which order each step is.

    It does not go to the level 0, where the log of the level is infinite; so all steps but the last are compared.
    """
    model = WORLD.noise_predictor(schedule)
    config = {"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"}
    peer = peer_of(monkeypatch, "DPMSolverSinglestep", schedule, "trailing", **config)
    for steps in counts:
        times, orders = [], []
        for t, s in pairwise([*sampling_timesteps(schedule, steps, spacing), 0]):
            m = schedule.log_midpoint(t, s)
            times += [t] if m is None else [t, m]
            orders += [1] if m is None else [1, 2]
        peer.set_timesteps(len(times))
        peers.put_times(peer, times)
        peer.order_list, peer.timesteps = orders, peer.timesteps[:-1]
        *_, ours, _ = dpm2(model, X_T, schedule, steps=steps, spacing=spacing)
        torch.testing.assert_close(ours.x_t, run(peer, model, X_T, schedule), **TOLERANCE)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize(("schedule", "counts"), CASES)
def test_euler_ancestral_is_the_chain_with_the_posterior_s_variance(monkeypatch, schedule, counts, spacing):
    model = WORLD.noise_predictor(schedule)
    peer = peer_of(monkeypatch, "EulerAncestralDiscrete", schedule, spacing)
    for steps in counts:
        peers.set_times(peer, timesteps(schedule.T, steps, spacing))
        start = math.sqrt(float(peer.sigmas[0]) ** 2 + 1)
        x = run(peer, model, start * X_T, schedule, generator=seeded(1))
        ours = last(ddpm(model, X_T, schedule, steps=steps, spacing=spacing, generator=seeded(1)))
        torch.testing.assert_close(ours, x, **TOLERANCE)


@pytest.mark.parametrize("schedule", [linear(20), scaled_linear(1000)], ids=["T20", "T1000"])
@pytest.mark.parametrize(("name", "of"), [("karras", karras_levels), ("exponential", exponential_levels)])
def test_levels(monkeypatch, schedule, name, of):
    """The levels are diffusers'; of its times, some come twice where ours go on to the neighbour.

    Its exponential times are cut off and not rounded, so that only the levels of these are compared.
    """
    peer = peer_of(monkeypatch, "DPMSolverMultistep", schedule, "trailing", **{f"use_{name}_sigmas": True})
    for steps in (2, 3, 10, 20):
        peer.set_timesteps(steps)
        levels = torch.tensor(of(schedule.level(schedule.T), schedule.level(1), steps))
        torch.testing.assert_close(levels.double(), peer.sigmas[:-1].double(), rtol=1e-6, atol=0)
        theirs, ours = [int(time) + 1 for time in peer.timesteps], list(sampling_timesteps(schedule, steps, name))
        if name == "karras":
            assert ours == theirs or len(set(theirs)) < steps
    assert name != "karras" or (len(set(theirs)) < 20 if schedule.T == 20 else ours == theirs)
