"""What the commands of ``python -m diffusion_lib`` do; ``__main__`` parses their arguments.

Everything that can be refused is refused before a directory or file exists.  ``train`` holds the lock of its directory
and writes a line of ``log.jsonl`` for each step.  Told to stop by SIGTERM or SIGINT, it finishes the step, saves, and
exits with 143 or 130.  A save that fails stops it: a run that cannot be resumed is not worth its time.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import os
import platform
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import safetensors.torch
import torch
from torch import Tensor
from tqdm import tqdm

from . import __version__, checkpoint
from . import train as training
from .data import DENSITIES, digits, sample_density
from .denoiser import MLP, UNet, build
from .device import autocast, available, pick_device
from .errors import CheckpointMismatch, ConfigError, check_choice, check_integer
from .sample import ddim, ddpm, last
from .schedule import Schedule, make_schedule
from .train import MAX_SEED, TrainConfig, TrainState

DATA = (*DENSITIES, "digits")
POINTS = 50_000  # draws of a density that a run trains on
STEPS = 50  # calls of the denoiser, unless T is less
STOP = (signal.SIGTERM, signal.SIGINT)
SAMPLERS = {"ddim": ddim, "ddpm": ddpm}
PACKAGES = (
    "torch",
    "numpy",
    "safetensors",
    "sympy",
    "scikit-learn",
    "matplotlib",
    "diffusers",
    "transformers",
    "papermill",
)
STABLE_DIFFUSION = "models--CompVis--stable-diffusion-v1-4"  # its directory in the cache of huggingface_hub


def train(args: argparse.Namespace) -> int:
    """Train, or resume; return 0, or 128 plus the number of the signal that stopped it."""
    names = ("steps", "batch_size", "lr", "lr_decay", "ema_decay", "grad_clip", "seed")
    config = TrainConfig(**{name: getattr(args, name) for name in names})
    schedule = make_schedule(args.schedule, args.T)
    save_every = check_integer("save_every", args.save_every, 1)
    device = pick_device(args.device)
    check_choice("data", args.data, DATA)
    directory = Path(args.out)
    _check_start(directory, args.resume)
    data = digits("train") if args.data == "digits" else sample_density(args.data, POINTS, config.seed)
    torch.manual_seed(config.seed)
    make = UNet if args.data == "digits" else MLP
    network = make(T=schedule.T, alpha_bar=schedule.alpha_bar)
    state = TrainState.create(network, config, device)
    settings = {"schedule": schedule.config, "denoiser": network.config, "train": config.to_dict()}
    settings["data"] = {"name": args.data, "shape": list(data.shape[1:])}
    directory.mkdir(parents=True, exist_ok=True)
    with checkpoint.lock(directory), _signals() as received:
        _check_start(directory, args.resume)  # again: now nobody else can write there
        if checkpoint.list_checkpoints(directory):
            checkpoint.load_latest(directory, state, settings)
        with _log(directory / "log.jsonl", state.step) as log, _progress(config.steps, state.step) as bar:
            for record in training.train(state, data, schedule, config):
                log.write(json.dumps(record._asdict()) + "\n")
                bar.set_postfix(loss=f"{record.loss:.4f}", refresh=False)
                bar.update()
                if record.step % save_every == 0 or record.step == config.steps or received:
                    log.flush()  # first, so that the log is never shorter than the checkpoint
                    checkpoint.save(directory, state, settings)
                if received:
                    break
    print(f"saved step {state.step} of {config.steps} in {directory}")
    return 128 + received[0] if received else 0


def sample(args: argparse.Namespace) -> int:
    """Draw samples from the averaged network of the latest checkpoint and write them to a file."""
    sampler = SAMPLERS[check_choice("sampler", args.sampler, SAMPLERS)]
    n = check_integer("n", args.n, 1, 100_000)
    seed = check_integer("seed", args.seed, 0, MAX_SEED)
    device = pick_device(args.device)
    path = Path(args.out)
    check_choice("suffix of out", path.suffix, (".safetensors", ".png"))
    if not path.parent.is_dir() or path.is_dir():
        raise ConfigError(f"out must be a file in a directory that exists, got {str(path)!r}; create {path.parent}")
    state, schedule, shape = _restore(args.source)
    generator = torch.Generator().manual_seed(seed)
    x_T = torch.randn(n, *shape, generator=generator).to(device)
    steps = getattr(args, "steps", min(STEPS, schedule.T))
    chain = sampler(state.ema_denoiser().to(device), x_T, schedule, steps=steps, generator=generator)
    x_0 = last(tqdm(chain, total=steps + 1, unit="step")).cpu()
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(safetensors.torch.save({"x_0": x_0}) if path.suffix == ".safetensors" else _picture(x_0))
    os.replace(temporary, path)
    print(f"wrote {n} samples of step {state.step} to {path}")
    return 0


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
            "why": f"the first that is here of cuda, mps, cpu: {', '.join(here)}",
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


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _check_start(directory: Path, resume: bool) -> None:
    if directory.exists() and not directory.is_dir():
        raise ConfigError(f"out must be a directory, got the file {directory}; use another name")
    if not resume and directory.is_dir() and (steps := checkpoint.list_checkpoints(directory)):
        raise ConfigError(f"out must be without checkpoints, got step {steps[-1]} in {directory}; add --resume")


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect SIGTERM and SIGINT instead of obeying them; whoever trains looks after each step."""
    received: list[int] = []
    before = {number: signal.signal(number, lambda number, frame: received.append(number)) for number in STOP}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log(path: Path, step: int) -> TextIO:
    """Open the log to go on after ``step``; lines of steps that a killed run did not save are dropped."""
    kept = []
    if step and path.exists():
        for line in path.read_text().splitlines():
            try:
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
            except (ValueError, KeyError, TypeError):
                break  # the line in which the run was killed
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text("".join(kept))
    os.replace(temporary, path)
    return open(path, "a")


def _progress(steps: int, done: int) -> tqdm:
    return tqdm(total=steps, initial=done, unit="step")


def _restore(source: str) -> tuple[TrainState, Schedule, list[int]]:
    """Rebuild network and schedule from the latest checkpoint's own configuration."""
    settings = checkpoint.read_latest(source)[0]["config"]
    try:
        schedule = Schedule.from_config(settings["schedule"])
        config = TrainConfig.from_dict(settings["train"])
        network = build(settings["denoiser"])
        shape = [check_integer("shape", size, 1) for size in settings["data"]["shape"]]
    except (KeyError, TypeError, ConfigError) as error:
        what = f"got {error!r} in {source}"
        raise CheckpointMismatch(
            f"the checkpoint must hold the settings that the train command writes, {what}"
        ) from error
    state = TrainState.create(network, config)
    checkpoint.load_latest(source, state, settings)
    return state, schedule, shape


def _picture(x_0: Tensor) -> bytes:
    """Draw points (n, 2) as a scatter plot and pictures (n, 1, H, W) as a sheet; PNG."""
    import matplotlib

    matplotlib.use("Agg")  # draws without a window
    from . import plot

    if x_0.ndim == 2:
        return plot.scatter_frame(x_0.numpy(), limit=3)  # all densities have unit scale
    return plot.picture_frame(plot.tile(x_0.numpy(), columns=math.ceil(len(x_0) ** 0.5)), scale=4)
