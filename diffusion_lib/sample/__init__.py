"""Sampling: samplers as functions of any model and any noise process, one file for each family."""

from __future__ import annotations

from .ancestral import ddim, ddim_step, ddpm, ddpm_step
from .chain import last
from .dpm import dpm2, dpmpp, unipc
from .editing import invert, repaint
from .flow import even_times, follow
from .langevin import langevin
from .ode import euler, heun, lms
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
    "timesteps",
    "unipc",
]
