"""From a text to a picture: the whole loop of Stable Diffusion, through the samplers of this library.

    ids = tokenize(prompt)                      # (B, 77)
    text = embed(ids)                           # (B, 77, d)
    x_T ~ N(0, I)                               # (B, C, h, w), from the seed
    x_0 = sampler(Guided(unet, text, empty, g), x_T, schedule, steps)
    picture = decode(x_0)                       # (B, 3, f h, f w)

Stable Diffusion v1 has C = 4 channels and f = 8 pixels to a latent, the miniature C = 8 and f = 16.

Six numbers decide about a picture: **prompt, g, seed, steps, dim, save_int**; with the model, its dtype and the sampler
they stand in the picture's ``parameters``, from which ``picture.remake`` makes it again.

A state x_t is unit noise at the start and is given to the U-Net as it is.  diffusers keeps x_t / √ᾱ_t for some of its
samplers; there the noise is multiplied by √(σ_T² + 1) first, and each input of the U-Net is divided by √(σ_t² + 1).

Picture i has its own random stream, of ``seed`` and i.  So it is the same in a batch of any size, up to the rounding of
sums, and a batch that does not fit the memory is halved without changing a picture.

Sources: Rombach et al. 2022 (LDM), section 3; Ho & Salimans 2022.
"""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Generator, Tensor
from tqdm import tqdm

from .. import __version__
from ..errors import DiffusionLibError, NonFiniteError, check_choice, check_integer, check_seed
from ..runtime.device import dtype_name
from ..sample.ancestral import SampleStep, ddim, ddpm, generators, noise
from ..sample.dpm import dpmpp
from ..sample.ode import euler, heun, lms
from ..sample.times import timesteps
from .codec import decode, to_pil
from .guidance import Guided, check_guidance
from .outline import Dim, Outline, sides
from .parts import Components
from .prompt import check_words, embed, tokenize
from .safety import FLAGGED, judged

NOISY = {"ddpm": ddpm, "euler-ancestral": ddpm}  # draw noise on the way; one sampler with two names
EVEN = {"ddim": ddim, "euler": euler, "heun": heun, "lms": lms, "dpm++": dpmpp} | NOISY
SAMPLERS = EVEN | {f"{name}-karras": sampler for name, sampler in EVEN.items()}  # even in t, or levels of Karras et al.
SAMPLER, STEPS = "ddpm", 50  # of what was tried, most often right and clean; also right at g = 7.5
USUAL_G, OWN_G = 7.5, {"miniature": 2.0}  # of Stable Diffusion; of a model where another is cleaner


class OutOfMemory(DiffusionLibError, MemoryError):
    """Not even one picture of this size fits the device's memory."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture, its latents x_0 (C, h, w), the states that were kept on the way, and what made it.

    ``kept`` holds a ``SampleStep`` without batch dimension every ``save_int`` steps.  ``parameters`` are plain values.
    """

    image: Image.Image
    latents: Tensor
    kept: list[SampleStep]
    parameters: dict[str, Any]


def generate(
    parts: Components,
    prompt: str | Sequence[str],
    *,
    g: float | None = None,
    seed: int | None = None,
    steps: int = STEPS,
    dim: Dim | None = None,
    save_int: int = 0,
    sampler: str = SAMPLER,
    first: int = 0,
) -> list[Picture]:
    """Make a picture for each text of ``prompt``.

    ``g`` ≥ 0 is the weight of the guidance (see ``guidance``), None for the model's own: 2 for the miniature, else 7.5.
    ``steps`` in 1…T calls of the U-Net, of "heun" two each; ``dim`` the side in pixels or (width, height), None for the
    model's own.  ``seed`` in 0…2⁶³ − 1; None draws one and prints it.  ``save_int`` keeps a state every so many steps,
    0 none.  ``sampler`` is one of ``SAMPLERS``; ``first`` is the number of the first picture's stream, so that
    ``seed=s, first=i`` is picture i of a batch with ``seed=s``.

    Raises ``ConfigError`` before any work, also for words that the model does not know, ``NonFiniteError`` where a
    number overflows, with the step and the part, and ``OutOfMemory``.  A text that is too long is a warning; so is a
    picture that the safety checker flags, which is black, as in the published pipeline.
    """
    given = {"g": g, "seed": seed, "steps": steps, "dim": dim, "save_int": save_int, "sampler": sampler, "first": first}
    checked, tokens = check_arguments(parts.outline, **given), tokenize(parts.tokenizer, prompt)
    check_words(parts, tokens)
    settings = _settings(parts, checked)
    pictures, size = [], len(tokens.ids)
    with tqdm(total=settings["steps"] * size, unit="step", desc=parts.model) as bar:
        while len(pictures) < len(tokens.ids):
            start = len(pictures)
            made = _try(parts, tokens.ids[start : start + size], settings | {"index": first + start}, bar)
            if made is None and size == 1:
                raise OutOfMemory(f"one picture must fit the memory, {_memory(parts, settings['dim'])}")
            if made is None:
                size = -(-size // 2)
                warnings.warn(f"out of memory: going on with {size} pictures at a time", stacklevel=2)
            pictures += made or []
    for picture, text, dropped, tail in zip(pictures, tokens.texts, tokens.dropped, tokens.tails, strict=True):
        picture.parameters.update(prompt=text, dropped_tokens=dropped, dropped_text=tail)
    if flagged := [p.parameters["prompt"] for p in pictures if p.parameters["safety"] == FLAGGED]:
        warnings.warn(f"the safety checker flagged the pictures of {flagged}: they are shown black", stacklevel=2)
    return pictures


def denoise(
    parts: Components,
    text: Tensor,
    empty: Tensor,
    x_T: Tensor,
    *,
    g: float,
    steps: int,
    sampler: str = SAMPLER,
    generator: Sequence[Generator] | Generator | None = None,
    **options: Any,
) -> Iterator[SampleStep]:
    """The loop alone: from unit noise x_T (B, C, h, w) and embeddings (B, 77, d), (1, 77, d) to latents.

    ``generator`` is for the samplers that draw noise on the way; ``options`` are the sampler's own.  Yields and raises
    what the samplers do; a ``NonFiniteError`` also names the U-Net and its dtype.
    """
    chain = SAMPLERS[check_choice("sampler", sampler, SAMPLERS)]
    if chain in NOISY.values():
        options["generator"] = generator
    if sampler.endswith("-karras"):
        options["spacing"] = "karras"
    steps_of = chain(Guided(parts.unet, text, empty, g), x_T, parts.schedule, steps=steps, **options)
    return _named(steps_of, f"the U-Net in {dtype_name(parts.dtype)}")


def _named(chain: Iterator[SampleStep], where: str) -> Iterator[SampleStep]:
    try:
        yield from chain
    except NonFiniteError as error:
        raise NonFiniteError(f"{where}: {error}; lower g, or load the parts in float32") from error


def check_arguments(
    outline: Outline,
    *,
    g: float | None,
    seed: int | None,
    steps: int,
    dim: Dim | None,
    save_int: int,
    sampler: str,
    first: int = 0,
) -> dict[str, Any]:
    """Return the settings that a batch shares, as they are stored, or raise ``ConfigError``; nothing is loaded.

    The texts are another matter: see ``prompt.check_prompts``.
    """
    check_seed(first, "first")
    return {
        "g": None if g is None else check_guidance(g),
        "seed": None if seed is None else check_seed(seed),
        "steps": len(timesteps(outline.T, steps)),
        "dim": outline.check_dim(dim),
        "save_int": check_integer("save_int", save_int, 0),
        "sampler": check_choice("sampler", sampler, SAMPLERS),
    }


def _settings(parts: Components, checked: dict[str, Any]) -> dict[str, Any]:
    """What was checked, with a g and a seed, and with what makes the pictures."""
    if checked["g"] is None:
        checked = checked | {"g": OWN_G.get(parts.model, USUAL_G)}
    if checked["g"] < 1:
        warnings.warn(f"g = {checked['g']:g} weakens the prompt; g = 1 is the prompt without guidance", stacklevel=3)
    if checked["seed"] is None:
        checked = checked | {"seed": secrets.randbelow(2**32)}
        print(f"seed = {checked['seed']}")
    made_by = {"model": parts.model, "fingerprint": parts.fingerprint, "dtype": dtype_name(parts.dtype)}
    return checked | made_by | {"library": __version__}


def _try(parts: Components, ids: Tensor, settings: dict[str, Any], bar: tqdm) -> list[Picture] | None:
    """The pictures of a batch, or None if the memory does not suffice; what it held is free when this returns."""
    done = bar.n
    try:
        return _batch(parts, ids, settings, bar)
    except RuntimeError as error:  # of a CPU it has no class of its own
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        bar.update(done - bar.n)
    if parts.device.type == "cuda":
        torch.cuda.empty_cache()
    return None


def _batch(parts: Components, ids: Tensor, settings: dict[str, Any], bar: tqdm) -> list[Picture]:
    n, every = len(ids), settings["save_int"]
    streams = generators(settings["seed"], n, settings["index"])
    wide = torch.promote_types(parts.dtype, torch.float32)  # of the states, whatever the U-Net computes in
    batch = torch.empty(n, *parts.latent_shape(settings["dim"]), dtype=wide)
    x_T = noise(streams, batch)(batch).to(parts.device)
    embeddings = embed(parts, torch.cat([tokenize(parts.tokenizer, "").ids, ids]))
    options, kept = {name: settings[name] for name in ("g", "steps", "sampler")}, []
    for k, step in enumerate(denoise(parts, embeddings[1:], embeddings[:1], x_T, generator=streams, **options)):
        if step.t > 0:
            bar.update(n)
            if every and k % every == 0:
                kept.append(SampleStep(step.t, step.x_t.cpu(), step.x_0_hat.cpu()))
    x, decoded_in = decode(parts.vae, step.x_t)
    pictures = []
    for i, (image, status) in enumerate(judged(parts.checker, to_pil(x))):
        own = {"index": settings["index"] + i, "decoded_in": dtype_name(decoded_in), "safety": status}
        states = [SampleStep(t, x_t[i], x_0_hat[i]) for t, x_t, x_0_hat in kept]
        pictures.append(Picture(image, step.x_t[i].cpu(), states, settings | own))
    return pictures


def _memory(parts: Components, dim: int | list[int]) -> str:
    dim = " x ".join(map(str, dict.fromkeys(sides(dim))))
    if parts.device.type != "cuda":
        return f"dim = {dim} in {dtype_name(parts.dtype)} does not; use a smaller dim"
    free, total = torch.cuda.mem_get_info(parts.device)
    peak = torch.cuda.max_memory_allocated(parts.device)
    numbers = f"{peak / 2**30:.1f} GiB were used, {free / 2**30:.1f} of {total / 2**30:.1f} GiB are free"
    remedy = "load with dtype='float16', with sliced=True, or use a smaller dim"
    return f"dim = {dim} in {dtype_name(parts.dtype)} does not: {numbers}; {remedy}"
