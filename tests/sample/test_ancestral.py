"""Samplers against exact models whose sampling distribution is known in closed form; test_parity has those of
diffusers.

Where the model is affine in x_t, mean and variance of the chain are propagated exactly, so that a planted bug is
an inequality between numbers and not a statistical test.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from itertools import pairwise

import diffusers
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from worlds import gaussian_model, randn, seeded, zero

from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.networks import MLP
from diffusion_lib.process.schedule import Schedule, cosine, linear, scaled_linear
from diffusion_lib.sample.ancestral import ddim, ddim_step, ddpm, ddpm_step
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.langevin import langevin
from diffusion_lib.sample.noise import generators, noise
from diffusion_lib.sample.times import SPACINGS, timesteps
from diffusion_lib.train.loop import eps_loss

SMALL_T = (1, 2, 3, 10, 50)
UNEVEN_STEPS = (3, 7, 9, 27, 53, 56, 333, 999)  # none divides 1000 evenly; several broke published schedulers


def point_model(schedule, point):
    """The exact eps for data that are one point: solve x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε for ε."""

    def model(x_t, t):
        alpha_bar = schedule.gather("alpha_bar", t, x_t)
        return (x_t - alpha_bar.sqrt() * point) / schedule.gather("one_minus_alpha_bar", t, x_t).sqrt()

    return model


def test_an_answer_that_is_no_tensor_is_refused_and_the_remedy_works():
    """A U-Net of diffusers as it is, in training and in sampling; told how, it is one."""
    unet = diffusers.UNet2DModel(
        8, 1, 1, block_out_channels=(32,), down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",)
    )
    x_T, schedule = randn(2, 1, 8, 8).float(), linear(10)
    match = r"must return a tensor, got UNet2DOutput; wrap it, as in (lambda x_t, t: unet\(x_t, t - 1\).sample)"
    with pytest.raises(ConfigError, match=match) as refused:
        last(ddim(unet, x_T, schedule, steps=2))
    with pytest.raises(ConfigError, match=match):
        eps_loss(unet, schedule, x_T, torch.tensor([1, 2]), x_T)
    wrapped = eval(re.search(match, str(refused.value))[1], {"unet": unet.requires_grad_(False)})
    assert last(ddim(wrapped, x_T, schedule, steps=2)).shape == x_T.shape


# --- times -----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 3000).flatmap(lambda T: st.tuples(st.just(T), st.integers(1, T))), st.sampled_from(SPACINGS))
def test_timesteps_are_as_many_as_asked_and_strictly_decreasing(T_steps, spacing):
    T, steps = T_steps
    times = timesteps(T, steps, spacing)
    assert len(times) == steps
    assert all(t > s for t, s in pairwise(times))
    assert times[-1] >= 1 and times[0] <= T
    assert times[0] == T if spacing == "trailing" else times[-1] == 1


@pytest.mark.parametrize("T", [*SMALL_T, 1000])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_every_step_count_including_T(T, spacing):
    for steps in range(1, T + 1):
        times = timesteps(T, steps, spacing)
        assert len(set(times)) == steps and times == sorted(times, reverse=True) and 1 <= times[-1] <= times[0] <= T
    assert times == list(range(T, 0, -1))


# --- chains with exact models -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 7, 20])
def test_ddim_with_eta_1_is_ddpm(steps):
    schedule, x_T = linear(20), randn(4, 2)
    model = gaussian_model(schedule, mean=1.0, std=0.5)
    one = ddim(model, x_T, schedule, steps=steps, eta=1.0, generator=seeded(1))
    other = ddpm(model, x_T, schedule, steps=steps, generator=seeded(1))
    for a, b in zip(one, other, strict=True):
        assert a.t == b.t
        torch.testing.assert_close(a.x_t, b.x_t, rtol=1e-13, atol=1e-13)


def samplers(model, x_T, schedule, steps, spacing):
    kwargs = {"steps": steps, "spacing": spacing, "generator": seeded(2)}
    yield ddpm(model, x_T, schedule, **kwargs)
    yield ddpm(model, x_T, schedule, variance="beta", **kwargs)
    for eta in (0.0, 0.5, 1.0):
        yield ddim(model, x_T, schedule, eta=eta, **kwargs)


@pytest.mark.parametrize("T", [1, 2, 3, 10, 25])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_one_point_is_found_by_every_sampler_with_every_step_count(T, dtype):
    schedule, point = linear(T), torch.tensor([0.7, -1.3], dtype=dtype)
    x_T = randn(3, 2, dtype=dtype)
    for steps in range(1, T + 1):
        for spacing in SPACINGS:
            for chain in samplers(point_model(schedule, point), x_T, schedule, steps, spacing):
                x_0 = last(chain)
                assert x_0.dtype == dtype and float((x_0 - point).abs().max()) < 1e-6


@pytest.mark.parametrize("steps", [1, 27, 53, 1000])
def test_one_point_is_found_at_T_1000(steps):
    schedule, point = linear(1000), torch.tensor([0.7, -1.3], dtype=torch.float64)
    for chain in samplers(point_model(schedule, point), randn(3, 2), schedule, steps, "trailing"):
        assert float((last(chain) - point).abs().max()) < 1e-6


def final_distribution(schedule, times, step=ddpm_step, mean=2.0, **options):
    """Mean and variance of the sample for data N(mean, 1), with x_T drawn from q(x_T): no sampling error.

    Each step is x_s = A x_t + B + σ z; three probes read A, B and σ off it.
    """
    model = gaussian_model(schedule, mean)
    m, variance = float(schedule.alpha_bar[times[0]]) ** 0.5 * mean, 1.0
    x, z = torch.tensor([[[0.0], [1.0], [0.0]], [[0.0], [0.0], [1.0]]], dtype=torch.float64)
    for t, s in zip(times, [*times[1:], 0], strict=True):
        moved = step(schedule, x, model(x, torch.full((3,), t)), t, s, z=z, **options)
        B, A_plus_B, sigma_plus_B = moved.flatten().tolist()
        m, variance = (A_plus_B - B) * m + B, (A_plus_B - B) ** 2 * variance + (sigma_plus_B - B) ** 2
    return m, variance


GAUSSIAN_CASES = [(50, 50), (50, 7), (1000, 27), (1000, 53), (10, 1)]


@pytest.mark.parametrize(("T", "steps"), GAUSSIAN_CASES)
def test_ddpm_keeps_the_law_of_unit_gaussian_data(T, steps):
    """With variance β each state has its exact distribution; the last step, without noise, leaves E[x_0 | x_t]:
    variance ᾱ_t."""
    schedule, times = linear(T), timesteps(T, steps)
    expected = 2.0, float(schedule.alpha_bar[times[-1]])
    assert final_distribution(schedule, times, variance="beta") == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("T", "steps"), GAUSSIAN_CASES)
def test_ddim_rotates_unit_gaussian_data(T, steps):
    """With √ᾱ_t = cos θ_t a deterministic step multiplies x_t − E x_t by cos(θ_t − θ_s): the standard deviation is
    their product."""
    schedule, times = linear(T), timesteps(T, steps)
    angle = schedule.alpha_bar.sqrt().acos()[[*times, 0]]
    expected = 2.0, float(angle.diff().cos().square().prod())
    assert final_distribution(schedule, times, ddim_step) == pytest.approx(expected, rel=1e-10)


def noisy_last_step(schedule, x_t, eps_hat, t, s, *, z, **options):
    moved = ddpm_step(schedule, x_t, eps_hat, t, s, z=z, **options)
    return moved + float(schedule.beta[1]) ** 0.5 * z if s == 0 else moved


def previous_is_t_minus_1(schedule, x_t, eps_hat, t, s, *, z, **options):
    return ddpm_step(schedule, x_t, eps_hat, t, t - 1 if s else 0, z=z, **options)


def sigma_off_by_2_percent(schedule, x_t, eps_hat, t, s, *, z, **options):
    return ddpm_step(schedule, x_t, eps_hat, t, s, z=1.02 * z, **options)


def alpha_bar_shifted(schedule, x_t, eps_hat, t, s, *, z, **options):
    shifted = Schedule.from_betas(schedule.beta[1:].roll(-1))
    return ddpm_step(shifted, x_t, eps_hat, t, s, z=z, **options)


@pytest.mark.parametrize(
    "bug",
    [noisy_last_step, previous_is_t_minus_1, sigma_off_by_2_percent, alpha_bar_shifted],
    ids=["P4-noisy-last-step", "prev-is-t-1", "sigma-times-1.02", "alpha-bar-shifted"],
)
def test_planted_bugs_change_the_distribution(bug):
    """By far more than the 1e-10 that the right step is held to."""
    schedule, times = linear(1000), timesteps(1000, 53)
    right = 2.0, float(schedule.alpha_bar[times[-1]])
    wrong = final_distribution(schedule, times, bug, variance="beta")
    assert max(abs(w / r - 1) for w, r in zip(wrong, right, strict=True)) > 1e-5


def test_monte_carlo_agrees_with_the_propagated_distribution():
    """The generators do what the steps say: 20,000 draws; the bound is 6 standard errors, a false alarm in 5e8 runs."""
    schedule, n = linear(50), 20_000
    x_T = float(schedule.alpha_bar[-1]) ** 0.5 * 2 + randn(n, 1)
    x_0 = last(ddpm(gaussian_model(schedule, 2.0), x_T, schedule, steps=7, variance="beta", generator=seeded(1)))
    mean, variance = final_distribution(schedule, timesteps(50, 7), variance="beta")
    assert abs(float(x_0.var()) / variance - 1) < 6 * math.sqrt(2 / n)
    assert abs(float(x_0.mean()) - mean) < 6 * math.sqrt(variance / n)


# --- what is yielded, and repeatability ------------------------------------------------------------------------------


def test_records_name_the_times_and_end_with_the_sample():
    schedule, point = linear(20), torch.tensor([0.5, 0.5], dtype=torch.float64)
    x_T = randn(3, 2)
    records = list(ddpm(point_model(schedule, point), x_T, schedule, steps=6, generator=seeded()))
    assert [record.t for record in records] == [*timesteps(20, 6), 0]
    assert torch.equal(records[0].x_t, x_T)
    for record in records:
        torch.testing.assert_close(record.x_0_hat, point.expand(3, 2), rtol=0, atol=1e-9)
    assert torch.equal(records[-1].x_t, records[-2].x_0_hat)


def test_model_gets_int64_times_of_the_batch_and_no_graph_is_kept():
    seen, weight = [], torch.ones(2, requires_grad=True)

    def model(x_t, t):
        seen.append((t.dtype, t.shape, int(t[0])))
        return 0 * x_t * weight

    chain = ddim(model, randn(5, 2, dtype=torch.float32).requires_grad_(), linear(10), steps=3)
    for record in chain:
        assert not record.x_t.requires_grad and torch.is_grad_enabled()  # a generator must not leave no_grad behind
    assert seen == [(torch.int64, (5,), t) for t in timesteps(10, 3)]


def test_same_generator_seed_same_sample_other_seed_other_sample():
    schedule, x_T = linear(10), randn(4, 1, 8, 8, dtype=torch.float32)
    one, two, other = (last(ddpm(zero, x_T, schedule, generator=seeded(seed))) for seed in (7, 7, 8))
    assert torch.equal(one, two) and not torch.equal(one, other)


def test_deterministic_ddim_draws_nothing():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    last(ddim(zero, randn(2, 2), linear(5)))
    assert torch.equal(before, torch.get_rng_state())


def test_ddpm_draws_once_per_step_and_not_for_the_last():
    generator, expected = seeded(1), seeded(1)
    last(ddpm(zero, randn(2, 3), linear(5), generator=generator))
    for _ in range(4):
        torch.randn(2, 3, generator=expected, dtype=torch.float64)
    assert torch.equal(generator.get_state(), expected.get_state())


def noisy_samplers(model, x_T, schedule, streams):
    yield ddpm(model, x_T, schedule, generator=streams)
    yield ddim(model, x_T, schedule, eta=0.5, steps=7, generator=streams)
    yield langevin(model, x_T, schedule, steps=5, repeats=2, generator=streams)


def test_a_sample_is_the_same_in_a_batch_of_any_size():
    """Bit for bit with an exact model in float64; with one stream for all, sample 1 would differ."""
    schedule, made = linear(20), {}
    world = GaussianMixture([[-1.0, 0.5], [0.3, -0.2]], 0.3)
    for n in (1, 4):
        batch = torch.empty(n, 2, dtype=torch.float64)
        for which in range(3):
            streams = generators(7, n)
            x_T = noise(streams, batch)(batch)
            chains = list(noisy_samplers(world.noise_predictor(schedule), x_T, schedule, streams))
            made[n, which] = last(chains[which])
    for which in range(3):
        assert torch.equal(made[1, which], made[4, which][:1])
        assert not torch.equal(made[4, which][0], made[4, which][1])


def test_streams_depend_on_the_seed_and_on_the_place():
    draws = {float(torch.randn(1, generator=stream)) for seed in (0, 1, 2**63 - 1) for stream in generators(seed, 5)}
    assert len(draws) == 15
    later = {float(torch.randn(1, generator=stream)) for seed in (0, 1, 2**63 - 1) for stream in generators(seed, 4, 1)}
    assert len(later) == 12 and later < draws
    with pytest.raises(ConfigError, match="seed must be"):
        generators(-1, 2)
    with pytest.raises(ConfigError, match="first must be"):
        generators(0, 2, -1)


PROMISE = {torch.float32: 1e-4, torch.float64: 1e-10}  # of the chapter `running`: largest difference between devices


@pytest.mark.parametrize("dtype", PROMISE, ids=["float32", "float64"])
def test_noise_is_drawn_on_the_cpu_for_every_device(dtype):
    """``meta`` stands for another device: what arrives there was drawn by the CPU's generator."""
    ours, theirs = seeded(3), seeded(3)
    there = torch.empty(4, 2, dtype=dtype, device="meta")
    assert noise(ours, there)(there).device.type == "meta"
    torch.randn(4, 2, generator=theirs, dtype=dtype)
    assert torch.equal(ours.get_state(), theirs.get_state())


@pytest.mark.parametrize("dtype", PROMISE, ids=["float32", "float64"])
def test_rounding_stays_within_what_is_promised_between_devices(dtype):
    """A GPU rounds otherwise, as does a CPU that is given a batch in another order or in parts.  Where there is a GPU,
    it is compared, too."""
    schedule, world = linear(50), GaussianMixture([[-1.0, 0.5], [0.3, -0.2]], 0.3)
    torch.manual_seed(0)
    network = MLP(T=50, alpha_bar=schedule.alpha_bar).to(dtype).requires_grad_(False)
    for model in (world.noise_predictor(schedule), network):
        x_T = randn(64, 2, dtype=dtype)
        whole = [last(chain) for chain in noisy_samplers(model, x_T, schedule, generators(1, 64))]
        parts = [
            [last(chain) for chain in noisy_samplers(model, x, schedule, stream)]
            for x, stream in zip(x_T.split(1), ([each] for each in generators(1, 64)), strict=True)
        ]
        others = [torch.cat(made) for made in zip(*parts, strict=True)]
        for one, other in zip(whole, others, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=PROMISE[dtype])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("dtype", PROMISE, ids=["float32", "float64"])
def test_a_gpu_makes_the_same_samples(dtype):
    schedule = linear(50)
    torch.manual_seed(0)
    network = MLP(T=50, alpha_bar=schedule.alpha_bar).to(dtype).requires_grad_(False)
    x_T, made = randn(64, 2, dtype=dtype), {}
    for device in ("cpu", "cuda"):
        chains = noisy_samplers(network.to(device), x_T.to(device), schedule, seeded(1))
        made[device] = [last(chain).cpu() for chain in chains]
    for one, other in zip(made["cpu"], made["cuda"], strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=PROMISE[dtype])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64], ids=["lower", "higher"])
def test_a_model_of_another_precision_keeps_the_dtype_of_x_T(dtype):
    for record in ddim(lambda x_t, t: x_t.to(dtype), randn(2, 2, dtype=torch.float32), linear(5)):
        assert record.x_t.dtype == record.x_0_hat.dtype == torch.float32


# --- faults ----------------------------------------------------------------------------------------------------------

X_T = torch.zeros(2, 2)
BAD_CALLS = {
    "steps-0": {"steps": 0},
    "steps-negative": {"steps": -5},
    "steps-above-T": {"steps": 11},
    "steps-bool": {"steps": True},
    "steps-float": {"steps": 5.0},
    "times-instead-of-a-number": {"steps": [10, 5, 1]},
    "increasing-times": {"steps": [1, 5, 10]},
    "no-times": {"steps": []},
    "variance-other": {"variance": "other"},
    "spacing-unknown": {"spacing": "trailling"},
    "eta-negative": {"eta": -0.1},
    "eta-above-1": {"eta": 1.1},
    "eta-nan": {"eta": math.nan},
    "eta-bool": {"eta": True},
    "generator-int": {"generator": 0},
    "fewer-generators-than-samples": {"generator": [seeded()]},
    "more-generators-than-samples": {"generator": [seeded()] * 3},
    "a-number-among-generators": {"generator": [seeded(), 0]},
    "x_T-nan": {"x_T": torch.tensor([[0.0, math.nan]])},
    "x_T-inf": {"x_T": torch.tensor([[math.inf, 0.0]])},
    "x_T-no-batch": {"x_T": torch.zeros(2)},
    "x_T-scalar": {"x_T": torch.tensor(0.0)},
    "x_T-empty": {"x_T": torch.zeros(0, 2)},
    "x_T-int": {"x_T": torch.zeros(2, 2, dtype=torch.int64)},
    "x_T-half": {"x_T": torch.zeros(2, 2, dtype=torch.float16)},
    "x_T-array": {"x_T": np.zeros((2, 2))},
    "model-none": {"model": None},
}


@pytest.mark.parametrize("kwargs", BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_arguments_are_refused_at_the_call(kwargs):
    """Before the iterator is advanced, and naming the argument."""
    arguments = {"model": zero, "x_T": X_T, "process": linear(10), **kwargs}
    sampler = ddim if "eta" in kwargs else ddpm
    with pytest.raises(ConfigError, match=rf"^{next(iter(kwargs))} must"):
        sampler(**arguments)


def test_model_with_another_shape():
    with pytest.raises(ConfigError, match="shape"):
        last(ddim(lambda x_t, t: x_t[:, :1], X_T, linear(3)))


@pytest.mark.parametrize("make", [linear, scaled_linear, cosine])
@pytest.mark.parametrize("T", [10, 1000, 10_000])
def test_ddim_with_all_its_noise_equals_ddpm_to_rounding(make, T):
    """Also where 1 − ᾱ_s − σ² is 0 to rounding: ᾱ_t is then 1e-20, and half of such roots were complex."""
    schedule, x_t, eps_hat, z = make(T), *(randn(4, 2, seed=i) for i in range(3))
    for t, s in [(T, 0), (T, 1), (T, T // 2), (T, T - 1), (T // 2, T // 4), (2, 1), (1, 0)]:
        x_s = ddim_step(schedule, x_t, eps_hat, t, s, eta=1.0, z=z)
        assert x_s.dtype == torch.float64
        x_0_hat = (x_t - schedule.one_minus_alpha_bar[t].sqrt() * eps_hat) / schedule.alpha_bar[t].sqrt()
        scale = 1 + float(schedule.alpha_bar[s].sqrt() * x_0_hat.abs().max())
        assert (x_s - ddpm_step(schedule, x_t, eps_hat, t, s, z=z)).abs().max() < 1e-14 * scale


def test_a_sample_is_real_where_no_signal_is_left():
    x_0 = last(ddim(zero, torch.ones(1, 2), scaled_linear(10_000), steps=2, eta=1.0, generator=seeded()))
    assert x_0.dtype == torch.float32 and x_0.isfinite().all()


def test_a_first_step_keeps_its_digits():
    """From t = 2 to 1 with betas of 1e-9, where 1 − ᾱ from ᾱ has seven digits: σ² = β_2 β_1 / (1 − ᾱ_2)."""
    schedule = Schedule.from_betas([1e-9, 3e-9])
    zeros, one = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    expected = math.sqrt(float(Fraction(1e-9) * Fraction(3e-9) / (1 - (1 - Fraction(1e-9)) * (1 - Fraction(3e-9)))))
    for step in (ddpm_step, lambda *args, **kwargs: ddim_step(*args, eta=1.0, **kwargs)):
        assert float(step(schedule, zeros, zeros, 2, 1, z=one)) == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize(("t", "s"), [(0, 0), (11, 3), (3, 3), (3, 4), (3, -1), (True, 0)])
@pytest.mark.parametrize("step", [ddpm_step, ddim_step])
def test_steps_refuse_bad_times(step, t, s):
    with pytest.raises(ConfigError, match=r"^[ts] must"):
        step(linear(10), X_T, X_T, t, s, z=X_T)


@pytest.mark.parametrize("z", [None, torch.zeros(2, 1)], ids=["absent", "broadcastable"])
def test_noise_of_another_shape_is_refused(z):
    with pytest.raises(ConfigError, match=r"^z must"):
        ddpm_step(linear(10), X_T, X_T, 5, 4, z=z)


def test_non_finite_sample_names_the_step():
    def model(x_t, t):
        return torch.where(t[0] == 4, torch.nan, 0.0) + x_t

    with pytest.raises(NonFiniteError, match="from t=4 to 3"):
        last(ddpm(model, X_T, linear(10), generator=seeded()))
