"""A small YAML file, as mappings, lists and texts: no more of YAML than a list of parameters needs.

PyYAML takes the last of two equal keys, reads ``no`` as False and ``2020-99-99`` as a date that fails, follows aliases
that grow without end, and falls over deep lists.  Here every scalar stays the text that was written, for the reader
who knows its type; two equal keys, aliases, tags and depth are refused.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from diffusion_lib.errors import ConfigError
from diffusion_lib.runtime import files

LARGEST = 1_000_000  # bytes
DEEPEST = 8  # lists and mappings in each other


def read_yaml(path: str | os.PathLike[str]) -> Any:
    """Return what the file holds: a dict, a list or a text; raise ``ConfigError`` for any other file."""
    if importlib.util.find_spec("yaml") is None:
        raise ConfigError(f"{path} is read by PyYAML, which is not installed; run: pip install PyYAML")
    import yaml

    files.regular("file", path)
    try:
        if (size := Path(path).stat().st_size) > LARGEST:
            raise ConfigError(f"{path} must have at most {LARGEST} bytes, got {size}; is it the right file?")
        text = Path(path).read_text(encoding="utf-8")
        _check_events(path, yaml.parse(text, Loader=yaml.BaseLoader), yaml)
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # also for a bad byte and an impossible character
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{path} must be a YAML file, got {' '.join(str(error).split())}; correct it") from None
    return None if node is None else _plain(path, node, yaml)


def _check_events(path: str | os.PathLike[str], events: Any, yaml: Any) -> None:
    """Look at the file piece by piece, before anything is built from it."""
    depth = 0
    for event in events:
        where = f"line {event.start_mark.line + 1} of {path}"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ConfigError(f"{where} must not use an anchor or alias, got {event.anchor!r}; write the values out")
        if getattr(event, "tag", None):
            raise ConfigError(f"{where} must not use a tag, got {event.tag!r}; write the value alone")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ConfigError(f"{where} must not lie deeper than {DEEPEST} lists, got more; remove brackets")


def _plain(path: str | os.PathLike[str], node: Any, yaml: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, item, yaml) for item in node.value]
    if isinstance(node, yaml.ScalarNode):
        return node.value
    found: dict[str, Any] = {}
    for key, value in node.value:
        where = f"line {key.start_mark.line + 1} of {path}"
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"{where} must have a text for a key, got a list or mapping; correct it")
        if key.value in found:
            raise ConfigError(f"{where} must not repeat the key {key.value!r}; remove one")
        found[key.value] = _plain(path, value, yaml)
    return found
