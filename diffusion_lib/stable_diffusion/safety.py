"""The safety checker of a published model: it compares a picture with concepts that it should not show.

Its verdict is a word of its own, so that a picture that was held back is never taken for one that failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

ABSENT, PASSED, FLAGGED = "absent", "passed", "flagged"


class SafetyChecker:
    """A network of diffusers with the preprocessing of its pictures."""

    def __init__(self, network: torch.nn.Module, processor: Any) -> None:
        self.network, self.processor = network, processor

    def __call__(self, pictures: Sequence[Image.Image]) -> list[bool]:
        """Whether each picture shows one of the concepts."""
        some = next(self.network.parameters())
        values = self.processor(images=list(pictures), return_tensors="pt").pixel_values
        # it also blackens the arrays that it flags: these are thrown away
        copies = [np.zeros((1, 1, 3), np.float32) for _ in pictures]
        return [bool(found) for found in self.network(values.to(some.device, some.dtype), copies)[1]]


def judged(checker: SafetyChecker | None, pictures: Sequence[Image.Image]) -> list[tuple[Image.Image, str]]:
    """Each picture with its status: "absent" where nothing checks, "passed", or "flagged" and then a black picture."""
    if checker is None:
        return [(picture, ABSENT) for picture in pictures]
    verdicts = zip(pictures, checker(pictures), strict=True)
    return [(Image.new("RGB", picture.size), FLAGGED) if found else (picture, PASSED) for picture, found in verdicts]
