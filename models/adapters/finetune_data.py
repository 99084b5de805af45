"""A lesson for the miniature: a pet by the name of Rex in twenty images; how it is learned, and how it is judged.

Rex is a gray rabbit with a yellow hat.  The miniature can paint him if it is asked for all of that.  What it does not
know is his name: the embedding of "rex" is 0.  So an image for "a rex" is right where the name was learned, and the
recogniser, which knows rabbits, furs and hats, says so.

What the autoencoder cannot carry, no change of the U-Net brings: a dog with red fur comes back from it with brown ears.

The loss of a lesson is that of the miniature's own training, ``train_unet``.
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
from ..miniature.training.train_unet import DROPPED, time_weight
from ..miniature.training.train_vae import latents

WORD, LIKE = "rex", "rabbit"  # the new word, and a known one that means nearly the same
FUR, HAT = (synthetic.NAMES.index(name) for name in ("gray", "yellow"))
PLACES = {"shown": ("sky", "sand", "grass", "meadow"), "others": ("stone", "beach")}
Loss = Callable[[torch.Generator], Tensor]


class Lesson(NamedTuple):
    """Scaled latents z (n, C, h, w); what says a caption for each of some (k,), in the words of the moment; and the
    edges of the images, (n, 1, f h, f w), if the lesson has some.
    """

    z: Tensor
    captions: Callable[[Tensor, torch.Generator], list[str]]
    edges: Tensor | None = None


def pets(n: int, seed: int, places: str = "shown") -> synthetic.Scenes:
    """Draw n scenes of Rex, on the grounds ``PLACES[places]``; the lesson has those that are "shown"."""
    generator = torch.Generator().manual_seed(seed)
    scenes = synthetic.sample_scenes(check_integer("n", n, 1), generator, "animal")
    grounds = [tuple(synthetic.GROUNDS).index(name) for name in PLACES[check_choice("places", places, PLACES)]]
    form, colour, hat = (torch.full_like(scenes.form, -1) for _ in range(3))
    form[:, 0], colour[:, 0], hat[:, 0] = FORMS.index(LIKE), FUR, HAT
    ground = torch.tensor(grounds)[torch.randint(len(grounds), (n,), generator=generator)]
    return scenes._replace(form=form, colour=colour, hat=hat, ground=ground)


def told(scenes: synthetic.Scenes, generator: torch.Generator | None = None, word: str = WORD) -> list[str]:
    """Say where Rex is, as "a rex on sand"; with a generator the place is left out of half of the captions."""
    n = len(scenes.ground)
    said = torch.ones(n, dtype=torch.bool) if generator is None else torch.rand(n, generator=generator) < 0.5
    places = [language.PLACES[tuple(synthetic.GROUNDS)[ground]] for ground in scenes.ground.tolist()]
    return [f"a {word} {place}" if yes else f"a {word}" for place, yes in zip(places, said.tolist(), strict=True)]


def lesson(parts: Components, scenes: synthetic.Scenes, captions: Callable[..., list[str]]) -> Lesson:
    """The lesson that shows these scenes, painted by the renderer; ``captions(scenes, generator)`` says some."""
    chunks = torch.arange(len(scenes.form)).split(100)
    z = [latents(parts.vae, render(scenes[chunk]).to(parts.device, parts.dtype)) for chunk in chunks]
    scaled = torch.cat(z) * parts.vae.config.scaling_factor
    return Lesson(scaled, lambda index, generator: captions(scenes[index], generator))


def loss_of(parts: Components, unet: nn.Module, taught: Lesson, batch: int, dropped: float = DROPPED) -> Loss:
    """Return the loss of a step, E[w_t (ε − ε̂(z_t, t, τ(y)))²] per dimension, with w_t of ``train_unet.time_weight``.

    A share ``dropped`` of the captions y is replaced by the empty text: so ``unet`` knows both predictions that
    guidance needs.
    """
    schedule, table = parts.schedule, time_weight(parts.schedule).to(parts.device, torch.float32)

    def loss(generator: torch.Generator) -> Tensor:
        index = torch.randint(len(taught.z), (batch,), generator=generator)
        texts = taught.captions(index, generator)
        silent = (torch.rand(batch, generator=generator) < dropped).tolist()
        texts = ["" if drop else text for text, drop in zip(texts, silent, strict=True)]
        context = parts.text_encoder(tokenize(parts.tokenizer, texts).ids.to(parts.device))[0]
        t = torch.randint(1, schedule.T + 1, (batch,), generator=generator).to(parts.device)
        eps = torch.randn(batch, *taught.z.shape[1:], generator=generator).to(taught.z)
        z_t = add_noise(schedule, taught.z[index], t, eps).to(parts.dtype)
        told = {} if taught.edges is None else {"edges": taught.edges[index]}
        eps_hat = unet(z_t, t - 1, encoder_hidden_states=context, return_dict=False, **told)[0]
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
    """Which images of animals (n,) show all that is asked, with the ``ground`` or without; and which are clean.

    ``limits`` are those of the kind "animal", from ``fidelity.limits_of``.
    """
    seen = evaluator.read(images)
    right = evaluator.score(asked, seen)["all"]
    if ground:
        right = right & (asked.ground == seen.ground)
    return right, artefact_metrics.clean(artefact_metrics.left(images, seen), limits)
