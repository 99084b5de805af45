"""The chapter ddpm-ablations: its functions against the library and exact sums, and its sentences about numbers."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from chapters import definitions

from diffusion_lib.data import digits
from diffusion_lib.networks import UNet
from diffusion_lib.process.bound import vlb
from diffusion_lib.process.identities import add_noise
from diffusion_lib.process.schedule import linear
from diffusion_lib.sample.ancestral import ddpm
from diffusion_lib.sample.chain import last

SPREAD = re.compile(r"(-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\)")
WORDS = {"lower in every run", "higher in every run", "not clearly different"}
WORDS |= {"lower in every pair", "higher in every pair", "mixed across pairs"}
ROWS = ("x0-vlb", "x0-simple", "eps-vlb", "eps-simple")


@pytest.fixture(scope="module")
def spreads(texts):
    """Median, least and greatest of the runs, by name."""
    found = {name: SPREAD.fullmatch(text.removeprefix("≈ ")) for name, text in texts.items()}
    return {name: tuple(map(float, match.groups())) for name, match in found.items() if match}


@pytest.fixture(scope="module")
def page():
    """Imports and functions of the page as it has them, with small numbers; nothing is trained."""
    names = definitions("ddpm-ablations", {"n": 40})
    T = 25
    schedule = linear(T, 0.1 / T, 20 / T)
    torch.manual_seed(0)
    network = UNet(width=8, T=T, alpha_bar=schedule.alpha_bar).requires_grad_(False)
    for parameter in network.parameters():
        parameter.add_(0.02 * torch.randn(parameter.shape))  # its last layer starts at zero
    train = digits("train")
    return names | {
        "T": T, "seed": 0, "levels": 17, "dims": 64, "n": 40, "schedule": schedule,
        "cosine": schedule, "model": network,
        "n_states": 6, "n_branches": 4, "train_digits": train, "mean": train.flatten(1).mean(0),
    }  # fmt: skip


def call(page, name, *arguments, **changed):
    """A function of the page, with some of its globals changed."""
    function = page[name]
    function.__globals__.update(page | changed)
    return function(*arguments)


# --- the functions of the page --------------------------------------------------------------------------------------


def test_one_pass_gives_the_bounds_of_the_library(page):
    x, schedule, network = digits("test")[:6], page["schedule"], page["model"]
    bounds, errors, fitted = call(page, "evaluate_bound", network, schedule, x)
    eps = torch.randn(25, *x.shape, generator=torch.Generator().manual_seed(2))
    for name, table in (("posterior", "posterior"), ("beta", "beta"), ("fitted", fitted)):
        torch.testing.assert_close(bounds[name].terms, vlb(network, schedule, x, eps, table, 17).terms)
    x_t = add_noise(schedule, x, 25, eps[24])
    answer = network(x_t, torch.full((6,), 25))
    assert float(errors[0, 25]) == pytest.approx(float((answer - eps[24]).square().mean()), rel=1e-5)
    ratio = float((1 - schedule.alpha_bar[25]) / schedule.alpha_bar[25])
    assert float(errors[1, 25]) == pytest.approx(ratio * float(errors[0, 25]), rel=1e-3)


def test_the_fitted_variance_is_the_best_of_the_three_where_it_was_fitted(page):
    bounds, *_ = call(page, "evaluate_bound", page["model"], page["schedule"], digits("train")[:40])
    steps = {name: float(bound.steps.sum(0).mean()) for name, bound in bounds.items()}
    assert steps["fitted"] < min(steps["posterior"], steps["beta"])


def test_rate_and_distortion_are_cumulated_from_the_noise_on(page):
    bounds, errors, fitted = call(page, "evaluate_bound", page["model"], page["schedule"], digits("test")[:6])
    rate, distortion = call(page, "rate_distortion", (bounds, errors, fitted))
    terms = bounds["fitted"].terms.mean(1).double() / (64 * math.log(2))  # L_0 … L_T
    assert len(rate) == len(distortion) == 25
    for index, t in ((0, 25), (1, 24), (24, 1)):
        assert float(rate[index]) == pytest.approx(float(terms[t:].sum()), rel=1e-6)
        assert float(distortion[index]) == pytest.approx(8 * math.sqrt(float(errors[1, t])), rel=1e-6)
    assert float(rate[-1] + terms[0]) == pytest.approx(float(terms.sum()), rel=1e-6)


def test_decoding_from_the_start_is_the_sampler(page):
    start = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(7))
    draws = torch.Generator().manual_seed(5)
    whole = last(ddpm(page["model"], start, page["schedule"], variance="beta", generator=draws)).clamp(-1, 1)
    ours = call(page, "decode", page["model"], start, 25, torch.Generator().manual_seed(5))
    torch.testing.assert_close(ours, whole, rtol=1e-5, atol=1e-5)


def test_branches_have_their_state_in_common_and_nothing_before_it(page):
    last_step = call(page, "branch", page["model"], 1)
    assert last_step.shape == (6, 4, 1, 8, 8)
    torch.testing.assert_close(last_step, last_step[:, :1].expand_as(last_step))  # t = 1 adds no noise
    assert float((last_step[0, 0] - last_step[1, 0]).abs().max()) > 0.1
    apart = call(page, "branch", page["model"], 25)
    assert float((apart[0, 0] - apart[0, 1]).abs().max()) > 0.1


def test_agreement_is_the_fraction_of_pairs(page):
    class Space:
        def predict(self, images):
            return images[:, 0, 0, 0].long()

    family = torch.zeros(6, 4, 1, 8, 8)
    assert call(page, "agreement", family, space=Space()) == 1
    family[:, 0] = 1  # one of four differs: three of six pairs agree
    assert call(page, "agreement", family, space=Space()) == pytest.approx(0.5)
    family[:3] = torch.arange(4.0).view(4, 1, 1, 1)
    assert call(page, "agreement", family, space=Space()) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("how", "fraction", "variance"),
    [("independent noise", 0.5, 0.5), ("same noise", 0.5, 1.0), ("scaled noise", 0.3, 1.0), ("same noise", 0.0, 1.0)],
)
def test_a_blend_has_the_mean_of_the_images_and_the_noise_that_the_text_says(page, how, fraction, variance):
    one, two = torch.full((400, 1, 8, 8), -1.0), torch.full((400, 1, 8, 8), 1.0)
    x_t, eps = call(page, "blend", one, two, fraction, 10, how, torch.Generator().manual_seed(0))
    assert float(eps.var()) == pytest.approx(variance, rel=0.05)
    kept = page["schedule"].alpha_bar[10]
    exact = kept.sqrt() * (2 * fraction - 1) + (1 - kept).sqrt() * eps
    torch.testing.assert_close(x_t, exact.float(), rtol=1e-5, atol=1e-5)


def test_the_histogram_code_by_counting(page):
    train, test = ((digits(split).flatten(1).numpy() + 1) * 8 for split in ("train", "test"))
    total = 0.0
    for pixel in range(64):
        seen = np.bincount(train[:, pixel].round().astype(int), minlength=17) + 1
        total -= np.log2(seen / seen.sum())[test[:, pixel].round().astype(int)].sum()
    counts = torch.from_numpy(np.stack([np.bincount(column.round().astype(int), minlength=17) for column in train.T]))
    frequencies = (counts + 1.0) / (len(train) + 17)
    assert call(page, "histogram", digits("test"), frequencies=frequencies) == pytest.approx(
        total / test.size, rel=1e-5
    )


def test_the_gaussian_code_is_a_code(page):
    """Over all 17² images of two dependent pixels its probabilities add up to 1; it knows that the two depend."""
    draws = torch.Generator().manual_seed(0)
    first = torch.randint(0, 17, (400,), generator=draws)
    second = (first + torch.randint(-1, 2, (400,), generator=draws)).clamp(0, 16)
    train = (torch.stack([first, second], 1).float() / 8 - 1).view(400, 1, 1, 2)
    changed = {"train_digits": train, "mean": train.flatten(1).mean(0), "dims": 2}
    grid = torch.cartesian_prod(torch.arange(17.0), torch.arange(17.0)) / 8 - 1
    costs = [2 * call(page, "gaussian_code", image.view(1, 1, 1, 2), **changed) for image in grid]
    assert sum(2**-cost for cost in costs) == pytest.approx(1, abs=1e-9)
    apart = call(page, "gaussian_code", train[:, :, :, [0, 0]][torch.randperm(400, generator=draws)], **changed)
    assert call(page, "gaussian_code", train, **changed) < apart + 1 < 2 * math.log2(17)


def test_pairs_keep_together_what_belongs_together(page):
    assert call(page, "compare_pairs", [1, 5], [2, 6]) == "lower in every pair"
    assert call(page, "compare_pairs", [2, 6], [1, 5]) == "higher in every pair"
    assert call(page, "compare_pairs", [1, 5], [2, 5]) == "mixed across pairs"
    with pytest.raises(ValueError, match="zip"):
        call(page, "compare_pairs", [1, 5], [2])


def test_the_lists_of_a_kind_are_those_of_the_linear_rows(page):
    rows = [("x_0", "vlb", "linear"), ("eps", "simple", "linear")]
    table = {row: {"bits": [k, k + 10]} for k, row in enumerate(rows)} | {("eps", "simple", "cosine"): {"bits": [99]}}
    changed = {"linear_rows": rows, "table": table}
    assert call(page, "pooled", "bits", **changed) == [0, 10, 1, 11]
    assert call(page, "pooled", "bits", "eps", **changed) == [1, 11]


def test_verdicts_need_all_runs_on_one_side(page):
    assert call(page, "compare_runs", [1, 2, 3], [3.1, 4]) == "lower in every run"
    assert call(page, "compare_runs", [5, 6], [3.1, 4]) == "higher in every run"
    assert call(page, "compare_runs", [1, 2, 3.2], [3.1, 4]) == "not clearly different"
    assert call(page, "spread", [3.0, 1.0, 2.0]) == "2.00 (1.00 to 3.00)"
    assert call(page, "spread", [3.0]) == "3.00 (3.00 to 3.00)"


# --- the sentences ----------------------------------------------------------------------------------------------------


def test_the_metric(shown):
    assert shown["accuracy"] >= 95 and shown["set-size"] == 160 and shown["held-out"] == 355
    assert shown["floor"] < 0.1 * min(shown["half-the-digits"], shown["pixel-gaussian"])
    assert 0.5 < shown["half-the-digits"] / shown["pixel-gaussian"] < 2  # "of similar size"
    assert shown["white-noise"] > 1.5 * max(shown["half-the-digits"], shown["pixel-gaussian"])


@pytest.mark.parametrize("row", ROWS)
def test_every_number_of_the_table_has_its_spread(spreads, row):
    for column in ("bits-posterior", "bits-beta", "bits-fitted", "distance-posterior", "distance-beta"):
        middle, low, high = spreads[f"{row}-{column}"]
        assert low <= middle <= high and low < high


def test_every_network_beats_the_trivial_baselines(shown, spreads):
    """Noise and a Gaussian of pixels for samples, levels alike for bits; by far, in the worst of all runs."""
    worst = {
        kind: max(spreads[f"{row}-{column}"][2] for row in ROWS for column in columns)
        for kind, columns in {
            "bits": ("bits-posterior", "bits-beta"),
            "distance": ("distance-posterior", "distance-beta"),
        }.items()
    }
    assert worst["bits"] == pytest.approx(shown["worst-bits"], abs=0.006) and worst["bits"] < math.log2(17)
    assert worst["distance"] == pytest.approx(shown["worst-distance"], abs=0.006)
    assert worst["distance"] < shown["pixel-gaussian"] < shown["white-noise"]


def test_the_order_of_the_paper_by_samples_carries_over(texts, spreads):
    """Better samples without the bound's weights; the bound's code is shorter for each pair with its own variance."""
    assert texts["samples-simple-against-vlb-eps"] == "lower in every run"
    assert spreads["eps-simple-distance-posterior"][2] < spreads["eps-vlb-distance-posterior"][1]
    assert texts["own-bits-vlb-against-simple"] == "lower in every pair"
    assert spreads["eps-vlb-bits-posterior"][0] < spreads["eps-simple-bits-posterior"][0]


def test_the_table_is_that_of_the_stored_runs(spreads, shown, kept):
    for row in ROWS:
        answer, loss = row.replace("x0", "x_0").split("-")
        for column in ("bits, fitted", "distance, beta"):
            numbers = sorted(kept.numbers(f"here: {answer}, {loss}, linear, {column}"))
            assert len(numbers) == 5 == shown["table-runs"]
            middle, low, high = spreads[f"{row}-{column.replace(', ', '-')}"]
            assert (low, middle, high) == pytest.approx((numbers[0], numbers[2], numbers[4]), abs=0.006)


def test_the_network_that_the_page_trains_is_within_the_stored_range(shown, kept):
    """One machine gives the same digits; another one rounds otherwise, and has as much room again as the range."""
    for column in ("bits, fitted", "bits, beta", "distance, posterior"):
        numbers = kept.numbers(f"here: eps, simple, linear, {column}")
        slack = max(numbers) - min(numbers)
        assert min(numbers) - slack <= shown[f"again: {column}"] <= max(numbers) + slack


@pytest.mark.parametrize("row", ROWS)
def test_the_variance_decides_the_bits(spreads, row):
    """β̃ costs most and the fitted one least, in every run; farther apart than the rows of one variance are."""
    posterior, beta, fitted = (spreads[f"{row}-bits-{name}"] for name in ("posterior", "beta", "fitted"))
    assert posterior[1] > beta[2] and beta[0] > fitted[0]
    assert posterior[0] - fitted[0] > 0.5


VERDICTS = {  # the value with the words: the two names that it compares
    "bits-simple-against-vlb-eps": ("eps-simple-bits-fitted", "eps-vlb-bits-fitted"),
    "bits-simple-against-vlb-x0": ("x0-simple-bits-fitted", "x0-vlb-bits-fitted"),
    "samples-simple-against-vlb-eps": ("eps-simple-distance-posterior", "eps-vlb-distance-posterior"),
    "samples-simple-against-vlb-x0": ("x0-simple-distance-posterior", "x0-vlb-distance-posterior"),
    "cosine-verdict-bits-beta": ("cosine-bits-beta", "eps-simple-bits-beta"),
    "cosine-verdict-bits-fitted": ("cosine-bits-fitted", "eps-simple-bits-fitted"),
    "cosine-verdict-distance-beta": ("cosine-distance-beta", "eps-simple-distance-beta"),
    "mix-verdict-same": ("mix-same", "mix-independent"),
    "mix-verdict-scaled": ("mix-scaled", "mix-independent"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_words_and_numbers_agree(texts, spreads, name):
    ours, theirs = (spreads[key] for key in VERDICTS[name])
    if min(abs(ours[2] - theirs[1]), abs(ours[1] - theirs[2])) < 0.015:
        pytest.skip("two runs are equal to the digits that are shown")
    below, above = ours[2] < theirs[1], ours[1] > theirs[2]
    assert texts[name] == (
        "lower in every run" if below else "higher in every run" if above else "not clearly different"
    )


COLUMNS = {
    "bits-beta-against-posterior": ("bits-beta", "bits-posterior"),
    "bits-fitted-against-beta": ("bits-fitted", "bits-beta"),
    "samples-beta-against-posterior": ("distance-beta", "distance-posterior"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_verdicts_in_pairs_order_the_ranges_of_each_row(texts, spreads, name):
    """If each network is lower, so are the least, the median and the greatest of each row."""
    pairs = [
        (a, b) for row in ROWS for a, b in zip(*(spreads[f"{row}-{column}"] for column in COLUMNS[name]), strict=True)
    ]
    lower, higher = (all(sign * (b - a) > -0.01 for a, b in pairs) for sign in (1, -1))
    assert texts[name] != "lower in every pair" or lower
    assert texts[name] != "higher in every pair" or higher


def test_the_fitted_variance_is_better_than_both_that_need_no_fit(texts):
    assert texts["bits-beta-against-posterior"] == texts["bits-fitted-against-beta"] == "lower in every pair"


def test_every_verdict_is_one_of_those_that_the_page_explains(texts):
    words = {text for name, text in texts.items() if "against" in name or "verdict" in name}
    assert words <= WORDS


def test_both_schedules_end_in_noise(shown):
    assert shown["prior-linear"] < 1e-3 and shown["prior-cosine"] < 1e-3


def test_codes_in_order(shown, spreads):
    """The model's bound is for held-out digits, above what it needs for its own; so are the codes without a network."""
    assert shown["code-levels-test"] == pytest.approx(math.log2(17), abs=5e-4)
    assert shown["code-gaussian-test"] < shown["code-histogram-test"] < shown["code-levels-test"]
    assert shown["code-histogram-gap"] > 0 and shown["code-gaussian-gap"] > 0
    fitted, beta, posterior = (spreads[f"model-{name}-test"] for name in ("fitted", "beta", "posterior"))
    assert fitted[2] < beta[1] and beta[2] < posterior[1]
    assert spreads["model-fitted-gap"][1] > -0.05 and spreads["model-fitted-gap"][2] < 0.3  # "small"
    for name, baseline in (("histogram", "code-histogram-test"), ("gaussian", "code-gaussian-test")):
        side = "lower" if fitted[2] < shown[baseline] else "higher" if fitted[1] > shown[baseline] else "not"
        assert fitted[0] != shown[baseline] and side in ("lower", "higher", "not"), name


def test_progressive_code(shown, spreads):
    """Before any bit the best guess is the mean image; the networks guess hardly worse, and no better."""
    error = (digits("test") - digits("train").mean(0)).square().mean().sqrt() * 8
    assert shown["mean-distortion"] == pytest.approx(float(error), rel=0.02)
    assert error < spreads["blind-distortion"][1] <= spreads["blind-distortion"][2] < 1.15 * error
    assert spreads["final-distortion"][2] < 0.6
    assert 0 < spreads["remaining-bits"][1] <= spreads["remaining-bits"][2] < 100


def test_what_a_sample_shows_is_settled_along_the_chain(shown, spreads):
    means = [spreads[f"agree-{name}"][0] for name in ("start", "early", "middle", "late", "end")]
    assert abs(means[0] - shown["agree-chance"]) < 12
    assert means[-1] > 85 and means[-1] > means[2] > means[0]
    assert [a <= b + 5 for a, b in pairwise(means)] == [True] * 4


def test_the_trap_of_the_blend(shown):
    assert shown["mix-std-independent"] == pytest.approx(math.sqrt(0.5), abs=0.02)
    assert shown["mix-std-same"] == pytest.approx(1, abs=0.02) == shown["mix-std-scaled"]
