"""The tiny parts of Stable Diffusion, loaded once for the tests of a module."""

from __future__ import annotations

import pytest

from diffusion_lib.stable_diffusion import parts


@pytest.fixture(scope="module")
def tiny(tiny_folder):
    return parts.load(tiny_folder, device="cpu")


@pytest.fixture(scope="module")
def double(tiny_folder):
    return parts.load(tiny_folder, device="cpu", dtype="float64")
