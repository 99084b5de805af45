"""The registry of chapters, ``registry.yaml``: everything about a chapter that is not prose, read and checked.

The table of contents, the paths of the introduction, the searches that lead to a page, the re-runs with other
parameters and the checks of prose are taken from it.  What a field means is written at the top of the file.  A mistake
in it is a ``ConfigError`` that names the file, the chapter and the field.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from diffusion_lib.errors import ConfigError, check_choice

from ..yaml_file import read_yaml

FILE = Path(__file__).with_name("registry.yaml")
NAME = "pagekit/chapters/registry.yaml"  # in the repository
PARTS = {  # each with its caption in the table of contents
    "first": "A first diffusion model",
    "denoising": "Denoising diffusion",
    "scores": "Scores, SDEs and flows",
    "sampling": "Sampling",
    "control": "Control",
    "stable-diffusion": "Stable Diffusion",
    "reference": "Reference",
}


@dataclass(frozen=True)
class Chapter:
    """An entry of the registry; a field that it does not have is empty."""

    part: str = ""
    line: str = ""
    needs: tuple[str, ...] = ()
    derives: bool = False
    reruns: tuple[Mapping[str, str], ...] = ()
    smallest: Mapping[str, str] = field(default_factory=dict)
    search: tuple[str, ...] = ()
    search_sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    search_weight: float | None = None
    sentences: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Registry:
    chapters: Mapping[str, Chapter]
    paths: Mapping[str, tuple[str, ...]]


@cache
def registry() -> Registry:
    """What ``registry.yaml`` of this package says."""
    return read(FILE)


def read(path: str | os.PathLike[str]) -> Registry:
    """Read and check a registry; ``ConfigError`` for anything that no tool could use."""
    content = read_yaml(path)
    told = _mapping(NAME, content)
    _known(NAME, told, ("paths", "chapters"))
    entries = _mapping(f"{NAME}: chapters", told.get("chapters") or {})
    chapters = {name: _chapter(f"{NAME}: {name}", entry) for name, entry in entries.items()}
    _check_needs(chapters)
    paths = {name: _texts(f"{NAME}: paths: {name}", names) for name, names in (told.get("paths") or {}).items()}
    for path_name, names in paths.items():
        for name in names:
            check_choice(f"{NAME}: paths: {path_name}", name, chapters)
    return Registry(chapters, paths)


def all_needs(name: str, chapters: Mapping[str, Chapter]) -> set[str]:
    """What must be read before a chapter, directly or not; ``ConfigError`` for a chapter that does not exist."""
    check_choice("chapter", name, chapters)
    return {name for need in chapters[name].needs for name in (need, *all_needs(need, chapters))}


def _chapter(where: str, entry: object) -> Chapter:
    told = _mapping(where, entry)
    _known(where, told, [each.name for each in fields(Chapter)])
    chapter = Chapter(**{key: READERS.get(key, _text)(f"{where}: {key}", value) for key, value in told.items()})
    if chapter.part:
        check_choice(f"{where}: part", chapter.part, PARTS)
    if chapter.part and not chapter.line:
        raise ConfigError(f"{where} must have 'line', as every page of the part {chapter.part!r}; add it")
    for key in ("line", "needs"):
        if key in told and not chapter.part:
            raise ConfigError(f"{where} must not have {key!r}, since a page without a part has none; remove it")
    return chapter


def _check_needs(chapters: Mapping[str, Chapter]) -> None:
    """Each need is a chapter, and none needs itself, directly or not."""
    for name, chapter in chapters.items():
        for need in chapter.needs:
            check_choice(f"{NAME}: {name}: needs", need, chapters)
    try:
        TopologicalSorter({name: chapter.needs for name, chapter in chapters.items()}).prepare()
    except CycleError as error:
        circle = " needs ".join(reversed(error.args[1]))
        raise ConfigError(f"{NAME}: needs must not lead back to where they begin, got {circle}; remove one") from None


def _known(where: str, told: Mapping[str, Any], names: Iterable[str]) -> None:
    for key in told:
        check_choice(f"{where}: a key", key, names)


def _text(where: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{where} must be a text, got {value!r}; write one")
    return value


def _texts(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ConfigError(f"{where} must be a list of texts, got {value!r}; put brackets around them")
    if repeated := {each for each in value if value.count(each) > 1}:
        raise ConfigError(f"{where} must name each once, got {sorted(repeated)[0]!r} twice; remove one")
    return tuple(value)


def _mapping(where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be a mapping, got {value!r}; write names with their values")
    return value


def _parameters(where: str, value: object) -> dict[str, str]:
    told = _mapping(where, value)
    if not told or not all(isinstance(each, str) for each in told.values()):
        raise ConfigError(f"{where} must give each parameter one value, got {value!r}; write {{name: value}}")
    return told


def _each(one: Any) -> Any:
    """A list of what ``one`` reads."""

    def several(where: str, value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ConfigError(f"{where} must be a list, got {value!r}; write each on a line of its own, after a dash")
        return tuple(one(where, each) for each in value)

    return several


def _yes(where: str, value: object) -> bool:
    return bool(check_choice(where, value, ("yes",)))


def _weight(where: str, value: object) -> float:
    try:
        number = float(_text(where, value))
    except ValueError:
        number = 0.0
    if not 0 < number <= 1:
        raise ConfigError(f"{where} must be a number in (0, 1], got {value!r}")
    return number


READERS = {
    "needs": _texts,
    "derives": _yes,
    "reruns": _each(_parameters),
    "smallest": _parameters,
    "search": _texts,
    "search_sections": lambda where, value: {
        section: _texts(f"{where}: {section}", queries) for section, queries in _mapping(where, value).items()
    },
    "search_weight": _weight,
    "sentences": _mapping,
    "claims": _mapping,
}  # the other fields are texts
