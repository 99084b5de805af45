"""Captions are true, every wording is read as the same condition, and impossible captions are refused."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from worlds import seeded

from models.miniature.data import forms, language, synthetic

SIZES, COUNTS = ("small", "large"), {"two": 2, "three": 3, "four": 4}
RELATIONS = ("above", "below", "to the left of", "to the right of", "on")
GROUND_PHRASES = ("on sky", "on sand", "on grass", "on stone", "in a meadow", "on a beach")


def understood(caption):
    """What a plain description says, as a dict of words; what it leaves out is not in it; without ``parse``."""
    place = re.fullmatch(rf"(.*?) ({'|'.join(GROUND_PHRASES)})", caption)
    body, mentioned = (place[1], {"ground": place[2].split()[-1]}) if place else (caption, {})
    body, _, hat = body.partition(" wearing ")
    if hat:
        mentioned["hat"] = hat.removesuffix("hat").removeprefix("an ").removeprefix("a ").strip() or "some"
    relation = next((relation for relation in RELATIONS if f" {relation} " in body), None)
    if relation:
        mentioned["relation"] = relation
    things = re.split(rf" (?:{relation}|and) ", body)
    count = COUNTS.get(things[0].split()[0], len(things))
    for slot in range(count):
        *before, form = things[slot if len(things) > 1 else 0].split()
        form = form if form in forms.FORMS else form.removesuffix("es" if form == "crosses" else "s")
        mentioned[f"form {slot}"] = form
        mentioned |= {f"colour {slot}": word for word in before if word in synthetic.RGB}
        for name, words in (("size", SIZES), ("pattern", forms.PATTERNS)):
            mentioned.update((name, word) for word in before if word in words)
    return mentioned | {"count": count}


def shown(scenes, i):
    """What scene i shows, in the same words."""
    scene = scenes[i]
    words = {"ground": tuple(synthetic.GROUNDS)[scene.ground], "count": int((scene.form >= 0).sum())}
    for slot in range(words["count"]):
        words |= {f"form {slot}": forms.FORMS[scene.form[slot]], f"colour {slot}": synthetic.NAMES[scene.colour[slot]]}
    words |= {"relation": synthetic.RELATIONS[scene.relation]} if scene.relation >= 0 else {}
    words |= {"size": SIZES[scene.size]} if scene.size >= 0 else {}
    words |= {"pattern": forms.PATTERNS[scene.pattern[0]]} if scene.pattern[0] >= 0 else {}
    return words | ({"hat": synthetic.NAMES[scene.hat[0]]} if scene.hat[0] >= 0 else {})


@pytest.fixture(scope="module")
def many():
    """5000 scenes, and for each a description in plain words and a caption in its own."""
    scenes = synthetic.sample_scenes(5000, seeded(2))
    return scenes, language.describe(scenes, seeded(5)), language.captions(scenes, seeded(5))


# --- descriptions ----------------------------------------------------------------------------------------------------


def test_a_full_description_says_all_but_the_ground():
    scenes = synthetic.sample_scenes(600, seeded(2))
    for i, text in enumerate(language.describe(scenes)):
        expected = shown(scenes, i)
        del expected["ground"]
        assert understood(text) == expected, text
    assert language.captions(scenes) == language.describe(scenes)


def test_a_description_leaves_things_out_and_never_lies(many):
    scenes, texts, _ = many
    left_out = set()
    for i, text in enumerate(texts[:1500]):
        mentioned, true = understood(text), shown(scenes, i)
        vague = {"hat"} if mentioned.get("hat") == "some" else set()
        assert {k: v for k, v in mentioned.items() if k not in vague}.items() <= true.items(), text
        assert ("hat" in mentioned) == ("hat" in true) and mentioned["count"] == true["count"], text
        left_out |= vague | (true.keys() - mentioned.keys())
    assert left_out == {"ground", "relation", "colour 0", "hat"}  # of these, the colour is that of a fur


def test_on_is_never_left_out(many):
    scenes, texts, _ = many
    assert all(" and " not in text for text, relation in zip(texts, scenes.relation, strict=True) if relation == 4)


def test_the_articles_own_prompt_is_a_caption():
    scenes = synthetic.sample_scenes(2000, seeded(), "animal")
    assert "a dog wearing hat" in language.captions(scenes, seeded())


@pytest.mark.parametrize(("words", "expected"), [("orange ring", "an orange ring"), ("red ring", "a red ring")])
def test_the_article_before_a_vowel(words, expected):
    assert language.article(words) == expected


def test_every_article_fits_the_word_behind_it(many):
    for text in (*many[1], *many[2]):
        for article, word in re.findall(r"\b(an?) (\w+)", text):
            assert (article == "an") == (word[0] in "aeiou"), text


def test_equal_streams_give_equal_captions_and_other_streams_do_not(many):
    scenes, _, texts = many
    assert language.captions(scenes, seeded(5)) == texts != language.captions(scenes, seeded(6))


# --- other words -----------------------------------------------------------------------------------------------------

OTHERS = [(plain, other) for plain, others in language.SYNONYMS.items() for other in others]


@pytest.mark.parametrize(("plain", "other"), OTHERS)
def test_every_synonym_is_said(many, plain, other):
    def mentions(words, text):
        return f" {words} " in f" {text.replace(',', '')} "

    matching = [text for text in many[2] if mentions(other, text)]
    assert len(matching) > 5, f"{other!r} for {plain!r}"


def test_synonyms_and_orders_have_their_chances(many):
    """Of the descriptions that can be turned round, a fifth are; of the words with others, a quarter are others."""
    _, plain, other = many
    related = [k for k, text in enumerate(plain) if re.search(rf" ({'|'.join(RELATIONS)}|and) an? \w+ \w+", text)]
    related = [k for k in related if " and " not in plain[k] and " wearing " not in plain[k]]
    turned = sum(
        bool(re.match(r"(above|over|below|under|beneath|to |left|right|on an? \w+ \w+,)", other[k])) for k in related
    )
    assert len(related) > 800 and abs(turned / len(related) - language.OTHER_ORDER) < 0.05
    placed = [
        k
        for k, text in enumerate(plain)
        if text.endswith(GROUND_PHRASES) and k not in set(related) and " and " not in text
    ]
    turned = sum("," in other[k] for k in placed)
    assert len(placed) > 600 and abs(turned / len(placed) - language.OTHER_ORDER) < 0.05
    dogs = [k for k, text in enumerate(plain) if "dog" in text]
    assert abs(sum("puppy" in other[k] for k in dogs) / len(dogs) - language.OTHER_WORD) < 0.12


def fits(condition, scene, text):
    """Is the condition what the scene shows, as far as it goes?"""
    assert condition is not None, text
    assert torch.equal(condition.form, scene.form), text
    for name in ("colour", "ground", "size", "relation", "pattern"):
        mentioned, true = getattr(condition, name), getattr(scene, name)
        assert ((mentioned == true) | (mentioned == -1)).all(), (name, text)
    assert ((condition.hat == scene.hat) | ((condition.hat == -2) & (scene.hat >= 0))).all(), text


def test_captions_in_other_words_ask_for_the_same(many):
    scenes, plain, other = many
    differ = 0
    for i in range(1500):
        one, two = language.parse(plain[i]), language.parse(other[i])
        fits(one, scenes[[i]], plain[i])
        assert two is not None, other[i]
        assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True)), (plain[i], other[i])
        differ += plain[i] != other[i]
    assert differ > 600


def test_a_full_description_is_read_whole():
    """What it says is in the condition, too: nothing that could be read is left open."""
    scenes = synthetic.sample_scenes(600, seeded(9))
    for i, text in enumerate(language.describe(scenes)):
        condition = language.parse(text)
        for name in ("form", "colour", "hat", "pattern", "size", "relation"):
            assert torch.equal(getattr(condition, name), getattr(scenes[[i]], name)), (name, text)
        assert condition.ground == -1


@given(st.integers(0, 2**31 - 1))
def test_any_seed_gives_captions_that_are_read(seed):
    scenes = synthetic.sample_scenes(4, seeded(seed), held_out=seed % 2 == 0)
    for i, text in enumerate(language.captions(scenes, seeded(seed + 1))):
        fits(language.parse(text), scenes[[i]], text)


# --- what is read ----------------------------------------------------------------------------------------------------


def read(text):
    """The condition in words: (count, colours and forms, pattern, size, hat, relation, ground)."""
    condition = language.parse(text)
    number = int((condition.form >= 0).sum())
    things = [
        (synthetic.NAMES[c] if c >= 0 else None, forms.FORMS[f])
        for c, f in zip(condition.colour[0, :number], condition.form[0, :number], strict=True)
    ]
    pairs = {"relation": synthetic.RELATIONS, "ground": tuple(synthetic.GROUNDS), "size": SIZES}
    mentioned = {
        name: names[getattr(condition, name)] for name, names in pairs.items() if getattr(condition, name) >= 0
    }
    if condition.pattern[0, 0] >= 0:
        mentioned["pattern"] = forms.PATTERNS[condition.pattern[0, 0]]
    hat = int(condition.hat[0, 0])
    return things, mentioned | ({} if hat == -1 else {"hat": "some" if hat == -2 else synthetic.NAMES[hat]})


RED_CIRCLE, BLUE_STAR = ("red", "circle"), ("blue", "star")
READ = {
    "a dog wearing hat": ([(None, "dog")], {"hat": "some"}),
    "A Dog wearing a RED hat.": ([(None, "dog")], {"hat": "red"}),
    "a puppy in a scarlet cap in a field": ([(None, "dog")], {"hat": "red", "ground": "meadow"}),
    "a grey kitten with an orange hat": ([("gray", "cat")], {"hat": "orange"}),
    "brown bear": ([("brown", "bear")], {}),
    "  a  small   red circle on sand\n": ([RED_CIRCLE], {"size": "small", "ground": "sand"}),
    "the huge glossy crimson disk on the shore.\n": (
        [RED_CIRCLE],
        {"size": "large", "pattern": "shiny", "ground": "beach"},
    ),
    "a spotted red disc": ([RED_CIRCLE], {"pattern": "dotted"}),
    "a red circle above a blue star": ([RED_CIRCLE, BLUE_STAR], {"relation": "above"}),
    "over a blue star, a red circle": ([RED_CIRCLE, BLUE_STAR], {"relation": "above"}),
    "a red circle beneath a blue star on rock": ([RED_CIRCLE, BLUE_STAR], {"relation": "below", "ground": "stone"}),
    "on sky, a red circle left of a blue star": (
        [RED_CIRCLE, BLUE_STAR],
        {"relation": "to the left of", "ground": "sky"},
    ),
    "to the right of a blue star, a red circle": ([RED_CIRCLE, BLUE_STAR], {"relation": "to the right of"}),
    "right of a blue star, a red circle": ([RED_CIRCLE, BLUE_STAR], {"relation": "to the right of"}),
    "a red circle and a blue star": ([RED_CIRCLE, BLUE_STAR], {}),
    "a blue star on a red circle": ([BLUE_STAR, RED_CIRCLE], {"relation": "on"}),
    "on a red circle, a blue star": ([BLUE_STAR, RED_CIRCLE], {"relation": "on"}),
    "a blue star on a red circle in a meadow": ([BLUE_STAR, RED_CIRCLE], {"relation": "on", "ground": "meadow"}),
    "two red circles": ([RED_CIRCLE] * 2, {}),
    "a pair of scarlet discs": ([RED_CIRCLE] * 2, {}),
    "on a beach, three red disks": ([RED_CIRCLE] * 3, {"ground": "beach"}),
    "four pink crosses": ([("pink", "cross")] * 4, {}),
}


@pytest.mark.parametrize(("text", "condition"), READ.items())
def test_parse_reads(text, condition):
    assert read(text) == condition


@pytest.mark.parametrize("shape", forms.SHAPES)
def test_every_count_and_plural_is_read(shape):
    plural = language.PLURALS[shape]
    for word, count in COUNTS.items():
        assert read(f"{word} red {plural}") == ([("red", shape)] * count, {})
        assert language.parse(f"{word} red {shape}") is None
    assert language.parse(f"a red {plural}") is None and language.parse(f"red {plural}") is None


REFUSED = (
    """
an astronaut|red|hat|a|on|,|two|a red dog|a small dog|a striped dog|two dogs|a dog on a red circle|a dog above a cat
a hat|a dog wearing a white hat|a black cat wearing a black hat|a dog wearing two hats|a circle wearing a hat
a red circle wearing a hat|a circle|a striped circle|a white star|a gray heart|two discs|two red circle|a red circles
two small red circles|two striped red circles|two red circles above a blue star|a pair of red circle
five red circles|a dotted small red circle|a small dotted red circle|a red striped circle|a small large red circle
a red blue circle|a red circle above a star|a red circle above a red star
a red circle and a red star|a red circle on a red square
a small red circle above a blue star|a red circle above a small blue star|a red circle above a blue star above a ring
a red circle on a green star|a red circle on a blue ring|a red circle on a dog|a red circle over
a green star on a white background|a red circle on sand on grass|on sand, a red circle on grass|on sand|in a meadow
a red circle in sand|a red circle on meadow on|above a blue star a red circle|above a blue star, a dog
a red circle, sand|ein roter Kreis|un perro con sombrero|a red-circle|a red circle!|aredcircle|a red circle 2|🎩
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("text", ["", " ", ".", *REFUSED])
def test_parse_refuses_what_no_image_of_the_world_is_called(text):
    assert language.parse(text) is None


@pytest.mark.parametrize("base", forms.SHAPES)
def test_only_wide_shapes_carry_another(base):
    assert (language.parse(f"a red cross on a blue {base}") is not None) == (base in synthetic.BASES)


WORDS = st.lists(st.sampled_from(language.vocabulary()), max_size=9).map(" ".join)


@given(WORDS)
def test_what_parse_reads_could_be_drawn(text):
    """Any row of known words is None or a condition that some scene of the dataset fulfils."""
    condition = language.parse(text)
    if condition is None:
        return
    shape = condition.form[0, 0] < len(forms.SHAPES)
    assert shape or (condition.form[0, 1] == -1 and condition.size == -1 and condition.relation == -1)
    assert condition.hat[0, 0] == -1 or not shape
    assert (condition.colour[condition.form >= 0] >= 0).all() or not shape


# --- vocabulary ------------------------------------------------------------------------------------------------------


def test_the_vocabulary_is_what_captions_say_no_less_and_no_more(many):
    mentioned = Counter(word for text in (*many[1], *many[2]) for word in text.replace(",", " ,").split())
    assert set(mentioned) == set(language.vocabulary())
    assert language.vocabulary() == sorted(set(language.vocabulary()))
