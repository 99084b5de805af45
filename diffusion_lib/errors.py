"""The exception family, and the argument checks that raise its first member.

Every message carries four things: the argument's name, the value that was given, the values that are allowed, and
one remedy.  Bad arguments raise ``ConfigError`` before any file is touched or any device is used.  The checks are
plain functions, never ``assert`` statements: ``python -O`` removes those.
"""

from __future__ import annotations

import difflib
import functools
import math
import numbers
from collections.abc import Collection
from typing import Any

MAX_SEED = 2**63 - 1  # what every random generator here takes: PyTorch's, and NumPy's through a SeedSequence


class DiffusionLibError(Exception):
    """Base class of everything that this library raises on purpose."""


class ConfigError(DiffusionLibError, ValueError):
    """A bad argument or parameter; raised before any work starts."""


class CheckpointError(DiffusionLibError, RuntimeError):
    """A checkpoint directory cannot be used as asked."""


class CheckpointCorrupt(CheckpointError):
    """A file is truncated, has trailing bytes, or differs from its recorded sha256."""


class CheckpointMismatch(CheckpointError):
    """A valid checkpoint of another model, configuration or format version."""


class CheckpointUntrusted(CheckpointError):
    """A file that could run code, or a name that leaves the checkpoint directory."""


class CheckpointSaveError(CheckpointError):
    """Nothing was saved; the previous checkpoint is intact."""


class SaveError(DiffusionLibError, OSError):
    """A file was not written; what was there before is intact."""


class NonFiniteError(DiffusionLibError, ArithmeticError):
    """A loss, gradient, weight or sample became NaN or infinite."""


class WeightsUnavailable(DiffusionLibError, OSError):
    """Pretrained weights or installed data are not on this machine; nothing is substituted silently."""


def check_integer(name: str, value: object, low: int, high: int | None = None) -> int:
    """Return ``value`` as an ``int`` with ``low <= value <= high``, or raise ``ConfigError``.

    ``bool`` is refused although it is an ``int`` in Python: ``T=True`` is a mistake, not one step.
    """
    allowed = f"an integer >= {low}" if high is None else f"an integer in {low}..{high}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ConfigError(f"{name} must be {allowed}, got {value!r} of type {type(value).__name__}")
    number = int(value)
    if number < low or (high is not None and number > high):
        raise ConfigError(f"{name} must be {allowed}, got {value}")
    return number


def check_seed(seed: object, name: str = "seed") -> int:
    """Return ``seed`` if it is one, 0…2⁶³ − 1, or raise ``ConfigError``."""
    return check_integer(name, seed, 0, MAX_SEED)


def check_real(
    name: str, value: object, low: float, high: float, *, open_low: bool = False, open_high: bool = False
) -> float:
    """Return ``value`` as a finite ``float`` in the stated interval, or raise ``ConfigError``."""
    interval = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"
    allowed = f"a finite number in {interval}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ConfigError(f"{name} must be {allowed}, got {value!r} of type {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:  # beyond 1.8e308
        what = f"an integer of {value.bit_length()} bits" if isinstance(value, int) else "one of more than 1024 bits"
        raise ConfigError(f"{name} must be {allowed}, got {what}") from None
    below = number <= low if open_low else number < low
    above = number >= high if open_high else number > high
    if not math.isfinite(number) or below or above:
        raise ConfigError(f"{name} must be {allowed}, got {value!r}")
    return number


def check_range(name: str, index: Any, low: int, high: int, remedy: str) -> None:
    """Raise ``ConfigError`` unless all entries of a tensor of integers lie in low…high, whatever its device.

    A GPU would discover a bad index in the kernel that reads the table, and then refuse all further work.  Inside
    ``torch.compile`` no value can be read, and the compiled program itself raises, with the same words.
    """
    import torch

    allowed = f"{name} must be in {low}..{high}"
    if torch.compiler.is_compiling():
        torch._assert_async(((index >= low) & (index <= high)).all(), f"{allowed}; {remedy}")
    elif (ends := index_range(index)) is not None and not low <= ends[0] <= ends[1] <= high:
        raise ConfigError(f"{allowed}, got {ends[0]} to {ends[1]}; {remedy}")


def index_range(index: Any) -> tuple[int, int] | None:
    """The least and the largest entry of a tensor of integers; None if it is empty or inside ``torch.func.vmap``.

    To read them from a GPU is to wait until it has finished all that was asked of it.  This happens once for each
    tensor: its range is remembered until an operation changes it, and bounds that of its views.  Code that draws the
    entries on the CPU states their range by ``remember_range``, and nothing waits.
    """
    import torch

    if not index.numel():
        return None
    if known := known_range(index):
        return known
    try:
        if index.device.type == "cpu":
            least, most = (int(end) for end in index.aminmax())
            return least, most
        least, most = torch.stack(index.aminmax()).tolist()  # one transfer
    except RuntimeError as error:
        if "vmap" in str(error):  # there a tensor stands for many and has no value of its own
            return None
        raise
    remember_range(index, least, most)
    return least, most


def remember_range(index: Any, low: int, high: int) -> Any:
    """Return ``index``, a tensor of integers whose entries are known to lie in low…high; see ``index_range``."""
    if _recorded(index):
        _ranges()[index] = index._version, low, high
    return index


def known_range(index: Any) -> tuple[int, int] | None:
    """What ``index_range`` would return without a wait for a GPU; None if it is not known."""
    if _recorded(index):
        for tensor in (index, index._base):
            version, *ends = _ranges().get(tensor, (None,)) if tensor is not None else (None,)
            if version == index._version:  # the same for all views
                return tuple(ends)
    return None


def _recorded(index: Any) -> bool:
    """Whether PyTorch records every change to a tensor; one on the CPU may share its memory with a NumPy array."""
    import torch

    return index.device.type != "cpu" and not index.is_inference() and not torch.compiler.is_compiling()


@functools.cache
def _ranges() -> Any:
    """By tensor: the version at which its range was known, and the range; an entry goes with its tensor."""
    from torch.utils.weak import WeakTensorKeyDictionary

    return WeakTensorKeyDictionary()


def check_choice(name: str, value: object, allowed: Collection[str]) -> str:
    """Return ``value`` if it is one of ``allowed``, or raise ``ConfigError`` with the nearest match."""
    if isinstance(value, str) and value in allowed:
        return value
    raise ConfigError(
        f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}{did_you_mean(value, allowed)}"
    )


def did_you_mean(value: object, allowed: Collection[str]) -> str:
    """The end of a message: the nearest of the allowed words, or nothing if none is near."""
    near = difflib.get_close_matches(value, allowed, n=1) if isinstance(value, str) else []
    return f"; did you mean {near[0]!r}?" if near else ""
