"""What all networks have in common: features of time and label, types of prediction, and checks of the input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ConfigError, check_choice, check_integer, check_range, check_real

PREDICTIONS = ("eps", "x_0", "v")
TIME_FEATURES = 8
Known = Any  # the condition of a body: features of time and label (B, n); for a TextDiT, with the words
Layer = TypeVar("Layer", nn.Linear, nn.Conv2d)
LARGEST_SIZE, LARGEST_T = 4096, 100_000  # a typing error should not allocate the memory of the machine


class Network(nn.Module):
    """The base of all networks: ``config``, the time features, the types of prediction, and the checks of the input.

    ``config`` is a plain dict from which ``build`` makes the same network with fresh weights.  ``alpha_bar`` is the
    table ᾱ_0…ᾱ_T of the schedule, which ε-prediction does without.  A network with ``classes`` can be conditioned on
    the label of x_t, and one with v-prediction takes the std of the data as ``data_std``.  A subclass defines
    ``check_x(x_t)``, and ``body(x_t, known)``, which is F; ``known`` (B, 8 + classes) are the features of time, and a 1
    in the column of the label.
    """

    time: Tensor  # buffers, of which row t − 1 is time t
    signal: Tensor
    noise: Tensor
    width: Tensor | None
    one_hot: Tensor

    def __init__(
        self,
        kind: str,
        T: int,
        alpha_bar: Sequence[float] | Tensor | None,
        prediction: str,
        classes: int = 0,
        data_std: float = 1.0,
        **sizes: int,
    ) -> None:
        super().__init__()
        for name, size in sizes.items():
            check_integer(name, size, 1, LARGEST_SIZE)
        check_integer("T", T, 1, LARGEST_T)
        self.classes = check_integer("classes", classes, 0, LARGEST_SIZE)
        self.T, self.prediction = T, check_choice("prediction", prediction, PREDICTIONS)
        if alpha_bar is None and prediction != "eps":
            remedy = 'pass alpha_bar=schedule.alpha_bar, or prediction="eps"'
            raise ConfigError(f"alpha_bar must be given for prediction {prediction!r}, got None; {remedy}")
        data_std = check_real("data_std", data_std, 0, math.inf, open_low=True, open_high=True)
        if data_std != 1 and prediction != "v":
            raise ConfigError(f"data_std must be 1 for prediction {prediction!r}, got {data_std:g}; use prediction v")
        table = None if alpha_bar is None else _as_table(alpha_bar, T, prediction)
        values = None if table is None else table.tolist()
        self.config: dict[str, Any] = {
            "kind": kind, **sizes, "T": T, "alpha_bar": values, "prediction": prediction
        }  # fmt: skip
        if classes:
            self.config["classes"] = classes
        if data_std != 1:
            self.config["data_std"] = data_std
        self.alpha_bar = table  # (T + 1,), of the schedule to which the network belongs; None if it is not known
        kept = torch.ones(T, dtype=torch.float64) if table is None else table[1:]
        s = torch.log1p(999 * torch.arange(1, T + 1, dtype=torch.float64) / T) / math.log(1000)
        time = torch.cos(math.pi * s[:, None] * torch.arange(1, TIME_FEATURES + 1))
        # row t − 1 is time t, so that no row answers to t = 0; config rebuilds these tables, a checkpoint need not
        self.register_buffer("time", time.float(), persistent=False)
        self.register_buffer("signal", kept.sqrt().float(), persistent=False)
        one_hot = functional.pad(torch.eye(classes), (0, 0, 1, 0))  # row label + 1; the first is unconditional
        self.register_buffer("one_hot", one_hot, persistent=False)
        self.register_buffer("noise", (1 - kept).sqrt().float(), persistent=False)
        width = (kept * data_std**2 + 1 - kept).sqrt()  # √V of the states, 1 for data of std 1
        self.register_buffer("width", width.float() if data_std != 1 else None, persistent=False)

    def check_x(self, x_t: Tensor) -> None:
        """Raise ``ConfigError`` unless the shape of x_t is one that the network takes."""
        raise NotImplementedError

    def body(self, x_t: Tensor, known: Known) -> Tensor:
        """F, in the shape of x_t."""
        raise NotImplementedError

    def check_schedule(self, T: int, alpha_bar: Tensor) -> None:
        """Raise ``ConfigError`` unless the network belongs to a schedule of T steps with the table ᾱ_0…ᾱ_T."""
        remedy = "use the schedule that the network was made or trained with"
        if T != self.T:
            raise ConfigError(f"schedule must have the {self.T} steps of the network, got T = {T}; {remedy}")
        if self.alpha_bar is None or torch.allclose(self.alpha_bar, alpha_bar, rtol=1e-4, atol=1e-9):
            return
        t = int((self.alpha_bar - alpha_bar).abs().argmax())
        what = f"{alpha_bar[t]:.4g} and {self.alpha_bar[t]:.4g} at t = {t}"
        raise ConfigError(f"schedule must have the alpha_bar of the network, got {what}; {remedy}")

    def adopt_schedule(self, T: int, alpha_bar: Tensor) -> None:
        """Belong to this schedule from now on, if none was known; raise ``ConfigError`` if another one was."""
        self.check_schedule(T, alpha_bar)
        if self.alpha_bar is None:
            self.alpha_bar, self.config["alpha_bar"] = alpha_bar, alpha_bar.tolist()

    def forward(self, x_t: Tensor, t: Tensor, label: Tensor | None = None) -> Tensor:
        """Return eps_hat for x_t (B, …) at times t (B,); ``ConfigError`` if their shapes or types do not fit.

        ``label`` (B,), where the network has ``classes``: 0…classes − 1, or −1 for unconditional, as all are for None.
        """
        F, signal, noise, width = self._answer(x_t, t, label)
        eps_hat = F
        if width is not None:
            eps_hat = (noise * x_t / width + signal * self.config["data_std"] * F) / width
        elif self.prediction == "v":
            eps_hat = noise * x_t + signal * F
        elif self.prediction == "x_0":
            eps_hat = (x_t - signal * F) / noise
        return eps_hat.to(x_t.dtype)  # under autocast x_t may be narrower than the tables

    def v(self, x_t: Tensor, t: Tensor, label: Tensor | None = None) -> Tensor:
        """v̂, arguments as of a call, for prediction "v": where ᾱ_t = 0 it determines x̂_0, which ε̂ = x_t does not."""
        if self.prediction != "v":
            raise ConfigError(f'prediction must be "v" for v, got {self.prediction!r}; use v_from_eps elsewhere')
        F, signal, noise, width = self._answer(x_t, t, label)
        if width is None:
            return F
        std = self.config["data_std"]
        return ((noise * signal * (1 - std**2) * x_t / width + std * F) / width).to(x_t.dtype)

    def _answer(self, x_t: Tensor, t: Tensor, label: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """F in the dtype of x_t; √ᾱ_t, √(1 − ᾱ_t) and √V_t, or None for V = 1, ready to broadcast against it."""
        self._check_dtype(x_t)
        self.check_x(x_t)
        t = _check_index("t", t, x_t, 1, self.T, "make the network with T=schedule.T")
        time, signal, noise = (table.index_select(0, t - 1) for table in (self.time, self.signal, self.noise))
        shape = (-1, *[1] * (x_t.ndim - 1))
        width = None if self.width is None else self.width.index_select(0, t - 1).view(shape)
        F = self.body(x_t if width is None else x_t / width, self._known(time, label, x_t)).to(x_t.dtype)
        return F, signal.view(shape), noise.view(shape), width

    def _check_dtype(self, x_t: Tensor) -> None:
        own = self.time.dtype  # the parameters', unless some of them were converted alone
        if not isinstance(x_t, Tensor):
            raise ConfigError(f"x_t must be a tensor (B, ...), got {type(x_t).__name__}; use torch.as_tensor")
        if x_t.dtype != own and not torch.is_autocast_enabled(x_t.device.type):
            raise ConfigError(f"x_t must be {own} as the network is, got {x_t.dtype}; use x_t.to({own})")

    def _known(self, time: Tensor, label: Tensor | None, x_t: Tensor) -> Known:
        """The features of time and label; those of the unconditional label are zeros."""
        if label is None:
            return functional.pad(time, (0, self.classes)) if self.classes else time
        if not self.classes:
            raise ConfigError("label must be None for a network without classes; make it with classes=10, say")
        label = _check_index("label", label, x_t, -1, self.classes - 1, "-1 means unconditional")
        return torch.cat([time, self.one_hot.index_select(0, label + 1)], dim=1)


def zero(layer: Layer) -> Layer:
    """Start a branch at 0, so that the network starts from its skip connections alone."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _check_index(name: str, index: Tensor, x_t: Tensor, low: int, high: int, remedy: str) -> Tensor:
    """Return ``index`` if it is int64 (B,), on the device of x_t, and in low…high, or raise ``ConfigError``.

    The range is checked before a table is read: on a GPU an index out of range ends the whole process.  Samplers,
    guidance and training know the range of theirs, so that a call of theirs does not wait for the GPU.
    """
    known = isinstance(index, Tensor) and index.dtype == torch.int64 and index.device == x_t.device
    if not known or index.shape != x_t.shape[:1]:
        what = repr(index)
        if isinstance(index, Tensor):
            what = f"{index.dtype} of shape {tuple(index.shape)} on {index.device}"
        allowed = f"int64 of shape ({len(x_t)},) on {x_t.device}"
        raise ConfigError(f"{name} must be {allowed}, got {what}; use one integer per sample")
    check_range(name, index, low, high, remedy)
    return index


def _as_table(alpha_bar: Sequence[float] | Tensor, T: int, prediction: str) -> Tensor:
    table = torch.as_tensor(alpha_bar, dtype=torch.float64, device="cpu").detach()
    falls = table.shape == (T + 1,) and table[0] == 1 and bool((table.diff() < 0).all())
    if not falls or table[-1] < 0 or (table[-1] == 0 and prediction != "v"):
        allowed = f"the table of {T + 1} falling values from 1 at t = 0 to above 0 at t = T (or 0, to predict v)"
        raise ConfigError(f"alpha_bar must be {allowed}, got shape {tuple(table.shape)}; use schedule.alpha_bar")
    return table
