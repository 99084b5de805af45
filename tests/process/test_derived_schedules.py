"""Schedules made from others: against diffusers and mpmath, the known slips, and what a schedule without signal may not
do."""

from __future__ import annotations

import json
import math

import peers
import pytest
import torch
from diffusers.schedulers.scheduling_ddim import rescale_zero_terminal_snr
from worlds import randn, seeded

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate import GaussianMixture, optimal_variance
from diffusion_lib.networks import MLP
from diffusion_lib.process import bits_per_dim, diagnose, x_0_from_eps
from diffusion_lib.process.betas import TABLES
from diffusion_lib.process.bound import step_term, weight
from diffusion_lib.process.derived_schedules import shifted, zero_terminal_snr
from diffusion_lib.process.identities import vp_to_ve
from diffusion_lib.process.registry import SCHEDULES, make_schedule, schedule_from_config
from diffusion_lib.process.schedule import Schedule, linear, scaled_linear
from diffusion_lib.sample import ddim, ddpm, dpmpp, euler, heun, langevin, last, lms
from diffusion_lib.train import TrainConfig, TrainState, train

BASES = [make_schedule(name, T) for name in SCHEDULES for T in (2, 50, 1000)]
SHORT = linear(20, 1e-3, 0.2)
ZERO = zero_terminal_snr(SHORT)
WORLD = GaussianMixture([[0.5, -0.2]], 0.7)
EXACT = {"rtol": 0, "atol": 1e-12}


def name(schedule):
    return f"{schedule.name}-{schedule.T}"


@pytest.mark.parametrize("base", BASES, ids=name)
def test_rescaling_is_that_of_diffusers(base):
    ours = zero_terminal_snr(base)
    torch.testing.assert_close(ours.beta[1:], rescale_zero_terminal_snr(base.beta[1:]), **EXACT)
    assert ours.alpha_bar[-1] == 0 and ours.snr[-1] == 0 and ours.beta[-1] == 1 and ours.one_minus_alpha_bar[-1] == 1
    assert ours.beta[1] == base.beta[1] and (ours.alpha_bar.diff() < 0).all() and ours.ends_in_noise
    assert ours.prior_kl() == 0 and not base.ends_in_noise
    assert zero_terminal_snr(ours) is ours


@pytest.mark.parametrize("base", BASES, ids=name)
def test_the_root_is_rescaled_and_not_the_share(base):
    """The slip: ᾱ itself shifted and scaled also ends in zero, at another schedule."""
    ours, (first, end) = zero_terminal_snr(base), base.alpha_bar[[1, -1]]
    root = (base.alpha_bar[1:].sqrt() - end.sqrt()) * first.sqrt() / (first.sqrt() - end.sqrt())
    torch.testing.assert_close(ours.alpha_bar[1:], root**2, **EXACT)
    slip = (base.alpha_bar[1:] - end) * first / (first - end)
    assert slip[-1] == 0 and (base.T == 2 or (slip - root**2).abs().max() > 4e-7)


@pytest.mark.parametrize("base", [*BASES, ZERO], ids=name)
@pytest.mark.parametrize("k", [0.5, 1, 2, 8.0])
def test_a_shift_divides_every_ratio_by_the_square(base, k):
    ours = shifted(base, k)
    torch.testing.assert_close(ours.snr[1:] * k**2, base.snr[1:], rtol=1e-9, atol=0)
    kept = base.alpha_bar / (base.alpha_bar + k**2 * base.one_minus_alpha_bar)
    torch.testing.assert_close(ours.alpha_bar, kept, rtol=1e-10, atol=1e-15)
    torch.testing.assert_close(shifted(ours, 1 / k).beta, base.beta, rtol=1e-9, atol=1e-15)


def test_the_mean_of_pixels_has_the_ratio_of_the_schedule_before_its_shift():
    """Draws: of pictures of one brightness, the mean of 4 x 4 pixels under the shifted schedule is as noisy as one
    pixel under the first."""
    t, ours = 12, shifted(SHORT, 4)
    noise = randn(20_000, 4, 4)
    shrunk = (ours.one_minus_alpha_bar[t] / ours.alpha_bar[t]).sqrt() * noise.mean((1, 2))
    assert abs(float(shrunk.var()) * float(SHORT.snr[t]) - 1) < 5 * (2 / 20_000) ** 0.5


@pytest.mark.parametrize("made", [ZERO, shifted(SHORT, 2), shifted(ZERO, 3.5), zero_terminal_snr(shifted(SHORT, 2))])
def test_config_rebuilds_them_bit_for_bit_through_json(made):
    again = schedule_from_config(json.loads(json.dumps(made.config)))
    assert again.config == made.config
    assert all(torch.equal(getattr(again, table), getattr(made, table)) for table in TABLES)
    assert torch.equal(made.to(dtype=torch.float32).alpha_bar, made.alpha_bar.float())


def test_a_linter_finds_nothing_left():
    assert [issue.code for issue in diagnose(scaled_linear())] == ["signal-left"]
    assert not diagnose(zero_terminal_snr(scaled_linear()))


# --- sampling from it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 5, 20])
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_sampling_is_that_of_diffusers_with_v(monkeypatch, steps, eta):
    config = {"num_train_timesteps": 20, "trained_betas": SHORT.beta[1:].tolist(), "clip_sample": False}
    config |= {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}
    peer, model = peers.scheduler(monkeypatch, "DDIM", **config), WORLD.noise_predictor(ZERO)
    peer.set_timesteps(steps)
    x, x_T, generator = randn(3, 2), randn(3, 2), seeded(1)
    for time in peer.timesteps:
        v = model.v(x, torch.full((3,), int(time) + 1))
        x = peer.step(v, time, x, eta=eta, generator=generator).prev_sample
    ours = last(ddim(model, x_T, ZERO, steps=steps, eta=eta, generator=seeded(1)))
    torch.testing.assert_close(ours, x, rtol=1e-7, atol=1e-7)  # the peer subtracts where we do not


def test_v_is_the_same_model_where_both_exist_and_the_mean_at_the_end():
    x_t, model = randn(4, 2), WORLD.noise_predictor(ZERO)
    t = torch.tensor([1, 5, 12, 19])
    clean = WORLD.denoiser(ZERO, x_t, t)
    torch.testing.assert_close(x_0_from_eps(ZERO, x_t, t, model(x_t, t)), clean)
    torch.testing.assert_close(model.v(x_t, 20), -WORLD.means.expand(4, 2))
    assert torch.equal(model(x_t, 20), x_t)


def test_one_gaussian_comes_out_with_its_own_moments():
    """Ancestral, all steps, the exact noise predictor: nothing is wrong at the start, and 20 steps leave little."""
    world = GaussianMixture([[6.0]], 3.0)
    found = {}
    for each in (SHORT, ZERO):
        x_T = randn(4000, 1, seed=2)
        found[each.name] = last(ddim(world.noise_predictor(each), x_T, each))
    assert abs(float(found["zero_terminal_snr"].mean()) - 6) < 0.3
    assert abs(float(found["linear"].mean()) - 6) > 0.5  # its last state is not centred, and the start is


def test_leading_times_never_see_the_end():
    visited = [record.t for record in ddim(WORLD.noise_predictor(ZERO), randn(1, 2), ZERO, steps=5, spacing="leading")]
    assert max(visited) == 17 and ZERO.snr[17] > 0
    assert next(ddpm(WORLD.noise_predictor(ZERO), randn(1, 2), ZERO, steps=5)).t == 20


def test_a_network_that_predicts_v_samples_from_the_end():
    torch.manual_seed(0)
    net = MLP(dim=2, width=8, depth=1, features=4, T=20, alpha_bar=ZERO.alpha_bar)
    torch.nn.init.normal_(net.layers[-1].weight)
    x_T = randn(3, 2).float()
    first, *_ = ddim(net, x_T, ZERO, steps=4)
    t = torch.full((3,), 20)
    torch.testing.assert_close(first.x_0_hat, -net.v(x_T, t).detach())
    assert torch.equal(net(x_T, t), x_T)
    other = MLP(dim=2, width=8, depth=1, features=4, T=20, alpha_bar=SHORT.alpha_bar)
    t = torch.tensor([3, 9, 20])
    kept, rest = (SHORT.gather(table, t, x_T).sqrt() for table in ("alpha_bar", "one_minus_alpha_bar"))
    torch.testing.assert_close(other(x_T, t), rest * x_T + kept * other.v(x_T, t))


# --- what divides by the signal is refused ----------------------------------------------------------------------------

X, T_END = randn(2, 2), torch.tensor([20, 20])
ORACLE = WORLD.noise_predictor(ZERO)
REFUSED = {
    "x_0 from eps": lambda: x_0_from_eps(ZERO, X, T_END, X),
    "x_0 from eps, one time": lambda: x_0_from_eps(ZERO, X, 20, X),
    "the other scale": lambda: vp_to_ve(ZERO, X, 20),
    "a term of the bound": lambda: step_term(ORACLE, ZERO, X, 20, X),
    "a weight": lambda: weight(ZERO, "v"),
    "the best table of variances": lambda: optimal_variance(ZERO, ZERO.beta),
    "lms": lambda: lms(ORACLE, X, ZERO),
    "euler": lambda: euler(ORACLE, X, ZERO),
    "heun": lambda: heun(ORACLE, X, ZERO),
    "dpmpp": lambda: dpmpp(ORACLE, X, ZERO),
    "langevin": lambda: langevin(ORACLE, X, ZERO),
    "karras": lambda: ddim(ORACLE, X, ZERO, steps=5, spacing="karras"),
    "a model of noise alone": lambda: ddim(lambda x_t, t: x_t, X, ZERO),
    "training in eps": lambda: next(
        train(
            TrainState.create(MLP(width=8, T=20, alpha_bar=ZERO.alpha_bar), TrainConfig(steps=1)),
            randn(9, 2).float(),
            ZERO,
            TrainConfig(steps=1),
        )
    ),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_has_no_value_there_is_refused(call):
    with pytest.raises(ConfigError, match="eps-prediction is undefined where alpha_bar_T = 0; use v-prediction"):
        call()


def test_noise_alone_has_no_level():
    with pytest.raises(ConfigError, match="level must be asked where alpha > 0, got t = 20"):
        ZERO.level(20)


def test_the_same_calls_pass_elsewhere():
    assert x_0_from_eps(ZERO, X, 19, X).isfinite().all() and vp_to_ve(ZERO, X, 1).isfinite().all()
    assert math.isfinite(bits_per_dim(step_term(ORACLE, ZERO, X, 19, X).mean(), 2)) and ZERO.level(19) > 0
    assert last(ddim(lambda x_t, t: x_t, X, ZERO, steps=5, spacing="leading")).isfinite().all()


BAD = {
    "one step": (lambda: zero_terminal_snr(linear(1)), "schedule must have at least 2 steps, got 1"),
    "k of 0": (lambda: shifted(SHORT, 0), "k must be"),
    "k of nan": (lambda: shifted(SHORT, math.nan), "k must be"),
    "eps network": (lambda: MLP(T=20, alpha_bar=ZERO.alpha_bar, prediction="x_0"), r"\(or 0, to predict v\)"),
    "v of eps": (lambda: MLP(T=20, prediction="eps").v(X.float(), T_END), 'prediction must be "v"'),
    "unknown name": (
        lambda: schedule_from_config({"name": "turned", "of": SHORT.config}),
        "schedule name must be one of 'zero_terminal_snr', 'shifted'",
    ),
    "betas of one": (lambda: Schedule.from_betas([0.5, 1.0]), "use v-prediction"),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
