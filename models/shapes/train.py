"""``python -m models.shapes.train FOLDER``: train the DiT of shapes, and write weights, record and card.

Half a minute of one core.  The network has one token for each position of the latents, 8 × 8 of them, so that its
attention can be drawn on the image.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import safetensors.torch
import torch

from diffusion_lib import __version__
from diffusion_lib.networks import DiT
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.runtime import files, fingerprint
from diffusion_lib.runtime.machine import machine
from diffusion_lib.stable_diffusion.parts import load as load_parts
from diffusion_lib.train.config import TrainConfig
from diffusion_lib.train.loop import TrainState, train

from . import PROMPTS, RECORD, TRAINING, WEIGHTS, latents, pairs

CARD = "README.md"
CONFIG = TrainConfig(
    steps=600, batch_size=32, lr=12e-3, ema_decay=0.99, timestep_sampling="uniform", precision="float32"
)
SIZES = {"channels": 8, "width": 32, "depth": 4, "heads": 4, "patch": 1, "classes": len(PROMPTS)}
TEXT = """\
# A DiT of shapes

A small diffusion transformer that predicts noise in the miniature's latents of four shapes at a hundred positions.
`models.shapes.load()` loads it. The chapter *Diffusion transformers* shows what its patches attend to.

    python -m models.shapes.train FOLDER

- {parameters:,} parameters, {size:,} bytes of float16, sha256 of the file `{sha256}`.
- {steps:,} steps of {batch} latents of {positions} positions, seed {seed}; the averaged weights.
- {seconds:.0f} seconds of one core of {machine}.
"""


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    parts = load_parts("miniature", device="cpu")
    schedule: Schedule = parts.schedule
    data, labels = pairs(latents(parts.vae), TRAINING)
    torch.manual_seed(CONFIG.seed)
    model = DiT(**SIZES, T=schedule.T, alpha_bar=schedule.alpha_bar)
    state, began = TrainState.create(model, CONFIG), time.process_time()
    for record in train(state, data, schedule, CONFIG, labels=labels):
        if record.step % 500 == 0:
            print(f"step {record.step}: loss {record.loss:.4f}", flush=True)
    seconds = time.process_time() - began
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: tensor.half().contiguous() for name, tensor in state.ema_model().state_dict().items()}
    files.write(folder / WEIGHTS, safetensors.torch.save(halves))
    made = {name: value for name, value in model.config.items() if name != "alpha_bar"}
    made_from = {"model": made, "schedule": schedule.config, "train": CONFIG.to_dict(), "library": __version__}
    fingerprint.write_record(folder / RECORD, made_from, [WEIGHTS])
    numbers = {
        "parameters": state.parameters.numel(),
        "size": (folder / WEIGHTS).stat().st_size,
        "sha256": fingerprint.sha256_of_file(folder / WEIGHTS),
        "steps": CONFIG.steps,
        "batch": CONFIG.batch_size,
        "positions": len(TRAINING),
        "seed": CONFIG.seed,
        "seconds": seconds,
        "machine": machine(),
    }
    files.write(folder / CARD, TEXT.format(**numbers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
