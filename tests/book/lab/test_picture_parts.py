"""What surrounds the networks in the page: tokens, noise, times and samplers are those of the library."""

from __future__ import annotations

import hashlib
import random
import re

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPTokenizer

from booktools.lab.given.picture import PAINTS
from diffusion_lib.process.schedule import scaled_linear
from diffusion_lib.registry import SAMPLERS
from diffusion_lib.sample.noise import generators
from diffusion_lib.sample.times import sampling_timesteps, strength_timesteps
from diffusion_lib.stable_diffusion.init_image import InitLatents, fingerprint
from models.miniature import FOLDER as MINIATURE
from models.miniature.data import language, synthetic
from models.miniature.data.forms import SHAPES

MERGES = MINIATURE / "tokenizer" / "merges.txt"
TEXTS = [
    "", "a dog wearing hat", "  Three\tRED  triangles, on sand. ", "don't we're I'll 'tis", "naïve café ﬁ İ Σς ẞ",
    "12 345 日本語 привет 🙂👍🏽 e\u0301", "<|endoftext|> a<|startoftext|>b <|ENDOFTEXT|>", "!?'s…--, ((x))",
    "a\u00a0b\u0085c\u200bd\ufeff",
]  # fmt: skip


def test_tokens_are_those_of_the_tokenizer(modules):
    tokenizer = CLIPTokenizer.from_pretrained(MERGES.parent, local_files_only=True)
    draws, entries = random.Random(0), sorted(tokenizer.get_vocab())
    words = [entry.replace("</w>", " ") for entry in draws.sample(entries, 400) if entry.isascii()]
    texts = [*TEXTS, *("".join(draws.sample(words, 6)) for _ in range(60))]
    ask = "(m, [merges, texts]) => { const t = m.tokenizer(merges); return [texts.map(t.ids), t.entries.length]; }"
    found, size = modules("maths/tokenizer.js", ask, [MERGES.read_text(encoding="utf-8"), texts])
    assert size == len(tokenizer)
    assert found == tokenizer(texts).input_ids


@pytest.mark.parametrize(("seed", "first"), [(0, 0), (1, 3), (2**31 - 1, 0), (2**32 - 1, 2**33), (2**53 - 1, 7)])
def test_noise_is_that_of_the_library(modules, seed, first):
    (generator,) = generators(seed, 1, first)
    drawn = [torch.randn(8, 8, 8, generator=generator).flatten() for _ in range(3)]
    ask = "(m, [seed, i]) => { const d = m.stream(seed, i); return [d(512), d(512), d(512)].map((x) => [...x]); }"
    told = modules("picture/generator.js", ask, [seed, first])
    for ours, theirs in zip(drawn, told, strict=True):
        torch.testing.assert_close(torch.tensor(theirs), ours, rtol=0, atol=3e-6)  # SSE4 rounds log otherwise


def test_seeds_of_streams_are_numpys(modules):
    told = modules("picture/generator.js", "(m) => m.seedSequence([12345, 6, 7, 8, 9, 10], 9)")
    assert told == np.random.SeedSequence([12345, 6, 7, 8, 9, 10]).generate_state(9).tolist()


@pytest.mark.parametrize("spacing", ["trailing", "karras"])
def test_times(modules, spacing):
    counts = [1, 2, 3, 7, 16, 20, 33, 50, 64, 250, 999, 1000]
    name = "ddim-karras" if spacing == "karras" else "ddim"
    ask = f"""async (m, counts) => {{
        const {{ schedule }} = await import("/lab/maths/schedule.js"), tables = schedule("scaled_linear", 1000);
        return counts.map((steps) => m.times(tables, "{name}", steps));
    }}"""
    expected = [list(sampling_timesteps(scaled_linear(1000), steps, spacing)) for steps in counts]
    assert modules("picture/samplers.js", ask, counts) == expected


def test_names_of_samplers(modules):
    named = {name.removesuffix("-karras") for name in modules("picture/samplers.js", "(m) => m.names")}
    assert named == set(PAINTS) <= SAMPLERS.keys()


@pytest.mark.parametrize("name", [*PAINTS, "ddpm-karras", "dpm++-karras", "lms-karras", "heun-karras"])
@pytest.mark.parametrize("steps", [1, 2, 13])
def test_samplers_go_the_same_way(modules, name, steps):
    """The model sin(x) + t / 2000 has no use but to bend: errors of a step would not cancel."""
    chain, options = SAMPLERS[name.removesuffix("-karras")], {}
    (generator,) = generators(3, 1)
    x_T = torch.randn(1, 32, generator=generator)
    if chain.stochastic:
        options["generator"] = [generator]
    if name.endswith("-karras"):
        options["spacing"] = "karras"
    bent = lambda x_t, t: torch.sin(x_t) + t[:, None] / 2000  # noqa: E731
    ours = list(chain(bent, x_T, scaled_linear(1000), steps=steps, **options))
    ask = """async (m, [name, steps]) => {
        const { schedule } = await import("/lab/maths/schedule.js");
        const { stream } = await import("/lab/picture/generator.js");
        const draw = stream(3), x = draw(32), found = [];
        const denoise = async (x, t) => x.map((each) => Math.sin(each) + t / 2000);
        const chain = m.sample(name, schedule("scaled_linear", 1000), x, { steps, denoise, draw });
        for await (const { t, x, clean } of chain) found.push([t, [...x], [...clean]]);
        return found;
    }"""
    told = modules("picture/samplers.js", ask, [name, steps])
    assert [t for t, *_ in told] == [step.t for step in ours]
    for (_, x, clean), step in zip(told, ours, strict=True):
        torch.testing.assert_close(torch.tensor([x]), step.x_t, rtol=2e-5, atol=2e-5)
        torch.testing.assert_close(torch.tensor([clean]), step.x_0_hat, rtol=5e-5, atol=5e-5)


@pytest.mark.parametrize("name", ["ddpm", "ddim", "heun", "lms", "dpm++-karras"])
@pytest.mark.parametrize("strength", [0.3, 0.58, 1.0])
def test_samplers_begin_late_at_the_same_time(modules, name, strength):
    chain, options = SAMPLERS[name.removesuffix("-karras")], {}
    z, eps = (torch.randn(1, 32, generator=each) for each in generators(5, 2))
    streams = generators(3, 1)
    if name == "ddpm":
        options["generator"] = streams
    schedule = scaled_linear(1000)
    times = strength_timesteps(
        sampling_timesteps(schedule, 50, "karras" if name.endswith("-karras") else "trailing"), strength
    )
    x_t = InitLatents(z, strength, None).noised(schedule, times[0], eps)
    bent = lambda x_t, t: torch.sin(x_t) + t[:, None] / 2000  # noqa: E731
    ours = list(chain(bent, x_t, schedule, spacing=times, **options))
    ask = """async (m, [name, strength, z, eps]) => {
        const { schedule } = await import("/lab/maths/schedule.js");
        const { stream } = await import("/lab/picture/generator.js");
        const draw = stream(3), found = [], x_T = Float32Array.from(eps);
        const origin = { z: Float32Array.from(z), strength };
        const denoise = async (x, t) => x.map((each) => Math.sin(each) + t / 2000);
        const chain = m.sample(name, schedule("scaled_linear", 1000), x_T, { steps: 50, denoise, draw, origin });
        for await (const { t, x } of chain) found.push([t, [...x]]);
        return found;
    }"""
    told = modules("picture/samplers.js", ask, [name, strength, z[0].tolist(), eps[0].tolist()])
    assert [t for t, _ in told] == [step.t for step in ours]
    for (_, x), step in zip(told, ours, strict=True):
        torch.testing.assert_close(torch.tensor([x]), step.x_t, rtol=5e-5, atol=5e-5)


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 1000])
def test_the_fingerprint_of_bytes(modules, length):
    content = bytes((7 * i + 3) % 256 for i in range(length))
    found = modules("maths/sha256.js", "(m, bytes) => m.sha256(Uint8Array.from(bytes))", [*content])
    assert found == hashlib.sha256(content).hexdigest()


def test_the_fingerprint_of_a_picture_is_the_librarys(modules):
    image = Image.effect_noise((16, 16), 90).convert("RGB")
    ask = "(m, pixels) => m.fingerprint(Uint8Array.from(pixels), 16)"
    assert modules("picture/origin.js", ask, [*image.tobytes()]) == fingerprint(image)


def test_the_map_of_a_word_is_the_sum_of_its_tokens(modules):
    ask = """(m, maps) => {
        const [one, two] = m.tokensOf([{ piece: "red", tokens: 1 }, { piece: "triangles", tokens: 2 }]);
        return [one, two].map(({ first, tokens }) => m.mapOf(maps, first, tokens, 4));
    }"""
    maps = torch.arange(77 * 4.0).view(77, 4)
    told = modules("picture/inside.js", ask, maps.flatten().tolist())
    assert told == [maps[1].tolist(), (maps[2] + maps[3]).tolist()]


def test_one_channel_is_scaled(modules):
    ask = "(m) => [...m.scaled(Float32Array.from([1, 2, 3, 4, 5, 6]), 1, 3, -2)]"
    assert modules("picture/inside.js", ask) == [1, 2, -6, -8, 5, 6]


UNSEEN = [
    "a white square", "a violet rabbit", "a dog and a cat", "two green rabbits", "four hats", "three red circle",
    "red circles", "a red star on a blue heart", "a small striped red circle", "a black dog wearing a black hat",
    "a red circle above a red star", "a large red circle above a blue star", "two red stars above a blue heart",
]  # fmt: skip


def test_which_prompts_are_outside_of_the_training(modules):
    """The page reads a prompt as ``language.parse`` does: captions of the world, and the same with words exchanged."""
    generator, draws = torch.Generator().manual_seed(0), random.Random(0)
    captions = language.captions(synthetic.sample_scenes(250, generator), generator)
    captions += language.captions(synthetic.sample_scenes(50, generator, held_out=True), generator)
    changed = [text.split() for text in captions]
    for text in changed:
        text[draws.randrange(len(text))] = draws.choice(language.vocabulary())
    texts = [*captions, *map(" ".join, changed), "", "A Red circle.", "a red circle , on sand", *UNSEEN]
    ask = "(m, [texts, rules]) => texts.map((text) => [m.read(text, rules) !== null, m.outside(text, rules)])"
    told = modules("picture/world.js", ask, [texts, language.rules()])
    read = [language.parse(text) for text in texts]
    assert [known for known, _ in told] == [scene is not None for scene in read]
    assert 100 < sum(scene is None for scene in read) < len(texts) - 300  # both answers are asked for
    for text, scene, (_, note) in zip(texts, read, told, strict=True):
        if scene is None:
            assert ("No training image had such a description" in note) == (text != "")
            continue
        shown = [(f, c) for f, c in zip(scene.form[0].tolist(), scene.colour[0].tolist(), strict=True) if 0 <= f < 8]
        unseen = {
            f"“{synthetic.NAMES[c]} {SHAPES[f]}”"
            for f, c in shown
            if (synthetic.NAMES[c], SHAPES[f]) in synthetic.HELD_OUT
        }
        assert unseen == set(re.findall("“.*?”", note)), text
    assert all(language.parse(text) is None for text in UNSEEN)
