"""The laboratory of the weights: its tables are the library's, and what its block states about them is true."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.process.bound import WEIGHTS, weight

SCHEDULES = ("linear", "scaled_linear", "cosine")
SHARES = """async (m, [name, loss, gamma, error]) => {
    const { lab } = await import('/lab/kinds/weights.js'), model = lab.setup();
    lab.draw(model, { loss, gamma, name, error }, { width: 680, height: 320 });
    const tables = model.tables[name], { upTo, half } = m.shares(m.weights(tables, loss, gamma), tables.errors[error]);
    return { half, upTo, first: upTo[100], last: 1 - upTo[900] }; }"""


LAST_TENTHS = """async (m, name) => {
    const { lab } = await import('/lab/kinds/weights.js'), model = lab.setup();
    const { from, to, step } = lab.controls.find((each) => each.name === 'gamma');
    lab.draw(model, { loss: 'min_snr', gamma: 5, name, error: 'alike' }, { width: 680, height: 320 });
    const tables = model.tables[name], last = [];
    for (let gamma = from; gamma <= to + step / 2; gamma += step) {
      last.push(1 - m.shares(m.weights(tables, 'min_snr', gamma), tables.errors.alike).upTo[900]);
    }
    if (from !== 0.2 || to !== 20) throw new Error('the block names the ends of the slider');
    return last; }"""


@pytest.mark.parametrize("T", [1, 2, 1000])
@pytest.mark.parametrize("name", SCHEDULES)
def test_weights_are_the_library_s(modules, name, T):
    ask = """async (m, [name, T, kinds, gammas]) => {
        const { schedule } = await import('/lab/maths/schedule.js'), tables = schedule(name, T);
        return kinds.map((kind, i) => m.weights(tables, kind, gammas[i])); }"""
    kinds = [*WEIGHTS, "min_snr", "min_snr"]
    gammas = [5.0] * len(WEIGHTS) + [0.2, 20.0]
    told = modules("maths/weight.js", ask, [name, T, kinds, gammas])
    for table, kind, gamma in zip(told, kinds, gammas, strict=True):
        ours = weight(make_schedule(name, T), kind, gamma=gamma)
        torch.testing.assert_close(torch.tensor(table, dtype=torch.float64), ours, rtol=1e-12, atol=0)


def test_the_errors_of_the_optimal_model_are_the_library_s(modules):
    modes = modules("kinds/weights.js", "(m) => m.MODES")
    weights, means, stds = zip(*modes, strict=True)
    mixture = GaussianMixture(torch.tensor(means, dtype=torch.float64)[:, None], list(stds), list(weights))
    schedule, times = make_schedule("linear", 1000), (1, 2, 10, 50, 178, 400, 700, 1000)
    levels = [(float(schedule.alpha_bar[t]), float(schedule.one_minus_alpha_bar[t])) for t in times]
    ask = "(m, [modes, levels]) => levels.map((each) => m.floorOnLine(modes, ...each))"
    for t, told in zip(times, modules("maths/weight.js", ask, [modes, levels]), strict=True):
        assert told == pytest.approx(mixture.irreducible_loss(schedule, t).loss, rel=1e-9)


def test_what_the_block_states_about_the_optimal_model(modules):
    bound, simple = (modules("maths/weight.js", SHARES, ["linear", loss, 5, "best"]) for loss in ("vlb", "simple"))
    assert (bound["half"], simple["half"]) == (9, 178)
    assert bound["upTo"][8] < 0.5 <= bound["upTo"][9]
    assert bound["upTo"][1000] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_what_the_block_states_about_equal_errors(modules, name):
    for loss in ("x_0", "v", "truncated_snr"):
        assert modules("maths/weight.js", SHARES, [name, loss, 5, "alike"])["last"] > 0.6
    assert max(modules("maths/weight.js", LAST_TENTHS, name)) < 0.25
