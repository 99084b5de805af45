"""Programs of ``on_accelerator`` that need a trained or a published kind of model: what each returns is compared."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import tiny_parts
import torch
from small_networks import draw

from diffusion_lib.stable_diffusion.arguments import NAMES
from diffusion_lib.stable_diffusion.attention import recorded
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.pipeline import generate
from diffusion_lib.stable_diffusion.prompt import tokenize
from diffusion_lib.stable_diffusion.prompt_to_prompt import prompt_to_prompt
from diffusion_lib.train import TrainConfig
from models.adapters import control_adapter, finetune_data, low_rank, shipped, textual_inversion
from models.few_steps import distil as small_distil
from models.few_steps import distilled

CONFIG = TrainConfig(steps=3, batch_size=8, lr=1e-3, ema_decay=0.5, precision="float32")


def pipeline(device):
    """A tiny model in the published format with its safety checker: every sampler, an edited image, two prompts."""
    with tempfile.TemporaryDirectory() as folder:
        parts = load(tiny_parts.save_checker(tiny_parts.save(Path(folder))), device=device)
    options = {"seed": 0, "steps": 2, "dim": 64}
    found = [generate(parts, "a dog", sampler=sampler, **options)[0] for sampler in NAMES]
    init, mask = found[0].image, found[0].image.convert("L").point(lambda level: 255 * (level > 100))
    found += generate(parts, ["a hat", "a dog"], negative="red", g=3, init=init, mask=mask, **options)
    latents = prompt_to_prompt(parts, "a dog", "a hat", g=2, seed=0, steps=2)
    with recorded(parts.unet) as record:
        generate(parts, "a dog", **options)
    return [*(image.latents for image in found), latents, record.maps(8)]


def painting(device):
    """The miniature, its one-step student, and an edited image with a mask."""
    parts = load("miniature", device=device)
    options = {"seed": 0, "steps": 2, "dim": 64}
    (first,) = generate(parts, "a red dog", **options)
    (edited,) = generate(parts, "a red dog", init=first.image, mask=first.image.convert("L"), **options)
    (student,) = generate(distilled(parts), "a red dog", g=1, seed=0, steps=1, dim=64, sampler="ddim")
    return [image.latents for image in (first, edited, student)]


def adapters(device):
    """LoRA, a learned word, a control by edges, and the losses by which they learn."""
    parts = shipped.named(load("miniature", device=device))
    config = replace(CONFIG, batch_size=2)
    data = finetune_data.encode(parts, finetune_data.pets(2, 0), finetune_data.captions)
    unet = low_rank.begin(parts.unet, 1, seed=0)
    found = [
        torch.tensor(finetune_data.learn(low_rank.trained(unet), finetune_data.loss_of(parts, unet, data, 2), config))
    ]
    row = textual_inversion.begin(parts, finetune_data.LIKE)
    with textual_inversion.substituted(parts, finetune_data.WORD, row):
        found += [torch.tensor(finetune_data.learn([row], finetune_data.loss_of(parts, parts.unet, data, 2), config))]
    network, losses = shipped.edges(parts, config, scenes=2)
    found += [torch.tensor(losses), *network.parameters()]
    steered = control_adapter.Controlled(parts.unet, shipped.read_edges(), control_adapter.edge_data(parts, 2, 0).edges)
    changed = low_rank.applied(textual_inversion.applied(parts, finetune_data.WORD, row), shipped.read_rex())
    ids = tokenize(parts.tokenizer, ["a rex"] * 2).ids.to(device)
    t, context = torch.tensor([700, 30]).to(device), parts.text_encoder(ids)[0]
    found += [unet(data.z, t, encoder_hidden_states=context).sample for unet in (steered.unet, changed.unet)]
    return [*found, steered(data.z, t, encoder_hidden_states=context, return_dict=False)[0]]


def student(device):
    """The loss and the gradient of the miniature's student in one step."""
    parts = load("miniature", device=device)
    torch.manual_seed(0)
    made = small_distil.student(parts, 2)
    z = draw(2, *parts.latent_shape(), device="cpu")
    data = {"x_T": z, "z": 0.5 * z, "ids": tokenize(parts.tokenizer, ["a red dog"] * 2).ids.int()}
    config = replace(small_distil.SETTINGS, batch_size=2, precision="float32")
    loss = small_distil.loss_of(config, parts, data)(made, small_distil.SHARP, torch.Generator().manual_seed(0))
    loss.backward()
    return [loss, *(p.grad for p in made.parameters() if p.requires_grad)]


MODELS = {"pipeline": pipeline, "painting": painting, "adapters": adapters, "student": student}
