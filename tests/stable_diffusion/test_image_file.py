"""Images that can be made again from their own file, and the two commands."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
import sys

import numpy as np
import pytest
from full_disk import fill_disk
from PIL import Image, PngImagePlugin

from diffusion_lib.cli import parser
from diffusion_lib.errors import CheckpointMismatch, ConfigError
from diffusion_lib.process.schedule import linear
from diffusion_lib.registry import SAMPLERS
from diffusion_lib.stable_diffusion import weights
from diffusion_lib.stable_diffusion.image_file import CHUNK, parameters, remake, save
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.pipeline import NAMES, generate


def same(one, other):
    return np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).max() <= 1


@pytest.mark.parametrize("sampler", NAMES)
def test_an_image_is_made_again_from_itself(tiny, tmp_path, sampler):
    """One of a batch, from a seed that nobody chose."""
    prompts = ["a dog", "a hat 🎩", "red circle"]
    images = generate(tiny, prompts, g=3, seed=None, steps=4, dim=72, save_int=2, sampler=sampler)
    path = save(images[1], tmp_path / "image.png")
    again = remake(path, tiny)
    assert same(again.image, Image.open(path)) and not same(again.image, images[0].image)
    assert again.parameters == images[1].parameters == parameters(path)
    assert len(again.kept) == 2 and json.loads(Image.open(path).text[CHUNK])["prompt"] == "a hat 🎩"


def test_an_image_that_is_no_square_is_made_again_from_itself(tiny, tmp_path):
    path = save(generate(tiny, "a dog", seed=1, steps=2, dim=(96, 64))[0], tmp_path / "image.png")
    again = remake(path, tiny)
    assert parameters(path)["dim"] == [96, 64] and again.image.size == (96, 64)
    assert same(again.image, Image.open(path)) and again.parameters == parameters(path)


def square(colour, mode="RGB", side=64):
    return Image.new(mode, (side, side), colour)


def test_an_image_that_began_from_another_is_made_again_with_it(tiny, tmp_path):
    init, mask = square("red"), square(0, "L")
    mask.paste(255, (0, 0, 32, 64))
    options = {"g": 3, "seed": 1, "steps": 4, "negative": "a hat", "init": init, "mask": mask, "strength": 0.6}
    path = save(generate(tiny, "a dog", **options)[0], tmp_path / "image.png")
    again = remake(path, tiny, init, mask.convert("1"))
    assert same(again.image, Image.open(path)) and again.parameters == parameters(path)
    assert {name: parameters(path)[name] for name in ("negative", "strength")} == {"negative": "a hat", "strength": 0.6}
    stored = path.read_bytes()
    assert b"red" not in stored and str(tmp_path).encode() not in stored


ORIGINS = {
    "none": ({}, "init must be the image with the sha256 [0-9a-f]{64}, got none; find it"),
    "another": ({"init": square("blue")}, "init must be the image with the sha256 .*, got one with [0-9a-f]{64}"),
    "no-mask": ({"init": square("red")}, "mask must be the image with the sha256 .*, got none"),
    "another-mask": ({"init": square("red"), "mask": square(0, "L")}, "mask must be the image with the sha256"),
    "size": ({"init": square("red", side=72)}, "init must be the image with the sha256"),
    "a-path": ({"init": "red.png"}, "init must be the image with the sha256 .*, got none"),
}


@pytest.mark.parametrize(("given", "message"), ORIGINS.values(), ids=ORIGINS)
def test_without_the_image_that_it_began_from_it_is_refused(tiny, tmp_path, monkeypatch, given, message):
    options = {"seed": 1, "steps": 2, "init": square("red"), "mask": square(255, "L")}
    path = save(generate(tiny, "a dog", **options)[0], tmp_path / "image.png")
    monkeypatch.setattr(tiny.unet, "forward", lambda *_, **__: pytest.fail("a network ran"))
    with pytest.raises(ConfigError, match=message):
        remake(path, tiny, **given)


def test_an_image_that_began_from_noise_wants_no_other(tiny, tmp_path):
    path = save(generate(tiny, "a dog", seed=1, steps=2)[0], tmp_path / "image.png")
    with pytest.raises(ConfigError, match="init must be left out, as the file has none, got one with"):
        remake(path, tiny, square("red"))


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "schedule"])
def test_replaced_parts_are_another_model(tiny, tiny_folder, tmp_path, part):
    """``dataclasses.replace`` keeps the name and the folder; the fingerprint is of what is in memory."""
    import tiny_parts

    path = save(generate(tiny, "a dog", seed=0, steps=1)[0], tmp_path / "image.png")
    other = load(tiny_parts.save(tmp_path / "other", seed=1), device="cpu")
    strange = linear(1000) if part == "schedule" else getattr(other, part)
    mixed = dataclasses.replace(tiny, **{part: strange})
    with pytest.raises(CheckpointMismatch, match=r"was made by tiny in float32, fingerprint .* load those that made"):
        remake(path, mixed)
    mixed_path = save(generate(mixed, "a dog", seed=0, steps=1)[0], tmp_path / "mixed.png")
    with pytest.raises(CheckpointMismatch, match="was made by tiny"):
        remake(mixed_path, tiny)
    again = dataclasses.replace(load(tiny_folder, device="cpu"), **{part: strange})
    assert same(remake(mixed_path, again).image, Image.open(mixed_path))


def test_one_other_number_or_setting_is_another_fingerprint(tiny):
    copied = dataclasses.replace(tiny, unet=copy.deepcopy(tiny.unet))
    before = copied.fingerprint
    next(copied.unet.parameters()).data.view(-1)[0] += 1e-3
    wide = copy.deepcopy(tiny.vae)
    wide.register_to_config(scaling_factor=0.5)
    others = [dataclasses.replace(copied).fingerprint, dataclasses.replace(tiny, vae=wide).fingerprint]
    assert len({before, tiny.fingerprint, *others}) == 4
    assert dataclasses.replace(tiny).fingerprint == dataclasses.replace(tiny, unet=copy.deepcopy(tiny.unet)).fingerprint


def test_another_model_or_dtype_is_refused(tiny, tiny_folder, tmp_path):
    import tiny_parts

    path = save(generate(tiny, "a dog", seed=0, steps=1)[0], tmp_path / "image.png")
    other = load(tiny_parts.save(tmp_path / "other", seed=1), device="cpu")
    with pytest.raises(CheckpointMismatch, match=r"was made by tiny in float32, fingerprint .* load those that"):
        remake(path, other)
    with pytest.raises(CheckpointMismatch, match=r"these parts are tiny in .*, dtype bfloat16"):
        remake(path, load(tiny_folder, device="cpu", dtype="bfloat16"))


def write(path, **changes):
    """An image with changed parameters; None takes one away."""
    found = json.loads(Image.open(path).text[CHUNK]) | changes
    info = PngImagePlugin.PngInfo()
    info.add_text(CHUNK, json.dumps({name: value for name, value in found.items() if value is not None}))
    Image.open(path).save(path, pnginfo=info)
    return path


CHANGES = {
    "steps": ({"steps": 0}, "steps must be an integer"),
    "index": ({"index": "0"}, "index in .* must be a whole number, got '0' of type str"),
    "prompt": ({"prompt": 5}, "prompt in .* must be a text, got 5"),
    "sampler": ({"sampler": "__import__"}, "sampler must be one of"),
    "negative": ({"negative": 5}, "negative in .* must be a text, got 5"),
    "negative-g": ({"negative": "a hat", "g": 1.0}, "negative must come with a g above 1"),
    "strength": ({"strength": "0.5"}, "strength in .* must be a number, got '0.5'"),
    "strength-alone": ({"strength": 0.5}, "strength must come with an init"),
    "init": ({"init": 7}, "init in .* must be a text, got 7"),
    "init-path": ({"init": "/etc/passwd"}, "init must be the image with the sha256 /etc/passwd, got none"),
    "mask": ({"mask": "x"}, "mask must be the image with the sha256 x, got none"),
    "seed-gone": ({"seed": None}, "must name dim, dtype, fingerprint, g, index"),
}


@pytest.mark.parametrize(("changes", "message"), CHANGES.values(), ids=CHANGES)
def test_parameters_that_somebody_changed_are_checked(tiny, tmp_path, changes, message):
    path = save(generate(tiny, "a dog", seed=0, steps=1)[0], tmp_path / "image.png")
    with pytest.raises(ConfigError, match=message):
        remake(write(path, **changes), tiny)


def test_a_far_stream_costs_no_memory(tiny, tmp_path):
    path = save(generate(tiny, "a dog", seed=0, steps=1, first=2**62)[0], tmp_path / "image.png")
    assert parameters(path)["index"] == 2**62 and same(remake(path, tiny).image, Image.open(path))


@pytest.mark.parametrize("content", [None, b"", b"<html>", "jpeg", "png", "list"])
def test_a_file_without_parameters_is_refused(tmp_path, content):
    path = tmp_path / "x.png"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "list":
        info = PngImagePlugin.PngInfo()
        info.add_text(CHUNK, "[1, 2]")
        Image.new("RGB", (8, 8)).save(path, pnginfo=info)
    elif content:
        Image.new("RGB", (8, 8)).save(path, format=content)
    with pytest.raises(ConfigError, match=r"must be a PNG that holds its parameters|must name"):
        parameters(path)


@pytest.mark.parametrize("name", ["image.jpg", "nowhere/image.png", ".", "image"])
def test_a_path_that_cannot_be_written_is_refused(tiny, tmp_path, name):
    (image,) = generate(tiny, "a dog", seed=0, steps=1)
    with pytest.raises(ConfigError, match=r"path must be a \.png file in a directory that exists"):
        save(image, tmp_path / name)
    assert not list(tmp_path.iterdir())


# --- commands --------------------------------------------------------------------------------------------------------


RED, LARGE, BLACK = "red.png", "large.png", "black.png"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for name, image in ((RED, square("red")), (LARGE, square(255, "L", 128)), (BLACK, square(0, "L"))):
        image.save(folder / name)
    return folder


@pytest.fixture
def command(monkeypatch, tiny_folder, tmp_path):
    """Run a command in an empty directory, with the tiny parts instead of the miniature."""
    monkeypatch.setattr("models.miniature.FOLDER", tiny_folder)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: parser.main([str(argument) for argument in (*arguments, "--device", "cpu")])


def test_an_image_and_its_states_are_written_and_made_again(command, tmp_path, capsys):
    options = ("--g", 3, "--steps", 5, "--dim", 64, "--save-int", 2, "--sampler", "euler")
    assert command("image", "a dog wearing hat", "--out", "dog.png", *options) == 0
    out = capsys.readouterr().out
    assert "miniature in " in out and "seed = " in out and "wrote dog.png, safety checker: absent" in out
    names = ["dog-t0200.png", "dog-t0600.png", "dog-t1000.png", "dog.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert command("remake", "dog.png", "--out", "again.png") == 0
    assert "wrote again.png" in capsys.readouterr().out
    assert same(Image.open("dog.png"), Image.open("again.png"))
    assert parameters("dog.png") == parameters("again.png")


def test_an_edited_image_is_made_again_if_its_images_are_given(command, tmp_path, capsys):
    square("red").save("init.png")
    square(255, "L").save("mask.bmp")
    edit = ("--init", "init.png", "--strength", 0.5, "--mask", "mask.bmp", "--negative", "a dog wearing hat")
    assert command("image", "a dog", "--out", "dog.png", "--g", 3, "--steps", 4, "--seed", 0, *edit) == 0
    assert command("remake", "dog.png", "--out", "again.png", "--init", "init.png", "--mask", "mask.bmp") == 0
    assert same(Image.open("dog.png"), Image.open("again.png")) and parameters("dog.png") == parameters("again.png")
    capsys.readouterr()
    os.remove("init.png")
    assert command("remake", "dog.png", "--out", "third.png", "--init", "init.png", "--mask", "mask.bmp") == 2
    assert "ConfigError: init must be the file of an image, got 'init.png'" in capsys.readouterr().err
    assert command("remake", "dog.png", "--out", "third.png") == 2
    err = capsys.readouterr().err
    assert re.match("ConfigError: init must be the image with the sha256 [0-9a-f]{64}, got none; find it", err)
    assert not (tmp_path / "third.png").exists()


def test_a_width_and_a_height_are_given_as_in_64x96(command, capsys):
    assert command("image", "a dog", "--out", "dog.png", "--dim", "64x96", "--steps", 2, "--seed", 0) == 0
    assert Image.open("dog.png").size == (64, 96) and parameters("dog.png")["dim"] == [64, 96]
    assert command("remake", "dog.png", "--out", "again.png") == 0
    assert same(Image.open("dog.png"), Image.open("again.png"))


@pytest.mark.parametrize("dim", ["64x", "x64", "64x96x8", "64×96", "a", "1e3", "64 x 96", "٦٤"])
def test_what_is_no_size_is_one_line(command, tmp_path, capsys, dim):
    with pytest.raises(SystemExit, match="2"):
        command("image", "a dog", "--out", "dog.png", "--dim", dim)
    err = capsys.readouterr().err
    assert f"argument --dim: must be a side or WIDTHxHEIGHT, as 512 or 512x768, got {dim!r}" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["dog.png", "dog-t1000.png"])
def test_a_full_disk_names_the_image_and_leaves_no_part(command, tmp_path, monkeypatch, capsys, name):
    fill_disk(monkeypatch, name)
    assert command("image", "a dog", "--out", "dog.png", "--steps", 2, "--save-int", 1) == 2
    err = capsys.readouterr().err
    assert f"SaveError: {name} was not written: No space left on device" in err
    assert not [path for path in tmp_path.iterdir() if path.name == name or path.name.startswith(".")]


def test_an_image_of_a_local_folder_needs_the_folder(command, tiny_folder, capsys):
    assert command("image", "a dog", "--out", "dog.png", "--steps", 2, "--seed", 0, "--model", tiny_folder) == 0
    assert command("remake", "dog.png", "--out", "again.png") == 2
    assert "model must be given, the file was made by 'tiny', a local folder" in capsys.readouterr().err
    assert command("remake", "dog.png", "--out", "again.png", "--model", tiny_folder) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--steps", 0), "ConfigError: steps must be"),
        (("--g", "nan"), "ConfigError: g must be"),
        (("--seed", -1), "ConfigError: seed must be"),
        (("--dim", 513), "ConfigError: dim must be"),
        (("--dim", "64x513"), "ConfigError: dim must be"),
        (("--model", "none"), "ConfigError: model must be"),
        (("--model", "CompVis/stable-diffusion-v1-4"), "WeightsUnavailable: CompVis/stable-diffusion-v1-4 at commit"),
        (("--out", "nowhere/dog.png"), "ConfigError: out must be"),
        (("--out", "dog.jpg"), "ConfigError: out must be"),
        (("--strength", 0.5), "ConfigError: strength must come with an init"),
        (("--strength", 0, "--init", RED), "ConfigError: strength must be a finite number in (0, 1], got 0"),
        (("--strength", 2, "--init", RED), "ConfigError: strength must be a finite number in (0, 1], got 2"),
        (("--strength", "nan", "--init", RED), "ConfigError: strength must be a finite number in (0, 1], got nan"),
        (("--strength", 0.4, "--init", RED), "ConfigError: strength must leave a step to take, got 0.4 of 2 steps"),
        (("--init", "nothing.png"), "ConfigError: init must be the file of an image, got 'nothing.png'"),
        (("--init", __file__), "ConfigError: init must be the file of an image, got"),
        (
            ("--init", RED, "--dim", 72),
            "ConfigError: init must have 72 x 72 pixels as the image to make",
        ),
        (("--mask", RED), "ConfigError: mask must come with an init"),
        (
            ("--mask", "nothing.png", "--init", RED),
            "ConfigError: mask must be the file of an image",
        ),
        (("--mask", LARGE, "--init", RED), "ConfigError: mask must have 64 x 64 pixels as the image to make"),
        (("--mask", BLACK, "--init", RED), "ConfigError: mask must have a white pixel"),
        (("--negative", "a hat", "--g", 1), "ConfigError: negative must come with a g above 1, got g = 1"),
        (("--negative", "a" * 10_001), "ConfigError: negative must have at most 10000 characters"),
    ],
)
def test_bad_arguments_are_one_line_and_write_nothing(
    command, images, tmp_path, monkeypatch, capsys, arguments, message
):
    arguments = [images / each if each in (RED, LARGE, BLACK) else each for each in arguments]
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path.parent / "empty"))
    assert command("image", "a dog", "--out", "dog.png", "--steps", 2, *arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(message) and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_texts_name_exactly_what_exists(capsys):
    from diffusion_lib.cli import images as commands
    from diffusion_lib.stable_diffusion import parts

    args = parser.parser().parse_args(["image", "a dog", "--out", "dog.png"])
    assert {"g": args.g, "steps": args.steps, "save_int": args.save_int, "sampler": args.sampler} == {
        name: generate.__kwdefaults__[name] for name in ("g", "steps", "save_int", "sampler")
    }
    assert args.seed is None and args.dim is None and args.dtype == load.__kwdefaults__["dtype"]
    with pytest.raises(SystemExit):
        parser.main(["image", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert f"{', '.join(SAMPLERS)}; each also with -karras" in text
    assert set(NAMES) == {*SAMPLERS, *(f"{name}-karras" for name in SAMPLERS)}
    assert set(parts.DTYPES) == {"float32", "float16", "bfloat16", "float64"}
    assert next(iter(weights.PUBLISHED)) in commands.MODELS and "torch" in sys.modules
