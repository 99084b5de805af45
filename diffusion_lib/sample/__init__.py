"""The way back: samplers as functions of any denoiser, one file a family."""

from __future__ import annotations

from .ancestral import ddim, ddim_step, ddpm, ddpm_step, generators, last
from .dpm import dpmpp
from .langevin import langevin
from .ode import adams_bashforth, euler, euler_step, heun, lms, lms_step, sigma
from .times import karras_levels, timesteps, visited

__all__ = [
    "adams_bashforth",
    "ddim",
    "ddim_step",
    "ddpm",
    "ddpm_step",
    "dpmpp",
    "euler",
    "euler_step",
    "generators",
    "heun",
    "karras_levels",
    "langevin",
    "last",
    "lms",
    "lms_step",
    "sigma",
    "timesteps",
    "visited",
]
