"""The posterior of one step and its factors: the library's mean and variance, and what the page says of them."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.process import Schedule, make_schedule, posterior

T = 10
KEPT = make_schedule("linear", 1000).alpha_bar[::100]
CHAIN = Schedule.from_betas(1 - KEPT[1:] / KEPT[:-1])
ASK = "(m, [t, x0, xt]) => m.gaussians(m.lab.setup().chain, t, x0, xt)"


@pytest.mark.parametrize("t", range(1, T + 1))
@pytest.mark.parametrize(("x_0", "x_t"), [(1.2, -0.4), (-2.0, 2.5)])
def test_mean_and_variance(modules, t, x_0, x_t):
    told = modules("kinds/posterior.js", ASK, [t, x_0, x_t])
    as_tensor = torch.tensor([[x_0], [x_t]], dtype=torch.float64)
    mean, variance = posterior(CHAIN, as_tensor[:1], as_tensor[1:], t)
    assert told["both"]["mean"] == pytest.approx(float(mean), rel=1e-9, abs=1e-12)
    assert told["both"]["variance"] == pytest.approx(float(variance), rel=1e-9, abs=0)


@pytest.mark.parametrize("t", range(2, T + 1))
def test_the_product_of_the_two_is_the_third(modules, t):
    """log q(x_{t−1} | x_0) + log q(x_t | x_{t−1}) − log posterior is one number, whatever x_{t−1} is."""
    x_0, x_t = 1.2, -0.4
    ask = """async (m, given) => { const { density } = await import('/lab/maths/gaussian.js');
        const found = m.gaussians(m.lab.setup().chain, ...given);
        return [-1, 0, 0.7].map((x) => ["data", "state", "both"].map(
            (name) => density(x, found[name].mean, found[name].variance))); }"""
    drawn = torch.tensor(modules("kinds/posterior.js", ask, [t, x_0, x_t]), dtype=torch.float64)
    ratio = drawn[:, 0] * drawn[:, 1] / drawn[:, 2]
    torch.testing.assert_close(ratio, ratio[0].expand(3), rtol=1e-9, atol=0)
    x = torch.tensor([-1, 0, 0.7], dtype=torch.float64)
    off = x_t - CHAIN.alpha[t].sqrt() * x  # the second is q(x_t | x_{t−1}) up to a factor, the first q(x_{t−1} | x_0)
    fit = drawn[:, 1] * torch.exp(off**2 / (2 * CHAIN.beta[t]))
    torch.testing.assert_close(fit, fit[0].expand(3), rtol=1e-9, atol=0)
    mean, rest = CHAIN.alpha_bar[t - 1].sqrt() * x_0, CHAIN.one_minus_alpha_bar[t - 1]
    expected = torch.exp(-((x - mean) ** 2) / (2 * rest)) / (2 * torch.pi * rest).sqrt()
    torch.testing.assert_close(drawn[:, 0], expected, rtol=1e-9, atol=0)


def test_what_the_page_says(modules):
    found = [modules("kinds/posterior.js", ASK, [t, 1.2, -0.4]) for t in range(1, T + 1)]
    for told in found[1:]:
        means = sorted(told[name]["mean"] for name in ("data", "both", "state"))
        assert means[1] == told["both"]["mean"]  # between both
        assert told["both"]["variance"] < min(told["data"]["variance"], told["state"]["variance"])
    ahead = [told["ofData"] > told["ofState"] for told in found]
    assert ahead == sorted(ahead, reverse=True) and ahead[0] and not ahead[-1]  # first x_0, then x_t
    assert found[0]["ofData"] == pytest.approx(1) and found[0]["both"]["variance"] == 0
    assert found[-1]["ofData"] < 0.02 < 0.3 < found[-1]["ofState"]


@pytest.mark.parametrize(("size", "grip"), [((680, 350), (300, 60)), ((318, 560), (200, 150))])
def test_a_finger_takes_the_nearer_grip(modules, size, grip):
    ask = """(m, [[width, height], at]) => { const model = m.lab.setup(), size = { width, height };
        const first = m.lab.drag(model, { x0: 1.2, xt: -0.4 }, at, size, true);
        const next = m.lab.drag(model, { x0: first.x0, xt: -0.4 }, [30, at[1]], size, false);
        const beside = m.lab.drag(model, { x0: 1.2, xt: -0.4 }, [width - 20, height - 90], size, true);
        return [first, next, beside]; }"""
    first, following, beside = modules("kinds/posterior.js", ask, [size, grip])
    assert list(first) == ["x0"] and 0.5 < first["x0"] < 2.6
    assert list(following) == ["x0"] and following["x0"] < -2  # it keeps the grip that it took
    assert list(beside) == ["t"] and 9 < beside["t"] <= T
