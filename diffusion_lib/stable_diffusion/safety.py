"""The safety checker of a published model: it compares an image with concepts that it should not show.

Its result is a status of its own, so that an image that was withheld is never taken for one that failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

ABSENT, PASSED, FLAGGED = "absent", "passed", "flagged"


class SafetyChecker:
    """A network of diffusers with the preprocessing of its images."""

    def __init__(self, network: torch.nn.Module, processor: Any) -> None:
        self.network, self.processor = network, processor

    def __call__(self, images: Sequence[Image.Image]) -> list[bool]:
        """Whether each image shows one of the concepts."""
        some = next(self.network.parameters())
        values = self.processor(images=list(images), return_tensors="pt").pixel_values
        # it also blackens the arrays that it flags: these are thrown away
        copies = [np.zeros((1, 1, 3), np.float32) for _ in images]
        return [bool(found) for found in self.network(values.to(some.device, some.dtype), copies)[1]]


def judged(checker: SafetyChecker | None, images: Sequence[Image.Image]) -> list[tuple[Image.Image, str]]:
    """Each image with its status: "absent" where nothing checks, "passed", or "flagged" and then a black image."""
    if checker is None:
        return [(image, ABSENT) for image in images]
    results = zip(images, checker(images), strict=True)
    return [(Image.new("RGB", image.size), FLAGGED) if found else (image, PASSED) for image, found in results]
