"""The way back: samplers as functions of any denoiser, one file a family."""

from __future__ import annotations

from .ancestral import ddim, ddim_step, ddpm, ddpm_step, generators, last
from .dpm import dpmpp
from .editing import Inpainted, invert, repaint
from .flow import FlowStep, even_times, follow, straightness
from .langevin import langevin
from .ode import adams_bashforth, euler, euler_step, heun, lms, lms_step, sigma
from .sde import sde
from .times import karras_levels, late, timesteps, visited

__all__ = [
    "FlowStep",
    "Inpainted",
    "adams_bashforth",
    "ddim",
    "ddim_step",
    "ddpm",
    "ddpm_step",
    "dpmpp",
    "euler",
    "euler_step",
    "even_times",
    "follow",
    "generators",
    "heun",
    "invert",
    "karras_levels",
    "langevin",
    "last",
    "late",
    "lms",
    "lms_step",
    "repaint",
    "sde",
    "sigma",
    "straightness",
    "timesteps",
    "visited",
]
