"""Records: what a result was made from, every flipped bit, every cut; and files that are whole or not there."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from diffusion_lib import __version__
from diffusion_lib.errors import (
    CheckpointCorrupt,
    CheckpointMismatch,
    CheckpointUntrusted,
    ConfigError,
    DiffusionLibError,
    SaveError,
)
from diffusion_lib.runtime import files, fingerprint

MADE = {"data": "ring", "n": 500, "shares": [0.5, 1], "library": "0.1.0"}
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def record(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.bin").write_bytes(bytes(range(100)))
    (tmp_path / "sub" / "b.bin").write_bytes(b"b")
    return fingerprint.write_record(tmp_path / "r.json", MADE, ["a.bin", "sub/b.bin"], rows=[{"z": 1, "a": 2.5}])


def test_a_record_is_read_as_it_was_written(record):
    found = fingerprint.read_record(record, MADE)
    assert found["rows"] == [{"z": 1, "a": 2.5}] and list(found["rows"][0]) == ["z", "a"] and found["made_from"] == MADE
    assert found == fingerprint.read_record(record)


def test_every_flipped_bit_and_every_cut_of_a_record_is_noticed(record):
    """Of blanks between the entries nothing depends, and of how a number is spelled; what is read must be the same."""
    data, whole = record.read_bytes(), fingerprint.read_record(record)
    noticed = 0
    for at in range(len(data)):
        for bit in range(8):
            record.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
            try:
                assert fingerprint.read_record(record) == whole
            except (CheckpointCorrupt, CheckpointUntrusted):
                noticed += 1
    assert noticed > 6 * len(data)
    for length in range(len(data) - 1):  # the last byte is the end of the line
        record.write_bytes(data[:length])
        with pytest.raises(CheckpointCorrupt):
            fingerprint.read_record(record)


@pytest.mark.parametrize("name", ["a.bin", "sub/b.bin"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "longer", "gone", "folder"])
def test_a_damaged_file_of_a_record_is_noticed(record, name, damage):
    path = record.parent / name
    data = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "gone":
        path.write_bytes({"flipped": bytes([data[0] ^ 1]) + data[1:], "cut": data[:-1], "longer": data + b"x"}[damage])
    with pytest.raises(CheckpointCorrupt, match=f"{path} (is missing|must have the sha256)"):
        fingerprint.read_record(record, MADE)
    assert fingerprint.read_record(record, MADE, verify=False)["rows"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (MADE | {"n": 400}, "n is 500 in the record and 400 here"),
        (MADE | {"shares": [0.5, 2]}, r"shares is \[0.5, 1\] in the record and \[0.5, 2\] here"),
        (MADE | {"more": 1}, "more is None in the record and 1 here"),
        ({}, "data is 'ring' in the record and None here"),
    ],
)
def test_a_record_of_something_else_is_refused(record, other, message):
    with pytest.raises(CheckpointMismatch, match=message):
        fingerprint.read_record(record, other)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/../../secret"])
def test_a_record_names_files_beside_it_only(record, name):
    content = json.loads(record.read_text())
    del content["sha256"]
    content["files"] = {name: "0" * 64}
    record.write_text(json.dumps(content | {"sha256": fingerprint.sha256_of(content)}))
    with pytest.raises(CheckpointUntrusted, match="must name files beside it"):
        fingerprint.read_record(record)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"1", b"null", b"{}", b'{"sha256": 1, "files": []}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_record_is_corrupt(tmp_path, content):
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(CheckpointCorrupt):
        fingerprint.read_record(tmp_path / "r.json")


def test_a_record_that_is_missing_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        fingerprint.read_record(tmp_path / "r.json")


@given(PLAIN, PLAIN)
@settings(max_examples=200)
def test_equal_values_have_equal_fingerprints_and_others_differ(one, other):
    assert (fingerprint.sha256_of(one) == fingerprint.sha256_of(other)) == (
        fingerprint.canonical(one) == fingerprint.canonical(other)
    )
    assert fingerprint.sha256_of(json.loads(fingerprint.canonical(one))) == fingerprint.sha256_of(one)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), [1j]])
def test_what_json_cannot_hold_has_no_fingerprint(value):
    with pytest.raises(ConfigError, match="config must hold only what JSON can"):
        fingerprint.sha256_of(value)
    with pytest.raises(ConfigError, match="must not be named sha256"):
        fingerprint.write_record("r.json", {}, sha256=1)


def test_the_library_is_its_version_and_its_files(tmp_path, monkeypatch):
    name = fingerprint.library()
    assert name == fingerprint.library() and name.startswith(f"{__version__}+") and len(name) == len(__version__) + 13
    copy = tmp_path / "diffusion_lib" / "runtime" / "fingerprint.py"
    (copy.parent / "__pycache__").mkdir(parents=True)
    copy.write_text("x = 1")
    (tmp_path / "models").mkdir()
    monkeypatch.setattr(fingerprint, "__file__", str(copy))
    names = [fingerprint.library()]
    for path, text in (
        (copy, "x = 2"),
        (copy.with_name("weights.bin"), ""),
        (tmp_path / "models" / "weights.bin", "1"),
    ):
        path.write_text(text)
        names.append(fingerprint.library())
    (copy.parent / "__pycache__" / "x.pyc").touch()
    (copy.parent / ".x.swp").touch()
    (tmp_path / "other.py").touch()
    assert len(set(names)) == 4 and fingerprint.library() == names[-1]


# --- files that are whole or not there -------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_write_that_fails_names_the_file_and_leaves_nothing(tmp_path, monkeypatch, step):
    path = files.write(tmp_path / "x.txt", "old")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    if step == "open":
        monkeypatch.setattr("builtins.open", full)
    else:
        monkeypatch.setattr(os, step, full)
    with pytest.raises(
        SaveError, match=r"x.txt was not written: No space left on device; 3 bytes needed, \d+ free there"
    ):
        files.write(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old" and [entry.name for entry in tmp_path.iterdir()] == ["x.txt"]
    assert issubclass(SaveError, (DiffusionLibError, OSError))


def test_a_limit_on_the_size_of_files(tmp_path):
    code = (
        "import resource, signal\nfrom pathlib import Path\nfrom diffusion_lib.runtime import files\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "files.write('a', 'x' * 900)\n"
        "try:\n    files.write('a', 'y' * 2000)\nexcept files.SaveError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "a was not written: File too large; 2000 bytes needed" in done.stdout and resource.RLIMIT_FSIZE
    assert (tmp_path / "a").read_text() == "x" * 900 and [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("path", ["/sys/x.png", "/nowhere/x.png", "", ".", "x.jpg", "x"])
def test_a_target_is_tried_before_the_work(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ConfigError, match=r"^out must be (a \.png file in a directory that exists|in a directory that can)"
    ):
        files.target("out", path, (".png",))
    assert files.target("out", "x.png", (".png",)).name == "x.png" and not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["/sys/x/y", "", "file", "file/below", "a" * 300])
def test_a_folder_is_tried_before_the_work(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises((ConfigError, OSError), match=r"^out must be |File name too long"):
        files.folder("out", path)
    assert files.folder("out", "new/deep") == tmp_path / "new" / "deep"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_what_is_kept_is_of_the_same_making_or_made_anew(tmp_path, capsys):
    path = tmp_path / "result.json"
    assert fingerprint.read_kept(path, {"seed": 1}) is None and capsys.readouterr().err == ""
    fingerprint.write_record(path, {"seed": 1}, rows=[2, 3])
    assert fingerprint.read_kept(path, {"seed": 1})["rows"] == [2, 3] and capsys.readouterr().err == ""
    assert fingerprint.read_kept(path, {"seed": 4}) is None
    assert f"{path} is made again: {path} must be of this run, got seed is 1" in capsys.readouterr().err
    path.write_text("{")
    assert fingerprint.read_kept(path, {"seed": 1}) is None and "is made again" in capsys.readouterr().err


def test_settings_that_both_have_come_before_those_of_one_and_before_lists():
    found = {"alpha_bar": [1.0, 0.9], "beta_end": None, "name": "cosine", "steps": 20}
    here = {"alpha_bar": [1.0, 0.8], "beta_end": 0.02, "name": "linear", "steps": 20}
    told = fingerprint.describe_differences(found, here, "the checkpoint")
    assert [part.split(" is ")[0] for part in told.split("; ")] == ["name", "beta_end", "alpha_bar"]
