"""The parameters for large machines: each file fits its chapter, whose own checks take all but an absent device."""

from __future__ import annotations

import pytest
import yaml
from forks import forked
from gpu_files import FILES, cells
from root import ROOT
from the_book import BOOK

from booktools.check import places
from diffusion_lib.stable_diffusion import weights
from pagekit import rerun
from pagekit.chapters.registry import registry


@pytest.mark.parametrize("chapter", FILES)
def test_the_file_changes_parameters_of_its_chapter_to_larger_values(chapter):
    known = rerun.defaults(ROOT / "notebooks" / f"{chapter}.ipynb")
    values = yaml.safe_load(FILES[chapter].read_text())
    assert rerun.check(values, known) == values
    assert all(value > known[name] for name, value in values.items() if name not in ("device", "dtype", "model"))
    assert "model" not in values or values["model"] in weights.PUBLISHED


@pytest.mark.parametrize("chapter", FILES)
def test_the_chapter_takes_the_values(chapter):
    """Its own check runs; what may be missing here is the GPU, and nothing else."""
    values = yaml.safe_load(FILES[chapter].read_text())
    parameters, check = cells(chapter)

    def program():
        names = {"__name__": "__main__"}
        exec(parameters, names)
        names |= values
        exec(check, names)

    done = forked(program)  # where PyTorch is imported already
    last_line = (done.stderr.strip().splitlines() or [""])[-1]
    assert done.returncode == 0 or "ConfigError: device must be one of those that work here" in last_line, done.stderr


def test_every_chapter_that_trains_has_a_file_and_each_file_is_of_a_chapter_with_parameters():
    trains = {page.entry for page in BOOK.notebooks if places.trains(page)}
    with_parameters = {name for name, chapter in registry().chapters.items() if chapter.reruns}
    assert trains <= FILES.keys() <= with_parameters
