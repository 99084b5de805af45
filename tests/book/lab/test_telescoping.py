"""Steps reversed one by one: the parts are those of the densities, and their sum is the library's bound throughout."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch.distributions import Normal

from diffusion_lib.evaluate import GaussianChain, best_steps
from diffusion_lib.process import Schedule, posterior

S = 0.3
X_0 = torch.full((1, 1), S, dtype=torch.float64)
LENGTHS = (2, 3, 10, 20)
PATHS = ("mean", "1", "4")
ASK = """async (m, [T, path]) => { const chains = await import('/lab/maths/chain.js');
    const { chain, model } = m.example(T), x = path === "mean" ? null : m.trajectory(chain, Number(path));
    const own = x ? chains.parts(chain, model, x) : chains.meanParts(chain, model, 0.09);
    return { x, ...own, rows: Array.from({ length: T }, (_, i) => chains.telescoped(own, i + 1)) }; }"""


def example(T: int) -> tuple[Schedule, torch.Tensor, GaussianChain]:
    schedule = Schedule.from_betas(torch.linspace(0.02, 0.4, T, dtype=torch.float64))
    a = 0.8 * best_steps(schedule, S)[0]
    return schedule, a, GaussianChain.of_steps(schedule, a, schedule.beta)


def along(schedule: Schedule, a: torch.Tensor, x: torch.Tensor) -> dict[str, list[float]]:
    """The parts along one path, each as a difference of logarithms of densities."""
    T, spread = schedule.T, schedule.beta.sqrt()
    log = {"start": -Normal(0.0, 1.0).log_prob(x[T]), "step": [0.0], "turned": [0.0, 0.0], "reached": [0.0]}
    for t in range(1, T + 1):
        back = Normal(a[t] * x[t], spread[t]).log_prob(x[t - 1])
        step = Normal(schedule.alpha[t].sqrt() * x[t - 1], spread[t]).log_prob(x[t])
        log["step"].append(step - back)
        deviation = schedule.one_minus_alpha_bar[t].sqrt()
        log["reached"].append(Normal(schedule.alpha_bar[t].sqrt() * x[0], deviation).log_prob(x[t]))
        if t == 1:
            log["end"] = -back
        else:
            mean, variance = posterior(schedule, x[0].view(1, 1), x[t].view(1, 1), t)
            log["turned"].append(Normal(mean[0, 0], variance.sqrt()).log_prob(x[t - 1]) - back)
    return log


def average(schedule: Schedule, a: torch.Tensor) -> dict[str, torch.Tensor]:
    """The same, averaged exactly: a part is a square in two noises, which the four pairs of −1 and 1 average."""
    T, sums = schedule.T, {}
    root, rest = schedule.alpha_bar.sqrt(), schedule.one_minus_alpha_bar.sqrt()
    for t in range(1, T + 1):
        for first in (-1, 1):
            for second in (-1, 1):
                x = root * S  # a path that is right at t − 1 and t only
                x[t - 1] += rest[t - 1] * first
                x[t] = schedule.alpha[t].sqrt() * x[t - 1] + schedule.beta[t].sqrt() * second
                log = along(schedule, a, x)
                for name in ("step", "turned", "reached"):
                    if len(log[name]) > t and (name != "turned" or t > 1):
                        sums[name, t] = sums.get((name, t), 0) + log[name][t] / 4
    return sums


@pytest.mark.parametrize("T", LENGTHS)
@pytest.mark.parametrize("path", PATHS[1:])
def test_parts_along_a_path(modules, T, path):
    told = modules("kinds/telescoping.js", ASK, [T, path])
    schedule, a, _ = example(T)
    expected = along(schedule, a, torch.tensor(told["x"], dtype=torch.float64))
    for name, part in expected.items():
        assert told[name] == pytest.approx(torch.as_tensor(part).tolist(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("T", [2, 5])
def test_parts_on_average(modules, T):
    told = modules("kinds/telescoping.js", ASK, [T, "mean"])
    schedule, a, _ = example(T)
    for (name, t), expected in average(schedule, a).items():
        assert told[name][t] == pytest.approx(float(expected), rel=1e-9, abs=1e-9), (name, t)


@pytest.mark.parametrize("T", LENGTHS)
def test_on_average_the_sum_is_the_bound_and_the_turned_bars_its_terms(modules, T):
    told = modules("kinds/telescoping.js", ASK, [T, "mean"])
    chain = example(T)[2]
    bound, terms = float(chain.bound(X_0)[0]), chain.terms(X_0)[:, 0]
    for rows in told["rows"]:
        assert sum(row["value"] for row in rows) == pytest.approx(bound, rel=1e-9)
    prior, carried, *rest = (row["value"] for row in told["rows"][-1])
    bars = torch.tensor([prior + carried, *rest], dtype=torch.float64)
    torch.testing.assert_close(bars, terms.flip(0), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("path", PATHS)
def test_what_the_page_says(modules, path):
    T = 10
    told = modules("kinds/telescoping.js", ASK, [T, path])["rows"]
    every, names = ([[row[what] for row in rows] for rows in told] for what in ("value", "name"))
    for k, rows in enumerate(every, 1):
        assert len(rows) == T + 2
        assert sum(rows) == pytest.approx(sum(every[0]), rel=1e-12)  # the last bar's end stays
        assert names[k - 1].count("turned") == k - 1 and names[k - 1].count("step") == T - k
        assert names[k - 1][T + 1 - k] == "reached"
    for k, (before, after) in enumerate(pairwise(every), 1):  # two bars become two others, all the rest stays
        row = T - k
        assert before[:row] + before[row + 2 :] == after[:row] + after[row + 2 :]
        assert sum(before[row : row + 2]) == pytest.approx(sum(after[row : row + 2]), rel=1e-9)
        assert before[row : row + 2] != after[row : row + 2]
    if path != "mean":  # along one path the turned bars are other numbers than L_T…L_0, which are its average
        terms = example(T)[2].terms(X_0)[:, 0].flip(0).tolist()
        assert max(abs(bar - term) for bar, term in zip(every[-1][2:], terms[1:], strict=True)) > 0.1


def test_a_finger_carries(modules):
    ask = """(m) => { const size = { width: 680, height: 440 }, row = 364 / 12; // of 12 rows, from 34 pixels on
        return [1, 5, 10].map((k) => m.lab.drag(null, { T: 10 }, [300, 34 + row * (10 + 1 - k + 0.5)], size).k); }"""
    assert modules("kinds/telescoping.js", ask) == [1, 5, 10]
