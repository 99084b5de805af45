"""Unconditional models of diffusers: a ``UNet2DModel`` and a scheduler, trained and sampled here, and pipeline folders.

diffusers counts the times from 0 and this library from 1, so that its time is t − 1; its U-Net answers with an object
whose ``.sample`` is the prediction.  The scheduler's settings of the process, its betas, prediction type and clipping
of x̂_0, become a ``Schedule`` and a ``NoisePredictor``; the timesteps and the update rule are chosen by the sampler.  A
DDIM step of ours takes ε̂ from the clipped x̂_0, as ``DDIMScheduler`` does with ``use_clipped_model_output=True``.

A folder that ``write_pipeline`` writes is one for ``DDPMPipeline.from_pretrained``, which then samples as ``ddpm`` does
with the posterior's variance.  Weights are safetensors.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import CheckpointCorrupt, CheckpointMismatch, ConfigError
from ..process.derived_schedules import zero_terminal_snr
from ..process.predictor import NoisePredictor
from ..process.registry import schedule_from_config
from ..process.schedule import Schedule, cosine, linear, scaled_linear
from ..runtime import files
from .parts import read

PREDICTIONS = {"epsilon": "eps", "sample": "x_0", "v_prediction": "v"}
RAMPS = {"linear": linear, "scaled_linear": scaled_linear}
SCHEDULERS = ("DDPMScheduler", "DDIMScheduler")  # of the folders that are read
COSINE = "squaredcos_cap_v2"  # with the constants of Nichol & Dhariwal


class UNetPredictor(NoisePredictor):
    """ε̂ of a ``UNet2DModel``; a label is its ``class_labels``.

    The last of the network's classes is the unconditional label: ``classes`` is one less.
    """

    @property
    def classes(self) -> int:
        return max((self.model.config.num_class_embeds or 0) - 1, 0)

    def call(self, x: Tensor, t: Tensor, condition: Tensor | None) -> Tensor:
        if not self.model.config.num_class_embeds:
            return self.model(x, t - 1).sample
        condition = torch.full_like(t, -1) if condition is None else condition
        return self.model(x, t - 1, class_labels=condition.where(condition >= 0, self.classes)).sample


def predictor_of(unet: Any, scheduler: Any) -> UNetPredictor:
    """The noise prediction of a ``UNet2DModel`` of diffusers with the process of one of its schedulers.

    Its ``schedule`` is that of training and sampling: ``ddpm(predictor, x_T, predictor.schedule)``.  Raises
    ``ConfigError`` for another type of network, and for a scheduler of another process or with an option that this
    library does not have: dynamic thresholding, learned variances.
    """
    from diffusers import UNet2DModel

    if not isinstance(unet, UNet2DModel):
        raise ConfigError(f"unet must be a UNet2DModel of diffusers, got {type(unet).__name__}; use NoisePredictor")
    if unet.config.in_channels != unet.config.out_channels:
        what = f"got {unet.config.in_channels} and {unet.config.out_channels}"
        raise ConfigError(f"unet must have as many out_channels as in_channels, {what}; variances are not learned here")
    config = scheduler.config
    prediction = config.get("prediction_type", "epsilon")
    if prediction not in PREDICTIONS:
        raise ConfigError(f"prediction_type must be one of {', '.join(PREDICTIONS)}, got {prediction!r}")
    if config.get("thresholding") or str(config.get("variance_type")).startswith("learned"):
        what = f"got {config.get('thresholding')} and {config.get('variance_type')!r}"
        raise ConfigError(
            f"scheduler must have no thresholding and a fixed variance_type, {what}; sample with diffusers"
        )
    clip = config.get("clip_sample_range", 1.0) if config.get("clip_sample", False) else None
    return UNetPredictor(unet, schedule_of(scheduler), PREDICTIONS[prediction], clip)


def schedule_of(scheduler: Any) -> Schedule:
    """The schedule of a diffusers scheduler: in float64 where its name is known here, else from its float32 betas."""
    if not isinstance(getattr(scheduler, "betas", None), Tensor):
        what = f"got {type(scheduler).__name__}; flow matching and EDM are other processes"
        raise ConfigError(f"scheduler must have betas, as DDPMScheduler has, {what}")
    config = scheduler.config
    T, name = config.num_train_timesteps, config.get("beta_schedule")
    if config.get("trained_betas") is not None:
        schedule = Schedule.from_betas(list(config.trained_betas))
    elif name in RAMPS:
        schedule = RAMPS[name](T, config.beta_start, config.beta_end)
    elif name == COSINE:
        schedule = cosine(T)
    else:
        schedule = Schedule.from_betas(scheduler.betas)
    return zero_terminal_snr(schedule) if config.get("rescale_betas_zero_snr") else schedule


def read_pipeline(folder: str | os.PathLike[str]) -> UNetPredictor:
    """Read the U-Net and the scheduler of a ``DDPMPipeline`` or ``DDIMPipeline`` from a folder that diffusers wrote.

    Nothing is downloaded, and only safetensors are read.  Raises ``ConfigError`` if there is no such folder,
    ``CheckpointCorrupt`` for files that cannot be read, and ``CheckpointMismatch`` for a model of another type.
    """
    import diffusers

    folder = Path(folder)
    for part in ("unet/config.json", "scheduler/scheduler_config.json"):
        if not (folder / part).is_file():
            raise ConfigError(f"folder must hold a pipeline with {part}, got {str(folder)!r} without; correct the path")
    try:
        name = json.loads((folder / "scheduler" / "scheduler_config.json").read_text(encoding="utf-8"))["_class_name"]
        if name not in SCHEDULERS:
            raise CheckpointMismatch(
                f"scheduler in {folder} must be {' or '.join(SCHEDULERS)}, got {name!r}; pass it to predictor_of"
            )
        Scheduler = getattr(diffusers, name)
        scheduler = Scheduler.from_pretrained(folder / "scheduler", local_files_only=True)
    except CheckpointMismatch:
        raise
    except Exception as error:  # of JSON, or a value that PyTorch or diffusers refuses
        what = f"got {type(error).__name__}: {str(error)[:200]}"
        raise CheckpointCorrupt(f"{folder / 'scheduler'} must hold the settings of a scheduler, {what}") from error
    unet = read(diffusers.UNet2DModel, folder / "unet").requires_grad_(True)
    try:
        return predictor_of(unet, scheduler)
    except ConfigError as error:
        raise CheckpointMismatch(f"{folder} must hold an unconditional diffusion: {error}") from error


def write_pipeline(folder: str | os.PathLike[str], predictor: NoisePredictor) -> Path:
    """Write a folder for ``DDPMPipeline.from_pretrained``, such as of ``state.ema_model()``; return its path.

    The folder is new or empty.  Raises ``ConfigError`` for what that pipeline cannot hold: a network that is not a
    ``UNet2DModel``, classes, a velocity, or a U-Net without ``sample_size``.
    """
    if not isinstance(predictor, UNetPredictor):
        what = f"got {type(predictor).__name__}, which no class of diffusers reads"
        raise ConfigError(f"predictor must be that of a UNet2DModel, by predictor_of, {what}; keep its checkpoint")
    path = files.folder("folder", folder)
    if path.is_dir() and any(path.iterdir()):
        raise ConfigError(f"folder must be new or empty, got {str(folder)!r} with files in it; use another name")
    from diffusers import DDPMPipeline, DDPMScheduler

    config = predictor.model.config
    if config.num_class_embeds:
        raise ConfigError(f"predictor must have no classes for a DDPMPipeline, got {config.num_class_embeds}")
    if config.sample_size is None:
        raise ConfigError("unet must have a sample_size, the side that the pipeline makes, got None; make it with one")
    names = {ours: theirs for theirs, ours in PREDICTIONS.items()}
    if predictor.prediction not in names:
        allowed = ", ".join(names)
        raise ConfigError(f"prediction must be one of {allowed} for a DDPMPipeline, got {predictor.prediction!r}")
    settings = {"prediction_type": names[predictor.prediction], "clip_sample": predictor.clip is not None}
    settings |= {"clip_sample_range": predictor.clip or 1.0, "timestep_spacing": "trailing"}
    scheduler = DDPMScheduler(**scheduler_settings(predictor.schedule), **settings, variance_type="fixed_small")
    with files.named(path):
        DDPMPipeline(predictor.model, scheduler).save_pretrained(path, safe_serialization=True)
    return path


def scheduler_settings(schedule: Schedule) -> dict[str, Any]:
    """The settings by which a scheduler of diffusers has this schedule: by name where it knows it, else all betas."""
    zero = schedule.config["name"] == "zero_terminal_snr"
    base = schedule_from_config(schedule.config["of"]) if zero else schedule
    config, common = base.config, {"num_train_timesteps": schedule.T, "rescale_betas_zero_snr": zero}
    if config["name"] in RAMPS:
        return common | {"beta_schedule": config["name"], **{k: config[k] for k in ("beta_start", "beta_end")}}
    if config == cosine(schedule.T).config:
        return common | {"beta_schedule": COSINE}
    return common | {"trained_betas": base.to("cpu", torch.float64).beta[1:].tolist()}
