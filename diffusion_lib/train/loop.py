r"""Training fits ε̂(x_t, t) to the noise ε that made x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε.

The loss is L_simple = E ‖ε − ε̂(x_t, t)‖² per dimension, over x_0 from the data, t uniform in 1…T and ε ~ N(0, I)
(DDPM eq. 14 and Algorithm 1): the variational bound without its weights, which ``bound.weight`` puts back.  Its
minimiser is E[ε | x_t], and its minimum is not zero, because x_t does not determine ε.

Four things make a short run good: AdamW with a clipped gradient, a learning rate that falls along a cosine, sampling
from an exponential moving average (EMA) of the parameters, and drawing t more often where there is more to learn.  The
loop is a generator: whoever iterates it logs, plots, saves or stops between steps.  All random numbers come from one
CPU generator in the state, so that a run draws the same on every device, and resumes bit for bit from a checkpoint of
the state.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from ..errors import ConfigError, NonFiniteError
from ..networks import Network
from ..process.identities import Model, add_noise, check_together, predict_eps
from ..process.schedule import Schedule
from ..runtime.device import autocast
from ..runtime.processes import Processes
from . import optimizer as optimizers
from .batch import ALONE, sampling_and_weight
from .config import TrainConfig
from .data import Draw, batches
from .gradient import batch_gradient, gradient_buffer

Loss = Callable[[nn.Module, int, torch.Generator], Tensor]


class TrainRecord(NamedTuple):
    """What one step did: ``loss`` before its update, per dimension; ``grad_norm`` before clipping."""

    step: int
    loss: float
    lr: float
    grad_norm: float


@dataclass
class TrainState:
    """All that changes during training; with equal states, equal configurations continue equally, bit for bit.

    The trained parameters of the model are views of one vector, ``parameters``, and so is their average of
    ``average``: then clipping, AdamW and EMA are one operation each, however many layers there are.  Buffers are in
    neither, and neither are frozen parameters, those with ``requires_grad=False``: training does not change them.
    """

    model: nn.Module
    parameters: nn.Parameter  # (P,)
    average: Tensor  # (P,)
    optimizer: torch.optim.Optimizer
    step: int
    generator: torch.Generator

    @classmethod
    def create(
        cls,
        model: nn.Module,
        config: TrainConfig,
        device: torch.device | str = "cpu",
        optimizer: optimizers.Make | None = None,
    ) -> TrainState:
        """Move the model to ``device`` and start at step 0, with the random stream of ``config.seed``.

        ``optimizer`` makes an optimiser of the list of trained parameters; None is AdamW.  See ``train.optimizer``.
        Raises ``ConfigError`` unless the model has parameters to train, all of one dtype.
        """
        _check_layers(trained := trained_parameters(model))
        model = model.to(device).train()
        layers = list(trained.values())
        parameters = nn.Parameter(parameters_to_vector(layers).detach())
        vector_to_parameters(parameters, layers)
        made = optimizers.adamw(parameters, config) if optimizer is None else optimizers.own(optimizer, layers)
        generator = torch.Generator().manual_seed(config.seed)
        return cls(model, parameters, parameters.detach().clone(), made, 0, generator)

    @property
    def ema(self) -> dict[str, Tensor]:
        """The averages by the names of the trained parameters, as views of ``average``."""
        named = trained_parameters(self.model)
        parts = self.average.split([parameter.numel() for parameter in named.values()])
        return {name: part.view_as(named[name]) for name, part in zip(named, parts, strict=True)}

    def ema_model(self) -> nn.Module:
        """Return a copy of the model with the averaged parameters, for sampling; the original is untouched."""
        model = copy.deepcopy(self.model).requires_grad_(False).eval()
        for name, average in self.ema.items():
            model.get_parameter(name).copy_(average)
        return model

    def update(self, loss: Tensor, gradient: Tensor, config: TrainConfig) -> TrainRecord:
        """Take one step of optimizer and average; a gradient longer than ``grad_clip`` is shortened in place.

        Raises ``NonFiniteError`` before anything changes.
        """
        record = _record(loss, gradient.norm(), self.step, optimizers.set_rates(self.optimizer, config, self.step))
        if record.grad_norm > config.grad_clip:
            gradient *= config.grad_clip / record.grad_norm
        self.parameters.grad = gradient
        self.optimizer.step()
        self.average.lerp_(self.parameters.detach(), 1 - config.ema_decay_at(self.step))
        self.step += 1
        return record


def trained_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that training changes, by name: all that are not frozen by ``requires_grad_(False)``."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def _check_layers(trained: dict[str, nn.Parameter]) -> None:
    if not trained:
        raise ConfigError("model must have parameters to train, got none; call requires_grad_(True) on some")
    first, *others = trained.items()
    for name, parameter in others:  # all go into one vector, which has one dtype
        if parameter.dtype != first[1].dtype:
            what = f"{first[1].dtype} in {first[0]} and {parameter.dtype} in {name}"
            raise ConfigError(f"trained parameters must have one dtype, got {what}; convert or freeze one of them")


def eps_loss(
    model: Model, schedule: Schedule, x_0: Tensor, t: Tensor, eps: Tensor, weight: Tensor | None = None
) -> Tensor:
    """L_simple = mean of (ε − ε̂(x_t, t))² over batch and dimensions, a scalar (DDPM eq. 14).

    ``x_0`` and ``eps`` (B, …), ``t`` (B,).  A model that always answers 0 has loss 1, the variance of ε.  With
    ``weight``, a table (T + 1,), each sample's error is multiplied by weight[t].
    """
    check_together(model, schedule)
    eps_hat = predict_eps(model, add_noise(schedule, x_0, t, eps), t)
    if weight is None:
        return mse_loss(eps_hat.to(eps.dtype), eps)
    weight = weight.index_select(0, t).view(-1, *[1] * (eps.ndim - 1))
    return (weight * (eps_hat.to(eps.dtype) - eps).square()).mean()


def train(
    state: TrainState,
    data: Any,
    schedule: Schedule,
    config: TrainConfig,
    processes: Processes = ALONE,
    labels: Tensor | None = None,
) -> Iterator[TrainRecord]:
    """Continue from ``state.step`` to ``config.steps``, updating ``state`` and yielding a record after each step.

    Each step draws a batch from ``data`` with replacement, so that there may be fewer samples than the batch size.
    ``data`` is a tensor (n, …), a Dataset, a DataLoader or the path of a folder of images; ``train.data`` says what
    each of them promises.  With ``labels`` (n,), or where the items of a Dataset are pairs, the model is called as
    model(x_t, t, label), and is told nine labels in ten.  A network that was made without the table of a schedule
    belongs to this one from now on.  Each batch is split between several ``processes``; their states, data and
    configurations are equal before and after a step.  Raises ``ConfigError`` at the call for unusable data or labels,
    and ``NonFiniteError`` before an update from a loss or gradient that is not finite; parameters, EMA and optimizer
    are then those of the last good step.
    """
    check_together(state.model, schedule)
    if config.batch_size % processes.size:
        n = processes.size
        raise ConfigError(f"batch_size must be a multiple of the {n} processes, got {config.batch_size}; change one")
    return _steps(
        state, config, _batches(state, batches(data, labels, state, config, processes), schedule, config, processes)
    )


def minimise(state: TrainState, config: TrainConfig, loss_of: Loss) -> Iterator[TrainRecord]:
    """Continue as ``train`` does, with the loss ``loss_of(model, step, generator)``, which may depend on the step.

    It draws what it needs from the state's generator, so that a resumed run draws the same, and calls its networks in
    the precision that it wants: ``config.precision`` is not applied to it.
    """

    def backward(gradient: Tensor) -> Tensor:
        gradient.zero_()
        loss = loss_of(state.model, state.step, state.generator)
        loss.backward()
        return loss.detach()

    return _steps(state, config, backward)


def _steps(state: TrainState, config: TrainConfig, backward: Callable[[Tensor], Tensor]) -> Iterator[TrainRecord]:
    """Take the steps; ``backward`` writes the gradient of a batch into a vector (P,), and returns the loss."""
    layers = list(trained_parameters(state.model).values())
    if (count := sum(layer.numel() for layer in layers)) != state.parameters.numel():
        what = f"{count} of them train now, and {state.parameters.numel()} did when it was made"
        raise ConfigError(f"the parameters of a state must stay frozen or trained, {what}; make a new TrainState")
    vector_to_parameters(state.parameters, layers)  # a copy of a state has lost its views
    gradient = gradient_buffer(layers)
    while state.step < config.steps:
        yield state.update(backward(gradient), gradient, config)


def _batches(
    state: TrainState, draw: Draw, schedule: Schedule, config: TrainConfig, processes: Processes
) -> Callable[[Tensor], Tensor]:
    """The loss of the batches that ``draw`` returns, and its gradient, shared among the processes."""
    if isinstance(state.model, Network):
        state.model.adopt_schedule(schedule.T, schedule.to("cpu", torch.float64).alpha_bar)
    p, weight = sampling_and_weight(schedule, config, state.parameters)
    model = torch.compile(state.model) if config.compile else state.model
    parts, precision = config.micro_batches, autocast(state.parameters.device, config.precision)

    def loss_of(x_0: Tensor, t: Tensor, eps: Tensor, *label: Tensor) -> Tensor:
        with precision:
            return eps_loss(lambda x_t, t: model(x_t, t, *label), schedule, x_0, t, eps, weight)

    def backward(gradient: Tensor) -> Tensor:
        nonlocal parts
        loss, parts = batch_gradient(loss_of, gradient, draw(p), parts)
        processes.average([loss, gradient])
        return loss

    return backward


def _record(loss: Tensor, norm: Tensor, step: int, lr: float) -> TrainRecord:
    """Check both numbers in one transfer from the device.  A NaN anywhere in the gradient shows in its norm."""
    value, size = torch.stack([loss, norm.to(loss)]).tolist()
    if not (math.isfinite(value) and math.isfinite(size)):
        what = f"got loss {value} and gradient norm {size} at step {step + 1}, lr {lr:.3g}"
        raise NonFiniteError(f"loss and gradient must be finite, {what}; lower lr, or look at the data")
    return TrainRecord(step + 1, value, lr, size)
