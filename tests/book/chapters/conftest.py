"""What the tests of a chapter share: its derivation, and what its stored notebook shows.

The chapter is that of the file: ``test_flow_matching.py`` tests ``book/flow-matching.md``.
"""

from __future__ import annotations

import chapters
import proved
import pytest
import torch

from pagekit import stored


@pytest.fixture(scope="module")
def name_of_page(request):
    return request.path.stem.removeprefix("test_").replace("_", "-")


@pytest.fixture(scope="module")
def n(name_of_page):
    """The names of the chapter, after all cells of its derivation."""
    return chapters.run_derivation(name_of_page)[0]


@pytest.fixture(scope="module")
def shown(name_of_page):
    """The numbers that the notebook shows, by name."""
    return chapters.numbers(name_of_page)


@pytest.fixture(scope="module")
def texts(name_of_page):
    """The values that sentences quote, as they are printed, by name."""
    return chapters.texts(name_of_page)


@pytest.fixture(scope="module")
def kept(name_of_page):
    """The stored sweep of the chapter."""
    return stored.read(name_of_page)


@pytest.fixture(scope="module", params=range(3))
def schedule(request):
    """Random schedules."""
    return proved.random_schedule(request.param)


@pytest.fixture(scope="module")
def batch():
    """One data point and one noise for each time."""
    draws = torch.Generator().manual_seed(7)
    return *torch.randn(2, proved.T, 1, generator=draws, dtype=torch.float64), torch.arange(1, proved.T + 1)


@pytest.fixture(scope="module")
def draws():
    """A state, a predicted noise and a fresh noise for each time."""
    return proved.random_states(1)
