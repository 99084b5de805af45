r"""Distillation: losses that teach a student in one step what a teacher does in many.

A step of DDIM from t to s with the estimate x̂_0 of the data is x_s = r x_t + (√ᾱ_s − r √ᾱ_t) x̂_0 with the ratio
r = √(1 − ᾱ_s) / √(1 − ᾱ_t).  Solved for x̂_0 it says what a student must answer to end in a given x_s, ``target``.

progressive    x_s is where two steps of the teacher end, t → m → s.  Then the student is the next teacher.
consistency    The student's answer at t is to be its own answer at s, without a gradient, where s is the next time and
               x_s a step of the teacher (distillation), or the data of the pair with the same noise (training).  Given
               x_t, the mean of the second x_s is the first, for the best teacher.
matching       A generator G(z) is moved by the difference of two scores, of its own samples and of the data, both
               under noise: the gradient of KL(p_G ‖ p).

Networks are noise predictors, ε̂(x_t, t); their x̂_0 is that of ``identities``.  Times t > m > s ≥ 0 are int64 (B,).

Sources: Salimans & Ho 2022, Algorithm 2 and appendix G; Song et al. 2023, Algorithms 2 and 3; Yin et al. 2024,
section 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from ..errors import ConfigError
from ..process.identities import Model, add_noise, predict_eps, x_0_from_eps
from ..process.schedule import Schedule


def ddim_between(schedule: Schedule, x_t: Tensor, eps_hat: Tensor, t: Tensor, s: Tensor) -> Tensor:
    """x_s = √ᾱ_s x̂_0 + √(1 − ᾱ_s) ε̂: ``ddim_step`` with a time of its own for each sample; at s = 0 it is x̂_0."""
    _check_order(t, s)
    return _mix(schedule, x_0_from_eps(schedule, x_t, t, eps_hat), s, eps_hat)


def target(schedule: Schedule, x_t: Tensor, x_s: Tensor, t: Tensor, s: Tensor) -> Tensor:
    """The x_0 with which one step of DDIM leads from x_t to x_s: (x_s − r x_t) / (√ᾱ_s − r √ᾱ_t)."""
    _check_order(t, s)
    kept_t, rest_t, _ = schedule.powers(t, x_t)
    kept_s, rest_s, _ = schedule.powers(s, x_t)
    r = (rest_s / rest_t).sqrt()
    return (x_s - r * x_t) / (kept_s.sqrt() - r * kept_t.sqrt())


@torch.no_grad()
def two_steps(teacher: Model, schedule: Schedule, x_t: Tensor, t: Tensor, m: Tensor, s: Tensor) -> Tensor:
    """The ``target`` of progressive distillation: x_0 for which one step equals the teacher's two, t → m → s."""
    x_m = ddim_between(schedule, x_t, predict_eps(teacher, x_t, t), t, m)
    return target(schedule, x_t, ddim_between(schedule, x_m, predict_eps(teacher, x_m, m), m, s), t, s)


def progressive_loss(
    student: Model, teacher: Model, schedule: Schedule, x_t: Tensor, t: Tensor, m: Tensor, s: Tensor
) -> Tensor:
    """Mean of (1 + SNR_t) (x̂_0 − target)², the squared error of v, over batch and dimensions."""
    x_0_hat = x_0_from_eps(schedule, x_t, t, predict_eps(student, x_t, t))
    _, rest, _ = schedule.powers(t, x_t)
    return ((x_0_hat - two_steps(teacher, schedule, x_t, t, m, s)).square() / rest).mean()


def consistency_loss(
    student: Model,
    schedule: Schedule,
    x_0: Tensor,
    t: Tensor,
    s: Tensor,
    eps: Tensor,
    teacher: Model | None = None,
) -> Tensor:
    """Mean of (x̂_0(x_t, t) − sg x̂_0(x_s, s))², sg without gradient; with a ``teacher`` x_s is its step from x_t.

    x̂_0(x, 0) = x is the boundary condition, without which any constant would have loss 0.
    """
    _check_order(t, s)
    x_t = add_noise(schedule, x_0, t, eps)
    with torch.no_grad():
        x_s = (
            _mix(schedule, x_0, s, eps)
            if teacher is None
            else ddim_between(schedule, x_t, predict_eps(teacher, x_t, t), t, s)
        )
        later = s.clamp(min=1)
        answer = x_0_from_eps(schedule, x_s, later, predict_eps(student, x_s, later))
        answer = torch.where((s == 0).view(-1, *[1] * (x_s.ndim - 1)), x_s, answer)
    return mse_loss(x_0_from_eps(schedule, x_t, t, predict_eps(student, x_t, t)), answer)


def matching_loss(real: Model, fake: Model, schedule: Schedule, x: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    """A scalar whose gradient in ``x``, generated samples, is the mean of x̂_0 of ``fake`` less x̂_0 of ``real``.

    At x_t = √ᾱ_t x + √(1 − ᾱ_t) ε, (x̂_0^fake − x̂_0^real) √ᾱ_t / (1 − ᾱ_t) is the difference of the scores, which is the
    gradient of the divergence; without this factor all times weigh alike.
    """
    with torch.no_grad():
        x_t = add_noise(schedule, x, t, eps)
        fake_x_0, real_x_0 = (x_0_from_eps(schedule, x_t, t, predict_eps(net, x_t, t)) for net in (fake, real))
    return ((fake_x_0 - real_x_0) * x).sum() / len(x)


def _mix(schedule: Schedule, x_0: Tensor, s: Tensor, eps: Tensor) -> Tensor:
    """``add_noise``, also for s = 0."""
    kept, rest, _ = schedule.powers(s, x_0)
    return kept.sqrt() * x_0 + rest.sqrt() * eps


def _check_order(t: Tensor, s: Tensor) -> None:
    if not isinstance(t, Tensor) or not isinstance(s, Tensor) or t.shape != s.shape or bool((s >= t).any()):
        raise ConfigError(f"s must be int64 times below t, one for each sample, got {s!r} for t = {t!r}; swap them")
