"""The chapter latent-pipeline: its loop is the published one, its own comparison finds bugs, its numbers hold."""

from __future__ import annotations

import ast
import io
import math
from statistics import NormalDist

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from chapters import code_cells, definitions, printed, printed_text
from PIL import Image

from diffusion_lib.errors import ConfigError
from diffusion_lib.stable_diffusion import pipeline
from models.miniature.data import forms, language, rendering, synthetic
from models.miniature.evaluation import evaluator
from pagekit import plot

PAGE = code_cells("latent-pipeline")
CELLS = [cell.source for cell in PAGE if not {"hide-input", "remove-cell"} & set(cell.metadata.get("tags", []))]
LAST = next(i for i, source in enumerate(CELLS) if "StableDiffusionPipeline(" in source)
LOOP = next(i for i, source in enumerate(CELLS) if "adams_bashforth(" in source)
SAMPLES = 12  # of the page's shares
BUGS = {  # what the article's code does, and what is easily done
    "no scaling of the input": ("x_t = x / (levels[k] ** 2 + 1) ** 0.5", "x_t = x"),
    "no scaling of the noise": ("x = x_T * (levels[0] ** 2 + 1) ** 0.5", "x = x_T"),
    "the index of the step for the time": ("eps_hat = guided(x_t, t)", "eps_hat = guided(x_t, k + 1)"),
    "times that start at 0": ("parts.unet(twice, t - 1,", "parts.unet(twice, t,"),
    "guidance the other way": ("without + g * (with_text", "with_text + g * (with_text"),
    "no guidance": ("without + g * (with_text - without)", "with_text"),
    "a step without its predecessors": ("past = [(levels[k], eps_hat), *past[:3]]", "past = [(levels[k], eps_hat)]"),
    "the noise itself subtracted": ("x = x + sum(weight * eps", "x = x - sum(eps"),
}


def run(values, old="", new=""):
    """Run the page as far as its comparison of the three loops, with other parameters and perhaps a bug."""
    assert not old or sum(old in source for source in CELLS) == 1
    names = {}
    exec(CELLS[0], names)
    names |= values
    for source in CELLS[1 : LAST + 1]:
        exec(compile(source.replace(old, new) if old else source, "latent-pipeline.md", "exec"), names)
    return names


@pytest.mark.parametrize(
    "values",
    [
        {"steps": 1, "g": 7.5, "seed": 3, "save_int": 0},
        {"steps": 7, "g": 2.0, "prompt": "a red circle above a blue star", "save_int": 2},
        {"steps": 3, "g": 1.0, "prompt": "", "dim": 96},
        {"steps": 4, "g": 0.0, "prompt": "a cat"},
    ],
    ids=str,
)
def test_the_loop_by_hand_is_the_pipeline_for_other_values_too(values, capsys):
    names = run({"samples": 2} | values)
    g, save_int = names["g"], names["save_int"]
    said = capsys.readouterr().out
    assert "generate: equal to the loop above, True" in said
    assert ("StableDiffusionPipeline: equal to the loop above, True" in said) or g <= 1
    assert len(names["kept"]) == (len(range(0, names["steps"], save_int)) if save_int else 0)


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_by_the_page_itself(bug):
    with pytest.raises(ArithmeticError, match="ends elsewhere"):
        run({"steps": 6, "samples": 2}, *BUGS[bug])


@pytest.mark.filterwarnings("ignore:Glyph")  # no font has them all: boxes are drawn
@pytest.mark.parametrize("prompt", [r"a $\frac dog$", "a dog for 5 $", "a_dog^2 \\", "", "dog\n\n" * 2000, "🐕" * 9999])
def test_a_prompt_reaches_the_figure_as_it_stands(prompt):
    (cell,) = (each.source for each in PAGE if "def strip(" in each.source)
    names = {"plot": plot, "np": np, "plt": plt, "io": io, "Image": Image}
    exec(cell.partition("def some_states")[0], names)
    shown = names["strip"]([Image.new("RGB", (128, 128))], [prompt], columns=2)
    assert shown.data.startswith(b"\x89PNG") and len(shown.data) < 100_000


def test_the_page_says_who_made_its_pictures_and_what_is_true_of_them(texts):
    assert texts["model"] == "miniature"
    said = printed_text("latent-pipeline")
    lines = ("two calls with seed 1: the same noise True", "two calls with seed 0: the same noise False")
    for line in (*lines, "regenerated, pixel for pixel: True"):
        assert line in said
    assert said.count("equal to the loop above, True") == 2 and "loop above, False" not in said


@pytest.fixture(scope="module")
def ruler():
    """The page's functions that count, without its pictures."""
    names = {
        "torch": torch,
        "np": np,
        "evaluator": evaluator,
        "rendering": rendering,
        "synthetic": synthetic,
        "seed": 0,
    }
    names |= {"target": language.parse("a dog wearing hat"), "ConfigError": ConfigError}
    wanted = ("pixels", "evaluate", "counted", "interval", "shown_fraction", "on_canvas")
    return definitions("latent-pipeline", names, wanted)


def wilson(right, n):
    """Wilson's interval of 95 %, written out."""
    z, p = NormalDist().inv_cdf(0.975), right / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


@pytest.mark.parametrize(("right", "n"), [(12, 12), (0, 12), (10, 12), (1, 2)])
def test_a_share_has_wilsons_interval_which_is_never_empty(ruler, right, n):
    low, high = ruler["interval"](right, n)
    assert (low, high) == pytest.approx(wilson(right, n), abs=1e-9) and high - low > 0.1


def test_every_share_of_the_page_stands_beside_its_interval(shown):
    shares = [line for line in printed_text("latent-pipeline").splitlines() if "prompt accuracy ≈ " in line]
    assert len(shares) == 1 + 3 + 5
    for line in shares:
        share, _, _, _, low, _, high = line.partition("prompt accuracy ≈ ")[2].replace(",", "").split()[:7]
        exact = wilson(round(float(share) * SAMPLES), SAMPLES)
        assert (float(low), float(high)) == pytest.approx(exact, abs=0.006), line
    assert shown["prompt-low"] == pytest.approx(wilson(SAMPLES, SAMPLES)[0], abs=0.006)


def test_the_ruler_is_tried_on_real_pictures_and_says_where_it_cannot_judge(ruler, texts):
    found = {side: ruler["on_canvas"](side) for side in (128, 192, 256)}
    assert found == {128: (8, 0), 192: (0, 8), 256: (0, 8)}
    assert texts["unjudged-one-and-a-half"] == texts["unjudged-twice"] == "8 of 8"
    said = printed_text("latent-pipeline")
    assert "was not tested" not in said and said.count("dim = ") == 3


def test_what_is_said_of_g_is_what_its_rows_say(texts):
    share = {way: round(SAMPLES * float(texts[f"accuracy-at-{way}"])) for way in ("1", "7-5", "7-5-lms")}
    said = f"{share['7-5']} of {SAMPLES} images match their captions with DDIM, and {share['7-5-lms']} with LMS"
    assert texts["g-verdict"] == said
    assert share["7-5"] > share["7-5-lms"] + 4, "the page says that the sampler decides"
    assert float(texts["std-at-7-5-lms"]) > 1.5 * float(texts["std-at-7-5"])


def test_the_default_g_is_the_best_of_the_card(texts):
    card = {
        (sampler, g): float(texts[f"{sampler}-at-{g.replace('.', '-')}"].rstrip(" %"))
        for sampler in ("ddpm", "ddim")
        for g in ("1", "2", "7.5")
    }
    assert card[pipeline.SAMPLER, texts["own-g"]] == max(card.values()) and int(texts["card-n"]) >= 5 * 20


def test_the_end_is_known_better_than_the_distances_to_it(texts):
    rows = [float(row[-1]) for name in ("lms ", "ddim ") for row in printed("latent-pipeline", name) if "steps," in row]
    doubt = float(texts["limit-doubt"])
    assert len(rows) == 8 and doubt < 0.5 * min(rows)
    assert texts["limit-verdict"] == "is small compared with"
    lms, ddim = rows[3], rows[7]
    assert texts["steps-verdict"] == ("LMS" if lms < ddim else "DDIM")
    assert float(texts["steps-ratio"]) == pytest.approx(max(lms / ddim, ddim / lms), abs=0.1) and max(rows[::4]) < 1
    low, high = (min(lms, ddim) / (doubt + off) for off in (0.0006, -0.0006))
    assert low - 0.6 < float(texts["dense-ratio"]) < high + 0.6


def test_what_diffusers_leaves_out_at_the_start_is_computed(texts):
    from diffusion_lib.process import make_schedule

    level = make_schedule("scaled_linear", 1000).level(1000)
    exact = 100 * (1 - level / math.sqrt(level**2 + 1))
    assert float(texts["start-off"]) == pytest.approx(exact, abs=0.006)


def test_the_estimate_is_nearer_to_the_end_than_the_state(texts):
    assert float(texts["middle-estimate"]) < 0.5 * float(texts["middle-state"]) and float(texts["the-g"]) > 1


def test_the_prompt_is_followed(shown, texts):
    assert shown["fidelity"] >= 0.9 and texts["prompt-correct"] == f"{SAMPLES} of the {SAMPLES}"


def literal(name):
    """What a cell of the page gives to a name, of which it says so in so many words."""
    found = [node for source in CELLS for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    (value,) = (node.value for node in found if getattr(node.targets[0], "id", None) == name)
    return ast.literal_eval(value)


def test_other_words_ask_for_the_same_scene_with_its_ground_and_no_scene_is_held_out(texts):
    sayings = literal("paraphrases")
    for plain, other in sayings.items():
        one, same = language.parse(plain), language.parse(other)
        assert all(map(torch.equal, one, same)) and int(one.ground) >= 0
        assert not set(plain.split()) >= set(other.split())
        pairs = zip(one.colour[0].tolist(), one.form[0].tolist(), strict=True)
        assert not {(synthetic.NAMES[c], forms.FORMS[f]) for c, f in pairs if f >= 0} & synthetic.HELD_OUT
    kinds = {int(synthetic.classes_of(language.parse(plain))) for plain in sayings}
    assert kinds == set(range(1, len(synthetic.SCENE_CLASSES)))  # all but one plain shape
    assert texts["paraphrases-equal"] == "6 of 6" and texts["paraphrases-correct"] in ("5 of 6", "6 of 6")
    assert int(texts["words-known"]) == len(language.vocabulary()) - 1  # the comma


def test_unknown_words_are_named_and_known_ones_of_no_scene_are_painted():
    known = set(language.vocabulary())
    said = printed_text("latent-pipeline")
    for text in literal("unknown_prompts"):
        strange = [word for word in text.lower().split() if word not in known]
        assert strange and f"got {', '.join(map(repr, strange))} in {text!r}" in said
    assert "evaluations of the U-Net: 0" in said
    for text in literal("outside_prompts"):
        assert set(text.split()) <= known and language.parse(text) is None
        assert f"prompt {text!r} describes nothing that the model was trained on" in said
    assert language.parse(literal("prompt")) is not None
