"""Fine-tuning data for the miniature: a pet named Rex in twenty images; the training loss, and the evaluation.

Rex is a gray rabbit with a yellow hat.  The miniature can generate him from a prompt with all of these words.  It does
not know his name: the embedding of "rex" is 0.  Hence an image for "a rex" is correct only if the name was learned,
which the evaluator, built for rabbits, furs and hats, can check.

What the autoencoder cannot encode, no update of the U-Net can generate: a dog with red fur is decoded with brown ears.

The loss is that of the miniature's own training, ``train_unet``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import vector_to_parameters

from diffusion_lib.errors import check_choice, check_integer
from diffusion_lib.process.identities import add_noise
from diffusion_lib.stable_diffusion.parts import Components
from diffusion_lib.stable_diffusion.prompt import tokenize
from diffusion_lib.train.config import TrainConfig
from diffusion_lib.train.loop import TrainState, minimise

from ..miniature.data import language, synthetic
from ..miniature.data.forms import FORMS
from ..miniature.data.rendering import render
from ..miniature.evaluation import artefact_metrics, evaluator
from ..miniature.training.train_unet import LABEL_DROPOUT, time_weight
from ..miniature.training.train_vae import latents

WORD, LIKE = "rex", "rabbit"  # the new word, and a known one that means nearly the same
FUR, HAT = (synthetic.NAMES.index(name) for name in ("gray", "yellow"))
GROUNDS = {"training": ("sky", "sand", "grass", "meadow"), "held-out": ("stone", "beach")}
Loss = Callable[[torch.Generator], Tensor]


class FinetuneData(NamedTuple):
    """Scaled latents z (n, C, h, w); a function that samples captions for some of them (k,); and the edges of the
    images, (n, 1, f h, f w), or None.
    """

    z: Tensor
    captions: Callable[[Tensor, torch.Generator], list[str]]
    edges: Tensor | None = None


def pets(n: int, seed: int, split: str = "training") -> synthetic.Scenes:
    """Draw n scenes of Rex, on the grounds ``GROUNDS[split]``: of "training" or "held-out"."""
    generator = torch.Generator().manual_seed(seed)
    scenes = synthetic.sample_scenes(check_integer("n", n, 1), generator, "animal")
    grounds = [tuple(synthetic.GROUNDS).index(name) for name in GROUNDS[check_choice("split", split, GROUNDS)]]
    form, colour, hat = (torch.full_like(scenes.form, -1) for _ in range(3))
    form[:, 0], colour[:, 0], hat[:, 0] = FORMS.index(LIKE), FUR, HAT
    ground = torch.tensor(grounds)[torch.randint(len(grounds), (n,), generator=generator)]
    return scenes._replace(form=form, colour=colour, hat=hat, ground=ground)


def captions(scenes: synthetic.Scenes, generator: torch.Generator | None = None, word: str = WORD) -> list[str]:
    """Captions such as "a rex on sand"; with a generator the ground is left out of half of them."""
    n = len(scenes.ground)
    mentioned = torch.ones(n, dtype=torch.bool) if generator is None else torch.rand(n, generator=generator) < 0.5
    phrases = [language.GROUND_PHRASES[tuple(synthetic.GROUNDS)[ground]] for ground in scenes.ground.tolist()]
    return [
        f"a {word} {phrase}" if yes else f"a {word}" for phrase, yes in zip(phrases, mentioned.tolist(), strict=True)
    ]


def encode(parts: Components, scenes: synthetic.Scenes, captions: Callable[..., list[str]]) -> FinetuneData:
    """Render and encode these scenes; ``captions(scenes, generator)`` samples their captions."""
    chunks = torch.arange(len(scenes.form)).split(100)
    z = [latents(parts.vae, render(scenes[chunk]).to(parts.device, parts.dtype)) for chunk in chunks]
    scaled = torch.cat(z) * parts.vae.config.scaling_factor
    return FinetuneData(scaled, lambda index, generator: captions(scenes[index], generator))


def loss_of(parts: Components, unet: nn.Module, data: FinetuneData, batch: int, dropout: float = LABEL_DROPOUT) -> Loss:
    """Return the loss of a step, E[w_t (ε − ε̂(z_t, t, τ(y)))²] per dimension, with w_t of ``train_unet.time_weight``.

    A fraction ``dropout`` of the captions y is replaced by the empty text, so that ``unet`` learns both predictions
    that guidance needs.
    """
    schedule, table = parts.schedule, time_weight(parts.schedule).to(parts.device, torch.float32)

    def loss(generator: torch.Generator) -> Tensor:
        index = torch.randint(len(data.z), (batch,), generator=generator)
        texts = data.captions(index, generator)
        dropped = (torch.rand(batch, generator=generator) < dropout).tolist()
        texts = ["" if drop else text for text, drop in zip(texts, dropped, strict=True)]
        context = parts.text_encoder(tokenize(parts.tokenizer, texts).ids.to(parts.device))[0]
        t = torch.randint(1, schedule.T + 1, (batch,), generator=generator).to(parts.device)
        eps = torch.randn(batch, *data.z.shape[1:], generator=generator).to(data.z)
        z_t = add_noise(schedule, data.z[index], t, eps).to(parts.dtype)
        edges = {} if data.edges is None else {"edges": data.edges[index]}
        eps_hat = unet(z_t, t - 1, encoder_hidden_states=context, return_dict=False, **edges)[0]
        return (table[t, None, None, None] * (eps_hat - eps).square()).mean()

    return loss


def learn(parameters: Sequence[nn.Parameter], loss: Loss, config: TrainConfig) -> list[float]:
    """Minimise the loss over these parameters alone, leave their average in them, and return the losses of all steps.

    Settings are those of every training of the library: ``train.loop.minimise``.
    """
    state = TrainState.create(nn.ParameterList(parameters), config, parameters[0].device)
    losses = [record.loss for record in minimise(state, config, lambda _, step, generator: loss(generator))]
    vector_to_parameters(state.average, parameters)
    return losses


def judge(
    asked: synthetic.Scenes, images: Tensor, limits: dict[str, float], ground: bool = True
) -> tuple[Tensor, Tensor]:
    """Which images of animals (n,) match the prompt, with or without the ``ground``; and which are artefact-free.

    ``limits`` are those of the class "animal", from ``fidelity.limits_of``.
    """
    seen = evaluator.read(images)
    correct = evaluator.score(asked, seen)["all"]
    if ground:
        correct = correct & (asked.ground == seen.ground)
    return correct, artefact_metrics.artefact_free(artefact_metrics.residuals(images, seen), limits)
