"""From a text to what the U-Net attends to: ids of tokens (B, 77), then embeddings (B, 77, d).

The tokenizer of CLIP lowers the letters, splits the text at word boundaries, and merges the bytes of each word into the
longest entries of its vocabulary.  Between a start and an end there is room for 75 tokens.  A shorter text is padded
with the end's id, a longer one loses its tail: with a warning that names it.

The written forms of start and end, ``<|startoftext|>`` and ``<|endoftext|>``, inside of a text are read as these
tokens, as in the published pipeline.

Source: Radford et al. 2021 (CLIP), section 2.4.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..errors import ConfigError, NonFiniteError
from ..runtime.device import dtype_name
from ..runtime.finite import non_finite
from .parts import Components

LONGEST = 10_000  # characters; 75 tokens of English are about 300
SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character, which has no bytes


class Tokens(NamedTuple):
    """``ids`` (B, 77) int64, and for each text how many tokens did not fit, what these stand for, and itself."""

    ids: Tensor
    dropped: list[int]
    tails: list[str]
    texts: list[str]


def check_prompts(prompt: object) -> list[str]:
    """Return the texts, or raise ``ConfigError``: a text or a list of texts, each of at most 10,000 characters."""
    texts = [prompt] if isinstance(prompt, str) else prompt
    if not isinstance(texts, Sequence) or not texts or not all(isinstance(text, str) for text in texts):
        allowed = 'a text or a list of texts, not empty ("" is a text: a picture of anything)'
        raise ConfigError(f"prompt must be {allowed}, got {str(prompt)[:80]!r} of type {type(prompt).__name__}")
    for text in texts:
        if len(text) > LONGEST:
            raise ConfigError(f"prompt must have at most {LONGEST} characters, got {len(text)}; 77 tokens are read")
        if half := SURROGATE.search(text):
            what = f"got U+{ord(half[0]):04X} at place {half.start()}"
            raise ConfigError(f"prompt must be text, {what}, which is half a character; remove it")
    return list(texts)


def tokenize(tokenizer: Any, prompt: str | Sequence[str], strict: bool = False) -> Tokens:
    """Split texts into tokens, pad and truncate them to 77; ``strict`` refuses a text that is too long.

    Raises ``ConfigError`` for what is no text, or too long where ``strict``.
    """
    texts, length = check_prompts(prompt), tokenizer.model_max_length
    whole = tokenizer(texts).input_ids
    dropped = [max(len(ids) - length, 0) for ids in whole]
    tails = [tokenizer.decode(ids[length - 1 : -1]) if more else "" for ids, more in zip(whole, dropped, strict=True)]
    for text, more, tail in zip(texts, dropped, tails, strict=True):
        if more and strict:
            raise ConfigError(f"prompt must fit {length} tokens, got {more} more: {tail[:80]!r}; shorten {text[:40]!r}")
        if more:
            warnings.warn(f"prompt is longer than {length} tokens: the last {more} are dropped, {tail!r}", stacklevel=2)
    kept = [ids[: length - 1] + ids[-1:] if more else ids for ids, more in zip(whole, dropped, strict=True)]
    padded = [ids + [tokenizer.pad_token_id] * (length - len(ids)) for ids in kept]
    return Tokens(torch.tensor(padded), dropped, tails, texts)


def embed(parts: Components, ids: Tensor) -> Tensor:
    """The text encoder's last layer for ``ids`` (B, 77): embeddings (B, 77, d), on the parts' device and in its dtype.

    Raises ``NonFiniteError`` where a number overflows.
    """
    with torch.no_grad():
        embeddings = parts.text_encoder(ids.to(parts.device))[0]
    if (bad := non_finite(embeddings)) is not None:
        what = f"got {bad} in {dtype_name(parts.dtype)}"
        raise NonFiniteError(f"embeddings must be finite, {what}; load the parts in float32")
    return embeddings
