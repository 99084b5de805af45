r"""Data distributions whose noisy densities, and therefore the optimal noise predictor, are known in closed form.

Data from a mixture of Gaussians stay one under noise.  With component k drawn with probability w_k and
x_0 ~ N(μ_k, s_k² I), the state has the density

    q(x_t) = Σ_k w_k N(x_t; √ᾱ_t μ_k, V_k I),        V_k = ᾱ_t s_k² + 1 − ᾱ_t,

the components have the probabilities r_k = q(k | x_t) by Bayes' rule, and

    ε*(x_t, t) = E[ε | x_t] = √(1 − ᾱ_t) Σ_k r_k (x_t − √ᾱ_t μ_k) / V_k = −√(1 − ᾱ_t) ∇ log q(x_t)

is the noise predictor of least squared error.  Its remaining error is the floor under every training loss.  With s = 0
the data are K points, a finite data set, which the optimal noise predictor has memorised.

Functions take the schedule first, then ``x_t`` (B, …) and ``t``, an int or int64 (B,), as in ``process``; densities and
scores also exist at t = 0.  A ``ContinuousProcess`` may stand for the schedule, with t in [0, 1], and α² and σ²
for ᾱ_t and 1 − ᾱ_t.
Results have the dtype of ``x_t``; pass float64 for exact work.  Bad input raises ``ConfigError``.

Sources: Ho et al. 2020 (DDPM), eq. 4 and 14; Karras et al. 2022, appendix B.3 (optimal for K points).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from ..data import GAUSSIAN_MIXTURES
from ..errors import ConfigError, check_choice, check_integer
from ..process.continuous import ContinuousProcess
from ..process.identities import Model
from ..process.noise_process import NoiseProcess
from ..process.schedule import Schedule
from ..process.velocity import velocity_of_pair
from ..runtime.finite import non_finite
from .optimal import Optimal
from .quadrature import AXIS, normal_nodes

Function = Callable[[Tensor], Tensor]  # of x_t (B, …), a number for each, (B,)
Time = Tensor | float
Components = int | Sequence[int]


class Loss(NamedTuple):
    """A mean squared error per dimension, and an estimate of its own error: the standard error of a sample mean, or the
    change of a quadrature when every other node is left out."""

    loss: float
    error: float


@dataclass(frozen=True, eq=False, init=False)
class GaussianMixture:
    """Σ_k w_k N(μ_k, s_k² I): ``means`` (K, …), ``std`` a number or (K,), ``weights`` (K,), equal if None; float64.

    Raises ``ConfigError`` for tables that do not fit, a negative ``std``, or weights that do not sum to 1.
    """

    means: Tensor
    std: Tensor
    weights: Tensor

    def __init__(self, means: Tensor, std: Tensor | float, weights: Tensor | Sequence[float] | None = None) -> None:
        given, means = (std, weights), _table("means", means)
        if means.ndim < 2 or means.numel() == 0:
            shape = tuple(means.shape)
            raise ConfigError(f"means must have shape (K, ...), not empty, got {shape}; use (K, 1) for a line")
        K = len(means)
        std = _table("std", std)
        std = std.expand(K).clone() if std.ndim == 0 else std
        if std.shape != (K,) or bool((std < 0).any()):
            raise ConfigError(f"std must be one number >= 0 or {K} of them, got {given[0]}; give standard deviations")
        weights = _table("weights", [1 / K] * K if weights is None else weights)
        if weights.shape != (K,) or bool((weights <= 0).any()) or abs(float(weights.sum()) - 1) > 1e-9:
            raise ConfigError(f"weights must be {K} positive numbers that sum to 1, got {given[1]}; divide by the sum")
        for name, value in (("means", means), ("std", std), ("weights", weights)):
            object.__setattr__(self, name, value)

    @classmethod
    def named(cls, name: str) -> GaussianMixture:
        """The distribution of ``data.sample_density(name, …)``, for the names in ``data.GAUSSIAN_MIXTURES``."""
        return cls(*GAUSSIAN_MIXTURES[check_choice("name", name, GAUSSIAN_MIXTURES)])

    def only(self, components: Components) -> GaussianMixture:
        """The distribution given that the component is one of ``components``: q(x_0 | c) for a class c made of them."""
        chosen = self._chosen(components)
        weights = self.weights[chosen]
        return GaussianMixture(self.means[chosen], self.std[chosen], weights / weights.sum())

    def sample(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """``n`` independent samples of x_0, float64 (n, …), and the component of each, int64 (n,)."""
        n, generator = check_integer("n", n, 1), _generator(generator)
        component = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        z = torch.randn(n, *self.means.shape[1:], generator=generator, dtype=torch.float64)
        return self.means[component] + self.std[component].view(-1, *[1] * (z.ndim - 1)) * z, component

    def log_density(self, process: NoiseProcess, x_t: Tensor, t: Time) -> Tensor:
        """log q(x_t) in nats, (B,)."""
        return self._log_joint(*self._at(process, x_t, t)).logsumexp(1)

    def log_class(self, process: NoiseProcess, x_t: Tensor, t: Time, components: Components | None = None) -> Tensor:
        """log q(k | x_t) of every component, (B, K); or, (B,), of the class that is made of ``components``."""
        log_r = self._log_joint(*self._at(process, x_t, t)).log_softmax(1)
        return log_r if components is None else log_r[:, self._chosen(components)].logsumexp(1)

    def score(self, process: NoiseProcess, x_t: Tensor, t: Time) -> Tensor:
        """∇ log q(x_t) = −Σ_k r_k (x_t − √ᾱ_t μ_k) / V_k, (B, …)."""
        offsets, variance, _ = parts = self._at(process, x_t, t)
        pulls = self._log_joint(*parts).softmax(1) / variance
        return -torch.einsum("bk,bkd->bd", pulls, offsets).view_as(x_t)

    def denoiser(self, process: NoiseProcess, x_t: Tensor, t: Time) -> Tensor:
        """The optimal denoiser E[x_0 | x_t] = Σ_k r_k (μ_k + √ᾱ_t s_k² (x_t − √ᾱ_t μ_k) / V_k), (B, …); ᾱ_t = 0 too."""
        offsets, variance, kept = parts = self._at(process, x_t, t)
        pulls = (kept.sqrt() * self.std.to(x_t).square() / variance)[..., None] * offsets
        r = self._log_joint(*parts).softmax(1)
        return torch.einsum("bk,bkd->bd", r, self.means.to(x_t).flatten(1) + pulls).view_as(x_t)

    def velocity(self, process: ContinuousProcess, x_t: Tensor, t: Time) -> Tensor:
        """E[α' x_0 + σ' ε | x_t], (B, …): the speed at which x_t must move to carry the densities of ``process``."""
        return velocity_of_pair(process, self.denoiser(process, x_t, t), t, Optimal(self, process)(x_t, t))

    def noise_predictor(self, process: NoiseProcess) -> Model:
        """The optimal noise predictor ``eps_hat = E[ε | x_t]`` of these data as a function of (x_t, t), t in 1…T."""
        if not isinstance(process, NoiseProcess):
            allowed = "a Schedule or a ContinuousProcess"
            raise ConfigError(f"process must be {allowed}, got {process!r}; use make_schedule('linear')")
        return Optimal(self, process)

    def irreducible_loss(
        self, process: NoiseProcess, t: float, *, n: int = 20_000, generator: Generator | None = None
    ) -> Loss:
        """E ‖ε − ε*(x_t, t)‖² per dimension: the least possible loss at time t > 0.

        It is the mean of the variance of ε given x_t, which is in closed form.  The mean over x_t is a quadrature for
        data on a line or in the plane; otherwise it is an average over about ``n`` samples from ``generator``.
        """
        if isinstance(t, Tensor):
            raise ConfigError(f"t must be one number, got {tuple(t.shape)} of them; call once for each time")
        time = process.check_t(t)

        def variance(x_t: Tensor) -> Tensor:
            within, between = self.noise_variance(process, x_t, time)
            return within + between.mean(1)

        return self._mean(variance, process, time, n, generator)

    def floors(self, schedule: Schedule, *, n: int = 20_000, generator: Generator | None = None) -> Tensor:
        """``irreducible_loss`` at all times, a table (T + 1,); slot 0 is 0.  Draws are the same at each time.

        Its mean over 1…T is the least possible L_simple, and 1 less its value at t is the variance of ε* there.
        """
        state = None if generator is None else _generator(generator).get_state()
        table = torch.zeros(schedule.T + 1, dtype=torch.float64)
        for t in range(1, schedule.T + 1):
            if generator is not None and state is not None:
                generator.set_state(state)
            table[t] = self.irreducible_loss(schedule, t, n=n, generator=generator).loss
        return table

    def entropy(self, *, n: int = 20_000, generator: Generator | None = None) -> float:
        """−E log q(x_0) in nats, which no bound undercuts on average; computed as ``irreducible_loss`` is."""
        any_schedule = Schedule.from_betas([0.5])  # at t = 0 it makes no difference
        return self._mean(lambda x: -self.log_density(any_schedule, x, 0), any_schedule, 0, n, generator).loss

    def power(self) -> float:
        """E ‖x_0‖² per dimension; the ``power`` of ``vlb.vlb_from_mse``."""
        return float(self.weights @ (self.means.flatten(1).square().mean(1) + self.std.square()))

    def _mean(self, function: Function, process: NoiseProcess, t: Time, n: int, generator: Generator | None) -> Loss:
        """E function(x_t), and its error."""
        K, D = len(self.means), self.means[0].numel()
        if D in AXIS:
            z, node_weight, even = normal_nodes(D)
            z = z.expand(K, -1, D)
        else:  # as many samples of each component, so that none is left out
            count = -(-check_integer("n", n, 2 * K) // K)
            z = torch.randn(K, count, D, generator=_generator(generator), dtype=torch.float64)
            node_weight = torch.ones(count, dtype=torch.float64)
        kept, rest, _ = process.powers(t, self.means)
        std = (kept * self.std.square() + rest).sqrt().view(K, 1, 1)
        x_t = (kept.sqrt() * self.means.view(K, 1, D) + std * z).view(K, -1, *self.means.shape[1:])
        values = torch.stack([function(x) for x in x_t])  # (K, nodes)
        mean = float(self.weights @ values @ node_weight / node_weight.sum())
        if D in AXIS:
            half = even * node_weight
            return Loss(mean, abs(float(self.weights @ values @ half / half.sum()) - mean))
        return Loss(mean, math.sqrt(float(self.weights.square() @ values.var(1)) / len(node_weight)))

    def noise_variance(self, process: NoiseProcess, x_t: Tensor, t: Time) -> tuple[Tensor, Tensor]:
        """Var(ε | x_t): within the components, (B,), the same along each axis; and between their means, (B, D)."""
        offsets, variance, kept = parts = self._at(process, x_t, t)
        r = self._log_joint(*parts).softmax(1)
        within = (r * kept * self.std.to(x_t).square() / variance).sum(1)
        means = process.powers(t, x_t)[1].sqrt() * offsets / variance[..., None]
        middle = torch.einsum("bk,bkd->bd", r, means)
        return within, (r[..., None] * (means - middle[:, None]).square()).sum(1)

    def _log_joint(self, offsets: Tensor, variance: Tensor, kept: Tensor) -> Tensor:
        """log of w_k N(x_t; √ᾱ_t μ_k, V_k I), (B, K)."""
        D = offsets.shape[-1]
        exponent = -offsets.square().sum(-1) / (2 * variance)
        return self.weights.to(offsets).log() + exponent - D / 2 * torch.log(2 * math.pi * variance)

    def _at(self, process: NoiseProcess, x_t: Tensor, t: Time) -> tuple[Tensor, Tensor, Tensor]:
        """x_t − √ᾱ_t μ_k, (B, K, D) with D dimensions in a row; V_k, (B or 1, K); and ᾱ_t, (B or 1, 1)."""
        if not isinstance(x_t, Tensor) or not x_t.is_floating_point():
            what = x_t.dtype if isinstance(x_t, Tensor) else type(x_t).__name__
            raise ConfigError(f"x_t must be a floating-point tensor (B, ...), got {what}; use torch.as_tensor")
        if x_t.shape[1:] != self.means.shape[1:] or x_t.ndim != self.means.ndim:
            allowed = ", ".join(map(str, ("B", *self.means.shape[1:])))
            raise ConfigError(f"x_t must have shape ({allowed}), got {tuple(x_t.shape)}; use the shape of its means")
        if isinstance(t, Tensor) and t.shape != x_t.shape[:1]:
            raise ConfigError(f"t must have shape {tuple(x_t.shape[:1])}, got {tuple(t.shape)}; one time per sample")
        x = x_t.flatten(1)
        kept, rest = (power.reshape(-1, 1) for power in process.powers(t, x)[:2])
        variance = kept * self.std.to(x).square() + rest
        if bool((variance == 0).any()):
            raise ConfigError("x_t must have a density, got points (std = 0): no density at t = 0; use t >= 1")
        return x[:, None] - kept.sqrt()[..., None] * self.means.to(x).flatten(1), variance, kept

    def _chosen(self, components: Components) -> list[int]:
        K = len(self.means)
        chosen = list(components) if isinstance(components, (list, tuple, range)) else []
        if isinstance(components, int) and not isinstance(components, bool):
            chosen = [components]
        if not chosen or len(set(chosen)) < len(chosen) or any(k not in range(K) for k in chosen):
            allowed = f"different integers in 0..{K - 1}"
            raise ConfigError(f"components must be {allowed}, got {components!r}; name one or more")
        return chosen


def _table(name: str, value: object) -> Tensor:
    try:
        table = torch.as_tensor(value, dtype=torch.float64, device="cpu").detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigError(f"{name} must be numbers, got {value!r}; use a tensor or a list") from error
    if (bad := non_finite(table)) is not None:
        raise ConfigError(f"{name} must be finite, got {bad}; look for a division by zero")
    return table


def _generator(generator: object) -> Generator:
    if not isinstance(generator, Generator):
        remedy = "use torch.Generator().manual_seed(0)"
        raise ConfigError(f"generator must be a torch.Generator, got {generator!r}; {remedy}")
    return generator
