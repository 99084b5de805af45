r"""Which word each position of an image attends to: the cross-attention of a U-Net, recorded while it runs.

    A = softmax(Q Kᵀ / √d),     out = A V

For each head, Q (positions, d) comes from the image, K and V (77, d) from the embeddings of the text.  A row of A holds
the attention weights of one position over the tokens and sums to 1; a column shows which positions attend to one token.

    with recorded(unet) as record:
        unet(x_t, t - 1, encoder_hidden_states=text)
    maps = record.maps(8)     # (B, 77, 8, 8)

Sources: Rombach et al. 2022 (LDM), section 3.3; Tang et al. 2023 (DAAM) for the mean over heads and layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..errors import ConfigError, check_integer

if TYPE_CHECKING:
    from diffusers import UNet2DConditionModel
    from diffusers.models.attention_processor import Attention


class Record:
    """The sums of A over heads and calls, for each cross-attention layer.

    ``grid`` is the (h, w) of the latents; each level of the U-Net halves it, rounded up.
    """

    def __init__(self, grid: tuple[int, int] = (64, 64)) -> None:
        self.grid = grid
        self._sums: dict[str, Tensor] = {}  # of each layer (B, 77, h, w)
        self._calls: dict[str, int] = {}

    def add(self, layer: str, weights: Tensor) -> None:
        """Add the weights (B, heads, positions, 77) of one call."""
        mean = weights.mean(1).transpose(1, 2)  # (B, 77, positions)
        mean = mean.unflatten(2, self._level(mean.shape[2])).float()
        before = self._sums.get(layer, torch.zeros_like(mean))
        if before.shape != mean.shape:
            what = f"{tuple(before.shape)} and {tuple(mean.shape)}"
            raise ConfigError(f"a record must be of one batch, got maps of {what}; start a new one")
        self._sums[layer], self._calls[layer] = before + mean, self._calls.get(layer, 0) + 1

    def _level(self, positions: int) -> tuple[int, int]:
        """The (h, w) of the level that has this number of positions."""
        h, w = self.grid
        while h * w > positions:
            h, w = -(-h // 2), -(-w // 2)
        return h, w

    def maps(self, *size: int) -> Tensor:
        """The mean over heads, layers and calls, on a grid: (B, 77, h, w), summing to 1 over the tokens.

        ``size`` is h and w, or one number for both.  Coarser layers are interpolated.  Raises ``ConfigError`` if
        nothing was recorded.
        """
        for each in size:
            check_integer("size", each, 1)
        h, w = size if len(size) == 2 else size * 2
        if not self._sums:
            raise ConfigError("maps need at least one call of the U-Net, got none; call it inside the with")
        means = [self._sums[layer] / self._calls[layer] for layer in self._sums]
        return torch.stack([interpolate(mean, (h, w), mode="bilinear") for mean in means]).mean(0)


class _Processor:
    """Cross-attention written out, in the interface of diffusers."""

    def __init__(self, layer: str, record: Record) -> None:
        self.layer, self.record = layer, record

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
    ) -> Tensor:
        weights, v = weights_of(attn, hidden_states, encoder_hidden_states)
        self.record.add(self.layer, weights.detach().unflatten(0, (-1, attn.heads)))
        return attn.to_out[0](attn.batch_to_head_dim(weights @ v))


def weights_of(attn: Attention, hidden_states: Tensor, encoder_hidden_states: Tensor) -> tuple[Tensor, Tensor]:
    """A (B · heads, positions, 77) and V (B · heads, 77, d) of a cross-attention layer of diffusers."""
    q, k, v = (
        attn.head_to_batch_dim(project(states))  # (B · heads, positions or 77, d)
        for project, states in (
            (attn.to_q, hidden_states),
            (attn.to_k, encoder_hidden_states),
            (attn.to_v, encoder_hidden_states),
        )
    )
    return (attn.scale * q @ k.transpose(1, 2)).softmax(-1), v


@contextmanager
def recorded(unet: UNet2DConditionModel) -> Iterator[Record]:
    """Record the cross-attention of a ``UNet2DConditionModel`` inside the ``with``; what it computes stays the same.

    Self-attention, where a position attends to other positions, is left alone.  ``Record.maps`` has the means, (B, 77,
    h, w).

    Source: Tang et al. 2023 (DAAM).
    """
    record, before = Record(), unet.attn_processors

    def see(network: torch.nn.Module, given: tuple[Tensor, ...], named: dict[str, Tensor]) -> None:
        h, w = (given[0] if given else named["sample"]).shape[2:]
        record.grid = h, w

    seen = unet.register_forward_pre_hook(see, with_kwargs=True)
    cross = {name for name in before if name.endswith("attn2.processor")}
    unet.set_attn_processor({name: _Processor(name, record) if name in cross else before[name] for name in before})
    try:
        yield record
    finally:
        seen.remove()
        unet.set_attn_processor(before)
