"""Programs over the whole library, each of which must give the same numbers on the accelerator as on the CPU.

A program takes the name of a device and returns tensors.  The emulated accelerator computes with the kernels of the
CPU, so that the numbers are equal up to rounding.
"""

from __future__ import annotations

import tempfile
import traceback
from dataclasses import replace

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from diffusion_lib import evaluate, process, sample
from diffusion_lib import networks as networks
from diffusion_lib.data import digit_labels, digits
from diffusion_lib.errors import ConfigError
from diffusion_lib.sample.ancestral import generators
from diffusion_lib.sample.editing import Inpainted
from diffusion_lib.sample.multistep_consistency import multistep_consistency
from diffusion_lib.stable_diffusion.arguments import SAMPLERS
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.pipeline import generate
from diffusion_lib.stable_diffusion.prompt import tokenize
from diffusion_lib.train import TrainConfig, TrainState, checkpoint, distil, train
from models.adapters import control_adapter, finetune_data, low_rank, shipped, textual_inversion
from models.few_steps import distil as small_distil
from models.few_steps import few

SCHEDULE = process.linear(20)
WORLD = evaluate.GaussianMixture([[-1.0, 0.5], [1.2, -0.3]], [0.4, 0.6], [0.3, 0.7])
CONFIG = TrainConfig(steps=3, batch_size=8, lr=1e-3, ema_decay=0.5, precision="float32")


def draw(*shape, device, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype).to(device)


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
    return [torch.tensor(losses), other.ema_denoiser()(x, t), parameters_to_vector(state.denoiser.parameters())]


def samplers(device):
    """All samplers from one noise, with a network and with the oracle, as far as they take integer times."""
    model, found = network("mlp", device), []
    x_T, coins = draw(5, 2, device=device), lambda: torch.Generator().manual_seed(1)
    deterministic = (sample.ddim, sample.euler, sample.heun, sample.lms, sample.dpm2, sample.dpmpp, sample.unipc)
    random = (sample.ddpm, multistep_consistency, sample.langevin, sample.repaint)
    for denoiser in (model, WORLD.denoiser(SCHEDULE)):
        found += [sample.last(one(denoiser, x_T, SCHEDULE, steps=5)) for one in deterministic]
        found += [sample.last(one(denoiser, x_T, SCHEDULE, steps=5, generator=coins())) for one in random]
        found.append(sample.last(sample.ddpm(denoiser, x_T, SCHEDULE, steps=5, generator=generators(0, 5))))
        found.append(sample.last(sample.invert(denoiser, x_T, SCHEDULE, steps=5)))
        mask = torch.tensor([[True, False]]).to(device)
        inpainted = Inpainted(denoiser, SCHEDULE, torch.zeros_like(x_T), mask)
        found.append(sample.last(sample.ddim(inpainted, x_T, SCHEDULE, steps=5)))
    guided = process.GuidedByLabel(network("unet", device, classes=3), torch.tensor([0, 2]).to(device), 2.0)
    found.append(sample.last(sample.ddim(guided, draw(2, 1, 8, 8, device=device), SCHEDULE, steps=2)))
    path = process.Path.named("flow")
    steps = sample.follow(lambda x, t: WORLD.velocity(path, x, t), x_T, sample.even_times(4), method="rk4")
    found.append(sample.last(steps))
    times = sample.even_times(4, start=0.9)
    found.append(sample.last(sample.sde(WORLD.denoiser(path), x_T, path, times, generator=coins())))
    return found


def evaluation(device):
    """Oracle, bound, likelihood, distances, features and the exact chain, of tensors on the device."""
    x, y = (draw(40, 2, device=device, seed=seed, dtype=torch.float64) for seed in (0, 1))
    t = torch.arange(1, 21).repeat(2).to(device)
    path = process.Path.named("flow")
    found = [WORLD.score(SCHEDULE, x, t), WORLD.log_density(SCHEDULE, x, t), WORLD.clean_mean(SCHEDULE, x, t)]
    found += [evaluate.log_density(lambda x, t: WORLD.velocity(path, x, t), x, [0.0, 0.5, 1.0]).nats]
    found += [process.vlb(WORLD.denoiser(SCHEDULE), SCHEDULE, x, torch.zeros(20, 40, 2).to(x), levels=None).total]
    distances = (evaluate.sliced_wasserstein, evaluate.energy_distance, evaluate.frechet_distance)
    found += [torch.tensor([distance(x, y) for distance in distances])]
    found += [torch.tensor(evaluate.memorisation(x, y, x + 1)[:3])]
    chain, line = evaluate.GaussianChain.best(SCHEDULE, 0.5), x[:, :1]
    found += [chain.denoiser(line, t), chain.log_p(line), chain.gap(line), chain.bound(line), chain.terms(line)]
    images, labels = digits("test").to(device), digit_labels("test").to(device)
    space = evaluate.train_features(images, labels, features=4, width=4, steps=3)
    found += [space(images), space.predict(images), torch.tensor(space.accuracy(images, labels))]
    return [*found, space(images.cpu())]


def distillation(device):
    """The losses of all four kinds of student, and their gradients."""
    student, teacher = network("mlp", device), network("mlp", device, prediction="eps")
    x, eps = draw(4, 2, device=device), draw(4, 2, device=device, seed=1)
    t, m, s = (torch.tensor(times).to(device) for times in ([20, 12, 8, 4], [15, 8, 5, 2], [10, 4, 2, 0]))
    x_t = process.add_noise(SCHEDULE, x, t, eps)
    losses = [
        distil.progressive_loss(student, teacher, SCHEDULE, x_t, t, m, s),
        distil.consistency_loss(student, SCHEDULE, x, t, s, eps),
        distil.consistency_loss(student, SCHEDULE, x, t, s, eps, teacher),
        distil.matching_loss(teacher, student, SCHEDULE, x.requires_grad_(), t, eps),
    ]
    sum(losses).backward()
    return [*losses, x.grad, *(p.grad for p in student.parameters())]


def painting(device):
    """The miniature by every sampler, with its one-step student, an edited picture and a mask."""
    parts = load("miniature", device=device)
    options = {"seed": 0, "steps": 2, "dim": 64}
    (first,) = generate(parts, "a red dog", **options)
    found = [generate(parts, "a red dog", sampler=sampler, **options)[0].latents for sampler in SAMPLERS]
    found += [generate(parts, "a red dog", init=first.image, mask=first.image.convert("L"), **options)[0].latents]
    return [*found, generate(few(parts), "a red dog", g=1, seed=0, steps=1, dim=64, sampler="ddim")[0].latents]


def adapters(device):
    """LoRA, a learned word, a control by edges, and the losses by which they learn."""
    parts = shipped.named(load("miniature", device=device))
    config = replace(CONFIG, batch_size=2)
    taught = finetune_data.lesson(parts, finetune_data.pets(2, 0), finetune_data.told)
    unet = low_rank.begin(parts.unet, 1, seed=0)
    found = [
        torch.tensor(finetune_data.learn(low_rank.trained(unet), finetune_data.loss_of(parts, unet, taught, 2), config))
    ]
    row = textual_inversion.begin(parts, finetune_data.LIKE)
    with textual_inversion.spoken(parts, finetune_data.WORD, row):
        found += [torch.tensor(finetune_data.learn([row], finetune_data.loss_of(parts, parts.unet, taught, 2), config))]
    network, losses = shipped.edges(parts, config, scenes=2)
    found += [torch.tensor(losses), *network.parameters()]
    steered = control_adapter.Controlled(
        parts.unet, shipped.read_edges(), control_adapter.edge_lesson(parts, 2, 0).edges
    )
    changed = low_rank.applied(textual_inversion.applied(parts, finetune_data.WORD, row), shipped.read_rex())
    ids = tokenize(parts.tokenizer, ["a rex"] * 2).ids.to(device)
    t, context = torch.tensor([700, 30]).to(device), parts.text_encoder(ids)[0]
    found += [unet(taught.z, t, encoder_hidden_states=context).sample for unet in (steered.unet, changed.unet)]
    return [*found, steered(taught.z, t, encoder_hidden_states=context, return_dict=False)[0]]


def student(device):
    """The loss and the gradient of the miniature's student in one step."""
    parts = load("miniature", device=device)
    torch.manual_seed(0)
    made = small_distil.student(parts, 2)
    z = draw(2, *parts.latent_shape(), device="cpu")
    taught = {"x_T": z, "z": 0.5 * z, "ids": tokenize(parts.tokenizer, ["a red dog"] * 2).ids.int()}
    config = replace(small_distil.SETTINGS, batch_size=2, precision="float32")
    loss = small_distil.loss_of(config, parts, taught)(made, small_distil.SHARP, torch.Generator().manual_seed(0))
    loss.backward()
    return [loss, *(p.grad for p in made.parameters() if p.requires_grad)]


def refusals(device):
    """Times and labels out of range are refused before a kernel reads a table; afterwards the device still computes."""
    unet, x = network("unet", device, classes=3), torch.zeros(2, 1, 8, 8, device=device)
    t, label = torch.tensor([1, 20]).to(device), torch.tensor([-1, 2]).to(device)
    state = TrainState.create(unet, CONFIG, device)
    asked = [
        lambda: unet(x, t + 1, label),
        lambda: unet(x, t - 1, label),
        lambda: unet(x, t, label + 1),
        lambda: unet(x, t, label - 1),
        lambda: unet(x, t.cpu() if device != "cpu" else t.int(), label),
        lambda: SCHEDULE.gather("alpha_bar", t + 1, x),
        lambda: process.add_noise(SCHEDULE, x, t + 1, x),
        lambda: sample.last(sample.ddim(process.GuidedByLabel(unet, label + 2), x, SCHEDULE, steps=1)),
        lambda: train(state, x, SCHEDULE, CONFIG, labels=label + 1),
        lambda: evaluate.GaussianChain.best(SCHEDULE, 0.5).denoiser(x.flatten(1)[:, :1], t + 1),
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
    **{"samplers": samplers, "evaluation": evaluation, "distillation": distillation},
    **{"refusals": refusals, "painting": painting, "adapters": adapters, "student": student, "forgotten": forgotten},
}


def fault(name: str, accelerator: str) -> str:
    """What is wrong with a program on the accelerator; "" if its numbers are those of the CPU."""
    expected = PROGRAMS[name]("cpu")
    try:
        found = PROGRAMS[name](accelerator)
    except Exception as error:
        place = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        return f"{type(error).__name__}: {error} ({' '.join(place[-6:])})"
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        if not torch.allclose(one.detach().cpu().double(), other.detach().double(), rtol=1e-3, atol=1e-3):
            return f"number {number} differs by {(one.detach().cpu() - other.detach()).abs().max()}"
    return ""
