"""The language of the synthetic dataset: how a scene may be described, and what a sentence asks for.

A description has one plain wording: "a large dotted red circle", "a blue star above a green heart", "a red star on a
blue square", "three pink crosses", "a white dog wearing a red hat", and then, perhaps, the ground: "on sand", "in a
meadow".  It leaves things out at random: the colour of fur and hat, an article, the ground, how two shapes lie ("a
blue star and a green heart").  ``captions`` also rewords it: with synonyms, and with the last part first ("on
sand, a little scarlet disc"; "above a green heart, a blue star").  ``parse`` reads them all.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from itertools import chain

import torch

from .forms import ANIMALS, FORMS, PATTERNS, SHAPES
from .synthetic import BASES, COLOURS, FURS, GROUNDS, HELD_OUT, NAMES, RELATIONS, SLOTS, Scenes

CHANCES = (0.7, 0.75, 0.5, 0.3, 0.85)  # of saying fur, hat's colour, "hat" without its article, ground, relation
OTHER_WORD, OTHER_ORDER = 0.25, 0.2  # chances of a synonym, for each word that has one, and of the other order
SIZES = ("small", "large")
COUNTS = ("two", "three", "four")
PLURALS = {shape: f"{shape}es" if shape == "cross" else f"{shape}s" for shape in SHAPES}
GROUND_PHRASES = {ground: f"on {ground}" for ground in GROUNDS} | {"meadow": "in a meadow", "beach": "on a beach"}
SYNONYMS = {
    "red": ("crimson", "scarlet"), "purple": ("violet",), "gray": ("grey",), "small": ("little", "tiny"),
    "large": ("big", "huge"), "dotted": ("spotted",), "shiny": ("glossy",), "circle": ("disc", "disk"),
    "circles": ("discs", "disks"), "dog": ("puppy",), "cat": ("kitten",), "rabbit": ("bunny",), "hat": ("cap",),
    "wearing": ("in", "with"), "above": ("over",), "below": ("under", "beneath"), "to the left of": ("left of",),
    "to the right of": ("right of",), "two": ("a pair of",), "stone": ("rock",), "meadow": ("field",),
    "beach": ("shore",),
}  # fmt: skip


def captions(scenes: Scenes, generator: torch.Generator | None = None) -> list[str]:
    """Describe each scene: with a generator, as ``describe`` does and then in other words; without, as ``describe``."""
    texts = describe(scenes, generator)
    if generator is None:
        return texts
    seeds = torch.randint(0, 2**31, (len(texts),), generator=generator).tolist()
    return [reword(text, random.Random(seed)) for text, seed in zip(texts, seeds, strict=True)]


def describe(scenes: Scenes, generator: torch.Generator | None = None) -> list[str]:
    """Describe each scene in plain words, leaving things out at random; without a generator, only the ground."""
    n = len(scenes.form)
    all_but_the_ground = torch.tensor([[True, True, False, False, True]]).expand(n, 5)
    mentioned = (
        all_but_the_ground if generator is None else torch.rand(n, 5, generator=generator) < torch.tensor(CHANCES)
    )
    named = (scenes.form, scenes.colour, scenes.hat, scenes.pattern, scenes.ground, scenes.size, scenes.relation)
    return [sentence(*row) for row in zip(*(column.tolist() for column in (*named, mentioned)), strict=True)]


def sentence(
    form: Sequence[int],
    colour: Sequence[int],
    hat: Sequence[int],
    pattern: Sequence[int],
    ground: int,
    size: int,
    relation: int,
    mentioned: Sequence[bool],
) -> str:
    """Describe one scene, given by indices of ``Scenes``; ``mentioned`` are the outcomes of ``CHANCES``."""
    forms = [FORMS[f] for f in form if f >= 0]
    colours = [NAMES[c] for c in colour if c >= 0]
    things = [article(f"{c} {f}") for c, f in zip(colours, forms, strict=True)]
    if relation >= 0:
        text = (
            f"{things[0]} {RELATIONS[relation] if mentioned[4] or RELATIONS[relation] == 'on' else 'and'} {things[1]}"
        )
    elif len(forms) > 1:
        text = f"{COUNTS[len(forms) - 2]} {colours[0]} {PLURALS[forms[0]]}"
    elif forms[0] in SHAPES:
        words = [SIZES[size]] * (size >= 0) + [PATTERNS[pattern[0]]] * (pattern[0] >= 0) + [colours[0], forms[0]]
        text = article(" ".join(words))
    else:
        text = (things[0] if mentioned[0] else article(forms[0])) + _worn(hat[0], mentioned)
    return f"{text} {GROUND_PHRASES[tuple(GROUNDS)[ground]]}" if mentioned[3] else text


def _worn(hat: int, mentioned: Sequence[bool]) -> str:
    if hat < 0:
        return ""
    if mentioned[1]:
        return f" wearing {article(f'{NAMES[hat]} hat')}"
    return " wearing hat" if mentioned[2] else " wearing a hat"


def article(words: str) -> str:
    """Put "a" or "an" before the words."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def reword(text: str, draws: random.Random) -> str:
    """Reword a description in another order and with synonyms, each at random."""
    body, place = _PLACE.fullmatch(text).groups()
    related = _RELATED.fullmatch(body)
    if related and draws.random() < OTHER_ORDER:
        body = "{1} {2}, {0}".format(*related.groups())
    elif place and draws.random() < OTHER_ORDER:
        body, place = f"{place[1:]}, {body}", None

    def other(found: re.Match) -> str:
        return draws.choice(SYNONYMS[found[0]]) if draws.random() < OTHER_WORD else found[0]

    return _ARTICLE.sub(lambda found: article(found[1]), _KNOWN.sub(other, body + (place or "")))


def parse(caption: str) -> Scenes | None:
    """Read what a caption asks for, as one scene (n = 1); None if no image of the dataset could have that caption.

    What the caption leaves open is −1: fur, ground, size, how two shapes lie.  "A hat" of no colour is −2.  Centres,
    radii and horizon are 0.  Capitals, a full stop and articles do not matter, nor do synonyms and order.
    """
    words = [_PLAIN.get(word, word) for word in caption.lower().replace(",", " , ").strip(" .\n").split()]
    text = " ".join(word for word in words if word not in ("a", "an", "the"))
    text = _TWO.sub("two", _SIDE.sub(r"\1 of", text))
    text = _FIRST_RELATION.sub(r"\3 \1 \2", _FIRST_PLACE.sub(r"\2 \1", text))
    found = _SENTENCE.fullmatch(text)
    return None if found is None else _scene(**found.groupdict())


def _scene(count, size, pattern, colour, form, fur, animal, worn, hat, relation, other_colour, other, place):
    number = COUNTS.index(count) + 2 if count else 2 if other else 1
    if count and form in PLURALS.values():
        form = tuple(PLURALS)[tuple(PLURALS.values()).index(form)]
    elif form in PLURALS.values() or count:
        return None
    if (relation and (count or size or pattern or animal)) or (pattern and size == "small"):
        return None
    if relation == "on" and other not in BASES:
        return None
    if (relation and other_colour == colour) or (hat and hat == fur):  # they always differ
        return None
    names = [animal or form, *[other or form] * (number - 1)]
    colours = [fur or colour, *[other_colour or colour] * (number - 1)]
    rows = {
        "form": [FORMS.index(name) for name in names],
        "colour": [NAMES.index(name) if name else -1 for name in colours],
        "hat": [-1 if not worn else NAMES.index(hat) if hat else -2],
        "pattern": [PATTERNS.index(pattern) if pattern else -1],
    }
    numbers = {
        "ground": _WHERE.index(place) if place else -1,
        "size": SIZES.index(size) if size else -1,
        "relation": _RELATIONS.index(relation) if relation not in (None, "and") else -1,
    }
    fields = {name: torch.tensor([row + [-1] * (SLOTS - len(row))]) for name, row in rows.items()}
    fields |= {name: torch.tensor([number]) for name, number in numbers.items()}
    return Scenes(**fields, centre=torch.zeros(1, SLOTS, 2), radius=torch.zeros(1, SLOTS), horizon=torch.zeros(1))


def rules() -> dict[str, object]:
    """The rules of ``parse`` as plain values, for a program in another language that reads prompts in the same way.

    ``plain`` maps each synonym to its word; the patterns are regular expressions with groups by name;
    ``held_out`` lists the pairs of a colour and a shape that no training image shows.
    """
    patterns = {"side": _SIDE, "two": _TWO, "first_place": _FIRST_PLACE, "first_relation": _FIRST_RELATION}
    sentence = {"sentence": _SENTENCE.pattern.replace("(?P<", "(?<")}
    return {
        "plain": _PLAIN,
        **{name: pattern.pattern for name, pattern in patterns.items()} | sentence,
        "shapes": PLURALS,
        "bases": list(BASES),
        "colours": list(COLOURS),
        "furs": list(FURS),
        "held_out": sorted(map(list, HELD_OUT)),
    }


def vocabulary() -> list[str]:
    """Every word that a caption may have, in alphabetical order, and the comma."""
    words = chain(
        COLOURS, FURS, FORMS, PATTERNS, SIZES, COUNTS, PLURALS.values(), RELATIONS, GROUND_PHRASES.values(), SYNONYMS
    )
    texts = [*words, *chain(*SYNONYMS.values()), "a an and hat wearing ,"]
    return sorted({word for text in texts for word in text.split()})


def _one_of(names: Sequence[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_PLAIN = {other: plain for plain, others in SYNONYMS.items() for other in others if plain not in ("wearing", "two")}
_PLACE = re.compile(rf"(.*?)( (?:{_one_of(tuple(GROUND_PHRASES.values()))}))?")
_RELATED = re.compile(rf"(.*) ({_one_of(RELATIONS)}) (.*)")
_KNOWN = re.compile(rf"\b(?:{_one_of(tuple(SYNONYMS))})\b")
_ARTICLE = re.compile(r"\ban? (\w+)")
_SIDE, _TWO = re.compile(r"\bto (left|right) of\b"), re.compile(r"\bpair of\b")
_RELATIONS = tuple(relation.replace("to the ", "") for relation in RELATIONS)  # without articles, as is all below
_WHERE = tuple(place.replace(" a ", " ") for place in GROUND_PHRASES.values())
_ANY, _SHAPE = rf"(?:{_one_of(COLOURS)})", rf"(?:{_one_of(SHAPES)})"
_FIRST_PLACE = re.compile(rf"^({_one_of(_WHERE)}) , (.*)")
_FIRST_RELATION = re.compile(rf"^({_one_of(_RELATIONS)}) ({_ANY} {_SHAPE}) , ({_ANY} {_SHAPE})")
_SENTENCE = re.compile(
    rf"(?:(?:(?P<count>{_one_of(COUNTS)}) |(?:(?P<size>{_one_of(SIZES)}) )?(?:(?P<pattern>{_one_of(PATTERNS)}) )?)"
    rf"(?P<colour>{_ANY}) (?P<form>{_one_of((*SHAPES, *PLURALS.values()))})"
    rf"|(?:(?P<fur>{_one_of(FURS)}) )?(?P<animal>{_one_of(ANIMALS)})"
    rf"(?P<worn> (?:wearing|in|with) (?:(?P<hat>{_ANY}) )?hat)?)"
    rf"(?: (?P<relation>{_one_of((*_RELATIONS, 'and'))}) (?P<other_colour>{_ANY}) (?P<other>{_SHAPE}))?"
    rf"(?: (?P<place>{_one_of(_WHERE)}))?"
)
