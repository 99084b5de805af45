"""The networks of the miniature as graphs that a browser runs, and all else that it is given; kept in ``_build``.

    folder = graphs()          # text.onnx, unet.onnx, decoder.onnx, encoder.onnx, and the files of their weights

The graphs say where their weights lie in the shipped safetensors files.  These are copied as they are, compressed.
Exporting takes half a minute, and is done again when the weights, the code or the exporter change.
"""

from __future__ import annotations

import gzip
import hashlib
import inspect
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import filelock
import torch

from diffusion_lib.stable_diffusion import attention, autoencoder, guidance
from diffusion_lib.stable_diffusion.parts import Components, load
from diffusion_lib.stable_diffusion.weights import fingerprint
from models.miniature import FOLDER as MINIATURE

from . import KEPT, shipped

OPSET = 18
WEIGHTS = {
    "text": "text_encoder/model.safetensors",
    "unet": "unet/diffusion_pytorch_model.safetensors",
    "decoder": "vae/diffusion_pytorch_model.safetensors",
}
GRAPHS = {name: name for name in WEIGHTS} | {"encoder": "decoder"}  # of each graph, the file of its weights
MERGES = "merges.txt"
MADE_BY = ("torch", "onnx", "onnxscript", "diffusers", "transformers")


class Text(torch.nn.Module):
    """ids (B, 77) to embeddings (B, 77, d)."""

    def __init__(self, parts: Components) -> None:
        super().__init__()
        self.network = parts.text_encoder

    def forward(self, ids):
        return self.network(ids)[0]


class UNet(torch.nn.Module):
    """x_t, t − 1 and embeddings to ε̂, and to the maps (B, 77, h, w) of its cross attention, those of ``attention``."""

    def __init__(self, parts: Components) -> None:
        super().__init__()
        self.network = parts.unet
        self.side = parts.unet.config.sample_size

    def forward(self, x_t, t, text):
        with attention.recorded(self.network) as record:
            eps_hat = self.network(x_t, t, encoder_hidden_states=text, return_dict=False)[0]
        return eps_hat, record.maps(self.side)


class Decoder(torch.nn.Module):
    """Latents, as the sampler has them, to images in [−1, 1]."""

    def __init__(self, parts: Components) -> None:
        super().__init__()
        self.network = parts.vae
        self.scale = parts.vae.config.scaling_factor

    def forward(self, latents):
        return self.network.decode(latents / self.scale, return_dict=False)[0]


class Encoder(torch.nn.Module):
    """Images in [−1, 1] to latents as the sampler has them: the mean of the encoder's distribution."""

    def __init__(self, parts: Components) -> None:
        super().__init__()
        self.network = parts.vae
        self.scale = parts.vae.config.scaling_factor

    def forward(self, picture):
        return self.scale * self.network.encode(picture).latent_dist.mean


def _examples(parts: Components) -> dict[str, tuple[torch.nn.Module, dict, list[str]]]:
    """Of each graph: the module, an example of what it is given, by name, and the names of what it gives."""
    latents, text = torch.zeros(2, *parts.latent_shape()), torch.zeros(2, 77, parts.unet.config.cross_attention_dim)
    ids = torch.zeros(2, 77, dtype=torch.int64)
    return {
        "text": (Text(parts), {"ids": ids}, ["embeddings"]),
        "unet": (UNet(parts), {"x_t": latents, "t": torch.tensor([0, 0]), "text": text}, ["eps_hat", "maps"]),
        "decoder": (Decoder(parts), {"latents": latents}, ["picture"]),
        "encoder": (Encoder(parts), {"picture": torch.zeros(2, 3, parts.dim, parts.dim)}, ["latents"]),
    }


def key() -> str:
    """What the graphs depend on."""
    code = [*(Path(module.__file__) for module in (shipped, attention, autoencoder, guidance)), Path(__file__)]
    told = [fingerprint(MINIATURE), *(hashlib.sha256(path.read_bytes()).hexdigest() for path in code)]
    return hashlib.sha256(" ".join([*told, *map(version, MADE_BY)]).encode()).hexdigest()[:16]


def graphs(cache: Path = KEPT) -> Path:
    """The folder with the graphs of this state of code and weights; made, whole or not at all, if it is not there."""
    return kept("miniature", _write, cache)


def kept(name: str, write: Callable[[Path], None], cache: Path = KEPT) -> Path:
    """The folder that ``write`` fills, made once for each state of code and weights; others of the name go."""
    own = hashlib.sha256(Path(inspect.getfile(write)).read_bytes()).hexdigest()
    folder = cache / f"{name}-{key()}-{own[:8]}"
    cache.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(cache / f"{name}.lock"):  # where another process makes it, it is waited for
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as temporary:
                made = Path(temporary, "made")
                made.mkdir()
                write(made)
                for old in cache.glob(f"{name}-*"):
                    shutil.rmtree(old, ignore_errors=True)
                os.replace(made, folder)
    return folder


def _write(folder: Path) -> None:
    for name, graph in export(load("miniature", device="cpu")).items():
        (folder / f"{name}.onnx").write_bytes(graph)
    files = {f"{name}.safetensors": MINIATURE / path for name, path in WEIGHTS.items()}
    for name, path in (files | {MERGES: MINIATURE / "tokenizer" / MERGES}).items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(path.read_bytes(), 6, mtime=0))


def export(parts: Components) -> dict[str, bytes]:
    """The graphs of the parts, by name; they take batches of any size."""
    made = {}
    for name in ("torch.onnx", "onnx_ir", "onnxscript"):  # they tell of their own passes
        logging.getLogger(name).setLevel(logging.ERROR)
    for name, (module, given, gives) in _examples(parts).items():
        batch = torch.export.Dim("batch", min=1, max=64)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of the exporter, about its own parts
            program = torch.onnx.export(
                module.eval(), tuple(given.values()), dynamo=True, opset_version=OPSET, verbose=False,
                input_names=list(given), output_names=gives, dynamic_shapes=tuple({0: batch} for _ in given),
            )  # fmt: skip
        model = program.model_proto
        shipped.point(model, MINIATURE / WEIGHTS[GRAPHS[name]], f"{GRAPHS[name]}.safetensors")
        made[name] = model.SerializeToString(deterministic=True)
    return made


if __name__ == "__main__":
    graphs()
