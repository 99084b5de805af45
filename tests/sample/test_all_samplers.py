"""What holds for every sampler of the registry: in discrete and in continuous time, and what its entry says."""

from __future__ import annotations

import inspect
import math
from itertools import pairwise

import pytest
import torch
from worlds import randn, seeded, zero

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.continuous import from_schedule, ve, vp
from diffusion_lib.process.registry import make_process
from diffusion_lib.process.schedule import cosine, linear
from diffusion_lib.registry import DATASETS, NETWORKS, SAMPLERS, SCHEDULES
from diffusion_lib.sample import ddim, dpm2, even_times, follow, last

EXACT = {"rtol": 1e-10, "atol": 1e-12}
DATA = GaussianMixture([[-1.2, -0.7], [1.2, -0.7], [0.0, 1.3]], [0.2, 0.4, 0.1], [0.25, 0.35, 0.4])
each_sampler = pytest.mark.parametrize("name", SAMPLERS)


def options(name):
    return {"generator": seeded(3)} if SAMPLERS[name].stochastic else {}


@pytest.mark.parametrize(
    "table", [SAMPLERS, SCHEDULES, NETWORKS, DATASETS], ids=["samplers", "schedules", "nets", "data"]
)
def test_every_entry_leads_to_a_function_and_names_its_source(table):
    for entry in table.values():
        assert callable(entry.function) and entry.source


@each_sampler
def test_the_entry_says_what_the_sampler_does(name):
    """It takes a generator if and only if it is stochastic, and calls the model as often as the entry says."""
    entry, calls = SAMPLERS[name], []

    def counted(x_t, t):
        calls.append(t)
        return torch.zeros_like(x_t)

    assert ("generator" in inspect.signature(entry.function).parameters) == entry.stochastic
    list(entry(counted, randn(2, 2), linear(100), steps=5, **options(name)))
    assert len(calls) == 4 * entry.nfe + (entry.nfe_last or entry.nfe)


@each_sampler
def test_a_schedule_and_the_same_process_in_continuous_time_give_the_same_chain(name):
    """At the times k / T; the midpoint of dpm2 is exact there, and rounded to a whole time here."""
    schedule, sampler = linear(1000), SAMPLERS[name]
    process, times = from_schedule(schedule), (1000, 517, 133, 17)
    discrete = sampler(DATA.noise_predictor(schedule), randn(5, 2), schedule, spacing=times, **options(name))
    real = [t / 1000 for t in (*times, 0)]
    continuous = sampler(DATA.noise_predictor(process), randn(5, 2), process, spacing=real, **options(name))
    close = {"rtol": 0, "atol": 0.02} if name == "dpm2" else {"rtol": 1e-9, "atol": 1e-9}
    for one, other in zip(discrete, continuous, strict=True):
        assert one.t / 1000 == other.t
        torch.testing.assert_close(one.x_t, other.x_t, **close)
        torch.testing.assert_close(one.x_0_hat, other.x_0_hat, **close)


def test_the_midpoint_of_dpm2_is_exact_in_continuous_time_and_its_order_is_two():
    process = vp()
    for t, s in ((1.0, 0.6), (0.3, 0.02)):
        aim = math.sqrt(process.level(t) * process.level(s))
        assert process.level(process.log_midpoint(t, s)) == pytest.approx(aim, rel=1e-12)
    x_T, model = randn(20, 2), DATA.noise_predictor(process)
    levels = [math.log(process.level(t)) for t in (1.0, 0.05)]

    def end(steps):  # even in log σ/α, where the order is that of the method
        times = [1.0]
        for k in range(1, steps + 1):
            low, high, aim = 0.0, 1.0, levels[0] + (levels[1] - levels[0]) * k / steps
            for _ in range(80):
                middle = (low + high) / 2
                low, high = (low, middle) if math.log(process.level(middle)) > aim else (middle, high)
            times.append(high)
        return last(dpm2(model, x_T, process, spacing=times))

    exact = end(640)
    errors = [float((end(steps) - exact).square().mean().sqrt()) for steps in (40, 80)]
    assert 3.3 < errors[0] / errors[1] < 4.7


def test_on_the_straight_path_ddim_is_eulers_method_for_the_velocity():
    """It begins at t = 1, where no data are left and the model is asked for v."""
    process = make_process("flow")
    x_T, times = randn(20, 2), even_times(7)
    ours = list(ddim(DATA.noise_predictor(process), x_T, process, steps=7))
    theirs = list(follow(lambda x, t: DATA.velocity(process, x, t), x_T, times))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.x_t, other.x_t, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", sorted(SAMPLERS.keys() - {"langevin", "dpm2"}))
def test_ve_and_the_chain_with_its_signal_to_noise_ratio_are_one_chain(name):
    """The states differ by the factor √(1 + σ²), and fresh noise by the same."""
    process, T = ve(0.02, 8.0), 12
    schedule, scale = process.discretized(T), math.hypot(1, process.level(1.0))
    x_T, sampler = randn(6, 2), SAMPLERS[name]
    there = list(sampler(DATA.noise_predictor(schedule), x_T, schedule, **options(name)))
    here = list(sampler(DATA.noise_predictor(process), x_T * scale, process, steps=T, **options(name)))
    for one, other in zip(there, here, strict=True):
        torch.testing.assert_close(one.x_t * math.hypot(1, process.level(other.t)), other.x_t, rtol=1e-8, atol=1e-8)


def test_levels_of_a_schedule_are_those_of_its_tables():
    schedule = cosine(30)
    for t, s in pairwise((30, 22, 9, 1, 0)):
        step = schedule.transition(t, s)
        assert step.level_t == pytest.approx(float(schedule.snr[t]) ** -0.5, rel=1e-14)
        assert step.sigma2_ts + step.alpha2_ts * step.sigma2_s == pytest.approx(step.sigma2_t, rel=1e-13)
    for t, s in ((0.9, 0.4), (0.2, 0.0)):
        step = ve().transition(t, s)
        assert step.sigma2_ts + step.alpha2_ts * step.sigma2_s == pytest.approx(step.sigma2_t, rel=1e-13)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "steps must be given in continuous time"),
        ({"steps": 0}, "steps must be"),
        ({"steps": 3, "spacing": "leading"}, "spacing must be 'trailing' or a list"),
        ({"steps": 3, "spacing": "karras"}, "spacing must be 'trailing' or a list"),
        ({"spacing": [0.1, 0.5, 1.0]}, "must list real times that fall"),
        ({"spacing": [1.0, 0.5, 0.0], "steps": 3}, "leave steps out"),
        ({"spacing": [1.5, 0.5]}, "times must be"),
        ({"process": "vp", "steps": 3}, "process must be a Schedule or a ContinuousProcess"),
        ({"process": make_process("flow"), "steps": 3}, r"model must have a method v\(x_t, t\)"),
    ],
)
def test_bad_times_in_continuous_time_are_refused_at_the_call(change, words):
    with pytest.raises(ConfigError, match=words):
        ddim(**{"model": zero, "x_T": randn(2, 2), "process": vp()} | change)


@pytest.mark.parametrize("name", ["euler", "heun", "lms", "dpm2", "dpm++", "unipc", "langevin"])
def test_what_divides_by_alpha_cannot_begin_where_it_is_0(name):
    process = make_process("flow")
    with pytest.raises(ConfigError, match=r"must begin where alpha_t is above 0, got 0 at t = 1\.0"):
        SAMPLERS[name](DATA.noise_predictor(process), randn(2, 2), process, steps=3)


def test_a_process_without_a_chain_is_not_discretized():
    with pytest.raises(ConfigError, match="beta must be in"):
        make_process("flow").discretized(10)
