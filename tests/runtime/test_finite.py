"""The description of a number that is not finite."""

from __future__ import annotations

import math

import pytest
import torch

from diffusion_lib.runtime.finite import non_finite


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_first_is_described_and_the_others_are_counted(dtype, value):
    x = torch.full((2, 3, 4), torch.finfo(dtype).max, dtype=dtype)
    assert non_finite(x) is None  # of the largest numbers the sum, or the sum of squares, is infinite
    x[1, 0, 2] = value
    assert non_finite(x) == f"{value} at index (1, 0, 2) (and 0 more)"
    x[1, 1:] = math.nan
    assert non_finite(x) == f"{value} at index (1, 0, 2) (and 8 more)"


def test_nothing_is_finite_and_so_is_a_number():
    assert non_finite(torch.zeros(0, 3)) is None and non_finite(torch.tensor(1.0, requires_grad=True)) is None
    assert non_finite(torch.tensor(math.inf)) == "inf at index () (and 0 more)"
