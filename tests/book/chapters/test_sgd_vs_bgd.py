"""The chapter sgd-vs-bgd: its law of total variance is a fact of numbers, slips are refuted, its verdicts hold."""

from __future__ import annotations

import pytest
import torch
from chapters import numbers, printed, run_derivation

from diffusion_lib.errors import Refuted
from diffusion_lib.symbolic import E
from diffusion_lib.symbolic.page.chain import Chain
from diffusion_lib.symbolic.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("sgd-vs-bgd")


@pytest.fixture(scope="module")
def shown():
    return numbers("sgd-vs-bgd")


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "no-second-draw" in repr(canary)


def test_total_variance_of_a_random_table():
    """Both parts of the distribution, summed over a joint table of 5 × 7 values with their probabilities."""
    random = torch.Generator().manual_seed(0)
    joint = torch.rand(5, 7, generator=random, dtype=torch.float64)
    joint /= joint.sum()
    g = torch.randn(5, 7, generator=random, dtype=torch.float64)
    outer, mean = joint.sum(1), (joint * g).sum()
    m = (joint * g).sum(1) / outer
    parts = (joint * (g - m[:, None]) ** 2).sum() + (outer * (m - mean) ** 2).sum()
    torch.testing.assert_close((joint * (g - mean) ** 2).sum(), parts)


SLIPS = {  # right side in the names of the chapter; the left side is the whole variance
    "only-the-second-draw": lambda n: E((n["g"] - n["m"][n["t"]]) ** 2, n["both"]),
    "variances-subtracted": lambda n: (
        E((n["g"] - n["m"][n["t"]]) ** 2, n["both"]) - E((n["m"][n["t"]] - n["mean"]) ** 2, n["outer"])
    ),
    "mean-of-another-time": lambda n: (
        E((n["g"] - n["m"][n["t"] + 1]) ** 2, n["both"]) + E((n["m"][n["t"]] - n["mean"]) ** 2, n["outer"])
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_slips_are_refuted(chapter, name):
    n = chapter[0]
    with pytest.raises(Refuted, match=name):
        Chain(n["B"], name, E((n["g"] - n["mean"]) ** 2, n["both"])).equals(
            SLIPS[name](n), by="result", using="total-variance"
        )


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_the_parts_are_the_whole_and_most_is_the_noise(shown):
    parts = [shown[f"share-{name}"] for name in ("data", "time", "eps")]
    assert sum(parts) == pytest.approx(100, abs=0.1) and parts[2] > 60 and parts[0] < 20
    assert shown["variance-kept"] == pytest.approx(100 - parts[0], abs=0.6)
    assert shown["noise-to-signal"] > 5


def test_the_fewer_examples_the_farther_the_path_stays_from_the_least_loss():
    """The two-weight problem of the first figure; a full batch is not the whole loss, so it does not end at zero."""
    names = ("one example", "mini-batch", "full batch")
    one, mini, full = (float(printed("sgd-vs-bgd", f"{name:<12} loss over")[0][-1]) for name in names)
    assert one > 10 * mini and mini > 2 * full > 0


def test_a_full_batch_is_slower_in_gradients_than_in_time(shown):
    assert shown["gradients-more"] == 512 / 32
    costs = [int(row[0].rstrip(":")) for row in printed("sgd-vs-bgd", "equal time, cost")]
    cheap, dear = costs[0], costs[-1]
    assert shown["least-cost"] == cheap
    assert shown["slower-cheap"] == pytest.approx((512 + cheap) / (32 + cheap), rel=0.05)
    assert shown["slower-dear"] == pytest.approx((512 + dear) / (32 + dear), abs=0.06)
    assert shown["deviation-of-batch"] == pytest.approx(shown["noise-to-signal"] / 32**0.5, rel=0.05)
    assert 0.8 * shown["gradients-more"] < shown["memory-ratio"] <= 1.02 * shown["gradients-more"]


VERDICTS = {
    "equal gradients, mini-batch better than full batch:": "confirmed",
    "equal gradients, one example better than mini-batch:": "confirmed",
    "equal updates, mini-batch better than full batch:": "refuted",
}


@pytest.mark.parametrize("claim", VERDICTS)
def test_the_verdicts_are_beyond_their_spread(claim):
    ((verdict, *_),) = printed("sgd-vs-bgd", claim)
    assert verdict == VERDICTS[claim]


def test_at_equal_time_the_cost_of_an_update_turns_the_order_once(shown):
    """Mini-batch first where updates are cheap, full batch where they are dear, undecided between, far from three."""
    rows = {int(row[0].rstrip(":")): float(row[-1]) for row in printed("sgd-vs-bgd", "equal time, cost")}
    assert len(rows) == 7 and all(abs(abs(errors) - 3) > 1 for errors in rows.values())
    errors = [rows[cost] for cost in sorted(rows)]
    assert errors == sorted(errors, reverse=True) and errors[0] > 3 and errors[-1] < -3
    assert shown["mini-wins-to"] == max(cost for cost, errors in rows.items() if errors > 3)
    assert shown["full-wins-from"] == min(cost for cost, errors in rows.items() if errors < -3)
