"""The weights in the package: they are what their card says, and paint as well as it says."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import re
import shutil

import pytest
import safetensors.torch
import torch
from scipy.stats import binom, norm

from diffusion_lib.errors import CheckpointCorrupt
from diffusion_lib.latent import parts, pipeline, weights
from diffusion_lib.latent.codec import psnr
from diffusion_lib.latent.prompt import tokenize
from diffusion_lib.latent.small import fidelity, forms, networks, recogniser, world
from diffusion_lib.runtime import fingerprint

FOLDER = networks.FOLDER
ARTICLE, DOG = "a dog wearing hat", forms.FORMS.index("dog")
PICTURES, CARRIED = 8, 160  # of each line; 50 steps for one take a third of a second
FAR = norm.sf(4)  # what lies more than four standard errors below


@pytest.fixture(scope="module")
def ours():
    return parts.load("miniature", device="cpu")


@pytest.fixture(scope="module")
def theirs():
    from diffusers import StableDiffusionPipeline

    return StableDiffusionPipeline.from_pretrained(FOLDER, use_safetensors=True, local_files_only=True)


@pytest.fixture(scope="module")
def text():
    return (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows():
    return fingerprint.read_record(FOLDER / "fidelity.json")["rows"]


def row_of(rows, of, line):
    """What was measured of a line; of fresh pictures, at the default setting."""
    (found,) = [row for row in rows if (row["of"], row["line"]) == (of, line)]
    return found


# --- the files -------------------------------------------------------------------------------------------------------


def test_the_record_tells_what_made_them_and_holds():
    made = fingerprint.read_record(FOLDER / weights.RECORD)["made_from"]
    assert made["unet"]["seed"] == 1 and f"{made['pictures']:,} pictures" in (FOLDER / "README.md").read_text()
    assert fingerprint.read_record(FOLDER / "fidelity.json")["made_from"]["weights"] == weights.fingerprint(FOLDER)


@pytest.mark.parametrize("name", ["unet/diffusion_pytorch_model.safetensors", "vae/config.json", "record.json"])
@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_a_damaged_folder_is_not_loaded(tmp_path, monkeypatch, name, damage):
    """One bit of a weight would load without a word, and a picture would be of another network."""
    folder = shutil.copytree(FOLDER, tmp_path / "miniature")
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(bytes(data) if damage == "flipped" else bytes(data[: len(data) // 2]))
    for model in (folder, "miniature"):
        monkeypatch.setattr(weights, "MINIATURE", folder)
        with pytest.raises(CheckpointCorrupt, match=name):
            parts.load(model, device="cpu")


def test_they_are_whole_small_and_half_precision():
    assert weights.missing(FOLDER) == []
    files = sorted(FOLDER.rglob("*.safetensors"))
    assert sum(file.stat().st_size for file in files) <= 25 * 10**6
    kinds = {tensor.dtype for file in files for tensor in safetensors.torch.load_file(file).values()}
    assert kinds <= {torch.float16, torch.int64}
    assert all(tensor.isfinite().all() for file in files for tensor in safetensors.torch.load_file(file).values())


def test_this_library_and_diffusers_load_the_same(ours, theirs):
    assert type(theirs).__name__ == "StableDiffusionPipeline"
    for name in ("text_encoder", "vae", "unet"):
        here, there = (getattr(each, name).state_dict() for each in (ours, theirs))
        assert here.keys() == there.keys() and all(torch.equal(here[key], there[key]) for key in here)
    torch.testing.assert_close(ours.schedule.alpha_bar[1:].float(), theirs.scheduler.alphas_cumprod)
    ids = tokenize(ours.tokenizer, ARTICLE).ids
    assert ids[0, :6].tolist() == [49406, 320, 1929, 3309, 3801, 49407]
    assert torch.equal(ids, theirs.tokenizer(ARTICLE, padding="max_length", return_tensors="pt").input_ids)
    assert (ours.factor, ours.dim, ours.latent_shape()) == (8, 64, (4, 8, 8))
    (picture,) = pipeline.generate(ours, ARTICLE, seed=0, steps=2)
    assert picture.image.size == (64, 64) and picture.parameters["model"] == "miniature"


def test_the_hashes_are_those_of_the_card(text):
    said = {name: (size, value) for name, size, value in re.findall(r"\| `(\S+)` \| ([\d,]+) \| `(\w{64})` \|", text)}
    files = {file.relative_to(FOLDER).as_posix(): file.read_bytes() for file in FOLDER.rglob("*.safetensors")}
    assert said == {name: (f"{len(data):,}", hashlib.sha256(data).hexdigest()) for name, data in files.items()}


def test_the_card_prints_what_was_measured(text, rows):
    table = r"(?m)^\| (\w+) \| ([\w ]+) \| ([\d.]+) ± ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$"
    said = {(line, what): [float(number) for number in numbers] for line, what, *numbers in re.findall(table, text)}
    measured = {}
    for row in (row for row in rows if row["of"] == "fresh"):
        found = [row_of(rows, of, row["line"]) for of in ("fresh", "recogniser", "autoencoder")]
        shares = [each["clean"] | each["right"] | {"both ears": each.get("ears", {}).get("both")} for each in found]
        ears = {"both ears": row["ears"]["n"]} if "ears" in row else {}
        for what in [*row["right"], "clean", "right and clean", "unknown", *ears]:
            p, n = shares[0][what], ears.get(what, row["n"])
            measured[row["line"], what] = [
                100 * x for x in (p, (p * (1 - p) / n) ** 0.5, *(s[what] for s in shares[1:]))
            ]
    assert said.keys() == measured.keys() and {line for line, _ in said} == set(fidelity.LINES)
    for place, numbers in said.items():
        assert numbers == pytest.approx(measured[place], abs=0.051), place
    decibels = dict((line, float(number)) for number, line in re.findall(r"([\d.]+) dB \((\w+)\)", text))
    expected = {line: row_of(rows, "autoencoder", line)["right"]["psnr"] for line in fidelity.LINES}
    assert decibels == pytest.approx(expected, abs=0.051)
    assert f"of {row_of(rows, 'fresh', 'single')['n']} fresh ones a line" in text


def test_the_card_prints_the_other_settings(text, rows):
    table = r"(?m)^\| (\w+) \| (\w+) \| (\d+) \| ([\d.]+) \| ([\d.]+) ± [\d.]+ \| ([\d.]+) ± [\d.]+ \|$"
    said = {tuple(row[:4]): [float(x) for x in row[4:]] for row in re.findall(table, text)}
    tried = [row for row in rows if row["of"] == "trial" and "trained" not in row]
    measured = {
        (row["line"], row["sampler"], str(row["steps"]), f"{row['g']:g}"): [
            100 * list(row["right"].values())[-1], 100 * row["clean"]["clean"]
        ]
        for row in tried
    }  # fmt: skip
    assert said.keys() == measured.keys()
    assert all(said[key] == pytest.approx(measured[key], abs=0.051) for key in said)


def test_the_default_setting_is_that_of_the_card(rows):
    """The g of the command is the one of most right and clean trial pictures."""
    assert pipeline.OWN_G["miniature"] == fidelity.best(rows)
    usual = pipeline.OWN_G["miniature"], pipeline.SAMPLER, pipeline.STEPS
    assert {(row["g"], row["sampler"], row["steps"]) for row in rows if row["of"] == "fresh"} == {usual}


def test_a_large_g_is_right_with_the_default_sampler_and_not_with_the_articles(rows):
    for kind in world.KINDS:
        by = {
            row["sampler"]: list(row["right"].values())[-1]
            for row in rows
            if (row["of"], row["line"], row.get("g")) == ("trial", kind, pipeline.USUAL_G)
        }
        assert by["ddim"] >= 0.95 > by["lms"] + 0.2, kind


# --- what they can ---------------------------------------------------------------------------------------------------


def unlikely(loaded, row, count=PICTURES):
    """What fewer fresh pictures have right than a share like that of ``row`` would let happen, once in 30,000 times.

    The scenes depend on how many are drawn, so these are others than those of the card.
    """
    scenes = fidelity.asked(row["line"], count)
    texts = fidelity.captions(row["line"], scenes)
    painted = torch.cat(list(fidelity.paint(loaded, texts, row["g"], seed=3_000_000)))
    scores = recogniser.score(scenes, recogniser.read(painted))
    shares = {what: min(p, 1 - 1 / row["n"]) for what, p in row["right"].items()}
    return {what: (int(yes.sum()), shares[what]) for what, yes in scores.items()
            if binom.cdf(int(yes.sum()), count, shares[what]) < FAR}  # fmt: skip


@pytest.mark.parametrize("line", fidelity.LINES)
def test_fresh_pictures_are_as_often_right_as_the_card_says(ours, rows, line):
    assert unlikely(ours, row_of(rows, "fresh", line)) == {}


def test_that_would_see_a_permuted_cross_attention(ours, rows):
    unet = copy.deepcopy(ours.unet)
    for name, module in unet.named_modules():
        if name.endswith("attn2"):
            for layer in (module.to_k, module.to_v):
                layer.weight.data = layer.weight.data.roll(1, 1)
    assert unlikely(dataclasses.replace(ours, unet=unet), row_of(rows, "fresh", "single") | {"g": 1.0}, 5)


def test_the_autoencoder_returns_fresh_pictures_as_the_card_says(ours, rows):
    row = row_of(rows, "autoencoder", "single")
    pictures = world.render(fidelity.asked("single", row["n"])[:CARRIED])
    assert float(psnr(pictures, fidelity.carried(ours, pictures))) == pytest.approx(row["right"]["psnr"], abs=0.3)


def test_the_articles_prompt_is_a_dog_with_a_hat(ours):
    """At the default setting, from eight seeds."""
    drawn = pipeline.generate(ours, [ARTICLE] * 8, seed=0)
    assert {picture.parameters["g"] for picture in drawn} == {2.0}
    seen = recogniser.read(torch.stack([as_tensor(picture.image) for picture in drawn]))
    assert int(((seen.form[:, 0] == DOG) & (seen.hat[:, 0] >= 0)).sum()) > 4


def as_tensor(image):
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return pixels.view(64, 64, 3).permute(2, 0, 1) / 127.5 - 1
