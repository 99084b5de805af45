"""What ``diffusion doctor`` shows: versions, device, data, weights, and what works without a network."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

import torch

from .. import __version__
from ..data import CLOTHES, DENSITIES
from ..runtime.device import autocast, available, pick_device
from ..stable_diffusion.weights import PUBLISHED, SHIPPED, missing, shipped

PACKAGES: tuple[str, ...] = ("torch", "numpy", "safetensors", "sympy", "scikit-learn", "matplotlib")
PACKAGES += ("diffusers", "transformers", "accelerate", "papermill", "snakemake")


def doctor(args: argparse.Namespace) -> int:
    """Print what is installed, what computes, and what works without a network."""
    report = diagnosis()
    if args.json:
        print(json.dumps(report, indent=1))
        return 0
    width = 2 + max(len(name) for entries in report.values() for name in entries)
    for section, entries in report.items():
        print(section)
        for name, value in entries.items():
            word = "not installed" if value is None else ("no", "yes")[value] if isinstance(value, bool) else value
            print(f"  {name:<{width}}{word}")
    return 0


def diagnosis() -> dict[str, dict[str, Any]]:
    """Return versions, device, data, weights and what works offline, as plain values; nothing is downloaded."""
    device, here = pick_device("auto"), available()
    weights = {name: not missing(shipped(name).FOLDER) for name in SHIPPED}
    weights |= {name: not missing(_cached(name, revision)) for name, revision in PUBLISHED.items()}
    versions = {name: _version(name) for name in PACKAGES}
    sklearn, processor = versions["scikit-learn"] is not None, platform.processor() or platform.machine()
    data = {"digits": sklearn, "photograph": sklearn, "clothes": CLOTHES.is_file()}
    images = any(weights.values()) and None not in (versions["diffusers"], versions["transformers"])
    return {
        "versions": {"diffusion_lib": __version__, "python": platform.python_version(), **versions},
        "device": {
            "auto": str(device),
            "why": f"the first that works here of cuda, mps, cpu: {', '.join(map(_shown, here.items()))}",
            "name": torch.cuda.get_device_name() if device.type == "cuda" else processor,
            "threads": torch.get_num_threads(),
            "bf16 autocast": isinstance(autocast(device), torch.autocast),
        },
        "data": {**dict.fromkeys(DENSITIES, True), **data},
        "weights": weights,
        "works offline": {
            "train, sample, derivations": True,
            "rerun": versions["papermill"] is not None,
            "images from prompts": images,
        },
    }


def _cached(name: str, revision: str) -> Path:
    """Where huggingface_hub keeps this commit, if it is there; known without importing it."""
    cache = os.environ.get("HF_HUB_CACHE") or os.path.join(os.environ.get("HF_HOME", "~/.cache/huggingface"), "hub")
    return Path(cache).expanduser() / f"models--{name.replace('/', '--')}" / "snapshots" / revision


def _shown(device: tuple[str, str]) -> str:
    name, fault = device
    return f"{name} (does not work: {fault})" if fault else name


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
