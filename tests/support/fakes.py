"""What PyTorch's ``FakeTensorMode`` says of an operation: whether it takes these devices, and what it returns.

A fake tensor has a shape, a dtype and a device, and no numbers.  So nothing that depends on a number can run on fake
tensors alone, neither a check of an argument nor a loop of a sampler.  Here the numbers are those of the emulated
accelerator, and each of its operations is asked of ``FakeTensorMode`` as well, once for each kind of arguments: a
mixture of devices raises PyTorch's own error, and a result of another device, shape or dtype than PyTorch foresees is
an error, too.  No line of the library is changed or replaced for it.

The fake tensors are on the emulated device and not on ``cuda:0``: a PyTorch that was built without CUDA ends the
process when it records a gradient for one of those.  The rules of ``FakeTensorMode`` name no device but ``cpu`` and
``meta``.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
    UnsupportedFakeTensorException,
    UnsupportedOperatorException,
)
from torch.utils._pytree import tree_flatten, tree_map_only

SILENT = (  # what depends on numbers, or has no formula
    *(DataDependentOutputException, DynamicOutputShapeException),
    *(UnsupportedFakeTensorException, UnsupportedOperatorException, NotImplementedError),
)
FORESEEN: dict[object, list | None] = {}  # by operation and kind of arguments; None where FakeTensorMode is silent


def foresee(func, args, kwargs) -> list | None:
    """Device, shape and dtype of each result, or None where they depend on numbers; its error for a mixture."""
    flat, spec = tree_flatten((args, kwargs))
    key = (func, str(spec), tuple(kind(part) for part in flat))
    if key not in FORESEEN:
        with FakeTensorMode(allow_fallback_kernels=False):
            fakes = tree_map_only(Tensor, fake, (args, kwargs))
            try:
                FORESEEN[key] = kinds(func(*fakes[0], **fakes[1]))
            except SILENT:
                FORESEEN[key] = None
    return FORESEEN[key]


def compare(func, args, kwargs, found) -> None:
    """Raise ``RuntimeError`` where the result is not what ``foresee`` says of the same arguments."""
    foreseen = foresee(func, args, kwargs)
    if foreseen is not None and foreseen != kinds(found):
        raise RuntimeError(f"{func} returned {kinds(found)}, and FakeTensorMode foresees {foreseen}")


def fake(tensor: Tensor) -> Tensor:
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)


def kinds(found) -> list:
    return [kind(part)[:3] for part in tree_flatten(found)[0] if isinstance(part, Tensor)]


def kind(part: object) -> tuple:
    if isinstance(part, Tensor):
        return part.device.type, tuple(part.shape), part.dtype, part.stride()
    return type(part).__name__, "" if isinstance(part, float) else str(part)  # a whole number may be a size
