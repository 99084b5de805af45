"""Each row of the notation table is checked: the names exist, and the values agree with diffusers in float64."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, EulerDiscreteScheduler
from diffusers.training_utils import compute_snr

from book._tools.licences import PROVED
from diffusion_lib import process, sample, train
from diffusion_lib.schedule import linear

PAGE = Path(__file__).parents[1] / "book" / "notation.md"
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
    for variance, expected in (("posterior", schedule.posterior_variance[2]), ("beta", schedule.beta[2])):
        same(sample.ddpm_step(schedule, zeros, zeros, 2, 1, variance=variance, z=one)[0, 0], expected.sqrt())
    same(variances("fixed_small", "fixed_small"), schedule.posterior_variance[2:])
    same(variances("fixed_large", "fixed_large"), schedule.beta[2:])


def eta_adds_noise():
    assert parameter(sample.ddim, "eta") and parameter(DDIMScheduler.step, "eta")


def steps_count():
    scheduler = reference(DDIMScheduler)
    scheduler.set_timesteps(num_inference_steps=7)
    assert len(scheduler.timesteps) == len(sample.timesteps(T, 7)) == 7


def simple_loss():
    loss = train.eps_loss(lambda x, t: torch.zeros_like(x), schedule, x_0, t, eps)
    same(loss, torch.nn.functional.mse_loss(torch.zeros_like(eps), eps))


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


def prior_divergence():
    alpha_bar = schedule.alpha_bar[T]
    exact = 0.5 * (-torch.log1p(-alpha_bar)) / torch.log(torch.tensor(2.0, dtype=torch.float64))
    assert abs(schedule.prior_kl() - float(exact)) < 1e-12  # data of unit variance: the first two terms cancel


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
    r"$L_T$": prior_divergence,
    r"$\epsilon$": lambda: parameter(process.add_noise, "eps") and parameter(DDPMScheduler.add_noise, "noise"),
    r"$\epsilon_\theta(x_t, t)$": lambda: parameter(DDPMScheduler.step, "model_output"),
    r"$q(x_t \mid x_0)$": lambda: same(x_t, reference().add_noise(x_0, eps, t - 1)),
    r"$\tilde\mu_t$": posterior_mean,
    r"$v$": lambda: same(process.v_from_eps(schedule, x_0, t, eps), reference().get_velocity(x_0, eps, t - 1)),
    r"$\nabla \log q(x_t)$": lambda: same(
        process.score_from_eps(schedule, eps, t), -eps / (1 - schedule.alpha_bar[t]).sqrt()[:, None]
    ),
    r"$\sigma$": ve_levels,
    r"$\sigma_t^2$": reverse_variances,
    r"$\eta$": eta_adds_noise,
    r"$S$": steps_count,
    r"$L_\text{simple}$": simple_loss,
}


def rows():
    """Symbol → the row's cells, from the first table of the page."""
    table = PAGE.read_text().split("| symbol |")[1].split("\n\n")[0].splitlines()[2:]
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
        known = {"t", "x_0", "x_t", "eps", "eps_hat", "steps"}
        modules = (process, sample, train)
        assert name in known or any(hasattr(module, name) for module in modules)


def test_licences_of_the_page_are_those_of_the_engine():
    from diffusion_lib.symbolic import LICENCES

    listed = re.findall(r"^\| (.+?) \| to (.+?) \| (.+) \|$", PAGE.read_text().split("| licence |")[1], flags=re.M)
    assert [row[:2] for row in listed] == [(licence.name, licence.permits) for licence in LICENCES.values()]
    proofs = {name: re.fullmatch(r"\{step\}`(.+)`", where) for name, _, where in listed}
    assert {name: proof[1] for name, proof in proofs.items() if proof} == PROVED
