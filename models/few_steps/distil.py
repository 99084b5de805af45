r"""The miniature in one step: a student trained to predict the end point of the teacher's trajectory.

The teacher is the miniature itself, with its own guidance, sampled by DPM-Solver++ 2M.  Its trajectory is a function,
of which ``dataset`` holds samples: a noise x_T and a caption y determine latents z.  The student is the same U-Net with
a low-rank update (LoRA).  It learns to predict z in one evaluation, without guidance,

    E ρ(x̂_0(x_t, t, y) − z),     x̂_0 = (x_t − √(1 − ᾱ_t) ε̂) / √ᾱ_t,

most often from the noise itself, and otherwise from x_t = √ᾱ_t z + √(1 − ᾱ_t) x_T at one of the times ``TIMES``, the
states of DDIM for the prediction z.  ρ is the Huber-like smooth absolute value: where two images are possible for
nearly equal noises, the squared error is minimised by their mean, which is not an image, and the absolute error by one
of them.  After ``SHARP`` steps half of each batch has a second target, ``refined``.

This is the target of consistency distillation with the solver run to its end (Song et al. 2023), and without it the
method of Luhman & Luhman 2021.

Sources: Luhman & Luhman 2021, section 2; Song et al. 2023, section 4; Salimans & Ho 2022, section 3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from diffusion_lib.process.identities import add_noise, x_0_from_eps
from diffusion_lib.runtime import fingerprint
from diffusion_lib.runtime.device import autocast
from diffusion_lib.runtime.machine import machine
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last
from diffusion_lib.stable_diffusion.guidance import Guided
from diffusion_lib.stable_diffusion.parts import Components, load
from diffusion_lib.stable_diffusion.pipeline import OWN_G
from diffusion_lib.stable_diffusion.prompt import embed, tokenize
from diffusion_lib.stable_diffusion.weights import RECORD
from diffusion_lib.train.config import TrainConfig
from diffusion_lib.train.run import core_minutes

from ..adapters import low_rank
from ..miniature.training.fit import fit
from . import FILE, FOLDER, distilled, model_card
from .targets import BATCH, MIX, NOISE_SCALE, SHARDS, TEACHER, TEACHER_STEPS, dataset

RANK = 16
TIMES, PROBABILITIES = (1000, 750, 500, 250), (0.85, 0.05, 0.05, 0.05)  # of the states that the student starts from
EVALUATED = {"training": 0, "held_out": SHARDS}  # shards on which the student is evaluated
ROUNDED = 0.1  # width of the quadratic part of ρ
REFINED = (500, 250)  # times of the two steps
SETTINGS = TrainConfig(
    steps=2100, batch_size=64, lr=2.5e-3, ema_decay=0.998, timestep_sampling="uniform", precision="bfloat16", seed=0
)
SHARP, WEIGHT = 1100, 4.0  # steps after which half of each batch has a second target, ``refined``, and its weight


class Student(nn.Module):
    """ε̂(x_t, t, text) of a U-Net from ``low_rank.begin``, of which only the low-rank update is trained."""

    def __init__(self, unet: nn.Module) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, x_t: Tensor, t: Tensor, text: Tensor) -> Tensor:
        """diffusers counts t from 0."""
        return self.unet(x_t, t - 1, text).sample


def student(parts: Components, rank: int = RANK) -> Student:
    """An untrained student of these parts, with low-rank updates at all linear layers and convolutions.

    A is initialised with variance 1 / in.  Attention is written out, as it trains faster on a CPU.
    """
    unet = low_rank.begin(parts.unet, rank, SETTINGS.seed, ("",))
    unet.set_attn_processor(AttnProcessor())
    for name, parameter in unet.named_parameters():
        if "lora_A" in name:
            parameter.data *= 3**0.5  # peft draws with the variance 1 / (3 in)
    return Student(unet)


def loss_of(config: TrainConfig, parts: Components, data: dict[str, Tensor], sharp: int = SHARP):
    """Return the loss of a step, as ``fit`` wants it; after ``sharp`` of them half of a batch has a second target."""
    texts = torch.cat([embed(parts, ids.long()) for ids in data["ids"].split(256)]).half()
    empty = embed(parts, tokenize(parts.tokenizer, "").ids)
    probabilities, times, half = torch.tensor(PROBABILITIES), torch.tensor(TIMES), config.batch_size // 2

    def loss(network: Student, step: int, generator: torch.Generator) -> Tensor:
        index = torch.randint(0, len(texts), (config.batch_size,), generator=generator)
        choice = torch.multinomial(probabilities, config.batch_size, replacement=True, generator=generator)
        drawn = data["x_T"][index].float(), data["z"][index].float(), times[choice], texts[index].float()
        x_T, z, t, text = (each.to(parts.device) for each in drawn)
        x_t = torch.where((t == TIMES[0]).view(-1, 1, 1, 1), x_T, add_noise(parts.schedule, z, t, x_T))
        with autocast(x_t.device, config.precision):
            eps_hat = network(x_t, t, text)
        x_0_hat = x_0_from_eps(parts.schedule, x_t, t, eps_hat.float())
        error = rho(x_0_hat, z)
        if step < sharp:
            return error
        with autocast(x_t.device, config.precision):
            targets = refined(parts, x_0_hat[:half].detach(), text[:half], empty, generator)
        return error + WEIGHT * rho(x_0_hat[:half], targets)

    return loss


def rho(x_0: Tensor, z: Tensor) -> Tensor:
    """The mean of ρ over a batch."""
    return smooth_l1_loss(x_0, z.float(), beta=ROUNDED)


@torch.no_grad()
def error_of(network: Student, parts: Components, data: dict[str, Tensor]) -> float:
    """The mean of ρ from the noise itself, over all chains."""
    found = []
    for ids, x_T, z in zip(*(data[key].split(BATCH) for key in ("ids", "x_T", "z")), strict=True):
        x_T, z = x_T.float().to(parts.device), z.to(parts.device)
        t = torch.full((len(z),), TIMES[0], device=parts.device)
        found.append(rho(x_0_from_eps(parts.schedule, x_T, t, network(x_T, t, embed(parts, ids.long()))), z))
    return float(torch.stack(found).mean())


@torch.no_grad()
def refined(parts: Components, x_0: Tensor, text: Tensor, empty: Tensor, generator: torch.Generator) -> Tensor:
    """The teacher's result from predictions x_0 under fresh noise in two steps: an image near them.

    Of the two scores of distribution matching this is the data's only.  The larger its weight, the more alike the
    images of a caption became: variances .141, .117, .057, .017 at weights 2, 4, 5, 8, in trainings of 1950 to 2250
    steps.
    """
    z = torch.randn(x_0.shape, generator=generator).to(x_0.device)
    noisy = add_noise(parts.schedule, x_0, REFINED[0], z)
    return last(ddim(Guided(parts.unet, text, empty, OWN_G["miniature"]), noisy, parts.schedule, spacing=REFINED))


def publish(parts: Components, lora: dict[str, Tensor], settings: dict[str, Any], folder: Path = FOLDER) -> Components:
    """Write the LoRA weights and the record of what made them; return the parts with them, as ``distilled`` does."""
    low_rank.save(lora, folder / FILE)
    made_from = {"weights": parts.fingerprint, "rank": RANK, **settings}
    fingerprint.write_record(folder / RECORD, made_from, [FILE])
    return distilled(parts, folder)


def make(directory: Path, folder: Path = FOLDER, n: int = 40) -> None:
    """Chains and training, resumed where ``directory`` has a part of them, then the LoRA weights and their card."""
    parts = load("miniature")
    data, of_chains = dataset(parts, directory)
    settings = {
        "teacher": f"{TEACHER} in {TEACHER_STEPS}",
        "noise_scale": NOISE_SCALE,
        "times": ", ".join(map(str, TIMES)),
    }
    settings |= {"mix": list(MIX), "chains": len(data["z"]), "sharp": SHARP, "weight": WEIGHT}
    network = fit(
        directory / "student",
        student(parts),
        SETTINGS,
        loss_of(SETTINGS, parts, data),
        settings,
        device=parts.device,
    )
    seconds = of_chains + 60 * core_minutes(directory / "student")
    settings |= {"train": SETTINGS.to_dict(), "seconds": round(seconds), "seconds_of_chains": round(of_chains)}
    errors = {name: error_of(network, parts, dataset(parts, directory, [k])[0]) for name, k in EVALUATED.items()}
    settings |= {"errors": {name: round(each, 4) for name, each in errors.items()}, "machine": machine()}
    model_card.write(parts, publish(parts, low_rank.numbers(network.unet), settings, folder), folder, n)
