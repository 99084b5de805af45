"""The dataset of captioned images: which scenes are drawn, in which proportions, and the positions of all forms."""

from __future__ import annotations

import re

import pytest
import torch
from worlds import seeded

from diffusion_lib.errors import ConfigError
from models.miniature.data import forms, synthetic

IN_USE = {"single": 1, "patterned": 1, "pair": 2, "on": 2, "animal": 1}  # forms in an image


def named(scenes, slot=0):
    """The (colour, form) of each scene in words; None where there is no form."""
    return [
        (synthetic.NAMES[c], forms.FORMS[f]) if f >= 0 else None
        for f, c in zip(scenes.form[:, slot].tolist(), scenes.colour[:, slot].tolist(), strict=True)
    ]


def drawn(scenes):
    return {pair for slot in range(synthetic.SLOTS) for pair in named(scenes, slot)} - {None}


def test_equal_streams_draw_equal_scenes_and_other_streams_do_not():
    first, again, other = (synthetic.sample_scenes(50, seeded(seed)) for seed in (3, 3, 4))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first.centre, other.centre)


def test_a_part_of_the_scenes_is_a_part_of_every_field():
    scenes = synthetic.sample_scenes(20, seeded())
    part = scenes[3:5]
    assert isinstance(part, synthetic.Scenes)
    assert all(torch.equal(a, b[3:5]) for a, b in zip(tuple(part), tuple(scenes), strict=True))


def test_each_shape_and_each_colour_is_held_out_once():
    colours, shapes = zip(*synthetic.HELD_OUT, strict=True)
    assert sorted(colours) == sorted(synthetic.COLOURS)
    assert sorted(shapes) == sorted(forms.SHAPES)


@pytest.mark.parametrize("scene_class", ["single", "patterned", "pair", "on", "count"])
def test_held_out_pairs_are_drawn_when_asked_for_and_only_then(scene_class):
    seen, unseen = (drawn(synthetic.sample_scenes(4000, seeded(), scene_class, held_out)) for held_out in (False, True))
    assert len(seen) == 64 - 8 and not seen & synthetic.HELD_OUT
    assert unseen == synthetic.HELD_OUT


@pytest.mark.parametrize("scene_class", synthetic.SCENE_CLASSES)
def test_the_fields_say_which_kind_it_is(scene_class):
    """Forms fill the first slots; what a scene_class does not have is −1, and what it has takes every value."""
    scenes = synthetic.sample_scenes(2000, seeded(1), scene_class)
    there = scenes.form >= 0
    number = there.sum(1)
    assert torch.equal(there, torch.arange(synthetic.SLOTS) < number[:, None])
    assert torch.equal(there, scenes.colour >= 0)
    assert set(number.tolist()) == ({2, 3, 4} if scene_class == "count" else {IN_USE[scene_class]})
    assert (scenes.hat[:, 1:] == -1).all() and (scenes.pattern[:, 1:] == -1).all()
    single, patterned, pair, on, animal = (scene_class == name for name in IN_USE)
    assert set(scenes.size.tolist()) == ({-1, 0, 1} if single else {-1, 1} if patterned else {-1})
    assert set(scenes.pattern[:, 0].tolist()) == ({0, 1, 2} if patterned else {-1})
    assert set(scenes.relation.tolist()) == ({0, 1, 2, 3} if pair else {4} if on else {-1})
    assert set(scenes.hat[:, 0].tolist()) == ({-1, *range(len(synthetic.COLOURS))} if animal else {-1})
    assert set(scenes.ground.tolist()) == set(range(len(synthetic.GROUNDS)))
    assert ((scenes.form[:, 0] >= len(forms.SHAPES)) == animal).all()
    furs = {synthetic.NAMES.index(fur) for fur in synthetic.FURS}
    assert set(scenes.colour[:, 0].tolist()) == (furs if animal else set(range(len(synthetic.COLOURS))))


@pytest.mark.parametrize("scene_class", ["pair", "on"])
def test_two_forms_differ_in_colour(scene_class):
    scenes = synthetic.sample_scenes(2000, seeded(), scene_class)
    assert (scenes.colour[:, 0] != scenes.colour[:, 1]).all()


def test_two_forms_stand_as_the_relation_says():
    scenes = synthetic.sample_scenes(2000, seeded(), "pair")
    x, y = (scenes.centre[:, 0] - scenes.centre[:, 1]).unbind(1)
    says = torch.stack([y < 0, y > 0, x < 0, x > 0], 1)  # above, below, left, right
    assert says.gather(1, scenes.relation[:, None]).all()
    along, across = torch.where(scenes.relation < 2, torch.stack([y, x]), torch.stack([x, y])).abs()
    assert (along > 58).all() and (across <= 24).all()


def test_a_shape_on_another_is_smaller_and_in_its_middle():
    scenes = synthetic.sample_scenes(2000, seeded(), "on")
    assert {forms.SHAPES[f] for f in scenes.form[:, 1].tolist()} == set(synthetic.BASES)
    assert {forms.SHAPES[f] for f in scenes.form[:, 0].tolist()} == set(forms.SHAPES)
    assert ((scenes.centre[:, 0] - scenes.centre[:, 1]).abs() <= 2.001).all()
    assert (scenes.radius[:, 0] < 0.5 * scenes.radius[:, 1]).all()  # it leaves most of the other to be seen


def test_counted_forms_are_equal_and_each_in_its_own_quarter():
    scenes = synthetic.sample_scenes(2000, seeded(), "count")
    for slot in range(1, synthetic.SLOTS):
        there = scenes.form[:, slot] >= 0
        assert (scenes.form[there, slot] == scenes.form[there, 0]).all()
        assert (scenes.colour[there, slot] == scenes.colour[there, 0]).all()
    quarter = (scenes.centre > synthetic.SIZE / 2).long() @ torch.tensor([1, 2])  # (n, 4)
    assert torch.equal(quarter.sort(1).values, torch.arange(4).expand(2000, 4))
    first_two = quarter[(scenes.form >= 0).sum(1) == 2, :2].sort(1).values
    assert len(first_two.unique(dim=0)) == 6  # any two of the four quarters


def test_sizes_are_what_they_are_called():
    scenes = synthetic.sample_scenes(3000, seeded(), "single")
    for size, (low, high) in {-1: synthetic.ANY, 0: synthetic.SMALL, 1: synthetic.LARGE}.items():
        radius = scenes.radius[scenes.size == size, 0]
        assert low <= radius.min() < low + 0.2 and high - 0.2 < radius.max() <= high
    radius = synthetic.sample_scenes(500, seeded(), "patterned").radius[:, 0]
    assert synthetic.LARGE[0] <= radius.min() and radius.max() <= synthetic.LARGE[1]
    assert synthetic.SMALL[1] < synthetic.LARGE[0]


def test_no_hat_has_the_colour_of_the_fur():
    scenes = synthetic.sample_scenes(3000, seeded(), "animal")
    worn = scenes.hat[:, 0] >= 0
    assert abs(worn.float().mean() - synthetic.WORN) < 0.05
    assert (scenes.hat[worn, 0] != scenes.colour[worn, 0]).all()


def test_all_classes_are_drawn_in_their_proportions():
    scenes = synthetic.sample_scenes(8000, seeded())
    number = (scenes.form >= 0).sum(1)
    animal, on = scenes.form[:, 0] >= len(forms.SHAPES), scenes.relation == 4
    pair = (scenes.relation >= 0) & ~on
    count, one = (number > 1) & (scenes.relation < 0), (number == 1) & ~animal
    patterned = scenes.pattern[:, 0] >= 0
    proportions = torch.stack([one & ~patterned, patterned, pair, on, count, animal]).float().mean(1)
    torch.testing.assert_close(proportions, torch.tensor(synthetic.MIX), atol=0.02, rtol=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, seeded()), "n must be an integer >= 1, got 0"),
        ((3, seeded(), "pairs"), "did you mean 'pair'"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        synthetic.sample_scenes(*arguments)
