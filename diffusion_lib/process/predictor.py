r"""Any module that predicts ε, x_0, v or a velocity, as the noise prediction ε̂(x_t, t) that loop and samplers call.

``prediction`` says what the module's answer F is:

    "eps"        F = ε̂
    "x_0"        F = x̂_0,  so that ε̂ = (x_t − √ᾱ_t F) / √(1 − ᾱ_t)
    "v"          F = v̂,    so that ε̂ = √(1 − ᾱ_t) x_t + √ᾱ_t F
    "velocity"   F = û = ε̂ − x̂_0, the velocity of the straight path x_τ = (1 − τ) x_0 + τ ε

The first three are asked F(x_t, t) with whole times t = 1…T.  A model of the straight path (flow matching, rectified
flow) is asked F(x_τ, τ) with τ in (0, 1): the same x_0 and ε that make x_t = α x_0 + σ ε, α = √ᾱ_t and σ = √(1 − ᾱ_t),
make x_τ = x_t / (α + σ) at τ = σ / (α + σ), and two linear equations give x̂_0 and ε̂.  Where papers count from noise to
data, the velocity has the other sign and τ is 1 − τ.

Sources: Ho et al. 2020 (DDPM), section 3.2 and the clipping of x̂_0; Salimans & Ho 2022, appendix D; Liu et al. 2023,
eq. 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError, check_choice, check_real
from .continuous import flow
from .identities import check_batch, check_together, eps_from_v, eps_from_x_0, v_from_eps, x_0_from_eps, x_0_from_v
from .schedule import Schedule
from .velocity import eps_from_velocity, x_0_from_velocity

PREDICTIONS = ("eps", "x_0", "v", "velocity")
STRAIGHT = flow()


class NoisePredictor(nn.Module):
    """``eps_hat = predictor(x_t, t)``, or ``predictor(x_t, t, condition)``, for x_t (B, …) and times t (B,) in 1…T.

    ``model`` is called as model(x_t, t), or model(x_t, t, condition), and must answer with a tensor of x_t's shape.  A
    condition is handed on as it is; a label that training withholds is −1.  ``clip`` keeps x̂_0 in [−clip, clip],
    1 for images in [−1, 1], in eval mode: training is not clipped.  The predictor and its model begin in eval mode, and
    ``TrainState.create`` and ``ema_model`` switch it.  If all parameters of the model have
    another dtype than x_t, such as bfloat16, the model gets x_t in theirs, and ε̂ is computed in that of x_t.

    Raises ``ConfigError`` for settings that are not allowed, and at a call for an answer of another shape.
    """

    def __init__(
        self,
        model: Callable[..., Tensor],
        schedule: Schedule,
        prediction: str = "eps",
        clip: float | None = None,
    ) -> None:
        super().__init__()
        if not callable(model):
            raise ConfigError(f"model must be callable as model(x_t, t), got {model!r}; pass an nn.Module")
        if not isinstance(schedule, Schedule):
            raise ConfigError(f"schedule must be a Schedule, got {schedule!r}; use make_schedule('linear')")
        check_together(model, schedule)
        self.model: Any = model  # it may have more than a call: a ``config``, an answer with ``sample``
        self.schedule = schedule
        self.prediction = check_choice("prediction", prediction, PREDICTIONS)
        self.clip = clip if clip is None else check_real("clip", clip, 0.0, math.inf, open_low=True, open_high=True)
        self.eval()

    @property
    def classes(self) -> int | None:
        """The number of classes that the model knows, if it says so by an attribute of that name."""
        return getattr(self.model, "classes", None)

    def check_schedule(self, T: int, alpha_bar: Tensor) -> None:
        """Raise ``ConfigError`` unless this is the schedule of T steps with the table ᾱ_0…ᾱ_T."""
        own = self.schedule.to("cpu", torch.float64).alpha_bar
        if T != self.schedule.T or not torch.allclose(own, alpha_bar, rtol=1e-4, atol=1e-9):
            mine, other = (f"T = {len(table) - 1} and alpha_bar_T = {table[-1]:.4g}" for table in (own, alpha_bar))
            raise ConfigError(f"schedule must be the predictor's, of {mine}, got {other}; use predictor.schedule")

    def forward(self, x_t: Tensor, t: Tensor, condition: Tensor | None = None) -> Tensor:
        """ε̂ (B, …), in the dtype of x_t."""
        check_batch(self.schedule, t, x_t=x_t)
        answer, kind = self._answer(x_t, t, condition)
        if self._clips:
            return eps_from_x_0(self.schedule, x_t, t, self._clipped(X_0_FROM[kind](self.schedule, x_t, t, answer)))
        return EPS_FROM[kind](self.schedule, x_t, t, answer)

    def v(self, x_t: Tensor, t: Tensor, condition: Tensor | None = None) -> Tensor:
        """v̂ (B, …), arguments as of a call: where ᾱ_t = 0 it says of x_0 what ε̂ = x_t does not."""
        if self.prediction == "eps":
            raise ConfigError("prediction must be 'x_0', 'v' or 'velocity' for v, got 'eps'; use v_from_eps elsewhere")
        check_batch(self.schedule, t, x_t=x_t)
        answer, kind = self._answer(x_t, t, condition)
        x_0 = X_0_FROM[kind](self.schedule, x_t, t, answer)
        if self._clips:
            x_0 = self._clipped(x_0)
        elif kind == "v":
            return answer
        return v_from_eps(self.schedule, x_0, t, eps_from_x_0(self.schedule, x_t, t, x_0))

    def call(self, x: Tensor, t: Tensor, condition: Tensor | None) -> Tensor:
        """Ask the model; a subclass for models that are called in another way overrides this."""
        return self.model(x, t) if condition is None else self.model(x, t, condition)

    @property
    def _clips(self) -> bool:
        return self.clip is not None and not self.training

    def _clipped(self, x_0: Tensor) -> Tensor:
        bound = math.inf if self.clip is None else self.clip
        return x_0.clamp(-bound, bound)

    def _answer(self, x_t: Tensor, t: Tensor, condition: Tensor | None) -> tuple[Tensor, str]:
        """The model's answer in the dtype of x_t, and what it is: "eps", "x_0" or "v"."""
        if self.prediction != "velocity":
            return self._asked(x_t, t, condition), self.prediction
        alpha_bar, one_minus_alpha_bar, _ = self.schedule.powers(t, x_t)
        alpha, sigma = alpha_bar.sqrt(), one_minus_alpha_bar.sqrt()
        x, tau = x_t / (alpha + sigma), (sigma / (alpha + sigma)).flatten()
        u = self._asked(x, tau, condition)
        x_0, eps = x_0_from_velocity(STRAIGHT, x, tau, u), eps_from_velocity(STRAIGHT, x, tau, u)
        return v_from_eps(self.schedule, x_0, t, eps), "v"

    def _asked(self, x: Tensor, t: Tensor, condition: Tensor | None) -> Tensor:
        dtypes = {parameter.dtype for parameter in self.parameters()}
        own = dtypes.pop() if len(dtypes) == 1 else x.dtype
        if t.is_floating_point():  # half precision would hold three digits of τ
            t = t.to(torch.promote_types(own, torch.float32))
        answer = self.call(x.to(own), t, condition)
        if not isinstance(answer, Tensor) or answer.shape != x.shape:
            what = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
            remedy = "for models of diffusers use stable_diffusion.ddpm_pipeline, which takes .sample"
            raise ConfigError(f"model must return a tensor of x_t's shape {tuple(x.shape)}, got {what}; {remedy}")
        return answer.to(x.dtype)


EPS_FROM = {"eps": lambda schedule, x_t, t, answer: answer, "x_0": eps_from_x_0, "v": eps_from_v}
X_0_FROM = {"eps": x_0_from_eps, "x_0": lambda schedule, x_t, t, answer: answer, "v": x_0_from_v}
