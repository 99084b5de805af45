"""The recogniser: it reads the renderer's pictures without error, and its score counts what was asked."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.latent.small import forms, recogniser, world

EMPTY = world.Scenes(
    *[torch.tensor([[-1, -1]])] * 3, torch.zeros(1, 2, 2), torch.zeros(1, 2), *[torch.tensor([-1])] * 3
)


def scene(*things, relation=-1, hat=-1):
    """A scene of (colour, form, x, y), as asked for or as read."""
    form, colour, centre = EMPTY.form.clone(), EMPTY.colour.clone(), EMPTY.centre.clone()
    for slot, (name, kind, x, y) in enumerate(things):
        form[0, slot], colour[0, slot] = forms.FORMS.index(kind), world.NAMES.index(name)
        centre[0, slot] = torch.tensor([x, y])
    hats = torch.tensor([[world.NAMES.index(hat) if hat != -1 else -1, -1]])
    return EMPTY._replace(form=form, colour=colour, centre=centre, hat=hats, relation=torch.tensor([relation]))


def scored(asked, seen):
    return {what: bool(right) for what, right in recogniser.score(asked, seen).items()}


@pytest.mark.parametrize("kind", world.KINDS)
def test_it_reads_real_pictures_right(kind):
    asked = world.sample_scenes(12, torch.Generator().manual_seed(11), kind)
    seen = recogniser.read(world.render(asked))
    assert all(right.all() for right in recogniser.score(asked, seen).values())
    assert torch.equal(seen.ground, asked.ground)
    order = [0, 1] if kind != "pair" else None
    if order:
        torch.testing.assert_close(seen.centre[:, 0], asked.centre[:, 0], atol=1.0, rtol=0)
        torch.testing.assert_close(seen.radius[:, 0], asked.radius[:, 0], atol=1.1, rtol=0)


def test_the_gain_is_what_painting_explains():
    masks = recogniser.templates("shape")
    k, colour, x, y = 40, 3, 25, 37
    rgb, ground = torch.tensor(world.RGB["green"]) / 127.5 - 1, torch.tensor([0.3, -0.2, 0.1])
    painted = masks.seen[k, 0].roll((y - 32, x - 32), (0, 1)) * (rgb - ground)[:, None, None]  # P at (x, y)
    d = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(1))
    gain, energy, _, colours = recogniser.gains("shape", d, ground)
    rows, columns = recogniser.WINDOW["shape"]
    exact = d.square().sum() - (d - painted).square().sum()
    torch.testing.assert_close(gain[k, colour, y - rows.start, x - columns.start], exact, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(energy[k, colour], painted.square().sum(), rtol=1e-4, atol=0)
    assert colours[colour] == (world.NAMES.index("green"), -1)


def test_an_empty_picture_and_noise_do_not_stop_it():
    noise = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert recogniser.read(noise).form.shape == (2, 2)
    assert recogniser.read(torch.full((1, 3, 64, 64), 0.5)).form[0, 1] == -1


# --- the score -------------------------------------------------------------------------------------------------------

RED, BLUE = ("red", "circle", 32, 17), ("blue", "star", 32, 47)


def test_one_shape():
    asked = scene(RED)
    assert scored(asked, scene(RED)) == {"colour": True, "shape": True, "both": True}
    assert scored(asked, scene(("red", "star", 0, 0))) == {"colour": True, "shape": False, "both": False}
    assert scored(asked, scene(("blue", "circle", 0, 0))) == {"colour": False, "shape": True, "both": False}
    assert scored(asked, scene(RED, BLUE)) == {"colour": True, "shape": True, "both": False}  # one too many


def test_two_shapes_in_either_order_of_reading():
    asked = scene(RED, BLUE, relation=0)
    right = {"relation": True, "colours": True, "shapes": True, "all": True}
    assert scored(asked, scene(RED, BLUE)) == scored(asked, scene(BLUE, RED)) == right


@pytest.mark.parametrize("relation", range(4))
def test_the_relation_is_that_of_the_first_to_the_second(relation):
    offset = [(0, -15), (0, 15), (-15, 0), (15, 0)][relation]
    first, second = (("red", "ring", 32 + s * offset[0], 32 + s * offset[1]) for s in (1, -1))
    second = ("blue", *second[1:])
    asked = scene(("red", "ring", 0, 0), ("blue", "ring", 0, 0), relation=relation)
    assert scored(asked, scene(first, second))["all"]
    other = asked._replace(relation=torch.tensor([relation ^ 1]))
    assert scored(other, scene(first, second))["relation"] is False
    across = asked._replace(relation=torch.tensor([(relation + 2) % 4]))
    assert scored(across, scene(first, second))["relation"] is False


def test_a_wrong_shape_leaves_the_relation_right():
    seen = scene(RED, ("blue", "cross", 32, 47))
    assert scored(scene(RED, BLUE, relation=0), seen) == {
        "relation": True,
        "colours": True,
        "shapes": False,
        "all": False,
    }


def test_a_missing_second_form_is_wrong_in_all():
    assert not any(scored(scene(RED, BLUE, relation=0), scene(RED)).values())


def test_an_animal():
    dog = ("brown", "dog", 32, 40)
    asked = scene(dog, hat="red")
    assert scored(asked, scene(dog, hat="red")) == {"animal": True, "fur": True, "hat": True, "all": True}
    assert scored(asked, scene(dog)) == {"animal": True, "fur": True, "hat": False, "all": False}
    assert scored(scene(dog), scene(dog, hat="red"))["hat"] is False
    assert scored(asked, scene(("gray", "dog", 0, 0), hat="red"))["fur"] is False


@pytest.mark.parametrize("kind", world.KINDS)
def test_fulfilled_is_true_of_the_scene_that_was_described_and_false_of_another(kind):
    generator = torch.Generator().manual_seed(5)
    scenes = world.sample_scenes(24, generator, kind)
    captions, seen = world.captions(scenes, generator), recogniser.read(world.render(scenes))
    right = torch.stack(
        [recogniser.fulfilled(world.parse(caption), seen) for caption in captions]
    )  # (captions, pictures)
    assert right.diagonal().all()
    assert right.float().mean() < 0.2, "a caption fits few pictures of other scenes"


@pytest.mark.parametrize(
    ("caption", "other"),
    [
        ("a red circle", "a red square"),
        ("a red circle", "a blue circle"),
        ("a small red circle", "a large red circle"),
        ("a red circle on sand", "a red circle on grass"),
        ("a dog wearing a hat", "a dog"),
        ("a dog", "a dog wearing a hat"),
        ("a dog wearing a red hat", "a dog wearing a blue hat"),
        ("a red star above a blue ring", "a blue ring above a red star"),
    ],
)
def test_fulfilled_looks_at_everything_that_the_caption_says(caption, other):
    """Scenes are drawn until one has the caption, so that the picture is what the world draws for it."""
    generator = torch.Generator().manual_seed(0)

    def drawn(text):
        kind = "animal" if "dog" in text else "pair" if "above" in text else "single"
        while True:
            scenes = world.sample_scenes(200, generator, kind)
            for i, said in enumerate(world.captions(scenes, torch.Generator().manual_seed(1))):
                if said == text:
                    return recogniser.read(world.render(scenes[[i]]))

    wish = world.parse(caption)
    assert recogniser.fulfilled(wish, drawn(caption)) and not recogniser.fulfilled(wish, drawn(other))
