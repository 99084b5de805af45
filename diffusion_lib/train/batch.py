"""What a step of training draws: samples, their labels, times and noise; and how its loss weighs the times."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import ConfigError, check_choice, check_range, index_range, remember_range
from ..process.bound import weight as loss_weight
from ..process.guidance import UNTOLD
from ..process.schedule import Schedule
from ..runtime.processes import Processes
from .config import TIMESTEP_SAMPLINGS, TrainConfig

LOG_SIGMA_MEAN, LOG_SIGMA_STD, UNIFORM_SHARE = -1.2, 1.2, 0.2  # of the distribution "log-normal" of t
UNTOLD_SHARE = 0.1  # of samples whose label is kept from the model, which thereby learns to do without
ALONE = Processes()


def timestep_distribution(schedule: Schedule, name: str) -> Tensor:
    """The probability p_t with which a step draws the time t, a float64 table (T + 1,); slot 0 is 0.

    "uniform" is 1/T (DDPM Algorithm 1).  "log-normal" is four fifths of N(−1.2, 1.2²) in ln σ_t, σ_t² = 1 / SNR_t, and
    one fifth of "uniform", so that no weight 1 / (T p_t) is above 5 (Karras et al. 2022, section 5 and table 1).
    """
    schedule.check_signal("timestep_sampling")  # the loss in ε is 0 at T there: minimise that in v, from model.v
    uniform = torch.full((schedule.T,), 1 / schedule.T, dtype=torch.float64)
    if check_choice("timestep_sampling", name, TIMESTEP_SAMPLINGS) == "uniform" or schedule.T == 1:
        return torch.cat([uniform.new_zeros(1), uniform])
    log_sigma = -0.5 * schedule.to("cpu", torch.float64).snr[1:].log()
    density = torch.exp(-0.5 * ((log_sigma - LOG_SIGMA_MEAN) / LOG_SIGMA_STD) ** 2)
    normal = density * torch.gradient(log_sigma)[0]  # dt is 1
    p = (1 - UNIFORM_SHARE) * normal / normal.sum() + UNIFORM_SHARE * uniform
    return torch.cat([uniform.new_zeros(1), p])


def sampling_and_weight(schedule: Schedule, config: TrainConfig, like: Tensor) -> tuple[Tensor, Tensor | None]:
    """p_t, and the weight that makes Σ_t p_t weight_t L_t the mean of w_t L_t over 1…T; None if it is always 1."""
    p, weight = timestep_distribution(schedule, config.timestep_sampling), loss_weight(schedule, config.weight)
    if config.weight == "simple" and config.timestep_sampling == "uniform":
        return p, None
    return p, torch.cat([weight[:1], weight[1:] / (schedule.T * p[1:])]).to(like)


def draw_batch(
    data: Tensor,
    p: Tensor,
    batch_size: int,
    generator: torch.Generator,
    processes: Processes = ALONE,
    labels: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Draw x_0 (B, …), t (B,) and ε (B, …) on the CPU, hence alike everywhere; move this process's shard to the data.

    With ``labels`` (n,) those of x_0 follow (B,), where one in ten, by chance, is −1, untold.  Every process draws the
    whole batch, so that no two use the same noise, and all their generators stay equal.
    """
    index = torch.randint(0, len(data), (batch_size,), generator=generator)
    t, eps, *withheld = draw_noise((batch_size, *data.shape[1:]), data.dtype, p, generator, labels is not None)
    index, t, eps, *withheld = (processes.shard(part).to(data.device) for part in (index, t, eps, *withheld))
    remember_range(t, 1, len(p) - 1)  # p[0] is 0
    if labels is None:
        return data[index], t, eps
    label = withhold(labels[index], withheld[0])
    _, largest = index_range(labels) or (UNTOLD, UNTOLD)
    return data[index], t, eps, remember_range(label, UNTOLD, largest)


def draw_noise(
    shape: tuple[int, ...], dtype: torch.dtype, p: Tensor, generator: torch.Generator, labelled: bool
) -> tuple[Tensor, ...]:
    """Draw t (B,) and ε of a ``shape`` (B, …), and if ``labelled`` which labels are withheld, a mask (B,)."""
    t = torch.multinomial(p, shape[0], replacement=True, generator=generator)  # slot t of p is time t
    drawn = (t, torch.randn(shape, generator=generator, dtype=dtype))
    return (*drawn, torch.rand(shape[0], generator=generator) < UNTOLD_SHARE) if labelled else drawn


def withhold(labels: Tensor, hidden: Tensor) -> Tensor:
    """The labels (B,), with −1 where the mask ``hidden`` is true."""
    return labels.masked_fill(hidden, UNTOLD)


def check_labels(labels: Tensor | None, data: Tensor, classes: int | None = None) -> None:
    """Raise ``ConfigError`` unless there are none, or an int64 (n,) from 0 on for the samples of ``data`` (n, …).

    ``classes`` is the number that the model was made with, where that is known: labels end below it.
    """
    if labels is None:
        return
    if not isinstance(labels, Tensor) or labels.shape != data.shape[:1] or labels.dtype != torch.int64:
        what = f"{labels.dtype} {tuple(labels.shape)}" if isinstance(labels, Tensor) else type(labels).__name__
        raise ConfigError(f"labels must be an int64 tensor ({len(data)},), got {what}; give each sample one")
    if (least := int(labels.min())) < 0:
        raise ConfigError(f"labels must count from 0, got {least}; those that are kept from the network are drawn here")
    if classes == 0:
        raise ConfigError("labels must be None for a model without classes; make it with classes=10, say")
    if classes is not None:
        check_range("labels", labels, 0, classes - 1, "make the model with more classes")
