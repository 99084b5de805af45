r"""Flow matching: the loss that fits a velocity, and which data are paired with which noise.

The target is the velocity of the pair, u = α' x_0 + σ' ε, on the straight path ε − x_0.  What minimises

    E ‖û(x_t, t) − u‖²,     x_t = α(t) x_0 + σ(t) ε,

is E[u | x_t], the marginal velocity, which transports the densities of x_t; this holds for pairs (x_0, ε) of any joint
distribution.  Independent pairs give diffusion.  Pairs coupled by a trained flow give straighter trajectories (reflow),
and so do nearby pairs: the optimal transport between the points of a batch.

Sources: Lipman et al. 2023, eq. 9; Liu et al. 2023, eq. 1 and section 2; Tong et al. 2024, section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn.functional import mse_loss

from ..errors import ConfigError
from ..process.continuous import ContinuousProcess
from ..process.identities import add_noise, predict_eps
from ..process.velocity import velocity_of_pair


def velocity_loss(
    velocity: Callable[[Tensor, Tensor], Tensor], process: ContinuousProcess, x_0: Tensor, t: Tensor, eps: Tensor
) -> Tensor:
    """Mean of (û(x_t, t) − α' x_0 − σ' ε)² over batch and dimensions, a scalar; ``x_0``, ``eps`` (B, …), ``t`` (B,)."""
    return mse_loss(predict_eps(velocity, add_noise(process, x_0, t, eps), t), velocity_of_pair(process, x_0, t, eps))


def nearest_pairs(x_0: Tensor, eps: Tensor) -> Tensor:
    """The noises ``eps`` (B, …) in the order that makes Σ ‖x_0 − ε‖² least: each gets one x_0, exactly, in B³ steps."""
    if x_0.shape != eps.shape or x_0.ndim < 2:
        raise ConfigError(f"eps must have x_0's shape {tuple(x_0.shape)}, (B, ...), got {tuple(eps.shape)}")
    cost = torch.cdist(x_0.flatten(1), eps.flatten(1)).square().cpu().numpy()
    _, order = linear_sum_assignment(cost)
    return eps[torch.as_tensor(order, device=eps.device)]
