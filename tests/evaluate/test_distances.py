"""The distances against closed forms, their floors between samples of one distribution, and planted copies."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
import scipy.linalg
import scipy.optimize
import scipy.stats
import torch
from hypothesis import given

from diffusion_lib.data import sample_density
from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.evaluate import distances
from diffusion_lib.evaluate.distances import (
    energy_distance,
    frechet_distance,
    log_ratios,
    memorisation,
    sliced_wasserstein,
    sliced_wasserstein_floor,
)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussian_quantiles(n: int, mean: float, std: float) -> torch.Tensor:
    """(n, 1): the distribution N(mean, std²) at the midpoints of n equal shares of probability."""
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    return mean + std * torch.special.ndtri(u).unsqueeze(1)


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(-3, 3), st.floats(0.1, 3))
def test_in_one_dimension_it_is_the_closed_form_of_two_gaussians(m, s, mean, std):
    """W2² = (m − mean)² + (s − std)²; the grid of quantiles has 0.998 of the variance."""
    x, y = gaussian_quantiles(2000, m, s), gaussian_quantiles(2000, mean, std)
    value = sliced_wasserstein(x, y, projections=2)
    assert value == pytest.approx(math.hypot(m - mean, s - std), rel=2e-3, abs=1e-9)


@given(st.integers(1, 7), st.integers(0, 99))
def test_in_one_dimension_it_is_the_best_matching(n, seed):
    x, y = draw(2, n, 1, seed=seed)
    cost = (x - y.T) ** 2
    rows, columns = scipy.optimize.linear_sum_assignment(cost)
    assert sliced_wasserstein(x, y, projections=3) == pytest.approx(cost[rows, columns].mean().sqrt().item(), abs=1e-12)


def test_a_translation_costs_its_length_over_root_d():
    """W2² along θ is ⟨θ, c⟩², whose mean over directions is |c|² / d, here within 5 standard errors of 20,000."""
    for d in (2, 5, 64):
        x, c = draw(10, d), draw(d, seed=1)
        value = sliced_wasserstein(x, x + c, projections=20_000) ** 2
        error = c.norm() ** 2 * math.sqrt(2 * (d - 1) / (d + 2)) / d / math.sqrt(20_000)
        assert abs(value - c.norm() ** 2 / d) < 5 * error


@given(st.integers(0, 99))
def test_it_is_a_distance_between_clouds(seed):
    x, y, z = draw(3, 20, 3, seed=seed)
    there = sliced_wasserstein(x, y)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(seed))
    assert sliced_wasserstein(x, x[order]) == 0 < there
    assert sliced_wasserstein(y[order], x) == pytest.approx(there, rel=1e-12)
    assert sliced_wasserstein(3 * x, 3 * y) == pytest.approx(3 * there, rel=1e-12)
    assert sliced_wasserstein(x + z[0], y + z[0]) == pytest.approx(there, rel=1e-9)
    assert there <= sliced_wasserstein(x, z) + sliced_wasserstein(z, y) + 1e-12


def test_directions_depend_on_the_seed_only():
    x, y = draw(2, 30, 4)
    assert sliced_wasserstein(x, y) == sliced_wasserstein(x, y, seed=0) != sliced_wasserstein(x, y, seed=1)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    sliced_wasserstein(x, y)
    assert torch.equal(before, torch.random.get_rng_state())


def test_images_are_vectors_and_any_float_will_do():
    x, y = draw(2, 6, 1, 4, 4)
    value = sliced_wasserstein(x, y)
    assert sliced_wasserstein(x.flatten(1), y.flatten(1)) == value
    assert sliced_wasserstein(x.float(), y.float().requires_grad_()) == pytest.approx(value, rel=1e-6)


def test_the_floor_is_the_mean_over_independent_pairs():
    calls = []

    def sample(seed):
        calls.append(seed)
        return draw(50, 2, seed=seed)

    floor = sliced_wasserstein_floor(sample, pairs=3, seed=10)
    assert sorted(calls) == [10, 11, 12, 13, 14, 15]
    pairs = [sliced_wasserstein(draw(50, 2, seed=s), draw(50, 2, seed=s + 1)) for s in (10, 12, 14)]
    assert floor == pytest.approx(sum(pairs) / 3, rel=1e-12)


def test_the_floor_falls_with_the_sample_and_lies_below_another_distribution():
    floors = [
        sliced_wasserstein_floor(lambda seed, n=n: sample_density("moons", n, seed), pairs=3) for n in (100, 6400)
    ]
    assert floors[0] > 4 * floors[1]  # as 1/√n: 8 in expectation
    other = sliced_wasserstein(sample_density("moons", 6400, 0), sample_density("swiss_roll", 6400, 1))
    assert other > 10 * floors[1]


@pytest.mark.parametrize(
    "x, y, arguments, message",
    [
        (draw(5, 2), draw(4, 2), {}, r"y must have x's shape \(n, ...\), n >= 1: \(5, 2\), got \(4, 2\)"),
        (draw(5, 2), draw(5, 3), {}, "y must have x's shape"),
        (draw(0, 2), draw(0, 2), {}, "n >= 1"),
        (torch.tensor(1.0), torch.tensor(1.0), {}, "n >= 1"),
        (draw(5, 2), draw(5, 2), {"projections": 0}, "projections must be an integer >= 1, got 0"),
        (draw(5, 2), draw(5, 2), {"seed": -1}, "seed must be an integer in 0.., got -1"),
        (draw(5, 2), draw(5, 2), {"seed": 2**63}, "seed must be an integer in 0.., got 9223372036854775808"),
    ],
)
def test_bad_arguments_are_refused(x, y, arguments, message):
    with pytest.raises(ConfigError, match=message.replace("0..", r"0\.\.\d+")):
        sliced_wasserstein(x, y, **arguments)


def test_a_floor_needs_a_pair():
    with pytest.raises(ConfigError, match="pairs must be an integer >= 1, got 0"):
        sliced_wasserstein_floor(lambda seed: draw(5, 2), pairs=0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_samples_that_are_not_finite_are_an_error_and_not_a_large_distance(value):
    x, y = draw(2, 5, 1, 2, 2)
    y[3, 0, 1, 1] = value
    with pytest.raises(NonFiniteError, match=rf"y must be finite, got {value} at index \(3, 0, 1, 1\)"):
        sliced_wasserstein(x, y)
    with pytest.raises(NonFiniteError, match="x must be finite"):
        sliced_wasserstein(y, x)


# --- energy distance --------------------------------------------------------------------------------------------------


@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 99))
def test_energy_on_a_line_is_scipys_but_for_the_pairs_of_a_sample_with_itself(n, m, seed):
    """SciPy: √(2 ∫ (F − G)²), in which E‖x − x′‖ has the n zero pairs in its mean."""
    x, y = draw(n, 1, seed=seed), 2 * draw(m, 1, seed=seed + 100) + 1
    whole = [float((z - z.T).abs().mean()) for z in (x, y)]
    correction = sum(mean / (len(z) - 1) for mean, z in zip(whole, (x, y), strict=True))
    theirs = scipy.stats.energy_distance(x[:, 0].numpy(), y[:, 0].numpy()) ** 2
    assert energy_distance(x, y) == pytest.approx(theirs - correction, abs=1e-12)


@pytest.mark.parametrize("d", [1, 3, 20])
def test_energy_of_two_gaussians_is_the_closed_form(d):
    """N(0, I) against N(0, 9 I): E‖x − y‖ is √(sum of variances) times the mean length of a standard normal vector."""
    length = math.sqrt(2) * math.exp(math.lgamma((d + 1) / 2) - math.lgamma(d / 2))
    exact = (2 * math.sqrt(10) - math.sqrt(2) - math.sqrt(18)) * length
    found = torch.tensor([energy_distance(draw(400, d, seed=s), 3 * draw(300, d, seed=s + 50)) for s in range(20)])
    assert abs(float(found.mean()) - exact) < 5 * float(found.std()) / math.sqrt(20) < 0.2 * exact


def test_energy_between_samples_of_one_law_scatters_about_zero():
    found = torch.tensor([energy_distance(draw(40, 2, seed=s), draw(60, 2, seed=s + 500)) for s in range(300)])
    assert found.min() < 0 < found.max()
    assert abs(float(found.mean())) < 4 * float(found.std()) / math.sqrt(300)


def test_energy_is_the_same_whether_or_not_the_table_fits(monkeypatch):
    x, y = draw(50, 3), draw(41, 3, seed=1)
    whole = energy_distance(x, y)
    monkeypatch.setattr("diffusion_lib.evaluate.distances.ROWS", 7)
    assert energy_distance(x, y) == pytest.approx(whole, rel=1e-12) == pytest.approx(energy_distance(y, x), rel=1e-12)


# --- Fréchet distance -------------------------------------------------------------------------------------------------


def with_moments(mean, covariance, n=64):
    """n points whose sample mean and covariance are exactly these."""
    d = len(mean)
    x = draw(n, d, seed=d)
    x = x - x.mean(0)
    white = torch.linalg.solve_triangular(torch.linalg.cholesky(torch.cov(x.T)), x.T, upper=False).T
    return mean + white @ torch.linalg.cholesky(covariance).T


def gaussian(d, seed):
    root = draw(d, d, seed=seed)
    return draw(d, seed=seed + 1), root @ root.T + 0.1 * torch.eye(d).double()


@given(st.integers(2, 8), st.integers(0, 50))
def test_frechet_of_known_gaussians_is_the_formula_with_scipys_root(d, seed):
    (m, A), (n, B) = gaussian(d, seed), gaussian(d, seed + 1000)
    cross = scipy.linalg.sqrtm((A @ B).numpy()).real.trace()
    exact = float((m - n).square().sum() + A.trace() + B.trace()) - 2 * cross
    assert frechet_distance(with_moments(m, A), with_moments(n, B)) == pytest.approx(exact, rel=1e-8, abs=1e-8)


def test_frechet_along_the_axes_is_a_sum_of_squares():
    """With commuting covariances: ‖m − n‖² + Σ (s_i − r_i)²."""
    s, r, m = torch.tensor([1.0, 2.0, 0.5]).double(), torch.tensor([3.0, 2.0, 0.1]).double(), draw(3)
    x, y = with_moments(m, torch.diag(s**2)), with_moments(0 * m, torch.diag(r**2))
    assert frechet_distance(x, y) == pytest.approx(float((m**2).sum() + ((s - r) ** 2).sum()), rel=1e-10)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-10)
    assert frechet_distance(y, x) == pytest.approx(frechet_distance(x, y), rel=1e-10)
    assert frechet_distance(5 * x, 5 * y) == pytest.approx(25 * frechet_distance(x, y), rel=1e-10)


def test_frechet_works_where_the_features_are_dependent():
    x = draw(40, 3) @ torch.tensor([[1.0, 0, 1], [0, 1, 1], [0, 0, 0]]).double()
    assert frechet_distance(x, x + 2) == pytest.approx(12, rel=1e-8)


# --- memorisation -----------------------------------------------------------------------------------------------------


def clouds(seed, d=5):
    return draw(60, d, seed=seed), draw(80, d, seed=seed + 1000), draw(50, d, seed=seed + 2000)


def test_planted_copies_are_found_and_fresh_samples_are_not():
    samples, train, held_out = clouds(0)
    ratio, expected, p = memorisation(samples, train, held_out)
    assert 0.7 < expected < 1 and ratio == pytest.approx(expected, abs=0.1) and p > 0.05
    samples[:15] = train[:15] + 0.01 * draw(15, 5, seed=9)  # a quarter of them, all but exact
    copied = memorisation(samples, train, held_out)
    assert copied.ratio < 0.75 * ratio and copied.p_value == 1 / 200
    samples[:15] = train[:15]
    exact = memorisation(samples, train, held_out)
    assert 0 < exact.ratio < copied.ratio and exact.p_value == 1 / 200


def test_pictures_are_vectors():
    samples, train, held_out = (z.view(-1, 1, 2, 2) for z in clouds(4, d=4))
    assert memorisation(samples, train, held_out) == memorisation(*clouds(4, d=4))


def test_the_ratio_is_the_geometric_mean_of_nearest_distances():
    samples, train, held_out = clouds(3)
    logs = [torch.cdist(samples, z).min(1).values.log() for z in (train, held_out)]
    assert memorisation(samples, train, held_out).ratio == pytest.approx(float((logs[0] - logs[1]).mean().exp()))


def test_some_of_the_samples_have_the_p_value_of_their_own_columns():
    """The same labellings for all: so a part can be judged without its distances being computed again."""
    samples, train, held_out = clouds(3)
    samples[:9] = train[:9] + 0.01
    logs = log_ratios(samples, train, held_out, relabellings=49)
    assert logs.shape == (50, 60)
    for part in (slice(0, 20), slice(20, 60)):
        mine, *others = logs[:, part].mean(1).tolist()
        alone = memorisation(samples[part], train, held_out, relabellings=49)
        assert alone.ratio == pytest.approx(math.exp(mine))
        assert alone.p_value == (1 + sum(other <= mine for other in others)) / 50
    assert not torch.equal(logs[1], logs[2])  # every row has labels of its own


@pytest.mark.parametrize("first", [1, 3])
def test_how_many_points_are_asked_first_changes_nothing(monkeypatch, first):
    """Among one or three of the nearest, those of one label often lack."""
    expected = memorisation(*clouds(3))
    monkeypatch.setattr(distances, "NEAREST", first)
    assert memorisation(*clouds(3)) == expected


def test_the_p_value_is_calibrated_when_nothing_was_copied():
    """P(p ≤ a) = a for a a multiple of 1/(relabellings + 1); 400 sets of clouds, dependent through few neighbours."""
    found = torch.tensor([memorisation(*clouds(s, d=1), relabellings=19).p_value for s in range(400)])
    for a in (0.05, 0.25, 0.5):
        assert abs(float((found <= a + 1e-9).double().mean()) - a) < 4.5 * math.sqrt(a * (1 - a) / 400)


def test_held_out_copies_are_no_memorisation():
    samples, train, held_out = clouds(5)
    samples[:30] = held_out[:30]
    assert memorisation(samples, train, held_out).ratio > 3
    assert memorisation(samples, train, held_out).p_value > 0.9


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: energy_distance(draw(1, 2), draw(5, 2)), r"x must be a tensor of at least 2 samples"),
        (lambda: energy_distance(draw(5, 2), draw(5, 3)), r"y must have samples like x's, \(2,\), got \(3,\)"),
        (lambda: energy_distance([1.0, 2.0], draw(5, 3)), "x must be a tensor .* got list"),
        (lambda: frechet_distance(draw(5, 5), draw(9, 5)), "more samples than features, got 5 and 9 samples of 5"),
        (lambda: memorisation(draw(5, 2), draw(0, 2), draw(5, 2)), "train must be a tensor of at least 1"),
        (lambda: memorisation(draw(5, 2), draw(5, 2), draw(5, 3)), "held_out must have samples like samples's"),
        (lambda: memorisation(draw(5, 2), draw(5, 2), draw(5, 2), relabellings=0), "relabellings must be"),
        (lambda: memorisation(draw(5, 2), draw(5, 2), draw(5, 2), seed=-1), "seed must be"),
        (lambda: memorisation(*torch.ones(3, 4, 2)), "train must vary"),
    ],
)
def test_bad_clouds_are_refused(call, words):
    with pytest.raises(ConfigError, match=words):
        call()


@pytest.mark.parametrize("distance", [energy_distance, frechet_distance])
def test_clouds_that_are_not_finite_are_an_error(distance):
    x, y = draw(2, 9, 2)
    y[4, 1] = math.nan
    with pytest.raises(NonFiniteError, match=r"y must be finite, got nan at index \(4, 1\)"):
        distance(x, y)
