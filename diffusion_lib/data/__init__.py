"""What the models of the book learn: two-dimensional densities, handwritten digits, photographs of clothes.

Everything is in memory and ships with this package or with those that it needs.  All of Fashion-MNIST, of which
``clothes`` is a part, is read where it is installed, and never downloaded.

Points of a density are independent samples: a stratified sample, such as scikit-learn's ``make_moons``, has less
scatter than its distribution, and would beat any honest model in a two-sample metric.  Each density has mean 0 and a
standard deviation near 1 along each axis, as N(0, I) has, so that the forward process ends where sampling starts.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import math
import zlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ConfigError, WeightsUnavailable, check_choice, check_integer
from .densities import DENSITIES, GAUSSIAN_MIXTURES, sample_density
from .folder import ImageFolder as ImageFolder

__all__ = [
    "CLOTHES_CLASSES",
    "DENSITIES",
    "GAUSSIAN_MIXTURES",
    "check_data",
    "clothes",
    "clothes_labels",
    "digit_labels",
    "digits",
    "fashion_labels",
    "fashion_mnist",
    "photograph",
    "sample_density",
]

LARGEST_VALUE = 8.0  # of scaled data; 8 standard deviations of N(0, I) have probability 1e-15
PHOTO_SIDE = 427  # the shorter side of scikit-learn's photographs
# Debian's package dataset-fashion-mnist, then the folder that torchvision fills when its root is ~/.cache/torchvision
FASHION_FOLDERS = ("/usr/share/datasets/fashion-mnist", "~/.cache/torchvision/FashionMNIST/raw")
FASHION_SIZES = {"train": 60_000, "test": 10_000}
CLOTHES_CLASSES = (
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
CLOTHES = Path(__file__).parent / "clothes.xz"
CLOTHES_SHA256 = "c530a367a13fae08620cf89b6d42dcce53bd6415422faab8c132073a683eb705"
CLOTHES_SIZES = {"train": 10_000, "validation": 1_000, "test": 2_000}  # in file order; each split by class


def digits(split: str = "train") -> Tensor:
    """Return scanned handwritten digits, float32 (n, 1, 8, 8) with ink +1 on paper −1; 1442 to train, 355 to test.

    Every fifth image of each digit is in the test split.  Source: UCI optical recognition of handwritten digits, as
    installed with scikit-learn.
    """
    source, _, chosen = _digits(split)
    return torch.from_numpy(source.images).float()[chosen].unsqueeze(1) / 8 - 1


def digit_labels(split: str = "train") -> Tensor:
    """Return which digit each image of ``digits(split)`` shows, int64 (n,) from 0 to 9."""
    _, labels, chosen = _digits(split)
    return labels[chosen]


def _digits(split: str) -> tuple[Any, Tensor, Tensor]:
    """scikit-learn's record of the digits, its labels (1797,), and which of the images are in a split."""
    from sklearn.datasets import load_digits

    check_choice("split", split, ("train", "test"))
    source = load_digits()
    labels = torch.from_numpy(source.target).long()
    occurrence = torch.zeros_like(labels)  # 0, 1, 2, … among the images of the same digit
    for label in labels.unique():
        occurrence[labels == label] = torch.arange(int((labels == label).sum()))
    return source, labels, (occurrence % 5 == 4) == (split == "test")


def clothes(split: str = "train") -> Tensor:
    """Return photographs of clothes, float32 (n, 1, 28, 28), bright on −1: 10,000 to train, 1,000 and 2,000 held out.

    Part of Fashion-MNIST, as much as fits 5 MB without loss: of each of the ten ``CLOTHES_CLASSES`` the first 1,000 of
    its first 55,000 images, the first 100 of the 5,000 that follow ("validation"), and the first 200 of its test set.
    Raises ``WeightsUnavailable`` for a file that is missing or damaged.  Source: Xiao, Rasul & Vollgraf 2017.
    """
    sizes = list(CLOTHES_SIZES.values())
    part = list(CLOTHES_SIZES).index(check_choice("split", split, CLOTHES_SIZES))
    return _clothes().split(sizes)[part].unsqueeze(1).float() / 127.5 - 1


def clothes_labels(split: str = "train") -> Tensor:
    """Return which of ``CLOTHES_CLASSES`` each image of ``clothes(split)`` shows, int64 (n,) from 0 to 9, ascending."""
    n = CLOTHES_SIZES[check_choice("split", split, CLOTHES_SIZES)]
    return torch.arange(len(CLOTHES_CLASSES)).repeat_interleave(n // len(CLOTHES_CLASSES))


def _clothes() -> Tensor:
    """The bytes (13000, 28, 28) of all splits."""
    try:
        packed = CLOTHES.read_bytes()
    except OSError as error:
        raise WeightsUnavailable(f"{CLOTHES} must be readable, got {error}; install diffusion_lib again") from error
    if hashlib.sha256(packed).hexdigest() != CLOTHES_SHA256:
        what = f"got other content ({len(packed)} bytes); install diffusion_lib again"
        raise WeightsUnavailable(f"{CLOTHES} must have the sha256 {CLOTHES_SHA256[:12]}…, {what}")
    return torch.frombuffer(bytearray(lzma.decompress(packed)), dtype=torch.uint8).view(-1, 28, 28)


def fashion_mnist(split: str = "train") -> Tensor:
    """Return photographs of clothes, float32 (n, 1, 28, 28), the article bright on −1; 60,000 to train, 10,000 to test.

    Raises ``WeightsUnavailable`` where the data is not installed.  Source: Xiao, Rasul & Vollgraf 2017.
    """
    return _idx("images-idx3", split, (28, 28)).unsqueeze(1).float() / 127.5 - 1


def fashion_labels(split: str = "train") -> Tensor:
    """Return the class of clothing of each image of ``fashion_mnist(split)``, int64 (n,) from 0 to 9."""
    return _idx("labels-idx1", split, ()).long()


def _idx(content: str, split: str, shape: tuple[int, ...]) -> Tensor:
    """Read an idx file: two zeros, 8 for bytes, the number of axes, their lengths as big-endian int32, the bytes."""
    n = FASHION_SIZES[check_choice("split", split, FASHION_SIZES)]
    name = f"{'train' if split == 'train' else 't10k'}-{content}-ubyte"
    candidates = [Path(folder).expanduser() / file for folder in FASHION_FOLDERS for file in (f"{name}.gz", name)]
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        raise WeightsUnavailable(
            f"Fashion-MNIST must be in {' or '.join(FASHION_FOLDERS)}, got no {name} there; install Debian's package "
            "dataset-fashion-mnist, or run torchvision.datasets.FashionMNIST('~/.cache/torchvision', download=True)"
        )
    try:
        data = (gzip.decompress if path.suffix == ".gz" else bytes)(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:  # not compressed, cut off, damaged
        raise WeightsUnavailable(f"{path} must be a readable idx file, got {error}; install it again") from error
    axes = (n, *shape)
    header = bytes([0, 0, 8, len(axes)]) + b"".join(size.to_bytes(4, "big") for size in axes)
    if not data.startswith(header) or len(data) != len(header) + math.prod(axes):
        what = f"{len(data)} bytes that begin with {data[:16].hex()}"
        raise WeightsUnavailable(f"{path} must hold {axes} bytes in the idx format, got {what}; install it again")
    return torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=len(header)).view(axes)


def photograph(size: int = 256, name: str = "china") -> Tensor:
    """Return a photograph, float32 (3, size, size) in [−1, 1]: its central square, ``china`` or ``flower``.

    Source: two photographs under Creative Commons licences, as installed with scikit-learn.
    """
    from PIL import Image
    from sklearn.datasets import load_sample_image

    check_choice("name", name, ("china", "flower"))
    check_integer("size", size, 1, PHOTO_SIDE)
    image = Image.fromarray(load_sample_image(f"{name}.jpg"))
    left, top = (image.width - PHOTO_SIDE) // 2, (image.height - PHOTO_SIDE) // 2
    image = image.crop((left, top, left + PHOTO_SIDE, top + PHOTO_SIDE)).resize((size, size), Image.Resampling.LANCZOS)
    data = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return data.view(size, size, 3).permute(2, 0, 1).float() / 127.5 - 1


def check_data(x: Tensor) -> Tensor:
    """Return training data (n, …) unchanged, or raise ``ConfigError`` for what would train to nonsense.

    That is: no samples; a type that is not floating point, such as unscaled bytes; NaN or infinity, or a value outside
    [−8, 8], with the index of the first; one value everywhere, or n > 1 equal samples.
    """
    check_values(x)
    if x.min() == x.max() or (len(x) > 1 and bool((x == x[:1]).all())):
        raise ConfigError(f"data must vary, got {len(x)} samples that are all the same; check how they were loaded")
    return x


def check_values(x: Tensor) -> None:
    """The checks of ``check_data`` for type, size and values; a batch may happen to hold one sample several times."""
    if not isinstance(x, Tensor) or not x.is_floating_point():
        what = str(x.dtype) if isinstance(x, Tensor) else type(x).__name__
        raise ConfigError(f"data must be a floating-point tensor (n, ...), got {what}; scale bytes by x / 127.5 - 1")
    if x.ndim == 0 or x.numel() == 0:
        raise ConfigError(f"data must hold at least one sample (n, ...), got shape {tuple(x.shape)}; check the filter")
    wrong = ~(x.abs() <= LARGEST_VALUE)  # true of NaN too
    if wrong.any():
        index = tuple(wrong.nonzero()[0].tolist())
        what = f"{x[index]:g} at index {index}; scale the data to about [-1, 1], or repair that sample"
        raise ConfigError(f"data must be finite and of size <= {LARGEST_VALUE:g}, got {what}")
