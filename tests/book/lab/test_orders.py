"""The laboratory of the orders: its samplers and its exact flow are the library's and the page's, to nine digits."""

from __future__ import annotations

import pytest
import torch

from booktools.lab import data
from diffusion_lib import sample
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.sample.dpm import parabola
from diffusion_lib.sample.ode import adams_bashforth
from diffusion_lib.sample.times import equal_error_times, sampling_timesteps, timesteps

SCHEDULE = make_schedule("linear", 1000)
MIXTURE = GaussianMixture([[-1.0], [0.3], [1.2]], 0.4, [0.3, 0.3, 0.4])
SOLVERS = {
    "lms(1)": (sample.euler, {}),
    "lms(2)": (sample.lms, {"order": 2}),
    "lms(3)": (sample.lms, {"order": 3}),
    "lms(4)": (sample.lms, {"order": 4}),
    "heun": (sample.heun, {}),
    "dpmpp": (sample.dpmpp, {}),
    "unipc": (sample.unipc, {}),
    "dpm2": (sample.dpm2, {}),
}
GRIDS = {"trailing": "trailing", "exponential": "exponential", "karras": "karras", "equal": "equal errors"}


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("name", SOLVERS)
def test_states_are_the_library_s(modules, name):
    solver, options = SOLVERS[name]
    told = data.of("orders")
    ask = f"""async (m, [world, x_T, counts]) => {{
        const {{ schedule }} = await import('/lab/maths/schedule.js'), tables = schedule('linear', 1000);
        const {{ noiseOnLine }} = await import('/lab/maths/flow.js');
        const model = (x, t) => x.map((each) => noiseOnLine(world, each, tables.alphaBar[t], tables.rest[t]));
        return counts.map((steps) => m.{name}(model, x_T, tables, steps).states); }}"""
    x_T = [-9.0, *told["x_T"][::9], 9.0]
    counts = (1, 2, 7, 60)
    for steps, states in zip(counts, modules("maths/solvers.js", ask, [told["mixture"], x_T, counts]), strict=True):
        chain = solver(MIXTURE.noise_predictor(SCHEDULE), tensor(x_T)[:, None], SCHEDULE, steps=steps, **options)
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
    page = data.of_cell("comparing-samplers", "def cdf", torch=torch, T=1000, schedule=SCHEDULE)
    told = data.of("orders")
    ask = """async (m, [world, x_T, times]) => {
        const { schedule } = await import('/lab/maths/schedule.js'), tables = schedule('linear', 1000);
        return times.map((t) => x_T.map((x) => m.flow(world, tables, x, t))); }"""
    times = (0, 100, 400)
    for t, found in zip(times, modules("maths/flow.js", ask, [told["mixture"], told["x_T"], times]), strict=True):
        expected = page["flow"](tensor(told["x_T"])[:, None], MIXTURE, t).flatten().tolist()
        assert found == pytest.approx(expected, abs=1e-9)
    start = modules("maths/flow.js", ask, [told["mixture"], told["x_T"], [1000]])[0]  # at T it has gone nowhere
    assert [x * float(SCHEDULE.alpha_bar[-1]) ** 0.5 for x in start] == pytest.approx(told["x_T"], abs=1e-9)


def test_the_mixture_is_the_page_s():
    text = (data.PAGES / "comparing-samplers.md").read_text(encoding="utf-8")
    assert "mixture = GaussianMixture([[-1.0], [0.3], [1.2]], 0.4, [0.3, 0.3, 0.4])" in text
    assert data.of("orders")["mixture"] == {"means": [-1.0, 0.3, 1.2], "std": 0.4, "weights": [0.3, 0.3, 0.4]}


def test_the_grids_are_the_library_s(modules):
    """The same times; where a level lies in the middle of two, the last digit decides, and either will do."""
    told = data.of("orders")
    x_T = tensor(told["x_T"])[2::5, None]
    chain = list(sample.ddim(MIXTURE.noise_predictor(SCHEDULE), x_T, SCHEDULE))
    counts = [1, 2, 3, 5, 10, 47, 100, 200]
    ask = """async ({ lab }, [told, counts, names]) => {
        const { grid } = await import('/lab/maths/grids.js'), model = lab.setup(told);
        return names.map((name) => counts.map((steps) => grid(name, model, steps))); }"""
    for name, found in zip(GRIDS, modules("kinds/orders.js", ask, [told, counts, list(GRIDS)]), strict=True):
        for steps, times in zip(counts, found, strict=True):
            equal = name == "equal"
            ours = equal_error_times(SCHEDULE, chain, steps) if equal else sampling_timesteps(SCHEDULE, steps, name)
            assert len(times) == steps + 1 and times[-1] == 0
            assert max(abs(a - b) for a, b in zip(times, ours, strict=False)) <= equal


def test_the_parabola_is_the_library_s(modules):
    for h, before in ((1e-3, 2.0), (0.5, 0.4), (4.0, 1.0)):
        told = modules("maths/solvers.js", "(m, [h, before]) => m.parabola(h, before)", [h, before])
        assert told == pytest.approx(parabola(h, before), rel=1e-11)


def test_the_point_lies_on_its_curve_and_the_blocks_are_right(modules):
    told = data.of("orders")
    ask = """({ lab, run }, told) => { const model = lab.setup(told);
        const errors = (name, grid) => [4, 5, 10, 50, 100].map((steps) => run(model, name, steps, grid));
        return Object.fromEntries(Object.entries(told.errors).map(([grid, rows]) => [grid,
            Object.fromEntries(Object.keys(rows).map((name) => [name, errors(name, grid)]))])); }"""
    found = modules("kinds/orders.js", ask, told)
    for grid, rows in found.items():
        for name, (_, _, ten, fifty, _) in rows.items():
            steps = (2, 3, 4, 6, 10, 15, 20, 30, 50, 80, 125, 200)
            on_curve = dict(zip(steps, told["errors"][grid][name], strict=True))
            for here, at in ((ten, 10), (fifty, 50)):
                near = 0.05 if grid == "equal" else 1e-5
                assert here["error"] == pytest.approx(on_curve[at][1], rel=near) and here["calls"] == on_curve[at][0]
    error = {
        grid: {name: [each["error"] for each in row] for name, row in rows.items()} for grid, rows in found.items()
    }
    even = error["trailing"]
    at_four = [even[name][0] for name in ("euler", "lms2", "lms3", "lms4")]
    assert max(at_four) < 1.4 * min(at_four)
    assert even["euler"][4] > 500 * even["lms4"][4]
    of_unipc = {grid: rows["unipc"] for grid, rows in error.items()}
    assert of_unipc["equal"][1] < of_unipc["trailing"][1] / 4  # with five steps
    assert of_unipc["exponential"][4] < of_unipc["equal"][4] / 2  # with a hundred
