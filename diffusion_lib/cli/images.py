"""The commands ``image`` and ``remake``; PyTorch is imported when one of them runs."""

from __future__ import annotations

import argparse
import re

from ..errors import ConfigError
from ..registry import SAMPLERS
from ..runtime import files

MODELS = "miniature, CompVis/stable-diffusion-v1-4, or a folder of parts"
SAMPLING = f"{', '.join(SAMPLERS)}; each also with -karras at its end, for such levels"


def add_image(command: argparse.ArgumentParser) -> None:
    command.add_argument("prompt", help="what the image shows")
    command.add_argument("--out", required=True, metavar="FILE", help="a .png file; its parameters are stored in it")
    command.add_argument("--model", default="miniature", help=f"{MODELS} (default: miniature)")
    own = "weight of the guidance; 1 is none (default: the model's own, 2 for the miniature, else 7.5)"
    command.add_argument("--g", type=float, help=own)
    command.add_argument("--seed", type=int, help="of the noise (default: drawn, printed and stored)")
    command.add_argument("--steps", type=int, default=50, help="sampling steps, 1 to 1000 (default: 50)")
    size = "side in pixels, a multiple of 8 (of 16 for the miniature), or WIDTHxHEIGHT (default: the model's own)"
    command.add_argument("--dim", type=_dim, metavar="DIM", help=size)
    often = "also write the estimate of the image every so many steps (default: 0, never)"
    command.add_argument("--save-int", type=int, default=0, metavar="STEPS", help=often)
    command.add_argument("--sampler", default="ddpm", help=f"{SAMPLING} (default: ddpm)")
    command.add_argument("--negative", default="", metavar="TEXT", help="what g leads away from (default: nothing)")
    command.add_argument("--init", metavar="FILE", help="an image to start from, as large as the one to make")
    how_much = "how much of it may change, above 0 and up to 1 (default: 0.8; with a mask 1)"
    command.add_argument("--strength", type=float, metavar="S", help=how_much)
    command.add_argument("--mask", metavar="FILE", help="an image, white where --init is regenerated, else black")
    command.add_argument("--dtype", default="float32", help="float32, float16, bfloat16 (default: float32)")
    command.add_argument("--device", default="auto", help="auto, cuda, mps, cpu (default: auto)")
    command.set_defaults(run=image)


def add_remake(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", help="an image that the command image wrote")
    command.add_argument("--out", required=True, metavar="FILE", help="a .png file for the new image")
    command.add_argument("--model", metavar="DIR", help="the folder of the model that made it, if it is one of yours")
    command.add_argument("--init", metavar="FILE", help="the image that it started from, if any")
    command.add_argument("--mask", metavar="FILE", help="the mask that it was made with, if any")
    command.add_argument("--device", default="auto", help="auto, cuda, mps, cpu (default: auto)")
    command.set_defaults(run=remake)


def _dim(text: str) -> int | list[int]:
    """512, or 512x768 for a width and a height; which numbers are allowed depends on the model."""
    if not re.fullmatch(r"-?\d{1,9}(x\d{1,9})?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"must be a side or WIDTHxHEIGHT, as 512 or 512x768, got {text!r}")
    numbers = [int(number) for number in text.split("x")]
    return numbers if len(numbers) == 2 else numbers[0]


def image(args: argparse.Namespace) -> int:
    """Generate an image, and print which model did."""
    target = files.target("out", args.out, (".png",))
    from ..stable_diffusion import arguments, autoencoder, image_file, init_image, parts, pipeline, prompt
    from ..stable_diffusion.model_spec import model_spec

    options = {name: getattr(args, name) for name in ("g", "seed", "steps", "dim", "save_int", "sampler", "negative")}
    parts.check_load(args.dtype, args.device)
    prompt.check_prompts(args.prompt)
    given = _given(args)
    checked = arguments.check_arguments(model_spec(args.model), **options)
    init_image.check_init_image(checked, **given, strength=args.strength)
    loaded = parts.load(args.model, dtype=args.dtype, device=args.device)
    print(loaded)
    (made,) = pipeline.generate(loaded, args.prompt, **options, **given, strength=args.strength)
    for step in made.kept:
        (estimate,) = autoencoder.latents_to_pil(loaded.vae, step.x_0_hat[None])
        files.write(target.with_name(f"{target.stem}-t{step.t:04d}.png"), image_file.png(estimate))
    print(f"wrote {image_file.save(made, target)}, safety checker: {made.parameters['safety']}")
    return 0


def remake(args: argparse.Namespace) -> int:
    """Make an image again from its own file."""
    target = files.target("out", args.out, (".png",))
    from ..stable_diffusion import image_file, parts
    from ..stable_diffusion.weights import PUBLISHED

    found = image_file.parameters(args.file)
    if args.model is None and found["model"] not in ("miniature", *PUBLISHED):
        what = f"{found['model']!r}, a local folder"
        raise ConfigError(f"model must be given, the file was made by {what}; add --model DIR")
    model = found["model"] if args.model is None else args.model
    parts.check_load(found["dtype"], args.device)
    given = _given(args)
    image_file.check(found, model, **given)
    loaded = parts.load(model, dtype=found["dtype"], device=args.device)
    print(loaded)
    print(f"wrote {image_file.save(image_file.remake(args.file, loaded, **given), target)}")
    return 0


def _given(args: argparse.Namespace) -> dict:
    """Read the images that were named."""
    from ..stable_diffusion.init_image import read_image

    return {name: read_image(name, path) for name in ("init", "mask") if (path := getattr(args, name)) is not None}
