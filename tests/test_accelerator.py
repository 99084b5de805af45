"""Everything that takes a device runs on one: an emulated accelerator, which refuses what CUDA would refuse.

``tests/support/accelerator.py`` says what it refuses.  A tensor that nobody has moved is found where it is used first.
"""

from __future__ import annotations

import pytest
from emulated import PLANTED, SMALL, faults
from the_book import BOOK

PROGRAMS = (
    *("training-mlp", "training-unet", "training-dit", "networks", "objectives", "samplers", "evaluation"),
    *("refusals", "pipeline", "painting", "adapters", "student"),
)
QUICK = "exact-oracle"


def test_the_library_computes_the_same_on_an_accelerator():
    """Training, samplers, evaluation, distillation, adapters and the miniature; bad indices are refused on the way."""
    assert faults(*PROGRAMS) == {name: [] for name in PROGRAMS}


def test_what_nobody_has_moved_is_found():
    """Once in the library, and once in a chapter whose cells move nothing any more."""
    for name, found in faults("forgotten", PLANTED + "lora-and-controlnet").items():
        assert len(found) == 1 and "Expected all tensors to be on the same device" in found[0], (name, found)


def test_a_quick_chapter_runs_on_an_accelerator():
    assert faults(QUICK) == {QUICK: []}


@pytest.mark.slow
def test_all_other_chapters_run_on_an_accelerator():
    others = [name for name in SMALL if name != QUICK]
    assert faults(*others) == {name: [] for name in others}


def test_every_chapter_that_takes_a_device_is_run():
    takes = {page.name.removeprefix("book/") for page in BOOK.notebooks if "device=choice(" in page.text}
    assert takes == SMALL.keys()
