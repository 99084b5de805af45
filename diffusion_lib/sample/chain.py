r"""The one loop of all samplers: evaluate the model at a time, show the state, take a step, check that it is finite.

A sampler is a generator over any callable ``eps_hat = model(x_t, t)``: a network, an exact oracle, another library's
model.  It differs from the others in its step alone, a function of the transition from t to s, of x_t, and of what the
model said there.  Coefficients are computed in float64, before the first call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from ..errors import ConfigError, NonFiniteError, remember_range
from ..process.betas import ZERO_SNR
from ..process.identities import Model, check_together, predict_eps
from ..process.noise_process import NoiseProcess, Transition
from ..runtime.finite import non_finite
from .start import check_callable, check_process, check_start
from .times import Spacing, sampling_times

Step = Callable[[Transition, Tensor, Tensor, Tensor], Tensor]  # x_s = step(transition, x_t, eps_hat, x_0_hat)


class SampleStep(NamedTuple):
    """The state x_t of the chain at time t, and the model's estimate of x_0 there; both (B, …)."""

    t: float
    x_t: Tensor
    x_0_hat: Tensor


class Record(Protocol):
    """What every sampler yields has the state."""

    @property
    def x_t(self) -> Tensor: ...


def last(iterator: Iterable[Record]) -> Tensor:
    """Run a sampler to its end and return its sample: ``x_0 = last(ddim(model, x_T, schedule, steps=50))``."""
    return deque(iterator, maxlen=1).pop().x_t


def walk(
    x_t: Tensor,
    jumps: Sequence[Any],
    evaluate: Callable[[Any, Tensor], Any],
    step: Callable[[Any, Tensor, Any], Tensor],
    remedy: str,
) -> Iterator[tuple[float, Tensor, Any]]:
    """Yield t, x_t and ``seen = evaluate(jump, x_t)``, then go on with x_s = step(jump, x_t, seen).

    A jump begins with its times t and s.  At the end yield s, x_s and None.  ``NonFiniteError``, with the remedy, where
    a state is not finite.
    """
    for jump in jumps:
        t, s = jump[:2]
        seen = evaluate(jump, x_t)
        yield t, x_t, seen
        x_t = step(jump, x_t, seen)
        if (bad := non_finite(x_t)) is not None:
            raise NonFiniteError(f"x_t must stay finite, got {bad} in the step from t={t} to {s}; {remedy}")
    yield jumps[-1][1], x_t, None


def run_chain(
    model: Model,
    x_T: Tensor,
    process: NoiseProcess,
    step: Step,
    steps: int | None,
    spacing: Spacing,
    *,
    divides: str | None = None,
) -> Iterator[SampleStep]:
    """What samplers share: x_s = step(transition, x_t, eps_hat, x_0_hat) from each visited time to the next.

    Everything is checked and looked up now rather than when the iterator is first advanced.  ``divides`` is the name
    of a sampler that divides by α_t, and therefore cannot begin where it is 0; others ask ``model.v`` there.
    """
    check_callable("model", model)
    check_process(process)
    check_together(model, process)
    check_start("x_T", x_T)
    times = sampling_times(process, steps, spacing)
    jumps = _transitions(process, times)
    if jumps[0].alpha2_t == 0:
        if divides:
            raise ConfigError(f"{divides} must begin where alpha_t is above 0, got 0 at t = {times[0]}; {ZERO_SNR}")
        if not callable(getattr(model, "v", None)):
            at = f"as alpha_t is 0 at t = {times[0]}"
            raise ConfigError(f"model must have a method v(x_t, t), {at}, got {model!r}; {ZERO_SNR}")
    return _run(model, x_T.detach(), step, jumps)


@lru_cache(maxsize=32)  # a sampler that runs again visits the same times
def _transitions(process: NoiseProcess, times: tuple[float, ...]) -> tuple[Transition, ...]:
    return tuple(process.transition(t, s) for t, s in pairwise(times))


def _run(model: Any, x_T: Tensor, step: Step, jumps: Sequence[Transition]) -> Iterator[SampleStep]:
    visited = [transition.t for transition in jumps]
    whole = isinstance(visited[0], int)
    times = torch.tensor(visited, device=x_T.device, dtype=torch.int64 if whole else x_T.dtype)
    if whole:
        remember_range(times, int(min(visited)), int(max(visited)))
    batches = iter(times[:, None].expand(-1, len(x_T)).unbind())

    def evaluate(transition: Transition, x_t: Tensor) -> tuple[Tensor, Tensor]:
        t = next(batches)
        if transition.alpha2_t == 0:  # x_t is noise alone, and v = −σ x_0
            scale = transition.sigma2_t**0.5
            return x_t / scale, -predict(model.v, x_t, t) / scale
        eps_hat = predict(model, x_t, t)
        return eps_hat, transition.x_0_hat(x_t, eps_hat)

    def advance(transition: Transition, x_t: Tensor, seen: tuple[Tensor, Tensor]) -> Tensor:
        return step(transition, x_t, *seen)

    for t, x_t, seen in walk(x_T, jumps, evaluate, advance, "check the model"):
        yield SampleStep(t, x_t, x_t if seen is None else seen[1])


def predict(model: Model, x_t: Tensor, t: float | Tensor) -> Tensor:
    """One call of the model, at one time for the whole batch: ε̂ (B, …) in the dtype of x_t, without a graph."""
    if isinstance(t, Tensor):
        times = t
    elif isinstance(t, int):
        times = remember_range(torch.full((len(x_t),), t, device=x_t.device), t, t)
    else:
        times = torch.full((len(x_t),), t, dtype=x_t.dtype, device=x_t.device)
    with torch.no_grad():  # around the call only: a generator would leave it switched on in its caller's code
        return predict_eps(model, x_t, times).to(x_t.dtype)
