"""The derivations of the chapter loss-weighting: the library computes what they prove; planted errors are refuted."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from false_steps import false_steps
from losses import World, close
from mpmath import mp

from diffusion_lib.process import bound
from diffusion_lib.process import identities as process


@pytest.fixture(params=range(4))
def world(request):
    return World(request.param)


def proved(world, n, name):
    return world.proved(n, n["W"], name)


def test_the_weight_of_the_bound_in_signal_to_noise_ratios(n, world):
    s = world.schedule
    close(bound.weight(s, "vlb", "posterior")[2:], proved(world, n, "weight-in-snr"))
    nats = bound.step_term(world.noise_predictor, s, world.x_0[1:], world.t[1:], world.eps[1:], "posterior")
    close(nats, proved(world, n, "step-in-data"))


def test_losses_in_data_and_in_velocity(n, world):
    s, t = world.schedule, world.t
    error = ((world.eps - world.guess) ** 2)[1:, 0]
    close(world.x_hat[1:], proved(world, n, "clean-estimate"))
    close(bound.weight(s, "x_0")[2:] * error, proved(world, n, "clean-error"))
    close(bound.weight(s, "v")[2:] * error, proved(world, n, "velocity-error"))
    v = process.v_from_eps(s, world.x_0, t, world.eps) - process.v_from_eps(s, world.x_hat, t, world.guess)
    close(v[1:] ** 2, proved(world, n, "velocity-error"))


def test_weights_of_data_become_weights_of_noise(n, world):
    """The rows truncated_snr and min_snr of the table: ω / SNR, by weight-for-noise."""
    s = world.schedule
    W, t = n["W"], n["t"]
    node = W.sympy(W.blocks["weight-for-noise"].right / n["noise_error"])
    function = sp.lambdify([W.sympy(n["omega"][t]), W.sympy(n["SNR"][t])], sp.simplify(node), "math")
    for kind, omega in (("truncated_snr", s.snr.clamp(min=1)), ("min_snr", s.snr.clamp(max=5))):
        rows = zip(omega[1:].tolist(), s.snr[1:].tolist(), strict=True)
        close(bound.weight(s, kind)[1:], torch.tensor([function(*row) for row in rows], dtype=torch.float64))


def test_the_decoders_probabilities(n):
    """Φ at the edges, by mpmath, against the library: inner levels, and the open ones at both ends."""
    W, j, edge = n["W"], n["j"], n["b"]
    names = [W.sympy(node) for node in (edge[j], edge[j + 1], edge[1], edge[n["n"]], n["mu"], n["s"])]
    inner, low, high = (
        sp.lambdify(names, W.sympy(W.blocks[name].right), [{"Phi": mp.ncdf}, "mpmath"])
        for name in ("inner-level", "lowest-level", "highest-level")
    )
    levels, mu, s = 17, 0.3, 0.6
    x = 2 * torch.arange(levels, dtype=torch.float64) / (levels - 1) - 1
    edges = [(2 * k - 1) / (levels - 1) - 1 for k in range(1, levels)]
    ours = bound.log_level(x, torch.full_like(x, mu), torch.tensor(s**2, dtype=torch.float64), levels).exp()
    for k in range(levels):
        formula = low if k == 0 else high if k == levels - 1 else inner
        between = (edges[k - 1], edges[k]) if 0 < k < levels - 1 else (0, 0)
        assert float(ours[k]) == pytest.approx(float(formula(*between, edges[0], edges[-1], mu, s)), abs=1e-12)


def test_bits_per_dimension(n):
    W = n["W"]
    nats = sp.lambdify([W.sympy(n["bits"]), W.sympy(n["D"])], W.sympy(W.blocks["bits-per-dimension"].right), "math")
    for bits, dims in ((3.7, 12), (0.2, 3072)):
        assert bound.bits_per_dim(nats(bits, dims), dims) == pytest.approx(bits, rel=1e-14)


def test_nothing_is_assumed(n):
    assert not any(block.assumptions for block in n["W"].blocks.values())


FALSE = """
snr-upside-down: (x[0] - x_hat[t]) ** 2 = SNR[t] * noise_error; result; clean-error loss-snr
P15-velocity-weight: (v[t] - v_hat[t]) ** 2 = (1 + SNR[t]) * noise_error; result; velocity-error loss-snr
difference-of-later-ratios: W.blocks['weight-in-snr'].left
    = (SNR[t] - SNR[t + 1]) / 2 / SNR[t]; result; weight-in-snr loss-snr weight-shares weight-share
no-half: W.blocks['step-in-data'].left = (SNR[t - 1] - SNR[t]) * (x[0] - x_hat[t]) ** 2; result; step-in-data loss-snr
closed-highest-level: Integral(Normal(u, mu, s ** 2), (u, b[n], b[n + 1])) = 1 - Phi((b[n] - mu) / s); Gaussian integral
"""
test_a_false_step_is_refuted = false_steps("loss-weighting", FALSE, start=2)


def test_the_bounds_of_the_pixel_are_above_the_entropy_and_the_simple_loss_below(shown):
    assert shown["pixel-entropy"] < shown["pixel-bound"] < shown["pixel-bound-large"] < shown["pixel-bound-posterior"]
    assert shown["pixel-simple-bits"] < shown["pixel-entropy"]
    assert shown["tenth-of-bound"] > shown["tenth-of-simple"]
