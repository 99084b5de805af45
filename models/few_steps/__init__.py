"""The miniature in one step: its parts with an addition of low rank that was distilled from them.

    quick = few(load("miniature"))
    (image,) = generate(quick, "a red circle", g=1, steps=1, sampler="ddim")

The addition is merged into the weights of the U-Net, which is then as large and as fast as before.  Guidance is in it,
and so g is 1: another g would guide what is guided.  Its images vary less than the miniature's; the card says by how
much.  ``distil`` made it; this folder has its card, and the sha256 of its file, which is compared before a number is
used.
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


def few(parts: Components, folder: Path = FOLDER) -> Components:
    """Return ``parts`` with the addition merged into a copy of their U-Net; ``parts`` stay as they are.

    Raises ``WeightsUnavailable`` where the folder has no record, ``CheckpointCorrupt`` for a file that is not the one
    in the record, and ``CheckpointMismatch`` for parts that are not those it was distilled from.
    """
    try:
        record = fingerprint.read_record(folder / weights.RECORD)
    except FileNotFoundError:
        raise WeightsUnavailable(
            f"the addition must be in {folder}, got no record there; install the package anew"
        ) from None
    if record["made_from"]["weights"] != parts.fingerprint:
        what = f"got {parts}, fingerprint {parts.fingerprint[:12]}"
        raise CheckpointMismatch(f"parts must be those of fingerprint {record['made_from']['weights'][:12]}, {what}")
    return low_rank.applied(parts, low_rank.read(folder / FILE))
