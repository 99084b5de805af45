"""The optimiser of a run: AdamW on the one vector of all trained parameters, or one of your own on the layers.

An own one is made by a function of the list of trained parameters, ``lambda parameters: torch.optim.SGD(parameters,
lr=0.1, momentum=0.9)``, which may put them into groups.  The layers are stretches of the one vector, so that the
average and the clipping of the gradient do not notice.  Its learning rates, one for each group, are those at the start,
and the decay and warm-up of ``TrainConfig`` multiply them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import CheckpointCorrupt, CheckpointSaveError, ConfigError
from .config import TrainConfig

Make = Callable[[list[nn.Parameter]], Optimizer]
START = "initial_lr"  # of a group of an own optimiser; the name is that of PyTorch's schedulers
PREFIX = "optimizer/"
NUMBERS = {"float": (float, torch.float64), "int": (int, torch.int64), "bool": (bool, torch.bool)}


def adamw(parameters: nn.Parameter, config: TrainConfig) -> Optimizer:
    """AdamW on the vector of all parameters, with its state in place."""
    optimizer = torch.optim.AdamW([parameters], lr=config.lr, weight_decay=config.weight_decay, fused=True)
    optimizer.state[parameters] = {  # not left to the first step: a state has the same tensors at all times
        "step": torch.zeros((), dtype=torch.float32, device=parameters.device),
        "exp_avg": torch.zeros_like(parameters),
        "exp_avg_sq": torch.zeros_like(parameters),
    }
    return optimizer


def own(make: Make, layers: Sequence[nn.Parameter]) -> Optimizer:
    """The optimiser that ``make`` returns for the layers; ``ConfigError`` unless it has each of them, once."""
    if not callable(make):
        what = f"got {type(make).__name__}; pass lambda parameters: torch.optim.SGD(parameters, lr=0.1)"
        raise ConfigError(f"optimizer must be a function of the parameters, {what}")
    optimizer = make(list(layers))
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, torch.optim.LBFGS):
        what = "that steps without a closure, as all but LBFGS do"
        raise ConfigError(f"optimizer must return a torch.optim.Optimizer {what}, got {type(optimizer).__name__}")
    held = [id(parameter) for parameter in _held(optimizer)]
    if sorted(held) != sorted(map(id, layers)):
        what = f"got {len(set(held) & set(map(id, layers)))} of {len(layers)} among {len(held)}"
        raise ConfigError(f"optimizer must hold each trained parameter once, {what}; freeze what should not change")
    for group in optimizer.param_groups:
        group[START] = float(group["lr"])
    return optimizer


def is_own(optimizer: Optimizer) -> bool:
    """Was it made by ``own``?"""
    return START in optimizer.param_groups[0]


def set_rates(optimizer: Optimizer, config: TrainConfig, step: int) -> float:
    """Set the learning rates of the step that follows ``step`` finished ones, and return that of the first group."""
    for group in optimizer.param_groups:
        group["lr"] = group[START] * config.lr_factor_at(step) if START in group else config.lr_at(step)
    return optimizer.param_groups[0]["lr"]


def settings(optimizer: Optimizer) -> dict[str, Any]:
    """Class and plain settings of an own optimiser, on which a run depends; {} for the default."""
    if not is_own(optimizer):
        return {}
    groups = [
        {"parameters": len(group["params"])}
        | {key: value for key, value in group.items() if key != "lr" and isinstance(value, int | float | str)}
        | {key: list(value) for key, value in group.items() if key == "betas"}
        for group in optimizer.param_groups
    ]
    return {"optimizer": {"class": type(optimizer).__qualname__, "groups": groups}}


def tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    """All that an own optimiser remembers, as tensors by name; numbers too, also those that it keeps in its groups.

    Raises ``CheckpointSaveError`` for what is neither.
    """
    found: dict[str, Tensor] = {}
    for i, parameter in enumerate(_held(optimizer)):
        for key, value in optimizer.state.get(parameter, {}).items():
            found |= _stored(f"{PREFIX}{i}/{key}", value)
    for i, group in enumerate(optimizer.param_groups):
        for key, value in group.items():
            if type(value) in (int, float) and key not in ("lr", START):
                found |= _stored(f"{PREFIX}group-{i}/{key}", value)
    return found


def restore(optimizer: Optimizer, stored: dict[str, Tensor]) -> None:
    """Give an own optimiser back what ``tensors`` returned; ``CheckpointCorrupt`` for what it did not."""
    state: dict[int, dict[str, Any]] = {}
    content = optimizer.state_dict()
    try:
        for name, value in stored.items():
            place, key, *kind = name.removeprefix(PREFIX).split("/")
            plain = NUMBERS[kind[0]][0](value) if kind else value
            if place.startswith("group-"):
                content["param_groups"][int(place.removeprefix("group-"))][key] = plain
            else:
                state.setdefault(int(place), {})[key] = plain
        optimizer.load_state_dict({"state": state, "param_groups": content["param_groups"]})
    except (ValueError, LookupError, RuntimeError) as error:
        what = f"got {type(error).__name__}: {error}"
        raise CheckpointCorrupt(f"a checkpoint must hold the state of the optimizer, {what}") from error


def _held(optimizer: Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _stored(name: str, value: Any) -> dict[str, Tensor]:
    if value is None:
        return {}
    if isinstance(value, Tensor):
        return {name: value}
    for kind, (plain, dtype) in NUMBERS.items():
        if type(value) is plain:
            return {f"{name}/{kind}": torch.tensor(value, dtype=dtype)}
    what = f"{name} of type {type(value).__name__}; use an optimiser without it"
    raise CheckpointSaveError(f"the state of an optimizer must be tensors and numbers, got {what}")
