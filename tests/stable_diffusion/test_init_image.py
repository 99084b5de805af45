"""The image that sampling starts from: its file, its fingerprint, and what becomes of a mask."""

from __future__ import annotations

import hashlib

import pytest
import torch
from PIL import Image

from diffusion_lib.errors import ConfigError
from diffusion_lib.process.schedule import linear
from diffusion_lib.stable_diffusion import parts
from diffusion_lib.stable_diffusion.autoencoder import pil_to_latents
from diffusion_lib.stable_diffusion.init_image import encode, fingerprint, read_image


def two(mode="RGB"):
    """Two pixels, one bright and one dark."""
    image = Image.new("RGB", (2, 1), (250, 200, 130))
    image.putpixel((1, 0), (10, 20, 30))
    return image.convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "1", "P"])
def test_any_opaque_image_is_read(tmp_path, mode):
    path = tmp_path / "x.png"
    two(mode).save(path)
    read = read_image("init", path)
    assert read.mode == "RGB" and read.tobytes() == two(mode).convert("RGB").tobytes()
    assert read_image("mask", path).mode == "L"


def test_a_photograph_is_turned_as_the_camera_was(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    two().save(tmp_path / "x.png", exif=exif)
    assert read_image("init", tmp_path / "x.png").size == (1, 2)


def broken(path, kind):
    if kind == "text":
        path.write_text("<html>")
    elif kind == "cut":
        Image.effect_noise((64, 64), 80).save(path)
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "folder":
        path.mkdir()
    elif kind == "deep":
        Image.new("I;16", (8, 8)).save(path)
    elif kind == "glass":
        Image.new("RGBA", (8, 8), (255, 0, 0, 254)).save(path)
    elif kind == "palette":
        Image.new("P", (8, 8)).save(path, transparency=0)
    elif kind == "huge":
        Image.new("1", (2049, 1)).save(path)


BROKEN = {
    "absent": "No such file",
    "text": "UnidentifiedImageError: cannot identify image file",
    "cut": "",
    "deep": "the mode I;16, of 1, L, LA",
    "glass": "transparent pixels",
    "palette": "transparent pixels",
    "huge": "2049 x 1 pixels, of at most 2048 a side",
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", ["init", "mask"])
def test_what_is_no_image_is_refused_with_its_reason(tmp_path, name, kind):
    broken(tmp_path / "x.png", kind)
    with pytest.raises(ConfigError, match=f"{name} must be the file of an image, got .*x.png") as caught:
        read_image(name, tmp_path / "x.png")
    assert BROKEN[kind] in str(caught.value) and "save it again as a PNG in RGB" in str(caught.value)


@pytest.mark.parametrize("name", ["init", "mask"])
def test_a_folder_is_refused_as_one(tmp_path, name):
    with pytest.raises(ConfigError, match=f"{name} must be a regular file, got the directory"):
        read_image(name, tmp_path)


def test_the_fingerprint_is_of_the_pixels_and_not_of_the_file(tmp_path):
    image = two()
    for name in ("x.png", "x.bmp", "x.webp"):
        image.save(tmp_path / name, **({"lossless": True} if name == "x.webp" else {}))
        assert fingerprint(read_image("init", tmp_path / name)) == fingerprint(image)
    assert fingerprint(image) == hashlib.sha256(b"RGB 2 x 1\n" + bytes([250, 200, 130, 10, 20, 30])).hexdigest()
    others = {fingerprint(two("L")), fingerprint(image.transpose(Image.Transpose.ROTATE_90)), fingerprint(image)}
    assert len(others) == 3


def test_a_latent_is_regenerated_if_one_of_its_pixels_is(tiny_folder):
    tiny = parts.load(tiny_folder, device="cpu")
    init, mask = Image.new("RGB", (72, 64), "red"), Image.new("L", (72, 64), 127)
    mask.putpixel((71, 8), 128)
    origin = encode(tiny, init, mask, 0.5)
    assert origin.mask.nonzero().tolist() == [[0, 0, 1, 8]] and origin.mask.shape == (1, 1, 8, 9)
    assert torch.equal(origin.z, pil_to_latents(tiny.vae, init)) and encode(tiny, init, None, 1.0).mask is None
    grey = encode(tiny, init, mask.point(lambda level: 255 * (level > 127)).convert("1"), 0.5)
    assert torch.equal(grey.mask, origin.mask)


def test_the_first_state_is_a_draw_of_q(tiny_folder):
    tiny = parts.load(tiny_folder, device="cpu")
    origin, eps = encode(tiny, Image.new("RGB", (64, 64), "red"), None, 0.5), torch.randn(3, 4, 8, 8)
    schedule = linear(1000)
    kept, rest = schedule.alpha_bar[500], schedule.one_minus_alpha_bar[500]
    expected = kept.sqrt().float() * origin.z + rest.sqrt().float() * eps
    torch.testing.assert_close(origin.noised(schedule, 500, eps), expected, rtol=0, atol=1e-5)
