"""The laboratory of the tokenizer: words and numbers are those of CLIP's own tokenizer, for texts of all kinds."""

from __future__ import annotations

import random

import pytest
from transformers import CLIPTokenizer

from booktools.lab import data
from booktools.lab.given import bpe
from models.miniature import FOLDER as MINIATURE

KINDS = (
    "abcdefghijklmnopqrstuvwxyz      '-.,!?",
    "ABCÄÖÜßéèñçøåœİıŁžŠčΣσςΑω ",
    "0123456789½²Ⅷ٣४ +-=%$€£",
    "犬猫戴帽子的狗 日本語ひらがなカタカナ한국어สวัสดี नमस्ते עברית العربية",
    "🐕🎉😀👩\u200d🚀👨\u200d👩\u200d👧🇫🇷✌🏽❤️☃ ",
    "\t\n\r \u00a0\u3000\u2003\u2028\x85\u200b\ufeffab",
    "'s't're've'm'll'd' ''s <|>[]{}()/\\|\"`~@#^&*_:;…—“”„«»",
    "e\u0301o\u0308n\u0303a\u030aA\u0327 \u1e9b\u0323ﬁǅ",
)
PLAIN = [
    "", " ", "A DOG", "a  dog\n", "don't", "hat!!!", "cafe\u0301", "naïve", "犬", "戴帽子的狗", "🐕", "👩\u200d🚀",
    "hedgehogs",
    "a dog<|endoftext|> wearing hat", "<|startoftext|><|endoftext|>", "<|ENDOFTEXT|>", "<|startoftext|", "2024",
    "it's we'll they've I'm he'd you're can't", "''s !'s 'S 'LL", "a\x00b\x1fc\x7f", "🇩🇪🇫🇷", "İstanbul ΟΔΟΣ",
    "\U0001f468\U0001f3fd\u200d\U0001f4bb", "x" * 300,
]  # fmt: skip


def texts():
    chance = random.Random(0)
    drawn = ["".join(chance.choices(kind, k=chance.randint(1, 25))) for kind in KINDS for _ in range(45)]
    return PLAIN + drawn + ["".join(chance.choices("".join(KINDS), k=20)) for _ in range(60)]


@pytest.fixture(scope="module")
def tokenizer():
    return CLIPTokenizer.from_pretrained(MINIATURE / "tokenizer", local_files_only=True)


WHOLE = """const merges = list.split("\\n").map((pair, rank) => [pair, rank]), table = m.vocabulary(merges);"""


def test_numbers_are_clip_s(modules, tokenizer):
    asked = texts()
    assert len(asked) > 400
    ask = f"(m, [list, texts]) => {{ {WHOLE} return texts.map((text) => m.idsOf(text, table)); }}"
    told = modules("maths/bpe.js", ask, ["\n".join(bpe.merges()), asked])
    wrong = [(text, ids) for text, ids in zip(asked, told, strict=True) if tokenizer(text).input_ids != ids]
    assert not wrong, wrong[:3]


def test_the_words_of_the_book_need_no_list(modules, tokenizer):
    told = data.of("bpe")
    ask = "(m, [merges, words]) => words.map((word) => m.idsOf(word, m.vocabulary(merges)))"
    for word, ids in zip(told["known"], modules("maths/bpe.js", ask, [told["merges"], told["known"]]), strict=True):
        assert ids == tokenizer(word).input_ids
    assert len(str(told)) < 20_000


def test_the_data_of_a_laboratory_are_made_once_a_build():
    assert all(data.of(kind) is data.of(kind) for kind in data.kinds())


def test_other_words_are_asked_for_and_the_list_answers(modules, tokenizer):
    """Before the click a word outside has no number; the script that the click loads brings it."""
    ask = """async ({ lab }, [told, script]) => {
        const before = lab.setup(told), size = { width: 680, height: 250 }, state = { prompt: "a zebra", done: 24 };
        const first = lab.draw(before, state, size);
        const loaded = document.createElement("script");
        loaded.textContent = script;
        document.head.append(loaded);
        const after = lab.draw(lab.setup(told), state, size);
        delete window.bookLabs.merges;
        return [first.said, first.svg, after.said]; }"""
    first, svg, after = modules("kinds/bpe.js", ask, [data.of("bpe"), bpe.merges_script()])
    assert f"48,894 merges, {data.of('bpe')['kilobytes']} kB" in first
    assert ">?<" in svg
    assert " ".join(map(str, tokenizer("a zebra").input_ids)) in after
    assert len(bpe.merges()) == 48894


def test_what_the_block_says(modules, tokenizer):
    told = data.of("bpe")
    ask = """async (m, merges) => { const table = m.vocabulary(merges);
        const ways = (word) => m.mergesOf(word, table).map((pieces) => pieces.map(m.shown));
        return ["wearing", "hedgehogs", "dog", "a", "square", "heart"].map(ways); }"""
    wearing, hedgehogs, dog, a, square, heart = modules("maths/bpe.js", ask, told["merges"])
    assert wearing[0] == ["w", "e", "a", "r", "i", "n", "g</w>"]
    assert wearing[-1] == ["wearing</w>"]
    assert len(wearing) == 7  # six merges
    assert len(hedgehogs[-1]) == 2
    assert (len(dog[-1]), len(a)) == (1, 1)
    assert (len(square[-1]), len(heart[-1]), len(square), len(heart)) == (1, 1, 6, 5)  # five and four merges
    ask = """(m, list) => { WHOLE return m.mergesOf("犬", table).map((pieces) => pieces.map(m.shown)); }"""
    assert modules("maths/bpe.js", ask.replace("WHOLE", WHOLE), "\n".join(bpe.merges()))[0] == ["e7", "8a", "ac</w>"]
