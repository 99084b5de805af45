"""The derivations of the chapter three-views, loaded by running the chapter's own cells."""

from __future__ import annotations

import pytest
import torch
from false_steps import false_steps

from derive.language.vectors import norm2
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import add_noise, make_process
from diffusion_lib.process import identities as process
from diffusion_lib.process import velocity as dictionary

TIMES = (0.1, 0.5, 0.93)


@pytest.fixture(scope="module", params=["cosine", "flow"])
def path(request):
    return make_process(request.param)


@pytest.fixture(scope="module")
def pair():
    """A data point, its noise and a prediction of the noise."""
    return torch.randn(3, 1, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def number(n, node, path, t, values):
    """A proved expression at a time of the path, one coordinate at a time, with the names of the page for letters."""
    scales = path.at(t, torch.zeros((), dtype=torch.float64))
    known = {"alpha_t": scales.alpha, "sigma_t": scales.sigma, "d_alpha": scales.d_alpha, "d_sigma": scales.d_sigma}
    known |= {"W": scales.wronskian} | values
    return evaluated(node, {n[name]: value for name, value in known.items()})


def evaluated(node, values):
    """A tree of sums, products, quotients, powers and squared norms, with tensors for its letters."""
    if node in values:
        return values[node]
    if isinstance(node, int):
        return node
    kind = type(node).__name__
    if kind == "Number":
        return float(node.value)
    raise NotImplementedError(kind)
