"""The chapter diffusion-sde: its sentences about numbers hold with room to spare; its formulas are the library's."""

from __future__ import annotations

import torch
from chapters import code_cells

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process.continuous import vp
from diffusion_lib.sample import ddim, last, sde


def test_noise_costs_steps(shown):
    assert shown["few-full"] > 2.5 * shown["few-none"] and shown["few-steps"] == 10


def test_noise_forgets_a_shifted_start(shown):
    assert shown["shift-none"] > 10 * shown["shift-full"]
    assert shown["shift-none"] - shown["shift-full"] > 8 * shown["shift-spread"]
    assert shown["shift-full"] < 2 * shown["family-floor"] and shown["family-seeds"] >= 5


def test_the_likelihood_is_exact_and_the_networks_is_near(shown):
    assert float(shown["likelihood-error"]) < 5e-7
    assert float(shown["oracle-lost"]) < 5e-3
    assert -2 * shown["network-error"] < shown["network-lost"] < 0.1
    assert shown["network-error"] < 0.01 and shown["fresh-points"] >= 1000


def page(mark, **names):
    """What the cell with ``mark`` defines: its functions alone."""
    source = next(cell.source for cell in code_cells("diffusion-sde") if mark in cell.source)
    exec(compile(source.partition("\nsizes = ")[0].partition("\nworst, whole")[0], "diffusion-sde.md", "exec"), names)
    return names


def test_the_chain_of_the_page_lies_on_the_path():
    path = vp()
    chain = page("def chain_of", torch=torch, path=path)["chain_of"](40)
    kept = path.alpha(torch.arange(41, dtype=torch.float64) / 40) ** 2
    torch.testing.assert_close(chain.alpha_bar, kept, rtol=1e-12, atol=1e-15)


def test_the_two_families_meet_for_another_world():
    world, path = GaussianMixture([[-0.5], [0.8]], 0.4), vp()
    chain_of = page("def chain_of", torch=torch, path=path)["chain_of"]
    apart = []
    for steps in (40, 320):
        chain, x = chain_of(steps), torch.randn(400, 1, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
        draws = [torch.Generator().manual_seed(6) for _ in range(2)]
        ends = last(ddim(world.noise_predictor(chain), x, chain, eta=0.6, generator=draws[0]))
        ours = last(sde(world.noise_predictor(path), x, path, steps=steps, lam=0.6, generator=draws[1]))
        apart.append(float((ends - ours).square().mean().sqrt()))
    assert apart[1] < apart[0] / 3


def test_fokker_and_planck_hold_for_another_world_and_not_with_the_whole_of_g_squared():
    world, path = GaussianMixture([[-0.5], [0.8]], [0.3, 0.5], [0.6, 0.4]), vp(1.0, 8.0)
    sides = page("def sides", torch=torch, line=world, path=path)["sides"]
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    for t in (0.1, 0.4, 0.8):
        left, right = sides(x, t)
        torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-6)
        assert float((left - sides(x, t, 1.0)[1]).abs().max()) > 0.01


def test_what_the_page_assumes_is_named_and_travels_with_what_rests_on_it(n):
    blocks = n["CT"].blocks
    hypotheses = [name for name, block in blocks.items() if getattr(block, "relation", None) == "<"]
    assert hypotheses == ["noise-outgrows-signal", "ratio-falls"]
    limit, follows = blocks["bound-in-the-limit"].steps[0].goal, blocks["all-data-follow"].steps[0].goal
    assert len(limit.hypotheses) == 2 and len(follows.hypotheses) == 1
    assert "equation-with-noise" in blocks["reverse-family"].assumptions
    assert "well-posed" in blocks["score-of-moved-points"].assumptions
