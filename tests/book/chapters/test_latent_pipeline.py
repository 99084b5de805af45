"""The chapter latent-pipeline: its loop is the published one, its own comparison finds bugs, its numbers hold."""

from __future__ import annotations

import pytest
from chapters import code_cells, numbers, outputs
from PIL import Image

from diffusion_lib.latent.small import world
from diffusion_lib.notebook import plot

PAGE = code_cells("latent-pipeline")
CELLS = [cell.source for cell in PAGE if not {"hide-input", "remove-cell"} & set(cell.metadata.get("tags", []))]
LAST = next(i for i, source in enumerate(CELLS) if "StableDiffusionPipeline(" in source)
LOOP = next(i for i, source in enumerate(CELLS) if "adams_bashforth(" in source)
BUGS = {  # what the article's code does, and what is easily done
    "no scaling of the input": ("x_t = x / (levels[k] ** 2 + 1) ** 0.5", "x_t = x"),
    "no scaling of the noise": ("x = x_T * (levels[0] ** 2 + 1) ** 0.5", "x = x_T"),
    "the index of the step for the time": ("eps_hat = guided(x_t, t)", "eps_hat = guided(x_t, k + 1)"),
    "times that start at 0": ("unet(x_t.to(parts.dtype).repeat(2, 1, 1, 1), t - 1", "unet(x_t.repeat(2, 1, 1, 1), t"),
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
        {"steps": 4, "g": 0.0, "prompt": "ein Hund 🐕"},
    ],
    ids=str,
)
def test_the_loop_by_hand_is_the_pipeline_for_other_values_too(values, capsys):
    names = run({"samples": 2} | values)
    g, save_int = names["g"], names["save_int"]
    said = capsys.readouterr().out
    assert "draw: equal to the loop by hand, True" in said
    assert ("StableDiffusionPipeline: equal to the loop by hand, True" in said) or g <= 1
    assert len(names["kept"]) == (len(range(0, names["steps"], save_int)) if save_int else 0)


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_by_the_page_itself(bug):
    with pytest.raises(ArithmeticError, match="ends elsewhere"):
        run({"steps": 6, "samples": 2}, *BUGS[bug])


@pytest.mark.filterwarnings("ignore:Glyph")  # no font has them all: boxes are drawn
@pytest.mark.parametrize("prompt", [r"a $\frac dog$", "a dog for 5 $", "a_dog^2 \\", "", "dog\n\n" * 2000, "🐕" * 9999])
def test_a_prompt_reaches_the_figure_as_it_stands(prompt):
    (cell,) = (each.source for each in PAGE if each.source.startswith("import") and "def strip(" in each.source)
    names = {"plot": plot, "picture": Image.new("RGB", (64, 64)), "prompt": prompt}
    exec(cell, names)
    shown = names["strip"]([names["picture"]], [prompt])
    assert shown.data.startswith(b"\x89PNG") and len(shown.data) < 100_000


def test_the_page_says_who_made_its_pictures_and_what_is_true_of_them():
    texts = [
        "".join(output["data"]["text/plain"])
        for output in outputs("latent-pipeline")
        if output.get("metadata", {}).get("diffusion_lib", {}).get("value") == "model"
    ]
    assert texts == ["miniature"]
    said = "".join("".join(output.get("text", "")) for output in outputs("latent-pipeline"))
    for line in ("seed 1 twice: the same noise True", "seed 0 twice: the same noise False", "pixel for pixel: True"):
        assert line in said
    assert said.count("equal to the loop by hand, True") == 2 and "loop by hand, False" not in said


def test_the_sentences_about_g_and_steps_hold_with_room():
    shown = numbers("latent-pipeline")
    assert shown["share-best"] >= 0.9 and shown["share-none"] >= 0.9
    assert shown["share-usual"] < 0.9, "the page says that 7.5 is too much for the miniature"
    assert shown["steps-ratio"] > 1
    assert shown["fidelity"] >= 0.9


def test_the_prompts_outside_of_the_world_are_outside_and_the_pages_own_is_inside():
    names = {}
    exec(CELLS[0], names)
    assert world.parse(names["prompt"]) is not None
    assert "strangers = " in "\n".join(CELLS)
    for stranger in ("an astronaut riding a horse", "a green dog", "three red circles"):
        assert any(stranger in source for source in CELLS) and world.parse(stranger) is None
