"""The derivation of the chapter guidance and the mistakes of published implementations."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from false_steps import false_steps

from diffusion_lib.process.identities import x_0_from_eps
from diffusion_lib.process.schedule import cosine

T = 40


def proved(n, node, using, **values):
    """A node of the chapter as a number."""
    G, t = n["G"], n["t"]
    nodes = {name: n[name][t] if name in ("alpha_bar", "eps_u", "eps_c", "x") else n[name] for name in values}
    function = sp.lambdify([G.sympy(item) for item in nodes.values()], G.sympy(node, using=using), "math")
    return function(*values.values())


def test_the_guided_estimate_of_clean_data_is_on_the_line(n):
    schedule = cosine(T)
    x, u, c = (torch.tensor([[number]], dtype=torch.float64) for number in (0.7, -0.3, 1.1))
    g, time = 2.5, 20
    line = x_0_from_eps(schedule, x, time, u + g * (c - u))
    node, using = n["G"].blocks["guided-clean"].right, ("clean-of-all", "clean-of-class")
    numbers = {"eps_u": -0.3, "eps_c": 1.1, "x": 0.7, "g": g, "alpha_bar": float(schedule.alpha_bar[time])}
    assert proved(n, node, using, **numbers) == pytest.approx(float(line), abs=1e-12)


FALSE = """
P5-sign: eps_g[t] = g * eps_c[t] + (g - 1) * eps_u[t]; definition; guided-noise
C6-never-written: eps_g[t] = eps_c[t]; definition; guided-noise
C6-counts-from-the-class: eps_g[t] = eps_c[t] + g * (eps_c[t] - eps_u[t]); definition; guided-noise
w-for-g: eps_g[t] = w * eps_c[t] + (1 - w) * eps_u[t]; definition; guided-noise scale-from-weight
g-for-w: eps_g[t] = (1 + g) * eps_c[t] - g * eps_u[t]; definition; guided-noise scale-from-weight
swapped: eps_g[t] = eps_c[t] + g * (eps_u[t] - eps_c[t]); definition; guided-noise
P3-sign-of-the-score: eps_g[t]
    = eps_u[t] + g * sqrt(1 - alpha_bar[t]) * (s_c[t] - s_u[t]); definition; guided-noise score-of-all score-of-class
"""
test_a_false_step_is_refuted = false_steps("guidance", FALSE)
