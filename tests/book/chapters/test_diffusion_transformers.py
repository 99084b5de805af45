"""The derivations of the chapter diffusion-transformers, and the stored runs that its tables show."""

from __future__ import annotations

import pytest
import torch
from false_steps import false_steps
from proved import formula
from torch.utils.flop_counter import FlopCounterMode

from diffusion_lib.networks import DiT
from diffusion_lib.networks.transformer import where
from pagekit import stored


def test_a_block_of_the_library_costs_what_was_proved(n):
    x, t = torch.zeros(1, 4, 8, 8), torch.ones(1).long()

    def counted(depth):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            DiT(4, 24, depth, 2, 2, prediction="eps")(x, t)
        return counter.get_total_flops() // 2

    assert counted(3) - counted(2) == formula(n, "cost-of-a-block", "M", "d")(16, 24)
    assert formula(n, "cost-by-patch", "n", "p", "d")(8, 2, 24) == counted(3) - counted(2) - 6 * 24**2


def test_joint_attention_of_the_library_is_the_proved_mixture(n):
    """Three patches and two words, one head: the share is that of the words in one softmax."""
    draws = torch.Generator().manual_seed(0)
    q, k, values = (torch.randn(1, 5, 4, generator=draws, dtype=torch.float64) for _ in range(3))
    shares, weights = where(q, k, 1)[0, 0, 0], torch.exp(q[0, 0] @ k[0].T / 2)
    v = values[0, :, 0]
    apart = [(weights[part] @ v[part] / weights[part].sum()).item() for part in (slice(0, 3), slice(3, 5))]
    rho = float(shares[3:].sum())
    mixed = formula(n, "joint-attention", "rho", "m_p", "m_w")(rho, *apart)
    assert mixed == pytest.approx(float(shares @ v), rel=1e-12)


FALSE = """
attention-without-the-mixing: layers + attention + modulation = 12 * M * d ** 2 + M ** 2 * d + 6 * d ** 2; algebra
half-the-patch-four-times: 2 * finer ** 2 * d = 4 * (2 * M ** 2 * d); definition; number-of-patches
first-step-inside: Derivative(loss(h + g * F(w)), w) = loss.prime(h) * F.prime(w); differentiation
scores-of-variance-d: Sum(E(entry ** 2, Normal(entry, 0, 1)), (i, 1, D)) / r ** 2
    = Sum(1, (i, 1, D)) / r; Gaussian integral
two-softmaxes: (Z_p * m_p + Z_w * m_w) / (Z_p + Z_w) = m_p + m_w; definition; share-of-words
"""
test_a_false_step_is_refuted = false_steps("diffusion-transformers", FALSE)


def test_the_stored_runs_say_what_the_page_says(kept):

    def losses(row):
        return kept.numbers(f"here: {row}, loss")

    assert len(losses("dit 72")) == 5 and kept.command.endswith("book/sweeps/diffusion-transformers.yaml")
    assert max(losses("unet 24")) < min(losses("dit 72")) < max(losses("dit 72")) < min(losses("no places"))


def test_the_example_of_the_first_figure_is_like_the_averages(shown):
    """It is chosen so: its three fractions are near to the means over all patches on shapes, and differ as they do."""
    example, means = ([shown[f"{name}-{t}"] for t in (900, 500, 100)] for name in ("first", "mean"))
    assert all(abs(one - mean) < 8 for one, mean in zip(example, means, strict=True))
    assert example[0] < min(example[1:]) and means[0] < min(means[1:])
    assert min(example) > 2 * shown["first-area"]


def test_no_network_of_the_tables_is_near_the_floor(kept, shown):
    rows = {name.removeprefix("here: ").removesuffix(", loss") for name in kept.runs[0]["shown"] if "loss" in name}
    medians = [sorted(kept.numbers(f"here: {row}, loss"))[2] for row in rows]
    assert len(rows) == 12 and shown["floors-least"] > 20
    assert shown["floors-least"] == pytest.approx(min(medians) / shown["floor"], rel=0.03)  # the floor has two digits
    assert shown["floors-most"] == pytest.approx(max(medians) / shown["floor"], rel=0.03)


def test_four_times_the_steps_do_not_close_the_gap_of_coarse_patches(kept, shown):
    longer = stored.read("diffusion-transformers-longer")

    def ratio(runs):
        coarse, fine = (sorted(runs.numbers(f"here: {row}, loss")) for row in ("patch 4", "dit 72"))
        assert min(coarse) > max(fine)
        return coarse[len(coarse) // 2] / fine[len(fine) // 2]

    assert len(longer.runs) == shown["longer-runs"] == 2 and shown["longer-steps"] == 4 * shown["steps"]
    assert shown["coarse-ratio"] == pytest.approx(ratio(kept), abs=0.051)
    assert shown["coarse-ratio-later"] == pytest.approx(ratio(longer), abs=0.051)
    assert shown["coarse-ratio-later"] > shown["coarse-ratio"]
    for row in ("unet 24", "dit 72", "patch 4"):  # and all still fall
        assert max(longer.numbers(f"here: {row}, loss")) < min(kept.numbers(f"here: {row}, loss"))
