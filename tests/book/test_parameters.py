"""Parameters that make no sense stop a chapter of experiments at its own check, before any work, and are named."""

from __future__ import annotations

import ast
import math

import pytest
from gpu_files import FILES, cells

from diffusion_lib.errors import ConfigError

GOOD = {  # what would be silly elsewhere: a seed of 0; 0 leaves the kept states out; any text; any scale
    "seed": (0,),
    "save_int": (0,),
    "repeat": (0,),  # the first repetition
    "clock": (True,),
    "whole": (True,),
    "everything": (True,),
    "publish": (True,),
    "prompt": ("abc", ""),
    "g": (0, 2.5),
    "guidance": (2.5,),
}
SILLY = (0, -1, 10**12, "abc", "", 2.5, math.nan, math.inf, True, None, [1])
TOGETHER = {  # values that look good, alone or together, and with which the page would fail later
    "a width that no network has": ("ddpm-ablations", {"width": 12}),
    "less than one full batch": ("sgd-vs-batch", {"points": 4096, "budget": 600}),
    "less time than one full batch takes": ("sgd-vs-batch", {"mini_batch": 2, "time_updates": 10}),
    "a piece that the encoder cannot halve three times": ("autoencoder", {"crop": 100}),
    "too few steps for the warm-up of the rate": ("text-encoder", {"steps": 10}),
    "a side of no whole latents": ("latent-pipeline", {"dim": 65}),
    "a side that takes the miniature too long": ("latent-pipeline", {"dim": 272}),
    "a set by the miniature": ("latent-pipeline", {"publish": True}),
    "a side whose double no model takes": ("latent-pipeline", {"dim": 2048}),
    "full batch and mini-batch alike": ("sgd-vs-batch", {"points": 64, "mini_batch": 64}),
}


def refusal(chapter, values):
    """What the check of the chapter says about these values."""
    parameters, check = cells(chapter)
    names: dict = {}
    exec(parameters, names)
    with pytest.raises(ConfigError) as refused:
        exec(check, names | values)
    return str(refused.value)


@pytest.mark.parametrize("chapter", FILES)
def test_a_silly_value_is_refused_and_named(chapter):
    defaults = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(cells(chapter)[0]).body}
    for name in defaults:
        for value in SILLY:
            if any(type(value) is type(good) and value == good for good in GOOD.get(name, ())):
                continue
            message = refusal(chapter, {name: value})
            assert message.startswith(name) and repr(value) in message, (name, value, message)


@pytest.mark.parametrize("name", TOGETHER)
def test_values_with_which_the_page_would_fail_are_refused(name):
    chapter, values = TOGETHER[name]
    message = refusal(chapter, values)
    assert any(message.startswith(f"{each} must") and str(value) in message for each, value in values.items())
