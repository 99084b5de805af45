"""The feature space: what the classifier learns, its unit, that it repeats, and the distance that it is made for."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from diffusion_lib.data import digit_labels, digits
from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.evaluate.distances import frechet_distance
from diffusion_lib.evaluate.features import FeatureSpace, restore_features, train_features

DIGITS = {"features": 8, "width": 8, "steps": 300}


@pytest.fixture(scope="module")
def space():
    return train_features(digits("train"), digit_labels("train"), **DIGITS)


def test_the_classifier_learns_and_held_out_digits_show_it(space):
    assert space.accuracy(digits("test"), digit_labels("test")) > 0.9  # 0.96 when this was written
    shuffled = digit_labels("test").flip(0)
    assert space.accuracy(digits("test"), shuffled) < 0.3


def test_the_name_says_what_the_space_is(space):
    assert space.name == "8 features of a classifier (width 8, 300 steps, seed 0) of 1442 × 1 × 8 × 8 images"


def test_the_unit_is_the_mean_variance_over_the_training_pictures(space):
    features = space(digits("train"))
    assert features.shape == (1442, 8) and features.dtype == torch.float32
    assert float(features.var(0).mean()) == pytest.approx(1, rel=1e-4)


def test_equal_seeds_give_equal_spaces_and_the_global_stream_is_left_alone(space):
    before = torch.get_rng_state()
    again = train_features(digits("train"), digit_labels("train"), **DIGITS)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(again(digits("test")), space(digits("test")))
    torch.manual_seed(5)
    other = train_features(digits("train"), digit_labels("train"), **DIGITS | {"steps": 2}, seed=1)
    torch.manual_seed(6)
    same = train_features(digits("train"), digit_labels("train"), **DIGITS | {"steps": 2}, seed=1)
    zero = train_features(digits("train"), digit_labels("train"), **DIGITS | {"steps": 2}, seed=0)
    assert torch.equal(other(digits("test")), same(digits("test")))
    assert not torch.equal(other(digits("test")), zero(digits("test")))


def test_features_do_not_depend_on_the_rest_of_the_batch(space, monkeypatch):
    whole = space(digits("test"))
    monkeypatch.setattr("diffusion_lib.evaluate.features.ROWS", 7)
    torch.testing.assert_close(space(digits("test")), whole, rtol=1e-5, atol=1e-5)
    assert not whole.requires_grad


def test_the_distance_orders_digits_noise_and_one_kind_of_digit(space):
    """Between sets of real digits it is a floor; fewer kinds, a blur and noise are farther, in this order."""
    test, train = digits("test"), digits("train")
    rows = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[: len(test)]
    real, held_out = space(train[rows]), space(test)
    floor = frechet_distance(real, held_out)
    labels = digit_labels("train")
    half = frechet_distance(space(train[labels < 5][: len(test)]), held_out)
    noise = frechet_distance(space(torch.randn(test.shape, generator=torch.Generator().manual_seed(0))), held_out)
    assert 0 < floor < 0.2 < half < noise
    assert floor < 0.1 * half


def test_with_linear_layers_the_distance_is_the_closed_form():
    """φ = A x for Gaussian pictures is Gaussian: ‖A (m − n)‖² + Σ (√λ_i − √μ_i)² where A C Aᵀ and A D Aᵀ commute."""
    A = torch.diag(torch.tensor([1.0, 2.0, 3.0])) @ torch.eye(3, 16)
    linear = nn.Linear(16, 3, bias=False)
    linear.weight = nn.Parameter(A)
    space = FeatureSpace("linear", (1, 4, 4), nn.Sequential(nn.Flatten(), linear), nn.Identity(), 2.0)
    draws = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 200_000, 1, 4, 4, generator=draws)
    found = frechet_distance(space(0.5 * x + 1), space(1.5 * y))
    exact = sum(a**2 * (1**2 + (0.5 - 1.5) ** 2) for a in (1, 2, 3)) / 2.0**2
    assert found == pytest.approx(exact, rel=0.02)


def bad(**changed):
    arguments = {"images": digits("test"), "labels": digit_labels("test"), "steps": 1, **changed}
    return lambda: train_features(**arguments)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (bad(images=digits("test")[:, 0]), r"images must be \(n, C, H, W\).*got \(355, 8, 8\)"),
        (bad(images=digits("test")[..., :6]), "multiples of 4"),
        (bad(images=[1.0]), "images must be .* got list"),
        (bad(images=torch.zeros(355, 1, 8, 8)), "images must vary"),
        (bad(labels=digit_labels("test")[:-1]), r"labels must be int64 \(355,\), got torch.int64 \(354,\)"),
        (bad(labels=digit_labels("test").float()), "labels must be int64"),
        (bad(labels=digit_labels("test") - 1), "counted from 0, got -1 to 8"),
        (bad(labels=digit_labels("test") * 0), "at least two classes"),
        (bad(features=0), "features must be an integer >= 1"),
        (bad(width=0), "width must be"),
        (bad(steps=0), "steps must be"),
        (bad(seed=-1), "seed must be"),
    ],
)
def test_bad_arguments_are_refused(call, words):
    with pytest.raises(ConfigError, match=words):
        call()


def test_pictures_of_another_shape_have_no_features(space):
    with pytest.raises(ConfigError, match=r"images must have shape \(n, 1, 8, 8\), got \(2, 1, 28, 28\)"):
        space(torch.zeros(2, 1, 28, 28))


def test_a_loss_that_is_not_finite_stops_the_training():
    pictures = digits("test").clone()
    pictures[:, 0, 3, 3] = math.nan
    with pytest.raises(NonFiniteError, match="got nan at step 1"):
        train_features(pictures, digit_labels("test"), features=4, width=2, steps=5)


def test_a_space_is_made_again_from_what_is_stored(space):
    again = restore_features(space.name, list(space.shape), space.scale, space.stored())
    assert torch.equal(again(digits("test")), space(digits("test"))) and again.name == space.name
    assert torch.equal(again.predict(digits("test")), space.predict(digits("test")))


def test_tensors_of_something_else_are_no_space(space):
    stored = space.stored()
    for tensors in (
        {},
        {k: v for k, v in stored.items() if k != "head.1.bias"},
        stored | {"layers.6.bias": stored["head.1.bias"]},
    ):
        with pytest.raises(ConfigError, match="tensors must be those of a feature space"):
            restore_features(space.name, space.shape, space.scale, tensors)
    with pytest.raises(ConfigError, match="tensors must be those of a feature space"):
        restore_features(space.name, (1, 16, 16), space.scale, stored)
