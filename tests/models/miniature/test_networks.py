"""The miniature's parts: CLIP's own vocabulary, the compact table, and the folder that the pipeline loads."""

from __future__ import annotations

import hashlib
import json

import pytest
import safetensors.torch
import torch
from diffusers import StableDiffusionPipeline

from models.miniature.data import language, synthetic
from models.miniature.training import networks

MEGABYTE = 10**6


@pytest.fixture(scope="module")
def words():
    return networks.tokenizer()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    return networks.write(tmp_path_factory.mktemp("miniature") / "folder", networks.parts())


# --- the vocabulary --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ids"),  # as CLIP and Stable Diffusion have them
    [
        ("a dog wearing hat", [49406, 320, 1929, 3309, 3801, 49407, 49407, 49407]),
        ("a photo of a cat", [49406, 320, 1125, 539, 320, 2368, 49407, 49407]),
        ("", [49406, 49407, 49407, 49407, 49407, 49407, 49407, 49407]),
    ],
)
def test_the_vocabulary_is_clips(words, text, ids):
    found = words(text, padding="max_length").input_ids
    assert len(found) == 77
    assert found[:8] == ids


def test_long_texts_are_cut_to_77_and_any_text_has_ids(words):
    long = words("red circle " * 60, padding="max_length", truncation=True).input_ids
    assert (len(long), long[0], long[-1]) == (77, networks.START, networks.END)
    strange = words("寿司 🎩 \u0000 naïve <|endoftext|>").input_ids
    assert all(0 <= token <= networks.END for token in strange)


def test_the_vocabularys_files_are_those_that_the_notice_describes():
    merges = (networks.VOCABULARY / "merges.txt").read_text(encoding="utf-8").splitlines()
    table = json.loads((networks.VOCABULARY / "vocab.json").read_text(encoding="utf-8"))
    assert (merges[0], len(merges)) == ("#version: 0.2", 1 + 48_894)
    assert sorted(table.values()) == list(range(49_408))
    for number in (0, 1000, 48_893):
        assert table[merges[1 + number].replace(" ", "")] == 512 + number


def test_the_tokens_of_captions_are_the_live_ones(words):
    """All that captions use and no other, in whichever words and order they are written."""
    live, generator = networks.live_tokens(words), torch.Generator().manual_seed(0)
    scenes = synthetic.sample_scenes(8000, generator)
    captions = language.captions(scenes, generator) + language.describe(scenes)
    used = {token for ids in words(captions).input_ids for token in ids}
    assert used == set(live) == {token for ids in words(language.vocabulary()).input_ids for token in ids}
    assert live == sorted(live) and live[-2:] == [networks.START, networks.END]


def test_a_word_is_one_token_but_for_two(words):
    """So that a position of the text is a word."""
    pieces = {word: words.convert_ids_to_tokens(words(word).input_ids[1:-1]) for word in language.vocabulary()}
    assert {word for word, parts in pieces.items() if len(parts) > 1} == {"disks", "triangles"}
    assert all("".join(parts).removesuffix("</w>") == word for word, parts in pieces.items())


# --- the compact table -----------------------------------------------------------------------------------------------


def test_the_full_text_encoder_says_what_the_compact_one_does(words):
    torch.manual_seed(1)
    live = networks.live_tokens(words)
    small = networks.text_encoder(len(live)).eval()
    full = networks.scatter(small, live)
    ids = words(["a dog wearing hat", "a red ring above an orange star"], padding="max_length", return_tensors="pt")
    compact = torch.tensor([[live.index(token) for token in row] for row in ids.input_ids.tolist()])
    with torch.no_grad():
        here, there = small(compact), full(ids.input_ids)
    torch.testing.assert_close(here.last_hidden_state, there.last_hidden_state, atol=1e-5, rtol=0)
    torch.testing.assert_close(here.pooler_output, there.pooler_output, atol=1e-5, rtol=0)


def test_unknown_words_have_no_embedding(words):
    live = networks.live_tokens(words)
    full = networks.scatter(networks.text_encoder(len(live)), live)
    table = full.get_input_embeddings().weight
    known = table.abs().sum(1) > 0
    assert known.nonzero()[:, 0].tolist() == live


# --- the folder ------------------------------------------------------------------------------------------------------


def test_the_pipeline_loads_the_folder_and_paints(folder):
    pipeline = StableDiffusionPipeline.from_pretrained(folder, use_safetensors=True, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    parts = (pipeline.vae, pipeline.text_encoder, pipeline.unet)
    assert {type(part).__name__ for part in parts} == {"AutoencoderKL", "CLIPTextModel", "UNet2DConditionModel"}
    assert {parameter.dtype for part in parts for parameter in part.parameters()} == {torch.float32}
    assert type(pipeline.tokenizer).__name__.startswith("CLIPTokenizer")
    schedule = pipeline.scheduler.config
    assert (schedule.beta_start, schedule.beta_end, schedule.beta_schedule) == (0.00085, 0.012, "scaled_linear")
    assert (schedule.num_train_timesteps, schedule.prediction_type) == (1000, "epsilon")
    image = pipeline("a dog wearing hat", num_inference_steps=2, output_type="pt").images
    assert image.shape == (1, 3, synthetic.SIZE, synthetic.SIZE)
    assert image.isfinite().all()


def test_the_weights_are_float16_and_small(folder):
    files = sorted(folder.rglob("*.safetensors"))
    assert [file.parent.name for file in files] == ["text_encoder", "unet", "vae"]
    for file in files:
        assert {tensor.dtype for tensor in safetensors.torch.load_file(file).values()} <= {torch.float16, torch.int64}
    assert sum(file.stat().st_size for file in files) <= 25 * MEGABYTE


def test_the_folder_has_the_vocabularys_own_files(folder):
    names = {file.name for file in (folder / "tokenizer").iterdir()}
    assert names == {"vocab.json", "merges.txt", "tokenizer_config.json", "NOTICE"}
    for name in names:
        own, copied = ((path / name).read_bytes() for path in (networks.VOCABULARY, folder / "tokenizer"))
        assert hashlib.sha256(own).digest() == hashlib.sha256(copied).digest()


def test_writing_leaves_the_networks_as_they_were(tmp_path):
    torch.manual_seed(2)
    made = networks.parts()
    before = made.unet.conv_in.weight.detach().clone()
    networks.write(tmp_path / "folder", made)
    assert made.unet.conv_in.weight.dtype == torch.float32
    torch.testing.assert_close(made.unet.conv_in.weight, before.half().float(), atol=0, rtol=0)


def test_the_shapes_on_the_way():
    torch.manual_seed(3)
    made = networks.parts(words=50)
    x = torch.zeros(2, 3, 128, 128)
    posterior = made.vae.encode(x).latent_dist
    assert posterior.mean.shape == (2, 8, 8, 8)
    torch.testing.assert_close(posterior.logvar, torch.full((2, 8, 8, 8), -6.0))
    context = made.text_encoder(torch.full((2, 77), 49)).last_hidden_state
    assert context.shape == (2, 77, 64)
    assert made.unet(posterior.mean, torch.tensor([0, 999]), context).sample.shape == (2, 8, 8, 8)
