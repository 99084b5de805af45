r"""Exponential integrators: in λ = −log σ the linear part of the flow is solved exactly, and only the rest is guessed.

With σ = e^{−λ} and h = log σ_t − log σ_s > 0 the flow of x̃ = x_t / √ᾱ_t can be written with the noise or the data,

    x̃_s = x̃_t − ∫ σ ε̂ dλ,        x̃_s / σ_s = x̃_t / σ_t + ∫ (x̂_0 / σ) dλ,        both from λ_t to λ_s = λ_t + h.

What is held fixed leaves an integral of an exponential: with ε̂, or with x̂_0, fixed both are the quiet step of DDIM,
x̃_s = (σ_s/σ_t) x̃_t + (1 − σ_s/σ_t) x̂_0, which is DPM-Solver-1.  A second value makes the order two:

    dpm2    ε̂ + (ε̂_m − ε̂) / 2r in the place of ε̂, with ε̂_m seen at a time m inside of the step, where DDIM leads
    dpmpp   x̂_0 + (x̂_0 − x̂_0') / 2r in the place of x̂_0, with x̂_0' from the step before
    unipc   the same, and after the next call the step is taken again with a parabola through x̂_0', x̂_0 and the new x̂_0

where r is the way to that value in λ, in units of h; another ratio, such as that of the steps in σ, costs the order as
soon as the steps are uneven.  At σ = 0 λ has no end, and the last step is of first order.

Sources: Lu et al. 2022 (DPM-Solver), section 3.2; Lu et al. 2022 (DPM-Solver++), Algorithm 2, "2M"; Zhao et al. 2023
(UniPC), Algorithms 1 and 2, with B(h) = e^h − 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor

from ..process.identities import Model
from ..process.noise_process import NoiseProcess, Transition
from .chain import SampleStep, predict, run_chain
from .ode import euler_step
from .times import Spacing


def dpm2(
    model: Model, x_T: Tensor, process: NoiseProcess, *, steps: int | None = None, spacing: Spacing = "trailing"
) -> Iterator[SampleStep]:
    """DPM-Solver-2, with two calls a step: at t, and at the time that is nearest to the middle in λ; arguments as in
    ``ddim``.

    In continuous time the midpoint is exact.  Between the whole times t and t − 1 there is none, and the last step has
    no midpoint in λ: these steps are of first order, with one call.  A step's record holds what its first call said.
    """

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        t, s = transition.t, transition.s
        m = process.log_midpoint(t, s)
        if m is None:
            return euler_step(process, x_t, eps_hat, t, s)
        eps_hat_m = predict(model, euler_step(process, x_t, eps_hat, t, m), m)
        r = math.log(transition.level_t / process.level(m)) / _width(transition)
        return euler_step(process, x_t, eps_hat + (eps_hat_m - eps_hat) / (2 * r), t, s)

    return run_chain(model, x_T, process, step, steps, spacing, divides="dpm2")


def dpmpp(
    model: Model, x_T: Tensor, process: NoiseProcess, *, steps: int | None = None, spacing: Spacing = "trailing"
) -> Iterator[SampleStep]:
    """DPM-Solver++ of second order, multistep; one call of the model a step, arguments as in ``ddim``.

    The first step has no past, and the last one ends at σ = 0, where λ has no end: both are of first order.
    """
    before: list[tuple[Transition, Tensor]] = []  # the step before, and its x̂_0

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        clean = x_0_hat
        if before and transition.s > 0:
            clean = extrapolated(transition, x_0_hat, *before[0])
        before[:] = [(transition, x_0_hat)]
        return first_order_step(transition, x_t, clean)

    return run_chain(model, x_T, process, step, steps, spacing, divides="dpmpp")


def unipc(
    model: Model, x_T: Tensor, process: NoiseProcess, *, steps: int | None = None, spacing: Spacing = "trailing"
) -> Iterator[SampleStep]:
    """UniPC of second order: ``dpmpp``, whose state is corrected, without a call, when the next x̂_0 is known.

    Arguments as in ``ddim``; one call a step.  A record holds the state before its correction, which is what the
    model has seen.  The first correction has no past, and takes the mean of both x̂_0.
    """
    past: list[tuple[Transition, Tensor, Tensor]] = []  # newest first: a step, its corrected x_t, its x̂_0

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        if past:
            x_t = corrected(past, x_0_hat)
        clean = x_0_hat
        if past and transition.s > 0:
            clean = extrapolated(transition, x_0_hat, past[0][0], past[0][2])
        past[:] = [(transition, x_t, x_0_hat), *past[:1]]
        return first_order_step(transition, x_t, clean)

    return run_chain(model, x_T, process, step, steps, spacing, divides="unipc")


def parabola(h: float, before: float) -> tuple[float, float, float]:
    """Weights a, b, c with a g(−before) + b g(0) + c g(h) = ∫ e^u g(u) du / (e^h − 1), over u from 0 to h.

    Exact for polynomials g of degree two; h and ``before`` are positive, and a + b + c = 1.
    """
    first, second = (_moment(h, k) for k in (1, 2))  # of v = u/h
    a = (second - first) / (before / h * (1 + before / h))
    c = (second + first * before / h) / (1 + before / h)
    return a, 1 - a - c, c


def _moment(h: float, k: int) -> float:
    """∫_0^1 v^k e^{hv} dv · h / (e^h − 1): a series of positive terms, since the closed form loses its digits at 0."""
    terms = (h**n / math.factorial(n) / (n + k + 1) for n in range(20 + math.ceil(4 * h)))
    return math.fsum(terms) * h / math.expm1(h)


def corrected(past: list[tuple[Transition, Tensor, Tensor]], x_0_hat: Tensor) -> Tensor:
    """The state after the newest step of the past, taken again with the x̂_0 that was found there."""
    transition, x_t, clean = past[0]
    if len(past) == 1:
        return first_order_step(transition, x_t, (clean + x_0_hat) / 2)
    a, b, c = parabola(_width(transition), _width(past[1][0]))
    return first_order_step(transition, x_t, a * past[1][2] + b * clean + c * x_0_hat)


def _width(transition: Transition) -> float:
    """h = log σ_t − log σ_s."""
    return math.log(transition.level_t / transition.level_s)


def extrapolated(transition: Transition, x_0_hat: Tensor, before: Transition, x_0_before: Tensor) -> Tensor:
    """x̂_0 in the middle of the step, on the line through the last two."""
    return x_0_hat + _width(transition) / _width(before) / 2 * (x_0_hat - x_0_before)


def first_order_step(transition: Transition, x_t: Tensor, clean: Tensor) -> Tensor:
    """x̃_s = (σ_s/σ_t) x̃_t + (1 − σ_s/σ_t) clean, for x_t."""
    kept = math.sqrt(transition.sigma2_s / transition.sigma2_t)
    shrunk = kept * math.sqrt(transition.alpha2_t / transition.alpha2_s)  # σ_s / σ_t
    return kept * x_t + math.sqrt(transition.alpha2_s) * (1 - shrunk) * clean
