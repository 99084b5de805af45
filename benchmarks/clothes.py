"""``python -m benchmarks.clothes RUN``: judge the model of clothes that ``train --out RUN`` made, and ship it.

    python -m diffusion_lib train --data clothes --out RUN --steps 30000 --schedule cosine --batch-size 32 --lr 3e-3 \
        --ema-decay 0.999 --weight v --timestep-sampling uniform --precision bfloat16
    python -m benchmarks.clothes RUN

The metric is that of the row ``frechet``: its classifier of 55,000 images, its floor, its test set.  Sampler, steps
and g are chosen at half of the training, by the distance from the 5,000 images of the validation split.
What is judged is what ships, weights rounded to float16.  ``RUN/judged.json`` keeps each number when it is there, so
that the same command goes on after an interruption.  ``--images`` writes the data instead, from Fashion-MNIST.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from diffusion_lib.cli.commands import restore
from diffusion_lib.data import CLOTHES_CLASSES, clothes, clothes_labels, fashion_labels, fashion_mnist
from diffusion_lib.evaluate.distances import frechet_distance
from diffusion_lib.evaluate.features import FeatureSpace, train_features
from diffusion_lib.networks import Network
from diffusion_lib.process.guidance import GuidedByLabel
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.runtime import files, fingerprint
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last
from diffusion_lib.train import checkpoint
from diffusion_lib.train.loop import eps_loss
from diffusion_lib.train.run import CLOCK, core_minutes
from models import clothes as shipped

from . import clothes_card
from .frechet import AT_ONCE, SAMPLES, TRAIN, Judge

SETTINGS = [  # (steps, η, g) with an NFE of at most 100
    *((25, 0.0, 1.0), (25, 1.0, 1.0), (50, 0.0, 1.0), (50, 0.5, 1.0), (50, 1.0, 1.0), (100, 1.0, 1.0)),
    *((50, 1.0, 1.5), (50, 1.0, 2.0)),
]
TRIALS, LOSSES = 1000, 1000  # samples of a trial; images of a loss
FIRST_SEED, SEEDS = 5000, 3  # of the samples that are judged


def draw(predictor: Network, schedule: Schedule, n: int, seed: int, steps: int, eta: float, g: float) -> Tensor:
    """Samples (n, 1, 28, 28), the classes in turn, with bfloat16 in the network, cut to [−1, 1]."""
    generator, parts = torch.Generator().manual_seed(seed), []
    for label in (torch.arange(n) % len(CLOTHES_CLASSES)).split(AT_ONCE):
        guided = GuidedByLabel(_coarse(predictor), label, g)
        x_T = torch.randn(len(label), 1, 28, 28, generator=generator)
        parts.append(last(ddim(guided, x_T, schedule, steps=steps, eta=eta, generator=generator)))
    return torch.cat(parts).clamp(-1, 1)


def _coarse(predictor: Network) -> Callable[..., Tensor]:
    def call(*arguments: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return predictor(*arguments)

    return call


class Run:
    """What ``train`` left, and the numbers that were measured so far, by name, in ``RUN/judged.json``."""

    def __init__(self, path: Path) -> None:
        self.path, self.space = path, _space(path)
        state, self.schedule, _ = restore(str(path))
        self.settings = checkpoint.read_latest(path)[0]["config"]
        self.wanted = self.settings["train"]["steps"]
        self.exact, self.predictor = state.ema_model(), state.ema_model()
        self.steps = sorted(int(kept.stem.removeprefix("average-")) for kept in path.glob("average-*.safetensors"))
        self.test, self.validation = Judge(self.space, SAMPLES), self.space(fashion_mnist("train")[TRAIN:])
        self.judged = path / "judged.json"
        self.values = json.loads(self.judged.read_text()) if self.judged.exists() else {}

    def of(self, name: str, measure: Callable[[], Any]) -> Any:
        """The number ``name``; what is missing is measured, and written down."""
        if name not in self.values:
            self.values[name] = measure()
            files.write(self.judged, json.dumps(self.values, indent=1) + "\n")
            print(name, self.values[name], flush=True)
        return self.values[name]

    def averages(self, step: int) -> dict[str, Tensor]:
        """The averaged parameters after ``step``, rounded to float16."""
        stored = safetensors.torch.load_file(self.path / f"average-{step}.safetensors")
        return {name: tensor.half() for name, tensor in stored.items()}

    def at(self, step: int) -> Network:
        self.predictor.load_state_dict({name: tensor.float() for name, tensor in self.averages(step).items()})
        return self.predictor

    def trial(self, setting: dict) -> dict:
        """The distance of a setting from the validation split, at half of the training."""
        half = max(step for step in self.steps if 2 * step <= self.wanted)

        def measure() -> float:
            images = draw(self.at(half), self.schedule, TRIALS, 1, **setting)
            return frechet_distance(self.space(images), self.validation)

        return setting | {"distance": self.of(f"trial {json.dumps(setting)}", measure)}

    def row(self, step: int, seed: int, setting: dict) -> dict:
        """The distance of a setting from the test set, and the fraction of samples of the class asked for."""

        def measure() -> dict:
            images = draw(self.at(step), self.schedule, SAMPLES, seed, **setting)
            correct = self.space.predict(images) == torch.arange(SAMPLES) % len(CLOTHES_CLASSES)
            return {"distance": self.test(images), "class_accuracy": float(correct.double().mean())}

        return setting | self.of(f"step {step} seed {seed} {json.dumps(setting)}", measure)

    def checkpoint(self, step: int, setting: dict) -> dict:
        losses = self.of(f"losses {step}", lambda: _losses(self.at(step), self.schedule))
        return {"step": step, "core_minutes": core_minutes(self.path, step), "losses": losses} | self.row(
            step, FIRST_SEED, setting
        )


def choose(trials: list[dict]) -> dict:
    """The setting with the least distance."""
    best = min(trials, key=itemgetter("distance"))
    return {key: best[key] for key in ("steps", "eta", "g")}


def judge(run: Run) -> dict[str, Any]:
    """Choose a setting, judge it, and return all numbers of the card."""
    trials = [run.trial(dict(zip(("steps", "eta", "g"), setting, strict=True))) for setting in SETTINGS]
    chosen = choose(trials)
    step, images = run.steps[-1], fashion_mnist("train")
    clock = [json.loads(line) for line in (run.path / CLOCK).read_text().splitlines()]
    return {
        "n": SAMPLES,
        "n_trial": TRIALS,
        "chosen": chosen,
        "trials": trials,
        "final": [run.row(step, FIRST_SEED + seed, chosen) for seed in range(SEEDS)],
        "checkpoints": [run.checkpoint(step, chosen) for step in run.steps],
        "references": run.of("references", lambda: run.test.references(images[:TRAIN], images[TRAIN:])),
        "accuracy": run.space.accuracy(fashion_mnist("test"), fashion_labels("test")),
        "rounding": run.of("rounding", lambda: _lost(run.exact, run.at(step), run.schedule)),
        "seconds": sum(line["seconds"] for line in clock),
        "core_minutes": core_minutes(run.path),
        "parameters": sum(parameter.numel() for parameter in run.predictor.parameters()),
    }


def _space(run: Path) -> FeatureSpace:
    """The benchmark's feature space, trained once for a run."""
    path = run / shipped.FEATURES
    if path.exists():
        record = fingerprint.read_record(path.with_suffix(".json"))
        return shipped.restore_features(**record["features"], tensors=safetensors.torch.load_file(path))
    space = train_features(fashion_mnist("train")[:TRAIN], fashion_labels("train")[:TRAIN], width=32)
    _write_space(path, space)
    fingerprint.write_record(path.with_suffix(".json"), {}, [path.name], features=_described(space))
    return space


def _write_space(path: Path, space: FeatureSpace) -> None:
    files.write(path, safetensors.torch.save({name: t.contiguous() for name, t in space.stored().items()}))


def _described(space: FeatureSpace) -> dict[str, Any]:
    return {"name": space.name, "shape": list(space.shape), "scale": space.scale}


@torch.no_grad()
def _losses(predictor: Network, schedule: Schedule) -> dict[str, float]:
    """L_simple of images that were trained on, and of as many that were not, with labels and equal noise and times."""
    generator, losses = torch.Generator().manual_seed(6000), {}
    t = torch.randint(1, schedule.T + 1, (LOSSES,), generator=generator)
    eps = torch.randn(LOSSES, 1, 28, 28, generator=generator)
    for split in ("train", "validation"):
        every = len(clothes(split)) // LOSSES
        x_0, label = clothes(split)[::every], clothes_labels(split)[::every]
        losses[split] = float(eps_loss(lambda x_t, t, label=label: predictor(x_t, t, label), schedule, x_0, t, eps))
    return losses


def _lost(exact: Network, rounded: Network, schedule: Schedule) -> float:
    """Mean |Δ| of a pixel, whose range is 2, between samples without noise on the way, before and after rounding."""
    x_T = torch.randn(100, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    label = torch.arange(100) % len(CLOTHES_CLASSES)
    pair = [last(ddim(GuidedByLabel(network, label), x_T, schedule, steps=50)) for network in (exact, rounded)]
    return float((pair[0] - pair[1]).abs().mean())


def ship(run: Run, folder: Path) -> None:
    """Write weights, feature space, numbers, card, and the record of all, into ``folder``."""
    numbers = judge(run)
    model = {name: value for name, value in run.settings["model"].items() if name != "alpha_bar"}
    settings = run.settings | {"model": model}  # the table is the schedule's
    files.write(folder / shipped.WEIGHTS, safetensors.torch.save(run.averages(run.steps[-1])))
    _write_space(folder / shipped.FEATURES, run.space)
    files.write(folder / shipped.CARD, json.dumps(numbers, indent=1) + "\n")
    files.write(folder / "README.md", clothes_card.card(settings, numbers))
    names = [shipped.WEIGHTS, shipped.FEATURES, shipped.CARD, "README.md"]
    fingerprint.write_record(folder / shipped.RECORD, settings, names, features=_described(run.space))
    print(f"wrote {folder}")


def pack() -> bytes:
    """The file of ``data.clothes``: of each class the first images of three stretches of Fashion-MNIST, as bytes."""
    train, of_train = fashion_mnist("train"), fashion_labels("train")
    stretches = [
        (train[:TRAIN], of_train[:TRAIN], 1000),
        (train[TRAIN:], of_train[TRAIN:], 100),
        (fashion_mnist("test"), fashion_labels("test"), 200),
    ]
    chosen = [x[y == label][:n] for x, y, n in stretches for label in range(len(CLOTHES_CLASSES))]
    raw = ((torch.cat(chosen) + 1) * 127.5).round().to(torch.uint8)
    return lzma.compress(raw.numpy().tobytes(), check=lzma.CHECK_SHA256, preset=9 | lzma.PRESET_EXTREME)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clothes", description="judge the model of clothes")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("run", nargs="?", type=Path, metavar="RUN", help="the directory of train")
    what.add_argument("--images", type=Path, metavar="FILE", help="write the data to this file")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if given.images:
        files.write(given.images, pack())
    else:
        ship(Run(given.run), shipped.FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
