"""The miniature in the page paints what Python paints, says what goes wrong, and takes its input as data."""

from __future__ import annotations

import base64
import io
import re
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from urllib.parse import quote

import numpy as np
import onnx
import pytest
import torch
from miniature import DRIVE, stand
from onnx import TensorProto
from PIL import Image

from booktools.check.serve import host
from booktools.lab import data, graphs
from booktools.lab.given import picture
from diffusion_lib.errors import ConfigError
from diffusion_lib.stable_diffusion import image_file as files
from diffusion_lib.stable_diffusion.attention import recorded
from diffusion_lib.stable_diffusion.guidance import Guided
from diffusion_lib.stable_diffusion.init_image import read_image
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.pipeline import generate
from diffusion_lib.stable_diffusion.prompt import check_words, embed, tokenize
from models.miniature.data import language


@pytest.fixture(scope="module")
def parts():
    return load("miniature", device="cpu")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A folder with all that a built page has of the laboratory, and the laboratory on a page of its own."""
    folder = tmp_path_factory.mktemp("picture")
    stand(folder, "picture")
    with host(folder) as server:
        yield server


@pytest.fixture(scope="module")
def networks(served, chromium):
    """``model(kind, given)``: what the worker answers, on a page with the book's policy."""
    page = chromium.new_page()
    page.goto(f"{served.address}/bare.html")
    return lambda kind, given: page.evaluate(DRIVE, [kind, given])


@pytest.fixture
def page(served, chromium):
    page = chromium.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.open = lambda fragment="": page.goto(f"{served.address}/index.html{fragment}")
    yield page
    page.context.close()


def painted(page) -> None:
    page.wait_for_selector(".lab-links:not([hidden])", timeout=120_000)


def said(page, words: str | re.Pattern) -> None:
    page.locator(".lab-said", has_text=words).wait_for(timeout=60_000)


PICTURES = [
    ("a white dog wearing a red hat", 2, 3, 10, "ddpm"),
    ("two red triangles on sand", 3, 7, 8, "ddpm"),
    ("A large dotted BLUE circle in a meadow.", 1, 11, 8, "ddpm"),
    ("a white dog wearing a red hat", 2, 3, 10, "lms"),
    ("two red triangles on sand", 7.5, 999, 6, "lms"),
    ("", 0, 1, 6, "lms"),
    ("a blue star above a green heart", 2, 2**31, 4, "heun-karras"),
]


@pytest.mark.parametrize(("prompt", "g", "seed", "steps", "sampler"), PICTURES)
def test_the_same_seed_gives_the_same_picture_as_python(networks, parts, prompt, g, seed, steps, sampler):
    asked = {"g": g, "seed": seed, "steps": steps, "sampler": sampler}
    told = networks("make", {"prompt": prompt, **asked})
    with pytest.warns() if g < 1 else nullcontext():
        (ours,) = generate(parts, prompt, **asked)
    pixels = np.asarray(ours.image, dtype=int).ravel()
    assert np.abs(np.array(told["pixels"]) - pixels).max() <= 1
    torch.testing.assert_close(torch.tensor(told["latents"]), ours.latents.flatten(), rtol=0, atol=2e-3)


def first_pixels() -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data.of("picture")["scene"]))).convert("RGB")


EDITS = [
    ("a blue star on sand", 2, 3, 10, "ddpm", {"init": True, "strength": 0.55}),
    ("two green hearts", 3, 7, 8, "ddim", {"init": True, "strength": 1.0, "negative": "two red hearts on sand"}),
    ("a black cat", 2.5, 5, 6, "lms-karras", {"init": True, "strength": 0.4}),
    ("a dog", 3, 1, 6, "ddpm", {"negative": "a dog wearing a hat"}),
]


@pytest.mark.parametrize(("prompt", "g", "seed", "steps", "sampler", "edit"), EDITS)
def test_edits_give_the_same_picture_as_python(networks, parts, prompt, g, seed, steps, sampler, edit):
    asked = {"g": g, "seed": seed, "steps": steps, "sampler": sampler}
    init = first_pixels() if edit.get("init") else None
    pixels = {"init": [*init.tobytes()]} if init else {}
    told = networks("make", {"prompt": prompt, **asked, **edit, **pixels})
    (ours,) = generate(parts, prompt, **asked, **edit | ({"init": init} if init else {}))
    levels = np.abs(np.array(told["pixels"]) - np.asarray(ours.image, dtype=int).ravel())
    assert levels.max() <= 1
    (plain,) = generate(parts, prompt, **asked)
    assert np.abs(np.asarray(plain.image, dtype=int) - np.asarray(ours.image, dtype=int)).max() > 20


def test_without_guidance_the_prompt_has_no_effect(networks):
    asked = {"g": 0, "seed": 5, "steps": 3, "sampler": "ddim"}
    one, other = (networks("make", {"prompt": prompt, **asked})["pixels"] for prompt in ("a dog", "red star"))
    assert one == other


def test_another_seed_gives_another_picture(networks):
    asked = {"prompt": "a dog", "g": 2, "steps": 3, "sampler": "ddpm"}
    one, other = (np.array(networks("make", {"seed": seed, **asked})["pixels"]) for seed in (3, 4))
    assert np.abs(one - other).mean() > 5


def test_attention_is_that_of_the_library(networks, parts):
    prompt, asked = "a cat wearing a blue hat", {"g": 2, "seed": 4, "steps": 2, "sampler": "ddim"}
    told = networks("make", {"prompt": prompt, **asked})["steps"]
    (ours,) = generate(parts, prompt, save_int=1, **asked)
    text = embed(parts, tokenize(parts.tokenizer, ["", prompt]).ids)
    assert [step["t"] for step in told] == [step.t for step in ours.kept] == [1000, 500]
    for step, kept in zip(told, ours.kept, strict=True):
        with recorded(parts.unet) as record, torch.no_grad():
            Guided(parts.unet, text[1:], text[:1], 2)(kept.x_t[None], torch.tensor([kept.t]))
        torch.testing.assert_close(torch.tensor(step["maps"]), record.maps(8)[1].flatten(), rtol=1e-3, atol=1e-5)


def test_channels_are_decoded_as_in_python_and_two_of_them_change_nothing(networks, parts):
    (made,) = generate(parts, picture.FIRST["prompt"], seed=picture.FIRST["seed"])
    changes = picture.negated(parts, made.latents)
    turned = made.latents.clone()
    turned[data.of("picture")["network"]["strongest"] - 1] *= -1
    plain, other = (networks("decode", x.flatten().tolist())["pixels"] for x in (made.latents, turned))
    assert np.abs(np.array(plain) - np.array(other)).mean() == pytest.approx(max(changes), abs=0.1)
    assert data.of("picture")["network"]["strongest"] == 6
    assert [i + 1 for i, change in enumerate(changes) if change < 0.1] == [1, 3]


def test_what_two_ask_for_at_once_is_made_once(tmp_path):
    made = []

    def write(folder):
        made.append(folder)
        time.sleep(0.3)
        (folder / "x").write_text("whole")

    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(graphs.kept, "thing", write, tmp_path) for _ in range(2)]
        folders = {each.result() for each in asked}
    assert len(made) == len(folders) == 1 and (folders.pop() / "x").read_text() == "whole"


def test_the_graphs_hold_no_weights_of_their_own():
    folder, sizes = graphs.graphs(), {}
    for name, weights in graphs.GRAPHS.items():
        graph = onnx.load(folder / f"{name}.onnx", load_external_data=False).graph
        stored = [each for each in graph.initializer if each.data_location == TensorProto.EXTERNAL]
        own = [each for each in graph.initializer if each.data_location != TensorProto.EXTERNAL]
        assert len(stored) > 40
        places = {({e.key: e.value for e in each.external_data})["location"] for each in stored}
        assert places == {f"{weights}.safetensors"}
        assert all(np.prod(each.dims) < 100 for each in own if each.data_type == TensorProto.FLOAT)
        sizes[name] = (folder / f"{name}.onnx").stat().st_size
    assert sum(sizes.values()) < 400_000


def test_what_may_be_loaded_is_what_the_button_says(served, page):
    before = served.sent
    page.open()
    assert served.sent - before < 150_000  # the page itself, with style and scripts in it
    told = data.of("picture")
    assert f"({told['megabytes']} MB)" in page.inner_text("[data-does=make]")
    assert abs(sum(each["packed"] for each in told["files"]) / 1e6 - told["megabytes"]) < 0.5


def test_a_picture_is_painted_saved_and_made_again(page, parts, tmp_path):
    page.open("#lab-picture?prompt=a+red+heart+on+a+blue+square&steps=6&seed=12&sampler=lms&g=3")
    page.click("[data-does=make]")
    painted(page)
    assert "a red heart on a blue square" in page.inner_text(".lab-said")
    with page.expect_download() as got:
        page.click(".lab-links a:first-child")
    path = tmp_path / "saved.png"
    got.value.save_as(path)
    again = files.remake(path, parts)
    assert np.abs(np.asarray(Image.open(path), dtype=int) - np.asarray(again.image, dtype=int)).max() <= 1
    found = files.parameters(path)
    assert {**found, "g": 3} == {**again.parameters, "g": 3}
    link = page.get_attribute(".lab-links a:last-child", "href")
    assert "steps=6" in link and "sampler=lms" in link and "prompt=a+red+heart" in link
    _look_inside(page)
    assert page.errors == []


def test_an_edit_is_painted_saved_and_made_again_from_what_it_began_from(page, parts, tmp_path):
    page.open("#lab-picture?prompt=a+blue+star+on+sand&negative=a+red+circle&steps=8&seed=4&init=scene&strength=0.5")
    assert page.locator(".lab-more").get_attribute("open") is not None
    page.wait_for_selector(".lab-from canvas")
    page.click("[data-does=make]")
    painted(page)
    assert "not “a red circle”, from an image at strength 0.5" in page.inner_text(".lab-said")
    command = page.inner_text(".lab-command")
    assert "--negative='a red circle' --init init.png --strength 0.5" in command
    saved = {}
    for name, query in {"picture": "a:first-child", "init": "a[download='init.png']"}.items():
        with page.expect_download() as got:
            page.click(f".lab-links {query}")
        saved[name] = tmp_path / f"{name}.png"
        got.value.save_as(saved[name])
    init = read_image("init", saved["init"])
    assert init.tobytes() == first_pixels().tobytes()
    again = files.remake(saved["picture"], parts, init)
    assert np.abs(np.asarray(Image.open(saved["picture"]), dtype=int) - np.asarray(again.image, dtype=int)).max() <= 1
    assert files.parameters(saved["picture"]) == again.parameters
    link = page.get_attribute(".lab-links a:last-child", "href")
    assert "init=scene" in link and "strength=0.5" in link and "negative=a+red+circle" in link
    page.select_option("#lab-picture-init", "above")
    page.click("[data-does=make]")
    painted(page)
    assert "init=" not in page.get_attribute(".lab-links a:last-child", "href")  # no link holds a picture of one's own
    assert page.errors == []


def test_a_file_is_cut_and_scaled_and_what_is_none_is_said(page, tmp_path):
    page.open("#lab-picture?init=file")
    page.click("[data-does=make]")
    said(page, "Choose a file to start from")
    (tmp_path / "no.png").write_text("<html>")
    page.set_input_files('input[type="file"]', tmp_path / "no.png")
    said(page, "not an image that this browser reads")
    wide = Image.new("RGBA", (512, 256), (0, 0, 0, 0))
    wide.paste((200, 30, 40, 255), (128, 0, 256, 256))  # the left half of the middle square
    wide.save(tmp_path / "wide.png")
    page.set_input_files('input[type="file"]', tmp_path / "wide.png")
    page.wait_for_selector(".lab-from canvas")
    shown = page.evaluate(
        "() => [...document.querySelector('.lab-from canvas').getContext('2d').getImageData(0, 64, 128, 1).data]"
    )
    row = np.array(shown).reshape(128, 4)[:, :3]
    assert row[10].tolist() == [200, 30, 40] and row[120].tolist() == [255, 255, 255]
    assert page.errors == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("negative=a+dog&g=1", "needs a guidance scale above 1"),
        ("init=scene&strength=0.05&steps=10", "A strength of 0.05 leaves none of 10 steps"),
        ("negative=a+frog", "Not in its vocabulary: frog"),
    ],
)
def test_what_python_would_refuse_is_said_and_cannot_be_asked_for(page, query, words):
    page.open(f"#lab-picture?{query}")
    page.locator(".lab-words", has_text=words).wait_for()
    assert page.is_disabled("[data-does=make]")


def _look_inside(page) -> None:
    page.click(".lab-chips button:nth-child(3)")
    assert "give “heart”" in page.inner_text(".lab-look")
    page.locator("#lab-picture-gain").fill("-1")
    page.locator(".lab-look", has_text="Channel 6 times −1.0").wait_for()


def test_strange_words_are_marked_before_anything_is_loaded(served, page):
    page.open()
    page.wait_for_load_state("networkidle")  # a browser also asks for an icon
    before = served.sent
    page.fill("#lab-picture-prompt", "a blu frog, wearing a hat!")
    assert page.locator(".lab-words mark").all_inner_texts() == ["blu", "frog"]
    assert page.is_disabled("[data-does=make]")
    page.press("#lab-picture-prompt", "Enter")
    page.click(".lab-words button")
    assert page.input_value("#lab-picture-prompt") == "a blue frog, wearing a hat!"
    page.fill("#lab-picture-prompt", "a blue")
    page.click(".lab-vocabulary summary")
    page.click(".lab-vocabulary button:text-is('dog')")
    assert page.input_value("#lab-picture-prompt") == "a blue dog"
    assert page.is_enabled("[data-does=make]")
    assert served.sent == before


def test_a_prompt_outside_of_the_training_is_painted_with_a_note(served, page):
    page.open("#lab-picture?prompt=a+red+circle&steps=1")
    note = page.locator(".lab-words")
    for prompt, words in {"a white square": "No training image had such a description", "a dog": "", "": ""}.items():
        page.fill("#lab-picture-prompt", prompt)
        assert words in note.inner_text() and bool(words) == bool(note.inner_text())
        assert page.is_enabled("[data-does=make]")
    page.fill("#lab-picture-prompt", "a white square")
    page.click("[data-does=make]")
    painted(page)
    assert "No training image had such a description" in page.inner_text(".lab-said")


def refused(parts, text) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a text may ask for nothing of the miniature's world
        try:
            check_words(parts, tokenize(parts.tokenizer, text))
        except ConfigError:
            return True
    return False


def test_strange_words_are_those_that_python_refuses(modules, parts):
    texts = [
        "a dog", "A DOG,dog", "a frog (green)", "two dogs", "dog's hat", "red+blue", "3 stars", "naïve hat", "…!?", "",
        "<|endoftext|> dog", "hat-hat", "dog\u00a0cat", "🙂 hat", "triangles", "Σ ς", "\ufeffdog", "a\u0301 dog",
        "disco",
    ]  # fmt: skip
    ours = [refused(parts, text) for text in texts]
    ask = "(m, [texts, known]) => texts.map((text) => m.unknown(text, known))"
    told = modules("picture/words.js", ask, [texts, data.of("picture")["words"]])
    assert [bool(each) for each in told] == ours


@pytest.mark.parametrize("prompt", [*picture.EXAMPLES, picture.FIRST["prompt"]])
def test_examples_ask_for_something_of_the_models_world(prompt):
    assert language.parse(prompt) is not None


BAD = [
    "<img src=x onerror=hacked=1>", "<script>hacked=1</script>", "\"><svg onload=hacked=1>", "javascript:hacked=1",
    "${hacked=1}", "'; hacked=1; '", "</script><script>hacked=1</script>", "&#60;img src=x onerror=hacked=1&#62;",
    "__proto__", "constructor", "{{hacked=1}}", "\u202e<b>", "%3Cimg%20src=x%20onerror=hacked=1%3E",
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_a_prompt_and_an_address_are_data(page, bad):
    page.open(f"#lab-picture?prompt={quote(bad)}&sampler={quote(bad)}&steps={quote(bad)}&__proto__={quote(bad)}")
    page.fill("#lab-picture-prompt", f"dog {bad}")
    assert page.evaluate("() => typeof window.hacked") == "undefined"
    assert page.locator(".lab :is(script, svg, img[onerror], b)").count() == 0
    assert page.input_value("#lab-picture-sampler") == "ddpm"
    assert page.errors == []


def test_a_lost_download_is_said_and_can_be_asked_for_again(page):
    page.open("#lab-picture?steps=1")
    page.route("**/unet.safetensors.gz", lambda route: route.abort())
    page.click("[data-does=make]")
    said(page, "The networks did not arrive whole")
    page.unroute("**/unet.safetensors.gz")
    page.route("**/unet.onnx", lambda route: route.fulfill(body=b"short"))
    with page.expect_request("**/unet.onnx"):
        page.click("[data-does=make]")
    page.wait_for_selector("[data-does=make]:enabled")
    said(page, "The networks did not arrive whole")
    page.unroute("**/unet.onnx")
    page.click("[data-does=make]")
    painted(page)


FAKES = {
    "silent": ("onmessage = () => {};", "No answer came for a long time"),
    "memory": ("onmessage = () => postMessage({ kind: 'failed', why: 'memory' });", "too little free memory"),
    "broken": ("onmessage = () => { throw new Error('x'); };", "stopped with an error"),
}


@pytest.mark.parametrize("fake", FAKES)
def test_what_goes_wrong_is_a_sentence_and_a_way_on(page, fake):
    body, words = FAKES[fake]
    page.route("**/picture/worker.js", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    page.route(
        "**/index.html",
        lambda route: route.fulfill(
            body=route.fetch().text().replace('data-kind="picture"', 'data-kind="picture" data-patience="0.5"'),
            content_type="text/html",
        ),
    )
    page.open()
    page.click("[data-does=make]")
    said(page, words)
    assert page.is_enabled("[data-does=make]") and "Load" in page.inner_text("[data-does=make]")


def test_without_webassembly_and_from_the_disk_it_says_so(page, modules):
    page.add_init_script("delete window.WebAssembly")
    page.open()
    page.click("[data-does=make]")
    said(page, "no WebAssembly")
    told = modules("picture/networks.js", "(m) => m.obstacle({ protocol: 'file:' }, globalThis)")
    assert "make serve" in told


def test_too_little_memory_is_recognised(modules):
    ask = "(m, texts) => texts.map((text) => m.reason(text === 'lost' ? new m.Lost(text) : new Error(text)))"
    texts = ["std::bad_alloc", "WebAssembly.Memory(): could not allocate memory", "Array buffer allocation failed"]
    told = modules("picture/trouble.js", ask, [*texts, "lost", "a shape"])
    assert told == ["memory", "memory", "memory", "lost", "other"]


def test_a_picture_can_be_stopped_and_another_begun(page, parts):
    page.open("#lab-picture?steps=100")
    page.click("[data-does=make]")
    said(page, re.compile(r"Step \d+ of 100"))
    page.click("[data-does=stop]")
    assert "Stopped" in page.inner_text(".lab-said")
    page.locator("#lab-picture-steps").fill("2")
    page.click("[data-does=make]")
    painted(page)
    assert ", 2 steps of ddpm: generated here" in page.inner_text(".lab-said")
    canvas = "() => [...document.querySelector('.lab canvas').getContext('2d').getImageData(0, 0, 128, 128).data]"
    shown = np.array(page.evaluate(canvas)).reshape(128, 128, 4)[..., :3]
    (ours,) = generate(parts, picture.FIRST["prompt"], seed=picture.FIRST["seed"], steps=2)
    assert np.abs(shown - np.asarray(ours.image, dtype=int)).max() <= 1
