"""The exception family and the argument checks: what is let through, what is refused, and in which words."""

from __future__ import annotations

import math
import pickle

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from derive import errors as derive_errors
from diffusion_lib import errors
from diffusion_lib.errors import ConfigError, check_choice, check_integer, check_real

FAMILY = {
    "ConfigError": ValueError,
    "CheckpointError": RuntimeError,
    "CheckpointCorrupt": errors.CheckpointError,
    "CheckpointMismatch": errors.CheckpointError,
    "CheckpointUntrusted": errors.CheckpointError,
    "CheckpointSaveError": errors.CheckpointError,
    "SaveError": OSError,
    "NonFiniteError": ArithmeticError,
    "WeightsUnavailable": OSError,
}
PROOFS = {
    "ArgumentError": ValueError,
    "DerivationError": derive_errors.DeriveError,
    "Refuted": derive_errors.DerivationError,
    "Inconclusive": derive_errors.DerivationError,
    "VacuousHypotheses": derive_errors.DerivationError,
    "Undefined": derive_errors.DerivationError,
}
FAMILIES = [(errors, errors.DiffusionLibError, FAMILY), (derive_errors, derive_errors.DeriveError, PROOFS)]
MEMBERS = [(module, base, name, kind) for module, base, family in FAMILIES for name, kind in family.items()]


@pytest.mark.parametrize(("module", "base", "name", "kind"), MEMBERS, ids=[row[2] for row in MEMBERS])
def test_every_exception_is_of_the_family_and_of_a_builtin_kind(module, base, name, kind):
    error = getattr(module, name)
    assert issubclass(error, base) and issubclass(error, kind)
    again = pickle.loads(pickle.dumps(error("what went wrong")))  # workers send exceptions by pickle
    assert type(again) is error and "what went wrong" in str(again)


@pytest.mark.parametrize(("module", "base", "family"), FAMILIES)
def test_the_family_is_complete(module, base, family):
    classes = {name for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert classes == {*family, base.__name__}


@given(st.integers(-5, 5), st.integers(-5, 5), st.none() | st.integers(-5, 5))
def test_check_integer_accepts_exactly_the_interval(value, low, high):
    if low <= value and (high is None or value <= high):
        assert check_integer("n", np.int64(value), low, high) == value
        assert type(check_integer("n", np.int64(value), low, high)) is int
    else:
        with pytest.raises(ConfigError, match=f"^n must be an integer .*, got {value}$"):
            check_integer("n", value, low, high)


@given(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0]), st.booleans(), st.booleans())
def test_check_real_accepts_exactly_the_interval(value, open_low, open_high):
    inside = (value > 0 or (value == 0 and not open_low)) and (value < 1 or (value == 1 and not open_high))
    if inside:
        assert check_real("x", value, 0, 1, open_low=open_low, open_high=open_high) == value
    else:
        left, right = "(" if open_low else "[", ")" if open_high else "]"
        with pytest.raises(ConfigError) as caught:
            check_real("x", value, 0, 1, open_low=open_low, open_high=open_high)
        assert str(caught.value) == f"x must be a finite number in {left}0, 1{right}, got {value}"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, None, "0.5", 1j, [0.5], np.array([0.5, 0.5])])
def test_check_real_refuses_what_is_not_a_finite_number(value):
    with pytest.raises(ConfigError, match=r"^x must be a finite number in \[-inf, inf\], got "):
        check_real("x", value, -math.inf, math.inf)


@pytest.mark.parametrize("value", [1.0, True, False, None, "1", math.nan, [1], np.float64(1), np.array([1, 2])])
def test_check_integer_names_the_type_of_what_is_no_integer(value):
    with pytest.raises(ConfigError) as caught:
        check_integer("n", value, 0)
    assert str(caught.value) == f"n must be an integer >= 0, got {value!r} of type {type(value).__name__}"


def test_check_choice_names_the_nearest_and_lists_all():
    assert check_choice("kind", "linear", ["linear", "cosine"]) == "linear"
    with pytest.raises(ConfigError) as caught:
        check_choice("kind", "liner", ["linear", "cosine"])
    assert str(caught.value) == "kind must be one of 'linear', 'cosine', got 'liner'; did you mean 'linear'?"


@pytest.mark.parametrize("value", [None, 3, ["linear"], "zzz", ""])
def test_check_choice_guesses_only_where_something_is_near(value):
    with pytest.raises(ConfigError) as caught:
        check_choice("kind", value, {"linear": 1, "cosine": 2})
    assert str(caught.value) == f"kind must be one of 'linear', 'cosine', got {value!r}"


def test_an_integer_beyond_the_floats_is_refused_by_name():
    with pytest.raises(ConfigError, match="lr must be a finite number"):
        check_real("lr", 10**400, 0.0, 1.0)
