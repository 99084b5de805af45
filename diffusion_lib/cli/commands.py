"""What the commands of ``diffusion`` do; ``parser`` parses their arguments.

Everything that can be refused is refused before a directory or file exists.  ``train`` is driven by ``train.run``, and
draws ``curve.svg`` after the last step; stopped by a signal, it exits with 128 plus the signal's number.
"""

from __future__ import annotations

import argparse
import io
import json
import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from ..data import DENSITIES, ImageFolder
from ..errors import CheckpointMismatch, ConfigError, check_choice, check_integer, check_seed
from ..networks import LARGEST_SIZE, Network, build
from ..process.guidance import GuidedByLabel, check_guidance
from ..process.identities import check_together
from ..process.registry import make_schedule, schedule_from_config
from ..process.schedule import Schedule
from ..registry import SAMPLERS
from ..runtime import files
from ..runtime import processes as parallel
from ..runtime.device import pick_device
from ..runtime.fingerprint import describe_differences
from ..runtime.signals import stop_signals
from ..sample.chain import last
from ..sample.noise import generators, noise
from ..train import checkpoint, run
from ..train import loop as training
from ..train.config import TrainConfig
from ..train.loop import TrainState
from ..train.manifest import layout
from ..train.tensorboard import check_installed
from .training_data import check_size, described, network_for, read_data, summary

KEPT = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)  # fractions of a run with labels after which the average of the weights is kept
STEPS = 50  # of a sampler, unless T is less


def train(args: argparse.Namespace) -> int:
    """Train, or resume; return 0, or 128 plus the number of the signal that stopped it."""
    config = TrainConfig(**{field.name: getattr(args, field.name) for field in fields(TrainConfig)})
    schedule = make_schedule(args.schedule, args.T)
    save_every = check_integer("save_every", args.save_every, 1)
    device = pick_device(args.device)
    size = check_size(args)
    if args.tensorboard:
        check_installed()
    directory = files.folder("out", args.out)
    run.check_new(directory, args.resume)
    data, labels = read_data(args.data, config.seed, size)
    torch.manual_seed(config.seed)
    make, sizes = network_for(args.data, data)
    network = make(T=schedule.T, alpha_bar=schedule.alpha_bar, **sizes)
    with parallel.join(device) as processes:
        if isinstance(data, ImageFolder) and processes.rank == 0:
            print(summary(data))
        state = TrainState.create(network, config, device)
        records = training.train(state, data, schedule, config, processes, labels)
        settings = {"schedule": schedule.config, "model": network.config, "data": described(args.data, data)}
        with stop_signals() as received:
            stop = run.drive(
                directory,
                state,
                config,
                records,
                settings,
                received=received,
                resume=args.resume,
                save_every=save_every,
                processes=processes,
                unit="points" if args.data in DENSITIES else "images",
                tensorboard=args.tensorboard,
                keep=[round(config.steps * fraction) for fraction in KEPT] if labels is not None else [],
            )
        if processes.rank == 0:
            if state.step == config.steps:
                draw_curve(directory)
            saved = state.step in checkpoint.list_checkpoints(directory)  # not if a signal came before the first step
            print(f"{'saved' if saved else 'stopped at'} step {state.step} of {config.steps} in {directory}")
    return 128 + stop if stop else 0


def sample(args: argparse.Namespace) -> int:
    """Draw samples from the averaged network of the latest checkpoint and write them to a file.

    Each sample has its own random stream, so that the first ones do not change when more are asked for.  With
    ``--label`` all are of that class, guided by ``--g``.
    """
    sampler = SAMPLERS[check_choice("sampler", args.sampler, SAMPLERS)]
    n = check_integer("n", args.n, 1, 100_000)
    seed = check_seed(args.seed)
    label, g = getattr(args, "label", None), check_guidance(getattr(args, "g", 1.0))
    if label is None and hasattr(args, "g"):
        raise ConfigError(f"g must come with a label, got g = {g:g} alone; add --label")
    device = pick_device(args.device)
    path = files.target("out", args.out, (".safetensors", ".png"))
    state, schedule, shape = restore(args.source)
    model = _conditional(state.ema_model().to(device), label, g, n)
    streams, batch = generators(seed, n), torch.empty(n, *shape)
    x_T = noise(streams, batch)(batch).to(device)
    steps = getattr(args, "steps", min(STEPS, schedule.T))
    options = {"generator": streams} if sampler.stochastic else {}
    chain = sampler(model, x_T, schedule, steps=steps, **options)
    x_0 = last(tqdm(chain, total=steps + 1, unit="step")).cpu()
    files.write(path, safetensors.torch.save({"x_0": x_0}) if path.suffix == ".safetensors" else _rendered(x_0))
    print(f"wrote {n} samples of step {state.step} to {path}")
    return 0


def _conditional(model: nn.Module, label: int | None, g: float, n: int) -> Callable[[Tensor, Tensor], Tensor]:
    """The model conditioned on the class ``label`` for all n samples, and guided by g; without a label, as it is."""
    if label is None:
        return model
    if not isinstance(model, Network) or not model.classes:
        raise ConfigError(f"label must be left out, got {label}: this model was trained without labels")
    check_integer("label", label, 0, model.classes - 1)
    labels = torch.full((n,), label, device=next(model.parameters()).device)
    return GuidedByLabel(model, labels, g)


def draw_curve(directory: Path) -> None:
    """Draw the loss of all steps in the log into ``curve.svg``, whose bytes depend on the log alone."""
    import matplotlib

    matplotlib.use("Agg")  # draws without a window
    from pagekit import plot
    from pagekit.page import STYLE, SVG_OPTIONS

    records = [json.loads(line) for line in (directory / "log.jsonl").read_text().splitlines()]
    with matplotlib.rc_context(STYLE):
        figure, drawn = plot.curve([r["step"] for r in records], [r["loss"] for r in records]), io.BytesIO()
        figure.savefig(drawn, format="svg", **SVG_OPTIONS)
    plot.plt.close(figure)
    files.write(directory / "curve.svg", drawn.getvalue())


def restore(source: str) -> tuple[TrainState, Schedule, list[int]]:
    """Rebuild network and schedule from the latest checkpoint's own configuration."""
    record, _ = checkpoint.read_latest(source)
    settings = record["config"]
    try:
        schedule = schedule_from_config(settings["schedule"])
        config = TrainConfig.from_dict(settings["train"])
        with torch.device("meta"):  # what a file says may not fit the memory; what it holds does
            network = build(settings["model"])
        shape = [check_integer("shape", size, 1, LARGEST_SIZE) for size in settings["data"]["shape"]]
        network.check_x(torch.empty(1, *shape, device="meta"))
        check_together(network, schedule)
        _check_same(layout({f"model/{k}": x for k, x in network.state_dict().items()}), record["tensors"])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError) as error:
        raise CheckpointMismatch(
            f"the checkpoint in {source} must hold the settings that the train command writes, got {_cause(error)}"
        ) from error
    state = TrainState.create(build(settings["model"]), config)
    checkpoint.load_latest(source, state, settings)
    return state, schedule, shape


def _cause(error: Exception) -> str:
    """What is wrong with the settings: a message of the library in full, one of Python shortened."""
    if isinstance(error, ConfigError):
        return str(error)
    return f"no {error}" if isinstance(error, KeyError) else f"{type(error).__name__}: {str(error)[:200]}"


def _check_same(network: dict[str, str], stored: dict[str, str]) -> None:
    if what := describe_differences({name: stored.get(name) for name in network}, network, "the checkpoint"):
        raise ConfigError(f"the network must be that of the tensors, got {what}")


def _rendered(x_0: Tensor) -> bytes:
    """Draw points (n, 2) as a scatter plot and images (n, C, H, W) as a sheet; PNG."""
    import matplotlib

    matplotlib.use("Agg")  # draws without a window
    from pagekit import plot

    if x_0.ndim == 2:
        return plot.scatter_frame(x_0.numpy(), limit=3)  # all densities have unit scale
    columns = math.ceil(len(x_0) ** 0.5)
    sheet = np.stack([plot.tile(channel[:, None].numpy(), columns) for channel in x_0.unbind(1)])
    return _png(plot.to_uint8(sheet), scale=max(1, min(4, 128 // x_0.shape[-1])))


def _png(pixels: np.ndarray, scale: int) -> bytes:
    """The file of an image (H, W) or (H, W, 3), each pixel a square; without loss, as samples should be seen."""
    image, file = Image.fromarray(pixels), io.BytesIO()
    image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(file, format="PNG")
    return file.getvalue()
