"""The laboratory of the two basins: loss, gradient, steps and contours are those of the page; so are its statements."""

from __future__ import annotations

import math

import pytest
import torch

from booktools.lab import data


@pytest.fixture(scope="module")
def page():
    return data.of_cell("sgd-vs-batch", "def exact_loss", torch=torch, points=512, seed=0)


def test_loss_and_gradient_are_the_page_s(modules, page):
    draws = torch.Generator().manual_seed(0)
    given = 2 * torch.randn(4, 200, generator=draws, dtype=torch.float64)
    given[:, 0] = torch.tensor([9, -9, 3, 4.5])
    told = modules("maths/descent.js", "(m, rows) => rows.map((row) => m.lossAndGradient(...row))", given.T.tolist())
    ours = torch.stack(page["loss_and_gradient"](*given), 1)
    torch.testing.assert_close(torch.tensor(told, dtype=torch.float64), ours, rtol=1e-9, atol=1e-12)


def test_a_descent_is_the_page_s(modules, page):
    draws, updates, size, rate = torch.Generator().manual_seed(1), 30, 5, 0.7
    x, eps = (torch.randn(updates, size, generator=draws, dtype=torch.float64) for _ in range(2))
    a, b = torch.tensor([[0.1]], dtype=torch.float64), torch.tensor([[-1.6]], dtype=torch.float64)
    path = [[float(a), float(b)]]
    for step in range(updates):
        _, *derivatives = page["loss_and_gradient"](a, b, x[step], eps[step])
        fall = 0.5 * (1 + math.cos(math.pi * step / updates))
        a, b = (w - fall * rate * each.mean() for w, each in zip((a, b), derivatives, strict=True))
        path.append([float(a), float(b)])
    ask = "(m, [start, updates, rate, size, x, eps]) => m.descend(start, updates, rate, size, { x, eps })"
    told = modules(
        "maths/descent.js", ask, [path[0], updates, rate, size, x.flatten().tolist(), eps.flatten().tolist()]
    )
    torch.testing.assert_close(torch.tensor(told), torch.tensor(path), rtol=1e-9, atol=1e-9)


def test_the_map_is_the_page_s(page):
    told = data.of("descent")
    x = torch.tensor(told["data"], dtype=torch.float64)
    side = torch.linspace(-2.4, 2.4, 49, dtype=torch.float64)
    assert torch.equal(x, page["line"](0.1))
    for i, j in ((0, 0), (14, 36), (25, 8), (48, 30)):
        assert told["surface"][i][j] == pytest.approx(float(page["exact_loss"](side[i], side[j], x)), abs=6e-5)
    assert told["deep"] == pytest.approx((-1, 1.2))
    assert told["shallow"] == pytest.approx((0.1, -1.6))


def test_contours_lie_at_their_level(modules):
    ask = """(m) => { const z = Array.from({ length: 9 }, (_, i) => Array.from({ length: 7 }, (_, j) => 2 * i - 3 * j));
        return m.contour(z, 1.5).flat().map(([i, j]) => 2 * i - 3 * j); }"""
    ends = modules("maths/contours.js", ask)
    assert len(ends) > 10
    assert ends == pytest.approx([1.5] * len(ends))


def test_what_the_block_says(modules):
    """How many of the sixty seeds end in the deep basin, and how many in either, for a batch and a rate."""
    ask = """({ lab, pathOf, inDeep }, [told, asked]) => { const model = lab.setup(told);
        const shallow = ([a, b]) => Math.hypot(a - model.shallow[0], b - model.shallow[1]) < 0.7;
        return asked.map(([batch, rate, seeds]) => {
            const ends = Array.from({ length: seeds }, (_, k) => pathOf(model, batch, 200, rate, k + 1)[200]);
            const deep = ends.filter((end) => inDeep(model, end)).length;
            return [deep, deep + ends.filter(shallow).length]; }); }"""
    asked = [[1, 1, 60], [512, 1, 60], [1, 2, 60], [4, 2, 60]]
    (out, _), (never, still), (lost, _), (half, _) = modules("kinds/descent.js", ask, [data.of("descent"), asked])
    assert out == 20
    assert (never, still) == (0, 60)
    assert lost == 0
    assert half == 30
    ask = """({ lab }, told) => ["updates", "gradients"].map((equal) => lab.draw(
        lab.setup(told), { progress: 100, batch: "1", rate: 1, seed: 6, equal }, { width: 680, height: lab.height }
    ).said)"""
    first, second = modules("kinds/descent.js", ask, data.of("descent"))
    assert first.startswith("Left: 200 gradients, and the weights are in the deep basin. Right: 102,400 gradients")
    assert "Right: 512 gradients, and the weights are in the shallow basin" in second
