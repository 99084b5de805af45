"""The chapter on the U-Net and the scheduler: its loops against exact models, its sentences against its numbers."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from chapters import code_cells, printed, printed_text, texts
from diffusers import LMSDiscreteScheduler

from diffusion_lib import sample

NAME = "unet-and-scheduler"
CELLS = code_cells(NAME)


def about(name):
    """A value that comes from a network."""
    return float(texts(NAME)[name].removeprefix("≈ "))


@pytest.fixture(scope="module")
def page(tiny_folder):
    """The names of the page on a tiny random model: the cells with functions, without their runs and figures."""
    found = {"model": tiny_folder, "pictures": 5, "steps": 10, "index": 40, "device": "cpu", "seed": 0}
    found |= {"where": torch.device("cpu"), "value": lambda *_: None, "measured": lambda *_: None}
    for start, end in (
        ("import warnings", "print("),
        ("@torch.no_grad()\ndef predict", None),
        ("from itertools import pairwise\n\nfrom diffusers", None),
        ("from pagekit.diagram", None),
        ("PURPOSES", "both ="),
        ("from diffusion_lib.sample import last, lms, timesteps", "prompt ="),
        ("from diffusion_lib.process import add_noise", "many ="),
        ("import numpy", "print("),
        ("def weights_of", "theirs ="),
        ("generator = torch.Generator().manual_seed(seed + 4)", None),
        ("def prompt_accuracy", "loops ="),
        ("from itertools import product", "print("),
        ("from diffusion_lib.stable_diffusion.autoencoder import psnr", "x_0 ="),
        ("from collections", "restored ="),
    ):
        (source,) = (cell.source for cell in CELLS if cell.source.startswith(start))
        exec(compile(source.partition(end)[0] if end else source, start, "exec"), found)
    found["z_0"] = torch.randn(5, 4, 8, 8, generator=torch.Generator().manual_seed(7))
    found["noised"] = found["z_0"] + found["level"] * found["noise"]
    return found


@pytest.fixture
def knowing(page, monkeypatch):
    """A U-Net that knows the one image of each row: exact where it receives x_t and its timestep."""

    def predict(x, time, text):
        kept = np.interp(float(time), range(1000), page["schedule"].alpha_bar[1:].numpy())
        return (x - kept**0.5 * page["z_0"]) / (1 - kept) ** 0.5

    monkeypatch.setitem(page, "predict", predict)
    return page


# --- the loops of the page -------------------------------------------------------------------------------------------


def test_one_shot_is_exact_only_with_all_three_bugs_fixed(knowing):
    """The exact noise predictor's error is 0, up to the interpolated level; each bug alone, and all together, cost."""
    right = float(knowing["latent_error"](knowing["one_shot"](True, True, True)[1]).mean())
    assert right < 1e-5
    for bugs in [(a, b, c) for a in (True, False) for b in (True, False) for c in (True, False)][1:]:
        assert float(knowing["latent_error"](knowing["one_shot"](*bugs)[1]).mean()) > 1e-2, bugs
    only_sigma = float(knowing["latent_error"](knowing["one_shot"](True, True, False)[1]).mean())
    level, noise = knowing["level"], knowing["noise"]
    assert abs(only_sigma / float((1 - level) ** 2 * noise.square().mean()) - 1) < 0.02


def test_the_output_of_the_u_net_is_the_noise(knowing):
    eps_hat, _ = knowing["one_shot"](True, True, True)
    assert knowing["correlation"](eps_hat, knowing["noise"]) > 0.999
    assert abs(knowing["correlation"](eps_hat, knowing["z_0"])) < 0.2


def test_the_loop_gives_the_distribution_of_the_data_only_with_both_factors(page, monkeypatch):
    """Gaussian data of standard deviation 0.4 and their exact model: the loop is linear, so one number is its std."""

    def predict(x, time, text):
        kept = np.interp(float(time), range(1000), page["schedule"].alpha_bar[1:].numpy())
        return (1 - kept) ** 0.5 * x / (0.16 * kept + 1 - kept)

    monkeypatch.setitem(page, "predict", predict)
    monkeypatch.setitem(page, "steps", 50)
    gains = {
        pair: float((page["sampled"](*pair) / page["noise"]).mean())
        for pair in ((True, True), (False, True), (True, False), (False, False))
    }
    assert abs(gains.pop((True, True)) / 0.4 - 1) < 0.05
    assert all(abs(gain / 0.4 - 1) > 0.3 for gain in gains.values()), gains


def test_denoising_from_any_time_is_that_of_the_library_from_its_first(page, knowing):
    for t in (100, 500, 1000):
        x_t = knowing["add_noise"](page["schedule"], page["z_0"], t, page["noise"])
        torch.testing.assert_close(knowing["denoised"](x_t, t, page["text"]), page["z_0"], rtol=0, atol=1e-4)


def test_denoising_from_the_top_is_the_librarys_lms(page):
    """With a network, whose predictions depend on the trajectory."""
    from diffusion_lib.sample.ode import lms

    text = page["text"]
    theirs = sample.last(
        lms(lambda x, t: page["predict"](x, t - 1, text), page["noise"], page["schedule"], steps=page["steps"])
    )
    torch.testing.assert_close(page["denoised"](page["noise"], 1000, text), theirs, rtol=0, atol=1e-5)


def test_shapes_and_parameters_are_complete(page):
    for unet in (page["unet"], page["stable"]):
        blocks, found = page["blocks_of"](unet), page["shapes_of"](unet)
        assert list(found) == list(blocks) or set(found) == set(blocks)
        purposes, modules = page["purposes_of"](unet), dict(unet.named_modules())
        assert sum(purposes.values()) == page["count"](unet)
        for purpose, word in {"self-attention": "attn1", "cross-attention": "attn2"}.items():
            assert purposes[purpose] == sum(
                page["count"](module) for name, module in modules.items() if name.endswith(word)
            )
        loose = page["count"](unet.conv_norm_out)  # the only module with parameters that is in no block
        assert sum(map(page["count"], blocks.values())) + loose == page["count"](unet)
        kept = [number for _, channels in found.values() for number in channels]
        used = [
            resnet.conv1.in_channels - before
            for block in unet.up_blocks
            for resnet, before in zip(block.resnets, inputs(unet, block), strict=True)
        ]
        assert used == kept[::-1]


def inputs(unet, block):
    """The channels that come from below, for each resnet of a block on the way up."""
    place = list(unet.up_blocks).index(block)
    outer = unet.mid_block if place == 0 else unet.up_blocks[place - 1]
    return [outer.resnets[-1].out_channels, *(resnet.out_channels for resnet in block.resnets[:-1])]


def test_the_diagram_has_the_skips_that_the_blocks_take(page):
    """Of each block on the way up: what it takes besides what comes from below is what its sources have kept."""
    for unet in (page["unet"], page["stable"]):
        shapes, pairs = page["shapes_of"](unet), page["skips_of"](unet)
        assert len(set(pairs)) == len(pairs) and {name for name, _ in pairs} == {n for n, (_, k) in shapes.items() if k}
        for i, block in enumerate(unet.up_blocks):
            taken = {r.conv1.in_channels - b for r, b in zip(block.resnets, inputs(unet, block), strict=True)}
            kept = {number for name, up in pairs if up == f"up {i}" for number in shapes[name][1]}
            assert taken <= kept, (i, taken, kept)
        figure = page["diagram_of"](unet)
        said = [text.get_text() for text in figure.axes[0].texts]
        for name, (shape, _) in shapes.items():
            if name != "time":
                assert f"{name}\n{' × '.join(map(str, shape))}" in said
    assert page["skips_of"](page["stable"])[:2] == [("down 2", "up 0"), ("down 3", "up 0")]
    assert page["skips_of"](page["stable"])[-2:] == [("in", "up 3"), ("down 0", "up 3")]


def test_block_and_attention_from_scratch_are_the_modules():
    assert printed_text(NAME).count("largest difference below 1e-4: True") == 2


def test_a_loop_has_lost_variety_only_beyond_two_standard_errors():
    said = texts(NAME)["clearly-poorer"]
    for key in ("no-init-noise-sigma", "no-scale-model-input", "neither"):
        less, doubt = with_error(f"ground-lost-{key}")
        assert less == pytest.approx(about("ground-both-factors") - about(f"ground-{key}"), abs=1.1)
        name = key.replace("-", "_").replace("no_", "no ")
        if abs(less - 2 * doubt) > 1.6:  # else the digits that are shown do not tell
            assert (name in said.replace("`", "")) == (less > 2 * doubt), key


def test_the_error_of_a_loss_of_variety_is_that_of_a_paired_bootstrap(page):
    """Two copies of the same images have lost nothing, without any error; halves of the contrast have."""
    x = torch.rand(40, 3, 128, 128, generator=torch.Generator().manual_seed(0)).mean((2, 3), keepdim=True)
    x = (20 * (x - 0.5)).expand(-1, -1, 128, 128)
    assert page["lost"](page["variety"], x, x, resamples=20) == (0.0, 0.0)
    less, doubt = page["lost"](page["variety"], x, x / 2)
    assert less == pytest.approx(page["variety"](x) / 2, rel=1e-4) and 0 < doubt < less / 4


def test_the_variety_of_backgrounds_sees_sky_and_land_and_no_forms(page):
    """Plain backgrounds one above the other have the std of their colours; a form in the middle changes nothing."""
    x = torch.zeros(2, 3, 128, 128)
    assert page["variety"](x) == 0
    x[1, :, -2:] = 1  # the land of one of the two
    assert abs(page["variety"](x) - 127.5 * (3 * 0.5**2 / 2) ** 0.5) < 1e-3
    x[0, :, 40:80, 40:80] = -1
    assert abs(page["variety"](x) - 127.5 * (3 * 0.5**2 / 2) ** 0.5) < 1e-3


def test_the_weights_of_the_page_are_diffusers(page):
    scheduler = LMSDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(51)
    for i in (0, 3, 20, 49, 50):
        theirs = [scheduler.get_lms_coefficient(min(i + 1, 4), i, k) for k in range(min(i + 1, 4))]
        ours = page["weights"][i][: len(theirs)]
        assert np.abs(ours - theirs).max() < 2e-3 * abs(np.diff(page["levels_51"])[i])


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_the_numbers_of_stable_diffusion(shown):
    assert texts(NAME)["stable-parameters"] == "859,520,964" and shown["stable-millions"] == 859.5
    assert abs(shown["exact-start"] - 14.65) < 0.005 and abs(shown["init-noise-sigma"] - 14.61) < 0.006
    assert abs(shown["root-of-last"] - 0.0683) < 5e-5 and abs(shown["last-snr"] - 4.68e-3) < 5e-6
    of_index_40 = {"time-of-51": 199.8, "level": 0.571, "level-at-index": 0.199, "scale": 0.868}
    assert {name: shown[name] for name in of_index_40} == of_index_40


def test_x_T_is_not_pure_noise(shown):
    assert shown["identified from x_T"] > 2 * shown["by chance"]


def test_all_eight_combinations_are_there_and_the_right_one_is_the_best():
    rows = [row for word in ("right", "WRONG") for row in printed(NAME, word)]
    rows = [row for row in rows if len(row) == 7 and row[2] == "≈"]
    errors = [float(row[3]) for row in rows]
    assert len(errors) == 8 and min(errors) == errors[0] == about("error-right")
    assert max(errors) >= about("error-original") > 2 * about("error-right")


def test_the_reconstruction_is_clearer_and_the_output_is_not():
    assert about("psnr-right") > about("psnr-noised") > about("psnr-output")
    assert texts(NAME)["right-against-noised"] == "clearer" and about("noise-correlation") > 0.8


def with_error(name):
    """A mean and its standard error, stored as "≈ 2.29 ± 0.07"."""
    return tuple(float(number) for number in texts(NAME)[name].removeprefix("≈ ").split(" ± "))


def test_a_word_passes_only_if_it_exceeds_every_other_word_on_its_own_mask():
    names = ("“a”, first", "colour of the fur", "animal", "“wearing”", "“a”, second", "colour of the hat", "“hat”")
    own = {"hat-word": ("hat", 7), "hat-colour": ("hat", 6), "animal-word": ("head", 3), "animal-colour": ("head", 2)}
    passed = []
    for key, (thing, place) in own.items():
        means = {name: with_error(f"gain-{thing}-{k}")[0] for k, name in enumerate(names, 1)}
        mine = means.pop(names[place - 1])
        assert texts(NAME)[f"rival-{key}"] == max(means, key=means.get)
        ahead, doubt = with_error(f"ahead-{key}")
        assert ahead == pytest.approx(mine - max(means.values()), abs=0.011)
        passed += [names[place - 1]] if ahead > 2 * doubt else []
    assert texts(NAME)["first-words"] == ", ".join(passed) == "“hat”"


def test_the_one_shot_estimate_and_all_steps_stand_in_the_order_of_their_numbers():
    """What is called the difference is the second number less the first, in the latents and in the pixels."""
    for name, ends in {"latents": "squares", "pixels": "high"}.items():
        first, second = (about(f"{way}-{ends}") for way in ("one-shot", "all-steps"))
        assert with_error(f"all-less-one-{name}")[0] == pytest.approx(second - first, abs=0.11)
    assert with_error("all-less-one-latents")[0] > 0


def test_low_noise_gives_the_image_back_and_high_noise_needs_the_caption():
    assert about("psnr-with-low") > about("psnr-with-high") + 5 and about("limit") > about("psnr-with-low") - 0.5
    assert about("colour-with-high") > about("colour-without-high")
    assert re.fullmatch(r"up to t = \d+", texts(NAME)["colour-until"])
