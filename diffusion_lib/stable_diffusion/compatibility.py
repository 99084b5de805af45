"""Which models fit the sampling loop of this library: decided by their settings, before a weight is read.

The JSON files of a folder of parts state the inputs of its networks.  Stable Diffusion 1 gives a U-Net the noisy
latents, a time and the embeddings of one text; a model that needs other inputs, or interprets its numbers differently,
would fail deep inside a network, or silently generate wrong images.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import CheckpointMismatch

REMEDY = "use a Stable Diffusion 1, or load this model with its own pipeline of diffusers"
INDEX, SCHEDULER = "model_index.json", "scheduler/scheduler_config.json"
VAE, UNET, TEXT = "vae/config.json", "unet/config.json", "text_encoder/config.json"
# Of each setting, what it may be; the first is what its absence means.
ALLOWED: dict[tuple[str, str], tuple[Any, ...]] = {
    (INDEX, "_class_name"): (None, "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline"),  # not SDXL, SD 3, Flux
    (TEXT, "model_type"): (None, "clip_text_model"),  # T5, and others that take more than ids
    (UNET, "_class_name"): (None, "UNet2DConditionModel"),
    (UNET, "addition_embed_type"): (None,),  # text_time of SDXL: sizes and a second embedding
    (UNET, "class_embed_type"): (None,),
    (UNET, "num_class_embeds"): (None,),
    (UNET, "time_cond_proj_dim"): (None,),  # g itself is an input, as in latent consistency models
    (UNET, "encoder_hid_dim_type"): (None,),  # images or projected texts in addition to the embeddings
    (VAE, "_class_name"): (None, "AutoencoderKL"),
    (VAE, "shift_factor"): (None, 0, 0.0),  # z = s (E(x) − shift) of SD 3 and Flux
    (VAE, "latents_mean"): (None,),
    (VAE, "latents_std"): (None,),
    (SCHEDULER, "prediction_type"): ("epsilon",),  # not v, and not the velocity of a flow
    (SCHEDULER, "beta_schedule"): ("linear", "scaled_linear"),
    (SCHEDULER, "trained_betas"): (None,),
    (SCHEDULER, "rescale_betas_zero_snr"): (False,),  # ᾱ_T = 0, where ε holds no information on x_0
    (SCHEDULER, "use_flow_sigmas"): (False,),
    (SCHEDULER, "shift"): (None,),  # of flow matching
}


def check_model_type(folder: Path) -> None:
    """Raise ``CheckpointMismatch`` for the first setting that no Stable Diffusion 1 has; only JSON is read.

    A file that is absent, or not a JSON object, is reported by the code that reads it.
    """
    settings = {name: _settings(folder / name) for name in dict.fromkeys(name for name, _ in ALLOWED)}
    for (name, setting), allowed in ALLOWED.items():
        found = settings[name].get(setting, allowed[0])
        if not any(found == each and isinstance(found, bool) == isinstance(each, bool) for each in allowed):
            words = " or ".join("nothing" if each is None else repr(each) for each in allowed)
            raise CheckpointMismatch(f"{setting} in {folder / name} must be {words}, got {found!r}; {REMEDY}")
    given, made = settings[UNET].get("in_channels", 4), settings[VAE].get("latent_channels", 4)
    if given != made and settings[UNET] and settings[VAE]:  # an inpainting model: a mask and a second image
        what = f"the {made} channels of the vae's latents, got {given}"
        raise CheckpointMismatch(f"in_channels in {folder / UNET} must be {what}; {REMEDY}")


def _settings(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
