"""Loading: one name for all parts, what a folder must hold, and the published model without, and with, a network."""

from __future__ import annotations

import ast
import hashlib
import http.server
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest
import safetensors.torch
import tiny_parts
import torch
from root import ROOT

from diffusion_lib.errors import (
    CheckpointCorrupt,
    CheckpointMismatch,
    CheckpointUntrusted,
    ConfigError,
    WeightsUnavailable,
)
from diffusion_lib.process.schedule import scaled_linear
from diffusion_lib.stable_diffusion import parts, weights
from diffusion_lib.stable_diffusion.prompt import embed, tokenize

SD = "CompVis/stable-diffusion-v1-4"
COMMIT = weights.PUBLISHED[SD]
UNET, TEXT, VAE = (f"{name}/{weights.WEIGHTS[name]}" for name in ("unet", "text_encoder", "vae"))


@pytest.fixture
def folder(tiny_folder, tmp_path):
    """A copy of the tiny folder, to be damaged."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "copy"))


def load(folder, **options):
    return parts.load(folder, device="cpu", **options)


# --- a folder --------------------------------------------------------------------------------------------------------


def test_all_parts_come_from_one_name(folder):
    loaded = load(folder)
    assert (loaded.model, loaded.revision, loaded.folder) == ("copy", "", folder)
    assert loaded.factor == 8 and loaded.dim == 64 and loaded.latent_shape(128) == (4, 16, 16)
    assert torch.equal(loaded.schedule.beta, scaled_linear(1000, 0.00085, 0.012).beta)
    assert str(loaded) == f"copy in {folder}, float32 on cpu, with no safety checker"
    for network in (loaded.text_encoder, loaded.vae, loaded.unet):
        assert not network.training and not any(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize("dtype", parts.DTYPES)
def test_one_dtype_for_all_networks(folder, dtype):
    loaded = load(folder, dtype=dtype)
    for network in (loaded.text_encoder, loaded.vae, loaded.unet):
        assert {weight.dtype for weight in network.parameters()} == {parts.DTYPES[dtype]}


def test_numbers_in_half_precision_are_loaded_in_the_dtype_that_is_asked_for(folder):
    """One library honours the dtype of the file, the other does not: a folder of float16 must load in float32."""
    for file in (UNET, TEXT, VAE):
        tensors = {name: x.half() for name, x in safetensors.torch.load_file(folder / file).items()}
        safetensors.torch.save_file(tensors, folder / file, metadata={"format": "pt"})
    change(folder / "text_encoder" / "config.json", dtype="float16")
    loaded = load(folder)
    for network in (loaded.text_encoder, loaded.vae, loaded.unet):
        assert {weight.dtype for weight in network.parameters()} == {torch.float32}


def test_sliced_parts_say_the_same(folder):
    plain, sliced = load(folder), load(folder, sliced=True)
    x, t, text = torch.randn(3, 4, 8, 8), torch.tensor([5, 5, 5]), torch.randn(3, 77, 16)
    torch.testing.assert_close(
        *(each.unet(x, t, encoder_hidden_states=text).sample for each in (plain, sliced)), rtol=1e-4, atol=1e-5
    )
    assert sliced.vae.use_slicing and not plain.vae.use_slicing
    types = {type(processor).__name__ for processor in sliced.unet.attn_processors.values()}
    assert types == {"SlicedAttnProcessor"}


def test_the_key_names_of_published_files_are_read(folder, tiny_folder):
    """Stable Diffusion's files have the names of their time: a prefix in the text encoder, other words in the vae."""
    text = safetensors.torch.load_file(folder / TEXT)
    old = {f"text_model.{name.removeprefix('text_model.')}": x for name, x in text.items()}
    old["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    safetensors.torch.save_file(old, folder / TEXT, metadata={"format": "pt"})
    words = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    renamed = {}
    for name, x in safetensors.torch.load_file(folder / VAE).items():
        for new, word in words.items():
            name = name.replace(f".attentions.0.{new}.", f".attentions.0.{word}.")
        renamed[name] = x
    assert any(".query." in name for name in renamed)
    safetensors.torch.save_file(renamed, folder / VAE, metadata={"format": "pt"})
    before, after = load(tiny_folder), load(folder)
    ids = tokenize(before.tokenizer, "a dog").ids
    assert torch.equal(embed(before, ids), embed(after, ids))
    z = torch.randn(1, 4, 8, 8)
    assert torch.equal(before.vae.decode(z).sample, after.vae.decode(z).sample)


def test_a_folder_that_transformers_5_wrote_is_read(folder, tiny_folder):
    """It writes tokenizer.json instead of vocab.json and merges.txt."""
    loaded = load(tiny_folder)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (folder / "tokenizer" / name).unlink()
    loaded.tokenizer.save_pretrained(folder / "tokenizer")
    again = load(folder)
    assert torch.equal(tokenize(again.tokenizer, "a dog, 狗").ids, tokenize(loaded.tokenizer, "a dog, 狗").ids)


def test_a_fingerprint_tells_models_apart_and_not_folders(folder, tiny_folder, tmp_path):
    assert load(folder).fingerprint == load(tiny_folder).fingerprint
    other = tiny_parts.save(tmp_path / "other", seed=1)
    assert load(other).fingerprint != load(folder).fingerprint
    change(folder / "vae" / "config.json", scaling_factor=0.2)
    assert load(folder).fingerprint != load(tiny_folder).fingerprint


def change(path, **settings):
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def remove_tensor(path):
    tensors = safetensors.torch.load_file(path)
    tensors.pop(sorted(tensors)[0])
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})


DAMAGED = {
    "missing": (lambda f: (f / UNET).unlink(), ConfigError, f"without {UNET}"),
    "no-scheduler": (lambda f: shutil.rmtree(f / "scheduler"), ConfigError, "without scheduler/scheduler_config.json"),
    "pickle": (
        lambda f: (f / VAE).rename(f / "vae" / "diffusion_pytorch_model.bin"),
        CheckpointUntrusted,
        "got diffusion_pytorch_model.bin, which could run code if loaded",
    ),
    "truncated": (
        lambda f: (f / UNET).write_bytes((f / UNET).read_bytes()[:-100]),
        CheckpointCorrupt,
        "must hold a UNet2DConditionModel",
    ),
    "html": (lambda f: (f / TEXT).write_text("<html>"), CheckpointCorrupt, "must hold a CLIPTextModel"),
    "tensor-missing-text": (lambda f: remove_tensor(f / TEXT), CheckpointMismatch, "1 are missing or of another"),
    "tensor-missing-unet": (lambda f: remove_tensor(f / UNET), CheckpointMismatch, "1 are missing or of another"),
    "other-shape": (
        lambda f: change(f / "unet" / "config.json", block_out_channels=[8, 32]),
        CheckpointCorrupt,
        "must hold a UNet2DConditionModel",
    ),
    "config-no-json": (lambda f: (f / "vae" / "config.json").write_text("{"), CheckpointCorrupt, "AutoencoderKL"),
    "vocabulary-broken": (
        lambda f: (f / "tokenizer" / "vocab.json").write_text("{}"),
        (CheckpointCorrupt, CheckpointMismatch),
        "CLIP",
    ),
    "vocabulary-absent": (
        lambda f: [(f / "tokenizer" / name).unlink() for name in ("vocab.json", "merges.txt")],
        (CheckpointCorrupt, CheckpointMismatch),
        "CLIP",
    ),
    "schedule-no-json": (
        lambda f: (f / "scheduler" / "scheduler_config.json").write_text("[]"),
        CheckpointCorrupt,
        "must hold the settings of a scheduler",
    ),
    "schedule-unknown": (
        lambda f: change(f / "scheduler" / "scheduler_config.json", beta_schedule="squaredcos_cap_v2"),
        CheckpointMismatch,
        "must be 'linear' or 'scaled_linear', got 'squaredcos_cap_v2'; use a Stable Diffusion 1",
    ),
    "v-prediction": (
        lambda f: change(f / "scheduler" / "scheduler_config.json", prediction_type="v_prediction"),
        CheckpointMismatch,
        "must be 'epsilon', got 'v_prediction'",
    ),
    "beta-above-1": (
        lambda f: change(f / "scheduler" / "scheduler_config.json", beta_end=2),
        CheckpointMismatch,
        "must describe a diffusion: beta_end must be",
    ),
    "lengths-differ": (
        lambda f: change(f / "tokenizer" / "tokenizer_config.json", model_max_length=64),
        CheckpointMismatch,
        "tokenizer's and text_encoder's length must be equal, got 64 and 77",
    ),
}


@pytest.mark.parametrize(("damage", "error", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_folder_that_is_not_whole_is_refused(folder, damage, error, message):
    damage(folder)
    with pytest.raises(error, match=re.escape(message)):
        load(folder)


def test_parts_of_two_models_are_refused(folder, tmp_path):
    wide = tiny_parts.save(tmp_path / "wide", width=32)
    shutil.rmtree(folder / "text_encoder")
    shutil.copytree(wide / "text_encoder", folder / "text_encoder")
    with pytest.raises(CheckpointMismatch, match="cross_attention_dim must be equal, got 32 and 16; take all parts"):
        load(folder)


@pytest.mark.parametrize("model", ["minature", "CompVis/stable-diffusion-v1-3", 5, None, "/nowhere", SD + "@main"])
def test_an_unknown_model_is_refused(model):
    with pytest.raises(ConfigError, match=f"model must be 'miniature', '{SD}', .* or a folder of parts"):
        parts.load(model)


@pytest.mark.parametrize(("name", "value"), [("dtype", "fp16"), ("dtype", None), ("device", "gpu"), ("sliced", 1)])
def test_bad_options_are_refused(tiny_folder, name, value):
    with pytest.raises(ConfigError, match=f"{name} must be"):
        parts.load(tiny_folder, **{"device": "cpu"} | {name: value})


def test_without_the_libraries_the_remedy_is_named(tiny_folder, monkeypatch):
    monkeypatch.setattr(parts.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"latent needs diffusers and transformers, .* run: pip install diffusers"):
        load(tiny_folder)


def test_importing_the_modules_imports_neither_diffusers_nor_transformers():
    names = "parts, autoencoder, prompt, guidance, pipeline, image_file, safety, weights, model_spec"
    code = f"import sys; from diffusion_lib.stable_diffusion import {names}; "
    code += "print({'diffusers', 'transformers', 'huggingface_hub'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_a_gpu_that_does_not_work_leaves_all_parts_on_the_cpu_and_says_so(tiny_folder, monkeypatch):
    from diffusion_lib.runtime import device

    monkeypatch.delenv(device.CHOSEN, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(device, "fault", lambda name: "no kernel image" if name == "cuda" else "")
    with pytest.warns(UserWarning, match=r"cuda does not work here \(no kernel image\); computing on cpu"):
        loaded = parts.load(tiny_folder)
    assert "float32 on cpu" in str(loaded)
    networks = (loaded.text_encoder, loaded.vae, loaded.unet)
    assert {tensor.device.type for network in networks for tensor in network.state_dict().values()} == {"cpu"}
    with pytest.raises(ConfigError, match="got 'cuda': no kernel image; use 'auto'"):
        parts.load(tiny_folder, device="cuda")


# --- the safety checker ----------------------------------------------------------------------------------------------


def test_a_published_safety_checker_is_loaded_and_asked(folder):
    from PIL import Image

    tiny_parts.save_checker(folder)
    images = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    loaded = load(folder)
    assert str(loaded).endswith("with a safety checker") and loaded.checker(images) == [False, False]
    with torch.no_grad():
        loaded.checker.network.concept_embeds_weights.fill_(-2)  # a threshold that every image passes
    assert loaded.checker(images) == [True, True]
    assert images[0].getpixel((0, 0)) == (255, 0, 0)


# --- the published model ---------------------------------------------------------------------------------------------


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache of the hub."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def fill(cache, source):
    """Put a folder into the cache as the hub's client does: files named by their sha256, links to them."""
    home = cache / "models--CompVis--stable-diffusion-v1-4"
    (home / "blobs").mkdir(parents=True)
    for path in source.rglob("*.*"):
        link = home / "snapshots" / COMMIT / path.relative_to(source)
        link.parent.mkdir(parents=True, exist_ok=True)
        blob = home / "blobs" / hashlib.sha256(path.read_bytes()).hexdigest()
        shutil.copy(path, blob)
        link.symlink_to(blob)
    return home / "snapshots" / COMMIT


@pytest.fixture
def no_socket(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)


def test_offline_and_not_cached_says_what_to_do_at_once(cache, no_socket):
    with pytest.raises(WeightsUnavailable) as caught:
        parts.load(SD)
    message = str(caught.value)
    assert f"{SD} at commit {COMMIT} must be in the cache" in message and "OfflineModeIsEnabled" in message
    assert "connect this machine" in message and "model='miniature', another model" in message


def test_the_miniature_does_not_stand_in(monkeypatch, cache, tiny_folder):
    monkeypatch.setattr("models.miniature.FOLDER", tiny_folder)
    with pytest.raises(WeightsUnavailable):
        parts.load(SD)
    loaded = parts.load(device="cpu")
    assert loaded.model == "miniature" and str(loaded).startswith("miniature in ")


def test_a_miniature_that_is_not_there_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr("models.miniature.FOLDER", tmp_path / "miniature")
    with pytest.raises(WeightsUnavailable, match=r"the miniature must be in .* diffusion train-latent"):
        parts.load()


def test_a_complete_cache_needs_no_socket(cache, tiny_folder, no_socket):
    fill(cache, tiny_folder)
    loaded = load(SD)
    assert (loaded.model, loaded.revision, loaded.fingerprint) == (SD, COMMIT, COMMIT)
    assert str(loaded).startswith(f"{SD} at {COMMIT[:12]}, float32 on cpu")


def test_a_cache_with_a_file_missing_is_not_used(cache, tiny_folder):
    (fill(cache, tiny_folder) / TEXT).unlink()
    with pytest.raises(WeightsUnavailable, match="must be in the cache"):
        parts.load(SD)


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + bytes([data[-1] ^ 1])])
def test_a_file_that_differs_from_its_sha256_is_refused(cache, tiny_folder, damage):
    blob = (fill(cache, tiny_folder) / UNET).resolve()
    blob.write_bytes(damage(blob.read_bytes()))
    with pytest.raises(CheckpointCorrupt, match=r"must have the sha256 that is its name, .* delete it, and load"):
        parts.load(SD)


HANG = 300  # seconds: whoever waits for the end of it has hung


class Hub(http.server.BaseHTTPRequestHandler):
    """A hub on this machine that answers every request with ``status``; 0 is no answer."""

    status, wait, requests = 404, threading.Event(), 0

    def do_GET(self):
        type(self).requests += 1
        if not self.status:
            self.wait.wait(HANG)
            return
        self.send_response(self.status)
        code = {401: "RepoNotFound", 403: "GatedRepo", 404: "RevisionNotFound"}.get(self.status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *arguments):
        pass


@pytest.fixture
def hub(monkeypatch, cache):
    """A server instead of the hub; set ``hub.status``."""
    from huggingface_hub import constants

    handler = type("Here", (Hub,), {"wait": threading.Event()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield handler
    handler.wait.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "named"),
    [
        (401, "RepositoryNotFoundError"),
        (403, "GatedRepoError"),
        (404, "RevisionNotFoundError"),
        (429, "HfHubHTTPError"),
        (503, "HfHubHTTPError"),
    ],
)
def test_a_hub_that_refuses_is_quoted_with_the_commit_and_the_alternatives(hub, status, named):
    hub.status = status
    with pytest.raises(WeightsUnavailable) as caught:
        parts.load(SD)
    message = str(caught.value)
    assert named in message and COMMIT in message and "'stable-diffusion-v1-5/stable-diffusion-v1-5'" in message
    assert hub.requests == 1  # nothing is tried again, which would take time


def test_a_hub_that_does_not_answer_is_given_up(hub, monkeypatch):
    assert weights.ANSWER < 10
    monkeypatch.setattr(weights, "ANSWER", 0.5)
    hub.status, start = 0, time.monotonic()
    with pytest.raises(WeightsUnavailable, match=r"Timeout"):
        parts.load(SD)
    assert time.monotonic() - start < HANG


def test_a_resolver_that_hangs_is_given_up(hub, monkeypatch):
    monkeypatch.setattr(weights, "ANSWER", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: hub.wait.wait(HANG))
    start = time.monotonic()
    with pytest.raises(WeightsUnavailable, match=r"no answer within 0\.3 s"):
        parts.load(SD)
    assert time.monotonic() - start < HANG


def test_a_download_has_an_end(monkeypatch, cache):
    import huggingface_hub

    def snapshot_download(local_files_only=False, **options):
        if local_files_only:
            raise huggingface_hub.errors.LocalEntryNotFoundError("not cached")
        time.sleep(20)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **options: None)
    monkeypatch.setattr(weights, "DOWNLOAD", 0.1)
    with pytest.raises(WeightsUnavailable, match=r"no answer within 0\.1 s\); connect .* \(what has arrived is kept\)"):
        parts.load(SD)


def test_what_is_fetched_is_the_pinned_commit_and_no_pickle(monkeypatch, cache, tiny_folder):
    import huggingface_hub

    asked = []

    def snapshot_download(repo_id, revision, allow_patterns, local_files_only=False, max_workers=8):
        asked.append((repo_id, revision, local_files_only))
        assert not any(pattern.endswith((".bin", ".ckpt", ".pt", "*")) for pattern in allow_patterns)
        if local_files_only:
            raise huggingface_hub.errors.LocalEntryNotFoundError("not cached")
        return str(fill(cache, tiny_folder))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(
        huggingface_hub.HfApi, "model_info", lambda self, name, revision, timeout: asked.append(revision)
    )
    assert load(SD).revision == COMMIT
    assert asked == [(SD, COMMIT, True), COMMIT, (SD, COMMIT, False)]


# --- lint ------------------------------------------------------------------------------------------------------------

FETCH = ("snapshot_download", "hf_hub_download", "model_info")
PYTHON = [
    path for folder in ("diffusion_lib", "models", "benchmarks", "booktools") for path in (ROOT / folder).rglob("*.py")
]
SOURCES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PYTHON}


def code_of_chapters():
    """The code cells of each chapter, what only IPython understands left out."""
    from booktools.source.pages import Book

    for page in Book(ROOT).notebooks:
        lines = "\n".join(cell.source for cell in page.code).splitlines()
        yield page.name, "\n".join(line for line in lines if not line.startswith(("%", "!")))


def calls(source):
    """The calls in Python code: the function as it is written, and its named arguments, None where computed."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), {word.arg: getattr(word.value, "value", None) for word in node.keywords}


def moving(function, given):
    """Row 83: something is loaded from a hub by a name that its owner can move, or from wherever it happens to be."""
    name, revision = function.rpartition(".")[2], given.get("revision")
    if isinstance(revision, str) and not re.fullmatch("[0-9a-f]{40}", revision):
        return True
    pinned = given.keys() & {"revision", None}  # None: from a dictionary
    return (name in FETCH and not pinned) or (name == "from_pretrained" and given.get("local_files_only") is not True)


def foreign_code(function, given):
    """Row 84: a file of the model may bring code along."""
    return bool(given.keys() & {"custom_pipeline", "trust_remote_code"})


def pickled(function, given):
    """Row 85: weights may come as a pickle."""
    named = function.endswith(".from_pretrained") and not re.search("Tokenizer|Processor|Scheduler", function)
    return (named and given.get("use_safetensors") is not True) or function in ("torch.load", "pickle.load")


@pytest.fixture(scope="module")
def everything():
    """The calls of the library, the benchmarks, the book's tools and the chapters, by file."""
    return {name: list(calls(source)) for name, source in (SOURCES | dict(code_of_chapters())).items()}


def faults(everything, rule):
    return {(name, call) for name, found in everything.items() for call, given in found if rule(call, given)}


def test_what_is_loaded_cannot_move(everything):
    assert SD in weights.PUBLISHED
    assert all(re.fullmatch("[0-9a-f]{40}", revision) for revision in weights.PUBLISHED.values())
    assert faults(everything, moving) == set()


def test_no_model_brings_code_along(everything):
    """And the floor is the release that closed the ways around ``trust_remote_code=False``."""
    assert faults(everything, foreign_code) == set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (floor,) = (line for line in project["optional-dependencies"]["latent"] if line.startswith("diffusers"))
    assert [int(number) for number in floor.removeprefix("diffusers>=").split(".")] >= [0, 38]


def test_no_weights_come_as_a_pickle(everything):
    assert faults(everything, pickled) == set()


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("Model.from_pretrained(f, local_files_only=True)", {pickled}),
        ("Model.from_pretrained(f, use_safetensors=None, local_files_only=True)", {pickled}),
        ("CLIPTokenizer.from_pretrained(f)", {moving}),
        ("Model.from_pretrained(f, use_safetensors=True, local_files_only=True)", set()),
        ("load(trust_remote_code=False)", {foreign_code}),
        ("DiffusionPipeline.x(custom_pipeline='y')", {foreign_code}),
        ("snapshot_download(name, revision='main')", {moving}),
        ("hub.snapshot_download(name)", {moving}),
        ("snapshot_download(name, revision=commit)", set()),
        ("snapshot_download(**where)", set()),
        (f"snapshot_download(name, revision='{COMMIT}')", set()),
        (f"snapshot_download(name, revision='{COMMIT[:12]}')", {moving}),
        ("torch.load(path, weights_only=True)", {pickled}),
        ("safetensors.torch.load_file(path)", set()),
    ],
)
def test_the_lint_finds_what_it_looks_for(source, rules):
    ((function, given),) = calls(source)
    assert {rule for rule in (moving, foreign_code, pickled) if rule(function, given)} == rules
