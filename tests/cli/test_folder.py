"""``train --data FOLDER`` and ``sample``: the user's own images, from the files to a sheet of samples."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from runs import log_of

from diffusion_lib.cli import commands as cli
from diffusion_lib.cli import parser
from diffusion_lib.data import ImageFolder
from diffusion_lib.networks import UNet
from diffusion_lib.process.registry import make_schedule
from diffusion_lib.train.config import TrainConfig
from diffusion_lib.train.loop import TrainState
from diffusion_lib.train.loop import train as steps_of

QUICK = ("--T", 20, "--batch-size", 2, "--device", "cpu")


def command(*arguments):
    try:
        return parser.main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return stop.code


def train(folder, out, *arguments, steps=2):
    return command("train", "--data", folder, "--out", out, "--steps", steps, *QUICK, *arguments)


def images(folder, *shape, n=4):
    folder.mkdir(parents=True)
    for i in range(n):
        array = np.random.default_rng(i).integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(array).save(folder / f"{i}.png")
    return folder


def test_colour_images_in_classes_are_trained_on_sampled_and_resumed(tmp_path, capsys):
    for name in ("cats", "dogs"):
        images(tmp_path / "pets" / name, 16, 16, 3)
    assert train(tmp_path / "pets", tmp_path / "run", steps=4) == 0
    out = capsys.readouterr().out
    assert out.startswith("8 images of 3 × 16 × 16, labels 0 cats, 1 dogs\n")
    state, schedule, shape = cli.restore(tmp_path / "run")
    assert shape == [3, 16, 16] and state.model.classes == 2
    for out in ("x.png", "x.safetensors"):
        arguments = ("--n", 5, "--steps", 2, "--label", 1, "--g", 2, "--device", "cpu")
        assert command("sample", "--from", tmp_path / "run", "--out", tmp_path / out, *arguments) == 0
    samples = safetensors.torch.load_file(tmp_path / "x.safetensors")["x_0"]
    sheet = Image.open(tmp_path / "x.png")
    assert samples.shape == (5, 3, 16, 16) and sheet.format == "PNG" and sheet.mode == "RGB"
    assert sheet.size == (4 * (3 * 17 - 1), 4 * (2 * 17 - 1))
    first = np.array(sheet)[: 4 * 16 : 4, : 4 * 16 : 4].transpose(2, 0, 1)
    assert np.array_equal(first, np.round((samples[0].clamp(-1, 1).double().numpy() + 1) * 127.5).astype(np.uint8))
    # the whole run is the stopped one, and the library's own loop draws the same
    assert train(tmp_path / "pets", tmp_path / "parts", "--lr-decay", "none", steps=2) == 0
    assert train(tmp_path / "pets", tmp_path / "parts", "--lr-decay", "none", "--resume", steps=4) == 0
    assert train(tmp_path / "pets", tmp_path / "whole", "--lr-decay", "none", steps=4) == 0
    name = "step-000000004.safetensors"
    assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    torch.manual_seed(0)
    schedule, data = make_schedule("linear", 20), ImageFolder(tmp_path / "pets")
    network = UNet(3, 40, 20, schedule.alpha_bar, classes=2)
    config = TrainConfig(4, batch_size=2, lr_decay="none")
    losses = [record.loss for record in steps_of(TrainState.create(network, config), data, schedule, config)]
    assert [record["loss"] for record in log_of(tmp_path / "whole")] == losses


def test_greyscale_images_without_classes(tmp_path, capsys):
    folder = images(tmp_path / "grey", 32, 24)
    assert train(folder, tmp_path / "run", steps=1) == 0
    assert capsys.readouterr().out.startswith("4 images of 1 × 32 × 24\n")
    state, _, shape = cli.restore(tmp_path / "run")
    assert shape == [1, 32, 24] and state.model.config["patch"] == 2
    assert command("sample", "--from", tmp_path / "run", "--out", tmp_path / "x.png", "--n", 1, "--device", "cpu") == 0
    assert Image.open(tmp_path / "x.png").size == (4 * 24, 4 * 32)


def test_a_run_knows_its_images_by_their_content_and_not_by_their_place(tmp_path, capsys):
    folder = images(tmp_path / "a", 8, 8)
    assert train(folder, tmp_path / "run", "--lr-decay", "none") == 0
    folder.rename(tmp_path / "b")
    assert train(tmp_path / "b", tmp_path / "run", "--lr-decay", "none", "--resume", steps=3) == 0
    images(tmp_path / "b" / "more", 8, 8)
    (tmp_path / "b" / "more" / "0.png").rename(tmp_path / "b" / "9.png")
    for path in (tmp_path / "b" / "more").iterdir():
        path.unlink()
    assert train(tmp_path / "b", tmp_path / "run", "--lr-decay", "none", "--resume", steps=4) == 2
    assert "data sha256 is" in capsys.readouterr().err


def test_images_of_any_size_are_resized_on_request(tmp_path):
    images(tmp_path / "a" / "x", 40, 30, 3), images(tmp_path / "a" / "y", 31, 50, 3)
    assert train(tmp_path / "a", tmp_path / "run", "--size", 16, steps=1) == 0
    assert cli.restore(tmp_path / "run")[2] == [3, 16, 16]


REFUSED = {
    "sizes": ((8, 8), (), "images in {} must have one size, got"),
    "sides": ((18, 16), (), "sides that are multiples of 4 for the U-Net, got 16 × 18; add --size 16"),
    "size-of-points": (
        None,
        ("--data", "ring", "--size", 8),
        "size must come with a folder of images, got 8 with ring",
    ),
    "size-0": ((8, 8), ("--size", 0), "size must be an integer in 1..512"),
    "no-folder": (None, ("--data", "rings"), "or a folder of images, got 'rings'; did you mean 'ring'?"),
    "no-images": (None, (), "{} must hold images"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trained_on_is_refused_before_a_directory_exists(tmp_path, capsys, name):
    shape, arguments, message = REFUSED[name]
    folder = tmp_path / "data"
    folder.mkdir() if shape is None else images(folder, *shape)
    if name == "sizes":
        Image.new("L", (12, 8)).save(folder / "z.png")
    assert train(folder, tmp_path / "run", *arguments) == 2
    out, err = capsys.readouterr()
    assert message.format(folder) in err and err.count("\n") == 1 and out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
