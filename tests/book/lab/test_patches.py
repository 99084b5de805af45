"""The laboratory of patches: its attention is the library's, of the page's picture, and what it says is so."""

from __future__ import annotations

import json

import pytest
import torch

from booktools.lab import data
from booktools.lab.given import patches
from diffusion_lib.process import add_noise
from diffusion_lib.stable_diffusion.parts import load
from models import shapes

ASK = """(m, told) => { const model = m.lab.setup(told.data);
    return model.times.map(({ t }) => told.asks.map(([row, column]) => m.attentionOf(model, { t, row, column }))); }"""
ASKS = [(1, 1), (4, 6), (5, 6), (8, 3)]


@pytest.fixture(scope="module")
def told():
    return data.of("patches")


def test_its_attention_is_the_library_s(modules, told):
    """Queries and keys are rounded to 127 steps, so that a share is off by a little."""
    looker, schedule = shapes.load()
    label, place = divmod(patches.SHOWN, len(shapes.HELD_OUT))
    at = shapes.SIDE**2 * label + int(shapes.HELD_OUT[place])
    x_0 = shapes.encode(load("miniature", device="cpu").vae, shapes.scenes()[[at]])
    noise = torch.randn(48, 8, 8, 8, generator=torch.Generator().manual_seed(100))[[patches.SHOWN]]
    found = modules("kinds/patches.js", ASK, {"data": told, "asks": ASKS})
    mask = torch.tensor(told["shape"])
    for t, of_time in zip(patches.TIMES, found, strict=True):
        when = torch.tensor([t])
        (maps,) = looker.attention_maps(add_noise(schedule, x_0, when, noise), when, torch.tensor([label]))[-1]
        for (row, column), answer in zip(ASKS, of_time, strict=True):
            ours = maps[:, 8 * (row - 1) + column - 1]
            torch.testing.assert_close(torch.tensor(answer["maps"]), ours, rtol=0.25, atol=0.01)
            assert answer["given"] == pytest.approx(float(ours[:, mask].sum(1).mean()), abs=0.02)
            assert [sum(each) for each in answer["maps"]] == pytest.approx([1] * 4, abs=1e-9)


def test_shares_by_hand(modules):
    """Two heads of one number each: a softmax of products times the unit."""
    ask = "(m, told) => m.shares(told, 2, 2, 1)"
    given = {"q": [0, 0, 2, 3], "k": [1, 1, 3, -1], "unit": 0.5}
    first, second = modules("maths/attention.js", ask, given)
    expected = torch.softmax(torch.tensor([[1.0, 3.0], [1.5, -1.5]]), 1)
    assert first == pytest.approx(expected[0].tolist(), abs=1e-6)
    assert second == pytest.approx(expected[1].tolist(), abs=1e-6)


def test_its_data_are_small_and_its_shape_is_that_of_the_picture(told):
    assert len(json.dumps(told, separators=(",", ":"))) < 50_000
    assert sum(told["shape"]) == 5 and len(told["colours"]) == 256
    reds = [int(colour[1:3], 16) - int(colour[5:], 16) > 100 for colour in told["colours"]]
    rows = torch.tensor(reds).view(8, 2, 8, 2).float().mean((1, 3)).flatten()
    assert (rows[torch.tensor(told["shape"])] >= 0.5).all() and rows[~torch.tensor(told["shape"])].mean() < 0.1


def test_what_the_page_says(modules, told):
    """The star's patches give it several times its share at each time, the corner less than that."""
    area, star = sum(told["shape"]) / 64, [i for i, on in enumerate(told["shape"]) if on]
    asks = [(1, 1), *(((i // 8) + 1, (i % 8) + 1) for i in star)]
    for corner, *ours in modules("kinds/patches.js", ASK, {"data": told, "asks": asks}):
        assert corner["given"] < area and sum(each["given"] for each in ours) / len(ours) > 4 * area
        assert len({max(range(64), key=each.__getitem__) for each in ours[2]["maps"]}) > 1
