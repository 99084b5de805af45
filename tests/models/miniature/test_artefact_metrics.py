"""Artefact-free or not: real images are, planted defects are found, and the autoencoder's own traces are none."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import avg_pool2d, grid_sample, max_pool2d

from diffusion_lib.errors import ConfigError
from diffusion_lib.runtime import fingerprint
from diffusion_lib.stable_diffusion import parts
from models.miniature.data import backgrounds, rendering, synthetic
from models.miniature.evaluation import artefact_metrics, evaluator, fidelity
from models.miniature.training import networks

EACH = 8  # real images of a class
FALSE_ALARMS, MISSES = 1 / 8, 1 / 8  # largest fractions


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def blurred(images, width=3, times=2):
    """Averaged over squares of this width so many times; 3 twice is about as soft as a decoder leaves it."""
    for _ in range(times):
        padded = torch.nn.functional.pad(images, (width // 2,) * 4, mode="replicate")
        images = avg_pool2d(padded, width, 1)
    return images


@pytest.mark.parametrize("pixels", [1, 2, 4, 6])
def test_the_largest_value_around_is_that_of_pooling(pixels):
    x = torch.randn(2, 40, 31, generator=seeded(pixels))
    assert torch.equal(artefact_metrics.dilated(x, pixels)[:, None], max_pool2d(x[:, None], 2 * pixels + 1, 1, pixels))


@pytest.fixture(scope="module")
def source():
    """What makes real images as soft as generated ones, and what it leaves of them, by class."""
    miniature = parts.load("miniature", device="cpu")
    limits = fidelity.limits_of(fingerprint.read_record(networks.FOLDER / "fidelity.json")["rows"])
    return lambda images: fidelity.carried(miniature, images), limits


@pytest.fixture(scope="module", params=synthetic.SCENE_CLASSES)
def real(request, source):
    """Scenes that set no limit, their images made soft, and the limit of the class."""
    soften, limits = source
    scenes = synthetic.sample_scenes(EACH, seeded(77), request.param)
    return scenes, soften(rendering.render(scenes)), limits[request.param]


def judged(images, limit):
    seen = evaluator.read(images)
    return artefact_metrics.artefact_free(artefact_metrics.residuals(images, seen), limit)


def free_corner(images):
    """The position (y, x) at the border of each image with the most ground around it."""
    apart = avg_pool2d((images - backgrounds.land_of(images).image()).norm(dim=1)[:, None], 21, 1, 10)[:, 0]
    corners = torch.tensor([[y, x] for y in (13, 40, 100, 114) for x in (13, 64, 114)])
    best = torch.stack([apart[:, y, x] for y, x in corners]).argmin(0)
    return corners[best]


def blot(images, scenes, size=4, contrast=0.6):
    """A square of (2 size + 1)² pixels on the ground, darker by this distance of colours."""
    found = images.clone()
    for x, (row, column) in zip(found, free_corner(images).tolist(), strict=True):
        x[:, row - size : row + size + 1, column - size : column + size + 1] -= contrast / math.sqrt(3)
    return found.clamp(-1, 1)


def halo(images, scenes):
    """A darker ring of 6 pixels, 8 pixels away from all forms."""
    covered = 1 - artefact_metrics.visible_fractions(scenes)[:, -1]
    ring = (artefact_metrics.dilated(covered, 14) > 0.5) & (artefact_metrics.dilated(covered, 8) < 0.5)
    return (images - 0.4 * ring[:, None] / math.sqrt(3)).clamp(-1, 1)


def ragged(images, scenes, size=3.6):
    """Every pixel moved by a smooth random field of this std, in pixels."""
    field = torch.randn(len(images), 2, 136, 136, generator=seeded(5))
    field = avg_pool2d(field, 9, 1)
    field = size * field / field.std()
    pixels = (torch.arange(128) + 0.5) / 64 - 1
    grid = torch.stack(torch.meshgrid(pixels, pixels, indexing="xy"), -1) + field.movedim(1, -1) / 64
    return grid_sample(images, grid, padding_mode="border", align_corners=False)


def cut(images, scenes):
    """A stripe of ground, 10 pixels wide, through the middle of the first form."""
    found, behind = images.clone(), backgrounds.land_of(images).image()
    for x, ground, y in zip(found, behind, scenes.centre[:, 0, 1].round().int().tolist(), strict=True):
        x[:, y - 5 : y + 5] = ground[:, y - 5 : y + 5]
    return found


def stain(images, scenes):
    """A darker or lighter disc in the first form, of a third of its radius; a quarter of the radius off the centre."""
    pixels = torch.arange(128) + 0.5
    apart = torch.stack(torch.meshgrid(pixels, pixels, indexing="xy"), -1) - scenes.centre[:, 0, None, None]
    away = (apart / scenes.radius[:, 0, None, None, None] - torch.tensor([0.0, 0.62])).norm(dim=-1)
    return torch.where((away < 0.3)[:, None], 0.5 * images, images)


DEFECTS = {
    "blot": blot,
    "halo": halo,
    "ragged": ragged,
    "blurred": lambda images, scenes: blurred(images, 13, 2),
    "cut": cut,
    "stain": stain,
}


@pytest.mark.parametrize("scene_class", synthetic.SCENE_CLASSES)
def test_real_images_leave_nothing_over(scene_class):
    images = rendering.render(synthetic.sample_scenes(EACH, seeded(77), scene_class))
    found = artefact_metrics.residuals(images, evaluator.read(images))
    assert float(found.ground.max()) < 1e-5 and float(found.edge.max()) < 0.06 and float(found.pieces.max()) == 0
    assert float(found.inside.max()) < 1e-5 and float(found.details.max()) < 0.1


def test_a_face_of_the_grounds_colour_leaves_the_head_whole():
    """Eyes, mouth and ears of a brown rabbit were pieces of their own where the sand shines through its face."""
    scene = fidelity.asked("animal", 200, "trial")[180:181]
    assert fidelity.captions("animal", scene) == ["a brown rabbit"]
    images = rendering.render(scene)
    for each in (images, blurred(images)):
        assert artefact_metrics.residuals(each, evaluator.read(each)).pieces.tolist() == [0]


def test_softened_real_images_are_clean(real):
    _, images, limit = real
    assert float(judged(images, limit).float().mean()) >= 1 - FALSE_ALARMS


@pytest.mark.parametrize("name", DEFECTS)
def test_planted_defects_are_found(real, name):
    """In softened images, so that a defect has to be seen beside what a decoder leaves."""
    scenes, images, limit = real
    assert float(judged(DEFECTS[name](images, scenes), limit).float().mean()) <= MISSES


def test_a_faint_blot_is_below_the_limit(real):
    scenes, images, limit = real
    assert float(judged(blot(images, scenes, contrast=0.03), limit).float().mean()) >= 1 - FALSE_ALARMS


def test_one_pixel_is_what_the_constant_says():
    scenes = synthetic.sample_scenes(200, seeded(3), "single")
    circles = scenes[(scenes.form[:, 0] == 0).nonzero()[:, 0]]
    wider = rendering.render(circles._replace(radius=circles.radius + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artefact_metrics, "STEPS", ())  # without the fit, which would follow
        edge = artefact_metrics.residuals(wider, circles).edge
    assert float(edge.mean()) == pytest.approx(artefact_metrics.ONE_PIXEL, abs=0.02) and len(edge) > 10


def test_ears_are_there_or_not():
    scenes = synthetic.sample_scenes(40, seeded(9), "animal")
    images = rendering.render(scenes)
    found = artefact_metrics.ears(images, scenes)
    assert set(found.tolist()) <= {-1, 1} and 0 < int((found == -1).sum()) < 10  # white ears on stone are invisible
    with pytest.MonkeyPatch.context() as patch:
        covers = rendering.coverage

        def without_ears(*arguments):
            found = covers(*arguments)
            found[:, rendering.LAYERS.index("ears")] = 0
            return found

        patch.setattr(rendering, "coverage", without_ears)
        bare = rendering.render(scenes)
    assert int((artefact_metrics.ears(bare, scenes) == 1).sum()) == 0
    single = synthetic.sample_scenes(4, seeded(9), "single")
    assert artefact_metrics.ears(rendering.render(single), single).tolist() == [-1] * 4


def test_what_cannot_be_judged_is_not_clean():
    noise = torch.rand(1, 3, 128, 128, generator=seeded(0)) * 2 - 1
    seen = evaluator.read(noise)
    assert seen.form.tolist() == [[-1] * 4]
    assert not artefact_metrics.artefact_free(
        artefact_metrics.residuals(noise, seen), dict.fromkeys(artefact_metrics.residuals(noise, seen)._asdict(), 1e9)
    ).any()


# --- sizes -----------------------------------------------------------------------------------------------------------


def zoomed(images, factor):
    """Everything in the image so many times larger, in the same frame; the ground goes on to the edge."""
    theta = torch.tensor([[1 / factor, 0, 0], [0, 1 / factor, 0]]).expand(len(images), 2, 3)
    grid = torch.nn.functional.affine_grid(theta, list(images.shape), align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)


@pytest.mark.parametrize("scene_class", synthetic.SCENE_CLASSES)
@pytest.mark.parametrize("factor", [0.5, 0.7, 0.9, 1.1, 1.25])
def test_real_images_that_are_shrunk_or_enlarged_are_right_or_cannot_be_judged(scene_class, factor):
    scenes = synthetic.sample_scenes(4, seeded(21), scene_class)
    seen = evaluator.read(zoomed(rendering.render(scenes), factor))
    right = list(evaluator.score(scenes, seen).values())[-1]
    assert (right | (seen.form[:, 0] < 0)).all()
    assert factor not in (0.9, 1.1) or scene_class == "animal" or int(right.sum()) >= 3


@pytest.mark.parametrize("times", [2, 4])
def test_more_pixels_change_nothing(times):
    scenes = synthetic.sample_scenes(4, seeded(22))
    images = rendering.render(scenes)
    large = images.repeat_interleave(times, 2).repeat_interleave(times, 3)
    for one, other in zip(evaluator.read(images), evaluator.read(large), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    "shape", [(2, 3, 64, 64), (2, 3, 192, 192), (2, 3, 128, 256), (3, 128, 128), (2, 1, 128, 128), (1, 3, 0, 0)]
)
def test_other_sizes_are_refused(shape):
    with pytest.raises(ConfigError, match=r"^images must be \(n, 3, 128 k, 128 k\) for the evaluator, got"):
        evaluator.read(torch.zeros(shape))


def test_the_closest_scene_is_named_also_where_it_is_no_answer():
    noise = torch.rand(1, 3, 128, 128, generator=seeded(0)) * 2 - 1
    assert (evaluator.closest(noise).form[:, 0] >= 0).all() and (evaluator.read(noise).form[:, 0] < 0).all()
    images = rendering.render(synthetic.sample_scenes(4, seeded(4)))
    for one, other in zip(evaluator.read(images), evaluator.closest(images), strict=True):
        assert torch.equal(one, other)
