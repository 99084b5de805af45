"""The laboratory of the orders: its samplers and its exact flow are the library's and the page's, to nine digits."""

from __future__ import annotations

import pytest
import torch

from booktools.lab import data
from diffusion_lib import sample
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.sample.ode import adams_bashforth
from diffusion_lib.sample.times import timesteps

SCHEDULE = make_schedule("linear", 1000)
WORLD = GaussianMixture([[-1.0], [0.3], [1.2]], 0.4, [0.3, 0.3, 0.4])
SOLVERS = {
    "lms(1)": (sample.euler, {}),
    "lms(2)": (sample.lms, {"order": 2}),
    "lms(3)": (sample.lms, {"order": 3}),
    "lms(4)": (sample.lms, {"order": 4}),
    "heun": (sample.heun, {}),
    "dpmpp": (sample.dpmpp, {}),
}


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("name", SOLVERS)
def test_states_are_the_library_s(modules, name):
    solver, options = SOLVERS[name]
    told = data.of("orders")
    ask = f"""async (m, [world, x_T, counts]) => {{
        const {{ schedule }} = await import('/lab/maths/schedule.js'), tables = schedule('linear', 1000);
        const {{ noiseOnLine }} = await import('/lab/maths/flow.js');
        const denoiser = (x, t) => x.map((each) => noiseOnLine(world, each, tables.alphaBar[t], tables.rest[t]));
        return counts.map((steps) => m.{name}(denoiser, x_T, tables, steps).states); }}"""
    x_T = [-9.0, *told["x_T"][::9], 9.0]
    counts = (1, 2, 7, 60)
    for steps, states in zip(counts, modules("maths/solvers.js", ask, [told["world"], x_T, counts]), strict=True):
        chain = solver(WORLD.denoiser(SCHEDULE), tensor(x_T)[:, None], SCHEDULE, steps=steps, **options)
        ours = torch.stack([step.x_t[:, 0] for step in chain])
        torch.testing.assert_close(tensor(states), ours, rtol=1e-9, atol=1e-9)


def test_times_and_weights_are_the_library_s(modules):
    pairs = [(1000, steps) for steps in range(1, 201)] + [(7, 2), (5, 2), (9, 6), (1000, 1000)]
    ask = "(m, pairs) => pairs.map(([T, steps]) => m.times(T, steps))"
    for (T, steps), told in zip(pairs, modules("maths/solvers.js", ask, pairs), strict=True):
        assert told == [*timesteps(T, steps), 0]
    nodes = [0.7, 0.9, 1.4, 2.5]
    for count in (1, 2, 3, 4):
        told = modules("maths/solvers.js", "(m, nodes) => m.adamsBashforth(nodes, 0.3)", nodes[:count])
        assert told == pytest.approx(adams_bashforth(nodes[:count], 0.3), rel=1e-12)


def test_the_exact_flow_is_the_page_s(modules):
    page = data.of_cell("samplers", "def share_below", torch=torch, T=1000, schedule=SCHEDULE, sigma=sample.sigma)
    told = data.of("orders")
    ask = """async (m, [world, x_T, times]) => {
        const { schedule } = await import('/lab/maths/schedule.js'), tables = schedule('linear', 1000);
        return times.map((t) => x_T.map((x) => m.flow(world, tables, x, t))); }"""
    times = (0, 100, 400)
    for t, found in zip(times, modules("maths/flow.js", ask, [told["world"], told["x_T"], times]), strict=True):
        assert found == pytest.approx(page["flow"](tensor(told["x_T"])[:, None], WORLD, t).flatten().tolist(), abs=1e-9)
    start = modules("maths/flow.js", ask, [told["world"], told["x_T"], [1000]])[0]  # at T it has gone nowhere
    assert [x * float(SCHEDULE.alpha_bar[-1]) ** 0.5 for x in start] == pytest.approx(told["x_T"], abs=1e-9)


def test_the_world_is_the_page_s():
    text = (data.PAGES / "samplers.md").read_text(encoding="utf-8")
    assert "world = GaussianMixture([[-1.0], [0.3], [1.2]], 0.4, [0.3, 0.3, 0.4])" in text
    assert data.of("orders")["world"] == {"means": [-1.0, 0.3, 1.2], "std": 0.4, "weights": [0.3, 0.3, 0.4]}


def test_the_point_lies_on_its_curve_and_the_block_is_right(modules):
    told = data.of("orders")
    ask = """({ lab, run }, told) => { const model = lab.setup(told);
        const errors = (name) => [4, 10, 50, 100].map((steps) => run(model, name, steps).error);
        return Object.fromEntries(Object.keys(told.errors).map((name) => [name, errors(name)])); }"""
    found = modules("kinds/orders.js", ask, told)
    for name, (_, ten, fifty, _) in found.items():
        on_curve = dict(zip((2, 3, 4, 6, 10, 15, 20, 30, 50, 80, 125, 200), told["errors"][name], strict=True))
        assert ten == pytest.approx(on_curve[10][1], rel=1e-6)
        assert fifty == pytest.approx(on_curve[50][1], rel=1e-6)
    at_four = [found[name][0] for name in ("euler", "lms2", "lms3", "lms4")]
    assert max(at_four) < 1.4 * min(at_four)
    assert found["euler"][3] > 500 * found["lms4"][3]
