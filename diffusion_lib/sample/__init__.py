"""The way back: samplers as functions of any denoiser, one file a family."""

from __future__ import annotations

from .ancestral import ddim, ddim_step, ddpm, ddpm_step, generators, last, timesteps
from .langevin import langevin
from .ode import adams_bashforth, euler, euler_step, heun, lms, lms_step, sigma

__all__ = [
    "adams_bashforth",
    "ddim",
    "ddim_step",
    "ddpm",
    "ddpm_step",
    "euler",
    "euler_step",
    "generators",
    "heun",
    "langevin",
    "last",
    "lms",
    "lms_step",
    "sigma",
    "timesteps",
]
