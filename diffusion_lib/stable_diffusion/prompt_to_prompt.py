r"""Prompt-to-prompt: the words of a prompt change, and the image keeps its layout, by sharing cross-attention.

    A* = softmax(Q* K*ᵀ / √d),     A*[:, j] ← A[:, i]  for words i, j that both texts have, while t > (1 − fraction) T

The layout is determined early, by which positions attend to a word.  Therefore two images are sampled side by side from
the same noise, and in the first part of the chain the second one uses the attention weights of the first, with the
values of its own words.

Source: Hertz et al. 2023 (prompt-to-prompt), section 3.2, "word swap" and "adding a new phrase".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..errors import ConfigError, check_real, check_seed
from ..sample.chain import last
from ..sample.noise import generators, noise
from .arguments import STEPS
from .attention import weights_of
from .parts import Components
from .pipeline import denoise
from .prompt import check_words, embed, tokenize

if TYPE_CHECKING:
    from diffusers import UNet2DConditionModel
    from diffusers.models.attention_processor import Attention


def prompt_to_prompt(
    parts: Components,
    source: str,
    target: str,
    *,
    fraction: float = 0.8,
    g: float = 2.0,
    seed: int = 0,
    steps: int = STEPS,
    sampler: str = "ddim",
) -> Tensor:
    """Latents (2, C, h, w) of the image of ``source`` and of the same image for ``target``.

    For a ``fraction`` in [0, 1] of the times, from T down, the attention weights are those of the source; with 0 the
    two have only the noise in common.  Raises ``ConfigError`` before any work.
    """
    fraction = check_real("fraction", fraction, 0, 1)
    tokens = tokenize(parts.tokenizer, [source, target])
    check_words(parts, tokens)
    streams = generators(check_seed(seed), 1) + generators(seed, 1)  # the same twice
    batch = torch.empty(2, *parts.latent_shape(), dtype=torch.promote_types(parts.dtype, torch.float32))
    x_T = noise(streams, batch)(batch).to(parts.device)
    embeddings = embed(parts, torch.cat([tokenize(parts.tokenizer, "").ids, tokens.ids]))
    options: dict[str, Any] = {"g": g, "steps": steps, "sampler": sampler, "generator": streams}
    with shared(parts.unet, pairs(*tokens.ids.tolist()), (1 - fraction) * parts.schedule.T):
        return last(denoise(parts, embeddings[1:], embeddings[:1], x_T, **options))


def pairs(source: list[int], target: list[int]) -> list[tuple[int, int]]:
    """The positions (i, j) of corresponding tokens: equal ones, and equally many others between equal ones."""
    blocks = SequenceMatcher(None, source, target, autojunk=False).get_opcodes()
    fits = [(i, j, n) for _, i, end, j, stop in blocks if (n := end - i) == stop - j]
    return [(i + k, j + k) for i, j, n in fits for k in range(n)]


@contextmanager
def shared(unet: UNet2DConditionModel, positions: list[tuple[int, int]], until: float) -> Iterator[None]:
    """Inside the ``with``, while t > ``until``, the last of a batch uses the attention weights of the one before it.

    ``positions`` are the pairs of tokens, as ``pairs`` finds them.
    """
    before, now = unet.attn_processors, {"t": 0}

    def see(network: torch.nn.Module, given: tuple[Tensor, ...], named: dict[str, Tensor]) -> None:
        if len(given[0]) < 2:
            raise ConfigError("shared must be given a batch of two images or more, got one; put the source before it")
        now["t"] = 1 + int(torch.as_tensor(given[1]).max())  # the U-Net counts from 0

    def processor(
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
    ) -> Tensor:
        weights, v = weights_of(attn, hidden_states, encoder_hidden_states)
        if now["t"] > until and positions:
            (*_, source, target), (i, j) = weights.unflatten(0, (-1, attn.heads)), zip(*positions, strict=True)
            target[..., list(j)] = source[..., list(i)]
        return attn.to_out[0](attn.batch_to_head_dim(weights @ v))

    seen = unet.register_forward_pre_hook(see, with_kwargs=True)
    unet.set_attn_processor({name: processor if "attn2" in name else before[name] for name in before})
    try:
        yield
    finally:
        seen.remove()
        unet.set_attn_processor(before)
