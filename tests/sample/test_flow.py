"""Following a velocity: equations with a known solution, orders, the step of DDIM, straight paths, and bad input."""

from __future__ import annotations

import functools
import math
from itertools import pairwise

import pytest
import torch

from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_process, make_schedule
from diffusion_lib.process.continuous import from_schedule
from diffusion_lib.sample import ddim, even_times, follow, last
from diffusion_lib.sample.flow import METHODS, straightness

FLOW = make_process("flow")
WORLD = GaussianMixture([[-1.0], [0.3], [1.2]], 0.4, [0.3, 0.3, 0.4])


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def fastest(x, t):
    """dx/dt = x cos 6t, with the solution x(t) = x(1) exp((sin 6t − sin 6) / 6)."""
    return x * torch.cos(6 * t)[:, None]


ORDERS = {"euler": 1, "midpoint": 2, "heun": 2, "rk4": 4}


@pytest.mark.parametrize("method", METHODS)
def test_a_known_solution_is_reached_with_the_order_of_the_method(method):
    x = draw(5, 1)
    exact = x * math.exp(-math.sin(6) / 6)
    errors = [float((last(follow(fastest, x, even_times(n), method=method)) - exact).abs().max()) for n in (400, 800)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(ORDERS[method], abs=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_back_and_forth_ends_at_the_start(method):
    x = draw(5, 1, seed=1)
    there = last(follow(fastest, x, even_times(400), method=method))
    torch.testing.assert_close(
        last(follow(fastest, there, even_times(400, 0, 1), method=method)), x, rtol=0.01, atol=0.01
    )


def test_one_step_by_hand():
    x = torch.tensor([[2.0]], dtype=torch.float64)
    ends = {name: float(last(follow(lambda x, t: x * t[:, None], x, [1.0, 0.5], method=name))) for name in METHODS}
    # euler 2 − ½·2; midpoint: at ¾ the state 1.5 and the velocity 1.125; heun: at ½ the state 1 and the velocity 0.5
    # rk4: k_2 = 1.125; at ¾ the state 2 − ¼ · 1.125, so k_3 = 1.2890625; at ½ the state 2 − ½ k_3, and k_4 half of it
    fourth = (2 - 0.5 * 1.2890625) / 2
    rk4 = 2 - 0.5 / 6 * (2 + 2 * 1.125 + 2 * 1.2890625 + fourth)
    assert ends == {"euler": 1.0, "midpoint": 2 - 0.5 * 1.125, "heun": 2 - 0.25 * (2 + 0.5), "rk4": pytest.approx(rk4)}


def test_each_state_comes_with_its_velocity_and_one_call_a_step():
    calls = []

    def velocity(x, t):
        calls.append(float(t[0]))
        return x

    steps = list(follow(velocity, draw(3, 2), even_times(4)))
    assert calls == [1.0, 0.75, 0.5, 0.25] and [step.t for step in steps] == [*calls, 0.0]
    assert all(torch.equal(step.velocity, step.x_t) for step in steps[:-1]) and steps[-1].velocity is None
    for t, s in pairwise(steps):
        torch.testing.assert_close(s.x_t, 0.75 * t.x_t)


@pytest.mark.parametrize("steps", [1, 3, 10])
def test_euler_on_the_straight_path_is_ddim(steps):
    """The same model on a schedule: x / (α + σ) at the time σ / (α + σ), through the schedule's own times."""
    schedule = make_schedule("cosine", 40)
    chain = list(ddim(WORLD.noise_predictor(schedule), draw(20, 1), schedule, steps=steps))
    kept, rest = schedule.alpha_bar.sqrt(), schedule.one_minus_alpha_bar.sqrt()
    total = kept + rest
    times = [float(rest[step.t] / total[step.t]) for step in chain]
    ours = list(follow(lambda x, t: WORLD.velocity(FLOW, x, t), chain[0].x_t / total[chain[0].t], times))
    for step, mine in zip(chain, ours, strict=True):
        torch.testing.assert_close(mine.x_t * total[step.t], step.x_t, rtol=1e-9, atol=1e-9)


def test_all_paths_lead_a_noise_to_the_same_data():
    """Where α/σ is the same the states are the same up to a factor; at the ends of these paths it is 0 and ∞."""
    eps = draw(30, 1, seed=2)
    velocities = [functools.partial(WORLD.velocity, make_process(name)) for name in ("flow", "cosine")]
    ends = [last(follow(velocity, eps, even_times(300), method="heun")) for velocity in velocities]
    torch.testing.assert_close(ends[0], ends[1], rtol=0, atol=2e-3)


def test_a_path_with_an_infinite_slope_must_end_above_zero():
    path = from_schedule(make_schedule("linear", 100))
    velocity = lambda x, t: WORLD.velocity(path, x, t)  # noqa: E731
    assert last(follow(velocity, draw(3, 1), even_times(10, 1, 0.01), method="heun")).isfinite().all()
    with pytest.raises(ConfigError, match="sigma' must be finite"):
        last(follow(velocity, draw(3, 1), even_times(10), method="heun"))


def test_straightness_is_the_share_of_the_speed_that_leads_nowhere():
    x = draw(50, 2)
    assert straightness(follow(lambda x, t: torch.ones_like(x), x, even_times(10))) == pytest.approx(0, abs=1e-15)
    # u = 1 for half of the time and 0 for the other: c = ½, S = ¼
    halves = lambda x, t: (t > 0.5).to(x)[:, None].expand_as(x)  # noqa: E731
    assert straightness(follow(halves, x, even_times(10))) == pytest.approx(0.5, abs=1e-12)
    forth_and_back = lambda x, t: torch.where(t > 0.5, 1.0, -1.0)[:, None].expand_as(x).to(x)  # noqa: E731
    assert straightness(follow(forth_and_back, x, even_times(10))) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: follow(None, draw(2, 1), [1, 0]), "velocity must be callable"),
        (lambda: follow(fastest, draw(2, 1), [1.0]), "times must be two or more"),
        (lambda: follow(fastest, draw(2, 1), [1.0, 0.5, 0.7]), "all fall, or all rise"),
        (lambda: follow(fastest, draw(2, 1), [1.0, 1.0]), "all fall, or all rise"),
        (lambda: follow(fastest, draw(2, 1), [1.0, -0.1]), r"times must be a finite number in \[0, 1\]"),
        (lambda: follow(fastest, draw(2, 1), [1, 0], method="rk5"), "method must be one of"),
        (lambda: follow(fastest, draw(2), [1, 0]), "x must have shape"),
        (lambda: follow(fastest, torch.tensor([[float("nan")]]), [1, 0]), "x must be finite"),
        (lambda: last(follow(lambda x, t: x[:, :1], draw(2, 2), [1, 0])), "must return x_t's shape"),
        (lambda: even_times(0), "steps must be"),
        (lambda: even_times(3, 1.5), "start must be"),
    ],
)
def test_bad_arguments_are_refused_at_the_call(call, words):
    with pytest.raises(ConfigError, match=words):
        call()


def test_a_velocity_that_is_not_finite_stops_the_way():
    with pytest.raises(NonFiniteError, match=r"from t=1\.0 to 0\.0"):
        last(follow(lambda x, t: x / 0, draw(2, 1), [1.0, 0.0]))
