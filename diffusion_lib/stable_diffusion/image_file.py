"""An image file that stores how it was made, so that the image can be made again from its file.

The parameters are one JSON object in a text chunk of the PNG.  They identify the model by its fingerprint, a commit or
a sha256 of the weights: another model is refused, and a file never determines what is loaded.  For an initial image and
a mask they hold only a sha256: to make the image again, both must be given, and others are refused.
"""

from __future__ import annotations

import io
import json
import os
import reprlib
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from ..errors import CheckpointMismatch, ConfigError
from ..runtime import files
from ..runtime.device import dtype_name
from . import init_image
from .arguments import check_arguments
from .init_image import BAD_FILE, check_init_image
from .model_spec import LARGEST, model_spec
from .parts import Components
from .pipeline import GeneratedImage, generate
from .prompt import check_prompts

CHUNK = "diffusion_lib"
SETTINGS = ("g", "seed", "steps", "dim", "save_int", "sampler")
OPTIONAL = {"negative": str, "strength": (int, float), "init": str, "mask": str}  # there if the image has one


def save(generated: GeneratedImage, path: str | os.PathLike[str]) -> Path:
    """Write a PNG with the image's parameters; ``ConfigError`` unless the path ends in .png, in a directory."""
    target = files.target("path", path, (".png",))
    info = PngImagePlugin.PngInfo()
    # ASCII, so that any text of a prompt survives every reader
    info.add_text(CHUNK, json.dumps(generated.parameters))
    return files.write(target, png(generated.image, info))


def png(image: Image.Image, info: PngImagePlugin.PngInfo | None = None) -> bytes:
    """The bytes of a PNG file."""
    drawn = io.BytesIO()
    image.save(drawn, format="png", pnginfo=info)
    return drawn.getvalue()


def parameters(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the parameters in an image that ``save`` wrote; ``ConfigError`` for any other file.

    The file is untrusted: its size is checked before its pixels are read, and its parameters before a model is loaded.
    """
    files.regular("file", path)
    try:
        bomb = warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning)
        with bomb, Image.open(path, formats=["PNG"]) as image:
            if max(image.size) > LARGEST:
                raise ValueError(f"{image.width} x {image.height} pixels, of at most {LARGEST} a side")
            image.load()
            if not isinstance(image, PngImagePlugin.PngImageFile):
                raise ValueError("not a PNG")
            found = json.loads(image.text[CHUNK])
    except BAD_FILE as error:
        what = f"got {str(path)!r} ({type(error).__name__}: {str(error)[:200]})"
        raise ConfigError(
            f"the file must be a PNG that holds its parameters, {what}; use one that save wrote"
        ) from None
    names = {"prompt", *SETTINGS, "index", "dtype", "model", "fingerprint"}
    if not isinstance(found, dict) or not names <= found.keys():
        raise ConfigError(f"the parameters in {path} must name {', '.join(sorted(names))}, got {str(found)[:100]!r}")
    _check_types(path, found)
    return found


def _check_types(path: str | os.PathLike[str], found: dict[str, Any]) -> None:
    """A file describes one image completely: no list of prompts, and no seed or side left to chance or to the model."""
    types: dict[str, Any] = dict.fromkeys(("prompt", "sampler", "dtype", "model", "fingerprint"), str)
    types |= dict.fromkeys(("seed", "steps", "save_int", "index"), int) | {"g": (int, float), "dim": (int, list)}
    types |= {name: allowed for name, allowed in OPTIONAL.items() if name in found}
    for name, expected in types.items():
        if not isinstance(found[name], expected) or isinstance(found[name], bool):
            words = {str: "a text", int: "a whole number", (int, list): "one or two whole numbers"}
            allowed = words.get(expected, "a number")
            what = f"got {reprlib.repr(found[name])} of type {type(found[name]).__name__}"
            raise ConfigError(f"{name} in {path} must be {allowed}, {what}; use a file that save wrote")


def check(
    found: dict[str, Any],
    model: str | os.PathLike[str],
    init: Image.Image | None = None,
    mask: Image.Image | None = None,
) -> None:
    """Raise ``ConfigError`` if ``model`` cannot make the image of these parameters; nothing is loaded."""
    check_prompts(found["prompt"])
    _check_given(found, {"init": init, "mask": mask})
    check_init_image(check_arguments(model_spec(model), **_settings(found)), init, mask, found.get("strength"))


def _check_given(found: dict[str, Any], given: dict[str, Image.Image | None]) -> None:
    """The images given must be exactly those that the file names, by the sha256 of their pixels."""
    for name, image in given.items():
        own = (
            init_image.fingerprint(image.convert(init_image.MODES[name][0])) if isinstance(image, Image.Image) else None
        )
        if found.get(name) != own:
            stored = f"the image with the sha256 {found[name]}" if name in found else "left out, as the file has none"
            what = f"got one with {own}" if own else "got none"
            raise ConfigError(f"{name} must be {stored}, {what}; find it: the file does not hold its pixels")


def remake(
    path: str | os.PathLike[str],
    parts: Components,
    init: Image.Image | None = None,
    mask: Image.Image | None = None,
) -> GeneratedImage:
    """Make the image in a PNG file again, with the model, the dtype, the ``init`` and the ``mask`` that made it.

    Raises ``ConfigError`` for a file without parameters or with impossible ones, and for an ``init`` or ``mask`` that
    differs or is missing, ``CheckpointMismatch`` for ``parts`` of another model or in another dtype.
    """
    found = parameters(path)
    _check_given(found, {"init": init, "mask": mask})
    dtype = dtype_name(parts.dtype)
    for name, given in (("fingerprint", parts.fingerprint), ("dtype", dtype)):
        if found[name] != given:
            what = f"was made by {found['model']} in {found['dtype']}, {name} {found[name]}"
            raise CheckpointMismatch(f"{path} {what}; these parts are {parts}, {name} {given}; load those that made it")
    strength, settings = found.get("strength"), _settings(found)
    (generated,) = generate(parts, found["prompt"], init=init, mask=mask, strength=strength, **settings)
    return generated


def _settings(found: dict[str, Any]) -> dict[str, Any]:
    names = {name: found[name] for name in SETTINGS} | {"first": found["index"]}
    return names | {"negative": found.get("negative", "")}
