"""How the student of ``distil`` is judged, and the card that is written beside its weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...runtime import files, fingerprint
from ...train.config import TrainConfig
from ..few import FILE
from ..parts import Components
from ..pipeline import OWN_G
from ..weights import RECORD
from . import fidelity, world

CARD = "fidelity.json"
COUNTS = (1, 2, 4, 8)  # steps in which teacher and student are judged


def report(parts: Components, quick: Components, n: int, done: list[dict]) -> Iterator[dict]:
    """Yield rows as those of ``fidelity``, n pictures of each kind by DDIM: the teacher, guided, and the student.

    ``done`` begins with the rows of the miniature's own ``fidelity.json``, for the limits of what is clean.
    """
    for name, model, g in (("teacher", parts, OWN_G["miniature"]), ("student", quick, 1.0)):
        for steps in COUNTS:
            for kind in world.KINDS:
                yield from fidelity.painted(done, model, "fresh", kind, n, g, steps, "ddim", model=name)


def shares(rows: list[dict], model: str, steps: int) -> tuple[float, float, int]:
    """Of all pictures of a model in some steps: the share that is right, the share that is clean, and how many."""
    found = [row for row in rows if row.get("model") == model and row.get("steps") == steps]
    n = sum(row["n"] for row in found)
    right = sum(row["n"] * list(row["right"].values())[-1] for row in found)
    return right / n, sum(row["n"] * row["clean"]["clean"] for row in found) / n, n


def write(parts: Components, quick: Components, folder: Path, n: int, rows: list[dict] | None = None) -> None:
    """Judge n pictures of each kind, as far as ``rows`` do not hold them, and write ``fidelity.json`` and the card."""
    record = fingerprint.read_record(folder / RECORD)
    limits = [row for row in fingerprint.read_record(parts.folder / CARD)["rows"] if row["of"] == "limits"]
    done = limits + (rows or [])
    for _ in report(parts, quick, n, done):
        pass
    judged = [row for row in done if row["of"] != "limits"]
    made_from = {"weights": parts.fingerprint, "addition": record["files"][FILE]}
    fingerprint.write_record(folder / CARD, made_from, rows=judged)
    files.write(folder / "README.md", card(judged, record))


def card(rows: list[dict], record: dict[str, Any]) -> str:
    """The card of the addition as Markdown: recipe, numbers, hash."""
    made = record["made_from"]
    run = TrainConfig.from_dict(made["train"])
    errors, minutes, of_chains = made["errors"], made["seconds"] / 60, made["seconds_of_chains"] / 60
    table = []
    for name, g in (("teacher", OWN_G["miniature"]), ("student", 1)):
        for k in COUNTS:
            right, clean, n = shares(rows, name, k)
            table.append(f"| {name}, g = {g:g} | {k} | {100 * right:.1f} | {100 * clean:.1f} | {n} |")
    return f"""# The miniature in few steps

An addition of low rank to the U-Net of the miniature, with which one call paints a picture.
`diffusion_lib.latent.few` loads it.

## Recipe

`diffusion_lib.latent.small.distil.make` made it from the miniature alone; no picture of the world was shown.

- {made["chains"]:,} chains of the miniature by {made["teacher"]} steps at g = {OWN_G["miniature"]:g}.
  Their captions are of its own world, none of the colour–shape pairs that it never saw. The student begins from
  the states at the times {made["times"]},
  and is told the end of the chain.
- Rank {made["rank"]} of all linear layers and convolutions. {run.steps:,} steps of {run.batch_size} with the learning
  rate {run.lr:g}, AdamW, cosine to 0, averaged parameters, {run.precision}. The error of the latents is the absolute
  one, rounded at 0. After {made["sharp"]:,} steps half of each batch also has an aim that the teacher makes of the
  answer itself, noised to half of the times, in two steps; it weighs {made["weight"]:g} times as much.
- In one step its error is {errors["taught"]:.3f} on chains that it was taught, and {errors["others"]:.3f} on others.
- {minutes:.1f} minutes of one core, {of_chains:.1f} of them for the chains ({made["machine"]}).
  Stored as float16.

## Numbers

In % of n pictures, of the six kinds in equal shares, fresh scenes and noises, DDIM.
They are judged as in the card of the miniature.

| network | steps | right | clean | n |
| --- | --- | --- | --- | --- |
{chr(10).join(table)}

The goal: right 95 %, clean 90 %, in one step.

## Hash

`{FILE}`: sha256 `{record["files"][FILE]}`.
"""
