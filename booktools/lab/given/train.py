"""What the laboratory ``train`` is given: the frequencies of the library's network."""

from __future__ import annotations

from diffusion_lib.networks import MLP


def data() -> dict:
    """The waves of the library's MLP, drawn once with a fixed seed: frequencies along the two axes."""
    return {"frequencies": MLP(width=1, depth=1, features=16, T=1, prediction="eps").frequencies.tolist()}
