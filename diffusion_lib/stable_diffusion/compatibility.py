"""Which models fit the loop of this library: decided by their settings, before a weight is read.

A folder of parts says in its JSON files what its networks want to be given.  Stable Diffusion 1 gives a U-Net the noisy
latents, a time and the embeddings of one text; a model that wants more, or means something else by its numbers, would
fail deep inside of a network, or paint without a word what it was not made to paint.
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
    (UNET, "encoder_hid_dim_type"): (None,),  # pictures or projected texts beside the embeddings
    (VAE, "_class_name"): (None, "AutoencoderKL"),
    (VAE, "shift_factor"): (None, 0, 0.0),  # z = s (E(x) − shift) of SD 3 and Flux
    (VAE, "latents_mean"): (None,),
    (VAE, "latents_std"): (None,),
    (SCHEDULER, "prediction_type"): ("epsilon",),  # not v, and not the velocity of a flow
    (SCHEDULER, "beta_schedule"): ("linear", "scaled_linear"),
    (SCHEDULER, "trained_betas"): (None,),
    (SCHEDULER, "rescale_betas_zero_snr"): (False,),  # ᾱ_T = 0, where ε says nothing of x_0
    (SCHEDULER, "use_flow_sigmas"): (False,),
    (SCHEDULER, "shift"): (None,),  # of flow matching
}


def check_kind(folder: Path) -> None:
    """Raise ``CheckpointMismatch`` for the first setting that no Stable Diffusion 1 has; only JSON is read.

    A file that is absent, or no JSON object, is left to whoever reads it.
    """
    settings = {name: _settings(folder / name) for name in dict.fromkeys(name for name, _ in ALLOWED)}
    for (name, setting), allowed in ALLOWED.items():
        found = settings[name].get(setting, allowed[0])
        if not any(found == each and isinstance(found, bool) == isinstance(each, bool) for each in allowed):
            words = " or ".join("nothing" if each is None else repr(each) for each in allowed)
            raise CheckpointMismatch(f"{setting} in {folder / name} must be {words}, got {found!r}; {REMEDY}")
    given, made = settings[UNET].get("in_channels", 4), settings[VAE].get("latent_channels", 4)
    if given != made and settings[UNET] and settings[VAE]:  # an inpainting model: a mask and a second picture
        what = f"the {made} channels of the vae's latents, got {given}"
        raise CheckpointMismatch(f"in_channels in {folder / UNET} must be {what}; {REMEDY}")


def _settings(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
