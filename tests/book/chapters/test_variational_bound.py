"""The derivations of the chapter variational-bound, loaded by running its cells; planted errors are refuted."""

from __future__ import annotations

import re

import pytest
import torch
from chapters import run_derivation
from root import ROOT
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from diffusion_lib.errors import DerivationError, Refuted, Undefined
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.symbolic import KL, Derivation, E, Integral, Sum, log
from diffusion_lib.symbolic.page.chain import Chain
from diffusion_lib.symbolic.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("variational-bound")


def test_the_gap_is_named_and_its_sign_is_known_by_gibbs(chapter):
    blocks = chapter[0]["V"].blocks
    for name, line in (("bound", 0), ("jensen", 2), ("mean-bound", 0)):
        step = blocks[name].steps[line]
        assert step.relation == "≤" and step.beside == "Gibbs" and r"\le" in blocks[name].latex()


def test_the_chapter_ends_in_the_three_terms_and_leaves_no_parameter_in_the_last(chapter):
    n = chapter[0]
    t, T, V = n["t"], n["T_"], n["V"]
    assert V.blocks["decomposition"].right == n["L_last"][T] + Sum(n["L_middle"][t - 1], (t, 2, T)) + n["L_first"][0]
    assert V.blocks["last-term"].right == E(KL(n["q"](n["x"][T] | n["x"][0]), n["prior"]), n["q"](n["x"][0]))
    assert n["prior"] == n["p"](n["x"][T])


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "left is" in repr(canary)


def steps(block):
    """Left side and right sides of a block of the chapter."""
    return [block.left, *(step.right for step in block.steps)]


PLANTED = {
    "sum-from-1": lambda n, b: (
        b["sum"][2],
        -log(n["prior"]) + Sum(log(n["forward"] / n["reverse"]), (n["t"], 1, n["T_"])) + n["first"],
        "algebra",
    ),
    "sign-of-L_0": lambda n, b: (b["path"][2], n["last"] + n["tail"] + log(n["p"](n["x"][0] | n["x"][1])), "algebra"),
    "telescoping-index": lambda n, b: (
        b["turn"][3],
        n["tail"] + log(n["q"](n["x"][n["T_"]] | n["x"][0]) / n["q"](n["x"][2] | n["x"][0])),
        "telescoping",
    ),
    "Bayes-upside-down": lambda n, b: (
        b["turn"][1],
        Sum(log(n["back"] / n["reverse"] * (1 / n["moved"])), (n["t"], 2, n["T_"])),
        "Bayes",
    ),
    "S6-Bayes-hides-Markov": lambda n, b: (b["turn"][0], b["turn"][2], "Bayes"),
    "Markov-by-chain-rule": lambda n, b: (b["turn"][0], b["turn"][1], "chain rule"),
    "S6-no-expectation": lambda n, b: (
        b["middle-mean"][1],
        Sum(KL(n["back"], n["reverse"]), (n["t"], 2, n["T_"])),
        "tower",
    ),
    "S6-expectation-over-x_0-only": lambda n, b: (
        b["middle-mean"][1],
        Sum(E(KL(n["back"], n["reverse"]), n["q"](n["x"][0])), (n["t"], 2, n["T_"])),
        "tower",
    ),
    "divergence-swapped": lambda n, b: (
        b["last-mean"][0],
        E(KL(n["prior"], n["q"](n["x"][n["T_"]] | n["x"][0])), n["q"](n["x"][0])),
        "tower",
    ),
    "S1-gap-to-the-prior": lambda n, b: (
        b["gap"][-1],
        -n["evidence"] + KL(n["path"], n["p"](n["x"][1 : n["T_"]])),
        "chain rule",
    ),
    "L_T-is-the-gap-to-the-prior": lambda n, b: (b["prior-split"][1], n["prior_gap"], "tower"),
    "S5-bound-is-the-likelihood": lambda n, b: (b["gap"][-1], -n["evidence"], "Jensen"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_refuted(chapter, name):
    V = chapter[0]["V"]
    sides = {
        block: steps(V.blocks[block])
        for block in ("gap", "sum", "turn", "path", "last-mean", "middle-mean", "prior-split")
    }
    left, right, by = PLANTED[name](chapter[0], sides)
    with pytest.raises((Refuted, Undefined)) as caught:
        Chain(V, name, left).equals(right, by=by)
    assert name in str(caught.value) and repr(by) in str(caught.value)


@pytest.fixture
def blank():
    """An empty derivation with its index, states and two distributions."""
    V = Derivation("W")
    return V, *V.indices("T"), V.states("x"), V.density("q"), V.density("p")


def test_an_expectation_needs_its_measure(blank):
    V, _, x, q, _ = blank
    with pytest.raises(DerivationError, match="does not say which density"):
        V.chain("no measure", E(log(q(x[1])))).equals(E(log(q(x[1]))), by="linearity")


def test_a_span_is_integrated_out_and_a_quotient_of_densities_averaged_in_both_worlds(blank):
    V, T, x, q, p = blank
    path = q(x[1:T] | x[0])
    V.chain("span", Integral(p(x[0:T]), x[1:T])).equals(p(x[0]), by="marginalisation")
    V.chain("weights", p(x[0])).equals(E(p(x[0:T]) / path, path), by="marginalisation")
    for wrong in (Integral(p(x[0:T]), x[1]), Integral(p(x[1:T]), x[1:T]), E(p(x[0:T]) / path, p(x[1:T] | x[0]))):
        with pytest.raises((Refuted, Undefined)):
            Chain(V, "wrong", p(x[0])).equals(wrong, by="marginalisation")


def test_a_defined_symbol_is_what_it_stands_for_in_gaussian_worlds(blank):
    V, _, x, q, p = blank
    L = V.symbol("L")
    V.define("named", L, KL(q(x[1] | x[0]), p(x[1])))
    V.chain("cited", L).equals(KL(q(x[1] | x[0]), p(x[1])), by="definition", using="named")
    with pytest.raises(Refuted):
        V.chain("other", L).equals(KL(q(x[1] | x[0]), q(x[1])), by="definition", using="named")


@pytest.fixture(scope="module")
def experiment():
    """The functions of the page's computable chain, from its own cells."""
    text = (ROOT / "book" / "variational-bound.md").read_text()
    part = text[text.index("## A chain that can be computed") : text.index("## The terms over time")]
    namespace = {"T": 10, "data_std": 0.3, "seed": 0}
    for source in re.findall(r"(?s)```\{code-cell\} ipython3\n(.*?)```", part):
        exec(compile(source, "variational-bound.md", "exec"), namespace)
    return namespace


def random_chain(draws, steps):
    """Betas, slopes, variances and one data point squared."""
    betas, a, v = torch.rand(3, steps, generator=draws, dtype=torch.float64)
    x_0 = 2 * torch.randn((), generator=draws, dtype=torch.float64)
    return Schedule.from_betas(0.02 + 0.6 * betas), 0.2 + a, 0.1 + 1.4 * v, x_0


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10])
def test_likelihood_both_routes_and_three_terms_agree(experiment, steps):
    """Exact log p, the bound by way of the gap, by way of the whole path, and as a sum: to 1e-10."""
    draws = torch.Generator().manual_seed(steps)
    for _ in range(20):
        *chain, x_0 = random_chain(draws, steps)
        chain = (*chain, x_0**2)
        first_route = experiment["exact"](*chain) + experiment["gap_to_posterior"](*chain)
        second_route = experiment["whole_path"](*chain)
        assert float(first_route - second_route) == pytest.approx(0, abs=1e-10)
        assert float(experiment["terms"](*chain).sum() - second_route) == pytest.approx(0, abs=1e-10)


def joint_of_the_model(a, v):
    """Covariance of (x_0, …, x_T) under the reverse process, built step by step from x_T."""
    T = len(a)
    to_noise = torch.zeros(T + 1, T + 1, dtype=torch.float64)  # x = to_noise · independent standard normals
    to_noise[T, T] = 1
    for t in range(T, 0, -1):
        to_noise[t - 1] = a[t - 1] * to_noise[t]
        to_noise[t - 1, t - 1] = v[t - 1].sqrt()
    return to_noise @ to_noise.T


def path_of_the_data(schedule, x_0):
    """Mean and covariance of (x_1, …, x_T) given x_0, from the closed form and the steps after it."""
    kept = schedule.alpha_bar[1:]
    shrink = (kept[None, :] / kept[:, None]).sqrt()  # from t to s, for s ≥ t
    covariance = torch.triu(shrink * (1 - kept)[:, None])
    return kept.sqrt() * x_0, covariance + torch.triu(covariance, 1).T


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10])
def test_the_gap_is_the_divergence_to_the_posterior(experiment, steps):
    """Against PyTorch's multivariate Gaussians: bound − (−log p) = KL(q(x_1:T | x_0) ‖ p(x_1:T | x_0))."""
    draws = torch.Generator().manual_seed(100 + steps)
    for _ in range(10):
        schedule, a, v, x_0 = random_chain(draws, steps)
        joint = joint_of_the_model(a, v)
        across, rest = joint[0, 1:] / joint[0, 0], joint[1:, 1:]
        posterior = MultivariateNormal(across * x_0, rest - torch.outer(across, joint[0, 1:]))
        proposed = MultivariateNormal(*path_of_the_data(schedule, x_0))
        nll = -Normal(0, joint[0, 0].sqrt()).log_prob(x_0)
        assert float(experiment["exact"](schedule, a, v, x_0**2) - nll) == pytest.approx(0, abs=1e-10)
        gap = float(experiment["terms"](schedule, a, v, x_0**2).sum() - nll)
        assert gap == pytest.approx(float(kl_divergence(proposed, posterior)), abs=1e-9, rel=1e-9) and gap > 0


def test_the_terms_of_the_middle_begin_at_t_2(chapter):
    """L_0 has a definition of its own; the divergence with x_0 on both sides of the bar is never stated."""
    assert chapter[0]["V"].blocks["middle-term"].first() == {"t": 2}


@pytest.mark.parametrize("s", [0.3, 0.9, 1.0])
def test_the_last_term_is_information_and_a_gap(s):
    """The page's table, from its own cell; the gap of the bound over the entropy is the second part alone."""
    text = (ROOT / "book" / "variational-bound.md").read_text()
    part = text[text.index("## A chain that can be computed") : text.index("## A lower bound is not a higher")]
    namespace = {"T": 10, "data_std": s, "seed": 0}
    for source in re.findall(r"(?s)```\{code-cell\} ipython3\n(.*?)```", part):
        if "plt" not in source and ":tags:" not in source:
            exec(compile(source, "variational-bound.md", "exec"), namespace)
    last, told, gap = (float(part) for part in namespace["parts"][s])
    schedule = namespace["schedule"]
    x_T = Normal(0, (schedule.alpha_bar[-1] * s**2 + 1 - schedule.alpha_bar[-1]).sqrt())
    assert gap == pytest.approx(float(kl_divergence(x_T, Normal(0, torch.ones(()).double()))), abs=1e-14)
    pair = torch.eye(2, dtype=torch.float64) * x_T.variance
    pair[0, 0], pair[0, 1], pair[1, 0] = s**2, *[schedule.alpha_bar[-1].sqrt() * s**2] * 2
    apart = MultivariateNormal(torch.zeros(2).double(), pair.diag().diag())
    joint = MultivariateNormal(torch.zeros(2).double(), pair)
    assert told == pytest.approx(float(kl_divergence(joint, apart)), rel=1e-9)
    assert last == pytest.approx(told + gap, abs=1e-14) and told > 2 * gap


def test_the_last_term_has_no_parameters(experiment):
    schedule, a, v, x_0 = random_chain(torch.Generator().manual_seed(0), 5)
    a, v = a.requires_grad_(), v.requires_grad_()
    for number, term in enumerate(experiment["terms"](schedule, a, v, x_0**2)):
        slopes = torch.stack(torch.autograd.grad(term, (a, v), retain_graph=True, materialize_grads=True))
        own = [number] if number < 5 else []  # a term hangs on its own step; the last one has none
        assert slopes.abs().sum(0).nonzero().flatten().tolist() == own
