"""A picture file that knows how it was made, so that it can be made again from itself.

The parameters are one JSON object in a text chunk of the PNG.  They name the model by its fingerprint, a commit or a
sha256 of the weights: another model is refused, and a file never decides what is loaded.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from ..errors import CheckpointMismatch, ConfigError
from .parts import Parts
from .pipeline import Picture, draw

CHUNK = "diffusion_lib"
ARGUMENTS = ("prompt", "g", "seed", "steps", "dim", "save_int", "sampler")


def save(picture: Picture, path: str | os.PathLike[str]) -> Path:
    """Write a PNG with the picture's parameters; ``ConfigError`` unless the path ends in .png, in a directory."""
    target = Path(path)
    if target.suffix != ".png" or not target.parent.is_dir() or target.is_dir():
        raise ConfigError(f"path must be a .png file in a directory that exists, got {str(path)!r}; correct it")
    info = PngImagePlugin.PngInfo()
    # ASCII, so that any text of a prompt survives every reader
    info.add_text(CHUNK, json.dumps(picture.parameters))
    temporary = target.with_name(f".{target.name}.tmp")
    picture.image.save(temporary, format="png", pnginfo=info)
    os.replace(temporary, target)
    return target


def parameters(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the parameters in a picture that ``save`` wrote; ``ConfigError`` for any other file."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.load()
            found = json.loads(image.text[CHUNK])
    except (OSError, UnidentifiedImageError, KeyError, ValueError, SyntaxError) as error:
        what = f"got {str(path)!r} ({type(error).__name__}: {error})"
        raise ConfigError(
            f"the file must be a PNG that holds its parameters, {what}; use one that save wrote"
        ) from None
    names = {*ARGUMENTS, "index", "dtype", "model", "fingerprint"}
    if not isinstance(found, dict) or not names <= found.keys():
        raise ConfigError(f"the parameters in {path} must name {', '.join(sorted(names))}, got {str(found)[:100]!r}")
    return found


def remake(path: str | os.PathLike[str], parts: Parts) -> Picture:
    """Make the picture in a PNG file again, with the model and the dtype that made it.

    Raises ``ConfigError`` for a file without parameters or with impossible ones, ``CheckpointMismatch`` for ``parts``
    of another model or in another dtype.
    """
    found = parameters(path)
    dtype = str(parts.dtype).removeprefix("torch.")
    for name, given in (("fingerprint", parts.fingerprint), ("dtype", dtype)):
        if found[name] != given:
            what = f"was made by {found['model']} in {found['dtype']}, {name} {found[name]}"
            raise CheckpointMismatch(f"{path} {what}; these parts are {parts}, {name} {given}; load those that made it")
    (picture,) = draw(parts, **{name: found[name] for name in ARGUMENTS}, first=found["index"])
    return picture
