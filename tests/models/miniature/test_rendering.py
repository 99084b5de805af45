"""How the synthetic images are rendered: exact areas, patterns and horizon; forms stay inside and apart."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import avg_pool2d
from worlds import seeded

from models.miniature.data import forms, rendering, synthetic

ALL = torch.arange(len(forms.SHAPES))
NONE = torch.full_like(ALL, -1)
HEAD, LIGHT = 1, 2  # layers


def covers(name, radius=(24.0, 46.0), pattern=-1, side=synthetic.SIZE):
    """A form of two radii, at places that are no whole pixels: (2, 5, side, side)."""
    form = torch.full((2,), forms.FORMS.index(name))
    centre = torch.tensor([[63.3, 65.8], [64.0, 62.5]]) * side / synthetic.SIZE
    return rendering.coverage(form, torch.full((2,), pattern), centre, torch.tensor(radius), side)


def area(corners):
    x, y = torch.tensor(corners).unbind(1)
    return 0.5 * abs(float((x * y.roll(-1) - x.roll(-1) * y).sum()))


AREAS = {name: area(corners) for name, corners in forms.CORNERS.items()}
AREAS |= {"circle": math.pi, "ring": math.pi * (1 - 0.44**2)}


def segment(d):
    """∫ 2 √(1 − x²) dx from 0 to d: a strip of the unit circle."""
    return d * math.sqrt(1 - d * d) + math.asin(d)


PATTERNED = {  # areas of the light layer, in units of the radius squared
    ("square", "striped"): 3 * 0.28 * 1.72,
    ("square", "dotted"): 9 * math.pi * 0.17**2,
    ("circle", "shiny"): segment(0.44) - segment(0.16),
}


@pytest.mark.parametrize("name", forms.SHAPES)
def test_a_shape_covers_its_exact_area(name):
    found = covers(name)
    assert found[:, [0, 2, 3, 4]].abs().max() == 0
    radius = torch.tensor([24.0, 46.0])
    torch.testing.assert_close(found[:, HEAD].sum((1, 2)), AREAS[name] * radius**2, rtol=0.006, atol=0)


@pytest.mark.parametrize(("name", "pattern"), PATTERNED)
def test_a_pattern_covers_its_exact_area(name, pattern):
    found = covers(name, pattern=forms.PATTERNS.index(pattern))[:, LIGHT].sum((1, 2))
    radius = torch.tensor([24.0, 46.0])
    torch.testing.assert_close(found, PATTERNED[name, pattern] * radius**2, rtol=0.02, atol=0)


@pytest.mark.parametrize("pattern", range(len(forms.PATTERNS)))
def test_a_pattern_ends_where_its_shape_does(pattern):
    """No pixel has more of the pattern than of the shape, the shape is that without it, and both can be seen."""
    centre, radius = torch.full((len(ALL), 2), 64.0), torch.full((len(ALL),), 24.0)
    with_it = rendering.coverage(ALL, torch.full_like(ALL, pattern), centre, radius)
    assert torch.equal(with_it[:, HEAD], rendering.coverage(ALL, NONE, centre, radius)[:, HEAD])
    assert (with_it[:, LIGHT] <= with_it[:, HEAD] + 1e-6).all()
    share = with_it[:, LIGHT].sum((1, 2)) / with_it[:, HEAD].sum((1, 2))
    assert ((share > 0.12) & (share < 0.6)).all()


@pytest.mark.parametrize("name", forms.FORMS)
def test_another_side_is_the_same_image(name):
    """At half the side the edges are as wide in pixels, and so twice as wide in the image: only they differ."""
    whole, half = avg_pool2d(covers(name), 2), covers(name, (12.0, 23.0), side=64)
    torch.testing.assert_close(half[:, :4].sum((2, 3)), whole[:, :4].sum((2, 3)), rtol=0.015, atol=1.5)
    inner = (whole == 0) | (whole == 1)
    assert (half - whole).abs().max() < 0.3 and (half - whole)[inner].abs().mean() < 0.01
    assert inner.float().mean() > 0.8


def test_forms_that_are_none_and_hats_that_nobody_wears_cover_nothing():
    scenes = synthetic.sample_scenes(80, seeded(), "animal")
    first, second = rendering.covered(scenes, 0), rendering.covered(scenes, 1)
    assert second.abs().max() == 0
    worn = first[:, -1].sum((1, 2)) > 0
    assert torch.equal(worn, scenes.hat[:, 0] >= 0)
    assert (first[:, :4].sum((2, 3)) > 0).all()  # ears, head, face, eyes and nose


@given(x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_the_distance_to_a_square_is_exact(x, y):
    half = 0.86
    outside = math.hypot(max(abs(x) - half, 0), max(abs(y) - half, 0))
    exact = outside or max(abs(x), abs(y)) - half
    found = forms.polygon(torch.tensor([[x, y]]), torch.tensor(forms.CORNERS["square"]))
    assert float(found) == pytest.approx(exact, abs=1e-5)


# --- images --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scene_class", synthetic.SCENE_CLASSES)
def test_everything_lies_inside_the_image(scene_class):
    scenes = synthetic.sample_scenes(80, seeded(), scene_class)
    image = rendering.render(scenes)
    assert image.shape == (80, 3, 128, 128) and image.dtype == torch.float32
    edge = torch.ones(128, 128, dtype=torch.bool)
    edge[1:-1, 1:-1] = False
    assert torch.equal(image[:, :, edge], rendering.backdrop(scenes.ground, scenes.horizon)[:, :, edge])
    assert image.abs().max() <= 1


@pytest.mark.parametrize("scene_class", ["pair", "count"])
def test_no_two_forms_touch(scene_class):
    scenes = synthetic.sample_scenes(80, seeded(5), scene_class)
    together = sum((rendering.covered(scenes, slot)[:, HEAD] > 0).int() for slot in range(synthetic.SLOTS))
    assert together.max() == 1


@pytest.mark.parametrize("base", synthetic.BASES)
def test_a_shape_on_another_lies_inside_of_it_whatever_it_is(base):
    """All shapes, the largest on the smallest base, in all directions as far off as is drawn.

    The corner of a square may reach the edge of a diamond, by less than two thousandths of its area.
    """
    off = torch.cartesian_prod(torch.tensor([-2.0, 0, 2]), torch.tensor([-2.0, 0, 2])).repeat_interleave(len(ALL), 0)
    top, middle = ALL.repeat(9), torch.full((9 * len(ALL), 2), 64.0)
    radius, none = torch.full((len(top),), synthetic.TOPPED[1]), torch.full_like(top, -1)
    above = rendering.coverage(top, none, middle + off, radius)[:, HEAD]
    below = covers_one(base, synthetic.BASE[0])
    outside = (above * (1 - below)).sum((1, 2)) / above.sum((1, 2))
    assert outside.max() < (0.002 if base == "diamond" else 1e-6)
    assert (below.sum() - above.sum((1, 2)) > 2000).all()  # pixels of the base that are still seen


def covers_one(name, radius):
    form, none = torch.tensor([forms.FORMS.index(name)]), torch.tensor([-1])
    return rendering.coverage(form, none, torch.full((1, 2), 64.0), torch.tensor([radius]))[0, HEAD]


def test_a_form_is_painted_over_those_with_a_higher_number():
    scenes = synthetic.sample_scenes(40, seeded(), "on")
    image, rgb = rendering.render(scenes), rendering.palette()
    for slot, cover in enumerate((rendering.covered(scenes, 0), rendering.covered(scenes, 1))):
        inside = cover[:, HEAD] == 1
        if slot == 1:
            inside &= rendering.covered(scenes, 0)[:, HEAD] == 0
        paint = rgb[scenes.colour[:, slot]][:, None, None].expand(40, 128, 128, 3)
        torch.testing.assert_close(image.permute(0, 2, 3, 1)[inside], paint[inside])


def test_a_shape_has_its_colour_inside_its_pattern_is_lighter_and_the_ground_is_outside():
    scenes = synthetic.sample_scenes(80, seeded(), "single")
    image, rgb = rendering.render(scenes).permute(0, 2, 3, 1), rendering.palette()
    cover = rendering.covered(scenes, 0)
    ground = rendering.backdrop(scenes.ground, scenes.horizon).permute(0, 2, 3, 1)
    fill = rgb[scenes.colour[:, 0]][:, None, None].expand_as(image)
    outside, lit = cover[:, HEAD] == 0, cover[:, LIGHT] == 1
    plain = (cover[:, HEAD] == 1) & (cover[:, LIGHT] == 0)
    assert torch.equal(image[outside], ground[outside])
    torch.testing.assert_close(image[plain], fill[plain])
    torch.testing.assert_close(image[lit], 0.3 * fill[lit] + 0.7)
    assert torch.equal(lit.any(2).any(1), scenes.pattern[:, 0] >= 0)
    assert plain.sum((1, 2)).min() > 200


def test_the_sky_is_above_the_horizon_and_the_land_below():
    names, rgb = tuple(synthetic.GROUNDS), rendering.palette()
    ground, horizon = torch.arange(len(names)), torch.full((len(names),), 70.5)
    found = rendering.backdrop(ground, horizon)
    assert found.shape == (len(names), 3, 128, 128)
    for k, (above, below) in enumerate(synthetic.GROUNDS.values()):
        for rows, colour in ((slice(0, 69), above), (slice(72, 128), below)):
            expected = rgb[synthetic.NAMES.index(colour)][:, None, None].expand_as(found[k, :, rows])
            torch.testing.assert_close(found[k, :, rows], expected)
    assert [synthetic.GROUNDS[name] for name in ("meadow", "beach")] == [("sky", "grass"), ("sky", "sand")]
    first, last = found[names.index("meadow"), :, [69, 71], 0].unbind(1)
    sky, grass = (rgb[synthetic.NAMES.index(name)] for name in ("sky", "grass"))
    torch.testing.assert_close(first + last, sky + grass)  # the ramp is odd about the horizon
    torch.testing.assert_close(found[names.index("meadow"), :, 70, 0], (sky + grass) / 2)


def test_an_image_does_not_depend_on_the_others_in_the_batch():
    scenes = synthetic.sample_scenes(30, seeded(8))
    together = rendering.render(scenes)
    for i in (0, 7, 29):
        torch.testing.assert_close(together[i : i + 1], rendering.render(scenes[i : i + 1]), atol=1e-6, rtol=0)


def test_painting_leaves_the_scenes_as_they_are():
    scenes = synthetic.sample_scenes(20, seeded(2))
    before = [field.clone() for field in tuple(scenes)]
    rendering.render(scenes)
    assert all(torch.equal(a, b) for a, b in zip(before, tuple(scenes), strict=True))
