"""``python -m booktools.notebooks.papermill_sets``: the jobs of the workflow ``papermill``, as JSON for its matrix.

A job is a chapter with the sets of parameters that the registry of chapters lists under ``reruns``, a line for each:
what stands behind ``python -m diffusion_lib rerun CHAPTER``.  It needs PyYAML, and nothing else of the book's tools.
"""

from __future__ import annotations

import json
import shlex

from pagekit.chapters.registry import Registry, registry


def jobs(known: Registry) -> list[dict[str, str]]:
    """A job for each chapter that has re-runs, in the order of the book."""
    return [
        {"chapter": name, "sets": "\n".join(_options(values) for values in chapter.reruns)}
        for name, chapter in known.chapters.items()
        if chapter.reruns
    ]


def _options(values: dict[str, str]) -> str:
    return shlex.join(word for name, value in values.items() for word in ("-p", name, value))


def main() -> None:
    print(json.dumps({"include": jobs(registry())}))


if __name__ == "__main__":
    main()
