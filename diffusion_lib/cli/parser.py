"""The command line: ``diffusion COMMAND``, or ``python -m diffusion_lib COMMAND``; ``--help`` lists the commands.

``--help`` needs this module only; PyTorch is imported by the command that needs it.  What the library raises on
purpose, and what the operating system refuses, becomes one line on stderr and exit status 2.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from types import ModuleType
from typing import Any, NoReturn, get_type_hints

from pagekit import parameters, rerun, sweep

from .. import __version__
from ..errors import DiffusionLibError
from ..registry import DATASETS, SAMPLERS, SCHEDULES
from ..train.config import TrainConfig
from . import images

PROGRAM = "diffusion"  # the script that pip installs
STEPS = "1 to T; NFE per step: 1, heun and dpm2 2, langevin 10 (default: 50, or T if less)"


class Parser(argparse.ArgumentParser):
    """One line for an error instead of the whole usage; no abbreviations, which break when an option is added."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.ArgumentDefaultsHelpFormatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser() -> Parser:
    """Return the parser; each command's function is the argument ``run``."""
    top = Parser(prog=PROGRAM, description=f"diffusion {__version__}: diffusion models, from schedule to sample")
    top.add_argument("--version", action="version", version=f"diffusion {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    _train(commands.add_parser("train", help="train a model, with checkpoints to resume from"))
    _sample(commands.add_parser("sample", help="sample from a trained model"))
    plain = argparse.HelpFormatter  # the texts of these state their default values
    images.add_image(commands.add_parser("image", help="generate an image from a prompt", formatter_class=plain))
    images.add_remake(
        commands.add_parser("remake", help="make an image again from its own file", formatter_class=plain)
    )
    _train_latent(commands.add_parser("train-latent", help="train the miniature Stable Diffusion from scratch"))
    again = commands.add_parser("rerun", help="run a chapter of the book with other parameters", formatter_class=plain)
    rerun.add_arguments(again)
    again.set_defaults(run=rerun.main)
    grid = commands.add_parser("sweep", help="run a chapter on a grid of parameters", formatter_class=plain)
    sweep.add_arguments(grid)
    grid.set_defaults(run=sweep.main)
    doctor = commands.add_parser("doctor", help="show versions, device, data, weights, and what works offline")
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.set_defaults(run=_doctor)
    return top


def _train(command: Parser) -> None:
    command.add_argument(
        "--data",
        required=True,
        default=argparse.SUPPRESS,
        metavar="NAME",
        help=f"{', '.join(DATASETS)}, or a folder of images, whose subfolders are classes",
    )
    command.add_argument(
        "--size",
        type=int,
        default=argparse.SUPPRESS,
        help="side in pixels to which the central squares of the images in a folder are resized",
    )
    command.add_argument(
        "--out", required=True, default=argparse.SUPPRESS, metavar="DIR", help="directory for checkpoints and log.jsonl"
    )
    command.add_argument("--schedule", default="linear", help=", ".join(SCHEDULES))
    command.add_argument("--T", type=int, default=1000, help="steps of the forward process")
    types = get_type_hints(TrainConfig)
    for setting in fields(TrainConfig):
        flag = {"action": "store_true"} if types[setting.name] is bool else {"type": types[setting.name]}
        option = f"--{setting.name.replace('_', '-')}"
        command.add_argument(option, default=setting.default, help=setting.metadata["help"], **flag)
    command.add_argument("--save-every", type=int, default=500, metavar="STEPS", help="steps between checkpoints")
    command.add_argument("--device", default="auto", help="auto, cuda, mps, cpu")
    command.add_argument("--resume", action="store_true", help="go on from DIR's latest checkpoint, if it has one")
    command.add_argument("--tensorboard", action="store_true", help="also log to DIR/tensorboard")
    command.set_defaults(steps=2000, run=lambda args: _commands().train(args))


def _sample(command: Parser) -> None:
    command.add_argument(
        "--from",
        required=True,
        default=argparse.SUPPRESS,
        metavar="DIR",
        dest="source",
        help="directory that train wrote",
    )
    command.add_argument(
        "--out", required=True, default=argparse.SUPPRESS, metavar="FILE", help=".safetensors (tensor x_0) or .png"
    )
    command.add_argument("--n", type=int, default=16, help="number of samples")
    command.add_argument("--sampler", default="ddim", help=", ".join(SAMPLERS))
    command.add_argument("--steps", type=int, default=argparse.SUPPRESS, help=STEPS)
    command.add_argument("--seed", type=int, default=0, help="of the noise")
    command.add_argument(
        "--label",
        type=int,
        default=argparse.SUPPRESS,
        help="class of all samples, for a network that was trained with labels",
    )
    command.add_argument(
        "--g",
        type=float,
        default=argparse.SUPPRESS,
        help="guidance weight for the class; 1, no guidance, unless it is given",
    )
    command.add_argument("--device", default="auto", help="auto, cuda, mps, cpu")
    command.set_defaults(run=lambda args: _commands().sample(args))


def _train_latent(command: Parser) -> None:
    command.add_argument(
        "--out", required=True, default=argparse.SUPPRESS, metavar="DIR", help="directory of the run; in it, miniature"
    )
    command.add_argument(
        "--vae-steps",
        type=int,
        nargs=2,
        default=(9000, 11_000),
        metavar="STEPS",
        help="gradient steps of the autoencoder's two runs, the second for the edges",
    )
    command.add_argument(
        "--unet-steps",
        type=int,
        nargs=4,
        default=(10_000, 10_000, 10_000, 5000),
        metavar="STEPS",
        help="gradient steps of the four runs of text encoder and U-Net",
    )
    command.add_argument("--images", type=int, default=40_000, help="images that the U-Net sees in a run")
    command.add_argument("--n", type=int, default=500, help="images for each line of the model card")
    command.add_argument("--trial", type=int, default=60, help="images for each guidance that is tried")
    command.add_argument("--seed", type=int, default=0, help="of weights, images and noise")
    command.add_argument("--precision", default="bfloat16", help="auto, float32, bfloat16")
    command.add_argument("--save-every", type=int, default=250, metavar="STEPS", help="steps between checkpoints")
    command.add_argument("--device", default="auto", help="auto, cuda, mps, cpu")
    command.add_argument("--resume", action="store_true", help="go on from DIR's latest checkpoint, if it has one")
    command.set_defaults(run=_run_train_latent)


def _run_train_latent(args: argparse.Namespace) -> int:
    from models.miniature import train_latent

    return train_latent.train_latent(args)


def _commands() -> ModuleType:
    from . import commands

    return commands


def _doctor(args: argparse.Namespace) -> int:
    from . import doctor

    return doctor.doctor(args)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):  # a path may hold bytes that no text has
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        args = parser().parse_args(parameters.join_pairs(sys.argv[1:] if argv is None else argv))
        return args.run(args)
    except BrokenPipeError:  # whoever read has gone, as in `doctor | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except (DiffusionLibError, OSError, MemoryError) as error:
        print(f"{type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
