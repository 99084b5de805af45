"""The way back: samplers as functions of any model, one file a family."""

from __future__ import annotations

from .ancestral import ddim, ddim_step, ddpm, ddpm_step, last
from .dpm import dpm2, dpmpp, unipc
from .editing import invert, repaint
from .flow import even_times, follow
from .langevin import langevin
from .ode import euler, heun, lms, sigma
from .sde import sde
from .times import timesteps

__all__ = [
    "ddim",
    "ddim_step",
    "ddpm",
    "ddpm_step",
    "dpm2",
    "dpmpp",
    "euler",
    "even_times",
    "follow",
    "heun",
    "invert",
    "langevin",
    "last",
    "lms",
    "repaint",
    "sde",
    "sigma",
    "timesteps",
    "unipc",
]
