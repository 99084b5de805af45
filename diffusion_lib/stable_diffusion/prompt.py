"""From a text to what the U-Net attends to: ids of tokens (B, 77), then embeddings (B, 77, d).

The tokenizer of CLIP lowercases the text, splits it at word boundaries, and merges the bytes of each word into the
longest entries of its vocabulary.  Between a start and an end there is room for 75 tokens.  A shorter text is padded
with the end's id; a longer one is truncated, with a warning that names what was dropped.

The written forms of start and end, ``<|startoftext|>`` and ``<|endoftext|>``, inside of a text are read as these
tokens, as in the published pipeline.

A token whose embedding is exactly 0 was never trained: ``networks.scatter`` leaves the miniature's so.  A text with
such a word is refused, since the image could show anything.  The published model has no such token.

Source: Radford et al. 2021 (CLIP), section 2.4.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..errors import ConfigError, NonFiniteError, did_you_mean
from ..runtime.device import dtype_name
from ..runtime.finite import non_finite
from .parts import Components
from .weights import SHIPPED, shipped

MANY = 100  # words; a model that knows more does not list them
LONGEST = 10_000  # characters; 75 tokens of English are about 300
SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character, which has no bytes


class Tokens(NamedTuple):
    """``ids`` (B, 77) int64, and for each text how many tokens did not fit, their text, and the text itself."""

    ids: Tensor
    dropped: list[int]
    tails: list[str]
    texts: list[str]


def check_prompts(prompt: object, name: str = "prompt") -> list[str]:
    """Return the texts, or raise ``ConfigError``: a text or a list of texts, each of at most 10,000 characters.

    ``name`` is used in the messages: the same holds for a negative prompt.
    """
    texts = [prompt] if isinstance(prompt, str) else prompt
    if not isinstance(texts, Sequence) or not texts or not all(isinstance(text, str) for text in texts):
        allowed = 'a text or a list of texts, not empty ("" is a text: an image of anything)'
        raise ConfigError(f"{name} must be {allowed}, got {str(prompt)[:80]!r} of type {type(prompt).__name__}")
    for text in texts:
        if len(text) > LONGEST:
            raise ConfigError(f"{name} must have at most {LONGEST} characters, got {len(text)}; 77 tokens are read")
        if half := SURROGATE.search(text):
            what = f"got U+{ord(half[0]):04X} at position {half.start()}"
            raise ConfigError(f"{name} must be text, {what}, which is half a character; remove it")
    return list(texts)


def tokenize(tokenizer: Any, prompt: str | Sequence[str], strict: bool = False, name: str = "prompt") -> Tokens:
    """Split texts into tokens, pad and truncate them to 77; ``strict`` refuses a text that is too long.

    Raises ``ConfigError`` for what is not a text, or too long where ``strict``.
    """
    texts, length = check_prompts(prompt, name), tokenizer.model_max_length
    whole = tokenizer(texts).input_ids
    dropped = [max(len(ids) - length, 0) for ids in whole]
    tails = [tokenizer.decode(ids[length - 1 : -1]) if more else "" for ids, more in zip(whole, dropped, strict=True)]
    for text, more, tail in zip(texts, dropped, tails, strict=True):
        if more and strict:
            raise ConfigError(f"{name} must fit {length} tokens, got {more} more: {tail[:80]!r}; shorten {text[:40]!r}")
        if more:
            warnings.warn(f"{name} is longer than {length} tokens: the last {more} are dropped, {tail!r}", stacklevel=2)
    kept = [ids[: length - 1] + ids[-1:] if more else ids for ids, more in zip(whole, dropped, strict=True)]
    padded = [ids + [tokenizer.pad_token_id] * (length - len(ids)) for ids in kept]
    return Tokens(torch.tensor(padded), dropped, tails, texts)


def check_words(parts: Components, tokens: Tokens, name: str = "prompt") -> None:
    """Raise ``ConfigError`` for the first text with words that the model does not know; nothing is computed.

    A word is unknown if one of its tokens has the embedding 0.  Punctuation does not count as a word.  Warns of texts
    of known words that describe no image of the miniature's training distribution.
    """
    table = parts.text_encoder.get_input_embeddings().weight
    if not table[tokens.ids.unique().to(table.device)].ne(0).any(1).all():
        _refuse(parts, table.ne(0).any(1).cpu(), tokens, name)
    for text in dict.fromkeys(tokens.texts) if parts.model in SHIPPED else ():
        if text.strip() and shipped(parts.model).parse(text) is None:
            what = "describes nothing that the model was trained on"
            warnings.warn(f"{name} {text[:80]!r} {what}: the image may show anything", stacklevel=3)


def _refuse(parts: Components, trained: Tensor, tokens: Tokens, name: str) -> None:
    for text, ids in zip(tokens.texts, tokens.ids, strict=True):
        if strange := _unknown(parts.tokenizer, trained, ids.tolist()):
            known = _known(parts, trained)
            knows = f"it knows: {' '.join(known)}" if len(known) <= MANY else f"it knows {len(known):,} words"
            got = f"got {', '.join(map(repr, strange))} in {text[:80]!r}"
            hint = did_you_mean(strange[0], known)
            raise ConfigError(f"{name} must be of words that the model knows, {got}; {knows}{hint}")


def _unknown(tokenizer: Any, trained: Tensor, ids: list[int]) -> list[str]:
    """The words with a token that was not trained, each once; the last token of a word ends in ``</w>``."""
    special = set(tokenizer.all_special_ids)
    words: list[list[int]] = []
    word: list[int] = []
    for token in [*ids, tokenizer.eos_token_id]:
        if token not in special:
            word.append(token)
        if word and (token in special or tokenizer.convert_ids_to_tokens(token).endswith("</w>")):
            words, word = [*words, word], []
    found = [tokenizer.decode(word).strip() for word in words if not trained[word].all()]
    return [text for text in dict.fromkeys(found) if not all(unicodedata.category(c)[0] == "P" for c in text)]


def _known(parts: Components, trained: Tensor) -> list[str]:
    if parts.model in SHIPPED:  # whose longer words have several tokens
        return [word for word in shipped(parts.model).vocabulary() if word.isalpha()]
    vocabulary = parts.tokenizer.get_vocab().items()
    ends = (entry[:-4] for entry, token in vocabulary if entry.endswith("</w>") and trained[token])
    return sorted(word for word in ends if word.isalpha())


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
