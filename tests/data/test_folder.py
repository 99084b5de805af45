"""A folder of images: what is read, how it becomes numbers, and which files are named before any training."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
import torch
from PIL import Image

from diffusion_lib.data import ImageFolder, folder
from diffusion_lib.errors import ConfigError


def pixels(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return array


def numbers(array):
    """What a tensor of these bytes must be."""
    array = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    return torch.from_numpy(array.astype(np.float32)) / 127.5 - 1


def test_images_in_the_folder_itself_are_read_in_the_order_of_their_names(tmp_path):
    made = {name: save(tmp_path / name, pixels(i, 8, 12, 3)) for i, name in enumerate(("b.png", "a.PNG", "c.bmp"))}
    data = ImageFolder(tmp_path)
    assert len(data) == 3 and data.shape == (3, 8, 12) and data.classes == []
    for i, name in enumerate(sorted(made)):
        assert torch.equal(data[i], numbers(made[name])) and data[i].dtype == torch.float32
        assert torch.equal(data[i], data[i])  # read, and kept


def test_greyscale_has_one_channel_unless_some_files_are_in_colour(tmp_path):
    grey = save(tmp_path / "grey.png", pixels(0, 4, 4))
    assert ImageFolder(tmp_path).shape == (1, 4, 4) and torch.equal(ImageFolder(tmp_path)[0], numbers(grey))
    save(tmp_path / "rgb.png", pixels(1, 4, 4, 3))
    data = ImageFolder(tmp_path)
    assert data.shape == (3, 4, 4) and torch.equal(data[0], numbers(grey).expand(3, 4, 4))


def test_subfolders_are_classes_in_alphabetical_order(tmp_path):
    for i, name in enumerate(("dogs/1.png", "cats/2.png", "dogs/0.png", "cats/notes.txt", ".hidden/3.png", "empty/x")):
        save(tmp_path / name, pixels(i, 4, 4), format="PNG")
    data = ImageFolder(tmp_path)
    assert data.classes == ["cats", "dogs"] and [label for _, label in data] == [0, 1, 1]
    assert [path.name for path in data.paths] == ["2.png", "0.png", "1.png"]
    assert torch.equal(data[1][0], numbers(pixels(2, 4, 4)))


def test_one_subfolder_alone_is_no_class(tmp_path):
    save(tmp_path / "all" / "1.png", pixels(0, 4, 4))
    data = ImageFolder(str(tmp_path))
    assert data.classes == [] and isinstance(data[0], torch.Tensor)


def test_transparency_becomes_white_and_cameras_are_turned_upright(tmp_path):
    rgba = pixels(0, 4, 4, 4)
    rgba[0, 0, 3], rgba[1, 1, 3] = 0, 255
    save(tmp_path / "a.png", rgba)
    first = ImageFolder(tmp_path)[0]
    assert torch.equal(first[:, 0, 0], torch.ones(3)) and torch.equal(first[:, 1, 1], numbers(rgba[..., :3])[:, 1, 1])
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees, clockwise
    array = save(tmp_path / "turned" / "b.png", pixels(1, 4, 8, 3), exif=exif)
    assert torch.equal(ImageFolder(tmp_path / "turned")[0], numbers(np.rot90(array, -1).copy()))


def test_a_size_crops_the_central_square_and_resizes_it(tmp_path):
    wide = save(tmp_path / "wide.png", pixels(0, 16, 40, 3))
    save(tmp_path / "tall.png", pixels(1, 33, 20, 3))
    data = ImageFolder(tmp_path, size=16)
    assert data.shape == (3, 16, 16) and torch.equal(data[1], numbers(wide[:, 12:28]))
    halved = ImageFolder(tmp_path, size=8)[1]
    assert float((halved - torch.nn.functional.avg_pool2d(data[1], 2)).abs().mean()) < 0.25  # Lanczos is no mean
    with pytest.raises(ConfigError, match=r"size must be an integer in 1\.\.512, got 0"):
        ImageFolder(tmp_path, size=0)


def test_the_fingerprint_is_that_of_names_bytes_and_size(tmp_path):
    def one(name, seed, file="1.png", size=None):
        save(tmp_path / name / file, pixels(seed, 8, 8))
        return ImageFolder(tmp_path / name, size).sha256

    same, *others = one("a", 0), one("c", 1), one("d", 0, "2.png"), one("e", 0, size=4)
    assert one("b", 0) == same and len({same, *others}) == 4


def test_a_large_folder_is_read_again_and_a_small_one_kept(tmp_path, monkeypatch):
    save(tmp_path / "1.png", pixels(0, 8, 8))
    kept = ImageFolder(tmp_path)
    monkeypatch.setattr(folder, "IN_MEMORY", 63)
    again = ImageFolder(tmp_path)
    assert torch.equal(kept[0], again[0])
    save(tmp_path / "1.png", pixels(1, 8, 8))
    assert torch.equal(kept[0], numbers(pixels(0, 8, 8))) and torch.equal(again[0], numbers(pixels(1, 8, 8)))


def test_every_bad_file_is_named_with_its_fault(tmp_path):
    save(tmp_path / "good.png", pixels(0, 8, 8))
    (tmp_path / "text.jpg").write_text("no image")
    whole = io.BytesIO()
    Image.fromarray(pixels(1, 64, 64, 3)).save(whole, format="PNG")
    (tmp_path / "cut.png").write_bytes(whole.getvalue()[:5000])
    Image.fromarray(pixels(2, 8, 8).astype(np.uint16) * 256).save(tmp_path / "deep.png")
    with pytest.raises(ConfigError) as caught:
        ImageFolder(tmp_path)
    message = str(caught.value)
    assert message.startswith(
        f"all images in {tmp_path} must be readable, got 3 that are not: cut.png (image file is trunc"
    )
    assert "deep.png (mode I;16, more than 8 bits per channel), text.jpg (not an image); repair or remove" in message


def test_images_of_several_sizes_are_named_with_the_remedy(tmp_path):
    for i in range(5):
        save(tmp_path / f"{i}.png", pixels(i, 8, 8))
    save(tmp_path / "odd.png", pixels(5, 8, 12))
    with pytest.raises(ConfigError) as caught:
        ImageFolder(tmp_path)
    got = "got 8 × 8 (0.png, 1.png, 2.png and 2 more), 12 × 8 (odd.png)"
    assert f"must have one size, {got}; set size=64, say (on the command line --size 64)" in str(caught.value)
    assert ImageFolder(tmp_path, size=8).shape == (1, 8, 8)


def test_folders_without_usable_images_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")  # whoever opens it waits for somebody to write
    (tmp_path / "a" / "b").mkdir(parents=True)
    save(tmp_path / "a" / "b" / "deep.png", pixels(0, 8, 8))
    with pytest.raises(ConfigError, match=r"must hold images .* got none there or one level below"):
        ImageFolder(tmp_path)
    save(tmp_path / "a" / "1.png", pixels(0, 8, 8))
    save(tmp_path / "2.png", pixels(0, 8, 8))
    with pytest.raises(ConfigError, match="or in its subfolders, got 1 beside the subfolders a; move them"):
        ImageFolder(tmp_path)
    for path in (tmp_path / "2.png", tmp_path / "nowhere"):
        with pytest.raises(ConfigError, match="data must be a folder of images, got"):
            ImageFolder(path)
    save(tmp_path / "large" / "1.png", pixels(0, 8, 513))
    with pytest.raises(ConfigError, match="sides of at most 512 pixels, got 513 × 8; set size=64"):
        ImageFolder(tmp_path / "large")
