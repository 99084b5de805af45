"""The miniature in one step: its parts with LoRA weights that were distilled from them.

    student = distilled(load("miniature"))
    (image,) = generate(student, "a red circle", g=1, steps=1, sampler="ddim")

The low-rank update is merged into the weights of the U-Net, which stays as large and as fast as before.  Guidance is
distilled too, so g is 1: another g would apply guidance twice.  Its images vary less than the miniature's; the card
states by how much.  ``distil`` trained it; this folder has its card and the sha256 of its file, which is verified
before a number is used.
"""

from __future__ import annotations

from pathlib import Path

from diffusion_lib.errors import CheckpointMismatch, WeightsUnavailable
from diffusion_lib.runtime import fingerprint
from diffusion_lib.stable_diffusion import weights
from diffusion_lib.stable_diffusion.parts import Components

from ..adapters import low_rank

FOLDER = Path(__file__).parent
FILE = "pytorch_lora_weights.safetensors"  # as diffusers calls it


def distilled(parts: Components, folder: Path = FOLDER) -> Components:
    """Return ``parts`` with the LoRA weights merged into a copy of their U-Net; ``parts`` stay as they are.

    Raises ``WeightsUnavailable`` where the folder has no record, ``CheckpointCorrupt`` for a file that is not the one
    in the record, and ``CheckpointMismatch`` for parts that are not those it was distilled from.
    """
    try:
        record = fingerprint.read_record(folder / weights.RECORD)
    except FileNotFoundError:
        raise WeightsUnavailable(
            f"the LoRA weights must be in {folder}, got no record there; reinstall the package"
        ) from None
    if record["made_from"]["weights"] != parts.fingerprint:
        what = f"got {parts}, fingerprint {parts.fingerprint[:12]}"
        raise CheckpointMismatch(f"parts must be those of fingerprint {record['made_from']['weights'][:12]}, {what}")
    return low_rank.applied(parts, low_rank.read(folder / FILE))
