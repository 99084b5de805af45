"""``answer`` is the one door: a request and its answer are JSON, so that nothing that people type is ever code."""

from __future__ import annotations

import json

from derive.errors import DeriveError
from diffusion_lib.errors import DiffusionLibError

from . import grading, lines, stated

DOORS = {
    "grade": grading.grade,
    "preview": grading.preview,
    "show": lines.show,
    "check": lines.check,
    "state": stated.state,
}


def answer(told: str) -> str:
    """The answer to ``{"what": …, …}``; an error that is meant for the reader is an answer, too."""
    asked = json.loads(told)
    try:
        return json.dumps(DOORS[asked.pop("what")](**asked))
    except (DeriveError, DiffusionLibError) as error:
        return json.dumps({"kind": "refused", "message": str(error)})
    except RecursionError:
        return json.dumps({"kind": "refused", "message": "This is nested too deeply; write a shorter formula."})
