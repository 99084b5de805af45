"""The gradient of a batch's loss, taken in parts where the batch does not fit into memory.

The loss is a mean over the batch, so that it is the mean of the losses of its parts, weighed by their sizes, and so is
its gradient.  The noise is drawn before: a batch that is split, and tried again, is the same batch.

The layers' gradients are stretches of one vector, which the backward pass fills: nothing is gathered afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..errors import ConfigError


def gradient_buffer(layers: Sequence[nn.Parameter]) -> Tensor:
    """Return a vector (P,) of zeros, and make its stretches the ``grad`` of the layers, in their order."""
    gradient = layers[0].new_zeros(sum(layer.numel() for layer in layers), requires_grad=False)
    for layer, stretch in zip(layers, gradient.split([layer.numel() for layer in layers]), strict=True):
        layer.grad = stretch.view_as(layer)
    return gradient


def batch_gradient(
    loss: Callable[..., Tensor], gradient: Tensor, batch: Sequence[Tensor], parts: int = 1
) -> tuple[Tensor, int]:
    """Write the gradient of ``loss(*batch)`` into ``gradient`` (P,), a ``gradient_buffer``; return loss and parts.

    The tensors of ``batch`` (B, …) are split into ``parts``, one after the other; when the device is out of memory,
    into twice as many, and that number is returned.  Raises ``ConfigError`` when one sample does not fit.
    """
    n = len(batch[0])
    while True:
        try:
            return _in_parts(loss, gradient, batch, parts), parts
        except torch.OutOfMemoryError as error:
            if parts >= n:
                what = f"one sample does not fit: {str(error).splitlines()[0]}"
                raise ConfigError(f"batch_size must leave room for a step, {what}; use a smaller network") from error
        parts = min(2 * parts, n)  # outside of the handler, which would hold the tensors of the failed try


def _in_parts(loss: Callable[..., Tensor], gradient: Tensor, batch: Sequence[Tensor], parts: int) -> Tensor:
    gradient.zero_()  # also of a try that failed half-way
    values = []
    for part in zip(*(drawn.chunk(parts) for drawn in batch), strict=True):
        value = loss(*part) if parts == 1 else loss(*part) * (len(part[0]) / len(batch[0]))
        value.backward()
        values.append(value.detach())
    return sum(values[1:], start=values[0])
