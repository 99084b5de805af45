"""The chapter sgd-vs-batch: the law of total variance holds for numbers, errors are refuted, the outcomes hold."""

from __future__ import annotations

import re
from statistics import median

import pytest
import torch
from chapters import code_cells, printed
from false_steps import false_steps

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import Schedule


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


FALSE = """
only-the-second-draw: E((g - mean) ** 2, both) = E((g - m[t]) ** 2, both); result; total-variance
variances-subtracted: E((g - mean) ** 2, both)
    = E((g - m[t]) ** 2, both) - E((m[t] - mean) ** 2, outer); result; total-variance
mean-of-another-time: E((g - mean) ** 2, both)
    = E((g - m[t + 1]) ** 2, both) + E((m[t] - mean) ** 2, outer); result; total-variance
"""
test_a_false_step_is_refuted = false_steps("sgd-vs-batch", FALSE)


# --- the two basins ---


@pytest.fixture(scope="module")
def two():
    """The functions of the page about the two weights, with its data."""
    names: dict = {"torch": torch, "points": 512, "seed": 0}
    for cell in code_cells("sgd-vs-batch"):
        if "def loss_and_gradient" in cell.source:
            exec(cell.source.partition("sizes = {")[0], names)
    return names


def test_derivatives_are_those_of_autograd(two):
    random = torch.Generator().manual_seed(1)
    x_0, eps, a, b = torch.randn(4, 50, generator=random, dtype=torch.float64)
    a, b = (2 * a).requires_grad_(), (2 * b).requires_grad_()
    loss, by_a, by_b = two["loss_and_gradient"](a, b, x_0, eps)
    for derivative, exact in zip((by_a, by_b), torch.autograd.grad(loss.sum(), (a, b)), strict=True):
        torch.testing.assert_close(derivative, exact, rtol=1e-10, atol=1e-12)


def test_the_estimate_is_that_of_the_oracle(two):
    """Two clusters on a line are a Gaussian mixture, whose optimal denoiser the library computes."""
    a, b = -0.7, 1.3
    schedule = Schedule.from_betas([1 - two["kept"]])
    mixture = GaussianMixture([[a], [b]], two["wide"], [two["heavy"], 1 - two["heavy"]])
    x_t = torch.linspace(-3, 3, 41, dtype=torch.float64)
    eps_hat = mixture.noise_predictor(schedule)(x_t[:, None], torch.ones(41, dtype=torch.int64))[:, 0]
    x_0_hat = (x_t - (1 - two["kept"]) ** 0.5 * eps_hat) / two["kept"] ** 0.5
    torch.testing.assert_close(two["estimate"](a, b, x_t)[0], x_0_hat, rtol=1e-9, atol=1e-9)


def test_the_exact_loss_is_the_mean_of_samples(two):
    x, random = two["line"](0.1), torch.Generator().manual_seed(2)
    at = torch.tensor([-0.5, 0.9], dtype=torch.float64)
    eps = torch.randn(400, len(x), generator=random, dtype=torch.float64)
    drawn = two["loss_and_gradient"](*at, x, eps)[0].mean(1)
    exact = float(two["exact_loss"](at[:1], at[1:], x))
    assert abs(float(drawn.mean()) - exact) < 5 * float(drawn.std()) / 20


@pytest.mark.parametrize("outliers", [0.0, 0.1])
def test_there_are_two_basins_and_the_deep_one_has_the_clusters_at_their_positions(two, outliers):
    (deep, shallow), *_ = two["basins"](two["line"](outliers))
    assert deep[0] < shallow[0] - 0.05
    assert deep[1:] == pytest.approx((-1, 1), abs=0.25) and shallow[1] > shallow[2]


def test_a_descent_goes_down_and_its_first_step_is_by_hand(two):
    x, rate = two["line"](0.0), torch.tensor([0.3], dtype=torch.float64)
    begin = torch.tensor([-0.4, 1.8], dtype=torch.float64)
    path = two["descend"](x, begin, len(x), 60, rate)
    assert path.shape == (61, 1, 2)
    before, after = (float(two["exact_loss"](w[:1], w[1:], x)) for w in (path[0, 0], path[-1, 0]))
    assert after < before - 0.01
    eps = torch.randn(1, len(x), generator=torch.Generator().manual_seed(len(x)), dtype=torch.float64)
    gradient = torch.stack([each.mean() for each in two["loss_and_gradient"](begin[0], begin[1], x, eps)[1:]])
    torch.testing.assert_close(path[1, 0], begin - 0.3 * gradient)


def test_single_examples_are_erratic_and_the_full_batch_hardly_leaves_its_start(two):
    """What the caption of the descents says, by the farthest distance from the start in 200 updates at rate 1."""
    x = two["line"](0.1)
    (_, shallow), *_ = two["basins"](x)
    begin, rate = torch.tensor(shallow[1:], dtype=torch.float64), torch.ones(5, dtype=torch.float64)
    far = {batch: (two["descend"](x, begin, batch, 200, rate) - begin).norm(dim=2).amax(0) for batch in (1, len(x))}
    assert float(far[len(x)].max()) < 0.4 < 1 < float(far[1].min())


# --- the sentences ---------------------------------------------------------------------------------------------------


FACTORS = ("data", "time", "noise")


@pytest.fixture(scope="module")
def effects():
    """The page's effects of a gradient that is any function of the three, on a small grid."""
    (cell,) = (cell.source for cell in code_cells("sgd-vs-batch") if "def conditional_means" in cell.source)
    source = cell[cell.index("axis = ") : cell.index("some = data[:32]")]

    def run(gradient):
        names = {"torch": torch, "T": 6, "gradients": gradient}
        exec(source, names)
        _, scale, total, main, whole = names["effects"](torch.linspace(-1, 1, 5, dtype=torch.float64)[:, None])
        return scale, total, [main[name] for name in FACTORS], [whole[name] for name in FACTORS]

    return run


def test_without_interaction_main_and_total_effects_are_equal(effects):
    """A sum of functions of one factor each: variances 1/2, 35/12 and 1 of the three, by hand."""
    scale, total, main, whole = effects(lambda x, t, eps: x[:, :1] + t[:, None] + eps[:, :1])
    assert scale == pytest.approx(3.5**2) and total == pytest.approx(1 / 2 + 35 / 12 + 1, rel=1e-3)
    assert main == pytest.approx([part / total for part in (1 / 2, 35 / 12, 1)], rel=1e-3)
    assert whole == pytest.approx(main, abs=1e-9) and sum(main) == pytest.approx(1)


def test_a_product_is_interaction_alone(effects):
    scale, _, main, whole = effects(lambda x, t, eps: x[:, :1] * (t[:, None] - 3.5) * eps[:, :1])
    assert scale == pytest.approx(0, abs=1e-12)
    assert main == pytest.approx([0, 0, 0], abs=1e-9) and whole == pytest.approx([1, 1, 1])


def test_a_product_of_two_leaves_the_third_without_effect(effects):
    _, _, main, whole = effects(lambda x, t, eps: (t[:, None] - 3.5) * eps[:, :1])
    assert main == pytest.approx([0, 0, 0], abs=1e-9) and whole == pytest.approx([0, 1, 1], abs=1e-9)


def test_most_of_the_variance_is_interaction(shown, kept):
    """On the page and in every stored run; so the noise alone does not make most of it, and every factor takes part."""
    keys = [(kind, name) for kind in ("main", "total") for name in FACTORS]
    runs = {(kind, name): kept.numbers(f"{kind} effect of {name}, percent") for kind, name in keys}
    here = {key: shown[f"{key[0]} effect of {key[1]}, percent"] for key in runs}
    for found in (here, *({key: each[k] for key, each in runs.items()} for k in range(len(kept.runs)))):
        assert sum(found["main", name] for name in FACTORS) < 50
        assert all(0 <= found["main", name] < found["total", name] / 2 for name in FACTORS)
        assert all(found["total", name] > 50 for name in FACTORS)
        assert found["total", "noise"] > max(found["total", "data"], found["total", "time"])
    mean = sum(runs["main", "data"]) / len(kept.runs)
    assert shown["variance-kept"] == pytest.approx(100 - mean, abs=0.51) and shown["effect-runs"] == len(kept.runs) == 4
    assert shown["noise-to-signal"] > 5


def test_one_setting_has_one_count(shown):
    """The proportion of the table is that of the first paragraph; the laboratory has random numbers of its own."""
    assert shown["runs"] == 60 and shown["deep-loss"] < shown["shallow-loss"] - 0.05
    assert shown["escaped-corrupted-updates-one"] == pytest.approx(100 * shown["out-one"] / 60, abs=0.51)
    (words,) = printed("sgd-vs-batch", "one example  in the deep basin")
    low, high = (float(end) for end in re.findall(r"\d+", " ".join(words).rpartition("(")[2]))
    assert low < 100 * shown["out-one"] / 60 < high and low < 100 * 20 / 60 < high  # 20 of 60 in the laboratory
    assert shown["out-mini-batch"] <= 2 and shown["out-full"] == 0
    for data in ("clean", "corrupted"):
        for how in ("updates", "gradients", "time"):
            one, mini, full = (shown[f"escaped-{data}-{how}-{name}"] for name in ("one", "mini-batch", "full"))
            assert 100 >= one > mini >= full == 0


def test_times_are_the_recorded_ones(shown, kept):
    for what in ("network", "two weights"):
        runs = [kept.numbers(f"microseconds, {what}, {name}") for name in ("one example", "mini-batch", "full batch")]
        one, mini, full = map(median, runs)
        assert {len(numbers) for numbers in runs} == {shown["taken-runs"]} and one > 0
        assert 1 < full / mini < shown["gradients-more"] / 4  # more expensive, by far less than its gradients
        assert shown[f"microseconds, {what}, full batch"] == pytest.approx(full, rel=1e-3)
    assert shown["gradients-more"] == 512 / 32
    assert shown["std-of-batch"] == pytest.approx(shown["noise-to-signal"] / 32**0.5, rel=0.05)
    assert 0.8 * shown["gradients-more"] < shown["memory-ratio"] <= 1.02 * shown["gradients-more"]


OUTCOMES = {
    "equal gradients, mini-batch better than full batch:": "confirmed",
    "equal gradients, one example better than mini-batch:": "confirmed",
    "equal updates, mini-batch better than full batch:": "refuted",
    "equal time, mini-batch better than full batch:": "refuted",
    "equal time at the greatest ratio, mini-batch better than full batch:": "refuted",
}


@pytest.mark.parametrize("claim", OUTCOMES)
def test_the_outcomes_are_beyond_their_spread(claim):
    ((outcome, *_),) = printed("sgd-vs-batch", claim)
    assert outcome == OUTCOMES[claim]
