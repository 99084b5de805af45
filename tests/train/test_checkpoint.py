"""Checkpoints: what is saved comes back bit for bit, and nothing else comes back at all (faults 57 to 78)."""

from __future__ import annotations

import copy
import errno
import json
import os
import pickle
import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from root import ROOT
from torch import nn

from diffusion_lib.errors import (
    CheckpointCorrupt,
    CheckpointError,
    CheckpointMismatch,
    CheckpointSaveError,
    CheckpointUntrusted,
    ConfigError,
    NonFiniteError,
)
from diffusion_lib.process.schedule import linear
from diffusion_lib.runtime import fingerprint
from diffusion_lib.train import checkpoint, manifest
from diffusion_lib.train.loop import TrainConfig, TrainState, train

SCHEDULE = linear(10)
TRAIN = TrainConfig(steps=40, batch_size=4, lr=1e-2)
CONFIG = {"schedule": SCHEDULE.config, "model": {"kind": "tiny"}, "train": TRAIN.to_dict()}
DATA = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))


class Tiny(nn.Module):
    def __init__(self, width=3, tied=False):
        super().__init__()
        self.register_buffer("frequency", torch.linspace(1, 2, 2))
        self.inner, self.outer = nn.Linear(2, width), nn.Linear(width, 2)
        if tied:
            self.outer.weight = self.inner.weight

    def forward(self, x_t, t):
        return self.outer(torch.sin(self.inner(x_t * self.frequency) + t[:, None]))


def new_state(seed=0, **options):
    torch.manual_seed(seed)
    return TrainState.create(Tiny(**options), TRAIN)


def advance(state, steps):
    records = train(state, DATA, SCHEDULE, TRAIN)
    return [next(records) for _ in range(steps)]


def snapshot(state):
    """Every number of a state; the same function that a checkpoint uses is not trusted here."""
    numbers = {f"p {k}": v for k, v in state.model.state_dict().items()} | {f"e {k}": v for k, v in state.ema.items()}
    for i, moments in enumerate(state.optimizer.state.values()):
        numbers |= {f"o {i} {key}": value for key, value in moments.items()}
    numbers |= {"g": state.generator.get_state(), "step": torch.tensor(state.step)}
    return {name: value.clone() for name, value in numbers.items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def names(directory):
    return sorted(path.name for path in directory.iterdir() if not path.name.startswith("lock"))


def pair(step):
    return [f"step-{step:09d}.json", f"step-{step:09d}.safetensors"]


@pytest.fixture
def saved(tmp_path):
    """A directory with checkpoints of steps 3 and 5, and the state at step 5."""
    state = new_state()
    advance(state, 3)
    checkpoint.save(tmp_path, state, CONFIG)
    advance(state, 2)
    checkpoint.save(tmp_path, state, CONFIG)
    return tmp_path, state


def payload_of(directory, step=5):
    return manifest.path_of(directory, step, "safetensors")


def manifest_of(directory, step=5):
    return manifest.path_of(directory, step, "json")


def forge(directory, tensors=None, content=None, **changes):
    """Rewrite step 5 with consistent checksums, as an attacker or another version of the library could."""
    record = json.loads(manifest_of(directory).read_text())
    del record["manifest_sha256"]
    if tensors is not None:
        content = safetensors.torch.save(tensors)
        record["tensors"] = manifest.layout(tensors)
    if content is not None:
        payload_of(directory).write_bytes(content)
        record |= {"bytes": len(content), "sha256": fingerprint.sha256_of(content)}
    record |= changes
    record["manifest_sha256"] = fingerprint.sha256_of(fingerprint.canonical(record))
    manifest_of(directory).write_text(json.dumps(record))


def refuse(directory, exception, match=None, state=None, config=CONFIG):
    """Loading raises, and leaves every number of the state as it was."""
    state = state or new_state(seed=9)
    before = snapshot(state)
    with pytest.raises(exception, match=match) as caught:
        checkpoint.load_latest(directory, state, config)
    assert same(before, snapshot(state))
    return str(caught.value)


# --- what comes back -------------------------------------------------------------------------------------------------


def test_load_restores_every_number(saved):
    directory, state = saved
    other = new_state(seed=1)
    assert not same(snapshot(state), snapshot(other))
    assert checkpoint.load_latest(directory, other, CONFIG) == 5
    assert same(snapshot(state), snapshot(other))


def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(saved):
    directory, state = saved
    resumed = new_state(seed=1)
    checkpoint.load_latest(directory, resumed, CONFIG)
    assert advance(resumed, 20) == advance(state, 20)  # losses, learning rates, gradient norms
    assert same(snapshot(state), snapshot(resumed))  # parameters, EMA, moments, generator


def test_a_state_at_step_0_can_be_saved_and_resumed(tmp_path):
    state, other = new_state(), new_state(seed=1)
    checkpoint.save(tmp_path, state, CONFIG)
    assert checkpoint.load_latest(tmp_path, other, CONFIG) == 0
    assert advance(state, 3) == advance(other, 3)


def test_the_raw_weights_are_saved_and_not_the_average(saved):
    directory, state = saved
    state.ema_model()  # as an evaluation in the middle of training does
    _, tensors = checkpoint.read_latest(directory)
    for name, parameter in state.model.named_parameters():
        assert torch.equal(tensors[f"model/{name}"], parameter)
        assert torch.equal(tensors[f"ema/{name}"], state.ema[name])
        assert not torch.equal(parameter, state.ema[name])


def test_tied_weights_come_back_tied(tmp_path):
    state, other = new_state(tied=True, width=2), new_state(seed=1, tied=True, width=2)
    advance(state, 3)
    checkpoint.save(tmp_path, state, CONFIG)
    checkpoint.load_latest(tmp_path, other, CONFIG)
    assert same(snapshot(state), snapshot(other)) and other.model.outer.weight is other.model.inner.weight


def test_the_manifest_describes_the_payload(saved):
    directory, _ = saved
    record, tensors = checkpoint.read_latest(directory)
    assert record["step"] == 5 and record["format"] == 2 and record["library"]
    assert record["config"] == CONFIG and record["bytes"] == payload_of(directory).stat().st_size
    assert record["tensors"]["model/inner.weight"] == "float32 (3, 2)" and record["tensors"].keys() == tensors.keys()


def test_the_last_two_checkpoints_are_kept(saved):
    directory, state = saved
    assert checkpoint.list_checkpoints(directory) == [3, 5]
    advance(state, 1)
    checkpoint.save(directory, state, CONFIG)
    assert names(directory) == [*pair(5), *pair(6)]


def test_latest_is_by_step_not_by_clock_or_text(tmp_path):
    state = new_state()
    for steps in (9, 1):
        advance(state, steps)
        checkpoint.save(tmp_path, state, CONFIG)
    for path in map(Path.joinpath, [tmp_path] * 2, pair(9)):
        os.utime(path, (2**31, 2**31))
    assert checkpoint.load_latest(tmp_path, new_state(), CONFIG) == 10


def test_load_then_save_to_the_same_path(saved):
    directory, _ = saved
    before = payload_of(directory).read_bytes()
    state = new_state(seed=1)
    checkpoint.load_latest(directory, state, CONFIG)
    checkpoint.save(directory, state, CONFIG)
    assert payload_of(directory).read_bytes() == before
    assert checkpoint.load_latest(directory, new_state(), CONFIG) == 5


# --- damage ----------------------------------------------------------------------------------------------------------


def test_truncated_at_every_length(saved):
    directory, _ = saved
    path = payload_of(directory)
    size = path.stat().st_size
    for length in reversed(range(size)):
        os.truncate(path, length)
        with pytest.raises(CheckpointCorrupt):
            checkpoint.read_latest(directory)
    os.truncate(path, 100)
    message = refuse(directory, CheckpointCorrupt)
    assert path.name in message and f"the {size} bytes" in message and "got 100 bytes" in message
    assert "step 3 is older and complete" in message  # and following the advice works:
    manifest_of(directory).unlink()
    assert checkpoint.load_latest(directory, new_state(), CONFIG) == 3


def test_truncated_manifest(saved):
    directory, _ = saved
    for length in reversed(range(manifest_of(directory).stat().st_size)):
        os.truncate(manifest_of(directory), length)
        with pytest.raises(CheckpointCorrupt, match="remove"):
            checkpoint.read_latest(directory)


@pytest.mark.parametrize("junk", [b"\0", b"\n", b"{}", b"x" * 4096])
def test_trailing_junk(saved, junk):
    directory, _ = saved
    with open(payload_of(directory), "ab") as file:
        file.write(junk)
    refuse(directory, CheckpointCorrupt, "bytes that its manifest describes")


def flip_every_bit(directory, path, start=0, stop=None):
    """One after the other, in place: each must be found."""
    data = path.read_bytes()
    with open(path, "r+b", buffering=0) as file:
        for position in range(start, len(data) if stop is None else stop):
            for bit in range(8):
                os.pwrite(file.fileno(), bytes([data[position] ^ (1 << bit)]), position)
                with pytest.raises(CheckpointError):
                    checkpoint.read_latest(directory)
            os.pwrite(file.fileno(), data[position : position + 1], position)
    checkpoint.read_latest(directory)  # whole again


def header_length(directory):
    return 8 + int.from_bytes(payload_of(directory).read_bytes()[:8], "little")


def test_every_flipped_bit_in_the_data(saved):
    directory, _ = saved
    flip_every_bit(directory, payload_of(directory), start=header_length(directory))


def test_every_flipped_bit_in_the_header(saved):
    directory, _ = saved
    flip_every_bit(directory, payload_of(directory), stop=header_length(directory))


def test_every_flipped_bit_in_the_manifest(saved):
    directory, _ = saved
    flip_every_bit(directory, manifest_of(directory))


FOREIGN = {
    "empty": (b"", "it is empty"),
    "html": (b"<!DOCTYPE html><title>404</title>", "looks like HTML"),
    "pickle": (pickle.dumps({"a": 1}), "looks like a pickle"),
    "zip": (b"PK\x03\x04....", "pickle in a zip"),
    "numpy": (b"\x93NUMPY\x01\x00", "NumPy"),
}


@pytest.mark.parametrize(("content", "match"), FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("forged", [False, True], ids=["renamed", "with-matching-manifest"])
def test_a_file_of_another_kind(saved, content, match, forged):
    directory, _ = saved
    if forged:
        forge(directory, content=content)
    else:
        payload_of(directory).write_bytes(content)
    refuse(directory, CheckpointCorrupt, match)


class Bomb:
    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


def malicious(kind, path, canary):
    if kind == ".npy":
        np.save(path, np.array([Bomb(canary)], dtype=object), allow_pickle=True)
    elif kind == ".pt":
        torch.save({"a": Bomb(canary)}, path)
    else:
        path.write_bytes(pickle.dumps(Bomb(canary)))


@pytest.mark.parametrize("kind", [".pt", ".ckpt", ".npy", ".safetensors"])
def test_a_malicious_pickle_does_not_run(saved, tmp_path, kind):
    directory, _ = saved
    canary, path = tmp_path / "canary", tmp_path / f"model{kind}"
    malicious(kind, path, canary)
    refuse(path, CheckpointUntrusted, "could run code")
    forge(directory, content=path.read_bytes())
    refuse(directory, CheckpointCorrupt, "pickle")
    assert not canary.exists()


def test_the_library_never_unpickles():
    sources = [Path(module.__file__).read_text() for module in (checkpoint, manifest)]
    assert not re.search(r"(?<!safetensors\.)torch\.load|import pickle|np\.load|allow_pickle", "\n".join(sources))


def test_declared_shape_of_2_to_the_40(saved):
    directory, _ = saved
    header = b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'
    forge(directory, content=len(header).to_bytes(8, "little") + header)
    refuse(directory, CheckpointCorrupt, "not a safetensors file")


def test_a_missing_payload(saved):
    directory, _ = saved
    payload_of(directory).unlink()
    refuse(directory, CheckpointCorrupt, "is missing")


# --- another run, model, version -------------------------------------------------------------------------------------


def tampered(change):
    def rewrite(directory):
        _, tensors = checkpoint.read_latest(directory)
        change(tensors)
        forge(directory, tensors)

    return rewrite


def replace(name, value):
    return tampered(lambda tensors: tensors.update({name: value}))


MISMATCHES = {
    "shape": (replace("ema/inner.bias", torch.zeros(4)), r"ema/inner.bias is 'float32 \(4,\)'"),
    "dtype": (replace("ema/inner.bias", torch.zeros(3).half()), "float16"),
    "extra": (replace("ema/other", torch.zeros(3)), "ema/other is 'float32"),
    "missing": (tampered(lambda tensors: tensors.pop("ema/inner.bias")), "inner.bias is None in the checkpoint"),
    "generator-missing": (tampered(lambda tensors: tensors.pop("generator")), "generator is None"),
}


@pytest.mark.parametrize(("rewrite", "match"), MISMATCHES.values(), ids=MISMATCHES)
def test_other_tensors(saved, rewrite, match):
    directory, _ = saved
    rewrite(directory)
    refuse(directory, CheckpointMismatch, match)


def test_another_width_lists_five_differences_and_the_count(saved):
    directory, _ = saved
    message = refuse(directory, CheckpointMismatch, state=new_state(width=4))
    assert message.count(" in the checkpoint and ") == 5 and "and 3 more" in message


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        pytest.param("schedule", "T", 11, id="T"),
        pytest.param("schedule", "name", "cosine", id="schedule"),
        pytest.param("train", "lr", 2e-2, id="lr"),
        pytest.param("model", "prediction", "v", id="prediction"),
    ],
)
def test_another_configuration(saved, section, key, value):
    directory, _ = saved
    config = copy.deepcopy(CONFIG)
    config[section][key] = value
    message = refuse(directory, CheckpointMismatch, f"config {section} {key}", config=config)
    assert repr(value) in message


def test_the_configuration_hash_is_that_of_the_configuration(saved):
    record = json.loads(manifest_of(saved[0]).read_text())
    assert record["config_sha256"] == fingerprint.sha256_of(fingerprint.canonical(CONFIG))


@pytest.mark.parametrize(
    "version",
    [manifest.FORMAT + 1, manifest.FORMAT - 1, str(manifest.FORMAT), None],
    ids=["newer", "older", "text", "none"],
)
def test_another_format_version(saved, version):
    directory, _ = saved
    forge(directory, format=version, library="2.3.4")
    refuse(directory, CheckpointMismatch, r"written by diffusion_lib 2\.3\.4 .* this is 0\.")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["model/inner.weight", "ema/outer.bias", "adamw/exp_avg_sq"])
def test_nan_inside_a_checkpoint(saved, name, value):
    directory, _ = saved

    def poison(tensors):
        tensors[name].view(-1)[1] = value

    tampered(poison)(directory)
    refuse(directory, NonFiniteError, f"{name} must be finite")


def test_a_generator_state_that_is_none(saved):
    directory, _ = saved
    replace("generator", torch.full((5056,), 255, dtype=torch.uint8))(directory)
    refuse(directory, CheckpointCorrupt, "generator")


@pytest.mark.parametrize(
    "name",
    [
        "../secret.safetensors",
        "/etc/passwd",
        "step-000000003.safetensors",
        "sub/step-000000005.safetensors",
        "",
        None,
        5,
    ],
)
def test_the_manifest_may_not_point_elsewhere(saved, name):
    directory, _ = saved
    forge(directory, payload=name)
    refuse(directory, CheckpointUntrusted, "payload beside it")


@pytest.mark.parametrize("which", [payload_of, manifest_of], ids=["payload", "manifest"])
def test_links_are_not_followed(saved, which):
    directory, _ = saved
    path = which(directory)
    moved = path.rename(directory / "elsewhere")
    path.symlink_to(moved)
    refuse(directory, CheckpointUntrusted, "regular file")


def test_the_step_in_the_name_is_that_in_the_manifest(saved):
    directory, _ = saved
    forge(directory, step=7)
    refuse(directory, CheckpointCorrupt, "the step in its name")


def test_no_checkpoint_at_all(tmp_path):
    refuse(tmp_path, CheckpointError, "must hold a checkpoint")
    refuse(tmp_path / "absent", CheckpointError, "existing directory")


# --- saving that fails -----------------------------------------------------------------------------------------------


def fail(directory, state, exception=CheckpointSaveError, match="was not saved"):
    """Saving raises; the directory holds what it held, nothing temporary, and its latest checkpoint loads."""
    before = names(directory)
    with pytest.raises(exception, match=match) as caught:
        checkpoint.save(directory, state, CONFIG)
    assert names(directory) == before
    assert checkpoint.load_latest(directory, new_state(seed=2), CONFIG) == 5
    return str(caught.value)


@pytest.mark.parametrize("calls", range(4))
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO], ids=["disk-full", "quota", "disk-error"])
def test_fsync_fails(saved, monkeypatch, code, calls):
    """A file system may find out at fsync that it cannot keep what it accepted: for each of the calls in turn."""
    directory, state = saved
    advance(state, 1)
    count, fsync = iter(range(99)), os.fsync

    def failing(descriptor):
        if next(count) == calls:
            raise OSError(code, os.strerror(code))
        return fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        before = names(directory)
        with pytest.raises(CheckpointSaveError, match=rf"{os.strerror(code)}.* bytes needed, \d+ free"):
            checkpoint.save(directory, state, CONFIG)
    assert names(directory) == before
    checkpoint.save(directory, state, CONFIG)  # and later, with space again
    assert checkpoint.load_latest(directory, new_state(), CONFIG) == 6


@pytest.mark.parametrize("limit", [0, 100, 5000])
def test_file_size_limit(saved, limit):
    """RLIMIT_FSIZE is the quota that needs no root: write fails with EFBIG, since Python ignores SIGXFSZ."""
    directory, state = saved
    advance(state, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        message = fail(directory, state)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "File too large" in message and "step 5 is intact" in message


def test_a_directory_that_cannot_be_written(saved, monkeypatch):
    """chmod 555 does not bind root, so the refusal is also injected."""
    directory, state = saved
    advance(state, 1)
    if os.geteuid() != 0:
        directory.chmod(0o555)

    def refused(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "open", refused, raising=False)
        before = names(directory)
        with pytest.raises(CheckpointSaveError, match="Permission denied"):
            checkpoint.save(directory, state, CONFIG)
    directory.chmod(0o755)
    assert names(directory) == before and checkpoint.load_latest(directory, new_state(), CONFIG) == 5


def test_what_a_killed_holder_left_cannot_be_removed(saved, monkeypatch):
    directory, state = saved
    advance(state, 1)
    (directory / "step-000000009.json.tmp").touch()

    def refused(path, missing_ok=False):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(CheckpointSaveError, match=r"Permission denied.*step-000000009"):
        checkpoint.save(directory, state, CONFIG)


def test_a_missing_directory_is_not_created(tmp_path):
    with pytest.raises(CheckpointSaveError, match="existing directory"):
        checkpoint.save(tmp_path / "absent", new_state(), CONFIG)
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("which", ["parameters", "ema", "moments"])
def test_a_state_that_is_not_finite_is_not_saved(saved, which):
    directory, state = saved
    advance(state, 1)
    tensors = {
        "parameters": state.model.inner.weight.data,
        "ema": state.ema["inner.weight"],
        "moments": state.optimizer.state[state.parameters]["exp_avg"],
    }
    last = tuple(size - 1 for size in tensors[which].shape)
    tensors[which][last] = torch.nan
    fail(directory, state, NonFiniteError, rf"must be finite, got nan at index {re.escape(str(last))}")


def test_a_checkpoint_of_another_run_is_not_overwritten(saved):
    directory, _ = saved
    other = new_state(seed=3)
    advance(other, 4)
    fail(directory, other, match="holds step 5 of another run")
    advance(other, 1)
    fail(directory, other, match="holds step 5 of another run")


def test_configuration_must_be_json(tmp_path):
    for value in (float("nan"), {1, 2}, torch.zeros(2)):
        with pytest.raises(ConfigError, match="JSON"):
            checkpoint.save(tmp_path, new_state(), {"train": value})
    assert names(tmp_path) == []


# --- crashes and other processes -------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for a kill: nothing may handle it."""


@pytest.mark.parametrize("operation", range(6))
def test_a_crash_before_each_operation_leaves_the_earlier_checkpoint(saved, monkeypatch, operation):
    """Two files: fsync, fsync, rename, sync, rename, sync; only after the second rename is there a new checkpoint."""
    directory, state = saved
    advance(state, 1)
    count = iter(range(99))

    def crashing(function):
        def wrapped(*args):
            if next(count) == operation:
                raise Killed
            return function(*args)

        return wrapped

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", crashing(os.fsync))
        patch.setattr(os, "replace", crashing(os.replace))
        with pytest.raises(Killed):
            checkpoint.save(directory, state, CONFIG)
    expected = 6 if operation == 5 else 5
    assert checkpoint.load_latest(directory, new_state(), CONFIG) == expected
    with checkpoint.lock(directory):  # the next start removes what the crash left
        assert names(directory) == [name for step in checkpoint.list_checkpoints(directory) for name in pair(step)]
    checkpoint.save(directory, state, CONFIG)
    assert checkpoint.load_latest(directory, new_state(), CONFIG) == 6


def test_a_payload_without_its_manifest_does_not_count(saved):
    directory, _ = saved
    manifest_of(directory).unlink()
    assert checkpoint.load_latest(directory, new_state(), CONFIG) == 3


HOLD = """
import sys
from diffusion_lib.runtime import fingerprint
from diffusion_lib.train import manifest
with manifest.lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_and_told_which_one_is_first(saved):
    directory, state = saved
    advance(state, 1)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(directory)], cwd=ROOT, **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        fail(directory, state, CheckpointError, f"in use by process {holder.pid}")  # reading is allowed
        holder.kill()
        holder.wait()
    checkpoint.save(directory, state, CONFIG)  # a killed holder's lock is free


def test_the_lock_is_reentrant_and_released(tmp_path):
    with checkpoint.lock(tmp_path):
        checkpoint.save(tmp_path, new_state(), CONFIG)
        assert (tmp_path / "lock.pid").read_text() == str(os.getpid())
    with checkpoint.lock(tmp_path):
        pass
