"""Clean or not: real pictures are, planted defects are found, and the autoencoder's own traces are none."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import avg_pool2d, grid_sample

from diffusion_lib.errors import ConfigError
from diffusion_lib.latent import parts
from diffusion_lib.latent.small import cleanness, fidelity, networks, recogniser, world
from diffusion_lib.runtime import fingerprint

EACH = 20  # real pictures of a kind
FALSE_ALARMS, MISSED = 0.1, 0.1  # largest shares; of 20, two


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def limits():
    return fidelity.limits_of(fingerprint.read_record(networks.FOLDER / "fidelity.json")["rows"])


@pytest.fixture(scope="module", params=world.KINDS)
def real(request):
    """The kind, scenes that set no limit, and their pictures after the autoencoder."""
    scenes = world.sample_scenes(EACH, seeded(77), request.param)
    return request.param, scenes, fidelity.carried(parts.load("miniature", device="cpu"), world.render(scenes))


def judged(pictures, limit):
    seen = recogniser.read(pictures)
    return cleanness.clean(cleanness.left(pictures, seen), limit)


def where(scenes, within=1.0):
    """Which pixels lie within so many radii of the first form's centre (n, 64, 64), and the distance in radii."""
    pixels = torch.arange(64) + 0.5
    apart = torch.stack(torch.meshgrid(pixels, pixels, indexing="xy"), -1) - scenes.centre[:, 0, None, None]
    return apart.norm(dim=-1) / scenes.radius[:, 0, None, None]


def free_corner(pictures):
    """The corner pixel (y, x) of each picture with the most ground around it, 6 pixels from both edges."""
    ground = torch.stack([recogniser.ground_of(x) for x in pictures])[:, :, None, None]
    apart = avg_pool2d((pictures - ground).norm(dim=1)[:, None], 11, 1, 5)[:, 0]
    corners = torch.tensor([[7, 7], [7, 56], [56, 7], [56, 56]])
    best = torch.stack([apart[:, y, x] for y, x in corners]).argmin(0)
    return corners[best]


def blot(pictures, scenes, size=2, contrast=0.6):
    """A square of (2 size + 1)² pixels on the ground, darker by this distance of colours."""
    found = pictures.clone()
    for x, (row, column) in zip(found, free_corner(pictures).tolist(), strict=True):
        x[:, row - size : row + size + 1, column - size : column + size + 1] -= contrast / math.sqrt(3)
    return found.clamp(-1, 1)


def halo(pictures, scenes):
    """A lighter ring of 3 pixels, 4 pixels away from all forms."""
    covered = 1 - cleanness.shares(scenes)[:, -1]
    ring = (cleanness.dilated(covered, 7) > 0.5) & (cleanness.dilated(covered, 4) < 0.5)
    return (pictures - 0.4 * ring[:, None] / math.sqrt(3)).clamp(-1, 1)


def ragged(pictures, scenes, size=1.8):
    """Every pixel moved by a smooth random field of this deviation, in pixels."""
    field = torch.randn(len(pictures), 2, 68, 68, generator=seeded(5))
    field = avg_pool2d(field, 5, 1)
    field = size * field / field.std()
    pixels = (torch.arange(64) + 0.5) / 32 - 1
    grid = torch.stack(torch.meshgrid(pixels, pixels, indexing="xy"), -1) + field.movedim(1, -1) / 32
    return grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def blurred(pictures, scenes):
    padded = torch.nn.functional.pad(pictures, (4, 4, 4, 4), mode="replicate")
    return avg_pool2d(padded, 9, 1)


def cut(pictures, scenes):
    """A stripe of ground, 5 pixels wide, through the middle of the first form."""
    found = pictures.clone()
    for x, y in zip(found, scenes.centre[:, 0, 1].round().int().tolist(), strict=True):
        x[:, y - 2 : y + 3] = recogniser.ground_of(x)[:, None, None]
    return found


DEFECTS = {"blot": blot, "halo": halo, "ragged": ragged, "blurred": blurred, "cut": cut}


def test_real_pictures_leave_nothing_over(real):
    kind, scenes, _ = real
    pictures = world.render(scenes)
    seen = recogniser.read(pictures)
    found = cleanness.left(pictures, seen)
    assert float(found.ground.max()) < 1e-5 and float(found.edge.max()) < 0.06 and float(found.pieces.max()) == 0
    assert float(found.inside.max()) < (0.15 if kind == "animal" else 1e-5)


def test_what_the_autoencoder_does_to_real_pictures_is_clean(real, limits):
    kind, _, coded = real
    assert float(judged(coded, limits[kind]).float().mean()) >= 1 - FALSE_ALARMS


@pytest.mark.parametrize("name", DEFECTS)
def test_planted_defects_are_found(real, limits, name):
    """In pictures after the autoencoder, so that a defect has to be seen beside what the decoder leaves."""
    kind, scenes, coded = real
    spoiled = DEFECTS[name](coded, scenes)
    assert float(judged(spoiled, limits[kind]).float().mean()) <= MISSED


def test_a_faint_blot_is_below_the_limit(real, limits):
    kind, scenes, coded = real
    faint = blot(coded, scenes, contrast=0.03)
    assert float(judged(faint, limits[kind]).float().mean()) >= 1 - 2 * FALSE_ALARMS


def test_half_a_pixel_is_what_the_constant_says():
    scenes = world.sample_scenes(200, seeded(3), "single")
    circles = scenes[(scenes.form[:, 0] == 0).nonzero()[:, 0]]
    wider = world.render(circles._replace(radius=circles.radius + 0.5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleanness, "STEPS", ())  # without the fit, which would follow
        edge = cleanness.left(wider, circles).edge
    assert float(edge.mean()) == pytest.approx(cleanness.HALF_A_PIXEL, abs=0.02) and len(edge) > 10


def test_ears_are_there_or_not():
    scenes = world.sample_scenes(60, seeded(9), "animal")
    pictures = world.render(scenes)
    found = cleanness.ears(pictures, scenes)
    assert set(found.tolist()) <= {-1, 1} and 0 < int((found == -1).sum()) < 15  # white ears on stone cannot be told
    with pytest.MonkeyPatch.context() as patch:
        covers = world.coverage

        def without_ears(*arguments):
            found = covers(*arguments)
            found[:, world.LAYERS.index("ears")] = 0
            return found

        patch.setattr(world, "coverage", without_ears)
        bare = world.render(scenes)
    assert int((cleanness.ears(bare, scenes) == 1).sum()) == 0
    single = world.sample_scenes(4, seeded(9), "single")
    assert cleanness.ears(world.render(single), single).tolist() == [-1] * 4


def test_what_cannot_be_judged_is_not_clean(limits):
    noise = torch.rand(2, 3, 64, 64, generator=seeded(0)) * 2 - 1
    assert recogniser.read(noise).form[:, 0].tolist() == [-1, -1]
    assert not judged(noise, limits["single"]).any()


# --- sizes -----------------------------------------------------------------------------------------------------------


def zoomed(pictures, factor):
    """Everything in the picture so many times larger, in the same frame; the ground goes on to the edge."""
    theta = torch.tensor([[1 / factor, 0, 0], [0, 1 / factor, 0]]).expand(len(pictures), 2, 3)
    grid = torch.nn.functional.affine_grid(theta, list(pictures.shape), align_corners=False)
    return grid_sample(pictures, grid, padding_mode="border", align_corners=False)


@pytest.mark.parametrize("kind", world.KINDS)
@pytest.mark.parametrize("factor", [0.5, 0.7, 0.9, 1.1, 1.25])
def test_real_pictures_that_are_shrunk_or_enlarged_are_right_or_cannot_be_judged(kind, factor):
    scenes = world.sample_scenes(12, seeded(21), kind)
    seen = recogniser.read(zoomed(world.render(scenes), factor))
    right = list(recogniser.score(scenes, seen).values())[-1]
    assert (right | (seen.form[:, 0] < 0)).all()
    assert factor not in (0.9, 1.1) or kind == "animal" or int(right.sum()) >= 10


@pytest.mark.parametrize("times", [2, 4])
def test_more_pixels_change_nothing(times):
    scenes = world.sample_scenes(8, seeded(22))
    pictures = world.render(scenes)
    large = pictures.repeat_interleave(times, 2).repeat_interleave(times, 3)
    for one, other in zip(recogniser.read(pictures), recogniser.read(large), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "shape", [(2, 3, 32, 32), (2, 3, 96, 96), (2, 3, 64, 128), (3, 64, 64), (2, 1, 64, 64), (1, 3, 0, 0)]
)
def test_other_sizes_are_refused(shape):
    with pytest.raises(ConfigError, match=r"^pictures must be \(n, 3, 64 k, 64 k\) for the recogniser to judge, got"):
        recogniser.read(torch.zeros(shape))


def test_the_closest_scene_is_named_also_where_it_is_no_answer():
    noise = torch.rand(2, 3, 64, 64, generator=seeded(0)) * 2 - 1
    assert (recogniser.closest(noise).form[:, 0] >= 0).all() and (recogniser.read(noise).form[:, 0] < 0).all()
    pictures = world.render(world.sample_scenes(6, seeded(4)))
    for one, other in zip(recogniser.read(pictures), recogniser.closest(pictures), strict=True):
        assert torch.equal(one, other)
