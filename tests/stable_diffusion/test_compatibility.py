"""What is no Stable Diffusion 1 is refused by its settings: one sentence, and no weight is read."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from diffusion_lib.errors import CheckpointMismatch, ConfigError
from diffusion_lib.stable_diffusion import model_spec, parts
from diffusion_lib.stable_diffusion.compatibility import ALLOWED, INDEX, SCHEDULER, TEXT, UNET, VAE

ROWS = {  # what a published model of each type has in its files
    "SDXL": (INDEX, "_class_name", "StableDiffusionXLPipeline"),
    "SD3": (INDEX, "_class_name", "StableDiffusion3Pipeline"),
    "Flux": (INDEX, "_class_name", "FluxPipeline"),
    "T5": (TEXT, "model_type", "t5"),
    "3D": (UNET, "_class_name", "UNet3DConditionModel"),
    "text_time": (UNET, "addition_embed_type", "text_time"),
    "upscaler": (UNET, "class_embed_type", "timestep"),
    "noise-levels": (UNET, "num_class_embeds", 1000),
    "LCM": (UNET, "time_cond_proj_dim", 256),
    "image-prompt": (UNET, "encoder_hid_dim_type", "image_proj"),
    "VQ": (VAE, "_class_name", "VQModel"),
    "shift_factor": (VAE, "shift_factor", 0.1159),
    "latents_mean": (VAE, "latents_mean", [-1.6, 2.2, 2.1, -0.6]),
    "latents_std": (VAE, "latents_std", [8.4, 5.7, 6.4, 5.3]),
    "v-prediction": (SCHEDULER, "prediction_type", "v_prediction"),
    "cosine": (SCHEDULER, "beta_schedule", "squaredcos_cap_v2"),
    "trained_betas": (SCHEDULER, "trained_betas", [0.1, 0.2]),
    "zero-snr": (SCHEDULER, "rescale_betas_zero_snr", True),
    "flow-sigmas": (SCHEDULER, "use_flow_sigmas", True),
    "flow": (SCHEDULER, "shift", 3.0),
}


@pytest.fixture
def folder(tiny_folder, tmp_path):
    """A copy whose weights must not be read: they are no safetensors."""
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    for path in copy.rglob("*.safetensors"):
        path.write_bytes(b"not read")
    return copy


def change(folder, name, **settings):
    path = folder / name
    found = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(found | settings))


@pytest.mark.parametrize("ask", [lambda folder: parts.load(folder, device="cpu"), model_spec.model_spec])
@pytest.mark.parametrize(("name", "setting", "value"), ROWS.values(), ids=ROWS)
def test_another_kind_of_model_is_refused_by_its_settings(folder, name, setting, value, ask):
    change(folder, name, **{setting: value})
    with pytest.raises(CheckpointMismatch) as caught:
        ask(folder)
    message = str(caught.value)
    assert message.startswith(f"{setting} in {folder / name} must be ") and f"got {value!r}; use a Stable" in message


def test_every_setting_has_its_row():
    assert {(name, setting) for name, setting, _ in ROWS.values()} == ALLOWED.keys()


@pytest.mark.parametrize("name", ["StableDiffusion3Pipeline", "FluxPipeline"])
def test_a_transformer_without_a_unet_is_named_before_the_missing_files(folder, name):
    (folder / "unet").rename(folder / "transformer")
    change(folder, INDEX, _class_name=name)
    with pytest.raises(CheckpointMismatch, match=f"must be nothing or 'StableDiffusionPipeline' or .* got '{name}'"):
        parts.load(folder, device="cpu")


def test_a_unet_that_paints_into_a_mask_is_refused(folder):
    change(folder, UNET, in_channels=9)
    with pytest.raises(CheckpointMismatch, match="must be the 4 channels of the vae's latents, got 9; use a Stable"):
        parts.load(folder, device="cpu")


@pytest.mark.parametrize(
    "name", ["diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model-00001-of-00002.safetensors"]
)
def test_weights_of_a_variant_or_in_shards_are_named(folder, name):
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / name)
    with pytest.raises(ConfigError, match=f"must be there, got {re.escape(name)} in its place; save it again"):
        parts.load(folder, device="cpu")


@pytest.mark.parametrize(("name", "setting"), [(VAE, "shift_factor"), (UNET, "addition_embed_type")])
def test_a_setting_that_says_nothing_is_allowed(tiny_folder, tmp_path, name, setting):
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    change(copy, name, **{setting: None})
    assert parts.load(copy, device="cpu").model == "copy"


def test_the_settings_of_the_published_model_are_allowed(tiny_folder, tmp_path):
    """Its scheduler says more than ours: the words of ``CompVis/stable-diffusion-v1-4``."""
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    pndm = {"_class_name": "PNDMScheduler", "clip_sample": False, "set_alpha_to_one": False, "skip_prk_steps": True}
    change(copy, SCHEDULER, **pndm, trained_betas=None, steps_offset=1)
    assert parts.load(copy, device="cpu").schedule.T == 1000
