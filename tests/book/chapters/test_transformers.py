"""The derivations of the chapter transformers, and the stored runs that its tables show."""

from __future__ import annotations

import pytest
import torch
from chapters import numbers, run_derivation
from proved import formula
from torch.utils.flop_counter import FlopCounterMode

from derive import Derivative, E, Normal, Sum
from derive.errors import Refuted
from derive.page.chain import Chain
from diffusion_lib.networks import DiT
from diffusion_lib.networks.transformer import where
from pagekit import stored


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("transformers")


def test_a_block_of_the_library_costs_what_was_proved(chapter):
    names, x, t = chapter[0], torch.zeros(1, 4, 8, 8), torch.ones(1).long()

    def counted(depth):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            DiT(4, 24, depth, 2, 2, prediction="eps")(x, t)
        return counter.get_total_flops() // 2

    assert counted(3) - counted(2) == formula(names, "cost-of-a-block", "M", "d")(16, 24)
    assert formula(names, "cost-by-patch", "n", "p", "d")(8, 2, 24) == counted(3) - counted(2) - 6 * 24**2


def test_joint_attention_of_the_library_is_the_proved_mixture(chapter):
    """Three patches and two words, one head: the share is that of the words in one softmax."""
    draws = torch.Generator().manual_seed(0)
    q, k, values = (torch.randn(1, 5, 4, generator=draws, dtype=torch.float64) for _ in range(3))
    shares, weights = where(q, k, 1)[0, 0, 0], torch.exp(q[0, 0] @ k[0].T / 2)
    v = values[0, :, 0]
    apart = [(weights[part] @ v[part] / weights[part].sum()).item() for part in (slice(0, 3), slice(3, 5))]
    rho = float(shares[3:].sum())
    mixed = formula(chapter[0], "joint-attention", "rho", "m_p", "m_w")(rho, *apart)
    assert mixed == pytest.approx(float(shares @ v), rel=1e-12)


FALSE = {  # name: left, right, justification, what it cites
    "attention-without-the-mixing": lambda n: (
        n["layers"] + n["attention"] + n["modulation"],
        12 * n["M"] * n["d"] ** 2 + n["M"] ** 2 * n["d"] + 6 * n["d"] ** 2,
        "algebra",
        (),
    ),
    "half-the-patch-four-times": lambda n: (
        2 * n["finer"] ** 2 * n["d"],
        4 * (2 * n["M"] ** 2 * n["d"]),
        "definition",
        "number-of-patches",
    ),
    "first-step-inside": lambda n: (
        Derivative(n["loss"](n["h"] + n["g"] * n["F"](n["w"])), n["w"]),
        n["loss"].prime(n["h"]) * n["F"].prime(n["w"]),
        "differentiation",
        (),
    ),
    "scores-of-variance-d": lambda n: (
        Sum(E(n["entry"] ** 2, Normal(n["entry"], 0, 1)), (n["i"], 1, n["D"])) / n["r"] ** 2,
        Sum(1, (n["i"], 1, n["D"])) / n["r"],
        "Gaussian integral",
        (),
    ),
    "two-softmaxes": lambda n: (
        (n["Z_p"] * n["m_p"] + n["Z_w"] * n["m_w"]) / (n["Z_p"] + n["Z_w"]),
        n["m_p"] + n["m_w"],
        "definition",
        "share-of-words",
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_planted_false_steps_are_refuted(chapter, name):
    left, right, by, using = FALSE[name](chapter[0])
    with pytest.raises(Refuted) as caught:
        Chain(chapter[0]["TR"], name, left).equals(right, by=by, using=using)
    assert name in str(caught.value) and by in str(caught.value)


def test_the_stored_runs_say_what_the_page_says():
    kept = stored.read("transformers")

    def losses(row):
        return kept.numbers(f"here: {row}, loss")

    assert len(losses("dit 72")) == 5 and kept.command.endswith("book/sweeps/transformers.yaml")
    assert max(losses("unet 24")) < min(losses("dit 72")) < max(losses("dit 72")) < min(losses("no places"))


def test_the_example_of_the_first_figure_is_like_the_averages():
    """It is chosen so: its three fractions are near to the means over all patches on shapes, and differ as they do."""
    shown = numbers("transformers")
    example, means = ([shown[f"{name}-{t}"] for t in (900, 500, 100)] for name in ("first", "mean"))
    assert all(abs(one - mean) < 8 for one, mean in zip(example, means, strict=True))
    assert example[0] < min(example[1:]) and means[0] < min(means[1:])
    assert min(example) > 2 * shown["first-area"]


def test_no_network_of_the_tables_is_near_the_floor():
    kept, shown = stored.read("transformers"), numbers("transformers")
    rows = {name.removeprefix("here: ").removesuffix(", loss") for name in kept.runs[0]["shown"] if "loss" in name}
    medians = [sorted(kept.numbers(f"here: {row}, loss"))[2] for row in rows]
    assert len(rows) == 12 and shown["floors-least"] > 20
    assert shown["floors-least"] == pytest.approx(min(medians) / shown["floor"], rel=0.03)  # the floor has two digits
    assert shown["floors-most"] == pytest.approx(max(medians) / shown["floor"], rel=0.03)


def test_four_times_the_steps_do_not_close_the_gap_of_coarse_patches():
    kept, longer, shown = stored.read("transformers"), stored.read("transformers-longer"), numbers("transformers")

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
