"""The evaluator: it reads the renderer's images without error, and its score counts what was asked."""

from __future__ import annotations

import pytest
import torch

from models.miniature.data import forms, language, rendering, synthetic
from models.miniature.evaluation import evaluator, templates

EMPTY = synthetic.Scenes(
    *[torch.full((1, 4), -1)] * 4,
    torch.zeros(1, 4, 2),
    torch.zeros(1, 4),
    torch.tensor([-1]),
    torch.zeros(1),
    *[torch.tensor([-1])] * 2,
)


def scene(*things, relation=-1, hat=-1, pattern=-1):
    """A scene of (colour, form, x, y) or (colour, form, x, y, radius), as asked for or as read."""
    form, colour, centre, radius = (field.clone() for field in (EMPTY.form, EMPTY.colour, EMPTY.centre, EMPTY.radius))
    for slot, (name, shape, x, y, *r) in enumerate(things):
        form[0, slot], colour[0, slot] = forms.FORMS.index(shape), synthetic.NAMES.index(name)
        centre[0, slot], radius[0, slot] = torch.tensor([x, y]), r[0] if r else 25
    hats, patterns = EMPTY.hat.clone(), EMPTY.pattern.clone()
    hats[0, 0] = synthetic.NAMES.index(hat) if hat != -1 else -1
    patterns[0, 0] = forms.PATTERNS.index(pattern) if pattern != -1 else -1
    fields = {"form": form, "colour": colour, "centre": centre, "radius": radius, "hat": hats, "pattern": patterns}
    return EMPTY._replace(**fields, relation=torch.tensor([relation]))


def scored(asked, seen):
    return {what: bool(right) for what, right in evaluator.score(asked, seen).items()}


def things(scenes, i):
    """What image i shows, in no order but that of a shape on another."""
    rows = [tuple(int(field[i, slot]) for field in tuple(scenes)[:4]) for slot in range(synthetic.SLOTS)]
    return rows if scenes.relation[i] == synthetic.RELATIONS.index("on") else sorted(rows)


def spoiled(images, sigma=1.0, noise=0.03):
    """As a network might paint them: blurred by a Gaussian of one pixel, and noisy."""
    kernel = torch.exp(-(torch.arange(-4, 5.0) ** 2) / 2 / sigma**2)
    kernel = (kernel[:, None] * kernel / kernel.sum() ** 2).expand(3, 1, 9, 9)
    padded = torch.nn.functional.pad(images, (4, 4, 4, 4), mode="replicate")
    blurred = torch.nn.functional.conv2d(padded, kernel, groups=3)
    return blurred + noise * torch.randn(blurred.shape, generator=torch.Generator().manual_seed(1))


def test_four_shapes_side_by_side_are_not_taken_for_one_large_one():
    """A template that covers all four explains a little more than half of itself, more than each of them explains."""
    corners = [("yellow", "circle", x, y) for x in (34, 94) for y in (34, 95)]
    asked = scene(*corners)._replace(
        ground=torch.tensor([list(synthetic.GROUNDS).index("beach")]), horizon=torch.tensor([71.0])
    )
    seen = evaluator.read(rendering.render(asked))
    assert all(scored(asked, seen).values())


@pytest.mark.parametrize("scene_class", synthetic.SCENE_CLASSES)
@pytest.mark.parametrize("how", [lambda x: x, spoiled], ids=["clean", "blurred and noisy"])
def test_it_reads_real_images_right(scene_class, how):
    asked = synthetic.sample_scenes(8, torch.Generator().manual_seed(11), scene_class)
    seen = evaluator.read(how(rendering.render(asked)))
    assert all(right.all() for right in evaluator.score(asked, seen).values())
    assert [things(seen._replace(relation=asked.relation), i) for i in range(8)] == [things(asked, i) for i in range(8)]
    assert torch.equal(seen.ground, asked.ground)
    two = asked.ground >= list(synthetic.GROUNDS).index("meadow")
    torch.testing.assert_close(seen.horizon[two], asked.horizon[two], atol=0.3, rtol=0)
    assert (seen.horizon[~two] == 0).all()
    if scene_class in ("single", "on", "animal"):
        torch.testing.assert_close(seen.centre, asked.centre.where(asked.form[..., None] >= 0, 0.0), atol=2, rtol=0)
        torch.testing.assert_close(seen.radius, asked.radius.where(asked.form >= 0, 0.0), atol=2.2, rtol=0)


@pytest.mark.parametrize("where", ["everywhere", "nearby"])
def test_the_gain_is_what_painting_explains(where):
    masks = templates.templates("patterned" if where == "nearby" else "shape")
    k, x, y = 40, 25, 37
    generator = torch.Generator().manual_seed(1)
    behind = torch.randn(3, 64, 1, generator=generator).expand(3, 64, 64)
    noise = 0.1 * torch.randn(3, 64, 64, generator=generator)
    green = torch.tensor([synthetic.NAMES.index("green")])
    paint = rendering.paints(green, green)[0, 1 : 1 + masks.seen.shape[1]]
    seen = masks.seen[k].roll((y - 32, x - 32), (1, 2))
    painted = (seen[:, None] * (paint[..., None, None] - behind)).sum(0)  # P at (x, y)
    d = painted + noise
    if where == "nearby":
        chosen = torch.arange(len(masks.form)) == k
        found = templates.nearby("patterned", chosen, behind + d, behind, (x - 1, y + 1), 1)
        at = 0, 0, 2
    else:
        found = templates.everywhere("shape", behind + d, behind)
        rows, columns = templates.WINDOW["shape"]
        at = k, y - rows.start, x - columns.start
    exact = d.square().sum() - (d - painted).square().sum()
    torch.testing.assert_close(found.gain[at], exact, rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(found.energy[at], painted.square().sum(), rtol=1e-3, atol=1e-2)
    assert found.colour[at] == green and found.hat[at] == -1


def test_an_empty_image_and_noise_do_not_stop_it():
    noise = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert evaluator.read(noise).form.tolist() == [[-1] * 4]
    assert evaluator.read(torch.full((1, 3, 128, 128), 0.5)).form.tolist() == [[-1] * 4]


# --- the score -------------------------------------------------------------------------------------------------------

RED, BLUE = ("red", "circle", 64, 34), ("blue", "star", 64, 94)


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        (scene(RED), ""),
        (scene(("red", "star", 0, 0)), "shape both"),
        (scene(("blue", "circle", 0, 0)), "colour both"),
        (scene(RED, pattern="dotted"), "pattern both"),
        (scene(RED, BLUE), "both"),  # one too many
    ],
)
def test_one_shape(seen, wrong):
    right = scored(scene(RED), seen)
    assert list(right) == ["colour", "shape", "pattern", "both"]
    assert [what for what in right if not right[what]] == wrong.split()


def test_a_pattern_that_was_asked_for_must_be_there():
    asked = scene(RED, pattern="striped")
    assert scored(asked, asked)["both"]
    assert not scored(asked, scene(RED))["pattern"] and not scored(asked, scene(RED, pattern="shiny"))["both"]


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        (scene(("red", "star", 0, 0, 18), ("blue", "circle", 0, 0, 48)), ""),
        (scene(("blue", "circle", 0, 0, 48), ("red", "star", 0, 0, 18)), ""),  # the order of reading is nothing
        (scene(("blue", "circle", 0, 0, 18), ("red", "star", 0, 0, 48)), "colours shapes on all"),  # swapped
        (scene(("red", "heart", 0, 0, 18), ("blue", "circle", 0, 0, 48)), "shapes all"),
        (scene(("green", "star", 0, 0, 18), ("blue", "circle", 0, 0, 48)), "colours all"),
        (scene(("red", "star", 64, 34), ("blue", "circle", 64, 94)), "on all"),  # apart
    ],
)
def test_a_shape_on_another(seen, wrong):
    right = scored(scene(("red", "star", 0, 0), ("blue", "circle", 0, 0), relation=4), seen)
    assert list(right) == ["colours", "shapes", "on", "all"]
    assert set(what for what in right if not right[what]) == set(wrong.split())


def test_a_shape_on_another_is_not_beside_it():
    on = scene(("red", "circle", 64, 60, 18), ("blue", "star", 64, 66, 48))
    assert scored(scene(RED, BLUE, relation=0), on)["relation"] is False


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        (scene(RED, RED, RED), ""),
        (scene(RED, RED), "count all"),
        (scene(RED, RED, RED, RED), "count all"),
        (scene(RED, RED, ("blue", "circle", 0, 0)), "colour all"),
        (scene(RED, RED, ("red", "star", 0, 0)), "shape all"),
        (scene(RED, RED, RED, pattern="dotted"), "all"),
        (scene(), "count colour shape all"),
    ],
)
def test_equal_shapes(seen, wrong):
    right = scored(scene(RED, RED, RED), seen)
    assert list(right) == ["count", "colour", "shape", "all"]
    assert [what for what in right if not right[what]] == wrong.split()


def test_two_shapes_in_either_order_of_reading():
    asked = scene(RED, BLUE, relation=0)
    right = {"relation": True, "colours": True, "shapes": True, "all": True}
    assert scored(asked, scene(RED, BLUE)) == scored(asked, scene(BLUE, RED)) == right


@pytest.mark.parametrize("relation", range(4))
def test_the_relation_is_that_of_the_first_to_the_second(relation):
    offset = [(0, -30), (0, 30), (-30, 0), (30, 0)][relation]
    first, second = (("red", "ring", 64 + s * offset[0], 64 + s * offset[1]) for s in (1, -1))
    second = ("blue", *second[1:])
    asked = scene(("red", "ring", 0, 0), ("blue", "ring", 0, 0), relation=relation)
    assert scored(asked, scene(first, second))["all"]
    other = asked._replace(relation=torch.tensor([relation ^ 1]))
    assert scored(other, scene(first, second))["relation"] is False
    across = asked._replace(relation=torch.tensor([(relation + 2) % 4]))
    assert scored(across, scene(first, second))["relation"] is False


def test_a_wrong_shape_leaves_the_relation_right():
    seen = scene(RED, ("blue", "cross", 64, 94))
    assert scored(scene(RED, BLUE, relation=0), seen) == {
        "relation": True,
        "colours": True,
        "shapes": False,
        "all": False,
    }


def test_a_missing_second_form_is_wrong_in_all():
    assert not any(scored(scene(RED, BLUE, relation=0), scene(RED)).values())


def test_an_animal():
    dog = ("brown", "dog", 64, 80)
    asked = scene(dog, hat="red")
    assert scored(asked, scene(dog, hat="red")) == {"animal": True, "fur": True, "hat": True, "all": True}
    assert scored(asked, scene(dog)) == {"animal": True, "fur": True, "hat": False, "all": False}
    assert scored(scene(dog), scene(dog, hat="red"))["hat"] is False
    assert scored(asked, scene(("gray", "dog", 0, 0), hat="red"))["fur"] is False


@pytest.mark.parametrize("scene_class", synthetic.SCENE_CLASSES)
def test_matches_prompt_is_true_of_the_scene_that_was_described_and_false_of_another(scene_class):
    generator = torch.Generator().manual_seed(5)
    scenes = synthetic.sample_scenes(12, generator, scene_class)
    captions, seen = language.captions(scenes, generator), evaluator.read(rendering.render(scenes))
    right = torch.stack([evaluator.matches_prompt(language.parse(caption), seen) for caption in captions])
    assert right.diagonal().all()  # (captions, images)
    assert right.float().mean() < 0.25, "a caption fits few images of other scenes"


def wished(*things, ground=-1, size=-1, **more):
    return scene(*things, **more)._replace(ground=torch.tensor([ground]), size=torch.tensor([size]))


DOG = ("brown", "dog", 64, 80)


@pytest.mark.parametrize(
    ("prompt", "right", "wrong"),
    [
        (wished(RED), scene(RED), scene(("red", "square", 0, 0))),
        (wished(RED), scene(RED), scene(("blue", "circle", 0, 0))),
        (wished(RED), scene(RED), scene(RED, RED)),
        (wished(RED), scene(RED), scene(RED, pattern="shiny")),
        (wished(RED, pattern="dotted"), scene(RED, pattern="dotted"), scene(RED, pattern="shiny")),
        (wished(RED, size=0), scene(("red", "circle", 0, 0, 27)), scene(("red", "circle", 0, 0, 39))),
        (wished(RED, size=1), scene(("red", "circle", 0, 0, 39)), scene(("red", "circle", 0, 0, 27))),
        (wished(RED, ground=4), wished(RED, ground=4), wished(RED, ground=5)),
        (wished(DOG, hat="red"), scene(DOG, hat="red"), scene(DOG, hat="blue")),
        (wished(DOG), scene(DOG), scene(DOG, hat="blue")),
        (wished(DOG)._replace(hat=torch.tensor([[-2, -1, -1, -1]])), scene(DOG, hat="red"), scene(DOG)),
        (wished(DOG)._replace(colour=torch.full((1, 4), -1)), scene(DOG), scene(("brown", "cat", 0, 0))),
        (wished(RED, BLUE, relation=0), scene(BLUE, RED), scene(("red", "circle", 64, 94), ("blue", "star", 64, 34))),
        (wished(RED, BLUE), scene(("red", "circle", 64, 94), ("blue", "star", 64, 34)), scene(RED)),
        (wished(RED, BLUE), scene(BLUE, RED), scene(("red", "star", 0, 0), ("blue", "circle", 0, 0))),
        (wished(RED, RED), scene(RED, RED), scene(RED, RED, RED)),
        (
            wished(RED, BLUE, relation=4),
            scene(("red", "circle", 60, 60, 18), ("blue", "star", 64, 66, 48)),
            scene(RED, BLUE),
        ),
    ],
)
def test_matches_prompt_checks_everything_that_the_caption_says(prompt, right, wrong):
    assert evaluator.matches_prompt(prompt, right) and not evaluator.matches_prompt(prompt, wrong)
