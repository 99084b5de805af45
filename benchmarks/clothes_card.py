"""The card of the shipped model of clothes, as Markdown; all its numbers are those of two files."""

from __future__ import annotations

import json
from statistics import median
from typing import Any

from diffusion_lib.data import CLOTHES_SIZES
from diffusion_lib.runtime.tables import markdown

from .record import PUBLISHED

OPTIONS = ("steps", "batch_size", "lr", "ema_decay", "weight", "timestep_sampling", "precision")


def card(settings: dict[str, Any], numbers: dict[str, Any]) -> str:
    """The text of ``README.md``, from the settings of the training run and what was measured."""
    return "\n".join(
        [*_about(), *_recipe(settings, numbers), *_distances(numbers), *_others(numbers), *_choice(numbers)]
    )


def _about() -> list[str]:
    train, validation, test = (f"{n:,}" for n in CLOTHES_SIZES.values())
    return [
        "# Clothes\n",
        "A small U-Net that generates 28 × 28 images of ten classes of clothes, and the images that it was trained on.",
        "`models.clothes.load()` loads it. The chapter *A toy DDPM* shows what it makes.\n",
        "## Data\n",
        "`diffusion_lib/data/clothes.xz` is a part of "
        "[Fashion-MNIST](https://github.com/zalandoresearch/fashion-mnist), without a loss.",
        "Its licence is MIT, Copyright 2017 Zalando SE; see `clothes.LICENSE` beside it.",
        f"Of the ten classes in equal proportions it has {train} images to train on, {validation} and {test} held out.",
        f"The model saw the {train} and no others: anyone can train it again, and look for the nearest neighbours",
        "of a sample among all that it saw.\n",
    ]


def _recipe(settings: dict, numbers: dict) -> list[str]:
    train, schedule = settings["train"], settings["schedule"]["name"]
    losses = numbers["checkpoints"][-1]["losses"]
    options = [f"--{name.replace('_', '-')} {train[name]}" for name in OPTIONS]
    return [
        "## Recipe\n",
        f"    python -m diffusion_lib train --data clothes --out RUN --schedule {schedule} {' '.join(options)}\n",
        f"- {numbers['parameters']:,} parameters; {train['steps']:,} steps of {train['batch_size']} images; "
        f"seed {train['seed']}; label dropout 0.1.",
        f"- {numbers['core_minutes']:.1f} minutes of one core, {numbers['seconds']:.0f} seconds by the clock.",
        "- Stored as float16. Between samples before and after rounding a pixel differs by "
        f"{numbers['rounding']:.4f} in the mean; its range is 2.",
        f"- Loss of images that it saw {losses['train']:.4f}, of others {losses['validation']:.4f}"
        " (of ε, with labels, equal noise).\n",
    ]


def _distances(numbers: dict) -> list[str]:
    best, final = numbers["chosen"], [row["distance"] for row in numbers["final"]]
    floor, accuracy = numbers["references"]["real images"], median(row["class_accuracy"] for row in numbers["final"])
    return [
        "## Fréchet distance\n",
        f"In {_benchmark()['conditions']['features']}, which tells {numbers['accuracy']:.1%} of the test set;",
        f"between {numbers['n']:,} samples and the 10,000 test images of Fashion-MNIST.",
        f"As many real images are at {floor:.3f}: that is the floor.",
        f"DDIM with {best['steps']} steps, η = {best['eta']:g}, g = {best['g']:g}, {len(final)} seeds of the noise:",
        f"**{median(final):.3f} ({min(final):.3f} to {max(final):.3f}), {median(final) / floor:.1f} times the floor**.",
        f"The classifier assigns {accuracy:.1%} of the samples to the class that was asked for.\n",
        *_table(
            ["training step", "minutes of one core", "distance", "× the floor", "loss, seen", "loss, not seen"],
            [_checkpoint(row, floor) for row in numbers["checkpoints"]],
        ),
    ]


def _others(numbers: dict) -> list[str]:
    references, row = numbers["references"], _benchmark()
    floor, theirs = references["real images"], row["conditions"]["distances"]["real images"]
    peers = [
        [entry["name"], f"{entry['seconds']:.0f}", *_over(median(entry["values"]), theirs)] for entry in row["lines"]
    ]
    return [
        "Others in the same feature space, from `benchmarks.json`: on one core, 55,000 images without labels.\n",
        *_table(
            ["", "seconds", "distance", "× the floor"],
            [*peers, *([name, "", *_over(references[name], floor)] for name in ("pixel Gaussian", "noise"))],
        ),
    ]


def _choice(numbers: dict) -> list[str]:
    return [
        f"Sampler, steps and g were chosen by {numbers['n_trial']:,} samples at half of the training against 5,000 "
        "validation images: the best with an NFE of at most 100.\n",
        *_table(
            ["steps", "η", "g", "distance"],
            [[row["steps"], f"{row['eta']:g}", f"{row['g']:g}", f"{row['distance']:.3f}"] for row in numbers["trials"]],
        ),
    ]


def _table(head: list[str], rows: list[list]) -> list[str]:
    return [markdown(head, [[str(entry) for entry in row] for row in rows]).strip(), ""]


def _over(distance: float, floor: float) -> list[str]:
    return [f"{distance:.3g}", f"{distance / floor:.1f}"]


def _checkpoint(row: dict, floor: float) -> list[str]:
    losses = [f"{row['losses'][split]:.4f}" for split in ("train", "validation")]
    return [f"{row['step']:,}", f"{row['core_minutes']:.1f}", *_over(row["distance"], floor), *losses]


def _benchmark() -> dict[str, Any]:
    return json.loads(PUBLISHED.read_text(encoding="utf-8"))["rows"]["frechet"]
