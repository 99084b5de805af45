"""How far apart two clouds of samples are, how far apart two clouds of the same distribution are, and whether one was
copied.

sliced Wasserstein   SW2² = E_θ W2²(⟨θ, x⟩, ⟨θ, y⟩) over directions θ; on a line W2² = ∫ (F⁻¹(u) − G⁻¹(u))² du, for n
                     samples each the mean squared difference of the sorted values.
energy distance      2 E‖x − y‖ − E‖x − x′‖ − E‖y − y′‖; it is 0 for equal distributions only.
Fréchet distance     ‖m_x − m_y‖² + tr(C_x + C_y − 2 (C_x C_y)^½): W2² of Gaussians with the means and covariances
                     of features.  It depends on the feature space and on n: quote both beside any value.
memorisation         how much nearer samples lie to the training set than to held-out data.

Between two finite samples of one distribution the first and the third are not 0: quote that floor beside any value.

Sources: Rabin et al. 2012; Bonneel et al. 2015 (sliced); Székely & Rizzo 2013 (energy); Dowson & Landau 1982, Heusel et
al. 2017 (Fréchet); Meehan et al. 2020 (copying as a two-sample question).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import ConfigError, NonFiniteError, check_integer, check_seed
from ..runtime.finite import non_finite

EXACT = "donot_use_mm_for_euclid_dist"  # the fast way loses the digits of small distances
NEAREST = 256  # points of which a look-up asks first
ROWS = 1024  # of a table of distances that are in memory at a time
COPY = 1e-6  # of the median distance: what is nearer counts as this near, so that a copy has a finite logarithm


class Memorisation(NamedTuple):
    """``ratio`` of distances, train over held out; its mean after an exchange of labels, ``expected``; ``p_value``."""

    ratio: float
    expected: float
    p_value: float


def sliced_wasserstein(x: Tensor, y: Tensor, projections: int = 128, seed: int = 0) -> float:
    """SW2 between samples x and y, both (n, …), in the units of the data; computed in float64.

    The directions depend on ``seed`` and on the dimension only, so that values of different pairs compare.
    Raises ``ConfigError`` for unequal shapes and ``NonFiniteError`` for NaN or infinite samples.
    """
    check_integer("projections", projections, 1)
    check_seed(seed)
    if x.shape != y.shape or x.ndim < 1 or len(x) == 0:
        raise ConfigError(
            f"y must have x's shape (n, ...), n >= 1: {tuple(x.shape)}, got {tuple(y.shape)}; draw as many"
        )
    x, y = _flat("x", x), _flat("y", y)
    generator = torch.Generator().manual_seed(seed)
    theta = torch.randn(x.shape[1], projections, generator=generator, dtype=torch.float64)
    theta = theta / theta.norm(dim=0)
    difference = (x @ theta).sort(dim=0).values - (y @ theta).sort(dim=0).values  # (n, projections)
    return difference.square().mean().sqrt().item()


def sliced_wasserstein_floor(
    draw: Callable[[int], Tensor], pairs: int = 5, projections: int = 128, seed: int = 0
) -> float:
    """Mean SW2 between ``pairs`` independent pairs of samples of one distribution: what a perfect model would score.

    ``draw(seed)`` returns a sample of the size that the model is judged by, independent for different seeds; it is
    called with ``seed``, ``seed + 1``, ….
    """
    check_integer("pairs", pairs, 1)
    seeds = range(seed, seed + 2 * pairs, 2)
    return sum(sliced_wasserstein(draw(s), draw(s + 1), projections) for s in seeds) / pairs


def energy_distance(x: Tensor, y: Tensor) -> float:
    """2 E‖x − y‖ − E‖x − x′‖ − E‖y − y′‖ between samples x (n, …) and y (m, …), in the units of the data; float64.

    The means leave out the pair of a sample with itself, so that the estimate is unbiased: between two samples of one
    distribution it scatters about 0, and may be negative.  Raises ``ConfigError`` for unequal shapes or fewer than two
    samples.
    """
    x, y = _pair(x, y, least=2)
    within = sum(_total_distance(z, z) / (len(z) * (len(z) - 1)) for z in (x, y))
    return 2 * _total_distance(x, y) / (len(x) * len(y)) - within


def frechet_distance(x: Tensor, y: Tensor) -> float:
    """‖m_x − m_y‖² + tr(C_x + C_y − 2 (C_x C_y)^½) of features x (n, d) and y (m, d); computed in float64.

    ``features.train_features`` makes a feature space with a name; say which one, and n.  Raises ``ConfigError`` unless
    n > d and m > d: from fewer samples a covariance is singular, and the distance is mostly an artefact of n.
    """
    x, y = _pair(x, y, least=2)
    d = x.shape[1]
    if min(len(x), len(y)) <= d:
        what = f"{len(x)} and {len(y)} samples of {d} features"
        raise ConfigError(f"x and y must have more samples than features, got {what}; draw more, or use fewer features")
    A, B = torch.atleast_2d(torch.cov(x.T)), torch.atleast_2d(torch.cov(y.T))
    values, vectors = torch.linalg.eigh(A)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T  # A^½; A B and A^½ B A^½ have the same eigenvalues
    cross = torch.linalg.eigvalsh(root @ B @ root).clamp(min=0).sqrt().sum()
    return float((x.mean(0) - y.mean(0)).square().sum() + A.trace() + B.trace() - 2 * cross)


def memorisation(
    samples: Tensor, train: Tensor, held_out: Tensor, relabellings: int = 199, seed: int = 0
) -> Memorisation:
    """Do ``samples`` (n, …) lie nearer to ``train`` (m, …) than to ``held_out`` (k, …), data that the model never saw?

    ``ratio`` is the geometric mean, over the samples, of the distance to the nearest point of ``train`` over that to
    the nearest of ``held_out``; a copy pulls it down.  If the samples do not depend on which data were trained on, then
    train and held-out points may change labels without changing the distribution of the ratio.  ``expected`` is its
    mean over ``relabellings`` random exchanges, for these samples: where most of them are copies it is as near to 0 as
    the ratio, and says nothing of another model.  ``p_value`` is the fraction of all labellings, including the given
    one, whose ratio is as small.  If nothing was copied, P(p_value ≤ a) ≤ a, whatever the distribution, the dimension
    and the sizes. Copies of k points give no p below about (fraction of train in all data)^k, which is how often all of
    them get the label by chance.  The p-value of some of the samples, for the same labellings, is that of their columns
    of ``log_ratios``.
    """
    mine, *others = log_ratios(samples, train, held_out, relabellings, seed).mean(1).tolist()
    as_small = sum(other <= mine for other in others)
    expected = torch.tensor(others, dtype=torch.float64).exp().mean()
    return Memorisation(math.exp(mine), float(expected), (1 + as_small) / (1 + relabellings))


def log_ratios(samples: Tensor, train: Tensor, held_out: Tensor, relabellings: int = 199, seed: int = 0) -> Tensor:
    """The logarithms of which ``memorisation`` takes the mean, (1 + relabellings, n): the first row has the given
    labels, each other row a random exchange of them.

    ``samples`` (n, …), ``train`` (m, …) and ``held_out`` (k, …) have samples of one shape.  Raises ``ConfigError``
    otherwise, and for points that all equal the samples.
    """
    check_integer("relabellings", relabellings, 1)
    check_seed(seed)
    (_, train), (samples, held_out) = (
        _pair(samples, data, names=("samples", name)) for name, data in (("train", train), ("held_out", held_out))
    )
    pool = torch.cat([train, held_out])
    distances = torch.cat([torch.cdist(rows, pool, compute_mode=EXACT) for rows in samples.split(ROWS)])
    if distances.max() == 0:
        raise ConfigError("train must vary, got points that all equal the samples; look at how they were loaded")
    logs = distances.clamp(min=COPY * float(distances[distances > 0].median())).log()
    logs, order = logs.sort(1)  # nearest first
    labels = torch.arange(len(pool)) < len(train)
    generator = torch.Generator().manual_seed(seed)
    shuffled = [labels[torch.randperm(len(pool), generator=generator)] for _ in range(relabellings)]
    return torch.stack([_log_ratios(logs, order, mask) for mask in (labels, *shuffled)])


def _log_ratios(logs: Tensor, order: Tensor, mask: Tensor) -> Tensor:
    """The logarithm of the nearest distance within ``mask`` (pool,), less that of the nearest outside of it, (n,).

    ``logs`` (n, pool) rise, and ``order`` (n, pool) says whose they are.  Both nearest mostly lie among the first.
    """
    inside = mask[order[:, :NEAREST]]
    if inside.all(1).any() or not inside.any(1).all():
        inside = mask[order]
    nearest = [logs.gather(1, side.byte().argmax(1, keepdim=True)) for side in (inside, ~inside)]  # the first True
    return (nearest[0] - nearest[1])[:, 0]


def _total_distance(x: Tensor, y: Tensor) -> float:
    return sum(float(torch.cdist(rows, y, compute_mode=EXACT).sum()) for rows in x.split(ROWS))


def _pair(x: Tensor, y: Tensor, least: int = 1, names: tuple[str, str] = ("x", "y")) -> tuple[Tensor, Tensor]:
    """Both as float64 (n, d), or ``ConfigError`` unless they have ``least`` samples each, of one shape."""
    for name, z in zip(names, (x, y), strict=True):
        if not isinstance(z, Tensor) or z.ndim < 1 or len(z) < least:
            shape = tuple(z.shape) if isinstance(z, Tensor) else type(z).__name__
            raise ConfigError(f"{name} must be a tensor of at least {least} samples (n, ...), got {shape}; draw more")
    if x.shape[1:] != y.shape[1:]:
        raise ConfigError(
            f"{names[1]} must have samples like {names[0]}'s, {tuple(x.shape[1:])}, got {tuple(y.shape[1:])}; "
            "use one feature space for both"
        )
    return _flat(names[0], x), _flat(names[1], y)


def _flat(name: str, x: Tensor) -> Tensor:
    x = x.detach().to("cpu").double()
    if (bad := non_finite(x)) is not None:
        raise NonFiniteError(f"{name} must be finite, got {bad}; look at its sampler")
    return x.reshape(len(x), -1)
