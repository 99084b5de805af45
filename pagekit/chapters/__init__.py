"""The chapters: what ``registry.yaml`` says of each, and the map of the introduction, which is drawn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .drawing import chapter_map

__all__ = ["chapter_map"]


def __getattr__(name: str) -> Any:
    """``chapter_map``, taken when it is asked for: matplotlib comes with it, and the registry does without."""
    if name in __all__:
        from . import drawing

        return getattr(drawing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
