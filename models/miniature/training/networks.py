"""The miniature: a Stable Diffusion of the same parts as version 1, small enough to live in the package.

======================  ==================================  ===========================
part                    here                                Stable Diffusion v1
======================  ==================================  ===========================
``AutoencoderKL``       3 × 128 × 128 → 8 × 8 × 8           3 × 512 × 512 → 4 × 64 × 64
``CLIPTokenizer``       the same 49,408 words, 77 tokens    77 tokens
``CLIPTextModel``       3 layers, 77 × 64                   12 layers, 77 × 768
``UNet2DConditionModel``  2 levels, cross attention         4 levels, cross attention
noise                   ``scaled_linear``, 0.00085…0.012, T = 1000, predicts ε: the same
======================  ==================================  ===========================

``parts`` builds them with random weights; ``write`` makes the folder that ``StableDiffusionPipeline.from_pretrained``
loads.  Weights are stored as float16, and the configurations say float32: transformers follows that setting, diffusers
does not, and both then compute in float32.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import torch
from diffusers import AutoencoderKL, LMSDiscreteScheduler, UNet2DConditionModel
from safetensors import SafetensorError
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from diffusion_lib.errors import SaveError
from diffusion_lib.runtime import files

from .. import FOLDER
from ..data.language import vocabulary
from ..data.synthetic import SIZE

VOCABULARY = FOLDER / "tokenizer"
START, END, LENGTH = 49406, 49407, 77
WIDTH = 64  # of the text's embedding
CHANNELS, FACTOR = 8, 16  # of the latents; pixels to a latent, on each axis


class Networks(NamedTuple):
    """What a pipeline is made of."""

    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    unet: UNet2DConditionModel


def parts(words: int = END + 1) -> Networks:
    """Build the three networks with random weights from the global generator; ``words`` is the vocabulary's size."""
    return Networks(autoencoder(), text_encoder(words), unet())


def autoencoder() -> AutoencoderKL:
    """An autoencoder of 1.7 M parameters, 3 × 128 × 128 → 8 × 8 × 8, whose posterior starts narrow: ln σ² = −6."""
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 5,
        up_block_types=("UpDecoderBlock2D",) * 5,
        block_out_channels=(16, 16, 32, 64, 96),
        layers_per_block=1,
        latent_channels=CHANNELS,
        norm_num_groups=8,
        sample_size=SIZE,
    )
    with torch.no_grad():
        vae.quant_conv.weight[CHANNELS:].zero_()
        vae.quant_conv.bias[CHANNELS:] = -6.0
    return vae


def text_encoder(words: int = END + 1) -> CLIPTextModel:
    """A transformer of 3 layers and width 64; the last two words are the start and the end of a text."""
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=LENGTH,
        bos_token_id=words - 2,
        eos_token_id=words - 1,
        pad_token_id=words - 1,
    )
    return CLIPTextModel(config)


def unet() -> UNet2DConditionModel:
    """A U-Net of 7.3 M parameters on 8 × 8 × 8, with cross attention at 8 × 8 on the way down and at 4 × 4."""
    return UNet2DConditionModel(
        sample_size=SIZE // FACTOR,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=(112, 160),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,  # in this class the word means the number of heads
        norm_num_groups=8,
    )


def scheduler() -> LMSDiscreteScheduler:
    """Stable Diffusion's noise: √β linear from √0.00085 to √0.012, T = 1000; the networks predict ε.

    LMS does not read ``clip_sample``.  DDIM and DDPM made by ``from_config`` do, and clip x̂_0 to [−1, 1] without it:
    right for pixels, wrong for latents of unit variance.
    """
    made = LMSDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        num_train_timesteps=1000,
        steps_offset=1,
    )
    made.register_to_config(clip_sample=False)
    return made


def tokenizer() -> CLIPTokenizer:
    """CLIP's byte-pair encoding; a text is cut or padded to 77 tokens, from 49406 to 49407."""
    return CLIPTokenizer.from_pretrained(VOCABULARY, local_files_only=True)


def live_tokens(tokens: CLIPTokenizer) -> list[int]:
    """The tokens that captions use, in increasing order; start and end are the last two."""
    return sorted({token for ids in tokens(vocabulary()).input_ids for token in ids})


def scatter(small: CLIPTextModel, live: list[int]) -> CLIPTextModel:
    """Put a text encoder that was trained on the ``live`` tokens alone into the full vocabulary.

    A word that no caption uses gets the embedding 0: the miniature does not know it, whatever it is.
    """
    full = text_encoder()
    weights = small.state_dict()
    (name,) = (name for name in weights if name.endswith("token_embedding.weight"))
    table = torch.zeros(END + 1, WIDTH, dtype=weights[name].dtype)
    table[live] = weights[name]
    full.load_state_dict(weights | {name: table})
    return full.eval()


def write(folder: Path, networks: Networks) -> Path:
    """Write the diffusers folder: float16 safetensors, configurations, the vocabulary's own files.

    The networks are rounded to float16, and are float32 again afterwards: they are what the folder holds.
    """
    from diffusers import StableDiffusionPipeline  # here, as its import warns of what only other models need

    pipeline = StableDiffusionPipeline(
        vae=networks.vae,
        text_encoder=networks.text_encoder,
        unet=networks.unet,
        tokenizer=tokenizer(),
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    for network in networks:
        network.half()
    vocabulary = {file.name: file.read_bytes() for file in VOCABULARY.iterdir()}
    try:
        with files.named(folder):
            pipeline.save_pretrained(folder, safe_serialization=True)
    except SafetensorError as error:  # its own class for a full disk, too
        for left in folder.rglob("*.tmp"):
            left.unlink()
        raise SaveError(f"{folder} was not written: {error}; make room, or name another folder") from error
    for file in (folder / "tokenizer").iterdir():  # what was saved says the same at four times the length
        file.unlink()
    for name, content in vocabulary.items():
        files.write(folder / "tokenizer" / name, content)
    config = folder / "text_encoder" / "config.json"
    files.write(config, json.dumps(json.loads(config.read_text()) | {"dtype": "float32"}, indent=2) + "\n")
    for network in networks:
        network.float()
    return folder
