"""The derivations of the chapter simple-loss: the library computes what they prove; planted errors are refuted."""

from __future__ import annotations

import re

import pytest
import sympy as sp
import torch
from chapters import run_derivation
from mpmath import mp
from root import ROOT

from diffusion_lib.errors import ConfigError, DerivationError, Refuted, Undefined
from diffusion_lib.process import bound
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.symbolic import KL, E, Integral, Normal, Phi, Sum, log, sqrt
from diffusion_lib.symbolic.page.chain import Chain
from diffusion_lib.symbolic.page.summary import Canary

T = 30
TABLES = {"beta": "beta", "alpha": "alpha", "alpha_bar": "alpha_bar", "SNR": "snr"}


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("simple-loss")


class World:
    """A random schedule and, for each time, data, noise and an estimate of it."""

    def __init__(self, seed):
        random = torch.Generator().manual_seed(seed)
        low, high = 1e-3 * (1 + seed), 0.4
        betas = low + (high - low) * torch.rand(T, generator=random, dtype=torch.float64)
        self.schedule, self.t = Schedule.from_betas(betas), torch.arange(1, T + 1)
        self.x_0, self.eps, self.guess = torch.randn(3, T, 1, generator=random, dtype=torch.float64)
        self.x_t = process.add_noise(self.schedule, self.x_0, self.t, self.eps)
        self.x_hat = process.x_0_from_eps(self.schedule, self.x_t, self.t, self.guess)

    def denoiser(self, x_t, t):
        return self.guess[t - 1]

    def proved(self, chapter, name, variance="beta", first=2):
        """The right side of a proved equality at t = first … T, as a tensor."""
        n, s = chapter[0], self.schedule
        S, t = n["S"], n["t"]
        columns = {n[key][t]: getattr(s, table) for key, table in TABLES.items()}
        columns |= {n["alpha_bar"][t - 1]: s.alpha_bar.roll(1), n["SNR"][t - 1]: s.snr.roll(1)}
        columns |= {n["beta_tilde"][t]: s.posterior_variance, n["sigma2"][t]: bound.step_variance(s, variance)}
        columns = {S.sympy(item): values[first:].tolist() for item, values in columns.items()}
        own = {n["x"][t]: self.x_t, n["x"][0]: self.x_0, n["eps"][t]: self.eps, n["guess"]: self.guess}
        own |= {n["x_hat"][t]: self.x_hat}
        columns |= {S.sympy(item): values[first - 1 :, 0].tolist() for item, values in own.items()}
        node = S.sympy(S.blocks[name].lines()[-1].right, using=("untrained-part", "bound-weight"))
        function = sp.lambdify([*columns], node, "math")
        return torch.tensor([function(*row) for row in zip(*columns.values(), strict=True)], dtype=torch.float64)


def close(ours, proved):
    torch.testing.assert_close(ours.flatten(), proved, rtol=1e-12, atol=1e-12)


@pytest.fixture(params=range(4))
def world(request):
    return World(request.param)


@pytest.mark.parametrize("variance", bound.VARIANCES)
def test_the_bounds_weight_and_its_terms(chapter, world, variance):
    s, t = world.schedule, world.t[1:]
    close(bound.weight(s, "vlb", variance)[2:], world.proved(chapter, "bound-weight", variance))
    nats = bound.step_term(world.denoiser, s, world.x_0[1:], t, world.eps[1:], variance)
    close(nats, world.proved(chapter, "step-in-noise", variance))


def test_the_weight_at_the_first_time(chapter, world):
    for variance in bound.VARIANCES:
        ours = bound.weight(world.schedule, "vlb", variance)[1:]
        close(ours[:1], world.proved(chapter, "bound-weight", variance, first=1)[:1])


def test_the_named_first_variances_are_those_of_the_pages_table():
    """The rows of the table, as code: σ_1² and σ_t² for each name of ``step_variance``."""
    s = Schedule.from_betas([0.1, 0.2, 0.3])
    small, large = s.posterior_variance, s.beta
    rows = {"posterior": (small[2], small), "beta": (large[1], large), "fixed_large": (small[2], large)}
    text = (ROOT / "book" / "simple-loss.md").read_text()
    assert (
        set(rows)
        == set(bound.VARIANCES)
        == set(re.findall(r'^\| `"(\w+)"` \| \$\\(?:tilde\\)?beta', text, re.MULTILINE))
    )
    for name, (first, later) in rows.items():
        table = bound.step_variance(s, name)
        assert table[1] == first and torch.equal(table[2:], later[2:])


def test_the_means_of_both_steps(chapter, world):
    s, t = world.schedule, world.t
    true, variance = process.posterior(s, world.x_0, world.x_t, t)
    model, _ = process.posterior(s, world.x_hat, world.x_t, t)
    close(true[1:], world.proved(chapter, "true-mean-in-noise"))
    close(model[1:], world.proved(chapter, "model-mean"))
    close(variance[1:], world.proved(chapter, "loss-variance"))


def test_the_weight_of_the_bound_in_signal_to_noise_ratios(chapter, world):
    s = world.schedule
    close(bound.weight(s, "vlb", "posterior")[2:], world.proved(chapter, "weight-in-snr"))
    nats = bound.step_term(world.denoiser, s, world.x_0[1:], world.t[1:], world.eps[1:], "posterior")
    close(nats, world.proved(chapter, "step-in-data"))


def test_losses_in_data_and_in_velocity(chapter, world):
    s, t = world.schedule, world.t
    error = ((world.eps - world.guess) ** 2)[1:, 0]
    close(world.x_hat[1:], world.proved(chapter, "clean-estimate"))
    close(bound.weight(s, "x_0")[2:] * error, world.proved(chapter, "clean-error"))
    close(bound.weight(s, "v")[2:] * error, world.proved(chapter, "velocity-error"))
    v = process.v_from_eps(s, world.x_0, t, world.eps) - process.v_from_eps(s, world.x_hat, t, world.guess)
    close(v[1:] ** 2, world.proved(chapter, "velocity-error"))


def test_weights_of_data_become_weights_of_noise(chapter, world):
    """The rows truncated_snr and min_snr of the table: ω / SNR, by weight-for-noise."""
    n, s = chapter[0], world.schedule
    S, t = n["S"], n["t"]
    node = S.sympy(S.blocks["weight-for-noise"].right / n["miss"])
    function = sp.lambdify([S.sympy(n["omega"][t]), S.sympy(n["SNR"][t])], sp.simplify(node), "math")
    for kind, omega in (("truncated_snr", s.snr.clamp(min=1)), ("min_snr", s.snr.clamp(max=5))):
        rows = zip(omega[1:].tolist(), s.snr[1:].tolist(), strict=True)
        close(bound.weight(s, kind)[1:], torch.tensor([function(*row) for row in rows], dtype=torch.float64))


def test_the_decoders_probabilities(chapter):
    """Φ at the edges, by mpmath, against the library: inner levels, and the open ones at both ends."""
    n = chapter[0]
    S, j, edge = n["S"], n["j"], n["b"]
    names = [S.sympy(node) for node in (edge[j], edge[j + 1], edge[1], edge[n["n"]], n["mu"], n["s"])]
    inner, low, high = (
        sp.lambdify(names, S.sympy(S.blocks[name].right), [{"Phi": mp.ncdf}, "mpmath"])
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
    S = n["S"]
    nats = sp.lambdify([S.sympy(n["bits"]), S.sympy(n["D"])], S.sympy(S.blocks["bits-per-dimension"].right), "math")
    for bits, dims in ((3.7, 12), (0.2, 3072)):
        assert bound.bits_per_dim(nats(bits, dims), dims) == pytest.approx(bits, rel=1e-14)


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "no-weight" in repr(canary)


def test_the_posterior_is_taken_over_and_said_to_be(chapter):
    """Lines that rest on it name it; and a wrong one does not pass, because it is compared with the forward chain."""
    S = chapter[0]["S"]
    assert set(S.blocks["step-divergence"].assumptions) == {"known-posterior"}
    assert set(S.blocks["step-in-data"].assumptions) == {"known-posterior", "exact-variance"}
    assert not S.blocks["weighted-error"].assumptions and not S.blocks["velocity-error"].assumptions


FALSE = {  # name: left, right, licence, what it cites, of the chapter's names n
    "S5-no-weight": lambda n: (n["step"], n["C"] + n["miss"], "result", "step-in-noise"),
    "S5-the-bound-is-the-simple-loss": lambda n: (
        Sum(n["L"][n["t"] - 1], (n["t"], 2, n["T_"])),
        Sum(n["e"][n["t"]], (n["t"], 2, n["T_"])),
        "result",
        "loss-at-time",
    ),
    "S6-no-expectation": lambda n: (
        n["L"][n["t"] - 1],
        n["C"] + n["w"] * n["miss"],
        "result",
        ("loss-term", "step-in-noise"),
    ),
    "P14-log-of-deviations": lambda n: (
        n["step"],
        (log(n["sigma2"] / n["tilde"]) / 2 + n["tilde"] / n["sigma2"] - 1) / 2 + n["w"] * n["miss"],
        "result",
        "step-in-noise",
    ),
    "P14-divergence-turned": lambda n: (
        n["step"],
        KL(n["model_step"], n["true_step"]),
        "result",
        ("known-posterior", "model-step"),
    ),
    "P22-beta-for-beta-tilde": lambda n: (
        KL(n["back"], n["reverse"]),
        KL(Normal(n["x"][n["t"] - 1], n["mu_tilde"], n["beta"]), n["model_step"]),
        "result",
        ("known-posterior", "model-step"),
    ),
    "factor-without-alpha": lambda n: (
        n["w"],
        n["beta"] ** 2 / (2 * n["sigma2"] * (1 - n["bar"])),
        "definition",
        "bound-weight",
    ),
    "factor-without-half": lambda n: (
        n["w"],
        n["beta"] ** 2 / (n["sigma2"] * n["alpha"] * (1 - n["bar"])),
        "definition",
        "bound-weight",
    ),
    "factor-with-alpha-bar": lambda n: (
        n["w"],
        n["beta"] ** 2 / (2 * n["sigma2"] * n["bar"] * (1 - n["bar"])),
        "definition",
        "bound-weight",
    ),
    "snr-upside-down": lambda n: (n["clean_error"], n["SNR"] * n["miss"], "result", ("clean-error", "loss-snr")),
    "P15-velocity-weight": lambda n: (
        n["velocity_error"],
        (1 + n["SNR"]) * n["miss"],
        "result",
        ("velocity-error", "loss-snr"),
    ),
    "difference-of-later-ratios": lambda n: (
        n["w"],
        (n["SNR"] - n["SNR_next"]) / 2 / n["SNR"],
        "result",
        ("weight-in-snr", "loss-snr", "loss-shares", "loss-share"),
    ),
}


@pytest.fixture(scope="module")
def names(chapter):
    n = dict(chapter[0])
    t = n["t"]
    n |= {"step": KL(n["back"], n["reverse"]), "tilde": n["beta_tilde"][t], "bar": n["alpha_bar"][t]}
    n |= {"clean_error": (n["x"][0] - n["x_hat"][t]) ** 2, "velocity_error": (n["v"][t] - n["v_hat"][t]) ** 2}
    n |= {"SNR_next": n["SNR"][t + 1]}
    return n | {key: n[key][t] for key in ("C", "w", "sigma2", "beta", "alpha", "SNR", "mu_tilde")}


@pytest.mark.parametrize("name", FALSE)
def test_planted_errors_are_refuted(chapter, names, name):
    left, right, by, using = FALSE[name](names)
    with pytest.raises((Refuted, Undefined)) as caught:
        Chain(chapter[0]["S"], name, left, start=2).equals(right, by=by, using=using)
    assert name in str(caught.value) and repr(by) in str(caught.value)


def test_closed_ends_do_not_add_up(chapter):
    """The decoder of levels with a highest bin that ends somewhere: the sum is not 1."""
    n = chapter[0]
    b, count, mu, s, u = (n[key] for key in ("b", "n", "mu", "s", "u"))
    with pytest.raises(Refuted):
        Chain(n["S"], "closed", Integral(Normal(u, mu, s**2), (u, b[count], b[count + 1]))).equals(
            1 - Phi((b[count] - mu) / s), by="Gaussian integral"
        )


def test_the_floor_is_not_that_of_another_answer(chapter):
    n = chapter[0]
    with pytest.raises(Refuted):
        Chain(n["S"], "cheaper", E((n["eps"][n["t"]] - (n["m"][n["t"]] + n["d"])) ** 2, n["behind"])).equals(
            n["floor"] - n["d"] ** 2, by="definition", using="best-answer"
        )


def test_a_network_does_not_come_out_of_a_mean_over_its_state(chapter):
    """As a letter it would: E[ε ε̂] = ε̂ E[ε] and E (ε − ε̂)² without the ε̂ that moves with x_t."""
    n = chapter[0]
    eps, guess, law = n["eps"][n["t"]], n["guess"], n["q"](n["x"][0], n["x"][n["t"]])
    for name, left, right in (
        ("product", E(eps * guess, law), guess * E(eps, law)),
        ("square", E(n["miss"], law), E(eps**2, law) - 2 * guess * E(eps, law) + guess**2),
    ):
        with pytest.raises(DerivationError):
            Chain(n["S"], name, left, start=2).equals(right, by="linearity")


def test_the_first_variance_of_the_posterior_is_no_density(chapter):
    """P22: β̃_1 does not exist as a variance, and the engine has no such member."""
    n = chapter[0]
    with pytest.raises((DerivationError, ConfigError)):
        Chain(n["S"], "first", n["beta_tilde"][1]).equals(n["beta"][1], by="definition", using="loss-variance")


def test_an_assumption_that_contradicts_the_forward_chain_is_refuted(chapter):
    n = chapter[0]
    with pytest.raises(Refuted):
        Chain(n["S"], "wrong posterior", KL(n["back"], n["reverse"]), start=2).equals(
            KL(Normal(n["x"][n["t"] - 1], n["mu_tilde"][n["t"]], sqrt(n["beta_tilde"][n["t"]])), n["model_step"]),
            by="result",
            using=("known-posterior", "model-step"),
        )
