"""Where the weights of a model are: in this package, in a folder of yours, or on the hub at one pinned commit.

A name on a hub means what its owner last uploaded.  Therefore a published model is a repository and a commit, 40 hex
digits, and its files are looked for in the cache first: what is there needs no network.  Weights come as safetensors,
which hold numbers and no code.  The cache names such a file by its sha256, and each is compared with it before use.

A missing model is never replaced by another one: ``WeightsUnavailable`` states the reason and a remedy.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import torch

from ..errors import CheckpointCorrupt, CheckpointUntrusted, ConfigError, WeightsUnavailable
from ..runtime import fingerprint as records
from ..runtime.fingerprint import sha256_of_file
from .compatibility import check_model_type

# By name, the package with the weights and the language of a model that comes with the library.  It is imported on
# demand: the models depend on this module, and it must not depend on them.
SHIPPED = {"miniature": "models.miniature"}
# The second repository keeps the version after it, whose first home was deleted in 2024: equal parts, other weights.
PUBLISHED = {
    "CompVis/stable-diffusion-v1-4": "133a221b8aa7292a167afc5127cb63fb5005638b",
    "stable-diffusion-v1-5/stable-diffusion-v1-5": "451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
}
RECORD = "record.json"  # of a folder that train-latent wrote: what made it, and its files
WEIGHTS = {  # of each network, the file of its numbers
    "text_encoder": "model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
    "unet": "diffusion_pytorch_model.safetensors",
}
CHECKER = (
    "safety_checker/config.json",
    "safety_checker/model.safetensors",
    "feature_extractor/preprocessor_config.json",
)
NEEDED = (
    "scheduler/scheduler_config.json",
    "tokenizer/tokenizer_config.json",
    *(f"{part}/{name}" for part, weights in WEIGHTS.items() for name in ("config.json", weights)),
)
ALLOWED = (*NEEDED, *CHECKER, "model_index.json", "tokenizer/*.json", "tokenizer/merges.txt")
VOCABULARY = ("tokenizer/vocab.json", "tokenizer/merges.txt", "tokenizer/tokenizer.json")  # the last, or the others
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
ANSWER, DOWNLOAD = 8.0, 3600.0  # seconds that the hub has to answer at all, and to deliver 5.5 GB


class Source(NamedTuple):
    """A model's name, its folder of parts, and its commit; for a folder of yours, the folder's name and ""."""

    name: str
    folder: Path
    revision: str


def find(model: str | os.PathLike[str]) -> Source:
    """Return where ``model`` lies: a name in ``SHIPPED`` or in ``PUBLISHED``, or the path of a folder of parts.

    Raises ``ConfigError`` for anything else, ``WeightsUnavailable`` if it is not on this machine and cannot be fetched,
    within 10 seconds if the hub does not answer, ``CheckpointCorrupt`` for a damaged file in the cache,
    ``CheckpointUntrusted`` for a pickle instead of weights, and ``CheckpointMismatch`` for a folder of another type
    of model, by its settings.
    """
    if isinstance(model, str) and model in SHIPPED:
        folder = shipped(model).FOLDER
        if missing(folder):
            remedy = "train it with diffusion train-latent, or reinstall the package"
            raise WeightsUnavailable(f"the {model} must be in {folder}, got no weights there; {remedy}")
        _verify_record(folder)
        return Source(model, folder, "")
    if isinstance(model, str) and model in PUBLISHED:
        folder = _snapshot(model, PUBLISHED[model])
        verify(folder)
        return Source(model, folder, PUBLISHED[model])
    if not isinstance(model, str | os.PathLike) or not Path(model).is_dir():
        names = ", ".join(map(repr, (*SHIPPED, *PUBLISHED)))
        raise ConfigError(f"model must be {names}, or a folder of parts, got {model!r}; check the name")
    folder = Path(model).resolve()
    check_model_type(folder)
    _check_folder(folder)
    _verify_record(folder)
    return Source(folder.name, folder, "")  # an image file should not reveal where on your disk


def shipped(name: str) -> ModuleType:
    """The package of a model in ``SHIPPED``: ``FOLDER``, and ``vocabulary`` and ``parse`` of its language."""
    return importlib.import_module(SHIPPED[name])


def missing(folder: Path) -> list[str]:
    """The files that a model needs and that ``folder`` does not have."""
    return [name for name in NEEDED if not (folder / name).is_file()]


def verify(folder: Path) -> None:
    """Compare each file that the cache named by its sha256 with that name, or raise ``CheckpointCorrupt``."""
    for name in (*NEEDED, *CHECKER):
        stored = (folder / name).resolve()
        if re.fullmatch("[0-9a-f]{64}", stored.name) and stored.is_file() and sha256_of_file(stored) != stored.name:
            what = f"got other content ({stored.stat().st_size} bytes)"
            raise CheckpointCorrupt(
                f"{stored} must have the sha256 that is its name, {what}; delete it, and load again"
            )


def fingerprint(folder: Path) -> str:
    """A sha256 of all numbers and settings in a folder of parts, wherever it lies."""
    total = hashlib.sha256()
    for name in _present(folder):
        total.update(f"{name} {sha256_of_file(folder / name)}\n".encode())
    return total.hexdigest()


def fingerprint_of_networks(networks: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """A sha256 of the class, the settings and all numbers of networks as they are, and of other plain ``settings``."""
    total = hashlib.sha256(records.canonical(settings))
    for part, network in networks.items():
        config = network.config if isinstance(network.config, dict) else network.config.to_dict()
        plain = {name: str(value) for name, value in config.items() if not name.startswith("_")}  # not where it lay
        total.update(records.canonical([part, type(network).__qualname__, plain]))
        for name, x in network.state_dict().items():
            total.update(f"{name} {x.dtype} {tuple(x.shape)}\n".encode())
            total.update(x.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()


def write_record(folder: Path, made_from: Mapping[str, Any]) -> None:
    """Write down what made the folder, and the sha256 of each file of it."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    records.write_record(folder / RECORD, made_from, [name for name in names if name != RECORD])


def _verify_record(folder: Path) -> None:
    """Compare what is loaded from a folder with its record, if it has one; raise ``CheckpointCorrupt``."""
    if (folder / RECORD).is_file():
        hashes = records.read_record(folder / RECORD, verify=False)["files"]
        for name in _present(folder):
            records.check_file(folder, name, hashes.get(name, "none"))


def _present(folder: Path) -> list[str]:
    return [name for name in (*NEEDED, *VOCABULARY) if (folder / name).is_file()]


def _check_folder(folder: Path) -> None:
    absent = missing(folder)
    for name in absent:
        pickles = [path.name for pattern in PICKLES for path in (folder / name).parent.glob(pattern)]
        if name.endswith(".safetensors") and pickles:
            what = f"got {pickles[0]}, which could run code if loaded"
            raise CheckpointUntrusted(f"{folder / name} must be there, {what}; convert it to safetensors first")
        others = sorted(path.name for path in (folder / name).parent.glob("*.safetensors"))
        if name.endswith(".safetensors") and others:  # written with variant="fp16", or in several shards
            remedy = "save it again with neither variant nor shards; load(dtype='float16') makes it half as large"
            raise ConfigError(f"{folder / name} must be there, got {', '.join(others[:2])} in its place; {remedy}")
    if absent:
        raise ConfigError(f"model must be a folder with {', '.join(NEEDED)}, got {folder} without {', '.join(absent)}")


def _snapshot(name: str, revision: str) -> Path:
    """The folder of a published model in the cache, fetched if it is not there."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    where: dict[str, Any] = {"repo_id": name, "revision": revision, "allow_patterns": ALLOWED}
    try:
        folder = Path(snapshot_download(**where, local_files_only=True))
        if not missing(folder):
            return folder
    except LocalEntryNotFoundError:
        pass
    try:
        # the hub's own retries may take minutes where nothing answers: so one short question first
        _within(ANSWER, lambda: HfApi().model_info(name, revision=revision, timeout=ANSWER))
        folder = Path(_within(DOWNLOAD, lambda: snapshot_download(**where, max_workers=2)))
    except Exception as error:  # of the hub, its HTTP library, the resolver, the disk: one family each
        raise _unavailable(
            name, revision, f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        ) from error
    if absent := missing(folder):
        raise _unavailable(name, revision, f"the repository is without {', '.join(absent)}")
    return folder


def _unavailable(name: str, revision: str, reason: str) -> WeightsUnavailable:
    others = ", ".join(repr(other) for other in PUBLISHED if other != name)
    remedy = f"connect this machine and load it again (what has arrived is kept), name {others} or a folder of parts"
    what = f"it is not, and could not be fetched ({reason})"
    return WeightsUnavailable(
        f"{name} at commit {revision} must be in the cache: {what}; {remedy}, or use model='miniature', another model"
    )


def _within(seconds: float, work: Callable[[], Any]) -> Any:
    """Return what ``work`` returns, or raise ``TimeoutError``: a resolver, for example, has no limit of its own."""
    answer: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            answer.append((work(), None))
        except BaseException as error:
            answer.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        raise TimeoutError(f"no answer within {seconds:g} s")
    result, error = answer[0]
    if error is not None:
        raise error
    return result
