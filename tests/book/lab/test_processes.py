"""Particles there and back: the reverse step is the exact one, so that both clouds are spread alike at each time."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.evaluate import GaussianMixture, sliced_wasserstein
from diffusion_lib.process.registry import SCHEDULES, make_schedule
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.sample.ancestral import ddpm_step

T, STEPS = 1000, 100
RING = GaussianMixture.named("ring")
CHAIN = "const chain = schedules.visiting(schedules.schedule(name, 1000), schedules.evenly(1000, 100));"
IMPORTS = "const schedules = await import('/lab/maths/schedule.js'), mixtures = await import('/lab/maths/mixture.js');"


def tensor(told: object) -> torch.Tensor:
    return torch.tensor(told, dtype=torch.float64)


@pytest.fixture(scope="module")
def states():
    return torch.cat([RING.sample(20, torch.Generator().manual_seed(0))[0], tensor([[0.0, 0.0], [4.0, -3.0]])])


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_the_chain_that_visits_every_tenth_time(modules, name):
    ask = "(m, name) => m.visiting(m.schedule(name, 1000), m.evenly(1000, 100))"
    told, full = modules("maths/schedule.js", ask, name), make_schedule(name, T)
    betas = [full.transition(t, t - 10).sigma2_ts for t in range(10, T + 1, 10)]
    torch.testing.assert_close(tensor(told["beta"][1:]), tensor(betas), rtol=1e-12, atol=0)
    torch.testing.assert_close(tensor(told["rest"]), full.one_minus_alpha_bar[::10], rtol=1e-12, atol=0)


@pytest.mark.parametrize("t", [1, 10, 300, 1000])
def test_mixture(modules, states, t):
    schedule = make_schedule("cosine", T)
    kept, rest = float(schedule.alpha_bar[t]), float(schedule.one_minus_alpha_bar[t])
    ask = """(m, [kept, rest, states]) => { 
        const data = m.ring(), names = ["logDensity", "classes", "score", "tweedie"];
        return Object.fromEntries(names.map((each) => [each, states.map((x) => m[each](data, kept, rest, x))])); }"""
    told = modules("maths/mixture.js", ask, [kept, rest, states.tolist()])
    ours = {
        "logDensity": RING.log_density(schedule, states, t),
        "classes": RING.log_class(schedule, states, t).exp(),
        "score": RING.score(schedule, states, t),
        "tweedie": (states + rest * RING.score(schedule, states, t)) / kept**0.5,
    }
    for each, expected in ours.items():
        torch.testing.assert_close(tensor(told[each]), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("slot", [1, 2, 30, STEPS])
def test_a_step_back_has_the_mean_of_the_sampler(modules, states, slot):
    """Averaged over components and noise, x_s is what the ancestral step with the exact model has as its mean."""
    ask = f"""async (m, [slot, states]) => {{ {IMPORTS} const name = "cosine"; {CHAIN}
        const data = mixtures.ring(), bar = chain.alphaBar[slot], rest = chain.rest[slot];
        return states.map((x) => {{
          const weights = mixtures.classes(data, bar, rest, x), sum = [0, 0];
          let before = 0;
          for (const weight of weights) {{ // a uniform number in the middle of each component's part
            const found = m.stepBack(data, chain, slot)(x, before + weight / 2, [0, 0]);
            sum[0] += weight * found[0]; sum[1] += weight * found[1]; before += weight;
          }}
          return sum;
        }}); }}"""
    told = tensor(modules("maths/particles.js", ask, [slot, states.tolist()]))
    schedule = make_schedule("cosine", T)
    times = torch.full(states.shape[:1], 10 * slot)
    eps = RING.noise_predictor(schedule)(states, times)
    expected = ddpm_step(schedule, states, eps, 10 * slot, 10 * slot - 10, z=torch.zeros_like(states))
    torch.testing.assert_close(told, expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("slot", [1, 40, STEPS])
def test_a_step_back_is_the_step_there_by_bayes(modules, slot):
    """The density of what stepBack draws, times q(x_t), is q(x_t | x_s) q(x_s)."""
    x_t, x_s = tensor([[0.3, -0.7]]), tensor([[0.6, -0.9]])
    ask = f"""async (m, [slot, x]) => {{ {IMPORTS} const name = "cosine"; {CHAIN}
        const data = mixtures.ring(), weights = mixtures.classes(data, chain.alphaBar[slot], chain.rest[slot], x);
        let before = 0;
        return weights.map((weight) => {{
          const part = before + weight / 2; before += weight;
          const [mean, next] = [0, 1].map((noise) => m.stepBack(data, chain, slot)(x, part, [noise, 0]));
          return [weight, mean, next[0]];
        }}); }}"""
    parts = modules("maths/particles.js", ask, [slot, x_t[0].tolist()])
    weights, means = tensor([part[0] for part in parts]), tensor([part[1] for part in parts])
    variance = (tensor([part[2] for part in parts]) - means[:, 0]) ** 2
    exponent = -(x_s - means).square().sum(1) / (2 * variance)
    drawn = (weights.log() + exponent - (2 * torch.pi * variance).log()).logsumexp(0)
    full = make_schedule("cosine", T)
    chain = Schedule.from_betas(tensor([full.transition(t, t - 10).sigma2_ts for t in range(10, T + 1, 10)]))
    beta, off = chain.beta[slot], x_t - chain.alpha[slot].sqrt() * x_s
    forward = -off.square().sum() / (2 * beta) - (2 * torch.pi * beta).log()
    left, right = drawn + RING.log_density(chain, x_t, slot)[0], forward + RING.log_density(chain, x_s, slot - 1)[0]
    torch.testing.assert_close(left, right, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", ["linear", "scaled_linear", "cosine"])  # those that the laboratory offers
def test_what_the_page_says(modules, name):
    ask = """(m, name) => { const model = m.lab.setup(); return [1, 2].map((seed) => {
        const { from, there, back } = m.travel(model, name, seed);
        const [home, start] = [back, there].map((states) => m.faithful(model, { from }, 1, states[0]));
        const pairs = (flat) => from.map((_, i) => [flat[2 * i], flat[2 * i + 1]]);
        const [left, right] = [there, back].map((states) => [0, 25, 50, 100].map((t) => pairs(states[t])));
        return { there: left, back: right, home, start }; }); }"""
    for told in modules("kinds/processes.js", ask, name):
        there, back = tensor(told["there"]), tensor(told["back"])
        assert torch.equal(there[-1], back[-1])  # out of the same noise
        for forward, reverse in zip(there[:-1], back[:-1], strict=True):  # spread alike, other points
            assert sliced_wasserstein(forward, reverse) < 0.25 < (forward - reverse).norm(dim=1).mean()
        assert told["start"] == 400  # the colour says where a point began
        assert 70 <= told["home"] <= 130  # one in four of 400 are 100, with a deviation of 8.7
        distance = torch.cdist(back[0], RING.means).min(1).values
        assert (distance < 0.5).all()  # a ring
        assert (torch.cdist(there[-1], RING.means).min(1).values < 0.5).double().mean() < 0.5  # and noise


def test_the_journey_is_made_in_pieces_ahead_of_the_picture(modules):
    """A piece for each step there and back, so that no change of seed or schedule holds the page."""
    ask = """(m) => { const now = { name: "linear", seed: 4 }, [one, other] = [m.lab.setup(), m.lab.setup()];
        let pieces = 1;
        while (!m.lab.ahead(one, now)) pieces++;
        const [made, whole] = [m.travel(one, "linear", 4), m.travel(other, "linear", 4)];
        const same = made.back.every((states, t) => states.every((each, i) => each === whole.back[t][i]));
        return { pieces, same }; }"""
    told = modules("kinds/processes.js", ask)
    assert told == {"pieces": 2 * STEPS + 1, "same": True}
