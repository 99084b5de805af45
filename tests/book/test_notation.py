"""Each row of the notation table is checked: the names exist, and the values agree with diffusers, or an identity."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import math
import re

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LMSDiscreteScheduler,
    StableDiffusionPipeline,
)
from diffusers.guiders import ClassifierFreeGuidance
from diffusers.training_utils import compute_snr
from PIL import Image
from root import ROOT
from torch.distributions import Normal, kl_divergence

from booktools.site.justifications_directive import PROVED
from diffusion_lib import sample
from diffusion_lib import sample as samplers
from diffusion_lib.evaluate import distances as metrics
from diffusion_lib.evaluate import oracle
from diffusion_lib.evaluate import vlb as expected
from diffusion_lib.process import bound, velocity
from diffusion_lib.process import identities as process
from diffusion_lib.process.registry import make_process
from diffusion_lib.process.schedule import linear
from diffusion_lib.sample import langevin, ode
from diffusion_lib.stable_diffusion import autoencoder as codec
from diffusion_lib.train import loop as train
from models.miniature.data import rendering, synthetic
from models.miniature.training import networks, train_vae

PAGE = ROOT / "book" / "notation.md"
T = 50
schedule = linear(T)
t = torch.arange(1, T + 1)
noise = torch.Generator().manual_seed(0)
x_0, eps = (torch.randn(T, 3, generator=noise, dtype=torch.float64) for _ in range(2))
x_t = process.add_noise(schedule, x_0, t, eps)


def reference(kind=DDPMScheduler, **options):
    """A diffusers scheduler on our betas, its tables raised to float64 so that the comparison is exact."""
    scheduler = kind(num_train_timesteps=T, trained_betas=schedule.beta[1:].tolist(), clip_sample=False, **options)
    scheduler.betas = schedule.beta[1:]
    scheduler.alphas = 1 - scheduler.betas
    scheduler.alphas_cumprod = scheduler.alphas.cumprod(0)
    return scheduler


def same(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def parameter(function, name):
    return name in inspect.signature(function).parameters


def table_index():
    same(schedule.beta[t], reference().betas[t - 1])


def variances(name, kind):
    scheduler = reference(variance_type=kind)
    return torch.stack([scheduler._get_variance(i) for i in range(T)])[1:]


def reverse_variances():
    zeros, one = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    for variance, exact in (("posterior", schedule.posterior_variance[2]), ("beta", schedule.beta[2])):
        same(sample.ddpm_step(schedule, zeros, zeros, 2, 1, variance=variance, z=one)[0, 0], exact.sqrt())
    same(variances("fixed_small", "fixed_small"), schedule.posterior_variance[2:])
    same(variances("fixed_large", "fixed_large"), schedule.beta[2:])


def eta_adds_noise():
    assert parameter(sample.ddim, "eta") and parameter(DDIMScheduler.step, "eta")


def steps_count():
    scheduler = reference(DDIMScheduler)
    scheduler.set_timesteps(num_inference_steps=7)
    assert len(scheduler.timesteps) == len(samplers.timesteps(T, 7)) == 7


def multistep_order():
    one, two = (ode.lms(lambda x, t: x, x_t, schedule, steps=3, order=order) for order in (1, 2))
    same(sample.last(one), sample.last(ode.euler(lambda x, t: x, x_t, schedule, steps=3)))
    assert not torch.equal(sample.last(two), sample.last(ode.euler(lambda x, t: x, x_t, schedule, steps=3)))
    assert parameter(LMSDiscreteScheduler.step, "order")


def langevin_step():
    """Song and Ermon's step of α = ε σ_t² / σ_L² in the state that is not shrunk."""
    sigma, last_sigma, r = schedule.snr[T] ** -0.5, 0.01, 0.3
    length = r * last_sigma**2 * sigma**2 / last_sigma**2
    z = torch.randn(x_t.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    options = {"repeats": 1, "size": r, "generator": torch.Generator().manual_seed(0)}
    before, after = itertools.islice(langevin(lambda x_t, t: eps, x_t, schedule, **options), 2)
    point, moved = before.x_t / schedule.alpha_bar[T].sqrt(), after.x_t / schedule.alpha_bar[T - 1].sqrt()
    same(moved, point - length / 2 * eps / sigma + length.sqrt() * z)
    assert parameter(langevin, "size")


def floor_of_gaussian_data():
    s = 0.6
    exact = schedule.alpha_bar * s**2 / (schedule.alpha_bar * s**2 + 1 - schedule.alpha_bar)
    same(oracle.GaussianMixture([[0.5]], s).floors(schedule)[1:], exact[1:])


def variance_of_a_true_step():
    """Gaussian data have Gaussian reverse steps: precisions add up."""
    s = 0.6
    V = schedule.alpha_bar * s**2 + 1 - schedule.alpha_bar
    floors = schedule.alpha_bar * s**2 / V
    exact = 1 / (1 / V[:-1] + schedule.alpha[1:] / schedule.beta[1:])
    same(expected.optimal_variance(schedule, floors)[1:], exact)


def simple_loss():
    loss = train.eps_loss(lambda x, t: torch.zeros_like(x), schedule, x_0, t, eps)
    same(loss, torch.nn.functional.mse_loss(torch.zeros_like(eps), eps))


def latent_loss():
    """Of pictures that are coded two numbers to one: what is left out of the latent has no part in the loss."""
    pictures = torch.cat([x_0, 9 * eps], 1)
    z_0 = pictures[:, :3]
    loss = train.eps_loss(lambda z_t, t: z_t, schedule, z_0, t, eps)
    same(loss, (process.add_noise(schedule, x_0, t, eps) - eps).square().mean())


def frechet_of_a_shift():
    """Of a cloud and the same cloud moved and stretched: the shift squared and (s − r)² for each axis."""
    assert abs(metrics.frechet_distance(x_0, x_0 + 2) - 3 * 2**2) < 1e-9
    spread = float((x_0 - x_0.mean(0)).square().sum() / (T - 1))
    assert abs(metrics.frechet_distance(x_0 - x_0.mean(0), 3 * (x_0 - x_0.mean(0))) - 4 * spread) < 1e-9


def flow_step():
    """Their step, in single precision, leads from one state of a pair to the next along our velocity."""
    scheduler, path = FlowMatchEulerDiscreteScheduler(), make_process("flow")
    scheduler.set_timesteps(sigmas=[0.9, 0.5, 0.2])
    u = velocity.velocity_of_pair(path, x_0, 0.9, eps)
    for place, s in enumerate((0.5, 0.2, 0.0)):
        now = process.add_noise(path, x_0, float(scheduler.sigmas[place]), eps)
        theirs = scheduler.step(u, scheduler.timesteps[place], now).prev_sample
        torch.testing.assert_close(process.add_noise(path, x_0, s, eps), theirs, rtol=1e-5, atol=1e-5)


def posterior_mean():
    mean, _ = process.posterior(schedule, x_0, x_t, t)
    for i in range(2, T + 1):
        row = slice(i - 1, i)
        scheduler = reference(variance_type="fixed_small")
        scheduler.config.prediction_type = "sample"
        step = scheduler.step(x_0[row], i - 1, x_t[row], generator=torch.Generator().manual_seed(i))
        z = torch.randn(1, 3, generator=torch.Generator().manual_seed(i), dtype=torch.float64)
        same(mean[row], step.prev_sample - schedule.posterior_variance[i].sqrt() * z)


def ve_levels():
    sigma = schedule.snr[1:] ** -0.5
    sigmas = EulerDiscreteScheduler(num_train_timesteps=T, trained_betas=schedule.beta[1:].tolist())
    sigmas.set_timesteps(T)
    torch.testing.assert_close(sigma.flip(0).float(), sigmas.sigmas[:-1], rtol=1e-4, atol=1e-6)  # stored in float32


def signal_to_noise():
    theirs = compute_snr(reference(), t - 1)  # computed in float32, whatever the tables hold
    torch.testing.assert_close(schedule.snr[1:].float(), theirs, rtol=1e-3, atol=0)


def unshrunk_point():
    scheduler = EulerDiscreteScheduler(num_train_timesteps=T, trained_betas=schedule.beta[1:].tolist())
    scheduler.set_timesteps(T)
    scheduler.sigmas = schedule.snr[1:].flip(0) ** -0.5  # in float64
    unshrunk = process.vp_to_ve(schedule, x_t, t)
    same(unshrunk, x_0 + schedule.snr[t][:, None] ** -0.5 * eps)
    for i in range(T, 0, -1):
        scheduler._step_index = T - i
        same(scheduler.scale_model_input(unshrunk[i - 1], i - 1), x_t[i - 1])


def best_estimate():
    """Of a pair of points, against Bayes' rule written out."""
    points = torch.tensor([[-1.0, 0, 2], [0.5, 1, -1]], dtype=torch.float64)
    noises = (x_t[:, None] - schedule.alpha_bar[t].sqrt()[:, None, None] * points) / (1 - schedule.alpha_bar[t]).sqrt()[
        :, None, None
    ]
    chances = (-noises.square().sum(-1) / 2).softmax(1)
    same(oracle.GaussianMixture(points, 0.0).noise_predictor(schedule)(x_t, t), (chances[..., None] * noises).sum(1))


def guidance_scale():
    """One point on the line through both estimates, in the four ways of counting."""
    world, some, g = oracle.GaussianMixture.named("ring"), [0, 1, 2], 2.5
    states = x_t[:, :2].clone().requires_grad_()
    eps_u, eps_c = world.noise_predictor(schedule)(states, t), world.only(some).noise_predictor(schedule)(states, t)
    (slope,) = torch.autograd.grad(world.log_class(schedule, states, t, some).sum(), states)
    guided = (eps_u + g * (eps_c - eps_u)).detach()
    same(guided, eps_u - g * (1 - schedule.alpha_bar[t]).sqrt()[:, None] * slope)  # Dhariwal and Nichol, s = g
    same(guided, g * eps_c + (1 - g) * eps_u)  # Imagen, w = g
    same(guided, ClassifierFreeGuidance(guidance_scale=g).forward(eps_c, eps_u).pred)
    original = ClassifierFreeGuidance(guidance_scale=g - 1, use_original_formulation=True)  # Ho and Salimans, w = g - 1
    same(guided, original.forward(eps_c, eps_u).pred)


def prior_divergence():
    alpha_bar = schedule.alpha_bar[T]
    exact = -0.5 * torch.log1p(-alpha_bar) / math.log(2)
    assert abs(schedule.prior_kl() - float(exact)) < 1e-12  # data of unit variance: the first two terms cancel
    end = Normal(alpha_bar.sqrt() * x_0, (1 - alpha_bar).sqrt())
    same(bound.prior_term(schedule, x_0), kl_divergence(end, Normal(0.0, 1.0)).sum(1))


def off_by_one(x_t, t):
    """A model whose error is 1 everywhere."""
    return process.eps_from_x_0(schedule, x_t, t, x_0[t - 1]) + 1


def step_divergence():
    late = t[1:]
    mean, variance = process.posterior(schedule, x_0[1:], x_t[1:], late)
    clean = process.x_0_from_eps(schedule, x_t[1:], late, eps[1:] + 1)
    model, _ = process.posterior(schedule, clean, x_t[1:], late)
    exact = kl_divergence(Normal(mean, variance.sqrt()), Normal(model, variance.sqrt())).sum(1)
    same(bound.step_term(off_by_one, schedule, x_0[1:], late, eps[1:]), exact)


def bound_weights():
    """With the variance of the posterior, L_{t-1} is the weight and nothing else, if the error is 1."""
    late = t[1:]
    terms = bound.step_term(off_by_one, schedule, x_0[1:], late, eps[1:])
    same(terms / x_0.shape[1], bound.weight(schedule, "vlb")[late])


def last_surprise():
    """If the model's mean is the data point, L_0 is the surprise at the bin in the middle of a Gaussian."""
    grey = 2 * torch.tensor([[100.0], [150.0]], dtype=torch.float64) / 255 - 1

    def knows(x_1, t):
        return process.eps_from_x_0(schedule, x_1, t, grey)

    half = 1 / 255 / bound.step_variance(schedule)[1].sqrt()
    exact = -torch.erf(half / math.sqrt(2)).log()
    same(bound.decoder_term(knows, schedule, grey, torch.ones_like(grey)), exact.expand(2))


def code_length():
    """A grey value of 256, guessed blindly, costs eight bits."""
    assert abs(bound.bits_per_dim(7 * math.log(256), 7) - 8) < 1e-12


def autoencoder():
    from diffusers import AutoencoderKL

    torch.manual_seed(0)
    return (
        AutoencoderKL(block_out_channels=(8, 8), norm_num_groups=4, layers_per_block=1, scaling_factor=0.7)
        .double()
        .eval()
    )


def latents_of_a_picture():
    vae = autoencoder()
    picture = Image.effect_noise((16, 16), 60).convert("RGB")
    x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].double() / 127.5 - 1
    same(codec.pil_to_latents(vae, picture), 0.7 * vae.encode(x).latent_dist.mode())
    assert parameter(StableDiffusionPipeline.__call__, "latents")


def factor_cancels():
    """There and back: the latents are divided by what they were multiplied with."""
    vae, z = autoencoder(), torch.full((1, 4, 2, 2), 0.5, dtype=torch.float64)
    same(codec.decode(vae, vae.config.scaling_factor * z)[0], vae.decode(z).sample)


def weight_of_the_rate():
    """With the rate as a mean over the code, and the aids gone, it is the slope of the training loss in κ."""
    config = dataclasses.replace(train_vae.SETTINGS, steps=10, batch_size=1, precision="float32")
    vae, losses = networks.autoencoder(), []
    for weight in (0.0, train_vae.KL_WEIGHT):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(train_vae, "KL_WEIGHT", weight)
            losses.append(train_vae.loss_of(config)(vae, 9, torch.Generator().manual_seed(0)).detach())
    x = rendering.render(synthetic.sample_scenes(1, torch.Generator().manual_seed(0)))
    distribution = vae.encode(x).latent_dist
    rate = kl_divergence(Normal(distribution.mean, distribution.std), Normal(0.0, 1.0)).mean().detach()
    torch.testing.assert_close(losses[1] - losses[0], train_vae.KL_WEIGHT * rate, rtol=1e-2, atol=0)


CHECKS = {
    r"$t$": lambda: schedule.check_t(t),
    r"$T$": lambda: same(torch.tensor(schedule.T), torch.tensor(reference().config.num_train_timesteps)),
    r"$x_0$": lambda: parameter(process.add_noise, "x_0") and parameter(DDPMScheduler.add_noise, "original_samples"),
    r"$x_t$": lambda: parameter(process.posterior, "x_t") and parameter(DDPMScheduler.step, "sample"),
    r"$\beta_t$": table_index,
    r"$\alpha_t$": lambda: same(schedule.alpha[t], reference().alphas[t - 1]),
    r"$\bar\alpha_t$": lambda: same(schedule.alpha_bar[t], reference().alphas_cumprod[t - 1]),
    r"$\mathrm{SNR}_t$": signal_to_noise,
    r"$\tilde\beta_t$": lambda: same(schedule.posterior_variance[2:], variances("fixed_small", "fixed_small")),
    r"$\epsilon$": lambda: parameter(process.add_noise, "eps") and parameter(DDPMScheduler.add_noise, "noise"),
    r"$\epsilon_\theta(x_t, t)$": lambda: parameter(DDPMScheduler.step, "model_output"),
    r"$\mathrm{E}[\epsilon \mid x_t]$": best_estimate,
    r"$q(x_t \mid x_0)$": lambda: same(x_t, reference().add_noise(x_0, eps, t - 1)),
    r"$\tilde\mu_t$": posterior_mean,
    r"$v$": lambda: same(process.v_from_eps(schedule, x_0, t, eps), reference().get_velocity(x_0, eps, t - 1)),
    "$u$": flow_step,
    r"$\nabla \log q(x_t)$": lambda: same(
        process.score_from_eps(schedule, eps, t), -eps / (1 - schedule.alpha_bar[t]).sqrt()[:, None]
    ),
    r"$\sigma$": ve_levels,
    r"$\tilde x_t$": unshrunk_point,
    r"$\sigma_t^2$": reverse_variances,
    r"$\eta$": eta_adds_noise,
    r"$S$": steps_count,
    r"$k$": multistep_order,
    r"$r$": langevin_step,
    r"$g$": guidance_scale,
    r"$z$": latents_of_a_picture,
    r"$s$": factor_cancels,
    r"$\kappa$": weight_of_the_rate,
    r"$L_T$": prior_divergence,
    r"$L_{t-1}$": step_divergence,
    r"$L_0$": last_surprise,
    "bits/dim": code_length,
    r"$w_t$": bound_weights,
    r"$e_t$": floor_of_gaussian_data,
    r"$\sigma_t^{\ast 2}$": variance_of_a_true_step,
    r"$L_\text{simple}$": simple_loss,
    r"$L_\text{LDM}$": latent_loss,
    r"$d^2$": frechet_of_a_shift,
}


def rows():
    """Symbol → the row's cells, from the first table of the page."""
    table = PAGE.read_text().split("| symbol |")[1].split("\n```")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in table]
    return {row[0]: row for row in cells}


def test_every_row_has_a_check_and_every_check_a_row():
    assert list(rows()) == list(CHECKS)


@pytest.mark.parametrize("symbol", CHECKS)
def test_row(symbol):
    assert CHECKS[symbol]() is not False


@pytest.mark.parametrize("symbol", CHECKS)
def test_identifiers_of_the_row_exist(symbol):
    """The library column is code: its first name must be an attribute, a function or an argument of the library."""
    name = re.match(r"`([\w.]+)", rows()[symbol][2]).group(1)
    if name.startswith("schedule."):
        assert hasattr(schedule, name.removeprefix("schedule."))
    else:
        known = {"t", "x_0", "x_t", "eps", "eps_hat", "eps_u", "steps", "vae"}
        modules = (bound, codec, expected, metrics, ode, oracle, process, sample, samplers, train, train_vae, velocity)
        assert name.partition(".")[0] in known or any(hasattr(module, name.partition(".")[0]) for module in modules)


def test_justifications_of_the_page_are_those_of_the_proof_checker():
    from derive import JUSTIFICATIONS

    listed = re.findall(
        r"^\| (.+?) \| to (.+?) \| (.+) \|$", PAGE.read_text().split("| justification |")[1], flags=re.M
    )
    assert [row[:2] for row in listed] == [(one.name, one.permits) for one in JUSTIFICATIONS.values()]
    proofs = {name: re.fullmatch(r"\{step\}`(.+)`", where) for name, _, where in listed}
    assert {name: proof[1] for name, proof in proofs.items() if proof} == PROVED
