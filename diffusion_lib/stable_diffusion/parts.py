"""Stable Diffusion's five parts, loaded from one name: tokenizer, text encoder, autoencoder, U-Net, schedule.

    text ── tokenizer ──▶ ids (B, 77) ── text_encoder ──▶ embeddings (B, 77, d)
                                                              │
    noise (B, C, h, w) ── unet, steps of the schedule ────────┴──▶ latents ── vae ──▶ image (B, 3, f h, f w)

Stable Diffusion v1 has C = 4 channels and f = 8 pixels to a latent on each axis, the miniature C = 8 and f = 16.

The miniature in this package, a folder of yours and the published model differ in that name only: the classes are those
of diffusers and transformers, the code that runs them is the same.  ``print(parts)`` shows which model it is.

Memory: in float16 or bfloat16 the weights need half as much.  PyTorch's attention never holds the whole matrix of
attention weights; ``sliced`` also processes heads and images one after the other, which is slower and needs less.

Source: Rombach et al. 2022 (LDM), sections 3.1 to 3.3.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..errors import CheckpointCorrupt, CheckpointMismatch, ConfigError, check_choice
from ..process.schedule import Schedule
from ..runtime.device import dtype_name, pick_device
from .model_spec import Dim, ModelSpec, read_schedule, sides
from .safety import SafetyChecker
from .weights import CHECKER, Source, find, fingerprint, fingerprint_of_networks

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

DTYPES = {name: getattr(torch, name) for name in ("float32", "float16", "bfloat16", "float64")}


@dataclass(frozen=True, eq=False)
class Components:
    """The parts, on one device and in one dtype; make them with ``load``.

    ``model`` and ``revision`` are those of ``weights.Source``.  ``checker`` is the model's safety checker, or None if
    it comes without.
    """

    model: str
    revision: str
    folder: Path
    tokenizer: CLIPTokenizer
    text_encoder: CLIPTextModel
    vae: AutoencoderKL
    unet: UNet2DConditionModel
    schedule: Schedule
    checker: SafetyChecker | None
    device: torch.device
    dtype: torch.dtype
    loaded: bool = field(default=False, init=False, repr=False)  # by ``load``, whole; ``dataclasses.replace`` undoes it

    def __str__(self) -> str:
        name = f"{self.model} at {self.revision[:12]}" if self.revision else f"{self.model} in {self.folder}"
        checker = "a safety checker" if self.checker else "no safety checker"
        return f"{name}, {dtype_name(self.dtype)} on {self.device}, with {checker}"

    @property
    def factor(self) -> int:
        """How many times smaller the sides of the latents are than those of the image; 8 for Stable Diffusion v1."""
        return 2 ** (len(self.vae.config.block_out_channels) - 1)

    @property
    def dim(self) -> int:
        """The side of the images that the U-Net was trained for, in pixels."""
        return self.unet.config.sample_size * self.factor

    @property
    def spec(self) -> ModelSpec:
        """What arguments of an image are checked against."""
        return ModelSpec(self.schedule.T, self.factor, self.dim)

    def latent_shape(self, dim: Dim | None = None) -> tuple[int, int, int]:
        """The shape (C, h, w) of the latents of an image of ``dim`` pixels; None is the model's own size.

        ``dim`` is the side of a square or (width, height).  Raises ``ConfigError`` unless each is a multiple of the
        factor in 64…2048.
        """
        width, height = sides(self.spec.check_dim(dim))
        return self.unet.config.in_channels, height // self.factor, width // self.factor

    @cached_property
    def fingerprint(self) -> str:
        """The commit of a published model; of a folder, a sha256 of its numbers and settings.

        Parts that ``load`` did not return, such as those of ``dataclasses.replace(parts, unet=...)``, have another one:
        a sha256 of what they hold in memory.
        """
        if self.loaded:
            return self.revision or fingerprint(self.folder)
        networks = {name: getattr(self, name) for name in ("text_encoder", "vae", "unet")}
        return fingerprint_of_networks(
            networks, {"beta": self.schedule.beta.tolist(), "vocabulary": self.tokenizer.get_vocab()}
        )


def load(
    model: str | os.PathLike[str] = "miniature", *, dtype: str = "float32", device: str = "auto", sliced: bool = False
) -> Components:
    """Load all parts of ``model``: "miniature", a name in ``weights.PUBLISHED``, or a folder that diffusers wrote.

    ``dtype`` is float32, float16, bfloat16 or float64; ``device`` as in ``device.pick_device``.  Raises what
    ``weights.find`` states, ``CheckpointCorrupt`` for damaged files, and ``CheckpointMismatch`` for parts that are not
    those of a Stable Diffusion 1.
    """
    if not isinstance(sliced, bool):
        raise ConfigError(f"sliced must be True or False, got {sliced!r}")
    torch_dtype, where = check_load(dtype, device)
    source = find(model)
    schedule, tokenizer = read_schedule(source.folder), _tokenizer(source.folder)  # cheap, and so before gigabytes
    text_encoder, vae, unet = (network.to(where) for network in _networks(source, torch_dtype))
    parts = Components(
        model=source.name,
        revision=source.revision,
        folder=source.folder,
        tokenizer=tokenizer,
        text_encoder=text_encoder,
        vae=vae,
        unet=unet,
        schedule=schedule,
        checker=_checker(source.folder, where, torch_dtype),
        device=where,
        dtype=torch_dtype,
    )
    _check_fit(parts)
    if sliced:
        unet.set_attention_slice("auto")
        vae.enable_slicing()
    object.__setattr__(parts, "loaded", True)
    return parts


def check_load(dtype: str, device: str) -> tuple[torch.dtype, torch.device]:
    """Return both as PyTorch's; ``ConfigError`` for one that is none, or without the libraries that load parts."""
    absent = [name for name in ("diffusers", "transformers") if importlib.util.find_spec(name) is None]
    if absent:
        raise ConfigError(
            f"latent needs {' and '.join(absent)}, not installed here; run: pip install {' '.join(absent)}"
        )
    return DTYPES[check_choice("dtype", dtype, DTYPES)], pick_device(device)


def _networks(source: Source, dtype: torch.dtype) -> list[Any]:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel

    # each library has its own keyword for the dtype
    classes = {"text_encoder": (CLIPTextModel, "dtype"), "vae": (AutoencoderKL, "torch_dtype")}
    classes["unet"] = (UNet2DConditionModel, "torch_dtype")
    return [read(cls, source.folder / name, **{keyword: dtype}) for name, (cls, keyword) in classes.items()]


def read(cls: type[Any], folder: Path, **options: Any) -> Any:
    """Load a network of diffusers or transformers from ``folder``; every number must come from its file."""
    try:
        network, info = cls.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, output_loading_info=True, **options
        )
    except Exception as error:  # a library's own, of safetensors, of JSON, of PyTorch for a shape
        what = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}"
        raise CheckpointCorrupt(f"{folder} must hold a {cls.__name__}, got {what}; copy the folder again") from error
    wrong = [*info["missing_keys"], *(str(key) for key in info["mismatched_keys"])]
    if wrong:  # the library would leave them random
        what = f"{len(wrong)} are missing or of another shape, the first is {sorted(wrong)[0]}"
        raise CheckpointMismatch(f"{folder} must hold every number of a {cls.__name__}: {what}; copy the folder again")
    return network.requires_grad_(False).eval()


def _tokenizer(folder: Path) -> CLIPTokenizer:
    from transformers import CLIPTokenizer

    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        end = tokenizer("").input_ids[-1]
    except Exception as error:  # OSError, ValueError, or what the tokenizers library raises for a broken vocabulary
        what = f"{type(error).__name__}: {str(error)[:100]}"
        raise CheckpointCorrupt(f"{folder / 'tokenizer'} must hold a vocabulary of CLIP, got {what}") from error
    if tokenizer.eos_token_id != end or len(tokenizer) < 256:
        what = f"{len(tokenizer)} entries and the end {end}"
        raise CheckpointMismatch(f"{folder / 'tokenizer'} must hold vocab.json and merges.txt of CLIP, got {what}")
    return tokenizer


def _checker(folder: Path, device: torch.device, dtype: torch.dtype) -> SafetyChecker | None:
    if not all((folder / name).is_file() for name in CHECKER):
        return None
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPImageProcessor

    network = read(StableDiffusionSafetyChecker, folder / "safety_checker", dtype=dtype)
    processor = CLIPImageProcessor.from_pretrained(folder / "feature_extractor", local_files_only=True)
    return SafetyChecker(network.to(device), processor)


def _check_fit(parts: Components) -> None:
    """Each part's output is the next one's input."""
    unet, vae, text = parts.unet.config, parts.vae.config, parts.text_encoder.config
    pairs = {
        "text_encoder's width and unet's cross_attention_dim": (text.hidden_size, unet.cross_attention_dim),
        "vae's latent_channels and unet's in_channels": (vae.latent_channels, unet.in_channels),
        "unet's in_channels and out_channels": (unet.in_channels, unet.out_channels),
        "tokenizer's and text_encoder's length": (parts.tokenizer.model_max_length, text.max_position_embeddings),
    }
    for names, (one, other) in pairs.items():
        if one != other:
            raise CheckpointMismatch(f"{names} must be equal, got {one} and {other}; take all parts from one model")
    if len(parts.tokenizer) > text.vocab_size:
        what = f"{len(parts.tokenizer)} and {text.vocab_size} entries"
        raise CheckpointMismatch(f"the tokenizer must fit the text_encoder, got {what}; take both from one model")
