"""What ``python -m diffusion_lib doctor`` shows: versions, device, data, weights, and what works without a network."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

import torch

from . import __version__
from .data import DENSITIES
from .device import autocast, available, pick_device

PACKAGES = (
    "torch",
    "numpy",
    "safetensors",
    "sympy",
    "scikit-learn",
    "matplotlib",
    "diffusers",
    "transformers",
    "accelerate",
    "papermill",
    "snakemake",
)
STABLE_DIFFUSION = "models--CompVis--stable-diffusion-v1-4"  # its directory in the cache of huggingface_hub


def doctor(args: argparse.Namespace) -> int:
    """Print what is installed, what computes, and what works without a network."""
    report = diagnosis()
    if args.json:
        print(json.dumps(report, indent=1))
        return 0
    for section, entries in report.items():
        print(section)
        for name, value in entries.items():
            word = "not installed" if value is None else ("no", "yes")[value] if isinstance(value, bool) else value
            print(f"  {name:<28}{word}")
    return 0


def diagnosis() -> dict[str, dict[str, Any]]:
    """Return versions, device, data, weights and what works offline, as plain values; nothing is downloaded."""
    device, here = pick_device("auto"), available()
    cache = os.environ.get("HF_HUB_CACHE") or os.path.join(os.environ.get("HF_HOME", "~/.cache/huggingface"), "hub")
    weights = any(Path(cache).expanduser().glob(f"{STABLE_DIFFUSION}/snapshots/*/model_index.json"))
    versions = {name: _version(name) for name in PACKAGES}
    sklearn = versions["scikit-learn"] is not None
    return {
        "versions": {"diffusion_lib": __version__, "python": platform.python_version(), **versions},
        "device": {
            "auto": str(device),
            "why": f"the first that works here of cuda, mps, cpu: {', '.join(map(_shown, here.items()))}",
            "name": torch.cuda.get_device_name()
            if device.type == "cuda"
            else platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(),
            "bf16 autocast": isinstance(autocast(device), torch.autocast),
        },
        "data": dict.fromkeys(DENSITIES, True) | {"digits": sklearn, "photograph": sklearn},
        "weights": {"stable-diffusion-v1-4": weights},
        "works offline": {
            "train, sample, derivations": True,
            "rerun": versions["papermill"] is not None,
            "stable diffusion": weights and versions["diffusers"] is not None,
        },
    }


def _shown(device: tuple[str, str]) -> str:
    name, fault = device
    return f"{name} (does not work: {fault})" if fault else name


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
