"""From a text to an image: the whole loop of Stable Diffusion, through the samplers of this library.

    ids = tokenize(prompt)                      # (B, 77)
    text = embed(ids)                           # (B, 77, d)
    x_T ~ N(0, I)                               # (B, C, h, w), from the seed
    x_0 = sampler(Guided(unet, text, empty, g), x_T, schedule, steps)
    image = decode(x_0)                       # (B, 3, f h, f w)

Stable Diffusion v1 has C = 4 channels and f = 8 pixels to a latent, the miniature C = 8 and f = 16.

An image is determined by **prompt, g, seed, steps, dim, save_int**; together with the model, its dtype and the sampler
they are stored in the image's ``parameters``, from which ``image_file.remake`` makes it again.  Guidance may also lead
away from a **negative** prompt, which then replaces "", and sampling may start from another image: see ``init_image``.

A state x_t is unit noise at the start and is given to the U-Net as it is.  diffusers keeps x_t / √ᾱ_t for some of its
samplers; there the noise is multiplied by √(σ_T² + 1) first, and each input of the U-Net is divided by √(σ_t² + 1).

Image i has its own random stream, of ``seed`` and i.  So it is the same in a batch of any size, up to the rounding of
sums, and a batch that does not fit the memory is halved without changing an image.

Sources: Rombach et al. 2022 (LDM), section 3; Ho & Salimans 2022.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Generator, Tensor
from tqdm import tqdm

from ..errors import DiffusionLibError, NonFiniteError, check_choice
from ..process.identities import Model
from ..registry import SAMPLERS
from ..runtime.device import dtype_name
from ..sample.chain import SampleStep
from ..sample.editing import Inpainted
from ..sample.noise import generators, noise
from ..sample.times import sampling_timesteps, strength_timesteps
from .arguments import KARRAS, NAMES, OWN_G, SAMPLER, STEPS, USUAL_G, check_arguments, complete
from .autoencoder import decode, to_pil
from .guidance import Guided
from .init_image import InitLatents, check_init_image, encode
from .model_spec import Dim, sides
from .parts import Components
from .prompt import check_words, embed, tokenize
from .safety import FLAGGED, judged

__all__ = [  # with what a caller of ``generate`` may choose
    "NAMES",
    "OWN_G",
    "SAMPLER",
    "STEPS",
    "USUAL_G",
    "GeneratedImage",
    "OutOfMemory",
    "denoise",
    "generate",
]


Given = tuple[Image.Image | None, Image.Image | None]  # init and mask


class OutOfMemory(DiffusionLibError, MemoryError):
    """Not even one image of this size fits the device's memory."""


@dataclass(frozen=True, eq=False)
class GeneratedImage:
    """An image, its latents x_0 (C, h, w), the states that were kept during sampling, and the parameters that made it.

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
    negative: str = "",
    init: Image.Image | None = None,
    mask: Image.Image | None = None,
    strength: float | None = None,
) -> list[GeneratedImage]:
    """Make an image for each text of ``prompt``.

    ``g`` ≥ 0 is the weight of the guidance (see ``guidance``), None for the model's own: 2 for the miniature, else 7.5.
    ``steps`` in 1…T; the NFE is one per step, for "heun" two; ``dim`` the side in pixels or (width, height), None for
    the model's own.  ``seed`` in 0…2⁶³ − 1; None draws one and prints it.  ``save_int`` keeps a state every so many
    steps, 0 none.  ``sampler`` is one of ``NAMES``; ``first`` is the number of the first image's stream, so that
    ``seed=s, first=i`` is image i of a batch with ``seed=s``.  ``negative`` is what g leads away from.

    ``init`` is an image in RGB to start from, noised to the first of the last ⌊steps · ``strength``⌋ times;
    ``strength`` in (0, 1] is 0.8 for None, with a mask 1.  ``mask`` is grey: where it is white, the image is
    regenerated.

    Raises ``ConfigError`` before any work, also for words that the model does not know, ``NonFiniteError`` where a
    number overflows, with the step and the part, and ``OutOfMemory``.  A text that is too long is a warning; so is a
    image that the safety checker flags, which is black, as in the published pipeline.
    """
    checked = check_arguments(
        parts.spec,
        g=g,
        seed=seed,
        steps=steps,
        dim=dim,
        save_int=save_int,
        sampler=sampler,
        first=first,
        negative=negative,
    )
    checked |= check_init_image(checked, init, mask, strength)
    tokens, without = tokenize(parts.tokenizer, prompt), tokenize(parts.tokenizer, negative, name="negative")
    check_words(parts, tokens)
    check_words(parts, without, "negative")
    settings = complete(parts, checked)
    images: list[GeneratedImage] = []
    size = len(tokens.ids)
    with tqdm(total=int(settings["steps"] * settings.get("strength", 1)) * size, unit="step", desc=parts.model) as bar:
        while len(images) < len(tokens.ids):
            start = len(images)
            ids = torch.cat([without.ids, tokens.ids[start : start + size]])
            made = _try(parts, ids, (init, mask), settings | {"index": first + start}, bar)
            if made is None and size == 1:
                raise OutOfMemory(f"one image must fit the memory, {_memory(parts, settings['dim'])}")
            if made is None:
                size = -(-size // 2)
                warnings.warn(f"out of memory: going on with {size} images at a time", stacklevel=2)
            images += made or []
    for image, text, dropped, tail in zip(images, tokens.texts, tokens.dropped, tokens.tails, strict=True):
        image.parameters.update(prompt=text, dropped_tokens=dropped, dropped_text=tail)
    if flagged := [p.parameters["prompt"] for p in images if p.parameters["safety"] == FLAGGED]:
        warnings.warn(f"the safety checker flagged the images of {flagged}: they are shown black", stacklevel=2)
    return images


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
    init_latents: InitLatents | None = None,
    **options: Any,
) -> Iterator[SampleStep]:
    """The loop alone: from unit noise x_T (B, C, h, w) and embeddings (B, 77, d), (1, 77, d) to latents.

    ``generator`` is for the samplers that draw noise in each step; ``options`` are the sampler's own.  With
    ``init_latents`` the chain starts from these, noised by x_T.  Yields and raises what the samplers do; a
    ``NonFiniteError`` also names the U-Net and its dtype.
    """
    chain = SAMPLERS[check_choice("sampler", sampler, NAMES).removesuffix(KARRAS)]
    if chain.stochastic:
        options["generator"] = generator
    if sampler.endswith(KARRAS):
        options["spacing"] = "karras"
    model: Model = Guided(parts.unet, text, empty, g)
    if init_latents is not None:
        times = strength_timesteps(
            sampling_timesteps(parts.schedule, steps, options.get("spacing", "trailing")), init_latents.strength
        )
        x_T, steps, options["spacing"] = init_latents.noised(parts.schedule, times[0], x_T), len(times), times
        if init_latents.mask is not None:
            model = Inpainted(model, parts.schedule, init_latents.z, init_latents.mask)
    steps_of = chain(model, x_T, parts.schedule, steps=steps, **options)
    return _named(steps_of, f"the U-Net in {dtype_name(parts.dtype)}")


def _named(chain: Iterator[SampleStep], where: str) -> Iterator[SampleStep]:
    try:
        yield from chain
    except NonFiniteError as error:
        raise NonFiniteError(f"{where}: {error}; lower g, or load the parts in float32") from error


def _try(
    parts: Components, ids: Tensor, given: Given, settings: dict[str, Any], bar: tqdm
) -> list[GeneratedImage] | None:
    """The images of a batch, or None if the memory does not suffice; what it held is free when this returns."""
    done = bar.n
    try:
        return _batch(parts, ids, given, settings, bar)
    except RuntimeError as error:  # PyTorch has no class of its own for a CPU
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        bar.update(done - bar.n)
    if parts.device.type == "cuda":
        torch.cuda.empty_cache()
    return None


def _batch(parts: Components, ids: Tensor, given: Given, settings: dict[str, Any], bar: tqdm) -> list[GeneratedImage]:
    """``ids`` start with those of "" or of the negative prompt; ``given`` are init and mask."""
    n, every = len(ids) - 1, settings["save_int"]
    streams = generators(settings["seed"], n, settings["index"])
    wide = torch.promote_types(parts.dtype, torch.float32)  # of the states, whatever the U-Net computes in
    batch = torch.empty(n, *parts.latent_shape(settings["dim"]), dtype=wide)
    x_T = noise(streams, batch)(batch).to(parts.device)
    embeddings = embed(parts, ids)
    options = {name: settings[name] for name in ("g", "steps", "sampler")} | {"generator": streams}
    kept: list[SampleStep] = []
    init, mask = given
    if init is not None:
        options["init_latents"] = encode(parts, init, mask, settings["strength"])
    for k, step in enumerate(denoise(parts, embeddings[1:], embeddings[:1], x_T, **options)):
        if step.t > 0:
            bar.update(n)
            if every and k % every == 0:
                kept.append(SampleStep(step.t, step.x_t.cpu(), step.x_0_hat.cpu()))
    x, decoded_in = decode(parts.vae, step.x_t)
    images = []
    for i, (image, status) in enumerate(judged(parts.checker, to_pil(x))):
        own = {"index": settings["index"] + i, "decoded_in": dtype_name(decoded_in), "safety": status}
        states = [SampleStep(t, x_t[i], x_0_hat[i]) for t, x_t, x_0_hat in kept]
        images.append(GeneratedImage(image, step.x_t[i].cpu(), states, settings | own))
    return images


def _memory(parts: Components, dim: int | list[int]) -> str:
    size = " x ".join(map(str, dict.fromkeys(sides(dim))))
    if parts.device.type != "cuda":
        return f"dim = {size} in {dtype_name(parts.dtype)} does not; use a smaller dim"
    free, total = torch.cuda.mem_get_info(parts.device)
    peak = torch.cuda.max_memory_allocated(parts.device)
    numbers = f"{peak / 2**30:.1f} GiB were used, {free / 2**30:.1f} of {total / 2**30:.1f} GiB are free"
    remedy = "load with dtype='float16', with sliced=True, or use a smaller dim"
    return f"dim = {size} in {dtype_name(parts.dtype)} does not: {numbers}; {remedy}"
