"""The chapter latent-experiments: its functions against counts by hand, and its sentences about numbers."""

from __future__ import annotations

import math
import re

import pytest
import torch
from chapters import definitions, printed, printed_text
from torch import nn
from torch.nn.functional import avg_pool2d

from models.miniature.data import rendering, synthetic
from models.miniature.evaluation import fidelity
from pagekit import stored

CHAPTER = "latent-experiments"
VERDICTS = {"lower in every run than", "higher in every run than", "not clearly different from"}


@pytest.fixture(scope="module")
def page():
    """Imports, functions and classes of the page as it has them, with small numbers; nothing is trained."""
    names = definitions(CHAPTER, {"space": None, "sampling_steps": 8})  # defaults of arguments
    scenes = synthetic.sample_scenes(40, torch.Generator().manual_seed(0), "single")
    names["pictures_seen"] = avg_pool2d(rendering.render(scenes), 2)  # (40, 3, 64, 64)
    names["where"] = torch.device("cpu")
    names["linear"] = {f: names["components"](names["pictures_seen"], f) for f in (4, 8, 16)}
    for f, (_, variances, _) in names["linear"].items():
        variances /= 3 * f**2
    return names


# --- the functions ---------------------------------------------------------------------------------------------------


def test_multiply_adds_are_those_of_a_count_by_hand(page):
    layers = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.SiLU(), nn.Flatten(), nn.Linear(5 * 8 * 8, 7))
    by_hand = 3 * 5 * 9 * 64 + 5 * 64 * 7
    assert page["multiply_adds"](layers, torch.zeros(1, 3, 8, 8)) == pytest.approx(by_hand / 1e6, rel=1e-12)


def test_memory_is_what_the_backward_pass_needs(page):
    """Of sin(w x): x for the slope of w x, and w x for that of the sine; the weight itself is not counted."""

    class Wave(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(10))

        def forward(self, x):
            return torch.sin(self.w * x)

    assert page["memory"](Wave(), torch.ones(6, 10)) == 2 * 60 * 4


@pytest.mark.parametrize(("f", "c"), [(4, 3), (8, 4), (16, 8), (8, 192)])
def test_the_best_linear_code_loses_the_small_variances(page, f, c):
    mean, _, directions = page["linear"][f]
    rows = page["patches"](page["pictures_seen"], f).double() - mean
    left = rows - rows @ directions[:, :c] @ directions[:, :c].T
    assert float(left.square().mean()) == pytest.approx(page["lost"](f, c), rel=1e-9, abs=1e-12)


def test_another_linear_code_loses_more(page):
    mean, _, directions = page["linear"][8]
    turned, _ = torch.linalg.qr(directions[:, :4] + 0.02 * torch.randn(192, 4, dtype=torch.float64))
    rows = page["patches"](page["pictures_seen"], 8).double() - mean
    assert float((rows - rows @ turned @ turned.T).square().mean()) > page["lost"](8, 4)


@pytest.mark.parametrize(("f", "c"), [(4, 3), (16, 8)])
def test_an_autoencoder_starts_as_the_best_linear_code(page, f, c):
    coder = page["Coder"](f, c)
    z = coder.encode(page["pictures_seen"])
    assert z.shape == (40, c, 64 // f, 64 // f)
    assert page["error_of"](coder, page["pictures_seen"]) == pytest.approx(page["lost"](f, c), rel=1e-4)


@pytest.mark.parametrize("side", [64, 128])
def test_the_judge_explains_a_painted_form_and_nothing_of_noise(page, side):
    explained = page["explained"]
    scenes = synthetic.sample_scenes(3, torch.Generator().manual_seed(0), "single")
    real = avg_pool2d(rendering.render(scenes), 128 // side)
    noise = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(0))
    assert float(explained(real).min()) > 0.9 and float(explained(noise).max()) < 0.1
    noisy = float(explained(real.lerp(noise, 0.2)).mean())
    assert 0.1 < noisy < 0.95


def test_every_ruler_sees_the_same_of_a_picture_and_of_its_average(page):
    """So that pictures of 64 and of 128 pixels a side are measured alike."""
    whole = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(page["coarse"](whole), page["coarse"](avg_pool2d(whole, 2)))
    assert page["coarse"](whole).shape == (2, 3, 16, 16)


def test_painting_in_parts_paints_all_pictures_in_order(page):
    scenes = synthetic.sample_scenes(70, torch.Generator().manual_seed(0))
    parts = list(page["paint"](scenes))
    assert [len(part) for part in parts] == [8] * 8 + [6]
    torch.testing.assert_close(torch.cat(parts), rendering.render(scenes))


def test_a_verdict_needs_ranges_that_do_not_overlap(page):
    compare = page["comparison"]
    assert compare([1, 2], [3, 4]) == "lower in every run than"
    assert compare([5, 6], [3, 4]) == "higher in every run than"
    assert compare([1, 3.5], [3, 4]) == "not clearly different from"


def test_a_fraction_is_of_correct_or_of_artefact_free_images(page):
    accuracy = {"shape": 0.95, "both": 0.9}
    row = {"of": "trial", "line": "single", "n": 50, "prompt_accuracy": accuracy}
    row |= {"artefacts": {"artefact-free": 0.7, "edge": 0.2}}
    assert [page["fraction_of"](row, what) for what in ("shape", "prompt accuracy", "artefact-free")] == [
        0.95,
        0.9,
        0.7,
    ]
    page["pick"].__globals__["rows"] = [row, row | {"trained": 7}]
    assert page["pick"]("trial", "single") == [row]


def test_two_shares_are_apart_by_more_than_two_standard_errors(page):
    def row(p, n):
        return {"n": n, "prompt_accuracy": {"all": p}, "artefacts": {"artefact-free": p}}

    assert page["apart"](row(0.9, 100), row(0.7, 100), "prompt accuracy")
    assert not page["apart"](row(0.9, 20), row(0.7, 20), "artefact-free")
    assert not page["apart"](row(0.7, 100), row(0.9, 100), "prompt accuracy")


def test_an_error_bar_is_a_standard_error_and_never_zero(page):
    bar = page["error_bar"]
    assert bar(0.5, 10_000) == pytest.approx(0.005, rel=1e-6)
    assert 0 < bar(1.0, 500) < 0.003
    assert bar(1.0, 500) == pytest.approx(bar(0.0, 500))


def test_the_steepest_slope_is_the_largest_eigenvalue(page):
    """Of a linear estimate, whose slopes are a known matrix."""
    from diffusion_lib.stable_diffusion.parts import load

    page["miniature"] = load("miniature", device="cpu")
    draws = torch.Generator().manual_seed(0)
    page["start_at"] = torch.randn(2, 4, 2, 2, generator=draws)
    turn, _ = torch.linalg.qr(torch.randn(16, 16, generator=draws))
    matrix = turn @ torch.diag(torch.cat([torch.tensor([3.0]), torch.rand(15, generator=draws)])) @ turn.T
    x_t = torch.randn(2, 4, 2, 2, generator=draws)
    found = page["steepest"](lambda x, t: (x.flatten(1) @ matrix).view_as(x), x_t, 400, rounds=20)
    exact = 3.0 * float(page["miniature"].schedule.alpha_bar[400]) ** 0.5
    assert found.tolist() == pytest.approx([exact] * 2, rel=1e-3)


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_a_caption_is_worth_most_at_middle_times(shown):
    assert 50 < shown["peak"] < 600
    assert shown["peak-worth"] > 0.3 > 10 * max(shown["first-worth"], shown["last-worth"])
    assert shown["peak-worth"] < shown["peak-blind"]
    for t in (100, 300, 500):
        (row,) = printed(CHAPTER, f"{t:<5} ")
        blind, colour, both = map(float, row)
        assert blind > colour > both > 0


def test_costs_go_with_places(shown):
    """Latents have 64 times fewer places; the factor in compute is smaller because the network is wider."""
    assert 2 < shown["less-compute"] < 64 and shown["less-memory"] > shown["folded-memory"] > 2
    assert shown["whole-compute"] == pytest.approx(4 * shown["less-compute"], rel=0.05)  # convolutions go with places
    rows = {name: printed(CHAPTER, name)[0] for name in ("pixels ", "folded ", "latents ")}
    sizes = {name: int(row[0].replace(",", "")) for name, row in rows.items()}
    assert sizes["latents "] > 10 * sizes["pixels "]
    assert [int(row[-1]) for row in rows.values()] == [64 * 64, 16 * 16, 8 * 8]


def test_the_ruler_is_worth_something(shown):
    assert shown["accuracy"] > 80
    ends = [shown[f"{name}-end"] for name in ("pixels", "folded", "latents")]
    assert shown["reference"] < 3 and shown["reference"] < min(ends)


def test_the_verdicts_are_those_of_the_ranges(texts):
    rows = {name: printed(CHAPTER, f"{name:8} ") for name in ("pixels", "folded", "latents")}
    work = {name: float(row[0]) for name, found in rows.items() for row in found if row[1:2] == ["G"]}
    assert min(work, key=work.get) == "pixels" == texts["least-work"]
    assert float(texts["work-apart"]) == pytest.approx(max(work.values()) / min(work.values()), abs=0.1)
    ranges = {name: tuple(map(float, texts[f"{name}-range"].split(" to "))) for name in ("pixels", "folded", "latents")}
    for one, other in (("latents", "pixels"), ("latents", "folded"), ("folded", "pixels")):
        said = texts[f"{one}-or-{other}"]
        assert said in VERDICTS
        (low, high), (other_low, other_high) = ranges[one], ranges[other]
        if high < other_low:
            assert said == "lower in every run than"
        if low > other_high:
            assert said == "higher in every run than"


CAUSES = (
    "five times the steps of the sampler",
    "weights that are not averaged",
    "half the learning rate",
    "another classifier",
    "colours alone",
)


def stored_runs(what, last):
    kept = stored.read(CHAPTER)
    shown = [[kept.numbers(f"{what}, run {run}, mark {mark}") for mark in range(1, last + 1)] for run in range(5)]
    return [[number for (number,) in row] for row in shown]


@pytest.mark.parametrize("name", ["pixels", "folded", "latents"])
def test_the_long_runs_are_the_stored_ones(texts, name):
    rows = stored_runs(name, 4)
    ends = [row[-1] for row in rows]
    assert float(texts[f"{name}-end"]) == pytest.approx(sum(ends) / 5, abs=0.051)
    low, high = map(float, texts[f"{name}-range"].split(" to "))
    assert (low, high) == pytest.approx((min(ends), max(ends)), abs=0.051)
    means = [sum(column) / 5 for column in zip(*rows, strict=True)]
    assert [float(mean) for mean in texts[f"{name}-marks"].split(" → ")] == pytest.approx(means, abs=0.051)
    assert name == "folded" or all(row[-1] < row[0] for row in rows)  # these end below their first mark


def test_what_the_page_trains_is_within_the_stored_range(shown):
    for name in ("pixels", "folded", "latents"):
        rows = stored_runs(name, 2)
        for run, mark in ((0, 1), (0, 2), (1, 1), (1, 2)):
            there = [row[mark - 1] for row in rows]
            slack = max(there) - min(there)
            assert min(there) - slack <= shown[f"{name}, run {run}, mark {mark}"] <= max(there) + slack


def test_weights_and_examples_are_equal_where_the_text_says_so(shown, texts):
    rows = {name: printed(CHAPTER, f"{name:8} ") for name in ("pixels", "folded", "latents")}
    rows = {name: [row for row in found if "examples," in row] for name, found in rows.items()}
    sizes, examples = ({name: int(row[place].replace(",", "")) for name, (row,) in rows.items()} for place in (0, 2))
    assert max(sizes.values()) < 1.25 * min(sizes.values()) and len(set(examples.values())) == 1
    work = {name: float(row[4]) for name, (row,) in rows.items()}
    assert work["pixels"] > 8 * work["folded"] > 40 * work["latents"]
    assert shown["equal-latents-runs"] == shown["equal-folded-runs"] == shown["equal-pixels-runs"] == 5
    ends = {"pixels": [row[-1] for row in stored_runs("pixels", 4)]}
    for name in ("folded", "latents"):
        ends[name] = [shown[f"{name}, width 8, run {run}"] for run in range(5)]
    for name, found in ends.items():
        mean, low, _, high = texts[f"equal-{name}"].replace("(", "").replace(")", "").split()
        assert [float(mean), float(low), float(high)] == pytest.approx(
            [sum(found) / 5, min(found), max(found)], abs=0.051
        )
    assert min(ends["latents"]) > max(ends["pixels"])  # the order of the table before is reversed: the text says so
    assert texts["equal-latents-or-pixels"] == "higher in every run than"
    assert texts["equal-latents-or-folded"] == texts["latents-or-pixels"] == "lower in every run than"


@pytest.mark.parametrize("what", ["nothing", *CAUSES])
def test_a_cause_is_told_by_the_runs_in_which_the_distance_rises(texts, what):
    rows = stored_runs("latents" if what == "nothing" else what, 2)
    short = what.split()[0]
    assert int(texts[f"worse-{short}"]) == sum(first < second for first, second in rows)
    means = [sum(column) / 5 for column in zip(*rows, strict=True)]
    assert [float(mean) for mean in texts[f"cause-{short}"].split(" → ")] == pytest.approx(means, abs=0.006)
    jump = sum(abs(first - second) for first, second in rows) / 5
    assert float(texts[f"jump-{short}"]) == pytest.approx(jump, abs=0.051)


def test_no_change_makes_the_distance_rise_as_a_rule(texts):
    """The mean over seeds falls in every row that the text counts, and few runs rise in any of them."""
    assert texts["falling-means"] == texts["all-changes"] == "6"
    assert float(texts["jump-weights"]) > float(texts["jump-nothing"])
    assert all(int(texts[f"worse-{what.split()[0]}"]) <= 2 for what in ("nothing", *CAUSES))
    assert texts["latents-end-below-start"] == "5"


def test_a_training_stops_at_the_last_mark_and_begins_as_the_longer_one(page):
    """To the second mark it is the first part of the whole training, step by step."""
    world = page["learn"].__globals__
    world.update({"T": 1000, "schedule": page["make_schedule"]("cosine", 1000)})
    data = torch.randn(40, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    short = page["learn"](data, {"width": 8}, 4, 16, 3, [2, 4])
    whole = page["learn"](data, {"width": 8}, 4, 16, 3, [4, 16])
    next(short)
    x, t = data[:3], torch.full((3,), 500)
    for short_weights, weights in zip(next(short), next(whole), strict=True):
        with torch.no_grad():
            torch.testing.assert_close(short_weights(x, t), weights(x, t))
    assert next(short, "the end") == "the end"


def test_the_judge_sees_forms_in_real_pictures(texts):
    clear = {name: float(texts[f"clear-{name}"].split()[0]) for name in ("real", "reconstructed", "pixels")}
    assert clear["real"] > 0.95 and clear["pixels"] < clear["real"] / 2


def test_a_larger_factor_keeps_less_and_costs_less(shown):
    linear = [shown[f"linear-{f}"] for f in (4, 8, 16)]
    assert linear == sorted(linear, reverse=True)
    for f in (4, 8, 16):
        assert shown[f"coder-{f}"] >= shown[f"linear-{f}"] - 0.6  # one of the two is rounded to whole dB
        assert shown[f"samples-{f}"] > shown[f"coded-{f}"]
    costs = [shown[f"factor-cost-{f}"] for f in (4, 8, 16)]
    assert costs[0] > 3 * costs[1] > 9 * costs[2]


def test_the_best_factor_is_that_of_the_least_mean(shown, texts):
    means = {f: shown[f"samples-{f}"] for f in (4, 8, 16)}
    assert means[int(shown["best-factor"])] == min(means.values())
    assert {texts["one-verdict"], texts["other-verdict"]} <= VERDICTS
    assert "higher in every run than" not in (texts["one-verdict"], texts["other-verdict"])


def test_the_distance_of_coded_pictures_is_undercut(shown, texts):
    """Stretched codes of real pictures score better than those codes: so the page calls it no lower bound."""
    rows = printed(CHAPTER, "f = 16, stretched by ")
    found = {float(row[0].rstrip(":")): float(row[-1]) for row in rows}
    assert sorted(found) == [1.0, 1.03, 1.06, 1.1] and found[1.06] < found[1.0]
    assert shown["coded-plain"] == found[1.0] and shown["coded-stretched"] == found[1.06]
    assert texts["floor-verdict"] == "is not a lower bound" and "16" in texts["stretched-factors"].split(" and ")
    for f in texts["stretched-factors"].split(" and "):
        of_f = [float(row[-1]) for row in printed(CHAPTER, f"f = {f:>2}, stretched by ")]
        assert min(of_f) < of_f[0]
    assert abs(shown["coded-plain"] - shown["coded-16"]) < 0.06


def test_what_is_explained_in_no_picture_has_no_error_of_zero(texts):
    for name in ("real", "reconstructed", "latents", "folded", "pixels"):
        words = texts[f"clear-{name}"]
        assert words == "0 in each" or float(words.split(" ± ")[1]) > 0, words


def test_the_goals_that_are_reached_are_counted(shown):
    lines = [line for line in printed_text(CHAPTER).splitlines() if re.search(r"(not )?reached", line)]
    assert len(lines) == shown["goals"] == 5 + len(fidelity.LINES) + 2 * len(synthetic.SCENE_CLASSES) + 1
    assert sum("not reached" not in line for line in lines) == shown["reached"]
    for line in lines[:-1]:
        right, goal = float(re.search(r"([\d.]+) ±", line)[1]), float(re.search(r" (\d+)  (not )?reached", line)[1])
        if abs(right - goal) > 0.06:
            assert ("not reached" not in line) == (right > goal), line


def test_the_goals_are_those_of_seen_and_unseen_captions():
    """Correct and artefact-free: 95 % of what was seen, 90 % of what was not; no line of the fidelity is left out."""
    rows = {line: printed(CHAPTER, f"{line}, correct and artefact-free ") for line in fidelity.LINES}
    for line, found in rows.items():
        goals = {int(word) for row in found for word in row if word in ("90", "95")}
        assert goals == {90 if line.startswith("unseen") else 95}, line


def test_pooled_errors_are_not_pooled_decibels(page):
    assert page["decibel"](4e-3) == pytest.approx(30) and math.isclose(page["decibel"](4 / 10**3.3), 33)


def test_guidance_makes_the_flow_steep_and_only_a_high_order_minds(shown):
    assert shown["steeper"] > 1.5
    assert shown["beyond-four-20-7-5"] > 80 > 20 > max(shown["beyond-four-50-1"], shown["beyond-four-20-1"])
    rows = [
        [float(word.rstrip(",")) for word in row[-4:]]
        for row in printed(CHAPTER, "50 steps, g = ") + printed(CHAPTER, "20 steps, g = ")
        if "derivatives," in row
    ]
    assert len(rows) == 4 and all(row == sorted(row, reverse=True) and row[3] == 0 for row in rows)


def test_the_sampler_decides_at_a_large_scale(shown, texts):
    """In 50 steps DDIM matches the prompts of all classes; LMS clearly fewer in total and of three classes."""
    right, article = (
        [float(texts[f"{key}-{kind}"].split()[0]) for kind in synthetic.SCENE_CLASSES] for key in ("ddim", "lms")
    )
    assert min(right) >= 95 and sum(right) > sum(article) + 8 * len(article) and shown["lower-with-lms"] >= 3
