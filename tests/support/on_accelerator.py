"""Programs over the whole library, each of which must give the same numbers on the accelerator as on the CPU.

A program takes the name of a device and returns tensors.  The emulated accelerator computes with the kernels of the
CPU, so that the numbers are equal up to rounding.
"""

from __future__ import annotations

import tempfile
import traceback
from dataclasses import replace
from pathlib import Path

import accelerator
import torch
from models_on_accelerator import MODELS
from root import ROOT
from small_networks import NETWORKS, SCHEDULE, Students, draw, objectives, small
from torch import nn
from torch.nn.utils import parameters_to_vector

from diffusion_lib import evaluate, networks, process, sample
from diffusion_lib.data import digit_labels, digits
from diffusion_lib.errors import ConfigError
from diffusion_lib.sample.editing import Inpainted
from diffusion_lib.sample.flow import METHODS
from diffusion_lib.sample.multistep_consistency import multistep_consistency
from diffusion_lib.sample.noise import generators
from diffusion_lib.train import TrainConfig, TrainState, checkpoint, train

OURS = f"{ROOT}/diffusion_lib/"
WORLD = evaluate.GaussianMixture([[-1.0, 0.5], [1.2, -0.3]], [0.4, 0.6], [0.3, 0.7])
CONFIG = TrainConfig(steps=3, batch_size=8, lr=1e-3, ema_decay=0.5, precision="float32")


def network(kind, device, classes=0, prediction="v"):
    torch.manual_seed(0)
    table = SCHEDULE.alpha_bar
    if kind == "mlp":
        made = networks.MLP(2, T=20, alpha_bar=table, prediction=prediction)
    else:
        made = {"unet": networks.UNet, "dit": networks.DiT}[kind](
            1, 8, T=20, alpha_bar=table, prediction=prediction, classes=classes
        )
    return made.to(device)


def training(kind, device):
    """Three steps with labels, a checkpoint, one more state that takes it, and the averaged network."""
    data, labels = (digits("train"), digit_labels("train")) if kind != "mlp" else (draw(99, 2, device="cpu"), None)
    classes = 0 if labels is None else 10
    state = TrainState.create(network(kind, device, classes), CONFIG, device)
    losses = [record.loss for record in train(state, data, SCHEDULE, CONFIG, labels=labels)]
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.save(folder, state, {"of": kind})
        other = TrainState.create(network(kind, device, classes), CONFIG, device)
        checkpoint.load_latest(folder, other, {"of": kind})
    longer = replace(CONFIG, steps=4)
    for each in (state, other):
        losses += [record.loss for record in train(each, data.to(device), SCHEDULE, longer, labels=labels)]
    x, t = data[:4].to(device), torch.tensor([1, 5, 9, 20]).to(device)
    return [torch.tensor(losses), other.ema_model()(x, t), parameters_to_vector(state.model.parameters())]


def samplers(device):
    """All samplers from one noise, with a network and with the oracle, as far as they take integer times."""
    model, found = network("mlp", device), []
    x_T, coins = draw(5, 2, device=device), lambda: torch.Generator().manual_seed(1)
    deterministic = (sample.ddim, sample.euler, sample.heun, sample.lms, sample.dpm2, sample.dpmpp, sample.unipc)
    random = (sample.ddpm, multistep_consistency, sample.langevin, sample.repaint)
    for predictor in (model, WORLD.noise_predictor(SCHEDULE)):
        found += [sample.last(one(predictor, x_T, SCHEDULE, steps=5)) for one in deterministic]
        found += [sample.last(one(predictor, x_T, SCHEDULE, steps=5, generator=coins())) for one in random]
        found.append(sample.last(sample.ddpm(predictor, x_T, SCHEDULE, steps=5, generator=generators(0, 5))))
        found.append(sample.last(sample.invert(predictor, x_T, SCHEDULE, steps=5)))
        mask = torch.tensor([[True, False]]).to(device)
        inpainted = Inpainted(predictor, SCHEDULE, torch.zeros_like(x_T), mask)
        found.append(sample.last(sample.ddim(inpainted, x_T, SCHEDULE, steps=5)))
    guided = process.GuidedByLabel(network("unet", device, classes=3), torch.tensor([0, 2]).to(device), 2.0)
    found.append(sample.last(sample.ddim(guided, draw(2, 1, 8, 8, device=device), SCHEDULE, steps=2)))
    path = process.make_process("flow")
    for method in METHODS:
        steps = sample.follow(lambda x, t: WORLD.velocity(path, x, t), x_T, sample.even_times(4), method=method)
        found.append(sample.last(steps))
    times = sample.even_times(4, start=0.9)
    found.append(sample.last(sample.sde(WORLD.noise_predictor(path), x_T, path, spacing=times, generator=coins())))
    return found


def evaluation(device):
    """Oracle, bound, likelihood, distances, features and the exact chain, of tensors on the device."""
    x, y = (draw(40, 2, device=device, seed=seed, dtype=torch.float64) for seed in (0, 1))
    t = torch.arange(1, 21).repeat(2).to(device)
    path = process.make_process("flow")
    found = [WORLD.score(SCHEDULE, x, t), WORLD.log_density(SCHEDULE, x, t), WORLD.denoiser(SCHEDULE, x, t)]
    found += [evaluate.log_density(lambda x, t: WORLD.velocity(path, x, t), x, [0.0, 0.5, 1.0]).nats]
    found += [
        process.vlb(WORLD.noise_predictor(SCHEDULE), SCHEDULE, x, torch.zeros(20, 40, 2).to(x), levels=None).total
    ]
    found += [evaluate.vlb_from_mse(SCHEDULE, torch.ones(21).to(device), 2)]
    distances = (evaluate.sliced_wasserstein, evaluate.energy_distance, evaluate.frechet_distance)
    found += [torch.tensor([distance(x, y) for distance in distances])]
    found += [torch.tensor(evaluate.memorisation(x, y, x + 1)[:3])]
    chain, line = evaluate.GaussianChain.best(SCHEDULE, 0.5), x[:, :1]
    found += [chain.noise_predictor(line, t), chain.log_p(line), chain.gap(line), chain.bound(line), chain.terms(line)]
    images, labels = digits("test").to(device), digit_labels("test").to(device)
    space = evaluate.train_features(images, labels, features=4, width=4, steps=3)
    found += [space(images), space.predict(images), torch.tensor(space.accuracy(images, labels))]
    return [*found, space(images.cpu())]


def objective(device):
    """The loss of every objective, of distillation too, and its gradient."""
    students = Students().to(device)
    losses = [loss() for loss in objectives(students, device).values()]
    sum(losses).backward()
    return [*losses, *(p.grad for p in students.parameters())]


def network_calls(device):
    """A call of each network, with labels or words, and the gradient of its parameters."""
    found = []
    for name in NETWORKS:
        network, arguments = small(name)
        answer = network.to(device)(*(each.to(device) for each in arguments))
        (answer / answer.detach().norm()).square().sum().backward()
        found += [answer, *(parameter.grad for parameter in network.parameters())]
    return found


def refusals(device):
    """Times and labels out of range are refused before a kernel reads a table; afterwards the device still computes."""
    unet, x = network("unet", device, classes=3), torch.zeros(2, 1, 8, 8, device=device)
    t, label = torch.tensor([1, 20]).to(device), torch.tensor([-1, 2]).to(device)
    state = TrainState.create(unet, CONFIG, device)
    late, early = label.clone(), t.clone()
    unet(x, early, late)
    late += 1  # what is known of a tensor holds until it changes, also by a view
    early[:1] -= 1
    asked = [
        lambda: unet(x, t, late),
        lambda: unet(x, early, label),
        lambda: unet(x, t + 1, label),
        lambda: unet(x, t - 1, label),
        lambda: unet(x, t, label + 1),
        lambda: unet(x, t, label - 1),
        lambda: unet(x, t.cpu() if device != "cpu" else t.int(), label),
        lambda: SCHEDULE.gather("alpha_bar", t + 1, x),
        lambda: process.add_noise(SCHEDULE, x, t + 1, x),
        lambda: sample.last(sample.ddim(process.GuidedByLabel(unet, label + 2), x, SCHEDULE, steps=1)),
        lambda: train(state, x, SCHEDULE, CONFIG, labels=label + 1),
        lambda: evaluate.GaussianChain.best(SCHEDULE, 0.5).noise_predictor(x.flatten(1)[:, :1], t + 1),
    ]
    for number, one in enumerate(asked):
        try:
            one()
        except ConfigError:
            continue
        raise RuntimeError(f"bad index {number} was not refused")
    return [unet(x, t, label)]


def forgotten(device):
    """A tensor that nobody has moved, planted: the accelerator must refuse it."""
    return [nn.Linear(2, 2).to(device)(torch.ones(1, 2))]


PROGRAMS = {
    **{f"training-{kind}": lambda device, kind=kind: training(kind, device) for kind in ("mlp", "unet", "dit")},
    **{"networks": network_calls, "objectives": objective, "samplers": samplers, "evaluation": evaluation},
    **{"refusals": refusals, "forgotten": forgotten},
    **MODELS,
}


def waits(device):
    """How often each of these waits for the accelerator, to read a number or to copy, after its first steps."""
    labels, x = (torch.arange(8) % 3).to(device), draw(8, 1, 8, 8, device=device)
    unet, t = network("unet", device, classes=3), (1 + torch.arange(8)).to(device)
    training = train(TrainState.create(unet, CONFIG, device), x, SCHEDULE, CONFIG, labels=labels + 0)
    guided = process.GuidedByLabel(network("dit", device, classes=3), labels + 0, 2.0)
    steps = {
        "a call with new times and labels": lambda: unet(x, t, labels),
        "a call with new labels": lambda: unet(x, t, labels + 0),
        "a call with the same times and views of the same labels": lambda: unet(x[:4], t[:4], labels[4:]),
        "a step of training": iter(training),
        "a guided step of ddim": sample.ddim(guided, x, SCHEDULE, steps=4),
        "a step of heun": sample.heun(network("mlp", device), draw(4, 2, device=device), SCHEDULE, steps=4),
    }
    found = []
    for name, step in steps.items():
        if not callable(step):
            next(step), next(step)
        accelerator.WAITS.clear()
        step() if callable(step) else next(step)
        found.append(f"{name}: {accelerator.WAITS.count('read')} reads, {accelerator.WAITS.count('copy')} copies")
    return found


def fault(name: str, device: str) -> str:
    """What is wrong with a program on the accelerator; "" if its numbers are those of the CPU."""
    expected = PROGRAMS[name]("cpu")
    try:
        found = PROGRAMS[name](device)
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if OURS in frame.filename]
        place = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        return f"{type(error).__name__}: {error} ({' '.join(place[-4:])})"
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        if not torch.allclose(one.detach().cpu().double(), other.detach().double(), rtol=1e-3, atol=1e-3):
            return f"number {number} differs by {(one.detach().cpu() - other.detach()).abs().max()}"
    return ""
