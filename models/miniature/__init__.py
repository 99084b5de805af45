"""The miniature: a Stable Diffusion of the same parts as version 1, trained on synthetic images of shapes and animals.

``FOLDER`` holds its weights, as diffusers writes them; ``parse`` and ``vocabulary`` are its language, with which
``stable_diffusion.prompt`` checks prompts against the training data.
"""

from pathlib import Path

from .data.language import parse, vocabulary

FOLDER = Path(__file__).parent / "weights"

__all__ = ["FOLDER", "parse", "vocabulary"]
