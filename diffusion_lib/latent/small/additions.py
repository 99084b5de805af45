"""Additions of low rank to the weights of linear layers and convolutions: W + B A, with A (r, in) and B (out, r).

For a convolution A is a convolution to r channels and B one of size 1 behind it; their product is a kernel of W's own
shape.  The numbers are stored under the names that diffusers and peft give them, and ``adapt.low_rank.applied`` adds
them to the weights.  peft, with which ``adapt.low_rank`` trains, has one rank for all layers; here a layer that is
narrower than the rank has its own.

Source: Hu et al. 2022 (LoRA), section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ...errors import check_integer

PREFIX = "unet."  # of diffusers: which part of a pipeline the numbers are for


class LowRank(nn.Module):
    """Additions to all linear layers and convolutions of ``network``, as a module whose parameters they alone are.

    They begin at 0: B is 0, and A is drawn from the global generator with the variance 1 / in.  No rank is above the
    sides of its matrix.
    """

    def __init__(self, network: nn.Module, rank: int) -> None:
        super().__init__()
        rank = check_integer("rank", rank, 1)
        self.shapes = {name: tuple(layer.weight.shape) for name, layer in layers(network)}
        self.down, self.up = nn.ParameterList(), nn.ParameterList()
        for _, layer in layers(network):
            out, wide = layer.weight.flatten(1).shape
            r = min(rank, out, wide)
            self.down.append(nn.Parameter(torch.randn(r, wide) / wide**0.5))
            self.up.append(nn.Parameter(torch.zeros(out, r)))

    def weights(self, network: nn.Module) -> dict[str, Tensor]:
        """W + B A by the names of the network's parameters, for ``torch.func.functional_call``."""
        parameters = dict(network.named_parameters())
        pairs = zip(self.shapes, self.down, self.up, strict=True)
        return {
            (key := f"{name}.weight"): parameters[key] + _product(down, up, parameters[key]) for name, down, up in pairs
        }

    def state(self) -> dict[str, Tensor]:
        """The numbers in float16 by the names of diffusers, in the shapes of two layers each."""
        found = {}
        for (name, shape), down, up in zip(self.shapes.items(), self.down, self.up, strict=True):
            found[f"{PREFIX}{name}.lora_A.weight"] = down.view(-1, *shape[1:])
            found[f"{PREFIX}{name}.lora_B.weight"] = up.view(*up.shape, *[1] * (len(shape) - 2))
        return {name: x.detach().half().contiguous() for name, x in found.items()}


def layers(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The linear layers and convolutions with their names, in the network's own order."""
    return ((name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d))


def _product(down: Tensor, up: Tensor, weight: Tensor) -> Tensor:
    return (up @ down).view_as(weight)
