"""Prompts: ids as in the published tokenizer, what is dropped, and every text that somebody may type."""

from __future__ import annotations

import contextlib
import dataclasses
import html
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from booktools.check.outputs import faults
from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.pipeline import generate
from diffusion_lib.stable_diffusion.prompt import LONGEST, check_prompts, check_words, embed, tokenize
from pagekit import plot


def test_ids_start_end_and_are_padded_to_77(tiny):
    start, end = tiny.tokenizer.bos_token_id, tiny.tokenizer.eos_token_id
    ids, dropped, tails, _ = tokenize(tiny.tokenizer, ["a dog wearing hat", ""])
    words = [tiny.tokenizer.get_vocab()[f"{word}</w>"] for word in ("a", "dog", "wearing", "hat")]
    assert ids.tolist() == [[start, *words, *[end] * 72], [start, *[end] * 76]]
    assert ids.dtype == torch.int64 and dropped == [0, 0] and tails == ["", ""]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(TEXTS)
def test_any_text_works_and_is_read_as_the_published_tokenizer_reads_it(tiny, text):
    padded = tiny.tokenizer(text, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
    with pytest.warns(UserWarning) if len(tiny.tokenizer(text).input_ids) > 77 else contextlib.nullcontext():
        assert torch.equal(tokenize(tiny.tokenizer, text).ids, padded.input_ids)


@pytest.mark.parametrize("text", ["🎩🐕", "戴帽子的狗", "כלב עם כובע", "a\x00dog", "a\u200bdog", "\ufeffa", "e\u0301"])
def test_every_writing_has_ids_that_repeat(tiny, text):
    ids = tokenize(tiny.tokenizer, text).ids
    assert torch.equal(ids, tokenize(tiny.tokenizer, text).ids)
    assert not torch.equal(ids, tokenize(tiny.tokenizer, "").ids)
    assert embed(tiny, ids).isfinite().all()


@pytest.mark.parametrize(("text", "found"), [("a \ud800 dog", "D800 at position 2"), ("\udfff", "DFFF at position 0")])
def test_half_a_character_is_refused(text, found):
    with pytest.raises(ConfigError, match=rf"prompt must be text, got U\+{found}, which is half a character; rem"):
        check_prompts(text)


def test_ten_megabytes_are_refused_before_the_tokenizer_sees_them():
    with pytest.raises(ConfigError, match=f"prompt must have at most {LONGEST} characters, got 10000000"):
        tokenize(None, "x" * 10_000_000)
    assert check_prompts("x" * LONGEST)


def test_what_is_dropped_is_named(tiny):
    text = "a dog " * 37 + "wearing red hat"
    with pytest.warns(UserWarning, match="longer than 77 tokens: the last 2 are dropped, 'red hat'"):
        ids, dropped, tails, _ = tokenize(tiny.tokenizer, ["a", text])
    assert dropped == [0, 2] and tails == ["", "red hat"] and ids[1, -1] == tiny.tokenizer.eos_token_id
    with pytest.raises(ConfigError, match="prompt must fit 77 tokens, got 2 more: 'red hat'; shorten 'a dog a"):
        tokenize(tiny.tokenizer, text, strict=True)


def test_75_tokens_fit(tiny, recwarn):
    assert tokenize(tiny.tokenizer, "dog " * 75, strict=True).dropped == [0] and not recwarn.list


def test_the_empty_text_is_the_unconditional_one_bit_for_bit(tiny):
    alone = embed(tiny, tokenize(tiny.tokenizer, "").ids)
    assert alone.shape == (1, 77, 16)
    assert torch.equal(alone, embed(tiny, tokenize(tiny.tokenizer, [""]).ids))
    assert torch.equal(tokenize(tiny.tokenizer, "  \n ").ids, tokenize(tiny.tokenizer, "").ids)


@pytest.mark.parametrize("prompt", [None, 5, 1.0, [], [None], ["a", 5], b"dog", {"a": 1}, ("a", None)])
def test_what_is_no_text_is_refused(tiny, prompt):
    with pytest.raises(ConfigError, match="prompt must be a text or a list of texts, not empty"):
        tokenize(tiny.tokenizer, prompt)


def test_the_written_end_is_read_as_the_end(tiny):
    """As in the published pipeline: the text stops there, and what follows it is one more text behind the end."""
    end = tiny.tokenizer.eos_token_id
    ids = tokenize(tiny.tokenizer, "a <|endoftext|> dog").ids[0]
    assert ids[2] == end and ids[3] != end
    full = tokenize(tiny.tokenizer, "<|endoftext|>" * 75, strict=True).ids[0]
    assert full.tolist() == [tiny.tokenizer.bos_token_id, *[end] * 76]


def test_markup_is_text_like_any_other(tiny):
    text = "<script>alert(1)</script> **$\\alpha$**"
    assert tokenize(tiny.tokenizer, text).ids.unique().numel() > 10
    assert tiny.tokenizer.decode(tokenize(tiny.tokenizer, text).ids[0], skip_special_tokens=True).startswith("< script")


def test_a_page_shows_markup_as_text():
    """The slider escapes what it is given; the book's check refuses an output in which it stands as it is."""
    text = "<script>alert('1')</script> & <img src=x onerror=alert(1)>"
    shown = plot.frames([b"\x89PNG"], [text], alt=text).text
    assert html.escape(text) in shown and "<script" not in shown and "<img src=x" not in shown
    assert faults("text/html", shown) == [] != faults("text/html", text)


def test_embeddings_are_those_of_the_published_pipeline(tiny):
    ids = tokenize(tiny.tokenizer, ["a dog", "a hat"]).ids
    assert torch.equal(embed(tiny, ids), tiny.text_encoder(ids).last_hidden_state)


def test_embeddings_that_overflow_are_found(tiny_folder):
    loaded = load(tiny_folder, device="cpu")
    with torch.no_grad():
        next(loaded.text_encoder.parameters()).fill_(float("nan"))
    with pytest.raises(NonFiniteError, match=r"embeddings must be finite, got nan at index .* in float32"):
        embed(loaded, tokenize(loaded.tokenizer, "a").ids)


# --- words that were never trained -----------------------------------------------------------------------------------

WORDS = ("a", "red", "circle", "dog", "wearing", "hat")


@pytest.fixture(scope="module")
def narrow(tiny_folder):
    """Parts that know ``WORDS``: every other row of the token embedding is 0, as in the miniature."""
    loaded = load(tiny_folder, device="cpu")
    vocabulary = loaded.tokenizer.get_vocab()
    keep = [*(vocabulary[f"{word}</w>"] for word in WORDS), *loaded.tokenizer.all_special_ids]
    table = loaded.text_encoder.get_input_embeddings().weight
    with torch.no_grad():
        trained = table[keep].clone()
        table.zero_()[keep] = trained
    return loaded


def words(parts, prompt):
    check_words(parts, tokenize(parts.tokenizer, prompt))


KNOWN = [
    "",
    "  ",
    "a dog",
    "A DOG wearing a red hat.",
    "red, circle!",
    "dog... hat?",
    "a <|endoftext|> dog",
    "a (red) hat",
]


@pytest.mark.parametrize("text", KNOWN)
def test_known_words_punctuation_and_special_tokens_pass(narrow, text, recwarn):
    words(narrow, text)
    assert not recwarn.list


STRANGE = {
    "a green star on a white background": ["green", "star", "on", "white", "background"],
    "ein roter Kreis": ["ein", "roter", "kreis"],
    "an astronaut, an astronaut": ["an", "astronaut"],
    "a dog 2": ["2"],
    "a dog \U0001f415": ["\U0001f415"],
    "\u72d7": ["\u72d7"],
    "a dogs": ["dogs"],
}


@pytest.mark.parametrize(("text", "strange"), STRANGE.items())
def test_unknown_words_are_named_with_their_text_and_what_is_known(narrow, text, strange):
    got = f"got {', '.join(map(repr, strange))} in {text!r}; it knows: a circle dog hat red wearing"
    with pytest.raises(ConfigError, match=re.escape(f"prompt must be of words that the model knows, {got}")):
        words(narrow, ["a dog", text])


def test_the_nearest_known_word_is_offered(narrow):
    with pytest.raises(ConfigError, match="did you mean 'circle'"):
        words(narrow, "a red circl")


def test_a_word_is_unknown_if_any_of_its_tokens_is(narrow):
    ids = narrow.tokenizer("astronauthat").input_ids[1:-1]
    assert len(ids) > 1
    with pytest.raises(ConfigError, match="got 'astronauthat' in"):
        words(narrow, "a astronauthat")


def test_words_that_were_dropped_are_not_read_and_not_refused(narrow):
    with pytest.warns(UserWarning, match="longer than 77 tokens"):
        words(narrow, "dog " * 75 + "background")


def test_a_model_whose_tokens_are_all_trained_reads_everything(tiny, recwarn):
    words(tiny, [*STRANGE, *KNOWN])
    assert not recwarn.list


def test_generate_refuses_them_before_a_network_runs(narrow, monkeypatch):
    monkeypatch.setattr(narrow.text_encoder, "forward", lambda *_, **__: pytest.fail("a network ran"))
    with pytest.raises(ConfigError, match="got 'an', 'astronaut' in 'an astronaut'"):
        generate(narrow, ["a dog", "an astronaut"], seed=0, steps=1)


@pytest.mark.parametrize(("text", "warned"), [("a red dog", 1), ("a circle wearing a hat", 1), ("a dog", 0), ("", 0)])
def test_the_miniature_alone_warns_of_what_its_world_does_not_hold(narrow, text, warned, recwarn):
    words(narrow, text)
    assert not recwarn.list
    words(dataclasses.replace(narrow, model="miniature"), [text, text])
    assert len(recwarn.list) == warned
    assert not warned or f"prompt {text!r} describes nothing" in str(recwarn.list[0].message)
