"""The loop from a text to an image: diffusers' own pipeline is the oracle; then seeds, batches, what is refused."""

from __future__ import annotations

import dataclasses
import io
import math
import re
import warnings
from itertools import pairwise

import numpy as np
import peers
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pipelines import (
    CLIPS,
    PEERS,
    SETTINGS,
    SIGMA,
    Counted,
    alike,
    as_ours,
    counted,
    embedded,
    published_pipeline,
)
from torch.utils._python_dispatch import TorchDispatchMode
from tqdm import tqdm

from diffusion_lib import __version__
from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.registry import SAMPLERS
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.noise import generators
from diffusion_lib.sample.times import sampling_times, sampling_timesteps, timesteps
from diffusion_lib.stable_diffusion import parts, pipeline
from diffusion_lib.stable_diffusion.pipeline import OutOfMemory, denoise, generate
from diffusion_lib.stable_diffusion.prompt import embed, tokenize

# --- parity with StableDiffusionPipeline -----------------------------------------------------------------------------


def difference(loaded, name, prompts, g, steps, spacing, seed):
    """The greatest difference between the latents of our loop and those of the pipeline, from the same noise."""
    dtype = torch.promote_types(loaded.dtype, torch.float32)
    x_T = torch.randn(len(prompts), 4, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    text, empty = (
        embed(loaded, tokenize(loaded.tokenizer, prompts).ids),
        embed(loaded, tokenize(loaded.tokenizer, "").ids),
    )
    ours = last(denoise(loaded, text, empty, x_T, g=g, steps=steps, sampler=name, spacing=spacing))
    with pytest.MonkeyPatch.context() as patch:
        peer = peers.scheduler(patch, PEERS[name], **SETTINGS, **CLIPS.get(name, {}), timestep_spacing=spacing)
        times = timesteps(1000, steps, spacing)
        pipe = published_pipeline(loaded)
        pipe.scheduler = as_ours(peer, times)
        start = x_T
        if name in SIGMA:  # with trailing times the pipeline scales by σ_T in the place of √(σ_T² + 1)
            peer.set_timesteps(steps)
            start = x_T * math.sqrt(float(peer.sigmas[0]) ** 2 + 1) / float(peer.init_noise_sigma)
        theirs = pipe(
            *(prompts, 64, 64), num_inference_steps=steps, guidance_scale=g, latents=start, output_type="latent"
        ).images
    return float((ours - theirs).abs().max())


CASES = {
    "name": st.sampled_from(sorted(PEERS)),
    "prompts": st.lists(st.sampled_from(["", "a dog wearing hat", "red circle"]), min_size=1, max_size=2),
    "g": st.floats(1, 15),
    "steps": st.integers(1, 16),
    "spacing": st.sampled_from(["trailing", "leading"]),
    "seed": st.integers(0, 1000),
}


@settings(max_examples=16)
@given(**CASES)
@example("lms", ["a dog"], 7.5, 53, "trailing", 0)
@example("ddim", ["a dog"], 7.5, 53, "trailing", 0)
@example("euler", ["a dog", ""], 1.0, 27, "leading", 0)
@example("dpm++", ["a dog", ""], 7.5, 20, "leading", 0)
@example("heun", ["a dog", ""], 7.5, 9, "trailing", 0)
def test_the_loop_is_that_of_the_published_pipeline_in_float64(double, name, prompts, g, steps, spacing, seed):
    assert difference(double, name, prompts, g, steps, spacing, seed) <= 1e-9


@settings(max_examples=8)
@given(**CASES)
def test_the_loop_is_that_of_the_published_pipeline_in_float32(tiny, name, prompts, g, steps, spacing, seed):
    assert difference(tiny, name, prompts, g, steps, spacing, seed) <= 1e-4


def test_a_whole_image_is_that_of_the_published_pipeline(tiny_folder, tiny):
    """Its own folder, its own scheduler, its own way from a text to pixels; given our noise."""
    from diffusers import LMSDiscreteScheduler, StableDiffusionPipeline

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it wants steps_offset=1, which trailing times do not use
        pipe = StableDiffusionPipeline.from_pretrained(tiny_folder, use_safetensors=True, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = LMSDiscreteScheduler.from_pretrained(tiny_folder / "scheduler")
    (ours,) = generate(tiny, "a dog wearing hat", seed=3, steps=8, sampler="lms")
    x_T = torch.randn(1, 4, 8, 8, generator=generators(3, 1)[0]).view(1, 4, 8, 8)
    pipe.scheduler.set_timesteps(8)
    start = x_T * (float(pipe.scheduler.sigmas[0]) ** 2 + 1) ** 0.5 / float(pipe.scheduler.init_noise_sigma)
    theirs = pipe("a dog wearing hat", 64, 64, num_inference_steps=8, guidance_scale=7.5, latents=start).images[0]
    levels = np.abs(np.asarray(ours.image).astype(int) - np.asarray(theirs).astype(int))
    assert levels.max() <= 1 and levels.mean() < 0.01 and np.asarray(theirs).std() > 1


def test_ddpm_is_that_of_the_published_pipeline_where_both_add_no_noise_at_the_end(double):
    """The last of the leading times is 1, where diffusers adds none either; noise from one generator for each."""
    x_T = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    text, empty = embedded(double, ["a dog", "red circle"])
    options = {"g": 3.0, "steps": 10, "sampler": "ddpm", "spacing": "leading"}
    ours = last(denoise(double, text, empty, x_T, generator=generators(0, 2), **options))
    with pytest.MonkeyPatch.context() as patch:
        peer = peers.scheduler(
            *(patch, "DDPM"), **SETTINGS, clip_sample=False, timestep_spacing="leading", variance_type="fixed_small"
        )
        pipe = published_pipeline(double)
        pipe.scheduler = peer
        theirs = pipe(
            *(["a dog", "red circle"], 64, 64),
            **{"num_inference_steps": 10, "guidance_scale": 3.0, "latents": x_T, "output_type": "latent"},
            generator=generators(0, 2),
        ).images
    assert float((ours - theirs).abs().max()) <= 1e-9


# --- seeds and batches -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", ["lms", "ddpm"])
def test_an_image_is_the_same_in_a_batch_of_any_size(tiny, sampler):
    together = generate(tiny, ["a dog", "a hat", "red circle"], seed=7, steps=4, sampler=sampler)
    for i, (prompt, image) in enumerate(zip(["a dog", "a hat", "red circle"], together, strict=True)):
        (alone,) = generate(tiny, prompt, seed=7, steps=4, sampler=sampler, first=i)
        assert alike(alone, image) and alone.parameters == image.parameters
        assert image.parameters["index"] == i
    assert not alike(together[0], together[1])


def test_seeds_make_different_images_and_zero_is_one_of_them(tiny):
    images = [generate(tiny, "a dog", seed=seed, steps=2)[0] for seed in (0, 1, 2**63 - 1)]
    assert [image.parameters["seed"] for image in images] == [0, 1, 2**63 - 1]
    assert alike(images[0], generate(tiny, "a dog", seed=0, steps=2)[0])
    assert not alike(images[0], images[1]) and not alike(images[0], images[2])


def test_no_seed_is_drawn_printed_and_stored(tiny, capsys):
    (image,) = generate(tiny, "a dog", seed=None, steps=2)
    seed = image.parameters["seed"]
    assert capsys.readouterr().out == f"seed = {seed}\n"
    assert alike(image, generate(tiny, "a dog", seed=seed, steps=2)[0])
    assert generate(tiny, "a dog", steps=1)[0].parameters["seed"] != seed


@pytest.mark.parametrize("sampler", ["lms", "ddpm"])
def test_a_batch_that_does_not_fit_is_halved_and_no_image_changes(tiny, sampler):
    def full(call):
        if unet.sizes[-1] > 4:  # the guidance doubles the batch: more than two images
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    small, unet = counted(tiny, full)
    prompts = ["a dog", "a hat", "red circle", "", "a"]
    with pytest.warns(UserWarning) as caught:
        halved = generate(small, prompts, seed=5, steps=3, sampler=sampler)
    assert [str(warning.message) for warning in caught] == [
        "out of memory: going on with 3 images at a time",
        "out of memory: going on with 2 images at a time",
    ]
    assert unet.sizes == [10, 6, 4, 4, 4, 4, 4, 4, 2, 2, 2]
    whole = generate(tiny, prompts, seed=5, steps=3, sampler=sampler)
    whole_parameters = [image.parameters | {"fingerprint": small.fingerprint} for image in whole]
    assert all(alike(*pair) for pair in zip(halved, whole, strict=True))
    assert [image.parameters for image in halved] == whole_parameters


def test_memory_that_ends_on_the_way_repeats_only_that_batch(tiny):
    def once(call):
        if call == 3:
            raise torch.OutOfMemoryError

    small, unet = counted(tiny, once)
    with pytest.warns(UserWarning, match="going on with 1 images"):
        halved = generate(small, ["a dog", "a hat"], seed=5, steps=4, sampler="ddpm")
    assert unet.sizes == [4, 4, 4] + [2] * 8
    whole = generate(tiny, ["a dog", "a hat"], seed=5, steps=4, sampler="ddpm")
    assert all(alike(*pair) for pair in zip(halved, whole, strict=True))


def test_the_progress_counts_every_step_of_every_image_once(tiny, monkeypatch):
    def once(call):
        if call == 3:
            raise torch.OutOfMemoryError

    bars = []

    class Bar(tqdm):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options, file=io.StringIO(), disable=False)
            bars.append(self)

    monkeypatch.setattr(pipeline, "tqdm", Bar)
    with pytest.warns(UserWarning, match="out of memory"):
        generate(counted(tiny, once)[0], ["a dog", "a hat"], seed=5, steps=4)
    assert bars[0].n == bars[0].total == 8 and bars[0].desc == "tiny"


def test_one_image_that_does_not_fit_names_the_numbers(tiny):
    def full(call):
        raise torch.OutOfMemoryError

    with pytest.raises(OutOfMemory, match="one image must fit the memory, dim = 64 in float32 does not; use a smaller"):
        generate(counted(tiny, full)[0], "a dog", seed=0, steps=2)


# --- what an image carries ------------------------------------------------------------------------------------------


def test_save_int_keeps_a_state_every_so_many_steps(tiny):
    one, other = generate(tiny, ["a dog", "a hat"], seed=0, steps=5, save_int=2)
    assert [step.t for step in one.kept] == [1000, 600, 200] and not generate(tiny, "a", seed=0, steps=2)[0].kept
    assert one.kept[0].x_t.shape == one.kept[0].x_0_hat.shape == one.latents.shape == (4, 8, 8)
    assert torch.equal(other.kept[0].x_t, torch.randn(4, 8, 8, generator=generators(0, 2)[1]))


def test_all_parameters_are_plain_and_complete(tiny):
    hyper = {"g": 2.0, "seed": 9, "steps": 3, "dim": 72, "save_int": 1, "sampler": "euler"}
    (image,) = generate(tiny, "a dog", **hyper, first=4)
    assert image.image.size == (72, 72)
    assert image.parameters == {
        **{
            "prompt": "a dog",
            "g": 2.0,
            "seed": 9,
            "steps": 3,
            "dim": 72,
            "save_int": 1,
            "sampler": "euler",
            "index": 4,
        },
        **{"model": "tiny", "fingerprint": tiny.fingerprint, "dtype": "float32", "decoded_in": "float32"},
        **{"safety": "absent", "library": __version__, "dropped_tokens": 0, "dropped_text": ""},
    }


@pytest.mark.parametrize("dim", [(96, 64), [64, 96], (72, 104)])
def test_an_image_need_not_be_square(tiny, dim):
    """(width, height), as in an image's size; the noise, the states and the image have this shape."""
    width, height = dim
    (image,) = generate(tiny, "a dog", seed=0, steps=2, dim=dim, save_int=1)
    assert image.image.size == (width, height) and image.parameters["dim"] == [width, height]
    shape = (4, height // 8, width // 8)
    assert image.latents.shape == image.kept[0].x_t.shape == tiny.latent_shape(dim) == shape
    assert torch.equal(image.kept[0].x_t, torch.randn(shape, generator=generators(0, 1)[0]))
    assert alike(image, generate(tiny, "a dog", seed=0, steps=2, dim=image.parameters["dim"])[0])


def test_a_pair_of_equal_sides_is_a_square(tiny):
    (one,), (other,) = (generate(tiny, "a dog", seed=0, steps=2, dim=dim) for dim in ((72, 72), 72))
    assert alike(one, other) and one.parameters == other.parameters and one.parameters["dim"] == 72


def test_a_text_that_is_too_long_is_recorded(tiny):
    with pytest.warns(UserWarning, match="longer than 77 tokens"):
        long, short = generate(tiny, ["dog " * 80, "a"], seed=0, steps=1)
    assert long.parameters["dropped_tokens"] == 5 and long.parameters["dropped_text"].split() == ["dog"] * 5
    assert short.parameters["dropped_tokens"] == 0


def test_a_flagged_image_is_black_and_says_so(tiny):
    checked = dataclasses.replace(tiny, checker=lambda images: [True, False])
    with pytest.warns(UserWarning, match=r"flagged the images of \['a dog'\]: they are shown black"):
        flagged, passed = generate(checked, ["a dog", "a hat"], seed=0, steps=2)
    assert (flagged.parameters["safety"], passed.parameters["safety"]) == ("flagged", "passed")
    assert np.asarray(flagged.image).max() == 0 and alike(passed, generate(tiny, "a hat", seed=0, steps=2, first=1)[0])
    assert flagged.latents.isfinite().all()


# --- numbers that overflow -------------------------------------------------------------------------------------------


def test_a_guidance_that_overflows_names_the_step_and_the_part(tiny):
    with pytest.raises(NonFiniteError, match=r"the U-Net in float32: x_t must .* from t=\d+ to \d+;.* lower g"):
        generate(tiny, "a dog", g=1e30, seed=0, steps=5)


def test_a_nan_of_the_unet_names_the_step_and_the_part(tiny):
    class Broken(Counted):
        def forward(self, x, t, **options):
            (eps_hat,) = super().forward(x, t, **options)
            return [eps_hat * math.nan if len(self.sizes) == 2 else eps_hat]

    broken = dataclasses.replace(tiny, unet=Broken(tiny.unet))
    with pytest.raises(NonFiniteError, match=r"the U-Net in float32: .* nan .* in the step from t=667 to 333"):
        generate(broken, "a dog", seed=0, steps=3)


def test_an_overflow_of_the_decoder_is_repaired_and_recorded(tiny_folder, monkeypatch):
    half = parts.load(tiny_folder, device="cpu", dtype="float16")
    decode = half.vae.decode

    def overflowing(z, return_dict):
        (x,) = decode(z, return_dict=return_dict)
        return (x if z.dtype == torch.float32 else x * math.inf,)

    monkeypatch.setattr(half.vae, "decode", overflowing)
    with pytest.warns(UserWarning, match="the decoder overflowed in float16; decoding again in float32"):
        (image,) = generate(half, "a dog", seed=0, steps=2)
    assert (image.parameters["dtype"], image.parameters["decoded_in"]) == ("float16", "float32")
    assert half.vae.dtype == torch.float16 and np.asarray(image.image).std() > 0


@pytest.mark.parametrize(("dtype", "close"), [("float16", 0.3), ("bfloat16", 2.0)])
def test_half_the_precision_starts_from_the_same_noise(tiny_folder, tiny, dtype, close):
    """Of latents whose standard deviation is 15."""
    half = parts.load(tiny_folder, device="cpu", dtype=dtype)
    (one,), (other,) = (generate(each, "a dog", g=2, seed=0, steps=3, save_int=1) for each in (half, tiny))
    assert torch.equal(one.kept[0].x_t, other.kept[0].x_t) and one.latents.dtype == torch.float32
    assert 0 < float((one.latents - other.latents).abs().max()) < close


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("sampler", ["lms", "ddpm"])
def test_a_gpu_makes_the_same_image(tiny_folder, tiny, sampler):
    gpu = parts.load(tiny_folder, device="cuda")
    (one,), (other,) = (generate(each, "a dog", g=2, seed=0, steps=5, sampler=sampler) for each in (gpu, tiny))
    assert float((one.latents - other.latents).abs().max()) < 0.05


# --- what is refused, before any work --------------------------------------------------------------------------------

REFUSED = {
    "steps-0": ({"steps": 0}, "steps must be an integer in 1..1000, got 0"),
    "steps-negative": ({"steps": -5}, "steps must be an integer in 1..1000, got -5"),
    "steps-above-T": ({"steps": 1001}, "steps must be an integer in 1..1000, got 1001"),
    "a-list-of-times": ({"steps": [10, 5, 1]}, "steps must be an integer in 1..1000, got [10, 5, 1]"),
    "g-nan": ({"g": math.nan}, "g must be a finite number in [0, inf), got nan"),
    "g-negative": ({"g": -1}, "g must be a finite number in [0, inf), got -1"),
    "g-inf": ({"g": math.inf}, "g must be a finite number in [0, inf), got inf"),
    "g-text": ({"g": "7.5"}, "g must be a finite number in [0, inf), got '7.5' of type str"),
    "dim-0": (
        {"dim": 0},
        "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got 0; this model was trained for 64",
    ),
    "dim-negative": (
        {"dim": -8},
        "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got -8",
    ),
    "dim-513": ({"dim": 513}, "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got 513"),
    "dim-8192": (
        {"dim": 8192},
        "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got 8192",
    ),
    "dim-float": (
        {"dim": 512.0},
        "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got 512.0",
    ),
    "dim-text": (
        {"dim": "512"},
        "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got '512'",
    ),
    "dim-bool": (
        {"dim": True},
        "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got True",
    ),
    "dim-pair-65": ({"dim": (64, 65)}, "dim must be a multiple of 8 in 64..2048, or two of them"),
    "dim-triple": ({"dim": (64, 64, 64)}, "got (64, 64, 64); this model was trained for 64"),
    "dim-pair-0": ({"dim": [0, 64]}, "got [0, 64]"),
    "dim-pair-bool": ({"dim": (64, True)}, "got (64, True)"),
    "dim-empty": ({"dim": ()}, "got ()"),
    "prompt-none": ({"prompt": None}, "prompt must be a text or a list of texts"),
    "seed-negative": ({"seed": -1}, f"seed must be an integer in 0..{2**63 - 1}, got -1"),
    "seed-2-63": ({"seed": 2**63}, "seed must be an integer in"),
    "seed-2-64": ({"seed": 2**64}, "seed must be an integer in"),
    "seed-2-70": ({"seed": 2**70}, "seed must be an integer in"),
    "seed-bool": ({"seed": True}, "got True of type bool"),
    "seed-float": ({"seed": 1.0}, "got 1.0 of type float"),
    "seed-text": ({"seed": "1"}, "got '1' of type str"),
    "save-int-negative": ({"save_int": -1}, "save_int must be an integer >= 0, got -1"),
    "save-int-bool": ({"save_int": True}, "save_int must be an integer >= 0, got True"),
    "sampler-unknown": ({"sampler": "lsm"}, "did you mean 'lms'?"),
    "sampler-levels-alone": (
        {"sampler": "karras"},
        "sampler must be one of 'ddim', 'ddpm', 'euler', 'heun', 'lms', 'dpm2'",
    ),
    "sampler-none": ({"sampler": None}, "sampler must be one of"),
    "first-negative": ({"first": -1}, "first must be an integer in"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_arguments_are_refused_before_a_network_runs(tiny, arguments, message):
    spied, unet = counted(tiny)
    with pytest.raises(ConfigError, match=re.escape(message)):
        generate(spied, **{"prompt": "a dog", "seed": 0} | arguments)
    assert unet.sizes == []


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_generators_as_images(double, count):
    text, empty = embedded(double, ["a", "a dog"])
    x_T = torch.zeros(2, 4, 8, 8, dtype=torch.float64)
    options = {"g": 1, "steps": 2, "sampler": "ddpm"}
    with pytest.raises(ConfigError, match=f"generator must be one for all samples or one for each, got {count}"):
        list(denoise(double, text, empty, x_T, generator=generators(0, count), **options))


@pytest.mark.parametrize("steps", [1, 3, 7, 53, 999, 1000])
def test_any_number_of_steps_ends_at_the_clean_state(double, steps):
    """With a U-Net that says what the noise was, each chain ends on the data: here, one point."""
    point, schedule = torch.full((1, 4, 8, 8), 0.7, dtype=torch.float64), double.schedule

    class Exact(Counted):
        def forward(self, x, t, **options):
            alpha_bar, rest = (schedule.gather(name, t + 1, x) for name in ("alpha_bar", "one_minus_alpha_bar"))
            self.sizes.append(len(x))
            return [(x - alpha_bar.sqrt() * point) / rest.sqrt()]

    exact = dataclasses.replace(double, unet=Exact(double.unet))
    text, empty = embedded(double, ["a"])
    names = [name for name in pipeline.NAMES if steps < 100 or not name.startswith("langevin")]
    for sampler in names:
        chain = list(denoise(exact, text, empty, torch.randn_like(point), g=7.5, steps=steps, sampler=sampler))
        assert len(chain) == steps + 1 and chain[-1].t == 0
        assert float((chain[-1].x_t - point).abs().max()) < 1e-6
    assert exact.unet.sizes == [2] * sum(calls(schedule, sampler, steps) for sampler in names)


def calls(schedule, sampler, steps):
    """Those of the registry; a step without a midpoint has one."""
    plain = sampler.removesuffix("-karras")
    entry = SAMPLERS[plain]
    if plain == "dpm2":
        times = sampling_times(schedule, steps, "trailing" if plain == sampler else "karras")
        return steps + sum(schedule.log_midpoint(t, s) is not None for t, s in pairwise(times))
    return entry.nfe * (steps - 1) + (entry.nfe_last or entry.nfe)


def test_two_names_of_one_sampler_make_one_image(tiny):
    pair = [generate(tiny, "a dog", seed=1, steps=4, sampler=name)[0] for name in ("ddim", "euler")]
    assert alike(*pair) and [each.parameters["sampler"] for each in pair] == ["ddim", "euler"]


def test_levels_of_karras_are_other_times(tiny):
    (even,), (karras,) = (
        generate(tiny, "a dog", seed=1, steps=4, save_int=1, sampler=name) for name in ("dpm++", "dpm++-karras")
    )
    assert [step.t for step in even.kept] == [1000, 750, 500, 250]
    assert [step.t for step in karras.kept] == list(sampling_timesteps(tiny.schedule, 4, "karras"))


def test_g_is_the_model_s_own_where_none_is_given(tiny):
    (usual,) = generate(tiny, "a dog", seed=0, steps=1)
    (own,) = generate(dataclasses.replace(tiny, model="miniature"), "a dog", seed=0, steps=1)
    assert (usual.parameters["g"], own.parameters["g"]) == (7.5, 2.0) and usual.parameters["sampler"] == "ddpm"


# --- cost ------------------------------------------------------------------------------------------------------------


class Operations(TorchDispatchMode):
    """Counts the operations on tensors."""

    count = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        self.count += 1
        return function(*arguments, **(options or {}))


@pytest.mark.parametrize("sampler", pipeline.NAMES)
def test_the_loop_costs_little_beside_its_networks(tiny, sampler):
    """Counted, not timed: a step makes a few dozen operations around its call.  A benchmark has times."""
    inside = 0

    class Watched(Counted):
        def forward(self, x, t, **options):
            nonlocal inside
            before = everything.count
            result = super().forward(x, t, **options)
            inside += everything.count - before
            return result

    watched = dataclasses.replace(tiny, unet=Watched(tiny.unet))
    text, empty = embedded(tiny, ["a dog"] * 4)
    with Operations() as everything:
        streams = generators(0, 4)
        last(
            denoise(watched, text, empty, torch.zeros(4, 4, 8, 8), g=7.5, steps=20, sampler=sampler, generator=streams)
        )
    assert watched.unet.sizes == [8] * calls(tiny.schedule, sampler, 20)
    assert everything.count - inside <= 60 * calls(tiny.schedule, sampler, 20) and inside > 20 * 200
