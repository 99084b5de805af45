"""Textual inversion: one row moves, nothing else does, and diffusers' pipeline reads it."""

from __future__ import annotations

import pytest
import torch
from pipelines import embedded, published_pipeline

from diffusion_lib.errors import ConfigError
from models.adapters import textual_inversion

ROW = torch.linspace(-1, 1, 16, dtype=torch.float64)


def test_a_substituted_row_is_the_row_in_the_table(double):
    text = "a red circle", "a dog wearing a hat"
    with textual_inversion.substituted(double, "dog", ROW):
        substituted = embedded(double, text)[0]
    table = embedded(textual_inversion.applied(double, "dog", ROW), text)[0]
    before = embedded(double, text)[0]
    assert torch.equal(substituted, table)
    assert torch.equal(table[0], before[0]) and not torch.equal(table[1], before[1])


def test_a_row_has_a_slope_only_where_it_is_said(double):
    row = textual_inversion.begin(double, "dog")
    assert torch.equal(
        row, double.text_encoder.get_input_embeddings().weight[textual_inversion.token_of(double, "dog")]
    )
    for text, moves in (("a dog", True), ("a hat", False)):
        row.grad = None
        with textual_inversion.substituted(double, "dog", row):
            ids = double.tokenizer(text, return_tensors="pt").input_ids
            double.text_encoder(ids)[0].square().sum().backward()
        assert bool(row.grad.ne(0).any()) == moves


def test_a_rare_row_is_as_long_as_known_ones_and_its_seeds_own(double):
    table = double.text_encoder.get_input_embeddings().weight
    rows = torch.stack([textual_inversion.random_row(double, seed) for seed in range(40)])
    assert float(rows.std() / table.std()) == pytest.approx(1, abs=0.1)
    assert torch.equal(rows[3], textual_inversion.random_row(double, 3)) and not torch.equal(rows[3], rows[4])


def test_the_hook_goes_also_after_an_error(double):
    before = embedded(double, ["a dog"])[0]
    with pytest.raises(ZeroDivisionError), textual_inversion.substituted(double, "dog", ROW):
        raise ZeroDivisionError
    assert torch.equal(embedded(double, ["a dog"])[0], before)


def test_a_word_of_several_tokens_is_refused(double):
    with pytest.raises(ConfigError, match="one token"):
        textual_inversion.token_of(double, "hedgehog")


def test_the_pipeline_of_diffusers_says_the_same(tiny, tmp_path):
    row = ROW.float()
    textual_inversion.save("<new>", row, tmp_path / "word.safetensors")
    ours = embedded(textual_inversion.applied(tiny, "dog", row), ["a dog wearing a hat"])[0]
    fresh = textual_inversion.applied(tiny, "dog", tiny.text_encoder.get_input_embeddings().weight[0])
    pipe = published_pipeline(fresh)
    pipe.tokenizer = type(tiny.tokenizer).from_pretrained(tiny.folder / "tokenizer")
    pipe.load_textual_inversion(tmp_path, weight_name="word.safetensors", token="<new>")
    ids = pipe.tokenizer("a <new> wearing a hat", padding="max_length", max_length=77, return_tensors="pt").input_ids
    with torch.no_grad():
        theirs = pipe.text_encoder(ids)[0]
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
