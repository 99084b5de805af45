"""The laboratory of straight flows: its scales, velocities and ends are the library's, and what it says is so."""

from __future__ import annotations

import pytest
import torch

from booktools.lab import data
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import ContinuousProcess, make_process
from diffusion_lib.sample import even_times, follow

WORLD = GaussianMixture([[-1.0], [0.3], [1.2]], 0.2, [0.3, 0.3, 0.4])
TOLD = {"means": [-1, 0.3, 1.2], "std": 0.2, "weights": [0.3, 0.3, 0.4]}
TIMES = (0.03, 0.25, 0.5, 0.9, 1.0)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def path(p):
    """The path of a power, with slopes by automatic differentiation."""

    def size(t):
        return ((1 - t) ** p + t**p) ** (1 / p)

    def slope(function):
        def of(t):
            with torch.enable_grad():  # a sampler switches it off
                t = t.clone().requires_grad_()
                return torch.autograd.grad(function(t).sum(), t)[0]

        return of

    def alpha(t):
        return (1 - t) / size(t)

    def sigma(t):
        return t / size(t)

    return ContinuousProcess(f"power {p}", alpha, sigma, slope(alpha), slope(sigma))


@pytest.mark.parametrize("p", [1, 1.3, 2])
def test_scales_means_and_velocities_are_the_library_s(modules, p):
    states = [-2.2, -0.4, 0.1, 1.7]
    ask = """(m, [world, p, times, states]) => times.map((t) => { const at = m.scales(p, t);
        const of = (answer) => states.map((x) => answer(world, x, at));
        return [at.alpha, at.sigma, of(m.expected).map((each) => each.clean), of(m.velocity)]; })"""
    x, ours = tensor(states)[:, None], path(p)
    for t, (alpha, sigma, clean, speed) in zip(
        TIMES, modules("maths/paths.js", ask, [TOLD, p, TIMES, states]), strict=True
    ):
        kept, rest, _ = ours.powers(t, x)
        assert (alpha**2, sigma**2) == pytest.approx((float(kept), float(rest)), rel=1e-12, abs=1e-12)
        assert clean == pytest.approx(WORLD.denoiser(ours, x, t).flatten().tolist(), rel=1e-9)
        assert speed == pytest.approx(WORLD.velocity(ours, x, t).flatten().tolist(), rel=1e-9, abs=1e-9)
    if p < 2:
        straight = make_process("flow") if p == 1 else ours
        assert float(straight.sigma(tensor([0.25]))) == pytest.approx(float(ours.sigma(tensor([0.25]))), rel=1e-12)


def test_where_the_exact_flow_is_is_the_page_s(modules):
    page = data.of_cell("flow-matching", "def quantiles", torch=torch, line=WORLD, GaussianMixture=None)
    shares = [0.01, 0.3, 0.77, 0.995]
    ask = """(m, [world, shares, times]) =>
        times.map((t) => shares.map((share) => m.carried(world, share, m.scales(1, t))))"""
    for t, told in zip(TIMES, modules("maths/paths.js", ask, [TOLD, shares, TIMES]), strict=True):
        ours = page["quantiles"](tensor(shares)[:, None], make_process("flow"), t)
        assert told == pytest.approx(ours.flatten().tolist(), abs=1e-9)


@pytest.mark.parametrize("p", [1, 2])
def test_the_steps_of_euler_are_the_library_s(modules, p):
    x = [-1.7, 0.2, 0.9]
    ask = "(m, [world, p, x]) => x.map((each) => m.euler((x, at) => m.velocity(world, x, at), p, each, 5))"
    ours = follow(lambda x, t: WORLD.velocity(path(p), x, t), tensor(x)[:, None], even_times(5))
    expected = torch.stack([step.x_t[:, 0] for step in ours], 1)
    torch.testing.assert_close(tensor(modules("maths/paths.js", ask, [TOLD, p, x])), expected, rtol=1e-9, atol=1e-9)


def test_a_pair_that_is_joined_again_moves_with_its_own_velocity(modules):
    ask = """(m, world) => { const pairs = m.joined(world), found = [];
        for (const p of [1, 2]) for (const t of [0.1, 0.6, 0.95]) for (const i of [700, 1200, 1733]) {
          const at = m.scales(p, t), noise = pairs.noise[i], clean = pairs.clean[i];
          const x = at.alpha * clean + at.sigma * noise;
          found.push([m.pairVelocity(pairs, x, at), at.dAlpha * clean + at.dSigma * noise]);
        } return found; }"""
    for found, expected in modules("maths/paths.js", ask, TOLD):
        assert found == pytest.approx(expected, abs=1e-6)


def test_what_the_page_says(modules):
    """Ends stay where the power changes; one step ends all in one place; paired again, one straight step is exact."""
    ask = """async (m, world) => { const { euler, velocity } = await import('/lab/maths/paths.js');
        const model = m.lab.setup(), places = model.starts.map((_, i) => i);
        const at = (p, t) => places.map((i) => m.way(model, p, false, i, [t])[0][1]);
        const one = model.starts.map((x) => euler((x, at) => velocity(world, x, at), 1, x, 1)[1]);
        const misses = [[1, true], [1, false], [2, false]].map(([p, again]) => m.miss(model, p, again, 1));
        return { ends: [1, 1.5, 2].map((p) => at(p, 0)), middles: [1, 2].map((p) => at(p, 0.5)), one, misses }; }"""
    told = modules("kinds/straight.js", ask, TOLD)
    for ends in told["ends"][1:]:
        assert ends == pytest.approx(told["ends"][0], abs=1e-9)
    assert max(abs(a - b) for a, b in zip(*told["middles"], strict=True)) > 0.1
    assert told["one"] == pytest.approx([float(WORLD.weights @ WORLD.means[:, 0])] * 12, abs=1e-12)
    again, straight, circle = told["misses"]
    assert again < 1e-3 and straight > 2 * circle > 0.1
