"""The command ``train-latent``: the whole miniature from scratch, in stages that each can be interrupted.

``DIR/vae`` and ``DIR/sharp`` hold the checkpoints of the autoencoder's two runs, ``DIR/unet``, ``DIR/fine``,
``DIR/finer`` and ``DIR/finest`` those of the four of text encoder and U-Net, ``DIR/unet-latents.safetensors`` and so on
the latents that each of them sees, and ``DIR/miniature`` the folder that the pipeline loads.  Then its images are
evaluated, row by row into ``fidelity.json``, and the model card ``README.md`` and the contact sheet ``sheet.png`` are
written beside the weights.  Stopped by a signal, a stage finishes its step, saves, and the command exits with 128
plus the signal's number.  The same command with ``--resume`` goes on, and ends with the same weights as a run that was
not interrupted.

``DIR/run.json`` is the record of the settings: with others a run does not go on.  Latents and evaluations have records
of what made them, and are computed again if that has changed; ``miniature/record.json`` is written last, with the
hash of every file of the folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from diffusers import AutoencoderKL

from diffusion_lib import __version__
from diffusion_lib.errors import ConfigError, check_integer
from diffusion_lib.runtime import files, fingerprint
from diffusion_lib.runtime.device import autocast, pick_device
from diffusion_lib.runtime.signals import stop_signals
from diffusion_lib.stable_diffusion import weights
from diffusion_lib.stable_diffusion.parts import Components, load
from diffusion_lib.train.config import TrainConfig
from diffusion_lib.train.run import core_minutes

from .evaluation import fidelity, model_card
from .training import networks, train_unet, train_vae
from .training.fit import fit

RECIPES = {
    "vae": train_vae.SETTINGS,
    "sharp": train_vae.SHARP_SETTINGS,
    "unet": train_unet.SETTINGS,
    "fine": train_unet.FINE_SETTINGS,
    "finer": train_unet.FINER_SETTINGS,
    "finest": train_unet.FINEST_SETTINGS,
}
# Of the steps of the U-Net's first run: the averages at these steps are evaluated too
KEPT = (1 / 16, 1 / 8, 1 / 4, 1 / 2)


def train_latent(args: argparse.Namespace) -> int:
    """Train, or resume; return 0, or 128 plus the number of the signal that stopped it."""
    seed = check_integer("seed", args.seed, 0, 2**61)
    stages = {
        name: replace(recipe, steps=steps, seed=len(RECIPES) * seed + recipe.seed, precision=args.precision)
        for (name, recipe), steps in zip(RECIPES.items(), [*args.vae_steps, *args.unet_steps], strict=True)
    }
    for name in ("images", "n", "trial", "save_every"):
        check_integer(name, getattr(args, name), 1)
    device, directory = pick_device(args.device), files.folder("out", args.out)
    autocast(device, args.precision)
    settings = {name: config.to_dict() for name, config in stages.items()}
    settings |= {"images": args.images, "library": __version__}
    _check_start(directory, args.resume, settings)
    with stop_signals() as received:
        common = {"save_every": args.save_every, "received": received, "device": device}
        trained = _train(directory, stages, args.images, common)
        if trained is None or received:  # a signal in the very last step is obeyed, too
            print(f"stopped and saved in {directory}; the same command with --resume goes on")
            return 128 + received[0]
    folder = networks.write(directory / "miniature", trained)
    runs = {"autoencoder": ("vae", "sharp"), "U-Net": train_unet.MIXES}
    minutes = {part: sum(core_minutes(directory / name) for name in names) for part, names in runs.items()}
    write_card(folder, settings, minutes, args.n, args.trial, directory / "unet", args.device)
    print(f"wrote the miniature, its card and its contact sheet to {folder}")
    return 0


def write_card(
    folder: Path,
    settings: dict[str, Any],
    minutes: dict[str, float],
    n: int,
    trial: int,
    unet: Path | None = None,
    device: str = "auto",
) -> None:
    """Measure the images of a folder of parts, and write its ``fidelity.json``, card, contact sheet and record.

    What ``fidelity.json`` holds already of these weights is not measured again.  ``unet`` is the folder of the training
    run, whose earlier averages are measured too.
    """
    parts = load(folder, device=device)
    rows = _judge(parts, unet, n, trial)
    files.write(folder / "README.md", model_card.card(folder, rows, settings, minutes))
    model_card.sheet(parts, folder / "sheet.png", fidelity.best(rows))
    weights.write_record(folder, settings)


def _check_start(directory: Path, resume: bool, settings: dict[str, Any]) -> None:
    """Refuse a directory of something else before any work; in a new one, write the record of the run."""
    record = directory / "run.json"
    if directory.exists() and not resume and any(directory.iterdir()):
        raise ConfigError(f"out must be new or an empty directory, got {directory}; to go on in it, add --resume")
    if record.exists():
        fingerprint.read_record(record, settings)
    elif directory.exists() and (others := [path for path in directory.iterdir() if path.suffix != ".tmp"]):
        raise ConfigError(f"out must hold a run of train-latent, got {directory} with {others[0].name}; use a new one")
    else:
        directory.mkdir(parents=True, exist_ok=True)
        fingerprint.write_record(record, settings)


def _train(
    directory: Path, stages: dict[str, TrainConfig], images: int, common: dict[str, Any]
) -> networks.Networks | None:
    """Run the stages that are not finished; return the networks, or None if stopped by a signal."""
    autoencoder = _autoencoder(directory, stages["vae"], stages["sharp"], common)
    if autoencoder is None:
        return None
    words = train_unet.Words()
    torch.manual_seed(stages["unet"].seed)
    network = train_unet.Conditional(len(words.live))
    settings = {"images": images} | {name: stages[name].to_dict() for name in ("vae", "sharp")}
    for name, mix in train_unet.MIXES.items():
        config, first = stages[name], name == "unet"
        seen, cache = train_unet.scenes(images, config.seed, mix), directory / f"{name}-latents.safetensors"
        z = train_unet.cached_latents(cache, autoencoder, seen, config.precision)
        z = train_vae.normalise(autoencoder, z) if first else z * autoencoder.config.scaling_factor
        loss = train_unet.loss_of(config, z, seen, words, common["device"])
        keep = [round(fraction * config.steps) for fraction in KEPT] if first else []
        network.requires_grad_(True)
        network = fit(directory / name, network, config, loss, {"stage": name, **settings}, keep=keep, **common)
        if network is None:
            return None
        settings[name] = config.to_dict()
    text_encoder = networks.scatter(network.text_encoder.cpu(), words.live)
    return networks.Networks(autoencoder.cpu(), text_encoder, network.unet.cpu())


def _autoencoder(directory: Path, vae: TrainConfig, sharp: TrainConfig, common: dict[str, Any]) -> AutoencoderKL | None:
    """Run the autoencoder's two runs as far as they are not finished; return it, or None if stopped by a signal."""
    torch.manual_seed(vae.seed)
    first = fit(directory / "vae", networks.autoencoder(), vae, train_vae.loss_of(vae), {"stage": "vae"}, **common)
    if first is None:
        return None
    settings = {"stage": "sharp", "vae": vae.to_dict()}
    first.requires_grad_(True)
    return fit(directory / "sharp", first, sharp, train_vae.sharp_loss_of(sharp), settings, **common)


def _judge(parts: Components, unet: Path | None, n: int, trial: int) -> list[dict]:
    """Measure what the folder's ``fidelity.json`` does not hold yet of these weights; it is written after each row."""
    path = parts.folder / "fidelity.json"
    averages = (
        {}
        if unet is None
        else {p.name: fingerprint.sha256_of_file(p) for p in sorted(unet.glob("average-*.safetensors"))}
    )
    made_from = {"weights": weights.fingerprint(parts.folder), "averages": averages, "library": fingerprint.library()}
    kept = fingerprint.read_kept(path, made_from)
    rows: list[dict] = kept["rows"] if kept else []
    for _ in chain(fidelity.report(parts, n, trial, rows), _earlier(parts, unet, trial, rows)):
        fingerprint.write_record(path, made_from, rows=rows)
    return rows


def _earlier(parts: Components, unet: Path | None, trial: int, rows: list[dict]) -> Iterator[dict]:
    """Measure the averages that were kept on the way, too."""
    words = train_unet.Words()
    network = train_unet.Conditional(len(words.live)).eval()
    for path in [] if unet is None else sorted(unet.glob("average-*.safetensors")):
        fingerprint.read_record(path.with_suffix(".json"))
        step = int(path.stem.removeprefix("average-"))
        network.load_state_dict(safetensors.torch.load_file(path), strict=False)  # all but buffers
        text_encoder = networks.scatter(network.text_encoder, words.live)
        then = replace(parts, unet=network.unet, text_encoder=text_encoder)
        for line in ("single", "pair"):
            g, minutes = fidelity.best(rows), core_minutes(unet, step)
            yield from fidelity.painted(rows, then, "trial", line, trial, g, trained=step, minutes=minutes)
