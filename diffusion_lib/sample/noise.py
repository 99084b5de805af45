"""The noise that samplers draw: of one generator for a batch, or of one for each of its samples.

It is drawn on the generator's device, so that a CPU generator gives the same noise on every device.  With a list of
generators, one for each sample, a sample gets the same noise in a batch of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from ..errors import ConfigError, check_integer, check_seed


def generators(seed: int, n: int, first: int = 0) -> list[Generator]:
    """One generator for each of ``n`` samples, from number ``first`` on: that of sample i depends on ``seed`` and i."""
    seed, first = check_seed(seed), check_seed(first, "first")
    seeds = (np.random.SeedSequence([seed, i]) for i in range(first, first + check_integer("n", n, 1)))
    return [Generator().manual_seed(int(each.generate_state(1, np.uint64)[0] >> 1)) for each in seeds]


def noise(generator: Generator | Sequence[Generator] | None, batch: Tensor) -> Callable[[Tensor], Tensor]:
    """Return ``draw(like)``: z ~ N(0, I) in the shape, dtype and device of ``like``, which is as long as ``batch``."""
    if isinstance(generator, (list, tuple)) and all(isinstance(each, Generator) for each in generator):
        if getattr(batch, "shape", ())[:1] != (len(generator),):
            got = f"got {len(generator)} for x_T {tuple(getattr(batch, 'shape', ()))}"
            raise ConfigError(f"generator must be one for all samples or one for each, {got}; use generators")
        return lambda like: torch.stack([_normal(like[0], each) for each in generator])
    if generator is not None and not isinstance(generator, Generator):
        allowed = "a torch.Generator, a list of them, or None"
        raise ConfigError(f"generator must be {allowed}, got {generator!r}; use torch.Generator().manual_seed(0)")
    return lambda like: _normal(like, generator)


def _normal(like: Tensor, generator: Generator | None) -> Tensor:
    device = "cpu" if generator is None else generator.device  # a CPU generator draws the same for every device
    return torch.randn(like.shape, generator=generator, dtype=like.dtype, device=device).to(like.device)
