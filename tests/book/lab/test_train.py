"""The laboratory that trains: its network, optimizer, oracle and sampler are the library's, and the ring is learned."""

from __future__ import annotations

import pytest
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from booktools.lab import data
from diffusion_lib.data import GAUSSIAN_MIXTURES
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.evaluate.quadrature import AXIS
from diffusion_lib.networks import MLP
from diffusion_lib.process import make_schedule
from diffusion_lib.sample import ddim, last
from diffusion_lib.train import TrainConfig, TrainState, eps_loss
from diffusion_lib.train.batch import timestep_distribution

SCHEDULE = make_schedule("linear", 1000)
TABLES = "const { schedule } = await import('/lab/maths/schedule.js'); const tables = schedule('linear', 1000);"
FREQUENCIES = data.of("train")["frequencies"]


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def close(told, ours, tolerance=1e-9):
    torch.testing.assert_close(tensor(told), ours, rtol=tolerance, atol=tolerance)


@pytest.fixture
def network():
    """The library's network in float64, with tables that were never rounded, and weights that answer something."""
    mlp = MLP(width=32, depth=2, features=16, T=1000, alpha_bar=SCHEDULE.alpha_bar).double()
    s = torch.log1p(999 * torch.arange(1, 1001, dtype=torch.float64) / 1000) / torch.log(tensor(1000.0))
    mlp.time = torch.cos(torch.pi * s[:, None] * torch.arange(1, 9))
    mlp.signal, mlp.noise = SCHEDULE.alpha_bar[1:].sqrt(), SCHEDULE.one_minus_alpha_bar[1:].sqrt()
    torch.manual_seed(3)
    vector_to_parameters(0.4 * torch.randn(sum(p.numel() for p in mlp.parameters())).double(), mlp.parameters())
    return mlp


def batch(seed, n=64):
    draws = torch.Generator().manual_seed(seed)
    x_0, eps = (torch.randn(n, 2, generator=draws, dtype=torch.float64) for _ in range(2))
    t = torch.randint(1, 1001, (n,), generator=draws)
    t[0], t[1] = 1, 1000
    return x_0, t, eps, torch.rand(n, generator=draws, dtype=torch.float64)


def noisy(x_0, t, eps):
    return SCHEDULE.gather("alpha_bar", t, x_0).sqrt() * x_0 + (1 - SCHEDULE.alpha_bar[t])[:, None].sqrt() * eps


def plain(x_0, t, eps, share):
    return {
        "x": noisy(x_0, t, eps).flatten().tolist(),
        "t": t.tolist(),
        "eps": eps.flatten().tolist(),
        "share": share.tolist(),
    }


def weighted(network, x_0, t, eps, share):
    table = torch.zeros(1001, dtype=torch.float64)  # eps_loss takes weights by time; here each sample has its own
    losses = [
        eps_loss(network, SCHEDULE, x_0[i : i + 1], t[i : i + 1], eps[i : i + 1], table + w)
        for i, w in enumerate(share)
    ]
    return torch.stack(losses).mean()


def test_the_gradient_is_that_of_autograd(modules, network):
    drawn = batch(0, 32)
    loss = weighted(network, *drawn)
    gradient = parameters_to_vector(torch.autograd.grad(loss, list(network.parameters())))
    ask = f"""async (m, [frequencies, weights, {{ x, t, eps, share }}]) => {{ {TABLES}
        const net = m.network({{ ...tables, width: 32, frequencies }});
        const gradient = new Float64Array(weights.length).fill(7);
        const loss = m.lossAndGradient(net, weights, x, t, eps, share, gradient);
        return [[loss], [...gradient], [...m.predict(net, weights, x, t)]]; }}"""
    given = [FREQUENCIES, parameters_to_vector(network.parameters()).tolist(), plain(*drawn)]
    told, slopes, said = modules("maths/network.js", ask, given)
    close(told, loss.detach()[None])
    close(slopes, gradient)
    close(said, network(noisy(*drawn[:3]), drawn[1]).detach().flatten())


def test_updates_are_those_of_the_library(modules, network):
    """AdamW, the rate that falls, the shortened gradient and the average; among the gradients are long ones."""
    config = TrainConfig(steps=1500, lr=6e-3, ema_decay=0.99)
    state, drawn = TrainState.create(network, config), [batch(seed, 12) for seed in range(6)]
    start, norms = state.parameters.tolist(), []
    for each in drawn:
        network.zero_grad()
        loss = weighted(network, *each)
        gradient = parameters_to_vector(torch.autograd.grad(loss, list(network.parameters())))
        norms.append(state.update(loss.detach(), gradient, config).grad_norm)
    assert max(norms) > 1
    ask = f"""async (m, [frequencies, weights, batches]) => {{ {TABLES}
        const {{ network }} = await import('/lab/maths/network.js');
        const {{ optimizer }} = await import('/lab/maths/adamw.js');
        const net = network({{ ...tables, width: 32, frequencies }});
        const run = {{ net, weights, mean: weights.slice(), step: 0, steps: 1500 }};
        const gradient = new Float64Array(weights.length), state = optimizer(weights.length);
        for (const batch of batches) m.update(run, batch, gradient, state);
        return [run.weights, run.mean]; }}"""
    weights, mean = modules("maths/learning.js", ask, [FREQUENCIES, start, [plain(*each) for each in drawn]])
    close(weights, state.parameters.detach())
    close(mean, state.average)


def test_adamw_is_that_of_torch(modules):
    draws = torch.Generator().manual_seed(1)
    gradients = torch.randn(40, 30, generator=draws, dtype=torch.float64) * torch.logspace(
        -6, 3, 30, dtype=torch.float64
    )
    weights = torch.nn.Parameter(torch.ones(30, dtype=torch.float64))
    optimizer = torch.optim.AdamW([weights], lr=0.05)
    for weights.grad in gradients:
        optimizer.step()
    ask = """(m, rows) => { const weights = Array(30).fill(1), state = m.optimizer(30);
        for (const row of rows) m.adamw(state, weights, row, 0.05);
        return weights; }"""
    close(modules("maths/adamw.js", ask, gradients.tolist()), weights.detach())


def test_the_normal_distribution_has_its_digits(modules):
    x = torch.linspace(-39, 39, 4001, dtype=torch.float64)
    told = tensor(modules("maths/gelu.js", "(m, x) => x.map(m.normalBelow)", x.tolist()))
    assert float((told - torch.special.ndtr(x)).abs().max()) < 1e-14


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_shapes_and_their_best_model_are_the_library_s(modules, name):
    world, (means, std) = GaussianMixture.named(name), GAUSSIAN_MIXTURES[name]
    t = torch.tensor([1, 2, 30, 200, 500, 1000]).repeat_interleave(50)
    x = 1.5 * torch.randn(300, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    ask = f"""async (m, [name, x, t]) => {{ {TABLES}
        const {{ shapes }} = await import('/lab/maths/shapes.js'), world = shapes[name](), out = x.slice();
        const at = (table) => t.map((each) => table[each]);
        m.bestNoise(world, x, at(tables.alphaBar), at(tables.rest), t.length, out);
        return [[...world.means], [world.std], out]; }}"""
    places, width, said = modules("maths/cloud.js", ask, [name, x.flatten().tolist(), t.tolist()])
    ours = sorted(map(tuple, means.round(decimals=9).tolist()))
    assert sorted(map(tuple, (tensor(places).view(-1, 2).round(decimals=9) + 0.0).tolist())) == ours
    assert width == [std]
    close(said, world.noise_predictor(SCHEDULE)(x, t).flatten())


def test_the_floor_is_the_library_s(modules):
    """At single times by the library's own quadrature; over all times the exam's thousand points, within 3 %."""
    world, z = GaussianMixture.named("ring"), torch.cartesian_prod(AXIS[2], AXIS[2])
    weights = torch.softmax(-z.square().sum(1) / 2, 0)
    for t in (1, 40, 300, 1000):
        kept, rest = float(SCHEDULE.alpha_bar[t]), float(SCHEDULE.one_minus_alpha_bar[t])
        x_t = kept**0.5 * world.means[:, None] + (kept * 0.1**2 + rest) ** 0.5 * z  # (8, nodes, 2)
        ask = """async (m, [x, kept, rest]) => {
            const { shapes } = await import('/lab/maths/shapes.js'), n = x.length / 2;
            const spread = Array(n).fill(0), all = (value) => Array(n).fill(value);
            m.bestNoise(shapes.ring(), x, all(kept), all(rest), n, null, spread);
            return spread; }"""
        spread = tensor(modules("maths/cloud.js", ask, [x_t.flatten().tolist(), kept, rest])).view(8, -1)
        assert float((spread @ weights).mean()) == pytest.approx(world.irreducible_loss(SCHEDULE, t).loss, rel=1e-9)
    times = range(20, 1001, 40)
    exact = sum(world.irreducible_loss(SCHEDULE, t).loss for t in times) / len(times)
    ask = f"""async (m) => {{ {TABLES} const {{ shapes }} = await import('/lab/maths/shapes.js');
        return m.finished(m.examining(shapes.ring(), tables)).floor; }}"""
    assert modules("maths/learning.js", ask) == pytest.approx(exact, rel=0.03)


def test_times_are_drawn_as_the_library_draws_them(modules):
    told = modules("maths/learning.js", f"async (m) => {{ {TABLES} return m.timeShares(tables); }}")
    close(told, timestep_distribution(SCHEDULE, "log-normal"), 1e-12)


def test_the_oracle_s_samples_are_those_of_ddim(modules):
    ask = f"""async (m) => {{ {TABLES} const {{ shapes }} = await import('/lab/maths/shapes.js'), x_T = m.starts();
        return [[...x_T], [...m.bestSamples(shapes.ring(), tables, x_T)]]; }}"""
    x_T, told = (tensor(each).view(-1, 2) for each in modules("maths/learning.js", ask))
    ours = last(ddim(GaussianMixture.named("ring").noise_predictor(SCHEDULE), x_T, SCHEDULE, steps=30))
    torch.testing.assert_close(told, ours, rtol=0, atol=1e-7)  # a long way multiplies the last digit


def test_strokes_become_blobs_at_even_distances(modules):
    ask = "(m, strokes) => { const made = m.drawn(strokes); return [...made.means]; }"
    line = [[-2, 0], [-1, 0], [1, 0], [2, 0]]
    places = tensor(modules("maths/shapes.js", ask, [line])).view(-1, 2)
    assert len(places) in (50, 51)  # the last one is where the line ends, or one step before
    assert float((places.diff(dim=0).norm(dim=1) - 0.08).abs().max()) < 1e-9
    assert modules("maths/shapes.js", ask, [[[0.5, 1]]]) == [0.5, 1]  # a dot
    assert modules("maths/shapes.js", ask, []) == []
    assert len(modules("maths/shapes.js", ask, [[[k / 100, 0]] for k in range(150)])) == 200  # at most 100
    assert 80 < len(modules("maths/shapes.js", ask, [line] * 9)) <= 200


# Trains on a shape, looks at step 200, 300 and the last of `to`: what part of the floor the loss has above it, and the
# share of samples that are within three deviations of a blob.
TRAINED = f"""async (m, [name, frequencies, to]) => {{ {TABLES}
    const {{ shapes }} = await import('/lab/maths/shapes.js'), world = shapes[name](), {{ means, std, count }} = world;
    const run = m.begin(world, tables, {{ frequencies }}), seen = {{}}, work = m.learn(run);
    const blobs = Array.from({{ length: count }}, (_, k) => k);
    const apart = (x, b, k) => Math.hypot(x[2 * b] - means[2 * k], x[2 * b + 1] - means[2 * k + 1]);
    const near = (x, b) => blobs.some((k) => apart(x, b, k) < 3 * std);
    const look = () => {{
        const [step, excess] = run.history.at(-1), points = Array.from({{ length: m.SAMPLES }}, (_, b) => b);
        seen[step] = [excess / run.exam.floor, points.filter((b) => near(run.samples, b)).length / m.SAMPLES];
    }};
    let before = run.samples, turns = 0;
    while (!seen[to]) {{
        const {{ done }} = work.next();
        turns += 1;
        if (run.samples !== before || done) {{ before = run.samples; look(); }}
    }}
    return [seen, turns, run.step]; }}"""


def test_the_ring_stands_after_three_hundred_steps(modules):
    seen, turns, steps = modules("maths/learning.js", TRAINED, ["ring", FREQUENCIES, 300])
    above, near = seen["300"]
    assert above < 0.03
    assert near > 0.8
    assert turns >= steps + 30  # it pauses after each update, and on the way of each sample
    above, near = modules("maths/learning.js", TRAINED, ["ring", [[], []], 300])[0]["300"]
    assert above > 0.09  # without waves
    assert near < 0.6


@pytest.mark.slow
def test_the_grid_needs_all_steps(modules):
    seen, *_ = modules("maths/learning.js", TRAINED, ["grid", FREQUENCIES, 1500])
    (early, few), (late, many) = seen["200"], seen["1500"]
    assert (1 + late) / (1 + early) > 0.9
    assert few < 0.5 < 0.6 < many


def test_the_button_starts_and_stops_and_new_data_stop_it(modules):
    ask = """async ({ lab }, frequencies) => {
        const model = lab.setup({ frequencies }), button = { textContent: "Train" }, told = [];
        const size = { width: 680, height: lab.height };
        let now = { shape: "ring", waves: true, beside: "loss" };
        const tools = { state: () => now, redraw: () => {}, set: (changes) => { now = { ...now, ...changes }; } };
        const frame = () => new Promise(requestAnimationFrame);
        const frames = async (n) => { for (let i = 0; i < n; i++) await frame(); };
        const note = () => told.push([button.textContent, model.world.runs[true]?.step ?? null]);
        const drag = (at, began) => lab.drag(model, now, at, size, began);
        lab.act("train", model, tools, button); await frames(4); note();
        lab.act("train", model, tools, button); await frames(3); note();
        await frames(3); note();
        lab.act("train", model, tools, button); await frames(2);
        for (const [k, at] of [[50, 80], [60, 90], [70, 80]].entries()) tools.set(drag(at, k === 0) ?? {});
        lab.draw(model, now, size); await frames(2); note();
        return [told, now.shape, model.world.cloud.count, drag([300, 80], true), drag([50, 80], false)]; }"""
    told, shape, blobs, outside, after = modules("kinds/train.js", ask, FREQUENCIES)
    (label, step), (stopped, there), (still, same), (new, nothing) = told
    assert (label, stopped, still, new) == ("Stop", "Train", "Train", "Train")
    assert 0 < step <= there == same
    assert nothing == 0
    assert shape == "drawn"
    assert blobs > 3
    assert outside is None
    assert after is None
