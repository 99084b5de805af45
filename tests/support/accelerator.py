"""An accelerator for machines that have none: a device of PyTorch's own kind, whose tensors the processor computes.

``install`` registers the device ``emulated``.  A tensor there holds its numbers in a tensor of the CPU, and every
operation computes on those, so values are real.  What the emulation adds is what CUDA refuses: an operation on tensors
of two devices raises a ``RuntimeError``, and so does a generator of the CPU; NumPy reads no tensor of the device; an
index out of range ends the process, as every later operation fails.  As on CUDA, a CPU tensor without dimensions may
join an elementwise operation, and a CPU index may index a tensor of the accelerator.  PyTorch's own fake tensors must
agree with each result, see ``fakes``.  ``WAITS`` says where a program would have waited for the accelerator.

PyTorch fixes the kinds of devices when it first computes a gradient, so install before that, in a process of its own.
"""

from __future__ import annotations

import functools

import fakes
import torch
from torch import Tensor
from torch.utils._device import _device_constructors
from torch.utils._pytree import tree_flatten, tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "emulated"
SET_DATA = Tensor.data.__set__
aten = torch.ops.aten
COPIES = {aten.copy_.default, aten._to_copy.default, aten._copy_from.default}
INDEXED = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default}
ASSERT = f"{NAME} error: device-side assert triggered; no later operation of this process can succeed"
ON_BOTH = COPIES | {aten.set_.source_Tensor}
READS = {aten._local_scalar_dense.default, aten.equal.default, aten.nonzero.default, aten.masked_select.default}
WAITS: list[str] = []  # operations for which a program would wait until the accelerator has finished all earlier ones


class Emulated(Tensor):
    """A tensor of the accelerator; ``numbers`` is the CPU tensor that holds its values."""

    numbers: Tensor

    @staticmethod
    def __new__(cls, numbers: Tensor, requires_grad: bool = False) -> Emulated:
        made = Tensor._make_wrapper_subclass(
            cls,
            numbers.shape,
            strides=numbers.stride(),
            storage_offset=numbers.storage_offset(),
            dtype=numbers.dtype,
            device=f"{NAME}:0",
            requires_grad=requires_grad,
        )
        made.numbers = numbers.detach()
        return made

    def __tensor_flatten__(self):
        return ["numbers"], None

    @staticmethod
    def __tensor_unflatten__(inner, context, size, stride):
        return Emulated(inner["numbers"])

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func == SET_DATA and isinstance(args[0], Emulated):
            if not isinstance(args[1], Emulated):
                raise RuntimeError(f"data of a tensor on {NAME} must be on {NAME}, got {args[1].device}")
            args[0].numbers = args[1].numbers
        if func in (Tensor.numpy, Tensor.__array__):
            raise TypeError(f"can't convert {NAME} device type tensor to numpy; use Tensor.cpu() first")
        if func in (Tensor.tolist, Tensor.__format__):
            WAITS.append("read")
            return func(args[0].numbers, *args[1:])
        if func in (Tensor.__getitem__, Tensor.__setitem__):
            index = args[1] if isinstance(args[1], tuple) else (args[1],)
            index = tuple(torch.tensor(part) if isinstance(part, list) else part for part in index)
            args = (args[0], index, *args[2:])
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return compute(func, args, kwargs or {})

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = made = Emulated(self.numbers.clone(), self.requires_grad)
            if isinstance(self, torch.nn.Parameter):
                made._is_param = True
        return memo[id(self)]

    def __repr__(self, **_):
        return f"{self.numbers!r} on {NAME}"


def compute(func, args, kwargs):
    """Compute on the CPU what is asked of the accelerator, or refuse it."""
    if _Module.dead:
        raise RuntimeError(ASSERT)
    refuse_mixtures(func, args, kwargs)
    note_wait(func, args, kwargs)
    asked = args, dict(kwargs)
    device = kwargs.get("device")
    ours = device is None or torch.device(device).type == NAME
    if ours and "generator" in kwargs and kwargs["generator"] is not None:
        raise RuntimeError(f"Expected a '{NAME}' device type for generator but found 'cpu'")
    if func is aten._fused_sdp_choice.default:
        return 0  # the plain formula
    if device is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    tensors = [t for t in tree_flatten((args, kwargs))[0] if isinstance(t, Tensor)]
    owners = {id(t.numbers if isinstance(t, Emulated) else t): t for t in tensors}  # in place
    given, named = tree_map_only(Emulated, lambda t: t.numbers, (args, kwargs))
    try:
        found = func(*given, **named)
    except IndexError as error:
        if not any(isinstance(t, Tensor) and not t.is_floating_point() for t in tree_flatten(given[1:])[0]):
            raise  # a plain number out of range is seen before the kernel starts
        _Module.dead = True
        raise RuntimeError(ASSERT) from error
    made = tree_map_only(Tensor, lambda t: owners[id(t)] if id(t) in owners else Emulated(t) if ours else t, found)
    fakes.compare(func, *asked, made)
    return made


def refuse_mixtures(func, args, kwargs):
    """Raise the ``RuntimeError`` that CUDA raises for tensors of two devices."""
    if func in ON_BOTH:
        return
    tensors = [t for t in tree_flatten((args, kwargs))[0] if isinstance(t, Tensor)]
    if func in INDEXED and isinstance(args[0], Emulated):
        tensors = [t for t in tree_flatten((args[0], args[2:]))[0] if isinstance(t, Tensor)]
    others = [t for t in tensors if not isinstance(t, Emulated)]
    if torch.Tag.pointwise in func.tags or func in INDEXED:
        others = [t for t in others if t.ndim]
    if (others and len(others) < len(tensors)) or (others and "device" in kwargs):
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, {NAME}:0 and "
            f"{others[0].device}! (when checking {func})"
        )


def note_wait(func, args, kwargs):
    """Note what ``torch.cuda.set_sync_debug_mode`` warns of: a number that is read, and a copy from or to the CPU."""
    if func in READS or (func in INDEXED and any(t is not None and t.dtype == torch.bool for t in args[1])):
        WAITS.append("read")
    if func in COPIES:
        ours = {isinstance(t, Emulated) for t in tree_flatten(args)[0] if isinstance(t, Tensor)}
        if kwargs.get("device") is not None:
            ours.add(torch.device(kwargs["device"]).type == NAME)
        if len(ours) > 1:
            WAITS.append("copy")


class _Module:
    """What PyTorch asks of a device's module; ``dead`` after an assertion failed on the device."""

    dead = False

    def is_available(self):
        return True

    def is_initialized(self):
        return True

    def _is_in_bad_fork(self):
        return False

    def manual_seed_all(self, seed):
        pass

    def device_count(self):
        return 1

    def current_device(self):
        return 0

    def get_amp_supported_dtype(self):
        return [torch.bfloat16, torch.float16]

    def synchronize(self, device=None):
        pass

    def empty_cache(self):
        pass


def _sent(make):
    """``torch.tensor`` or ``torch.as_tensor``, made on the CPU and then sent to the accelerator."""

    @functools.wraps(make)
    def made(*args, device=None, **options):
        if device is None or torch.device(device).type != NAME:
            return make(*args, device=device, **options)
        return make(*args, **options).to(device)

    return made


def install() -> None:
    """Register the device; once in a process, before the first gradient."""
    _setup_privateuseone_for_python_backend(NAME, _Module())
    global LIBRARY
    LIBRARY = torch.library.Library("_", "IMPL")
    _device_constructors()  # remembers PyTorch's own functions, for ``with torch.device("meta")``
    for name in ("tensor", "as_tensor"):  # their C++ calls the device in a way that Python cannot answer
        setattr(torch, name, _sent(getattr(torch, name)))
    LIBRARY.fallback(lambda func, *args, **kwargs: compute(func, args, kwargs), "PrivateUse1")
    global FACTORIES
    FACTORIES = torch.library.Library("aten", "IMPL")
    for made in (aten.arange.default, aten.arange.start, aten.arange.start_step, aten.eye.default, aten.eye.m):
        FACTORIES.impl(made, lambda *args, made=made, **kwargs: compute(made, args, kwargs), "PrivateUse1")
