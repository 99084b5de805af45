"""The exact worlds against autograd, against closed forms, against the sampler, and on bad input."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from diffusion_lib.data import GAUSSIAN_MIXTURES
from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.identities import add_noise, eps_from_score
from diffusion_lib.process.schedule import cosine, linear
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last

EXACT = {"rtol": 0, "atol": 1e-12}
SCHEDULE = linear(50, 1e-3, 0.3)
TIMES = [1, 7, 25, 50]
UNEVEN = GaussianMixture(
    means=torch.tensor([[-1.0, 0.5], [0.3, -0.2], [1.5, 1.0]]),
    std=torch.tensor([0.3, 0.05, 0.6]),
    weights=[0.5, 0.2, 0.3],
)
LINE = GaussianMixture(means=torch.tensor([[-1.0], [0.8]]), std=torch.tensor([0.2, 0.4]), weights=[0.3, 0.7])
RING = GaussianMixture.named("ring")
PICTURES = GaussianMixture(means=torch.linspace(-1, 1, 24).reshape(2, 3, 2, 2), std=0.1)
WORLDS = {"uneven": UNEVEN, "line": LINE, "ring": RING, "pictures": PICTURES}


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# --- each quantity against its own definition -------------------------------------------------------------------------


@pytest.mark.parametrize("t", TIMES)
@pytest.mark.parametrize("world", WORLDS)
def test_the_score_is_the_gradient_of_the_log_density(world, t):
    mixture = WORLDS[world]
    x = draw(20, *mixture.means.shape[1:]).requires_grad_()
    (slope,) = torch.autograd.grad(mixture.log_density(SCHEDULE, x, t).sum(), x)
    scale = float(slope.abs().max())
    torch.testing.assert_close(mixture.score(SCHEDULE, x.detach(), t), slope, rtol=0, atol=1e-12 * max(scale, 1))


@pytest.mark.parametrize("world", WORLDS)
def test_the_optimal_noise_is_the_score_turned_round(world):
    mixture, t = WORLDS[world], torch.tensor(TIMES)
    x = draw(len(t), *mixture.means.shape[1:])
    eps = mixture.noise_predictor(SCHEDULE)(x, t)
    torch.testing.assert_close(eps, eps_from_score(SCHEDULE, mixture.score(SCHEDULE, x, t), t), **EXACT)
    assert eps.shape == x.shape and eps.dtype == x.dtype


@pytest.mark.parametrize("t", TIMES)
def test_the_optimal_noise_is_the_mean_of_the_noise_given_the_state(t):
    """E[ε | x_t] by brute force: Bayes on a grid of clean data."""
    grid = torch.linspace(-6, 6, 240_001, dtype=torch.float64)
    prior = LINE.log_density(SCHEDULE, grid[:, None], 0).exp()
    kept, rest = SCHEDULE.alpha_bar[t], SCHEDULE.one_minus_alpha_bar[t]
    for state in (-0.7, 0.1, 1.9):
        noise = (state - kept.sqrt() * grid) / rest.sqrt()
        weight = prior * torch.exp(-(noise**2) / 2)
        mean = (weight * noise).sum() / weight.sum()
        found = LINE.noise_predictor(SCHEDULE)(torch.tensor([[state]], dtype=torch.float64), torch.tensor([t]))
        assert float(found) == pytest.approx(float(mean), abs=1e-9)


@pytest.mark.parametrize("t", [0, *TIMES])
def test_densities_integrate_to_one_and_mix_their_classes(t):
    grid = torch.linspace(-9, 9, 90_001, dtype=torch.float64)[:, None]
    whole = LINE.log_density(SCHEDULE, grid, t).exp()
    assert float(torch.trapezoid(whole, grid[:, 0])) == pytest.approx(1, abs=1e-12)
    left, right = (LINE.only(k).log_density(SCHEDULE, grid, t).exp() for k in (0, 1))
    torch.testing.assert_close(0.3 * left + 0.7 * right, whole, **EXACT)


@pytest.mark.parametrize("t", [0, *TIMES])
def test_bayes_holds_between_density_classes_and_weights(t):
    x = draw(20, 2)
    joint = torch.stack([UNEVEN.only(k).log_density(SCHEDULE, x, t) for k in range(3)], 1) + UNEVEN.weights.log()
    expected = joint - UNEVEN.log_density(SCHEDULE, x, t)[:, None]
    torch.testing.assert_close(UNEVEN.log_class(SCHEDULE, x, t), expected, **EXACT)
    several = UNEVEN.log_class(SCHEDULE, x, t, [0, 2])
    torch.testing.assert_close(several, expected[:, [0, 2]].logsumexp(1), **EXACT)


# --- worlds with a closed form ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", TIMES)
def test_one_component_is_the_closed_form(t):
    """Data N(μ, s²): ε* = √(1−ᾱ) (x − √ᾱ μ) / V, its loss ᾱ s² / V, with V = ᾱ s² + 1 − ᾱ."""
    mean, std = 0.4, 0.7
    gauss = GaussianMixture(means=[[mean]], std=std)
    kept, rest = float(SCHEDULE.alpha_bar[t]), float(SCHEDULE.one_minus_alpha_bar[t])
    V = kept * std**2 + rest
    x = draw(10, 1)
    eps = gauss.noise_predictor(SCHEDULE)(x, torch.full((10,), t))
    torch.testing.assert_close(eps, rest**0.5 * (x - kept**0.5 * mean) / V, **EXACT)
    density = (-((x - kept**0.5 * mean) ** 2) / (2 * V) - math.log(2 * math.pi * V) / 2)[:, 0]
    torch.testing.assert_close(gauss.log_density(SCHEDULE, x, t), density, **EXACT)
    loss, error = gauss.irreducible_loss(SCHEDULE, t)
    assert loss == pytest.approx(kept * std**2 / V, abs=1e-12) and error < 1e-12


def test_one_point_is_known_and_its_noise_too():
    point = GaussianMixture(means=[[0.5, -0.5]], std=0.0)
    x_0, eps, t = torch.tensor([[0.5, -0.5]]).double().expand(4, 2), draw(4, 2), torch.tensor(TIMES)
    x_t = add_noise(SCHEDULE, x_0, t, eps)
    torch.testing.assert_close(point.noise_predictor(SCHEDULE)(x_t, t), eps, **EXACT)
    assert point.irreducible_loss(SCHEDULE, 7) == (0, 0)


def test_at_the_end_the_state_is_the_noise():
    schedule = cosine(1000)
    x = draw(50, 2)
    torch.testing.assert_close(RING.noise_predictor(schedule)(x, torch.full((50,), 1000)), x, rtol=0, atol=1e-3)
    standard = -(x**2).sum(1) / 2 - math.log(2 * math.pi)
    torch.testing.assert_close(RING.log_density(schedule, x, 1000), standard, rtol=0, atol=1e-3)
    assert RING.irreducible_loss(schedule, 1000).loss < 1e-6


# --- draws and losses -------------------------------------------------------------------------------------------------


def test_draws_have_the_moments_of_the_law_and_their_classes():
    x, component = UNEVEN.sample(200_000, torch.Generator().manual_seed(1))
    assert x.shape == (200_000, 2) and x.dtype == torch.float64
    for k in range(3):
        mine = x[component == k]
        assert len(mine) / len(x) == pytest.approx(float(UNEVEN.weights[k]), abs=0.005)
        torch.testing.assert_close(mine.mean(0), UNEVEN.means[k], rtol=0, atol=0.02)
        torch.testing.assert_close(mine.std(0), UNEVEN.std[k].expand(2), rtol=0, atol=0.01)
    again, _ = UNEVEN.sample(200_000, torch.Generator().manual_seed(1))
    assert torch.equal(x, again)


@pytest.mark.parametrize("t", [1, 7, 50])
@pytest.mark.parametrize("world", ["line", "uneven", "pictures"])
def test_the_irreducible_loss_is_that_of_the_optimal_model(world, t):
    mixture, n = WORLDS[world], 100_000
    loss, error = mixture.irreducible_loss(SCHEDULE, t, generator=torch.Generator().manual_seed(2))
    assert error < (1e-12 if world == "line" else 5e-3)
    x_0, _ = mixture.sample(n, torch.Generator().manual_seed(3))
    eps = draw(*x_0.shape, seed=4)
    x_t = add_noise(SCHEDULE, x_0, t, eps)
    each = (eps - mixture.noise_predictor(SCHEDULE)(x_t, torch.full((n,), t))).square().flatten(1).mean(1)
    allowed = 5 * (float(each.std()) / n**0.5 + error)
    assert abs(float(each.mean()) - loss) < allowed


def test_the_standard_error_is_the_scatter_of_the_estimate():
    found = [
        PICTURES.irreducible_loss(SCHEDULE, 25, n=300, generator=torch.Generator().manual_seed(s)) for s in range(200)
    ]
    losses, errors = torch.tensor(found, dtype=torch.float64).T
    assert float(losses.std()) == pytest.approx(float(errors.mean()), rel=0.2)  # 200 draws tell it to 5 %


def test_the_quadrature_agrees_with_monte_carlo():
    """E ‖ε − ε*‖² = 1 − E ‖ε*‖² per dimension: ε* is a conditional mean."""
    for t in TIMES:
        exact = LINE.irreducible_loss(SCHEDULE, t).loss
        n = 200_000
        x_0, _ = LINE.sample(n, torch.Generator().manual_seed(5))
        x_t = add_noise(SCHEDULE, x_0, t, draw(n, 1, seed=6))
        power = LINE.noise_predictor(SCHEDULE)(x_t, torch.full((n,), t)).square()
        assert 1 - float(power.mean()) == pytest.approx(exact, abs=5 * float(power.std()) / n**0.5)


@pytest.mark.parametrize("t", [1, 4, 12, 50])
def test_the_quadrature_in_the_plane_is_as_good_as_it_says(t):
    """Against one with four times as many nodes along each axis, also where a wide component hides a narrow one."""
    fine = torch.arange(-6, 6 + 1 / 32, 3 / 32, dtype=torch.float64)
    z = torch.cartesian_prod(fine, fine)
    share = torch.softmax(-z.square().sum(1) / 2, 0)
    kept, rest = SCHEDULE.alpha_bar[t], SCHEDULE.one_minus_alpha_bar[t]
    for world in (UNEVEN, RING):
        width = (kept * world.std**2 + rest).sqrt()
        nodes = [kept.sqrt() * m + w * z for m, w in zip(world.means, width, strict=True)]
        times = torch.full((len(z),), t)
        power = torch.stack([world.noise_predictor(SCHEDULE)(x, times).square().mean(1) @ share for x in nodes])
        loss, error = world.irreducible_loss(SCHEDULE, t)
        assert abs(loss - (1 - float(world.weights @ power))) <= max(3 * error, 1e-7) < 0.01


def test_the_table_of_floors_is_that_of_the_losses_with_the_same_draws():
    for world, options in ((LINE, {}), (PICTURES, {"generator": torch.Generator().manual_seed(3)})):
        floors = world.floors(SCHEDULE, **options)
        assert floors.shape == (51,) and floors[0] == 0
        for t in TIMES:
            again = {key: torch.Generator().manual_seed(3) for key in options}
            assert floors[t] == world.irreducible_loss(SCHEDULE, t, **again).loss


def test_the_floor_of_the_simple_loss_on_the_ring():
    """0.1877, measured by another program with draws: T = 1000 linear, deviation 0.07; every tenth time suffices."""
    ring = GaussianMixture(GAUSSIAN_MIXTURES["ring"][0], 0.07)
    schedule = linear(1000)
    middle = [ring.irreducible_loss(schedule, t).loss for t in range(5, 1000, 10)]
    assert sum(middle) / 100 == pytest.approx(0.1877, abs=1e-3)


def test_entropy_and_power_are_closed_forms_where_components_are_far_apart():
    gauss = math.log(2 * math.pi * math.e)
    far = GaussianMixture([[-30.0], [0.0], [30.0]], [0.5, 1.0, 2.0], [0.2, 0.3, 0.5])
    parts = [w * (gauss / 2 + math.log(s) - math.log(w)) for w, s in ((0.2, 0.5), (0.3, 1.0), (0.5, 2.0))]
    assert far.entropy() == pytest.approx(sum(parts), abs=1e-3)
    assert far.power() == pytest.approx(0.7 * 900 + 0.2 * 0.25 + 0.3 + 0.5 * 4, rel=1e-12)
    ring = GaussianMixture(GAUSSIAN_MIXTURES["ring"][0], 0.05)
    assert ring.entropy() == pytest.approx(gauss + 2 * math.log(0.05) + math.log(8), abs=1e-6)
    assert ring.power() == pytest.approx(1 + 0.05**2, rel=1e-12)
    two = GaussianMixture(PICTURES.means, 0.01).entropy(generator=torch.Generator().manual_seed(1))
    assert two == pytest.approx(6 * gauss + 12 * math.log(0.01) + math.log(2), abs=0.05)


def test_the_sampler_with_the_oracle_ends_on_the_data():
    schedule = cosine(400)
    x = last(ddim(LINE.noise_predictor(schedule), draw(4000, 1, seed=7), schedule))
    data, _ = LINE.sample(4000, torch.Generator().manual_seed(8))
    assert float((x.sort(0).values - data.sort(0).values).abs().mean()) < 0.05


def test_single_precision_stays_single_and_agrees():
    x = draw(30, 2)
    t = torch.full((30,), 7)
    single = RING.noise_predictor(SCHEDULE)(x.float(), t)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), RING.noise_predictor(SCHEDULE)(x, t), rtol=0, atol=1e-4)


def test_the_named_worlds_are_those_of_the_data():
    for name, (means, std) in GAUSSIAN_MIXTURES.items():
        mixture = GaussianMixture.named(name)
        assert torch.equal(mixture.means, means) and bool((mixture.std == std).all())
        assert torch.equal(mixture.weights, torch.full((len(means),), 1 / len(means), dtype=torch.float64))


def test_a_class_of_several_components_keeps_their_proportions():
    pair = UNEVEN.only([2, 0])
    torch.testing.assert_close(pair.weights, torch.tensor([0.375, 0.625], dtype=torch.float64), **EXACT)
    assert torch.equal(pair.means, UNEVEN.means[[2, 0]])


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"means": [0.0, 1.0]}, r"means must .* \(K, ...\)"),
        ({"means": [[float("nan")]]}, "means must be finite"),
        ({"means": [[0.0]], "std": -0.1}, "std must be"),
        ({"means": [[0.0]], "std": float("inf")}, "std must be"),
        ({"means": [[0.0]], "std": [0.1, 0.2]}, "std must be"),
        ({"means": [[0.0], [1.0]], "weights": [0.5]}, "weights must be"),
        ({"means": [[0.0], [1.0]], "weights": [1.0, 0.0]}, "weights must be"),
        ({"means": [[0.0], [1.0]], "weights": [0.5, 0.6]}, "weights must be .* sum to 1"),
        ({"means": "ring"}, "means must be"),
    ],
)
def test_a_bad_mixture_is_refused(arguments, words):
    with pytest.raises(ConfigError, match=words):
        GaussianMixture(**{"std": 0.1, **arguments})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: RING.score(SCHEDULE, draw(4, 3), 1), r"x_t must have shape \(B, 2\)"),
        (lambda: RING.score(SCHEDULE, torch.zeros(4, 2, dtype=torch.int64), 1), "x_t must be a floating-point"),
        (lambda: RING.score(SCHEDULE, draw(4, 2), 51), "t must be"),
        (lambda: RING.score(SCHEDULE, draw(4, 2), -1), "t must be"),
        (lambda: RING.score(SCHEDULE, draw(4, 2), torch.tensor([1, 2])), "t must have shape"),
        (lambda: RING.noise_predictor(SCHEDULE)(draw(1, 2), torch.tensor([0])), "t must be"),
        (lambda: RING.irreducible_loss(SCHEDULE, 0), "t must be"),
        (lambda: PICTURES.irreducible_loss(SCHEDULE, 3), "generator must be"),
        (lambda: PICTURES.floors(SCHEDULE, generator=0), "generator must be"),
        (lambda: GaussianMixture([[0.0]], 0.0).entropy(), "no density at t = 0"),
        (lambda: RING.only(8), "components must be"),
        (lambda: RING.only([]), "components must be"),
        (lambda: RING.only([1, 1]), "components must be"),
        (lambda: RING.only(True), "components must be"),
        (lambda: RING.sample(0, torch.Generator()), "n must be"),
        (lambda: RING.sample(3, 0), "generator must be"),
        (lambda: GaussianMixture.named("rings"), "did you mean 'ring'"),
        (lambda: GaussianMixture([[0.0]], 0.0).log_density(SCHEDULE, draw(3, 1), 0), "no density at t = 0"),
        (lambda: RING.noise_predictor("linear"), "process must be"),
    ],
)
def test_bad_arguments_are_refused(call, words):
    with pytest.raises(ConfigError, match=words):
        call()


def test_a_mixture_is_frozen():
    with pytest.raises(AttributeError):
        RING.std = 1.0
