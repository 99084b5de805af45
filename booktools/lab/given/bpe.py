"""What the laboratory ``bpe`` is given: the merges of the miniature's tokenizer."""

from __future__ import annotations

import json
from itertools import pairwise

from models.miniature import FOLDER as MINIATURE

BOOK = "a dog wearing hat , hedgehogs wear the red blue green black white circle square star heart ring cross on in cat"


def merges() -> list[str]:
    """The merges of the miniature's tokenizer, in their order."""
    return (MINIATURE / "tokenizer" / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]


def data() -> dict:
    """The merges that a few words of the book need, with their ranks; these words; and how large the whole list is."""
    rank, used = {merge: number for number, merge in enumerate(merges())}, {}
    for word in BOOK.split():
        pieces = [*word[:-1], word[-1] + "</w>"]
        while found := [pair for pair in pairwise(pieces) if " ".join(pair) in rank]:
            best = min(found, key=lambda pair: rank[" ".join(pair)])
            used[" ".join(best)] = rank[" ".join(best)]
            at = 0
            while at + 1 < len(pieces):
                if (pieces[at], pieces[at + 1]) == best:
                    pieces[at : at + 2] = ["".join(best)]
                at += 1
    size = round(len(merges_script().encode()) / 1000)
    return {
        "merges": sorted(used.items(), key=lambda each: each[1]),
        "known": BOOK.split(),
        "kilobytes": size,
        "count": len(rank),
    }


def merges_script() -> str:
    """The whole list, as a script that a click loads."""
    return f"(window.bookLabs ??= {{}}).merges = {json.dumps(chr(10).join(merges()), ensure_ascii=False)};\n"


def scripts() -> dict[str, str]:
    """What only a click loads, by name."""
    return {"bpe-merges": merges_script()}
