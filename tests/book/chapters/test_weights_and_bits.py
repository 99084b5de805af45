"""The derivations of the chapter weights-and-bits: the library computes what they prove; planted errors are refuted."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from chapters import numbers, run_derivation
from losses import World, close
from mpmath import mp

from derive import Integral, Normal, Phi
from derive.errors import Refuted, Undefined
from derive.page.chain import Chain
from derive.page.summary import Canary
from diffusion_lib.process import bound
from diffusion_lib.process import identities as process


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("weights-and-bits")


@pytest.fixture(params=range(4))
def world(request):
    return World(request.param)


def proved(world, chapter, name):
    return world.proved(chapter[0], chapter[0]["W"], name)


def test_the_weight_of_the_bound_in_signal_to_noise_ratios(chapter, world):
    s = world.schedule
    close(bound.weight(s, "vlb", "posterior")[2:], proved(world, chapter, "weight-in-snr"))
    nats = bound.step_term(world.noise_predictor, s, world.x_0[1:], world.t[1:], world.eps[1:], "posterior")
    close(nats, proved(world, chapter, "step-in-data"))


def test_losses_in_data_and_in_velocity(chapter, world):
    s, t = world.schedule, world.t
    error = ((world.eps - world.guess) ** 2)[1:, 0]
    close(world.x_hat[1:], proved(world, chapter, "clean-estimate"))
    close(bound.weight(s, "x_0")[2:] * error, proved(world, chapter, "clean-error"))
    close(bound.weight(s, "v")[2:] * error, proved(world, chapter, "velocity-error"))
    v = process.v_from_eps(s, world.x_0, t, world.eps) - process.v_from_eps(s, world.x_hat, t, world.guess)
    close(v[1:] ** 2, proved(world, chapter, "velocity-error"))


def test_weights_of_data_become_weights_of_noise(chapter, world):
    """The rows truncated_snr and min_snr of the table: ω / SNR, by weight-for-noise."""
    n, s = chapter[0], world.schedule
    W, t = n["W"], n["t"]
    node = W.sympy(W.blocks["weight-for-noise"].right / n["miss"])
    function = sp.lambdify([W.sympy(n["omega"][t]), W.sympy(n["SNR"][t])], sp.simplify(node), "math")
    for kind, omega in (("truncated_snr", s.snr.clamp(min=1)), ("min_snr", s.snr.clamp(max=5))):
        rows = zip(omega[1:].tolist(), s.snr[1:].tolist(), strict=True)
        close(bound.weight(s, kind)[1:], torch.tensor([function(*row) for row in rows], dtype=torch.float64))


def test_the_decoders_probabilities(chapter):
    """Φ at the edges, by mpmath, against the library: inner levels, and the open ones at both ends."""
    n = chapter[0]
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


def test_bits_per_dimension(chapter):
    n = chapter[0]
    W = n["W"]
    nats = sp.lambdify([W.sympy(n["bits"]), W.sympy(n["D"])], W.sympy(W.blocks["bits-per-dimension"].right), "math")
    for bits, dims in ((3.7, 12), (0.2, 3072)):
        assert bound.bits_per_dim(nats(bits, dims), dims) == pytest.approx(bits, rel=1e-14)


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "late-ratio" in repr(canary)


def test_nothing_is_assumed(chapter):
    assert not any(block.assumptions for block in chapter[0]["W"].blocks.values())


FALSE = {  # name: left, right, justification, what it cites, of the chapter's names n
    "snr-upside-down": lambda n: (n["clean_error"], n["SNR"] * n["miss"], "result", ("clean-error", "loss-snr")),
    "P15-velocity-weight": lambda n: (
        n["velocity_error"],
        (1 + n["SNR"]) * n["miss"],
        "result",
        ("velocity-error", "loss-snr"),
    ),
    "difference-of-later-ratios": lambda n: (
        n["bounds_weight"],
        (n["SNR"] - n["SNR_next"]) / 2 / n["SNR"],
        "result",
        ("weight-in-snr", "loss-snr", "weight-shares", "weight-share"),
    ),
    "no-half": lambda n: (
        n["divergence"],
        (n["SNR_before"] - n["SNR"]) * n["clean_error"],
        "result",
        ("step-in-data", "loss-snr"),
    ),
}


@pytest.fixture(scope="module")
def names(chapter):
    n = dict(chapter[0])
    t, blocks = n["t"], n["W"].blocks
    n |= {"clean_error": (n["x"][0] - n["x_hat"][t]) ** 2, "velocity_error": (n["v"][t] - n["v_hat"][t]) ** 2}
    n |= {"SNR_next": n["SNR"][t + 1], "SNR_before": n["SNR"][t - 1], "SNR": n["SNR"][t]}
    return n | {"bounds_weight": blocks["weight-in-snr"].left, "divergence": blocks["step-in-data"].left}


@pytest.mark.parametrize("name", FALSE)
def test_planted_errors_are_refuted(chapter, names, name):
    left, right, by, using = FALSE[name](names)
    with pytest.raises((Refuted, Undefined)) as caught:
        Chain(chapter[0]["W"], name, left, start=2).equals(right, by=by, using=using)
    assert name in str(caught.value) and repr(by) in str(caught.value)


def test_closed_ends_do_not_add_up(chapter):
    """The decoder of levels with a highest bin that ends somewhere: the sum is not 1."""
    n = chapter[0]
    b, count, mu, s, u = (n[key] for key in ("b", "n", "mu", "s", "u"))
    with pytest.raises(Refuted):
        Chain(n["W"], "closed", Integral(Normal(u, mu, s**2), (u, b[count], b[count + 1]))).equals(
            1 - Phi((b[count] - mu) / s), by="Gaussian integral"
        )


def test_the_bounds_of_the_pixel_are_above_the_entropy_and_the_simple_loss_below():
    found = numbers("weights-and-bits")
    assert found["pixel-entropy"] < found["pixel-bound"] < found["pixel-bound-large"] < found["pixel-bound-posterior"]
    assert found["pixel-simple-bits"] < found["pixel-entropy"]
    assert found["tenth-of-bound"] > found["tenth-of-simple"]
