r"""A payload of tensors and its manifest, as two files that are either both there and whole, or do not count.

``step-000000123.safetensors`` holds the tensors; ``step-000000123.json`` holds the rest: step, configuration, names and
shapes, size and sha256 of the payload, and a sha256 of itself.  Both are written to temporary files in the same
directory, brought to the disk with fsync, and renamed, the manifest last.  A rename is atomic, so a process killed at
any moment leaves all earlier pairs whole, and at most some files that the next holder of the lock removes.
Reading trusts nothing: checksums find every flipped bit, no name may lead out of the directory, no format runs code.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import filelock
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from .. import __version__
from ..errors import CheckpointCorrupt, CheckpointError, CheckpointMismatch, CheckpointSaveError, CheckpointUntrusted
from ..runtime import fingerprint
from ..runtime.device import dtype_name

FORMAT = 2
KEEP = 2  # pairs that remain after a write: the latest, and one more in case the latest is damaged later
NAME = re.compile(r"step-([0-9]{9})\.(json|safetensors)(\.tmp)?")
PICKLE_SUFFIXES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".npy", ".npz")
SIGNATURES = {  # how files begin that are sometimes found under the wrong name
    b"<": "it looks like HTML",
    b"\x80": "it looks like a pickle",
    b"PK": "it looks like a pickle in a zip archive",
    b"\x93NUMPY": "it looks like a NumPy array, which may hold a pickle",
}


def list_checkpoints(directory: str | Path) -> list[int]:
    """Return the steps of the complete checkpoints, those that have a manifest, in increasing order."""
    names = map(NAME.fullmatch, os.listdir(check_directory(directory)))
    return sorted(int(name[1]) for name in names if name and name[0].endswith(".json"))


def path_of(directory: Path, step: int, suffix: str) -> Path:
    """Return the path of the manifest (``"json"``) or of the payload (``"safetensors"``) of a step."""
    return directory / f"step-{step:09d}.{suffix}"


def check_directory(directory: str | Path, exception: type[CheckpointError] = CheckpointError) -> Path:
    """Return an existing directory as a path; a pickled model in its place is ``CheckpointUntrusted``, never loaded."""
    path = Path(directory)
    if path.is_dir():
        return path
    if path.is_file():
        with open(path, "rb") as file:
            looks = _looks_like(file.read(8))
        if path.suffix in PICKLE_SUFFIXES or "pickle" in looks:
            raise CheckpointUntrusted(f"a checkpoint must be a directory, got {path}, which could run code if loaded")
    raise exception(f"a checkpoint must be in an existing directory, got {path}; create it, or correct the path")


def layout(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Return dtype and shape of each tensor, as text: ``float32 (128, 2)``."""
    return {name: f"{dtype_name(x.dtype)} {tuple(x.shape)}" for name, x in sorted(tensors.items())}


@contextmanager
def lock(directory: str | Path) -> Iterator[None]:
    """Hold the only right to write to ``directory``, and remove what a killed holder left incomplete.

    Raises ``CheckpointError`` at once if another process holds it, and names that.  Re-entrant within a process; the
    operating system frees the lock of a process that ends in any way.
    """
    directory = check_directory(directory, CheckpointSaveError)
    holder = directory / "lock.pid"  # not the lock file, which a contender may truncate in older versions of filelock
    held = filelock.FileLock(directory.resolve() / "lock", timeout=0, is_singleton=True)
    try:
        held.acquire()
    except filelock.Timeout as error:
        pid = (holder.read_text() if holder.exists() else "") or "unknown"
        raise CheckpointError(f"{directory} is in use by process {pid}; wait for it, or use another one") from error
    except OSError as error:
        raise CheckpointSaveError(f"directory must be writable, got {error}; use another one") from error
    try:
        if held.lock_counter == 1:
            with suppress(OSError):  # a full disk is for the write that needs it to report
                holder.write_text(str(os.getpid()))
            remove_incomplete(directory)
        yield
    finally:
        held.release()


def write(directory: Path, step: int, tensors: Mapping[str, Tensor], config: Mapping[str, Any]) -> Path:
    """Write a pair and return its manifest's path; keep the last ``KEEP``.  Raises what ``checkpoint.save`` states."""
    directory = check_directory(directory, CheckpointSaveError)
    payload = safetensors.torch.save(dict(tensors))
    manifest = _manifest(step, payload, tensors, config)
    with lock(directory):
        steps = list_checkpoints(directory)
        _check_later(directory, steps, manifest)
        try:
            _write_pair(directory, step, payload, json.dumps(manifest, indent=1).encode())
        except OSError as error:
            if step not in steps:
                path_of(directory, step, "json").unlink(missing_ok=True)
            remove_incomplete(directory)
            what = f"{len(payload)} bytes needed, {shutil.disk_usage(directory).free} free in {directory}"
            kept = f"step {steps[-1]} is intact" if steps else "there is no earlier checkpoint"
            raise CheckpointSaveError(f"step {step} was not saved: {error}; {what}; {kept}") from error
        for old in list_checkpoints(directory)[:-KEEP]:
            with suppress(OSError):  # the manifest first: a payload alone does not count
                path_of(directory, old, "json").unlink()
                path_of(directory, old, "safetensors").unlink()
    return path_of(directory, step, "json")


def read(directory: Path, step: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return manifest and tensors of a step, verified; raises what ``checkpoint.read_latest`` states."""
    manifest = _read_manifest(directory, step)
    return manifest, _read_payload(directory, manifest)


def remove_incomplete(directory: Path) -> None:
    """Remove temporary files, and payloads that never got their manifest; call it under the lock."""
    for name in filter(NAME.fullmatch, os.listdir(directory)):
        path = directory / name
        if path.suffix == ".tmp" or (path.suffix == ".safetensors" and not path.with_suffix(".json").exists()):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise CheckpointSaveError(f"directory must be writable, got {error}; use another one") from error


def _manifest(step: int, payload: bytes, tensors: Mapping[str, Tensor], config: Mapping[str, Any]) -> dict[str, Any]:
    manifest = {
        "format": FORMAT,
        "library": __version__,
        "step": step,
        "payload": path_of(Path(), step, "safetensors").name,
        "bytes": len(payload),
        "sha256": fingerprint.sha256_of(payload),
        "config": json.loads(fingerprint.canonical(config)),
        "config_sha256": fingerprint.sha256_of(config),
        "tensors": layout(tensors),
    }
    return manifest | {"manifest_sha256": fingerprint.sha256_of(manifest)}


def _check_later(directory: Path, steps: list[int], manifest: dict[str, Any]) -> None:
    """Refuse to write before or over a checkpoint of another run; writing the same one again is harmless."""
    step, latest, keys = manifest["step"], steps[-1] if steps else -1, ("sha256", "config_sha256")
    if step < latest or (step == latest and any(_read_manifest(directory, step)[k] != manifest[k] for k in keys)):
        what = f"{directory} holds step {latest} of another run"
        raise CheckpointSaveError(f"step {step} was not saved: {what}; resume that one, or use another directory")


def _write_pair(directory: Path, step: int, payload: bytes, manifest: bytes) -> None:
    """All that needs space comes first; the rename of the manifest, which makes the pair count, comes last."""
    pairs = [(path_of(directory, step, "safetensors"), payload), (path_of(directory, step, "json"), manifest)]
    for path, data in pairs:
        with open(f"{path}.tmp", "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    for path, _ in pairs:
        os.replace(f"{path}.tmp", path)
        _sync_directory(directory)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        regular = stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError as error:
        raise CheckpointCorrupt(f"{path} is missing") from error
    if not regular:
        raise CheckpointUntrusted(f"{path} must be a regular file, got a link or another kind; copy the file itself")
    return path.read_bytes()


def _read_manifest(directory: Path, step: int) -> dict[str, Any]:
    path = path_of(directory, step, "json")
    data = _read(path)
    try:
        manifest = json.loads(data)
        version = manifest["format"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise CheckpointCorrupt(f"{path} ({len(data)} bytes) is not a manifest: {error!r}") from error
    if version != FORMAT:
        by = f"written by diffusion_lib {manifest.get('library')} in format {version!r}"
        raise CheckpointMismatch(f"{path} is {by}, this is {__version__} with format {FORMAT}; use that version")
    claimed = manifest.pop("manifest_sha256", None)
    if claimed != fingerprint.sha256_of(manifest) or manifest.get("step") != step:
        raise CheckpointCorrupt(f"{path} ({len(data)} bytes) differs from its sha256, or from the step in its name")
    if (payload := manifest.get("payload")) != path_of(Path(), step, "safetensors").name:
        raise CheckpointUntrusted(f"{path} must name the payload beside it, got {payload!r}; discard it")
    return manifest


def _read_payload(directory: Path, manifest: dict[str, Any]) -> dict[str, Tensor]:
    path = directory / manifest["payload"]
    payload = _read(path)
    if len(payload) != manifest["bytes"] or fingerprint.sha256_of(payload) != manifest["sha256"]:
        what = f"got {len(payload)} bytes{_looks_like(payload)}" if len(payload) != manifest["bytes"] else "got others"
        raise CheckpointCorrupt(f"{path} must have the {manifest['bytes']} bytes that its manifest describes, {what}")
    try:
        return safetensors.torch.load(payload)
    except SafetensorError as error:
        raise CheckpointCorrupt(f"{path} is not a safetensors file{_looks_like(payload)}: {error}") from error


def _looks_like(data: bytes) -> str:
    """Describe how the file begins, if that explains why it is not what it should be."""
    kinds = [text for start, text in SIGNATURES.items() if data.startswith(start)]
    return f" ({kinds[0]})" if kinds else "" if data else " (it is empty)"
