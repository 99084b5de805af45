"""The settings of a training run: all that it depends on besides schedule, model and data.

The command ``train`` takes its options from the fields: names, types, default values and ``help`` stand here only.
PyTorch is not imported before a configuration is made, so that ``--help`` does without.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from ..errors import ConfigError, check_choice, check_integer, check_real, check_seed

MAX_STEPS = 10**9 - 1  # nine digits in a checkpoint's name
LR_DECAYS = ("cosine", "none")
TIMESTEP_SAMPLINGS = ("log-normal", "uniform")


def _setting(help: str, default: Any = MISSING, *, later: bool = False) -> Any:
    """A field; one that came ``later`` is left out of ``to_dict`` at its default, so that older runs stay equal."""
    return field(default=default, metadata={"help": help, "later": later})


@dataclass(frozen=True)
class TrainConfig:
    """Settings of ``train.train``, checked when they are made; bad values raise ``ConfigError``.

    ``lr_decay="cosine"``: lr · ½ (1 + cos(π k / steps)) for k = 0…steps−1, so from ``lr`` to almost 0; the last steps
    then average the noise of the gradient away, which a constant rate (``"none"``) leaves to the EMA alone.  In the
    first ``warmup`` steps the rate is also multiplied by (k + 1) / warmup.  ``lr`` and ``weight_decay`` are those of
    AdamW; an optimiser of your own brings its own, and its rates are multiplied in the same way.
    ``ema_decay`` is the limit of the decay min(ema_decay, (1 + k) / (10 + k)): the short memory at the start forgets
    the initial weights.  ``grad_clip`` bounds the gradient's global 2-norm.

    ``weight`` names the loss, a row of ``bound.weight``.  ``timestep_sampling`` names the distribution of t, a row of
    ``batch.timestep_distribution``, which changes the noise of the loss and not its mean.  The ``micro_batches`` equal
    parts of a batch are computed one after the other, for less memory; the step is the same.  ``precision`` is that of
    ``device.autocast``.  ``compile`` runs the network through torch.compile, which pays after many steps only.
    """

    steps: int = _setting("gradient steps")
    batch_size: int = _setting("samples in a step", 512)
    lr: float = _setting("learning rate at the start", 6e-3)
    lr_decay: str = _setting("cosine (to 0) or none", "cosine")
    ema_decay: float = _setting("decay of the averaged parameters", 0.995)
    grad_clip: float = _setting("largest norm of a gradient", 1.0)
    seed: int = _setting("of weights, data, batches and noise", 0)
    weight: str = _setting("the loss: simple, vlb, x_0, v, truncated_snr, min_snr", "simple")
    timestep_sampling: str = _setting(f"how t is drawn: {', '.join(TIMESTEP_SAMPLINGS)}", "log-normal")
    micro_batches: int = _setting("parts of a batch, computed one by one", 1)
    precision: str = _setting("auto, float32, bfloat16", "auto")
    compile: bool = _setting("run the network through torch.compile", False)
    weight_decay: float = _setting("of AdamW", 0.01, later=True)
    warmup: int = _setting("steps in which the learning rate rises from 0", 0, later=True)

    def __post_init__(self) -> None:
        from ..process.bound import WEIGHTS
        from ..runtime.device import PRECISIONS

        check_integer("steps", self.steps, 1, MAX_STEPS)
        check_integer("batch_size", self.batch_size, 1, 2**20)
        check_real("lr", self.lr, 0.0, 1.0, open_low=True)
        check_choice("lr_decay", self.lr_decay, LR_DECAYS)
        check_real("ema_decay", self.ema_decay, 0.0, 1.0, open_high=True)
        check_real("grad_clip", self.grad_clip, 0.0, 1e6, open_low=True)
        check_seed(self.seed)
        check_choice("weight", self.weight, WEIGHTS)
        check_choice("timestep_sampling", self.timestep_sampling, TIMESTEP_SAMPLINGS)
        if self.batch_size % check_integer("micro_batches", self.micro_batches, 1):
            allowed = f"a divisor of batch_size = {self.batch_size}"
            raise ConfigError(f"micro_batches must be {allowed}, got {self.micro_batches}; change one of them")
        check_choice("precision", self.precision, PRECISIONS)
        if not isinstance(self.compile, bool):
            raise ConfigError(f"compile must be True or False, got {self.compile!r}")
        check_real("weight_decay", self.weight_decay, 0.0, 1.0)
        check_integer("warmup", self.warmup, 0, self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict, for JSON."""
        values = asdict(self)
        for each in fields(self):
            if each.metadata["later"] and values[each.name] == each.default:
                del values[each.name]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainConfig:
        """Rebuild a configuration; unknown or missing names raise ``ConfigError``."""
        names = {field.name for field in fields(cls)}
        later = {field.name for field in fields(cls) if field.metadata["later"]}
        if unlike := names.symmetric_difference(values) - (later - values.keys()):
            got = f"got {sorted(values)}: {unlike} differ"
            raise ConfigError(f"train config must have the fields {sorted(names)}, {got}")
        return cls(**values)

    def lr_factor_at(self, step: int) -> float:
        """What decay and warm-up multiply the learning rate by, in the step that follows ``step`` finished ones."""
        decay = 0.5 * (1 + math.cos(math.pi * step / self.steps)) if self.lr_decay == "cosine" else 1.0
        return decay * (step + 1) / self.warmup if step < self.warmup else decay

    def lr_at(self, step: int) -> float:
        """Learning rate of the step that follows ``step`` finished ones."""
        return self.lr * self.lr_factor_at(step)

    def ema_decay_at(self, step: int) -> float:
        """EMA decay of the step that follows ``step`` finished ones."""
        return min(self.ema_decay, (1 + step) / (10 + step))
