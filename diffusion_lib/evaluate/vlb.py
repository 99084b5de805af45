r"""The bound of a model, averaged over data and noise, from one table: its mean squared error at each time.

The terms of the bound depend on a model by e_t = E ‖ε − ε̂(x_t, t)‖² per dimension alone.  With the variance σ_t² in
the reverse step, D dimensions and w_t = β_t² / (2 σ_t² α_t (1 − ᾱ_t)),

    E L_{t−1} = D [½ (ln(σ_t² / β̃_t) + β̃_t / σ_t² − 1) + w_t e_t],        E L_0 = D [½ ln(2π σ_1²) + w_1 e_1].

So a loss curve is a bound, and of two models with one loss curve neither has the better bound.  The e_t of the best
model, ``GaussianMixture.floors``, give the least bound that the data admit.  The sum of the two parts is least in
σ_t² at σ*_t² = β̃_t + β_t² e_t / (α_t (1 − ᾱ_t)): the variance of the true step and the squared error of the mean.

Real data, not levels: L_0 is a density's.  Sources: Ho et al. 2020 (DDPM), eq. 8 and 12; Bao et al. 2022, theorem 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import ConfigError, check_integer, check_real
from ..process.bound import step_variance, weight
from ..process.schedule import Schedule


def optimal_variance(schedule: Schedule, loss: Tensor) -> Tensor:
    """σ*_t² = β̃_t + β_t² e_t / (α_t (1 − ᾱ_t)), a table (T + 1,), from the table ``loss`` of e_t (T + 1,).

    The best σ_t² that is one number for each time; pass it as ``variance`` to ``bound.vlb``.  Slot 0 of both is unused.
    Raises ``ConfigError`` for a table of another length, or with a negative number.

    Source: Bao et al. 2022, theorem 1.
    """
    schedule.check_signal("optimal_variance")
    loss = _table(schedule, loss)
    added = schedule.beta[1:].square() * loss[1:] / (schedule.alpha[1:] * schedule.one_minus_alpha_bar[1:])
    return schedule.posterior_variance + torch.cat([added.new_zeros(1), added])


def vlb_from_mse(
    schedule: Schedule, loss: Tensor, dims: int, power: float = 1.0, variance: str | Tensor = "posterior"
) -> Tensor:
    """E L_0…E L_T in nats for a whole example, (T + 1,), as ``bound.vlb(…, levels=None).terms`` has them on average.

    ``loss`` is the table of e_t (T + 1,), slot 0 unused; ``power`` is E ‖x_0‖² per dimension, for L_T.  Raises
    ``ConfigError`` for a table of another length, or with a negative number.  Source: Ho et al. 2020, eq. 8 and 12.
    """
    loss, dims = _table(schedule, loss), check_integer("dims", dims, 1)
    power = check_real("power", power, 0.0, math.inf, open_high=True)
    sigma2 = step_variance(schedule, variance)[1:]
    nats = weight(schedule, "vlb", variance)[1:] * loss[1:]
    ratio = schedule.posterior_variance[2:] / sigma2[1:]
    constant = torch.cat([(2 * math.pi * sigma2[:1]).log(), ratio - 1 - ratio.log()]) / 2
    prior = schedule.prior_kl(power) * math.log(2)
    return dims * torch.cat([nats + constant, nats.new_tensor([prior])])


def _table(schedule: Schedule, loss: Tensor) -> Tensor:
    if not isinstance(loss, Tensor) or loss.shape != schedule.beta.shape:
        shape = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
        raise ConfigError(f"loss must be a table ({schedule.T + 1},), got {shape}; put e_t in slot t, 0 in slot 0")
    loss = loss.to(schedule.beta)
    if not bool((loss[1:] >= 0).all() and loss.isfinite().all()):
        raise ConfigError(f"loss must hold finite numbers >= 0, got {float(loss[1:].min()):g}; it is a squared error")
    return loss
