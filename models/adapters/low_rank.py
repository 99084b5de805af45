r"""Low-rank adaptation (LoRA): each chosen matrix W of a trained network gets an update, which alone is trained.

    W' = W + s (α / r) B A,     A (r, in) random at the start,  B (out, r) zero

At the start nothing has changed; the update has at most rank r, r (in + out) numbers for in · out; and s, the scale,
can be set afterwards: 0 is the old network, 1 the trained one.  Here α = r.  The matrix of a convolution is that of its
kernels, in = channels · k²: A is a convolution to r channels, and B one of size 1 behind it.

``begin`` inserts the updates into a copy of a U-Net by peft, which only training needs; ``numbers`` returns their
matrices by the names that diffusers reads; ``applied`` merges them into the weights.

Source: Hu et al. 2021, section 4.1.
"""

from __future__ import annotations

import copy
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from diffusion_lib.errors import CheckpointCorrupt, CheckpointMismatch, ConfigError, check_integer, check_real
from diffusion_lib.runtime import files
from diffusion_lib.stable_diffusion.parts import Components

TARGETS = ("to_q", "to_k", "to_v", "to_out.0")  # the matrices of every attention
NAME = re.compile(r"unet\.(.+)\.lora_([AB])\.weight")
PARTNER = str.maketrans("AB", "BA")  # no other part of a name contains these characters


def layers(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The linear layers and convolutions with their names, in the network's own order."""
    return ((name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d))


def begin(unet: nn.Module, rank: int, seed: int, targets: tuple[str, ...] = TARGETS) -> nn.Module:
    """Return a copy of ``unet`` with updates of this rank at all layers whose names end in one of ``targets``.

    Only the updates can be trained.  A layer with a side below ``rank`` has that side as its rank.

    Raises ``ConfigError`` for a rank below 1, and where peft is not installed.
    """
    check_integer("rank", rank, 1, 512)
    if importlib.util.find_spec("peft") is None:
        raise ConfigError("training a low-rank update needs peft, not installed here; run: pip install peft")
    from peft import LoraConfig

    adapted = copy.deepcopy(unet)
    sides = {name: layer.weight.flatten(1).shape for name, layer in layers(unet) if name.endswith(targets)}
    ranks = {f"^{re.escape(name)}": min(rank, *shape) for name, shape in sides.items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        adapted.add_adapter(LoraConfig(target_modules=list(sides), rank_pattern=ranks, alpha_pattern=ranks))
    return adapted


def trained(unet: nn.Module) -> list[nn.Parameter]:
    """The parameters that ``begin`` has added."""
    return [parameter for parameter in unet.parameters() if parameter.requires_grad]


def numbers(unet: nn.Module) -> dict[str, Tensor]:
    """The matrices A and B of a network from ``begin``, by the names of diffusers, ``unet.….lora_A.weight``."""
    from peft.utils import get_peft_model_state_dict

    return {f"unet.{name}": x.detach().clone() for name, x in get_peft_model_state_dict(unet).items()}


def save(found: Mapping[str, Tensor], path: str | os.PathLike[str]) -> Path:
    """Write the matrices in float16, as a file that ``StableDiffusionPipeline.load_lora_weights`` loads."""
    target = files.target("path", path, (".safetensors",))
    return files.write(target, safetensors.torch.save({name: x.cpu().half().contiguous() for name, x in found.items()}))


def read(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Return the matrices of a file as float32; ``CheckpointCorrupt`` for any other file, or one with other layers."""
    try:
        found = safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        what = f"got {type(error).__name__}: {str(error)[:200]}"
        raise CheckpointCorrupt(f"{path} must hold low-rank matrices as safetensors, {what}; train it again") from error
    other = [name for name in found if not NAME.fullmatch(name) or name.translate(PARTNER) not in found]
    if other or not found:
        what = f"got {other[0] if other else 'none'}; train it again"
        raise CheckpointCorrupt(f"{path} must hold matrices unet.….lora_A.weight, each with its lora_B, {what}")
    return {name: x.float() for name, x in found.items()}


def updates(found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The update B A (out, in) of each matrix, by its name in the U-Net; a kernel's in is channels · k²."""
    pairs: dict[str, dict[str, Tensor]] = {}
    for name, x in found.items():
        layer, which = NAME.fullmatch(name).groups()
        pairs.setdefault(layer, {})[which] = x
    return {layer: pair["B"].double().flatten(1) @ pair["A"].double().flatten(1) for layer, pair in pairs.items()}


def applied(parts: Components, found: Mapping[str, Tensor], scale: float = 1.0) -> Components:
    """Return the parts with W + s B A instead of W, in a U-Net of their own; s is ``scale``, in [−4, 4].

    Raises ``CheckpointMismatch`` where the matrices do not fit the U-Net.
    """
    check_real("scale", scale, -4.0, 4.0)
    unet = copy.deepcopy(parts.unet)
    for layer, update in updates(found).items():
        try:
            weight = unet.get_submodule(layer).weight
            weight.data += scale * update.to(weight).view_as(weight)
        except (AttributeError, RuntimeError) as error:
            what = f"{layer} with an update of shape {tuple(update.shape)}"
            raise CheckpointMismatch(f"the matrices must be of this U-Net, got {what}: {str(error)[:100]}") from error
    return replace(parts, unet=unet)
