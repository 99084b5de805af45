"""What the library tells the laboratories: tables, weights and texts, made anew at each build and never by hand."""

from __future__ import annotations

from collections.abc import Callable


def _train() -> dict:
    """The waves of the library's MLP, drawn once with a fixed seed: frequencies along the two axes."""
    from diffusion_lib.denoiser import MLP

    return {"frequencies": MLP(width=1, depth=1, features=16, T=1, prediction="eps").frequencies.tolist()}


DATA: dict[str, Callable[[], dict]] = {"train": _train}


def of(kind: str) -> dict:
    """The data of a laboratory, plain values for JSON; most need none."""
    return DATA[kind]() if kind in DATA else {}
