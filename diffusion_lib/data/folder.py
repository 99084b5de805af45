"""A folder of images as training data.  Every file is read and checked once, before training starts.

The images lie in the folder itself, or in its subfolders, whose names are then the classes; nothing deeper is read.
Greyscale files give one channel and colour files three; if both occur, all are taken as colour.  Transparent parts
become white, and a camera's note on the orientation is followed.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torch.utils.data import Dataset

from ..errors import ConfigError, check_integer

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
LARGEST_SIDE = 512  # of what is trained on; larger photographs are resized by ``size``
IN_MEMORY = 2**30  # bytes of pixels that are kept after their first use; of a larger folder the files are read again
LISTED = 3  # files that a message names


class ImageFolder(Dataset):
    """``folder[i]`` is an image x_0, float32 (C, H, W) in [−1, 1], or a pair (x_0, label) if there are classes.

    ``classes`` are the names of the subfolders in alphabetical order, and an int label is an index of them; images in
    the folder itself, or in one subfolder alone, have none.  ``size`` crops each image to its central square and
    resizes it to size × size pixels.  ``shape`` is (C, H, W), and ``sha256`` that of all names, bytes and ``size``.

    Raises ``ConfigError`` at once for a folder without images, for files that cannot be read, which it names, and for
    images that differ in size or have a side above ``LARGEST_SIDE`` pixels, unless ``size`` is given.
    """

    def __init__(self, path: str | os.PathLike[str], size: int | None = None) -> None:
        self.path, self.size = Path(path), None if size is None else check_integer("size", size, 1, LARGEST_SIDE)
        if not self.path.is_dir():
            raise ConfigError(f"data must be a folder of images, got {str(path)!r}; correct the path")
        self.paths, self.classes, self.labels = _find(self.path)
        modes, sizes, self.sha256 = self._verify()
        width, height = self._one_size(sizes)
        self.shape = (1 if modes == {"L"} else 3, height, width)
        self._fits = len(self.paths) * self.shape[0] * height * width <= IN_MEMORY
        self._kept: dict[int, Tensor] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Tensor | tuple[Tensor, int]:
        x_0 = self._pixels(i).float() / 127.5 - 1
        return (x_0, self.labels[i]) if self.classes else x_0

    def _pixels(self, i: int) -> Tensor:
        """The bytes (C, H, W) of an image."""
        if i in self._kept:
            return self._kept[i]
        image = _decode(self.paths[i].read_bytes(), self.size).convert("L" if self.shape[0] == 1 else "RGB")
        pixels = torch.from_numpy(np.array(image)).view(*self.shape[1:], self.shape[0]).permute(2, 0, 1)
        if self._fits:
            self._kept[i] = pixels
        return pixels

    def _verify(self) -> tuple[set[str], dict[tuple[int, int], list[Path]], str]:
        """Decode every file; return the modes, the files of each (width, height), and the sha256 of all."""
        sizes: dict[tuple[int, int], list[Path]] = {}
        modes, bad, total = set(), [], hashlib.sha256(f"size {self.size}\n".encode())
        for path in self.paths:
            try:
                content = path.read_bytes()
                image = _decode(content, self.size)
            except Exception as error:  # OSError, ValueError, SyntaxError, …: a decoder's own, one for each format
                bad.append(f"{path.relative_to(self.path)} ({_reason(error)})")
                continue
            modes.add(image.mode)
            sizes.setdefault(image.size, []).append(path)
            name = os.fsencode(path.relative_to(self.path).as_posix())
            total.update(name + b" " + hashlib.sha256(content).hexdigest().encode() + b"\n")
        if bad:
            what = f"got {len(bad)} that are not: {_listed(bad)}"
            raise ConfigError(f"all images in {self.path} must be readable, {what}; repair or remove them")
        return modes, sizes, total.hexdigest()

    def _one_size(self, sizes: dict[tuple[int, int], list[Path]]) -> tuple[int, int]:
        """(width, height) of all images, or ``ConfigError``."""
        remedy = "set size=64, say (on the command line --size 64), to crop each to its central square and resize it"
        if len(sizes) > 1:
            most = sorted(sizes.items(), key=lambda item: -len(item[1]))
            groups = [f"{w} × {h} ({_listed([str(p.relative_to(self.path)) for p in ps])})" for (w, h), ps in most]
            raise ConfigError(f"images in {self.path} must have one size, got {_listed(groups)}; {remedy}")
        ((width, height),) = sizes
        if max(width, height) > LARGEST_SIDE:
            what = f"got {width} × {height}"
            raise ConfigError(
                f"images in {self.path} must have sides of at most {LARGEST_SIDE} pixels, {what}; {remedy}"
            )
        return width, height


def _find(folder: Path) -> tuple[list[Path], list[str], list[int]]:
    """The image files in order, the names of the classes, and the label of each file; [] and [] without classes."""
    here, found = _images(folder), {}
    for each in sorted(folder.iterdir()):
        if each.is_dir() and not each.name.startswith(".") and (images := _images(each)):
            found[each.name] = images
    if here and found:
        what = f"got {len(here)} beside the subfolders {_listed(list(found))}"
        raise ConfigError(
            f"images must lie in {folder} or in its subfolders, {what}; move them into subfolders, or out"
        )
    if not here and not found:
        raise ConfigError(f"{folder} must hold images ({', '.join(SUFFIXES)}), got none there or one level below")
    if len(found) < 2:
        return here or next(iter(found.values())), [], []
    labels = [label for label, images in enumerate(found.values()) for _ in images]
    return [path for images in found.values() for path in images], list(found), labels


def _images(folder: Path) -> list[Path]:
    """The files of a folder that are images by their suffix; a pipe is not one, and neither is a hidden file."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise ConfigError(f"{folder} must be readable, got {error.strerror}; change its permissions") from error
    return [p for p in paths if p.suffix.lower() in SUFFIXES and not p.name.startswith(".") and p.is_file()]


def _decode(content: bytes, size: int | None) -> Image.Image:
    """The image, of mode L or RGB, upright and without transparency."""
    with Image.open(io.BytesIO(content)) as opened:
        image = ImageOps.exif_transpose(opened)
        image.load()
    if image.mode.startswith(("I", "F")):
        raise ValueError(f"mode {image.mode}, more than 8 bits per channel")
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    if "transparency" in image.info or image.mode.lower().endswith("a"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert(mode)
    return image if size is None else ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):  # its text holds an address
        return "not an image"
    return str(error).strip().partition("\n")[0][:80] or type(error).__name__


def _listed(words: Sequence[str]) -> str:
    """The first words, and how many follow."""
    return ", ".join(words[:LISTED]) + (f" and {len(words) - LISTED} more" if len(words) > LISTED else "")
