"""Targets of distillation against the sampler, the oracle and autograd, in float64."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import add_noise, make_schedule, x_0_from_eps
from diffusion_lib.sample import ddim_step
from diffusion_lib.train import distil

SCHEDULE = make_schedule("linear", 100)
RING = GaussianMixture.named("ring")
TEACHER = RING.noise_predictor(SCHEDULE)
t, m, s = torch.tensor([100, 60, 40]), torch.tensor([90, 30, 20]), torch.tensor([70, 10, 0])


@pytest.fixture
def pair():
    draws = torch.Generator().manual_seed(0)
    x_0, _ = RING.sample(3, draws)
    return x_0, torch.randn(3, 2, generator=draws, dtype=torch.float64)


def test_a_step_between_times_is_that_of_the_sampler(pair):
    x_t = add_noise(SCHEDULE, pair[0], t, pair[1])
    eps_hat = TEACHER(x_t, t)
    found = distil.ddim_between(SCHEDULE, x_t, eps_hat, t, s)
    for i in range(3):
        one = ddim_step(SCHEDULE, x_t[i : i + 1], eps_hat[i : i + 1], int(t[i]), int(s[i]))
        torch.testing.assert_close(found[i : i + 1], one)


def test_one_step_with_the_target_ends_where_two_of_the_teacher_do(pair):
    x_t = add_noise(SCHEDULE, pair[0], t, pair[1])
    x_0 = distil.two_steps(TEACHER, SCHEDULE, x_t, t, m, s)
    for i in range(3):
        x = x_t[i : i + 1]
        for late, early in ((t[i], m[i]), (m[i], s[i])):
            x = ddim_step(SCHEDULE, x, TEACHER(x, late[None]), int(late), int(early))
        kept, rest, _ = SCHEDULE.powers(int(t[i]), x)
        eps = (x_t[i : i + 1] - kept.sqrt() * x_0[i : i + 1]) / rest.sqrt()
        torch.testing.assert_close(ddim_step(SCHEDULE, x_t[i : i + 1], eps, int(t[i]), int(s[i])), x)


def test_a_target_needs_times_in_their_order(pair):
    with pytest.raises(ConfigError, match="below t"):
        distil.target(SCHEDULE, *pair, t, t)


def test_the_progressive_loss_is_the_error_of_v(pair):
    x_t = add_noise(SCHEDULE, pair[0], t, pair[1])
    kept, rest, _ = SCHEDULE.powers(t, x_t)
    x_0 = distil.two_steps(TEACHER, SCHEDULE, x_t, t, m, s)

    def v_of(clean):
        return kept.sqrt() * (x_t - kept.sqrt() * clean) / rest.sqrt() - rest.sqrt() * clean

    def student(x, times):
        return 0.3 * x

    expected = (v_of(x_0_from_eps(SCHEDULE, x_t, t, 0.3 * x_t)) - v_of(x_0)).square().mean()
    torch.testing.assert_close(distil.progressive_loss(student, TEACHER, SCHEDULE, x_t, t, m, s), expected)


def test_the_mean_of_the_trained_neighbours_is_the_teachers_step():
    """Given x_t, α_s x_0 + σ_s ε of the pair has the mean that DDIM takes with the optimal model: in a finite world."""
    points = torch.tensor([[-1.0], [0.2], [1.5]], dtype=torch.float64)
    world, late, early = GaussianMixture(points, 0.0), torch.tensor([60]), torch.tensor([25])
    x_t = torch.tensor([[0.3]], dtype=torch.float64)
    shares = world.log_class(SCHEDULE, x_t, late).exp()[0]
    kept, rest, _ = SCHEDULE.powers(late, x_t)
    noises = (x_t - kept.sqrt() * points) / rest.sqrt()
    kept_s, rest_s, _ = SCHEDULE.powers(early, x_t)
    near = kept_s.sqrt() * points + rest_s.sqrt() * noises
    step = distil.ddim_between(SCHEDULE, x_t, world.noise_predictor(SCHEDULE)(x_t, late), late, early)
    torch.testing.assert_close(shares @ near, step[0])


def test_consistency_holds_at_the_boundary_by_itself(pair):
    """At s = 0 the answer is x_s: with a teacher that is right about one point, the loss is the error at the data."""
    x_0, eps = pair
    end = torch.zeros_like(t)
    loss = distil.consistency_loss(lambda x, times: 0 * x, SCHEDULE, x_0, t, end, eps)
    x_t = add_noise(SCHEDULE, x_0, t, eps)
    torch.testing.assert_close(loss, (x_0_from_eps(SCHEDULE, x_t, t, 0 * x_t) - x_0).square().mean())


def test_consistency_has_no_gradient_through_the_neighbour(pair):
    x_0, eps = pair
    scale = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    distil.consistency_loss(lambda x, times: scale * x, SCHEDULE, x_0, t, m, eps, TEACHER).backward()
    x_t = add_noise(SCHEDULE, x_0, t, eps)
    x_m = distil.ddim_between(SCHEDULE, x_t, TEACHER(x_t, t), t, m)
    kept, rest, _ = SCHEDULE.powers(t, x_t)
    off = x_0_from_eps(SCHEDULE, x_t, t, 0.3 * x_t) - x_0_from_eps(SCHEDULE, x_m, m, 0.3 * x_m)
    expected = (2 * off * -(rest / kept).sqrt() * x_t).mean()
    torch.testing.assert_close(scale.grad, expected)


def test_matching_moves_by_the_difference_of_two_means(pair):
    x, eps = pair[0].requires_grad_(True), pair[1]
    other = GaussianMixture(RING.means + 0.5, RING.std).noise_predictor(SCHEDULE)
    distil.matching_loss(TEACHER, other, SCHEDULE, x, t, eps).backward()
    x_t = add_noise(SCHEDULE, x.detach(), t, eps)
    kept, rest, _ = SCHEDULE.powers(t, x_t)
    shifted = GaussianMixture(RING.means + 0.5, RING.std)
    scores = shifted.score(SCHEDULE, x_t, t) - RING.score(SCHEDULE, x_t, t)
    torch.testing.assert_close(x.grad, scores * rest / kept.sqrt() / 3)
