"""Two texts say the same if their words are equal and their numbers differ by one unit of the last digit shown.

Whole numbers are counts and must be equal.  Of a decimal, the unit is that of the number that shows more digits, so
that 0.25 and 0.2501 agree and 0.25 and 0.262 do not.  What follows ≈ is the result of a training in single precision;
its cell checks it.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

# A sign belongs to its number unless something stands before it from which the number is subtracted.
NUMBER = re.compile(r"(?:(?<![\w.)\]}])[-+−])?(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+(?!\w))?(?!\.\d)")
# Behind it: the least and the greatest of several runs in brackets, or a confidence interval.  Sixteen hexadecimal
# digits are a hash of such numbers.
MEASURED = re.compile(r"≈ ([0-9a-f]{16}|-?[0-9.]+)( \(-?[0-9.]+ to -?[0-9.]+\)|, 95 % from [0-9.]+ to [0-9.]+)?")
SPACES = re.compile(r"[ \t]+")
SHOWN = 80  # characters of a text in a message


def difference(stored: str, shown: str) -> str | None:
    """Where two texts differ, in words; ``None`` if they say the same."""
    if stored == shown:
        return None
    ours, theirs = (MEASURED.sub("≈ measured", text) for text in (stored, shown))
    words, other_words = (re.split(NUMBER, text) for text in (ours, theirs))
    numbers, other_numbers = NUMBER.findall(ours), NUMBER.findall(theirs)
    for i, (word, other) in enumerate(zip(words, other_words, strict=False)):
        if SPACES.sub(" ", word).strip(" ") != SPACES.sub(" ", other).strip(" "):
            return f"{_around(word)} is now {_around(other)}"
        if i < min(len(numbers), len(other_numbers)) and not close(numbers[i], other_numbers[i]):
            after = f" after {_around(word)}" if word.strip() else ""
            return f"the number {numbers[i]}{after} is now {other_numbers[i]}"
    if len(words) != len(other_words):
        return f"{len(numbers)} numbers are now {len(other_numbers)}"
    return None


def close(stored: str, shown: str) -> bool:
    """Whether two numbers, as they are written, agree."""
    one, other = (Decimal(text.replace("−", "-")) for text in (stored, shown))
    places = min(_places(stored), _places(shown))
    return abs(one - other) <= (Decimal(1).scaleb(places) if places < math.inf else 0)


def _places(number: str) -> float:
    """The power of ten of the last digit shown; a whole number is exact."""
    return Decimal(number.replace("−", "-")).as_tuple().exponent if re.search(r"\.\d|[eE]", number) else math.inf


def _around(words: str) -> str:
    return repr(words if len(words) <= SHOWN else f"{words[: SHOWN // 2]} … {words[-SHOWN // 2 :]}")
