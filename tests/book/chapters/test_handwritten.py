"""The appendix handwritten: three derivations, whole, with where each block comes from; planted errors are refuted."""

from __future__ import annotations

import re

import pytest
import sympy as sp
import torch
from false_steps import false_steps
from root import ROOT

from derive import KL, E, Sum, log
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule

TEXT = (ROOT / "book" / "handwritten.md").read_text()
SECTIONS = ("## First: ", "## Second: ", "## Third: ", "## The first derivation in numbers")
SOURCED = {  # the derivations, and the blocks that say where they come from
    "## First: ": ("hand-elbo", "hand-divergence"),
    "## Second: ": ("hand-reverse", "hand-vlb", "hand-first", "hand-long"),
    "## Third: ": ("hand-shares", "hand-step", "hand-two-steps", "hand-merge", "hand-posterior", "hand-mean"),
}


def test_all_names_are_the_appendix_own(n):
    assert n["H"].letter == "H"
    assert all(name.startswith("hand-") for name in n["H"].blocks)


@pytest.mark.parametrize("section", SOURCED)
def test_a_derivation_says_where_its_blocks_come_from(section):
    start, end = TEXT.index(section), TEXT.index(SECTIONS[SECTIONS.index(section) + 1])
    part = TEXT[start:end]
    for name in SOURCED[section]:
        cell = re.search(rf'(?s)"{name}",.*?```\n\n(\*Source: [^\n]*\*)\n', part)
        assert cell and cell[1].count("*Source") == 1, name
        assert re.search(r"verbatim|corrected \(|without a typed formula", cell[1]), name
    assert "Gumaan (2024): “Handwritten Derivations”" in part


def justifications(n, name):
    return [step.beside.split(" (")[0] for step in n["H"].blocks[name].steps]


def test_the_first_goes_from_the_evidence_to_two_terms(n):
    block = n["H"].blocks["hand-elbo"]
    assert block.left == -n["evidence"] and block.right == KL(n["encoder"], n["prior_z"]) - E(
        log(n["decoder"]), n["encoder"]
    )
    assert [step.relation for step in block.steps] == ["≤"] + ["="] * 8
    assert justifications(n, "hand-elbo")[0] == "Gibbs"


def test_the_second_has_a_line_for_each_move(n):
    """The silent steps of Gumaan (2024) are lines: chain rule, Markov (twice), Bayes, telescoping, tower."""
    block = n["H"].blocks["hand-long"]
    assert justifications(n, "hand-path") == [
        *("definition", "chain rule", "Markov", "algebra", "algebra", "Markov", "Bayes"),
        *("algebra", "telescoping", "algebra"),
    ]
    for piece in ("hand-last-mean", "hand-middle-mean", "hand-first-mean"):
        assert justifications(n, piece)[-2:] == ["tower", "definition"]
    assert justifications(n, "hand-long") == ["definition", "result", "linearity", "result", "linearity", "result"]
    t, T = n["t"], n["T_"]
    assert block.right == n["L_last"][T] + Sum(n["L_middle"][t - 1], (t, 2, T)) + n["L_first"][0]


def test_the_third_computes_what_the_library_computes(n):
    """Posterior mean and variance, and the mean in the noise, for random schedules and all times."""
    H, t, x, bar = n["H"], n["t"], n["x"], n["alpha_bar"]
    for seed in range(3):
        draws = torch.Generator().manual_seed(seed)
        schedule = Schedule.from_betas(0.001 + 0.4 * torch.rand(30, generator=draws, dtype=torch.float64))
        x_0, x_t = torch.randn(2, 30, 1, generator=draws, dtype=torch.float64)
        times = torch.arange(1, 31)
        eps = process.eps_from_x_0(schedule, x_t, times, x_0)
        columns = {
            n["alpha"][t]: schedule.alpha[1:],
            bar[t]: schedule.alpha_bar[1:],
            bar[t - 1]: schedule.alpha_bar[:-1],
        }
        columns |= {x[0]: x_0[:, 0], x[t]: x_t[:, 0], n["noise"][t]: eps[:, 0]}

        def values(node, columns=columns):
            function = sp.lambdify([H.sympy(key) for key in columns], H.sympy(node), "math")
            rows = zip(*(column.tolist() for column in columns.values()), strict=True)
            return torch.tensor([function(*row) for row in rows], dtype=torch.float64)

        mean, variance = process.posterior(schedule, x_0, x_t, times)
        posterior = H.blocks["hand-posterior"].right
        assert (posterior.mean, posterior.variance) == (n["mu_tilde"][t], n["beta_tilde"][t])
        for ours, proved in (
            (mean, H.blocks["hand-posterior-mean"].right),
            (variance, H.blocks["hand-posterior-variance"].right),
            (mean, H.blocks["hand-mean"].right),
            (eps, H.blocks["hand-noise-in-state"].right),
        ):
            torch.testing.assert_close(ours[:, 0], values(proved), rtol=1e-12, atol=1e-12)


def test_the_divergence_of_the_encoder_is_that_of_pytorch(n):
    H = n["H"]
    ours = sp.lambdify([H.sympy(n["mu"]), H.sympy(n["sigma"])], H.sympy(H.blocks["hand-divergence"].right), "math")
    other = sp.lambdify(
        [H.sympy(n["mu"]), H.sympy(n["sigma"])], H.sympy(H.blocks["hand-solution-turned"].right), "math"
    )
    coded, standard = torch.distributions.Normal(torch.tensor(0.7).double(), 0.4), torch.distributions.Normal(0.0, 1.0)
    kl = torch.distributions.kl_divergence
    assert ours(0.7, 0.4) == pytest.approx(float(kl(coded, standard)), rel=1e-7)
    assert other(0.7, 0.4) == pytest.approx(float(kl(standard, coded)), rel=1e-7)


FALSE = """
S1-gap-to-the-prior: E(log(encoder / p(x[0], x[1])), encoder) = -evidence + KL(encoder, prior_z); linearity
sign-of-the-reconstruction: E(log(encoder / prior_z) - log(decoder), encoder)
    = E(log(encoder / prior_z), encoder) + E(log(decoder), encoder); linearity
std-for-variance: H.blocks['hand-divergence'].left = (mu ** 2 + sigma) / 2 - log(sigma) / 2 - 1; Gaussian integral
S6-Bayes-hides-Markov: H.blocks['hand-path'].steps[4].right = H.blocks['hand-path'].steps[6].right; Bayes
S6-no-expectation: H.blocks['hand-middle-mean'].steps[0].right = Sum(KL(back, reverse), (t, 2, T_)); tower
S3-stds-add: H.blocks['hand-variance'].left = (sqrt(early) + sqrt(late)) ** 2; independence
beta-for-the-posterior-variance: q(x[t - 1] | x[t], x[0])
    = Normal(x[t - 1], mu_tilde[t], beta[t]); result; hand-posterior
mean-without-the-root: mu_tilde[t] = (x[t] - (1 - alpha[t]) / kept * noise[t]) / sqrt(alpha[t]); result; hand-mean
"""
test_a_false_step_is_refuted = false_steps("handwritten", FALSE, start=2)
