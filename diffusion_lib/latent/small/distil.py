r"""The miniature in one step: a student that is taught where the teacher's chain ends.

The teacher is the miniature itself, with its own guidance, by DPM-Solver++ 2M in ``TEACHER_STEPS`` steps.  Its chain
is a function: a noise and a caption determine the latents z at its end.  The student is the same U-Net with an addition
of low rank.  From any state x_t of the chain at one of the times ``TIMES`` it is to say z at once, without guidance,

    E ρ(x̂_0(x_t, t, y) − z),     x̂_0 = (x_t − √(1 − ᾱ_t) ε̂) / √ᾱ_t,

most often from the noise itself.  ρ is the absolute value, rounded at 0: where two pictures are possible for nearly
equal noises, the squared error asks for their mean, which is no picture, and the absolute one for one of them.  After
``SHARP`` steps half of each batch has a second aim, ``refined``.

It is the target of consistency distillation with the solver run to its end (Song et al. 2023), and on its own what
Luhman & Luhman 2021 did.

Sources: Luhman & Luhman 2021, section 2; Song et al. 2023, section 4; Salimans & Ho 2022, section 3.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import smooth_l1_loss

from ...process.identities import add_noise, x_0_from_eps
from ...runtime import files, fingerprint
from ...runtime.device import autocast
from ...runtime.machine import machine
from ...sample.ancestral import ddim, last
from ...train.config import TrainConfig
from ...train.run import core_minutes
from ..few import FILE, FOLDER, few
from ..guidance import Guided
from ..parts import Components, load
from ..pipeline import OWN_G, denoise
from ..prompt import embed, tokenize
from ..weights import RECORD
from . import distil_card, language, world
from .additions import LowRank
from .fit import fit

RANK, BATCH = 16, 32
TEACHER, TEACHER_STEPS = "dpm++", 8
TIMES, SHARES = (1000, 750, 500, 250), (0.8, 0.08, 0.07, 0.05)  # of the states that the student begins from
LESSON, LESSONS = 512, 16  # chains to a file, and files
JUDGED = {"taught": 0, "others": LESSONS}  # lessons on which the student is compared: one of its own, and one more
PLAIN = 0.5  # share of the captions that say all but the ground
ROUNDED = 0.1  # of ρ
REFINED = (500, 250)  # times of the two steps
SETTINGS = TrainConfig(
    steps=1400, batch_size=64, lr=2.5e-3, ema_decay=0.998, timestep_sampling="uniform", precision="bfloat16", seed=0
)
SHARP, WEIGHT = 850, 2.0  # steps, after which half of each batch has a second aim, ``refined``, and what it weighs


class Student(nn.Module):
    """ε̂(x_t, t, text) of a U-Net with additions, which alone are its parameters."""

    def __init__(self, unet: nn.Module, rank: int = RANK) -> None:
        super().__init__()
        self.added = LowRank(unet, rank)
        self.__dict__["unet"] = unet  # no submodule: its own numbers stay as they are

    def forward(self, x_t: Tensor, t: Tensor, text: Tensor) -> Tensor:
        """diffusers counts t from 0."""
        with torch.autocast(x_t.device.type, enabled=False):
            weights = self.added.weights(self.unet)
        return functional_call(self.unet, weights, (x_t, t - 1, text)).sample


def captions(n: int, generator: torch.Generator) -> list[str]:
    """What n scenes of the training's mix show, in plain words that name all but the ground, or in any."""
    scenes = world.sample_scenes(n, generator)
    plain = torch.rand(n, generator=generator) < PLAIN
    told, any_words = language.describe(scenes), language.captions(scenes, generator)
    return [a if yes else b for a, b, yes in zip(told, any_words, plain.tolist(), strict=True)]


def teach(parts: Components, n: int, seed: int, precision: str = "bfloat16") -> Iterator[dict[str, Tensor]]:
    """Yield batches of chains: ``ids`` (B, 77), the states ``x`` (B, 4, C, h, w) at ``TIMES``, the ends ``z``."""
    generator = torch.Generator().manual_seed(seed)
    empty = embed(parts, tokenize(parts.tokenizer, "").ids)
    for start in range(0, n, BATCH):
        ids = tokenize(parts.tokenizer, captions(min(BATCH, n - start), generator)).ids
        x_T = torch.randn(len(ids), *parts.latent_shape(), generator=generator).to(parts.device)
        with torch.no_grad(), autocast(parts.device, precision):
            text = embed(parts, ids)
            options = {"g": OWN_G["miniature"], "steps": TEACHER_STEPS, "sampler": TEACHER}
            chain = {step.t: step.x_t for step in denoise(parts, text, empty, x_T, **options)}
        x = torch.stack([chain[t] for t in TIMES], 1)
        yield {"ids": ids.int(), "x": x.half().cpu(), "z": chain[0].half().cpu()}


def lessons(
    parts: Components, folder: Path, numbers: Sequence[int] = range(LESSONS), size: int = LESSON
) -> tuple[dict[str, Tensor], float]:
    """``size`` chains of ``teach`` for each number, together, and the seconds of processor time that they took.

    Each file of ``folder`` is written once and kept, with its own seconds.
    """
    paths = {k: folder / f"lesson-{k}.safetensors" for k in numbers}
    for k, path in paths.items():
        if not path.exists():
            begun, batches = time.process_time(), list(teach(parts, size, k + 1))
            lesson = {key: torch.cat([batch[key] for batch in batches]) for key in batches[0]}
            files.write(path, safetensors.torch.save(lesson, {"seconds": f"{time.process_time() - begun:.3f}"}))
    found, seconds = [safetensors.torch.load_file(path) for path in paths.values()], 0.0
    for path in paths.values():
        with safetensors.safe_open(path, "pt") as file:
            seconds += float(file.metadata()["seconds"])
    return {key: torch.cat([lesson[key] for lesson in found]) for key in found[0]}, seconds


def student(parts: Components, rank: int = RANK) -> Student:
    """A student of these parts, which knows nothing yet; attention is written out, as it trains faster on a CPU."""
    unet = copy.deepcopy(parts.unet).requires_grad_(False)
    unet.set_attn_processor(AttnProcessor())
    return Student(unet, rank)


def loss_of(config: TrainConfig, parts: Components, taught: dict[str, Tensor], sharp: int = SHARP):
    """Return the loss of a step, as ``fit`` wants it; after ``sharp`` of them half of a batch has a second aim."""
    texts = torch.cat([embed(parts, ids.long()) for ids in taught["ids"].split(256)]).half()
    empty = embed(parts, tokenize(parts.tokenizer, "").ids)
    shares, times, half = torch.tensor(SHARES), torch.tensor(TIMES), config.batch_size // 2

    def loss(network: Student, step: int, generator: torch.Generator) -> Tensor:
        index = torch.randint(0, len(texts), (config.batch_size,), generator=generator)
        place = torch.multinomial(shares, config.batch_size, replacement=True, generator=generator)
        x_t, t, text = taught["x"][index, place].float(), times[place], texts[index].float()
        with autocast(x_t.device, config.precision):
            eps_hat = network(x_t, t, text)
        x_0_hat = x_0_from_eps(parts.schedule, x_t, t, eps_hat.float())
        error = rho(x_0_hat, taught["z"][index])
        if step < sharp:
            return error
        with autocast(x_t.device, config.precision):
            aims = refined(parts, x_0_hat[:half].detach(), text[:half], empty, generator)
        return error + WEIGHT * rho(x_0_hat[:half], aims)

    return loss


def rho(x_0: Tensor, z: Tensor) -> Tensor:
    """The mean of ρ over a batch."""
    return smooth_l1_loss(x_0, z.float(), beta=ROUNDED)


@torch.no_grad()
def error_of(network: Student, parts: Components, taught: dict[str, Tensor]) -> float:
    """The mean of ρ from the noise itself, over all chains."""
    found = []
    for ids, x, z in zip(*(taught[key].split(BATCH) for key in ("ids", "x", "z")), strict=True):
        x_T, t = x[:, 0].float(), torch.full((len(x),), TIMES[0])
        found.append(rho(x_0_from_eps(parts.schedule, x_T, t, network(x_T, t, embed(parts, ids.long()))), z))
    return float(torch.stack(found).mean())


@torch.no_grad()
def refined(parts: Components, x_0: Tensor, text: Tensor, empty: Tensor, generator: torch.Generator) -> Tensor:
    """What the teacher makes of answers x_0 under fresh noise in two steps: a picture near them.

    Of the two scores of distribution matching it is the data's alone, which would draw all answers to a few pictures;
    the ends of the chains hold them apart.
    """
    z = torch.randn(x_0.shape, generator=generator).to(x_0.device)
    noisy = add_noise(parts.schedule, x_0, REFINED[0], z)
    return last(ddim(Guided(parts.unet, text, empty, OWN_G["miniature"]), noisy, parts.schedule, spacing=REFINED))


def publish(parts: Components, added: LowRank, settings: dict[str, Any], folder: Path = FOLDER) -> Components:
    """Write the addition and the record of what made it; return the parts with it, as ``few`` loads them."""
    files.write(folder / FILE, safetensors.torch.save(added.state(), {"format": "pt"}))
    made_from = {"weights": parts.fingerprint, "rank": RANK, **settings}
    fingerprint.write_record(folder / RECORD, made_from, [FILE])
    return few(parts, folder)


def make(directory: Path, folder: Path = FOLDER, n: int = 40) -> None:
    """All of it: chains and training, resumed where ``directory`` has a part of them, the addition, its card."""
    parts = load("miniature")
    taught, of_chains = lessons(parts, directory)
    torch.manual_seed(0)
    settings = {"teacher": f"{TEACHER} in {TEACHER_STEPS}", "times": ", ".join(map(str, TIMES))}
    settings |= {"chains": len(taught["z"]), "sharp": SHARP, "weight": WEIGHT}
    network = fit(directory / "student", student(parts), SETTINGS, loss_of(SETTINGS, parts, taught), settings)
    seconds = of_chains + 60 * core_minutes(directory / "student")
    settings |= {"train": SETTINGS.to_dict(), "seconds": round(seconds), "seconds_of_chains": round(of_chains)}
    errors = {name: error_of(network, parts, lessons(parts, directory, [k])[0]) for name, k in JUDGED.items()}
    settings |= {"errors": {name: round(each, 4) for name, each in errors.items()}, "machine": machine()}
    distil_card.write(parts, publish(parts, network.added, settings, folder), folder, n)
