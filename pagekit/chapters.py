"""The chapters, what each needs, and three orders to read them in; drawn as the map of the introduction.

A chapter is one line.  ``needs`` are the chapters that its page names in the line "You need"; a test compares them, and
the names with the table of contents.  The map leaves out what follows from the rest: who needs the bound needs what the
bound needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from diffusion_lib.errors import check_choice

from .diagram import draw
from .layout import Arrow, Box

PARTS = {"derivations": "learned", "experiments": "fixed", "latent": "data", "beyond": "result"}  # their colours
ROWS = 8.0  # points between them


@dataclass(frozen=True)
class Chapter:
    part: str
    title: str
    needs: tuple[str, ...]


CHAPTERS = {
    "probability": Chapter("derivations", "Probability", ()),
    "divergences": Chapter("derivations", "Divergences", ("probability",)),
    "vae": Chapter("derivations", "VAE", ("probability", "divergences")),
    "forward-process": Chapter("derivations", "Forward process", ("probability",)),
    "two-scales": Chapter("derivations", "Two scales", ("forward-process",)),
    "schedules": Chapter("derivations", "Schedules", ("forward-process",)),
    "reverse-posterior": Chapter("derivations", "Reverse posterior", ("forward-process", "probability")),
    "reverse-variance": Chapter("derivations", "Reverse variance", ("reverse-posterior",)),
    "variational-bound": Chapter("derivations", "Variational bound", ("divergences", "forward-process")),
    "bound-and-likelihood": Chapter("derivations", "Bound, likelihood", ("variational-bound",)),
    "simple-loss": Chapter("derivations", "Simple loss", ("variational-bound", "reverse-posterior")),
    "weights-and-bits": Chapter("derivations", "Weights and bits", ("simple-loss",)),
    "score": Chapter("derivations", "Score", ("probability", "forward-process")),
    "sampling-steps": Chapter("derivations", "Sampling steps", ("forward-process", "reverse-posterior", "score")),
    "flow-and-multistep": Chapter("derivations", "Flow, multistep", ("sampling-steps", "score")),
    "guidance": Chapter("derivations", "Guidance", ("score",)),
    "guided-samples": Chapter("derivations", "Guided samples", ("guidance", "flow-and-multistep")),
    "proofs": Chapter("derivations", "Proofs in Rocq", ("forward-process", "variational-bound")),
    "vae-experiments": Chapter("experiments", "VAE on digits", ("vae", "divergences")),
    "toy-ddpm": Chapter("experiments", "A toy DDPM", ()),
    "exact-oracle": Chapter("experiments", "Exact oracle", ("toy-ddpm", "simple-loss")),
    "samplers": Chapter("experiments", "Samplers", ("toy-ddpm", "sampling-steps", "flow-and-multistep")),
    "sgd-vs-bgd": Chapter("experiments", "SGD against BGD", ("toy-ddpm",)),
    "ddpm-experiments": Chapter("experiments", "DDPM in miniature", ("toy-ddpm", "simple-loss")),
    "autoencoder": Chapter("latent", "Autoencoder", ("vae", "forward-process")),
    "text-encoder": Chapter("latent", "Text encoder", ("probability", "divergences")),
    "unet-and-scheduler": Chapter("latent", "U-Net, scheduler", ("sampling-steps", "autoencoder", "text-encoder")),
    "latent-pipeline": Chapter(
        "latent", "Latent pipeline", ("autoencoder", "text-encoder", "unet-and-scheduler", "guidance")
    ),
    "latent-experiments": Chapter(
        "latent", "Latent experiments", ("simple-loss", "guidance", "autoencoder", "toy-ddpm")
    ),
    "continuous-time": Chapter("beyond", "Continuous time", ("score", "flow-and-multistep", "weights-and-bits")),
    "flow-matching": Chapter("beyond", "Flow matching", ("score", "flow-and-multistep")),
    "fast-samplers": Chapter("beyond", "Fast samplers", ("flow-and-multistep", "samplers")),
    "few-steps": Chapter("beyond", "Few steps", ("sampling-steps", "simple-loss", "score", "latent-experiments")),
    "editing": Chapter("beyond", "Editing", ("guidance", "sampling-steps", "latent-pipeline")),
    "schedules-and-variances": Chapter("beyond", "New schedules", ("schedules", "reverse-variance", "exact-oracle")),
    "transformers": Chapter("beyond", "Transformers", ("unet-and-scheduler", "exact-oracle")),
    "adapting": Chapter("beyond", "Adapting", ("vae", "guidance", "latent-pipeline")),
}
PATHS = {
    "mathematician": (
        "probability",
        "divergences",
        "vae",
        "forward-process",
        "two-scales",
        "schedules",
        "reverse-posterior",
        "reverse-variance",
        "variational-bound",
        "bound-and-likelihood",
        "simple-loss",
        "weights-and-bits",
        "score",
        "sampling-steps",
        "flow-and-multistep",
        "guidance",
        "guided-samples",
        "proofs",
    ),
    "practitioner": (
        "toy-ddpm",
        "samplers",
        "sgd-vs-bgd",
        "autoencoder",
        "text-encoder",
        "unet-and-scheduler",
        "latent-pipeline",
        "latent-experiments",
    ),
    "article": (
        "vae",
        "forward-process",
        "reverse-posterior",
        "variational-bound",
        "simple-loss",
        "sgd-vs-bgd",
        "autoencoder",
        "text-encoder",
        "unet-and-scheduler",
        "latent-pipeline",
        "handwritten",
        "errata",
    ),
}


def all_needs(name: str, chapters: Mapping[str, Chapter] = CHAPTERS) -> set[str]:
    """What must be read before a chapter, directly or not; ``ConfigError`` for a chapter that does not exist."""
    check_choice("chapter", name, chapters)
    return {name for need in chapters[name].needs for name in (need, *all_needs(need, chapters))}


def direct_needs(name: str, chapters: Mapping[str, Chapter] = CHAPTERS) -> list[str]:
    """The needs of a chapter that do not follow from its others."""
    needs = chapters[name].needs
    return [one for one in needs if not any(one in all_needs(other, chapters) for other in needs)]


def places(chapters: Mapping[str, Chapter] = CHAPTERS) -> dict[str, tuple[int, int]]:
    """(column, row) of each chapter, no higher than what it needs; experiments and latent diffusion stand right."""
    found: dict[str, tuple[int, int]] = {}
    free = [0, 0]
    for name, chapter in chapters.items():
        column = int(chapter.part in ("experiments", "latent"))
        row = max([free[column], *(found[need][1] for need in chapter.needs if need in found)])
        found[name] = (column, row)
        free[column] = row + 1
    return found


def diagram(chapters: Mapping[str, Chapter] = CHAPTERS) -> tuple[dict[str, Box], list[Arrow]]:
    """The boxes and arrows of the map: inside a column beside it, from one to the other between them.

    What is beyond the article has no arrows: they come from everywhere, and would make the map too wide for a phone.
    """
    at = places(chapters)
    boxes = {name: Box(chapter.title, at[name], PARTS[chapter.part]) for name, chapter in chapters.items()}
    arrows = []
    for name in (name for name, chapter in chapters.items() if chapter.part != "beyond"):
        for need in direct_needs(name, chapters):
            (here, above), (there, below) = at[need], at[name]
            route = "step" if here != there else "straight" if below == above + 1 else ("before", "after")[here]
            arrows.append(Arrow(need, name, route=route, kind=PARTS[chapters[need].part]))
    return boxes, arrows


def chapter_map(chapters: Mapping[str, Chapter] = CHAPTERS) -> Figure:
    """The map as a figure."""
    return draw(*diagram(chapters), even=True, gap=ROWS)
