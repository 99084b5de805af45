"""The way back: samplers as functions of any denoiser, one file a family."""

from __future__ import annotations

from .ancestral import ddim, ddim_step, ddpm, ddpm_step, generators, last
from .dpm import dpm2, dpmpp, parabola, unipc
from .editing import Inpainted, invert, repaint
from .few import renoised
from .flow import FlowStep, even_times, follow, straightness
from .langevin import langevin
from .ode import adams_bashforth, euler, euler_step, heun, lms, lms_step, sigma
from .sde import sde
from .times import equal_error_times, exponential_levels, karras_levels, late, timesteps, visited

__all__ = [
    "FlowStep",
    "Inpainted",
    "adams_bashforth",
    "ddim",
    "ddim_step",
    "ddpm",
    "ddpm_step",
    "dpm2",
    "dpmpp",
    "equal_error_times",
    "euler",
    "euler_step",
    "even_times",
    "exponential_levels",
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
    "parabola",
    "renoised",
    "repaint",
    "sde",
    "sigma",
    "straightness",
    "timesteps",
    "unipc",
    "visited",
]
