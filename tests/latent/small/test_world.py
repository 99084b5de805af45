"""The world of captioned pictures: what it draws, how it paints, and that its captions tell the truth."""

from __future__ import annotations

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from worlds import seeded

from diffusion_lib.errors import ConfigError
from diffusion_lib.latent.small import forms, world


def named(scenes, slot=0):
    """The (colour, form) of each scene in words; None where there is no form."""
    return [
        (world.NAMES[c], forms.FORMS[f]) if f >= 0 else None
        for f, c in zip(scenes.form[:, slot].tolist(), scenes.colour[:, slot].tolist(), strict=True)
    ]


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_equal_streams_draw_equal_scenes_and_other_streams_do_not():
    first, again, other = (world.sample_scenes(50, seeded(seed)) for seed in (3, 3, 4))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first.centre, other.centre)


def test_each_shape_and_each_colour_is_held_out_once():
    colours, shapes = zip(*world.HELD_OUT, strict=True)
    assert sorted(colours) == sorted(world.COLOURS)
    assert sorted(shapes) == sorted(world.SHAPES)


@pytest.mark.parametrize("kind", ["single", "pair"])
def test_held_out_pairs_are_drawn_when_asked_for_and_only_then(kind):
    seen, unseen = (world.sample_scenes(4000, seeded(), kind, held_out) for held_out in (False, True))
    slots = (0,) if kind == "single" else (0, 1)
    drawn = {pair for slot in slots for pair in named(seen, slot)}
    assert len(drawn) == 64 - 8 and not drawn & world.HELD_OUT
    assert {pair for slot in slots for pair in named(unseen, slot)} == world.HELD_OUT


def test_two_forms_differ_in_colour_and_stand_as_the_relation_says():
    scenes = world.sample_scenes(2000, seeded(), "pair")
    assert (scenes.colour[:, 0] != scenes.colour[:, 1]).all()
    x, y = (scenes.centre[:, 0] - scenes.centre[:, 1]).unbind(1)
    says = torch.stack([y < 0, y > 0, x < 0, x > 0], 1)  # above, below, left, right
    assert says.gather(1, scenes.relation[:, None]).all()
    along = torch.where(scenes.relation < 2, y.abs(), x.abs())
    assert (along > scenes.radius.sum(1)).all()  # they do not touch


def test_no_hat_has_the_colour_of_the_fur():
    scenes = world.sample_scenes(3000, seeded(), "animal")
    worn = scenes.hat[:, 0] >= 0
    assert 0.55 < worn.float().mean() < 0.65
    assert (scenes.hat[worn, 0] != scenes.colour[worn, 0]).all()


def test_all_kinds_are_drawn_in_their_shares():
    scenes = world.sample_scenes(8000, seeded())
    pair, animal = scenes.relation >= 0, scenes.form[:, 0] >= len(world.SHAPES)
    shares = torch.stack([~pair & ~animal, pair, animal]).float().mean(1)
    torch.testing.assert_close(shares, torch.tensor(world.MIX), atol=0.02, rtol=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, seeded()), "n must be an integer >= 1, got 0"),
        ((3, seeded(), "pairs"), "did you mean 'pair'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        world.sample_scenes(*arguments)


# --- how it is painted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", world.KINDS)
def test_everything_lies_inside_the_picture(kind):
    scenes = world.sample_scenes(150, seeded(), kind)
    picture = world.render(scenes)
    rgb = torch.tensor(list(world.RGB.values())) / 127.5 - 1
    edge = torch.ones(64, 64, dtype=torch.bool)
    edge[1:-1, 1:-1] = False
    assert (picture[:, :, edge] == rgb[scenes.ground][:, :, None]).all()
    assert picture.abs().max() <= 1


def area(corners):
    x, y = torch.tensor(corners).unbind(1)
    return 0.5 * abs(float((x * y.roll(-1) - x.roll(-1) * y).sum()))


AREAS = {name: area(corners) for name, corners in forms.CORNERS.items()}
AREAS |= {"circle": math.pi, "ring": math.pi * (1 - 0.44**2)}


@pytest.mark.parametrize("name", world.SHAPES)
def test_a_shape_covers_its_exact_area(name):
    centre = torch.tensor([[31.3, 33.8], [30.0, 32.5]])
    radius = torch.tensor([13.0, 21.0])
    form = torch.full((2,), forms.FORMS.index(name))
    covered = world.coverage(form, centre, radius)
    assert covered[:, [0, 2, 3, 4]].abs().max() == 0
    torch.testing.assert_close(covered[:, 1].sum((1, 2)), AREAS[name] * radius**2, rtol=0.012, atol=0)


def test_a_shape_has_its_colour_inside_and_the_ground_outside():
    scenes = world.sample_scenes(200, seeded(), "single")
    picture, rgb = world.render(scenes), torch.tensor(list(world.RGB.values())) / 127.5 - 1
    solid = scenes.form[:, 0] != forms.FORMS.index("ring")
    x, y = scenes.centre[:, 0].long().unbind(1)
    middle = picture[torch.arange(200), :, y, x]
    torch.testing.assert_close(middle[solid], rgb[scenes.colour[solid, 0]])
    torch.testing.assert_close(middle[~solid], rgb[scenes.ground[~solid]])


def test_a_picture_does_not_depend_on_the_others_in_the_batch():
    scenes = world.sample_scenes(30, seeded(8))
    together = world.render(scenes)
    for i in (0, 7, 29):
        torch.testing.assert_close(together[i : i + 1], world.render(scenes[i : i + 1]), atol=1e-6, rtol=0)


@given(x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_the_distance_to_a_square_is_exact(x, y):
    half = 0.86
    outside = math.hypot(max(abs(x) - half, 0), max(abs(y) - half, 0))
    exact = outside or max(abs(x), abs(y)) - half
    found = forms.polygon(torch.tensor([[x, y]]), torch.tensor(forms.CORNERS["square"]))
    assert float(found) == pytest.approx(exact, abs=1e-5)


# --- what is said ----------------------------------------------------------------------------------------------------


def understood(caption):
    """What a caption says, as a dict of words; what it leaves out is not in it."""
    ground = re.search(r" on (\w+)$", caption)
    body = caption[: ground.start()] if ground else caption
    said = {"ground": ground[1]} if ground else {}
    relation = next((relation for relation in world.RELATIONS if f" {relation} " in body), None)
    things, hat = (body.split(f" {relation} ") if relation else [body]), None
    if " wearing " in body:
        body, hat = body.split(" wearing ")
        things = [body]
    said |= {"relation": relation} if relation else {}
    for slot, thing in enumerate(things):
        *before, said[f"form {slot}"] = ["", *thing.split()]
        said |= {f"colour {slot}": word for word in before if word in world.RGB}
        said |= {"size": before[2]} if before[2:] and before[2] in ("small", "large") else {}
    return said | ({"hat": hat.split()[-2] if len(hat.split()) == 3 else "some"} if hat else {})


def shown(scenes, i):
    """What scene i shows, in the same words."""
    scene = scenes[i]
    words = {"ground": world.NAMES[scene.ground]}
    for slot in (0, 1):
        if scene.form[slot] >= 0:
            words |= {f"form {slot}": forms.FORMS[scene.form[slot]], f"colour {slot}": world.NAMES[scene.colour[slot]]}
    words |= {"relation": world.RELATIONS[scene.relation]} if scene.relation >= 0 else {}
    words |= {"size": ("small", "large")[scene.size]} if scene.size >= 0 else {}
    return words | ({"hat": world.NAMES[scene.hat[0]]} if scene.hat[0] >= 0 else {})


def test_a_full_caption_says_all_but_the_ground():
    scenes = world.sample_scenes(300, seeded(2))
    for i, caption in enumerate(world.captions(scenes)):
        expected = shown(scenes, i)
        del expected["ground"]
        assert understood(caption) == expected, caption


def test_a_caption_leaves_things_out_and_never_lies():
    scenes, left_out = world.sample_scenes(600, seeded(2)), set()
    for i, caption in enumerate(world.captions(scenes, seeded(5))):
        said, true = understood(caption), shown(scenes, i)
        vague = {"hat"} if said.get("hat") == "some" else set()
        assert {k: v for k, v in said.items() if k not in vague}.items() <= true.items(), caption
        assert ("hat" in said) == ("hat" in true), caption
        left_out |= vague | (true.keys() - said.keys())
    assert left_out == {"ground", "colour 0", "hat"}  # of these, the colour is that of a fur


def test_the_articles_own_prompt_is_a_caption():
    scenes = world.sample_scenes(2000, seeded(), "animal")
    assert "a dog wearing hat" in world.captions(scenes, seeded())


@pytest.mark.parametrize(("words", "expected"), [("orange ring", "an orange ring"), ("red ring", "a red ring")])
def test_the_article_before_a_vowel(words, expected):
    assert world.article(words) == expected


def test_parse_reads_what_captions_says_and_nothing_that_they_never_say():
    generator = torch.Generator().manual_seed(3)
    scenes = world.sample_scenes(1500, generator)
    for i, caption in enumerate(world.captions(scenes, generator)):
        wish, shown = world.parse(caption), scenes[[i]]
        assert torch.equal(wish.form, shown.form) and torch.equal(wish.relation, shown.relation), caption
        for said, true in ((wish.colour, shown.colour), (wish.ground, shown.ground), (wish.size, shown.size)):
            assert ((said == true) | (said == -1)).all(), caption
        assert ((wish.hat == shown.hat) | ((wish.hat == -2) & (shown.hat >= 0))).all(), caption


@pytest.mark.parametrize(
    ("caption", "form", "colour", "hat"),
    [
        ("a dog wearing hat", "dog", None, -2),
        ("A Dog wearing a red hat.", "dog", None, world.NAMES.index("red")),
        ("brown bear", "bear", "brown", -1),
        ("  a  small   red circle on sand ", "circle", "red", -1),
    ],
)
def test_parse_forgives_spelling_and_keeps_apart_what_is_open(caption, form, colour, hat):
    wish = world.parse(caption)
    assert wish.form[0].tolist() == [world.FORMS.index(form), -1]
    assert wish.colour[0, 0] == (-1 if colour is None else world.NAMES.index(colour)) and wish.hat[0, 0] == hat


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "an astronaut",
        "a red dog",
        "a small dog",
        "a circle wearing a hat",
        "a red circle above a star",
        "red",
        "hat",
    ],
)
def test_parse_refuses_what_no_picture_of_the_world_is_called(caption):
    assert world.parse(caption) is None
