"""The quality of images after two and after ten minutes of one processor: the Fréchet distance on Fashion-MNIST.

Every library trains on the first 55,000 images, and so does the classifier whose 64 features are compared.  None is
trained on the next 5,000, the validation split on which our recipe was chosen, or on the 10,000 of the test set.  The
distance is that between 2,000 samples and the test set.  Since its unit depends on the classifier, it comes with three
others: that of as many real images of the validation split (the floor), of a Gaussian with the mean and covariance of
the pixels, and of noise.

The targets are fractions of the two that have an anchor elsewhere: in a feature space where the floor was 1.70 and the
pixel Gaussian 311 we wanted 100 and 60, which is 59 and 35 times the floor, and 0.32 and 0.19 of the pixel Gaussian.

Ours trains from scratch for each budget, since its learning rate falls to 0 at the end; a peer is
evaluated during its training.  Sampling is not timed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import torch
from torch import Tensor

from diffusion_lib.data import fashion_labels, fashion_mnist
from diffusion_lib.evaluate.distances import frechet_distance
from diffusion_lib.evaluate.features import train_features
from diffusion_lib.networks import UNet
from diffusion_lib.process.registry import make_schedule
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last
from diffusion_lib.train.loop import TrainConfig, TrainState, train

from .clock import affordable, median, until
from .image_peers import DenoisingDiffusionPytorch, Diffusers, SmallDiffusion
from .options import OURS, Options, line, target
from .recipes import peer

SECONDS, SEEDS, SAMPLES, TRAIN, AT_ONCE = 600.0, 1, 2000, 55_000, 250
UNIT = "× the variance of a feature"
PARTS = (1 / 5, 1)  # of ``seconds``: the budgets
WANTED = {1 / 5: (58.8, 0.321), 1: (35.2, 0.192)}  # 100 and 60 over 1.70 and over 311, rounded down
SCHEDULE = make_schedule("cosine", 1000)
PILOT = 100  # steps, of a long budget, that tell how fast this machine is
PATCH, WIDTH, BATCH, LR, STEPS = 2, 32, 16, 3e-3, 50
PEERS = (Diffusers, DenoisingDiffusionPytorch, SmallDiffusion)
PACKAGES = ("diffusers", "denoising_diffusion_pytorch", "smalldiffusion", "torch_ema")


class Ours:
    """Patches of 2 × 2 pixels, v-prediction with the loss of v, t uniform over the cosine schedule, DDIM with η = 1.

    AdamW along a cosine, whose number of steps fits the time; EMA; bfloat16.
    """

    name, source = OURS, "train.train, bfloat16; benchmarks/frechet.py"

    def __init__(self, data: Tensor, seed: int, seconds: float) -> None:
        self.data, self.seed = data, seed
        self._start(min(PILOT, 10 + round(seconds)))
        self._start(affordable(self.steps, seconds))

    def _start(self, steps: int) -> None:
        torch.manual_seed(self.seed)
        network = UNet(1, WIDTH, SCHEDULE.T, SCHEDULE.alpha_bar, patch=PATCH)
        distributions = {"weight": "v", "timestep_sampling": "uniform"}
        config = TrainConfig(steps, batch_size=BATCH, lr=LR, precision="bfloat16", seed=self.seed, **distributions)
        self.state = TrainState.create(network, config)
        self.steps = train(self.state, self.data, SCHEDULE, config)

    def step(self) -> int:
        return BATCH * sum(1 for _ in islice(self.steps, 1))  # none after the last step

    def sample(self, n: int) -> Tensor:
        network = self.state.ema_model()

        def predictor(x_t: Tensor, t: Tensor) -> Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                return network(x_t, t)

        return last(ddim(predictor, torch.randn(n, 1, 28, 28), SCHEDULE, steps=STEPS, eta=1.0))


class Judge:
    """The distance of images from the test set in a feature space (n, 1, 28, 28) → (n, d)."""

    def __init__(self, space: Callable[[Tensor], Tensor], samples: int) -> None:
        self.space, self.samples, self.features = space, samples, space(fashion_mnist("test"))

    def __call__(self, images: Tensor) -> float:
        return frechet_distance(self.space(images), self.features)

    def of(self, contestant, seed: int) -> float:
        """The distance of a contestant's samples, cut to [−1, 1], with a random state of their own."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(5000 + seed)
            parts = [contestant.sample(len(part)) for part in torch.arange(self.samples).split(AT_ONCE)]
        return self(torch.cat(parts).nan_to_num(1, 1, -1).clamp(-1, 1))

    def references(self, train: Tensor, validation: Tensor) -> dict[str, float]:
        """What real images, the pixel Gaussian and noise score, as many of each as there are samples."""
        generator = torch.Generator().manual_seed(5000)
        pixels = train.flatten(1).double()
        values, vectors = torch.linalg.eigh(torch.cov(pixels.T))
        z = torch.randn(self.samples, len(values), generator=generator, dtype=torch.float64)
        gaussian = pixels.mean(0) + z * values.clamp(min=0).sqrt() @ vectors.T
        noise = torch.randn(self.samples, *train.shape[1:], generator=generator)
        floors = [self(part) for part in validation.split(self.samples) if len(part) == self.samples]
        return {
            "real images": sum(floors) / len(floors),
            "pixel Gaussian": self(gaussian.float().view_as(noise)),
            "noise": self(noise),
        }


def measure(options: Options) -> dict:
    for package in PACKAGES if options.peers else ():
        peer(package)
    recipes = (Ours, *PEERS) if options.peers else (Ours,)
    seconds, seeds = options.of("seconds", SECONDS, 0.5), int(options.of("seeds", SEEDS, 1))
    samples, size = (16, 2000) if options.quick else (SAMPLES, TRAIN)
    images, labels = fashion_mnist("train"), fashion_labels("train")
    data, validation = images[:size], images[TRAIN:]
    made = {"features": 8, "width": 4, "steps": 10} if options.quick else {"width": 32}
    judge = Judge(train_features(data, labels[:size], **made), samples)
    references = judge.references(data, validation)
    runs = {recipe.name: [_run(recipe, data, seed, seconds, judge) for seed in range(seeds)] for recipe in recipes}
    budgets = [part * seconds for part in PARTS]
    lines = [
        line(name, [run[k][0] for run in of_seeds], UNIT, seconds=budget, images=[run[k][1] for run in of_seeds])
        for name, of_seeds in runs.items()
        for k, budget in enumerate(budgets)
    ]
    return {
        "title": "Fréchet distance of images after equal processor time, Fashion-MNIST",
        "conditions": {
            "seeds": seeds,
            "processes": 1,  # among which the contestants are divided
            "samples": samples,
            "train": size,
            "validation": len(validation),
            "test": len(judge.features),
            "features": judge.space.name,
            "accuracy": judge.space.accuracy(fashion_mnist("test"), fashion_labels("test")),
            "distances": references,
        },
        "recipes": {recipe.name: recipe.source for recipe in recipes},
        "lines": lines,
        "targets": [
            aim for part, budget in zip(PARTS, budgets, strict=True) for aim in _aims(lines, budget, part, references)
        ],
    }


def _run(recipe: type, data: Tensor, seed: int, seconds: float, judge: Judge) -> list[tuple[float, int]]:
    """The distance at each budget, and how many images training had seen by then."""
    budgets = [part * seconds for part in PARTS]
    if recipe is Ours:
        return [_look(recipe(data, seed, budget), [budget], seed, judge)[0] for budget in budgets]
    return _look(recipe(data, seed), budgets, seed, judge)


def _look(contestant, budgets: list[float], seed: int, judge: Judge) -> list[tuple[float, int]]:
    seen, looks = [], []
    for _ in until((seen.append(count) for count in iter(contestant.step, 0)), budgets):
        looks.append((judge.of(contestant, seed), sum(seen)))
    return looks


def _aims(lines: list[dict], budget: float, part: float, references: dict[str, float]) -> list[dict]:
    reached = {entry["name"]: median(entry["values"]) for entry in lines if entry["seconds"] == budget}
    ours, others = reached.pop(OURS), reached.values()
    what, (floors, gaussians) = f"Fréchet distance after {budget:g} s", WANTED[part]
    return [
        target(f"{what}, × that of real images", ours / references["real images"], floors, less=True),
        target(f"{what}, × that of the pixel Gaussian", ours / references["pixel Gaussian"], gaussians, less=True),
        target(f"{what}: the best peer's over ours", min(others) / ours if others else None, 1, less=False),
    ]
