"""What ``diffusion train`` trains on, a named dataset of the book or a folder of images, and the network for it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from ..data import DENSITIES, ImageFolder, clothes_labels, sample_density
from ..errors import ConfigError, did_you_mean
from ..networks import Network, UNet
from ..registry import DATASETS, NETWORKS

POINTS = 50_000  # samples of a density that a run trains on


def check_size(args: argparse.Namespace) -> int | None:
    """The side that is asked for; ``ConfigError`` unless ``--data`` is a name or a folder, and fits ``--size``."""
    size = getattr(args, "size", None)
    if args.data in DATASETS:
        if size is not None:
            raise ConfigError(f"size must come with a folder of images, got {size} with {args.data}; leave it out")
    elif not Path(args.data).is_dir():
        allowed = f"one of {', '.join(map(repr, DATASETS))}, or a folder of images"
        raise ConfigError(f"data must be {allowed}, got {args.data!r}{did_you_mean(args.data, DATASETS)}")
    return size


def read_data(name: str, seed: int, size: int | None = None) -> tuple[Tensor | ImageFolder, Tensor | None]:
    """What a run trains on, and its labels, unless the data is a folder, which holds its own."""
    if name not in DATASETS:
        return ImageFolder(name, size), None
    if name in DENSITIES:
        return sample_density(name, POINTS, seed), None
    return DATASETS[name]("train"), clothes_labels("train") if name == "clothes" else None


def unet_sizes(data: ImageFolder) -> dict[str, int]:
    """What a U-Net for the images of a folder is made with; larger images get larger patches."""
    channels, height, width = data.shape
    if height % 4 or width % 4:
        what = f"multiples of 4 for the U-Net, got {width} × {height}"
        raise ConfigError(f"images must have sides that are {what}; add --size {max(4, min(height, width) // 4 * 4)}")
    patch = 1 if min(height, width) <= 16 else 2 if max(height, width) <= 64 else 4
    return {"channels": channels, "width": 40, "patch": patch, "classes": len(data.classes)}


def summary(data: ImageFolder) -> str:
    """How many images, of which shape, and which label each class has."""
    labels = "".join(f", {label} {name}" for label, name in enumerate(data.classes))
    shape = " × ".join(map(str, data.shape))
    return f"{len(data)} images of {shape}{labels and f', labels{labels[1:]}'}"


def described(name: str, data: Tensor | ImageFolder) -> dict:
    """How the checkpoint describes the data: for a folder not its path, but its content."""
    if not isinstance(data, ImageFolder):
        return {"name": name, "shape": list(data.shape[1:])}
    return {"name": "folder", "sha256": data.sha256, "classes": data.classes, "shape": list(data.shape)}


def network_for(name: str, data: Tensor | ImageFolder) -> tuple[Callable[..., Network], dict[str, Any]]:
    """The class of network that a run trains, and its sizes."""
    if isinstance(data, ImageFolder):
        return UNet, dict(unet_sizes(data))
    entry = DATASETS[name]
    return NETWORKS[entry.network].function, dict(entry.sizes)
