"""Modules that predict x_0, v or a velocity, as noise predictions: exact in float64, against the oracle."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from worlds import seeded

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.networks import MLP
from diffusion_lib.process import NoisePredictor, cosine, linear, make_process, x_0_from_eps
from diffusion_lib.process.derived_schedules import zero_terminal_snr
from diffusion_lib.process.identities import v_from_eps
from diffusion_lib.process.velocity import velocity_from_eps
from diffusion_lib.sample.ancestral import ddim, ddpm
from diffusion_lib.sample.chain import last

WORLD = GaussianMixture([[-1.0, 0.5], [0.3, -0.2], [1.2, 1.0]], [0.3, 0.1, 0.5], [0.2, 0.5, 0.3])
SCHEDULES = {"linear": linear(20, 1e-3, 0.2), "cosine": cosine(30)}
X = torch.randn(20, 2, generator=seeded(0), dtype=torch.float64)
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def model_of(prediction, schedule):
    """The optimal model of each kind.  That of the velocity knows the straight path alone, and no schedule."""
    if prediction == "velocity":
        path = make_process("flow")
        return lambda x, tau: velocity_from_eps(path, x, tau, WORLD.noise_predictor(path)(x, tau))
    oracle = WORLD.noise_predictor(schedule)

    def model(x_t, t):
        eps_hat = oracle(x_t, t)
        x_0_hat = x_0_from_eps(schedule, x_t, t, eps_hat)
        return {"eps": eps_hat, "x_0": x_0_hat, "v": v_from_eps(schedule, x_0_hat, t, eps_hat)}[prediction]

    return model


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("prediction", ["eps", "x_0", "v", "velocity"])
def test_the_optimal_model_of_each_kind_gives_the_oracle_s_noise_and_samples(prediction, name):
    schedule = SCHEDULES[name]
    predictor, oracle = (
        NoisePredictor(model_of(prediction, schedule), schedule, prediction),
        WORLD.noise_predictor(schedule),
    )
    t = torch.arange(1, 21)
    torch.testing.assert_close(predictor(X, t), oracle(X, t), **CLOSE)
    for sampler, eta in ((ddim, {"eta": 0.5}), (ddpm, {})):
        made = [last(sampler(each, X, schedule, steps=7, generator=seeded(1), **eta)) for each in (predictor, oracle)]
        torch.testing.assert_close(*made, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("prediction", ["x_0", "v", "velocity"])
def test_a_schedule_without_signal_at_its_end_is_sampled_by_v(prediction):
    schedule = zero_terminal_snr(SCHEDULES["linear"])
    x_0 = torch.tensor([[0.4, -0.7]], dtype=torch.float64)  # the data are this one point

    def model(x, t):
        if prediction == "velocity":  # x = (1 − τ) x_0 + τ ε
            return (x - x_0) / t[:, None]
        if prediction == "x_0":
            return x_0.expand_as(x)
        alpha_bar, rest, _ = schedule.powers(t, x)
        return (alpha_bar.sqrt() * x - x_0) / rest.sqrt()  # = √ᾱ ε − √(1 − ᾱ) x_0

    predictor = NoisePredictor(model, schedule, prediction)
    samples = last(ddim(predictor, X, schedule, steps=5))
    torch.testing.assert_close(samples, x_0.expand_as(X), rtol=1e-7, atol=1e-7)
    with pytest.raises(ConfigError, match="prediction must be 'x_0', 'v' or 'velocity' for v, got 'eps'"):
        NoisePredictor(model, schedule).v(X, torch.full((20,), 20))


@pytest.mark.parametrize("prediction", ["eps", "x_0", "v", "velocity"])
def test_clipping_clips_x_0_and_nothing_while_training(prediction):
    schedule = SCHEDULES["linear"]
    plain = NoisePredictor(model_of(prediction, schedule), schedule, prediction)
    clipped = NoisePredictor(plain.model, schedule, prediction, clip=0.5)
    t = torch.arange(1, 21)
    expected = x_0_from_eps(schedule, X, t, plain(X, t)).clamp(-0.5, 0.5)
    assert bool((expected.abs() == 0.5).any())
    torch.testing.assert_close(x_0_from_eps(schedule, X, t, clipped(X, t)), expected, **CLOSE)
    if prediction != "eps":
        torch.testing.assert_close(clipped.v(X, t), v_from_eps(schedule, expected, t, clipped(X, t)), **CLOSE)
    assert torch.equal(clipped.train()(X, t), plain(X, t)) and not torch.equal(clipped.eval()(X, t), plain(X, t))
    assert float(last(ddim(clipped, 3 * X, schedule)).abs().max()) <= 0.5 + 1e-9


class Conditioned(nn.Module):
    classes = 3

    def __init__(self):
        super().__init__()
        self.layer, self.offset, self.seen = nn.Linear(2, 2), nn.Embedding(4, 2), []

    def forward(self, x, t, condition=None):
        self.seen.append((x.dtype, t.dtype, condition))
        return self.layer(x) + (0 if condition is None else self.offset(condition + 1))


def test_a_condition_is_handed_on_and_classes_are_those_of_the_model():
    predictor, label = NoisePredictor(Conditioned(), SCHEDULES["linear"]), torch.tensor([0, 1, -1])
    t = torch.tensor([1, 2, 20])
    predictor(X[:3].float(), t, label)
    assert predictor.classes == 3 and predictor.model.seen[-1][2] is label
    assert NoisePredictor(model_of("eps", SCHEDULES["linear"]), SCHEDULES["linear"]).classes is None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("prediction", ["eps", "velocity"])
def test_a_model_of_another_dtype_is_asked_in_its_own(prediction, dtype):
    """x_T stays in single or double precision, in which the steps of a sampler add up."""
    schedule = SCHEDULES["linear"]
    torch.manual_seed(0)
    predictor = NoisePredictor(model := Conditioned().to(dtype), schedule, prediction)
    for state in (torch.float32, torch.float64):
        assert last(ddim(predictor, X.to(state), schedule, steps=3)).dtype == state
        assert model.seen[-1][0] == dtype
    assert model.seen[-1][1] == (torch.int64 if prediction == "eps" else torch.promote_types(dtype, torch.float32))
    exact = copy.deepcopy(predictor).double()(X, t := torch.full((20,), 9))
    torch.testing.assert_close(predictor(X, t), exact, rtol=0, atol=0.05)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_state_in_half_precision_is_refused_with_what_to_do(dtype):
    predictor = NoisePredictor(Conditioned().to(dtype), SCHEDULES["linear"])
    with pytest.raises(ConfigError, match=r"in which the steps add up, got torch.*float16; use x_T.float\(\), and for"):
        ddim(predictor, X.to(dtype), SCHEDULES["linear"])


def test_another_schedule_is_refused_also_that_of_the_network_inside():
    schedule = SCHEDULES["linear"]
    predictor = NoisePredictor(model_of("v", schedule), schedule, "v")
    for other in (linear(20), cosine(30)):
        with pytest.raises(ConfigError, match="schedule must be the predictor's, of T = 20"):
            ddim(predictor, X, other)
    network = MLP(2, T=30, alpha_bar=SCHEDULES["cosine"].alpha_bar)
    with pytest.raises(ConfigError, match="schedule must have the 30 steps of the network"):
        NoisePredictor(network, schedule)
    assert (
        last(ddim(NoisePredictor(network, SCHEDULES["cosine"], clip=1.0), X.float(), SCHEDULES["cosine"])).abs().max()
        <= 1
    )


REFUSED = {
    "model": ({"model": 3}, "model must be callable as model"),
    "schedule": ({"schedule": "linear"}, "schedule must be a Schedule, got 'linear'"),
    "prediction": ({"prediction": "epsilon"}, "prediction must be one of 'eps', 'x_0', 'v', 'velocity', got 'epsilon'"),
    "clip": ({"clip": 0.0}, "clip must be a finite number in"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_settings_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        NoisePredictor(**{"model": lambda x, t: x, "schedule": SCHEDULES["linear"]} | change)


@pytest.mark.parametrize(
    ("answer", "what"),
    [(lambda x: x[:, :1], r"got \(20, 1\)"), (lambda x: {"sample": x}, "got dict; for models of diff")],
)
def test_an_answer_that_is_no_prediction_is_refused(answer, what):
    predictor = NoisePredictor(lambda x, t: answer(x), SCHEDULES["linear"])
    with pytest.raises(ConfigError, match=rf"model must return a tensor of x_t's shape \(20, 2\), {what}"):
        predictor(X, torch.full((20,), 3))
