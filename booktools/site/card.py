"""The card that is shown where the book is linked: its title above two rings that turn into noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

SIZE = (1200, 630)  # pixels, as the sites that show such cards ask for; _config.yml tells them
GROUND, INK, POINTS = "#fdfcf9", "#24262b", "#2b5c8a"
NOISE = (0.0, 0.15, 0.4, 0.8, 0.995)  # 1 − ᾱ of each picture


def rings(count: int, generator: np.random.Generator) -> np.ndarray:
    angle = generator.uniform(0, 2 * np.pi, count)
    radius = np.where(np.arange(count) % 3 == 0, 0.8, 1.7)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def noised(points: np.ndarray, noise: float, generator: np.random.Generator) -> np.ndarray:
    """x_t = √ᾱ x_0 + √(1 − ᾱ) ε, [Ho et al. 2020, equation 4]."""
    return np.sqrt(1 - noise) * points + np.sqrt(noise) * generator.standard_normal(points.shape)


def draw(title: str, target: Path) -> None:
    """Write the card as a PNG; equal on each run."""
    generator = np.random.default_rng(0)
    figure = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor=GROUND)
    figure.text(0.06, 0.80, title, fontsize=46, color=INK, family="serif")
    figure.text(0.06, 0.70, "Derivations and experiments that check themselves", fontsize=22, color=INK, family="serif")
    points = rings(900, generator)
    for place, noise in enumerate(NOISE):
        axes = figure.add_axes((0.05 + 0.182 * place, 0.1, 0.172, 0.172 * SIZE[0] / SIZE[1]))
        axes.scatter(*noised(points, noise, generator).T, s=5, color=POINTS, alpha=0.7, linewidths=0)
        axes.set(xlim=(-3, 3), ylim=(-3, 3))
        axes.axis("off")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={"Software": None})
