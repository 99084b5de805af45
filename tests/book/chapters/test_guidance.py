"""The derivation of the chapter guidance and the slips of published peers."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from chapters import run_derivation

from derive import sqrt
from derive.errors import Refuted
from derive.page.chain import Chain
from diffusion_lib.process.identities import x_0_from_eps
from diffusion_lib.process.schedule import cosine

T = 40


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("guidance")[0]


def proved(chapter, node, using, **values):
    """A node of the chapter as a number."""
    G, t = chapter["G"], chapter["t"]
    nodes = {
        name: chapter[name][t] if name in ("alpha_bar", "eps_u", "eps_c", "x") else chapter[name] for name in values
    }
    function = sp.lambdify([G.sympy(item) for item in nodes.values()], G.sympy(node, using=using), "math")
    return function(*values.values())


def test_the_guided_estimate_of_clean_data_is_on_the_line(chapter):
    schedule = cosine(T)
    x, u, c = (torch.tensor([[number]], dtype=torch.float64) for number in (0.7, -0.3, 1.1))
    g, time = 2.5, 20
    line = x_0_from_eps(schedule, x, time, u + g * (c - u))
    node, using = chapter["G"].blocks["guided-clean"].right, ("clean-of-all", "clean-of-class")
    numbers = {"eps_u": -0.3, "eps_c": 1.1, "x": 0.7, "g": g, "alpha_bar": float(schedule.alpha_bar[time])}
    assert proved(chapter, node, using, **numbers) == pytest.approx(float(line), abs=1e-12)


FALSE = {  # name: right side, what it cites
    "P5-sign": lambda n, u, c: (n["g"] * c + (n["g"] - 1) * u, "guided-noise"),
    "C6-never-written": lambda n, u, c: (c, "guided-noise"),
    "C6-counts-from-the-class": lambda n, u, c: (c + n["g"] * (c - u), "guided-noise"),
    "w-for-g": lambda n, u, c: (n["w"] * c + (1 - n["w"]) * u, ("guided-noise", "scale-from-weight")),
    "g-for-w": lambda n, u, c: ((1 + n["g"]) * c - n["g"] * u, ("guided-noise", "scale-from-weight")),
    "swapped": lambda n, u, c: (c + n["g"] * (u - c), "guided-noise"),
    "P3-sign-of-the-slope": lambda n, u, c: (
        u + n["g"] * sqrt(1 - n["alpha_bar"][n["t"]]) * (n["s_c"][n["t"]] - n["s_u"][n["t"]]),
        ("guided-noise", "score-of-all", "score-of-class"),
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_others_wrote_is_refused(chapter, name):
    t = chapter["t"]
    right, using = FALSE[name](chapter, chapter["eps_u"][t], chapter["eps_c"][t])
    with pytest.raises(Refuted, match="left is"):
        Chain(chapter["G"], name, chapter["eps_g"][t]).equals(right, by="definition", using=using)
