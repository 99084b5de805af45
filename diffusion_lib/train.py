r"""Training fits ε̂(x_t, t) to the noise ε that made x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε.

The loss is L_simple = E ‖ε − ε̂(x_t, t)‖² per dimension, over x_0 from the data, t uniform in 1…T and ε ~ N(0, I)
(DDPM eq. 14 and Algorithm 1): the variational bound without its weights.  Its minimiser is E[ε | x_t], and its minimum
is not zero, because x_t does not determine ε.

Three things make a short run good: AdamW with a clipped gradient, a learning rate that falls along a cosine, and
sampling from an exponential moving average (EMA) of the parameters.  The loop is a generator: whoever iterates it logs,
plots, saves or stops between steps.  All random numbers come from one CPU generator in the state, so that a run
draws the same on every device, and resumes bit for bit from a checkpoint of the state.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from .data import check_data
from .device import autocast
from .errors import ConfigError, NonFiniteError, check_choice, check_integer, check_real
from .process import Denoiser, add_noise, predict_eps
from .schedule import Schedule

MAX_STEPS = 10**9 - 1  # nine digits in a checkpoint's name
MAX_SEED = 2**63 - 1
LR_DECAYS = ("cosine", "none")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that a run depends on besides schedule, denoiser and data; bad values raise ``ConfigError``.

    ``lr_decay="cosine"``: lr · ½ (1 + cos(π k / steps)) for k = 0…steps−1, so from ``lr`` to almost 0; the last steps
    then average the noise of the gradient away, which a constant rate (``"none"``) leaves to the EMA alone.
    ``ema_decay`` is the limit of the decay min(ema_decay, (1 + k) / (10 + k)): the short memory at the start forgets
    the initial weights.  ``grad_clip`` bounds the gradient's global 2-norm.
    """

    steps: int
    batch_size: int = 256
    lr: float = 2e-3
    lr_decay: str = "cosine"
    ema_decay: float = 0.995
    grad_clip: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_integer("steps", self.steps, 1, MAX_STEPS)
        check_integer("batch_size", self.batch_size, 1, 2**20)
        check_real("lr", self.lr, 0.0, 1.0, open_low=True)
        check_choice("lr_decay", self.lr_decay, LR_DECAYS)
        check_real("ema_decay", self.ema_decay, 0.0, 1.0, open_high=True)
        check_real("grad_clip", self.grad_clip, 0.0, 1e6, open_low=True)
        check_integer("seed", self.seed, 0, MAX_SEED)

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Rebuild a configuration; unknown or missing names raise ``ConfigError``."""
        names = {field.name for field in fields(cls)}
        if unlike := names.symmetric_difference(values):
            raise ConfigError(
                f"train config must have the fields {sorted(names)}, got {sorted(values)}: {unlike} differ"
            )
        return cls(**values)

    def lr_at(self, step: int) -> float:
        """Learning rate of the step that follows ``step`` finished ones."""
        return self.lr * (0.5 * (1 + math.cos(math.pi * step / self.steps)) if self.lr_decay == "cosine" else 1.0)

    def ema_decay_at(self, step: int) -> float:
        """EMA decay of the step that follows ``step`` finished ones."""
        return min(self.ema_decay, (1 + step) / (10 + step))


class TrainRecord(NamedTuple):
    """What one step did: ``loss`` before its update, per dimension; ``grad_norm`` before clipping."""

    step: int
    loss: float
    lr: float
    grad_norm: float


@dataclass
class TrainState:
    """All that changes during training; with equal states, equal configurations continue equally, bit for bit.

    ``ema`` maps the name of each parameter to its average, and has no entry for buffers.
    """

    denoiser: nn.Module
    ema: dict[str, Tensor]
    optimizer: torch.optim.AdamW
    step: int
    generator: torch.Generator

    @classmethod
    def create(cls, denoiser: nn.Module, config: TrainConfig, device: torch.device | str = "cpu") -> TrainState:
        """Move the denoiser to ``device`` and start at step 0, with the random stream of ``config.seed``."""
        denoiser = denoiser.to(device).train()
        ema = {name: parameter.detach().clone() for name, parameter in denoiser.named_parameters()}
        optimizer = torch.optim.AdamW(denoiser.parameters(), lr=config.lr, fused=True)
        for parameter in denoiser.parameters():  # not left to the first step: a state has the same tensors at all times
            optimizer.state[parameter] = {
                "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            }
        return cls(denoiser, ema, optimizer, 0, torch.Generator().manual_seed(config.seed))

    def ema_denoiser(self) -> nn.Module:
        """Return a copy of the denoiser with the averaged parameters, for sampling; the original is untouched."""
        denoiser = copy.deepcopy(self.denoiser).requires_grad_(False).eval()
        for name, parameter in denoiser.named_parameters():
            parameter.copy_(self.ema[name])
        return denoiser


def eps_loss(denoiser: Denoiser, schedule: Schedule, x_0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    """L_simple = mean of (ε − ε̂(x_t, t))² over batch and dimensions, a scalar (DDPM eq. 14).

    ``x_0`` and ``eps`` (B, …), ``t`` (B,).  A denoiser that always answers 0 has loss 1, the variance of ε.
    """
    eps_hat = predict_eps(denoiser, add_noise(schedule, x_0, t, eps), t)
    return mse_loss(eps_hat.to(eps.dtype), eps)


def train(state: TrainState, data: Tensor, schedule: Schedule, config: TrainConfig) -> Iterator[TrainRecord]:
    """Continue from ``state.step`` to ``config.steps``, updating ``state`` and yielding a record after each step.

    Each step draws a batch from ``data`` (n, …) with replacement, so that n may be less than the batch size.  Raises
    ``ConfigError`` at the call for unusable data, and ``NonFiniteError`` before an update from a loss or gradient that
    is not finite; parameters, EMA and optimizer are then those of the last good step.
    """
    check_data(data)
    parameter = next(state.denoiser.parameters())
    return _steps(state, data.to(parameter.device, parameter.dtype), schedule, config)


def _steps(state: TrainState, data: Tensor, schedule: Schedule, config: TrainConfig) -> Iterator[TrainRecord]:
    parameters = list(state.denoiser.parameters())
    averages = list(state.ema.values())
    precision = autocast(data.device)
    while state.step < config.steps:
        x_0, t, eps = _draw(data, schedule.T, config.batch_size, state.generator)
        state.optimizer.zero_grad()
        with precision:
            loss = eps_loss(state.denoiser, schedule, x_0, t, eps)
        loss.backward()
        norm = get_total_norm([p.grad for p in parameters if p.grad is not None], foreach=True)
        record = _record(loss.detach(), norm, state.step, config)
        if record.grad_norm > config.grad_clip:
            clip_grads_with_norm_(parameters, config.grad_clip, norm, foreach=True)
        for group in state.optimizer.param_groups:
            group["lr"] = record.lr
        state.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(averages, parameters, 1 - config.ema_decay_at(state.step))
        state.step += 1
        yield record


def _record(loss: Tensor, norm: Tensor, step: int, config: TrainConfig) -> TrainRecord:
    """Check both numbers in one transfer from the device.  A NaN anywhere in the gradient shows in its norm."""
    loss, norm = torch.stack([loss, norm.to(loss)]).tolist()
    lr = config.lr_at(step)
    if not (math.isfinite(loss) and math.isfinite(norm)):
        what = f"got loss {loss} and gradient norm {norm} at step {step + 1}, lr {lr:.3g}"
        raise NonFiniteError(f"loss and gradient must be finite, {what}; lower lr, or look at the data")
    return TrainRecord(step + 1, loss, lr, norm)


def _draw(data: Tensor, T: int, batch_size: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw x_0 (B, …), t (B,) and ε (B, …) on the CPU, hence alike everywhere, and bring them to the data's device."""
    index = torch.randint(0, len(data), (batch_size,), generator=generator)
    t = torch.randint(1, T + 1, (batch_size,), generator=generator)  # the upper bound is exclusive
    eps = torch.randn(batch_size, *data.shape[1:], generator=generator, dtype=data.dtype)
    return data[index.to(data.device)], t.to(data.device), eps.to(data.device)
