"""The chapter text-encoder: its tokenizer is CLIP's, its bound is exact in small worlds, its numbers hold."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from chapters import code_cells, printed, printed_text
from false_steps import false_steps
from hypothesis import given
from hypothesis import strategies as st

from models.miniature.data import language, synthetic
from models.miniature.training.networks import VOCABULARY, text_encoder, tokenizer

CELLS = [cell.source for cell in code_cells("text-encoder")]
PROMPT = ["49406", "320", "1929", "3309", "3801", "49407"]  # a dog wearing hat, between start and end


def cell(mark, before=""):
    """The source of the one cell with this line, as far as ``before``."""
    (source,) = (source for source in CELLS if mark in source)
    return source.partition(before)[0] if before else source


def run(source, **names):
    exec(compile(source, "text-encoder.md", "exec"), names)
    return names


@pytest.fixture(scope="module")
def tokens():
    return tokenizer()


@pytest.fixture(scope="module")
def merges():
    return run(cell("def merges(word)", before="for word in"), folder=VOCABULARY)["merges"]


@pytest.fixture(scope="module")
def small():
    """The example with four images, and the functions of a list of candidates."""
    source = cell("def exact_gap(n)", before="sizes = ")
    return run(source, torch=torch)


@pytest.fixture(scope="module")
def said(texts):
    """The numbers that come from training and are quoted in the text, without their ≈."""
    return {name: float(text[2:].split()[0]) for name, text in texts.items() if text.startswith("≈ ")}


# --- the tokenizer ---------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=16))
def test_the_merges_of_the_page_are_those_of_the_tokenizer(merges, tokens, word):
    *_, pieces = merges(word)
    assert tokens.convert_tokens_to_ids(pieces) == tokens(word).input_ids[1:-1]


@pytest.mark.parametrize("word", ["banana", "aaaaaaa", "xxxx", "hehehehe"])
def test_all_places_of_a_pair_are_merged_at_once(merges, tokens, word):
    *_, pieces = merges(word)
    assert tokens.convert_tokens_to_ids(pieces) == tokens(word).input_ids[1:-1]


def test_the_articles_example_is_on_the_page():
    text = printed_text("text-encoder")
    rows = [row for row in text.splitlines() if row.split()[:1] in [[number] for number in PROMPT]]
    assert [row.split()[0] for row in rows[:6]] == PROMPT and "name 'tokenizer' is not defined" in text
    assert "padded with 49407 × 71" in text and text.count("49407, 49407, 49407, 49407, 49407, 49407") == 0
    assert "torch.int64 [49406, 320, 1929, 3309, 3801, 49407]" in text and "49406 becomes 49408" in text


def test_the_rows_of_a_causal_encoder_do_not_know_what_follows():
    """Whatever word is changed: nothing before it moves, not by one bit; it and the end do."""
    torch.manual_seed(0)
    encoder = text_encoder(50).eval()
    ids = torch.randint(0, 48, (77,))
    ids[0], ids[9:] = 48, 49
    for place in range(1, 9):
        other = ids.clone()
        other[place] = (ids[place] + 1) % 48
        with torch.no_grad():
            one, two = encoder(torch.stack([ids, other]))[0]
        assert torch.equal(one[:place], two[:place]) and not torch.equal(one[place], two[place])
        assert not torch.equal(one[9], two[9])


# --- the derivation --------------------------------------------------------------------------------------------------


FALSE = """
critic-forgotten: -E(log(prior), task) + E(log(critic), task) = mutual_information - finite_gap; chain rule
table-forgotten: -E(log(prior), task) + E(log(critic), task) = mutual_information - excess; chain rule
gap-added: -E(log(prior), task) + E(log(critic), task) = mutual_information + finite_gap - excess; chain rule
divergence-reversed: -E(log(prior), task) + E(log(critic), task)
    = mutual_information - finite_gap - E(KL(critic, posterior), q(w[0], w[1])); chain rule
ratio-inverted: 1 / ratio * prior / E(1 / ratio, prior) = posterior; Bayes
"""
test_a_false_step_is_refuted = false_steps("text-encoder", FALSE)


# --- the small world -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 4])
def test_loss_and_gap_are_sums_over_all_tables(small, n):
    """Every ordered table of n pictures, one by one: what the page sums over counts."""
    joint, p_x, p_y = small["joint"], small["p_x"], small["p_y"]
    score = torch.randn(joint.shape, generator=torch.Generator().manual_seed(n), dtype=torch.float64)
    loss = gap = 0.0
    for table in product(range(4), repeat=n):
        index = torch.tensor(table)
        without = p_x[index].prod()
        with_match = (joint[index] / p_y / p_x[index][:, None]).mean(0) * without  # (captions,), the place drawn evenly
        gap += float((p_y * with_match * (with_match / without).log()).sum())
        first = joint[index[0]] * p_x[index[1:]].prod()  # the match lies at place 0
        loss -= float((first * score[index].log_softmax(0)[0]).sum())
    assert float(small["exact_loss"](score, n)) == pytest.approx(loss, abs=1e-10)
    assert float(small["exact_gap"](n)) == pytest.approx(gap, abs=1e-10)


def test_no_score_beats_the_information(small):
    least = float(small["exact_loss"](small["pmi"], 5))
    noise = torch.Generator().manual_seed(0)
    for size in (1e-3, 0.1, 1.0):
        other = small["pmi"] + size * torch.randn(4, 8, generator=noise, dtype=torch.float64)
        assert float(small["exact_loss"](other, 5)) > least
    free = small["pmi"] + torch.randn(8, generator=noise, dtype=torch.float64)
    assert float(small["exact_loss"](free, 5)) == pytest.approx(least, abs=1e-12)


def test_the_table_is_a_law_with_one_caption_in_ten_misplaced(small):
    joint = small["joint"]
    assert float(joint.sum()) == pytest.approx(1) and float(joint.min()) > 0
    mismatch = sum(
        float(joint[i, j])
        for i, x in enumerate(small["image_probability"])
        for j, text in enumerate(small["captions"])
        if set(text.split()) - set(x)
    )
    assert 0.03 < mismatch < 0.1  # some of the misplaced ones fit by chance


# --- the exact critic ------------------------------------------------------------------------------------------------


def test_the_exact_scores_are_those_of_counting():
    """Of many pictures and captions drawn together: which of two pictures a caption came with, by counting."""
    noise = torch.Generator().manual_seed(0)
    draw = synthetic.sample_scenes(40_000, noise, "animal")
    texts = language.describe(draw, noise)
    from models.miniature.data.captions import given_image

    dogs = [i for i, text in enumerate(texts) if text == "a white dog"]
    bare = sum(int(draw.hat[i, 0] < 0) for i in dogs)
    assert bare == len(dogs) > 100  # a hat is always said
    distributions = given_image(draw[dogs[:50]])
    assert {round(distribution["a white dog"], 4) for distribution in distributions} == {
        0.49
    }  # the fur is said, the ground is not


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_the_loss_is_above_the_least_and_the_excess_is_the_divergence(shown):
    assert shown["difference"] > 5 * shown["its standard error"] > 0
    assert abs(shown["difference"] - shown["divergence"]) < 4 * shown["its standard error"]
    assert shown["loss on test images"] < shown["log-batch"] / 4


def test_the_bound_is_below_the_information_and_below_the_logarithm(shown, said):
    assert said["clip-bound"] < shown["least-bound"] < shown["log-batch"] < shown["information"]


def test_retrieval_is_far_from_chance_and_below_the_best(shown, said):
    for name in ("caption-to-image", "image-to-caption"):
        assert 40 < said[name] < shown[f"best-{name}"] + 3 < 100


def test_the_colour_comes_before_the_shape(shown, said):
    """In every run that the text counts, and not by a little."""
    assert shown["early-colour-first"] == shown["early-runs"] == 3
    assert shown["lead of the colour in the run where it is least"] > 0.2
    assert shown["colour-ahead"] >= shown["looks"] - 1
    assert said["trained-colour"] > 97 and said["held-colour"] > 97
    assert said["trained-shape"] > 85 and said["held-both"] > 70  # by chance 12.5 and 1.6


def test_shares_stand_beside_intervals_that_are_never_empty():
    rows = printed("text-encoder", "trained pairs ") + printed("text-encoder", "held-out pairs ")
    assert len(rows) == 6
    for row in rows:
        share, low, high = (float(row[i].rstrip(",")) for i in (3, 7, 9))
        assert low <= share <= high and high - low > 0.005, row


def test_the_small_clip_is_near_to_the_best_critic(shown):
    """In the mean of 1600 cells; in the worst of them it may take a wrong caption for the right one."""
    assert 0 < shown["mean difference of two cells"] < 0.01 and shown["largest difference of two cells"] < 1


def test_the_rows_of_the_padding_differ(shown):
    assert shown["row-to-row"] > 0.05


def test_the_map_has_blocks(shown):
    assert shown["inside-blocks"] > shown["between-blocks"] + 0.2 and shown["nearest"] >= 12


def test_the_model_knows_the_words_of_captions_and_no_others(shown):
    from models.miniature.training.networks import live_tokens

    assert shown["dropped"] > 10 and printed("text-encoder", "fox and horse give the same")
    live, words = live_tokens(tokenizer()), language.vocabulary()
    ((known, *_),) = [row for row in printed("text-encoder", "") if row[1:4] == ["of", "49408", "rows"]]
    assert int(known) == shown["known-tokens"] == len(live)
    assert shown["known-words"] == len(words) - 1 == len([word for word in words if word.isalpha()])
    assert shown["split-words"] == sum(len(ids) > 3 for ids in tokenizer()(words).input_ids)
    assert printed("text-encoder", "prompt must be of words that the model knows, got 'fox', 'scarf' in ")
    rows = {row[0]: row[1] for row in printed("text-encoder", "") if len(row) > 2 and row[1] in ("known", "unknown")}
    assert rows == dict.fromkeys(["crimson", "disks", "triangles"], "known") | dict.fromkeys(
        ["fox", "horse", "scarf"], "unknown"
    )


def test_a_synonym_moves_the_text_less_than_another_word(shown):
    """Also by the numbers that the page prints; each trio is a word, one of its synonyms, and a word that is none."""
    rows = [row for row in printed("text-encoder", "") if row[2:6] == ["changes", "the", "embedding", "by"]]
    assert len(rows) == shown["synonyms"] == shown["synonyms-nearer"] > 5
    for word, synonym, *_, near, another, _, far in rows:
        assert float(near.rstrip(",")) < float(far)
        assert synonym in language.SYNONYMS[word] and another not in language.SYNONYMS[word]


def test_a_temperature_of_one_leaves_more_than_half(shown):
    ((least, *_),) = printed("text-encoder", "tau = 1: ")
    assert float(least) == pytest.approx(math.log(1 + 63 * math.exp(-2)), abs=0.006) and float(least) > math.log(64) / 2
