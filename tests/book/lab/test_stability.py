"""Weights, factors and limits on the page are those of the library and of NumPy; what the block says is so."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from diffusion_lib.sample.ode import adams_bashforth

LIMITS = {1: -2, 2: -1, 3: Fraction(-6, 11), 4: Fraction(-3, 10)}
PLANE = [[0, 0], [-0.3, 0], [-2.4, 0], [-0.5, 0.7], [0.3, -1.1], [-0.96, 0]]


def largest(order, z):
    """The largest factor of an error, by NumPy."""
    polynomial = np.array([1, -1] + [0] * (order - 1), dtype=complex)
    polynomial[1:] -= z * np.array(adams_bashforth(list(range(0, -order, -1)), 1))
    return abs(np.roots(polynomial)).max()


@pytest.mark.parametrize("order", LIMITS)
def test_method(modules, order):
    ask = "(m, [order, plane]) => [m.weights(order), m.limit(order), plane.map((z) => m.growth(order, z))]"
    weights, limit, grown = modules("maths/multistep.js", ask, [order, PLANE])
    assert weights == pytest.approx(adams_bashforth(list(range(0, -order, -1)), 1), rel=1e-12)
    assert limit == pytest.approx(float(LIMITS[order]), rel=1e-12)
    assert grown == pytest.approx([largest(order, complex(*z)) for z in PLANE], rel=1e-6)


@pytest.mark.parametrize("order", LIMITS)
def test_rim(modules, order):
    """On the rim the largest factor is one; a little inside of it all are smaller, and outside one is larger."""
    told = modules("maths/multistep.js", "(m, order) => m.rim(order).filter(([re]) => Number.isFinite(re))", order)
    rim = np.array([complex(*z) for z in told])
    assert len(rim) > 100
    assert min(rim.real) == pytest.approx(float(LIMITS[order]))
    assert [largest(order, z) for z in rim] == pytest.approx(np.ones(len(rim)), abs=1e-5)
    middle = float(LIMITS[order]) / 2
    left = rim[rim.real < middle]
    assert all(
        largest(order, middle + 0.97 * (z - middle)) < 1 < largest(order, middle + 1.03 * (z - middle)) for z in left
    )


@pytest.mark.parametrize("order", LIMITS)
def test_solution(modules, order):
    told = modules("maths/multistep.js", "(m, order) => m.solution(order, -0.3, 12)", order)
    x = [1.0]
    for n in range(12):
        past = adams_bashforth(list(range(0, -min(order, n + 1), -1)), 1)
        x.append(x[n] - 0.3 * sum(weight * x[n - k] for k, weight in enumerate(past)))
    assert told == pytest.approx(x, rel=1e-12)


def late(modules, order, g, steps):
    """z, and the errors of the last ten of three hundred steps."""
    ask = """async (m, [order, g, steps]) => { const { solution } = await import('/lab/maths/multistep.js');
        const z = m.product(g, steps); return [z, solution(order, z, 300).slice(-10)]; }"""
    z, x = modules("kinds/stability.js", ask, [order, g, steps])
    return z, np.array(x)


@pytest.mark.parametrize(("g", "grows"), [(2.4, False), (2.6, True), (4, True), (8, True)])
def test_order_four_leaves_its_region_at_two_and_a_half(modules, g, grows):
    z, x = late(modules, 4, g, 50)
    assert (z < -0.3) == grows
    assert (abs(x[-1]) > 1) == grows
    assert (x[1:] * x[:-1] < 0).all()  # changes its sign
    assert (np.diff(abs(x)) > 0).all() == grows


@pytest.mark.parametrize(("order", "steps"), [(1, 50), (2, 50), (3, 50), (4, 100)])
def test_what_makes_the_error_decay(modules, order, steps):
    assert abs(late(modules, order, 4, steps)[1]).max() < 1e-3


def test_a_hand_on_the_dot_moves_it_there(modules):
    ask = """(m) => { const size = { width: 680, height: 260 }, now = { order: "4", g: 4, steps: 50 };
        const model = m.lab.setup(), svg = m.lab.draw(model, now, size).svg;
        const x = Number(svg.match(/<circle cx="([^"]+)"/)[1]);
        return [x, x - 20, 600].map((place) => m.lab.drag(model, now, [place, 100], size)?.g ?? null); }"""
    there, farther, elsewhere = modules("kinds/stability.js", ask)
    assert there == pytest.approx(4, abs=0.01)
    assert farther > 5
    assert elsewhere is None
